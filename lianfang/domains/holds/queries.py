"""What holds a person or a building, at a time, in which words: the one query for page, gate, claim and message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.rules import precedence

ALL_HELD = """
SELECT DISTINCT ON (p.person_id) p.person_id, p.hold_id FROM (
    SELECT pr.person_id, h.id AS hold_id, h.rank, h.effect FROM holds_hold h
    JOIN holds_holdbuilding hb ON hb.hold_id = h.id
    JOIN grid_presence pr ON pr.building_id = hb.building_id AND pr.to_on IS NULL AND pr.kind IN ('lives', 'stays')
    WHERE h.person_id IS NULL AND h.from_at <= %(at)s AND (h.until_at IS NULL OR h.until_at > %(at)s)
      AND (h.ended_at IS NULL OR h.ended_at > %(at)s)
    UNION ALL
    SELECT h.person_id, h.id, h.rank, h.effect FROM holds_hold h
    WHERE h.person_id IS NOT NULL AND h.from_at <= %(at)s AND (h.until_at IS NULL OR h.until_at > %(at)s)
      AND (h.ended_at IS NULL OR h.ended_at > %(at)s)
) p
ORDER BY p.person_id, CASE p.effect WHEN 'danger' THEN 2 WHEN 'exempt' THEN 1 ELSE 0 END DESC, p.rank DESC
"""


def live_holds(at: datetime) -> QuerySet[Hold]:
    """Holds that are in force at a time (half-open)."""
    return Hold.objects.filter(
        Q(until_at=None) | Q(until_at__gt=at), Q(ended_at=None) | Q(ended_at__gt=at), from_at__lte=at
    )


def holds_of(person_id: UUID, *, at: datetime) -> list[Hold]:
    """All holds on a person at a time, the one that speaks first: danger to life > exemption > strictest.

    Personal ones, and those of the buildings where the person lives or stays.
    """
    buildings = Presence.objects.filter(person_id=person_id, to_on=None, kind__in=("lives", "stays")).values(
        "building_id"
    )
    rows = list(
        live_holds(at).filter(Q(person_id=person_id) | Q(person=None, buildings__building_id__in=buildings)).distinct()
    )
    return sorted(rows, key=lambda h: precedence(h.effect, h.rank), reverse=True)


def holds_of_building(building_id: UUID, *, at: datetime) -> list[Hold]:
    """All holds on a building at a time, strictest first."""
    rows = list(live_holds(at).filter(person=None, buildings__building_id=building_id))
    return sorted(rows, key=lambda h: precedence(h.effect, h.rank), reverse=True)


def holds_behind(building_id: UUID, person_ids: Sequence[UUID], *, at: datetime) -> list[Hold]:
    """All holds on a building and on persons who live there, the one that speaks first: for the page of a door."""
    rows = live_holds(at).filter(Q(person=None, buildings__building_id=building_id) | Q(person_id__in=person_ids))
    return sorted(rows.distinct(), key=lambda h: precedence(h.effect, h.rank), reverse=True)


def holds_of_all(*, at: datetime) -> dict[UUID, UUID]:
    """For everybody who is held at a time, the hold that speaks."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_HELD, {"at": at})
        return dict(cursor.fetchall())


def held_in_batches(*, at: datetime, size: int = 20_000) -> Iterator[Sequence[tuple[UUID, UUID]]]:
    """`holds_of_all` as a stream of (person, hold), for jobs that must not hold a city in memory."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_HELD, {"at": at})
        while block := cursor.fetchmany(size):
            yield block


def persons_held(at: datetime, *, incident_id: UUID | None = None) -> int:
    """How many persons at least one restriction holds at a time, each once."""
    holds = live_holds(at).filter(effect="restrict")
    if incident_id:
        holds = holds.filter(incident_id=incident_id)
    inside = Presence.objects.filter(
        to_on=None,
        kind__in=("lives", "stays"),
        building_id__in=holds.filter(person=None).values("buildings__building_id"),
    )
    personal = holds.filter(person__isnull=False)
    return inside.values("person_id").union(personal.values("person_id")).count()


def reviews_due(at: datetime) -> QuerySet[Hold]:
    """Holds whose review time has come and that nobody has decided on."""
    return Hold.objects.filter(ended_at=None, review_at__lte=at)
