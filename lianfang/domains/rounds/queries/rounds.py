"""Which rounds there are, what each is made of, and where somebody is at work in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, may, post_of, visible_areas
from lianfang.domains.areas.models import Area, AreaClosure
from lianfang.domains.areas.queries import ids_above_now, ids_below
from lianfang.domains.editions.queries import part
from lianfang.domains.grid.queries import presence_by_area
from lianfang.domains.rounds.errors import DeskMissing, RoundMissing, RoundUnfit
from lianfang.domains.rounds.models import Desk, Round, RoundArea, Station, Step, Tally

Body = Mapping[str, Any]
COUNTED = ("lives", "stays")


def kind_of(edition_code: str, name: str) -> Body:
    """A kind of round of a guide. Raises RoundUnfit."""
    return part(edition_code, "round_kinds", name, missing=RoundUnfit)


def people_by_area(area_id: UUID) -> dict[UUID, int]:
    """How many a round would have to meet, by smallest area: who lives or stays there now. Counts only."""
    out: dict[UUID, int] = {}
    for kind, area, n, _ in presence_by_area(area_id):
        if kind in COUNTED:
            out[area] = out.get(area, 0) + n
    return out


def rounds_seen(by: Actor) -> QuerySet[Round]:
    """Rounds with an area that the actor sees, or that lies over an area of the actor's; the newest first."""
    fit = Q(areas__area_id__in=visible_areas(by, "rounds.read"))
    for g in by.grants_with("rounds.read"):
        above = Q(areas__area_id__in=ids_above_now(g.area_id, hierarchy=g.hierarchy)) if g.area_id else Q()
        below = Q(areas__area_id__in=ids_below(g.area_id, hierarchy=g.hierarchy)) if g.area_id else Q()
        own = Q(incident_id=g.incident_id) if g.incident_id else Q()
        fit |= (above | below) & own
    ids = Round.objects.filter(fit).values("id")
    return Round.objects.filter(id__in=ids).select_related("area").defer("area__outline").order_by("-starts_at", "-id")


def round_seen(round_id: UUID, *, by: Actor) -> Round:
    """One round. Raises RoundMissing."""
    found = rounds_seen(by).filter(id=round_id).first()
    if found is None:
        raise RoundMissing(round=str(round_id))
    return found


def rounds_of(incident_id: UUID) -> list[Round]:
    """The rounds of an incident, in their order."""
    return list(Round.objects.filter(incident_id=incident_id).order_by("number"))


def current_round(*, by: Actor, area_id: UUID | None = None) -> Round | None:
    """The round that is open now, the newest first; with an area, one that runs over it."""
    rows = rounds_seen(by).filter(state="open")
    if area_id:
        rows = rows.filter(areas__area_id__in=AreaClosure.objects.filter(descendant_id=area_id).values("ancestor_id"))
    return rows.first()


def require_seen(found: Round, area_id: UUID, *, by: Actor) -> None:
    """Refuse a page about an area of a round whose rounds the actor may not read. Raises RoundMissing."""
    if not may(by, "rounds.read", area_id=area_id, incident_id=found.incident_id):
        raise RoundMissing(round=str(found.id))


def round_areas(found: Round) -> list[Area]:
    """The areas a round runs over, in their order."""
    ids = RoundArea.objects.filter(round=found).values("area_id")
    return list(Area.objects.filter(id__in=ids).defer("outline").order_by("position", "name"))


def stations_of(found: Round, *, by: Actor, area_id: UUID | None = None, cluster: str = "") -> QuerySet[Station]:
    """Stations of a round in the actor's areas, with desks, people and how many desks have somebody."""
    rows = Station.objects.filter(round=found, area_id__in=visible_areas(by, "rounds.read"))
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    if cluster:
        rows = rows.filter(cluster=cluster)
    counted = rows.annotate(
        n_desks=Count("desks"),
        n_people=Sum("desks__people"),
        n_seated=Count("desks__account_id"),
        lead=post_of("lead_id"),
    )
    return counted.select_related("place", "area").defer("area__outline").order_by("area__position", "place__name")


def steps_by_station(found: Round) -> dict[UUID, list[Step]]:
    """By station its steps, each with the post that took it (`post`): when it came to each state."""
    out: dict[UUID, list[Step]] = {}
    rows = Step.objects.filter(round=found).exclude(station=None).annotate(post=post_of("by"))
    for step in rows.order_by("at"):
        if step.station_id:
            out.setdefault(step.station_id, []).append(step)
    return out


