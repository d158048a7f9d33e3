"""Bringing in where people were: set-based, an outcome a row, the good rows kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.grid.models import Person
from lianfang.domains.tracing.errors import VenueUnknown, VisitorUnknown
from lianfang.domains.tracing.models import Venue, VisitBatch
from lianfang.domains.tracing.rules import visit_fault

# One statement however many rows: the ids that went in come back, the rest was there before.
KEEP = """
INSERT INTO tracing_visit (id, incident_id, person_id, venue_id, from_at, to_at, source, batch_id)
SELECT id, %(incident)s, person, venue, since, until, %(source)s, %(batch)s
FROM unnest(%(ids)s::uuid[], %(people)s::uuid[], %(venues)s::uuid[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    AS given(id, person, venue, since, until)
ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class NewVenue:
    """A place where people met, to be entered."""

    id: UUID
    name: str
    area_id: UUID
    kind: str = ""
    building_id: UUID | None = None
    place_id: UUID | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class NewVisit:
    """One stay of one person in one venue."""

    id: UUID
    person_id: UUID
    venue_id: UUID
    from_at: datetime
    to_at: datetime


@service("tracing.register_venues")
def register_venues(
    *, venues: Sequence[NewVenue], area_id: UUID, incident_id: UUID, by: Actor, at: datetime
) -> list[Outcome]:
    """Enter venues; one whose id is known is left ("repeated"). Rights: tracing.write on the area."""
    require(by, "tracing.write", area_id=area_id, incident_id=incident_id)
    known = _known(Venue, {v.id for v in venues})
    fresh = {v.id: v for v in venues if v.id not in known}
    Venue.objects.bulk_create(
        [
            Venue(id=v.id, name=v.name.strip()[:120], area_id=v.area_id, kind=v.kind, building_id=v.building_id,
                  place_id=v.place_id, lon=v.lon, lat=v.lat)
            for v in fresh.values()
        ],
        batch_size=2000,
    )  # fmt: skip
    return [Outcome(v.id, "repeated" if v.id in known else "") for v in venues]


def _known(model: type[Model], ids: Collection[UUID]) -> set[UUID]:
    rows = model._default_manager.extra(where=["id = ANY(%s::uuid[])"], params=[list(ids)])
    return set(rows.values_list("pk", flat=True))


@service("tracing.import_visits", told=("source",))
def import_visits(
    *,
    batch_id: UUID,
    incident_id: UUID,
    area_id: UUID,
    source: str,
    digest: str,
    visits: Sequence[NewVisit],
    by: Actor,
    at: datetime,
) -> list[Outcome]:
    """Keep the visits of one delivery; a visit that cannot stand is refused by its own code, the rest is kept.

    Repeat:  same batch: every row "repeated". A visit that another delivery brought, by id or content: "repeated".
    Rights:  tracing.write on the area.
    Codes:   tracing.visit_backwards, visit_to_come, visitor_unknown, venue_unknown.
    """
    require(by, "tracing.write", area_id=area_id, incident_id=incident_id)
    if VisitBatch.objects.filter(id=batch_id).exists():
        raise Repeated([Outcome(v.id, "repeated") for v in visits])
    people, venues = _known(Person, {v.person_id for v in visits}), _known(Venue, {v.venue_id for v in visits})
    refused: dict[int, str] = {}
    for n, v in enumerate(visits):
        code = visit_fault(v.from_at, v.to_at, at)
        code = code or ("" if v.person_id in people else VisitorUnknown.code)
        refused[n] = code or ("" if v.venue_id in venues else VenueUnknown.code)
    fit = [v for n, v in enumerate(visits) if not refused[n]]
    batch = VisitBatch.objects.create(
        id=batch_id, incident_id=incident_id, area_id=area_id, source=source[:40], digest=digest, by=by.id, at=at
    )
    kept = _keep(fit, batch)
    out = []
    for n, v in enumerate(visits):
        came = v.id not in kept
        kept.discard(v.id)  # the same id twice in one delivery: the second is a repeat
        out.append(Outcome(v.id, refused[n] or ("repeated" if came else "")))
    batch.counts = dict(Counter(o.code or "kept" for o in out))
    batch.save(update_fields=["counts"])
    return out


def _keep(visits: Sequence[NewVisit], batch: VisitBatch) -> set[UUID]:
    given: dict[str, Any] = {
        "ids": [v.id for v in visits],
        "people": [v.person_id for v in visits],
        "venues": [v.venue_id for v in visits],
        "since": [v.from_at for v in visits],
        "until": [v.to_at for v in visits],
        "incident": batch.incident_id,
        "source": batch.source,
        "batch": batch.id,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, given)
        return {row[0] for row in cursor.fetchall()}
