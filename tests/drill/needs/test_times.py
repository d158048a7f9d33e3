"""How long pleas of a drill waited, from rows laid by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from lianfang.domains.incidents.models import Incident
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import NewPlea, accept_plea, route_plea, take_in
from lianfang.domains.work.models import Item
from lianfang.drill.needs.times import waiting_times
from tests.factories.place import Place
from tests.factories.rounds import round_in

MINUTE = timedelta(minutes=1)


def asked(place: Place, incident: Incident, danger: str, answered: float, *, deadline: float | None = None,
          done: float | None = None) -> None:  # fmt: skip
    """A plea at noon, answered so many minutes later and given to somebody two later; its work over, or not."""
    by, at, plea, item = place.actor("grid"), place.at, uuid4(), uuid4()
    new = NewPlea(plea, "phone", "家里没有米了", by, at, household_id=place.households[0], kind="food", danger=danger,
                  incident_id=incident.id, deadline_at=at + deadline * MINUTE if deadline else None)  # fmt: skip
    assert take_in(pleas=[new], by=by, at=at)[0].code == ""
    accept_plea(plea_id=plea, by=by, at=at + answered * MINUTE)
    values: dict[str, Any] = {}
    route_plea(plea_id=plea, item_id=item, kind_name="food", values=values, owner_id=by.id, by=by,
               at=at + (answered + 2) * MINUTE)  # fmt: skip
    if done is not None:
        Item.objects.filter(id=item).update(is_closed=True, closed_at=at + done * MINUTE)


def test_answers_owners_promises_and_deadlines_are_counted_from_the_rows(place: Place) -> None:
    incident = round_in(place, at=place.at).incident
    assert waiting_times(incident, place.at) == {}  # nobody asked
    for minutes in (1, 2, 3, 4):
        asked(place, incident, "life", minutes)  # five minutes were promised
    asked(place, incident, "life", 9)
    asked(place, incident, "routine", 60, deadline=240, done=200)
    asked(place, incident, "routine", 60, deadline=240, done=250)
    told = waiting_times(incident, place.at + timedelta(days=1))
    assert told["pleas"] == 7 == Plea.objects.count()
    assert told["answered_minutes"]["life"] == {"n": 5, "p50": 3, "p90": 7, "p99": 8.8}
    assert told["answered_minutes"]["routine"]["p50"] == 60 and told["owner_minutes"]["p50"] == 6
    assert told["promises_kept_percent"] == round(600 / 7, 2)
    assert (told["deadlines"], told["deadlines_met_percent"], told["households_asked_twice"]) == (2, 50, 0)