def round_steps(found: Round) -> list[Step]:
    """The steps of a round itself, in their order, each with the post that took it (`post`)."""
    return list(Step.objects.filter(round=found, station=None).annotate(post=post_of("by")).order_by("at"))


def sums_of(rounds: Iterable[Round]) -> dict[UUID, tuple[int, int]]:
    """By round how many units are left and how many it counts, for a list of rounds. Counts only."""
    rows = Tally.objects.filter(round__in=[r.id for r in rounds]).values_list("round_id")
    return {i: (left or 0, n) for i, left, n in rows.annotate(left=Sum("n", filter=Q(ending="")), s=Sum("n"))}


@dataclass(frozen=True)
class AtWork:
    """What is at work in a round now: stations by state, desks, people at them, and desks with somebody; pairs too."""

    stations: Mapping[str, int]
    desks: int = 0
    people: int = 0
    seated: int = 0
    pairs: int = 0  # desks that go from door to door; they are in the other numbers too


def _desks(**where: Any) -> QuerySet[Desk, dict[str, Any]]:
    """Desks counted by the state of their station; those that go from door to door have none."""
    rows = Desk.objects.filter(**where).order_by().values("station__state")
    counts = {"stations": Count("station", distinct=True), "desks": Count("id"), "people": Sum("people")}
    counted = JSONObject(state=F("station__state"), seated=Count("account_id"), **counts)
    return rows.annotate(row=counted).values_list("row", flat=True)


def at_work_in(found: Round) -> AtWork:
    """The plan's other side: what really stands, in one question, or as `round_over` brought it. Counts only."""
    rows: list[dict[str, Any]] = found.desks_now if hasattr(found, "desks_now") else list(_desks(round=found))
    states = {r["state"]: r["stations"] for r in rows if r["state"]}
    desks, people, seated = (sum(r[n] for r in rows) for n in ("desks", "people", "seated"))
    return AtWork(states, desks, people, seated, sum(r["desks"] for r in rows if not r["state"]))


def round_over(area_id: UUID, *, by: Actor) -> Round | None:
    """The round of all that is open now over an area or within it, the newest first, with what is at work in it."""
    fit = Q(areas__area_id__in=ids_above_now(area_id)) | Q(areas__area_id__in=ids_below(area_id))
    rows = rounds_seen(by).filter(fit, state="open", follows=None)
    return rows.annotate(desks_now=ArraySubquery(_desks(round=OuterRef("pk")))).first()


def follow_ups(found: Round) -> list[Round]:
    """Rounds that re-test some of this one's units, in their order."""
    return list(Round.objects.filter(follows=found).order_by("number"))


def steps_of(found: Round) -> list[Step]:
    """Steps of a round and of its stations, the newest first, each with the post that took it (`post`)."""
    rows = Step.objects.filter(round=found).select_related("station__place").annotate(post=post_of("by"))
    return [*rows.order_by("-at")[:200]]


def desk_seen(desk_id: UUID, *, by: Actor) -> Desk:
    """A desk at which the actor is (a post that holds still), or in whose area it may scan. Raises DeskMissing."""
    fit = held(by, "sampling.scan", incident="round__incident_id")
    if by.grants:
        fit |= Q(account_id=by.id)
    rows = Desk.objects.filter(fit, id=desk_id).select_related("round", "station__place", "area")
    found = rows.defer("area__outline").first()
    if found is None:
        raise DeskMissing(desk=str(desk_id))
    return found


def desk_of(by: Actor, *, at: datetime) -> Desk | None:
    """The desk at which the actor is in a round that is open now; none for an account that holds no post any more."""
    if not by.grants:
        return None
    rows = Desk.objects.filter(account_id=by.id, round__state="open", round__starts_at__lte=at)
    return rows.select_related("round", "station__place", "area").order_by("-round__starts_at").first()


def desks_free(by: Actor, *, limit: int) -> list[Desk]:
    """Desks of open rounds at which nobody is, where the actor may scan: to sit down at."""
    rows = Desk.objects.filter(held(by, "sampling.scan", incident="round__incident_id"), round__state="open")
    free = rows.filter(account_id=None).select_related("round", "station__place", "area").defer("area__outline")
    return list(free.order_by("area__position", "station__place__name", "number")[:limit])
