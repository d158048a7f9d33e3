"""What teams have done: items their members closed while they were members, by kind, each in its own unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.responders.models import Member
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.own import TEST
from lianfang.domains.work.queries.reading import private_kinds


@dataclass(frozen=True)
class Done:
    """Of one kind: how much in its own unit (bottles, portions, items), in how many pieces of work, for how many doors
    or people, each once."""

    kind: str
    words: Mapping[str, Any]
    unit: Mapping[str, str]
    count: float
    items: int
    about: int


def team_then(doer: str, done_at: str) -> Subquery:
    """The team in which whoever did something was when it was done: of several the one he joined last.

    doer, done_at: fields of the outer rows.
    """
    mine = Member.objects.filter(responder_id=OuterRef(doer), from_at__lte=OuterRef(done_at))
    mine = mine.filter(Q(until_at=None) | Q(until_at__gt=OuterRef(done_at))).order_by("-from_at", "id")
    return Subquery(mine.values("team_id")[:1])


def done_by_teams(team_ids: Iterable[UUID]) -> list[Done]:
    """What teams that were seen have done together, most pieces of work first; never by person.

    Counted is what ended as done, not what was cancelled or given back; work of private kinds is not told, nor are
    helpers' own tests. Each piece is one team's, so that teams add up.
    """
    kinds = kinds_by_name()
    names = {str(n): b for n, b in kinds.items() if n not in private_kinds() and n != TEST}
    found = _closed_by(list(team_ids)).filter(kind__in=names).order_by().values("kind")
    rows = found.annotate(n=Count("id"), much=Sum("counted"), about=Count("unit_id", distinct=True))
    done = [Done(r["kind"], names[r["kind"]]["words"], names[r["kind"]]["counted"], float(r["much"] or 0), r["n"],
                 r["about"]) for r in rows]  # fmt: skip
    return sorted(done, key=lambda d: (-d.items, d.kind))


def _closed_by(team_ids: list[UUID]) -> QuerySet[Item]:
    people = Member.objects.filter(team_id__in=team_ids, from_at__isnull=False).values_list("responder_id", flat=True)
    rows = Item.objects.filter(is_closed=True, counted__isnull=False, done_by__in=list(people))
    return rows.annotate(team_id=team_then("done_by", "closed_at")).filter(team_id__in=team_ids)
