"""Urgent cases: how many came, how many were solved in the word of their asker or a lead, and by which team."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.kinds import plea_dangers
from lianfang.domains.needs.queries.pleas import READ
from lianfang.domains.responders.models import Team
from lianfang.domains.work.queries.teams import team_then

SOLVED = ("confirmed", "checked")  # nothing else is solved: an end with another reason is only an end


@dataclass(frozen=True)
class Urgent:
    """Of an area: urgent pleas that came, are open, were solved, ended otherwise; the solved ones by team."""

    received: int
    open: int
    solved: int
    otherwise: int
    by_team: list[tuple[UUID | None, str, int]]  # their sum is `solved`; without a team last


def _urgent(area_id: UUID, by: Actor) -> QuerySet[Plea]:
    dangers = [name for name, d in plea_dangers().items() if d.get("urgent")]
    rows = Plea.objects.filter(held(by, READ), area_id__in=ids_below(area_id), danger__in=dangers)
    return rows.exclude(end="same")  # two askers of one case are one case


def _with_team(rows: QuerySet[Plea]) -> QuerySet[Plea]:
    """The team in which whoever did it was when it was done (`team_id`): of several the one he joined last."""
    rows = rows.annotate(doer=Coalesce("item__done_by", "acknowledged_by"),
                         done_at=Coalesce("item__closed_at", "ended_at"))  # fmt: skip
    return rows.annotate(team_id=team_then("doer", "done_at"))


def urgent_books(area_id: UUID, *, by: Actor) -> Urgent:
    """Counts only, of an area and below: received = open + solved + ended otherwise."""
    rows = _urgent(area_id, by)
    n = rows.aggregate(all=Count("id"), open=Count("id", filter=~Q(state="ended")),
                       solved=Count("id", filter=Q(state="ended", end__in=SOLVED)))  # fmt: skip
    done = _with_team(rows.filter(state="ended", end__in=SOLVED))
    counted = dict(done.order_by().values_list("team_id").annotate(n=Count("id")))
    names = dict(Team.objects.filter(id__in=[t for t in counted if t]).values_list("id", "name"))
    teams = sorted(counted.items(), key=lambda c: (c[0] is None, -c[1], names.get(c[0], "")))
    return Urgent(n["all"], n["open"], n["solved"], n["all"] - n["open"] - n["solved"],
                  [(t, names.get(t, ""), k) for t, k in teams])  # fmt: skip


def urgent_rows(
    area_id: UUID, *, by: Actor, show: str = "solved", team: UUID | None = None, limit: int = 200
) -> list[Plea]:
    """The pleas behind a count, newest end first. show: received, open, solved, otherwise, team, none (no team)."""
    rows = _urgent(area_id, by)
    if show == "open":
        rows = rows.exclude(state="ended")
    elif show == "otherwise":
        rows = rows.filter(state="ended").exclude(end__in=SOLVED)
    elif show != "received":
        rows = rows.filter(state="ended", end__in=SOLVED)
    if show in ("team", "none"):
        rows = _with_team(rows).filter(team_id=team) if show == "team" else _with_team(rows).filter(team_id=None)
    rows = rows.select_related("area", "item").defer("area__outline", "sealed", "item__sealed")
    rows = rows.annotate(holder=post_of("holder_id"), owner=post_of("item__owner_id"))
    return list(rows.order_by("-ended_at", "-received_at", "id")[:limit])
