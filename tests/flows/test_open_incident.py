"""A signal becomes an incident with owned work."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.incidents.errors import SignalDoesNotOpen, SignalTaken
from lianfang.domains.incidents.models import Incident, Signal
from lianfang.domains.incidents.services import report_signal
from lianfang.domains.messages.models import Message
from lianfang.domains.work.models import Item
from lianfang.flows.open_incident import attach_signal, open_incident
from tests.factories.place import Place

pytestmark = pytest.mark.database


def reported(place: Place, case_class: str = "orange") -> object:
    return report_signal(
        signal_id=uuid4(),
        kind="weather-alert",
        case_class=case_class,
        edition_code="cn-heat-1",
        area_id=place.area["district"],
        building_id=None,
        count=1,
        source="weather service",
        found_at=place.at,
        by=place.actor("officer"),
        at=place.at,
    )


def test_opening_lays_the_checklist_with_owner_and_due_time_and_a_retry_lays_it_once(place: Place) -> None:
    signal = reported(place)
    ask = dict(
        incident_id=uuid4(),
        signal_id=signal.id,
        area_id=place.area["district"],
        is_drill=False,  # type: ignore[attr-defined]
        by=place.actor("command"),
        at=place.at,
    )
    assert open_incident(**ask) == open_incident(**ask)
    items = Item.objects.filter(incident_id=ask["incident_id"])
    assert items.count() == 13
    assert all(i.owner_id and i.due_at and i.due_at >= place.at for i in items)
    told = set(Message.objects.filter(incident_id=ask["incident_id"]).values_list("recipient_id", flat=True))
    assert told == {i.owner_id for i in items}


def test_a_class_that_does_not_open_is_refused_and_nothing_is_left_behind(place: Place) -> None:
    signal = reported(place, "yellow")
    with pytest.raises(SignalDoesNotOpen):
        open_incident(
            incident_id=uuid4(),
            signal_id=signal.id,
            area_id=place.area["district"],
            is_drill=False,  # type: ignore[attr-defined]
            by=place.actor("command"),
            at=place.at,
        )
    assert not Incident.objects.exists() and not Item.objects.exists()


def test_a_signal_opens_one_incident(place: Place) -> None:
    signal = reported(place)
    ask = dict(
        signal_id=signal.id,
        area_id=place.area["district"],
        is_drill=False,
        by=place.actor("command"),  # type: ignore[attr-defined]
        at=place.at + timedelta(minutes=1),
    )
    open_incident(incident_id=uuid4(), **ask)
    with pytest.raises(SignalTaken):
        open_incident(incident_id=uuid4(), **ask)


def test_a_neighbour_takes_no_signal_of_ours_for_an_incident_of_theirs(place: Place) -> None:
    """Neither to open one, nor to add it: the right is asked where the signal lies too."""

    def report(where: str, post: str) -> UUID:
        return report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                             area_id=place.area[where], building_id=None, count=1, source="lab", found_at=place.at,
                             by=place.actor(post), at=place.at).id  # fmt: skip

    ours, theirs, by = report("committee", "grid"), report("neighbour", "neighbour"), place.actor("neighbour")
    opening = {"incident_id": uuid4(), "area_id": place.area["neighbour"], "is_drill": False, "by": by, "at": place.at}
    with pytest.raises(RightMissing):
        open_incident(signal_id=ours, **opening)  # type: ignore[arg-type]  # the rest by name
    incident = open_incident(signal_id=theirs, **opening)  # type: ignore[arg-type]  # the rest by name
    with pytest.raises(RightMissing):
        attach_signal(signal_id=ours, incident_id=incident.id, by=by, at=place.at)
    assert Signal.objects.get(id=ours).incident_id is None
