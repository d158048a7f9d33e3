"""A place counts its cases of a day: the count is kept, and a day that reaches zero is flagged on the timeline."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import flagged_days, locked_over
from lianfang.domains.incidents.services import note_milestone, withdraw_milestone
from lianfang.domains.places.models import PlaceDay
from lianfang.domains.places.queries import active_by_place, counting_places, days_of, reporters_of
from lianfang.domains.places.rules import flags_to_change, zero_days
from lianfang.domains.places.services import enter_day

ZERO = "zero-day"


def count_cases(
    *,
    day_id: UUID,
    place_id: UUID,
    on: date,
    admitted: int,
    discharged: int,
    moved: int,
    died: int,
    active: int,
    by: Actor,
    at: datetime,
) -> PlaceDay:
    """Keep the count of a place and a day, then judge every open incident over the place; all or nothing.

    Repeat: same id: the first count, and no second flag. Raises: what places.enter_day raises.
    """
    with transaction.atomic():
        kept = enter_day(day_id=day_id, place_id=place_id, on=on, admitted=admitted, discharged=discharged,
                         moved=moved, died=died, active=active, by=by, at=at)  # fmt: skip
        # Locked after the count is written: of two that count at once, the second sees the first's.
        for incident in locked_over(kept.place.area_id):
            _judge(incident, by=by, at=at)
    return kept


def _judge(incident: Incident, *, by: Actor, at: datetime) -> None:
    places = counting_places(incident.area_id, incident_id=incident.id)
    counts = active_by_place(days_of([p.id for p in places]))
    reached = zero_days(reporters_of(places), counts)
    fresh, undone = flags_to_change(reached, flagged_days(incident, ZERO), counts)
    for on in undone:
        withdraw_milestone(incident_id=incident.id, name=ZERO, on=on, by=by, at=at)
    for on in fresh:
        note_milestone(milestone_id=uuid4(), incident_id=incident.id, name=ZERO, on=on, by=by, at=at)
