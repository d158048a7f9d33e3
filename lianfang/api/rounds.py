"""Rounds of testing or of another kind, and how far each has come, part by part."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from lianfang.api.door import Cursor, Limit, actor_of, newest_first, route, told
from lianfang.domains.areas.queries import family_of
from lianfang.domains.rounds import queries


class RoundOut(Schema):
    """One round of a kind."""

    id: UUID
    incident_id: UUID
    kind: str
    edition: str
    number: int
    area_id: UUID
    state: str
    starts_at: datetime
    ends_at: datetime
    opened_at: datetime | None
    expected: int


class RoundPage(Schema):
    """Some rounds, and the cursor of the next page."""

    items: list[RoundOut]
    next: str


class PartOut(Schema):
    """An area in a round: units in all, those without a named ending, and how many came to each ending."""

    area_id: UUID
    all: int
    left: int
    added: int
    endings: dict[str, int]


class CoverageOut(Schema):
    """The coverage of an area, and of each of its parts; the parts add up to it."""

    round_id: UUID
    whole: PartOut
    parts: list[PartOut]


def _part(area_id: UUID, c: queries.Coverage) -> PartOut:
    endings = {name: n for name, n in c.endings.items() if name}
    return PartOut(area_id=area_id, all=c.all, left=c.left, added=c.added, endings=endings)


@route("GET", "/rounds", scopes=["rounds.read"], gives=RoundPage, name="rounds")
def rounds(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> RoundPage:
    """Rounds in the program's area or over it, the newest first."""
    rows, following = newest_first(queries.rounds_seen(actor_of(request)), "starts_at", cursor, limit)
    return RoundPage(items=[RoundOut(**told(r, RoundOut.model_fields)) for r in rows], next=following)


@route("GET", "/rounds/{uuid:round_id}/coverage", scopes=["rounds.read"], gives=CoverageOut, name="round-coverage")
def coverage(request: HttpRequest, round_id: UUID, area: UUID | None = None) -> CoverageOut:
    """How many are left in an area of a round and in each part of it; counts only."""
    by = actor_of(request)
    found = queries.round_seen(round_id, by=by)
    area_id = area or found.area_id
    queries.require_seen(found, area_id, by=by)
    by_area = queries.coverage_by_area(found, area_id=area_id)
    parts = queries.by_part(by_area, family_of(area_id).child_of)
    whole = sum(by_area.values(), queries.Coverage())
    return CoverageOut(round_id=found.id, whole=_part(area_id, whole), parts=[_part(a, c) for a, c in parts.items()])
