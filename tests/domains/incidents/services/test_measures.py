"""Measures: of one line one version speaks at a time, whatever the order in which they were set."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.incidents.errors import IncidentMissing, MeasureUnfit, MeasureUnknown
from lianfang.domains.incidents.models import Incident, Measure
from lianfang.domains.incidents.queries import measures_at
from lianfang.domains.incidents.services import MeasureText, end_measure, report_signal, set_measure
from lianfang.domains.places.services import register_place
from lianfang.flows.open_incident import open_incident
from tests.factories.place import Place


@pytest.fixture
def heat(place: Place) -> Incident:
    """An alert over the district."""
    signal = report_signal(signal_id=uuid4(), kind="weather-alert", case_class="red", edition_code="cn-heat-1",
                           area_id=place.area["district"], building_id=None, count=1, source="s", found_at=place.at,
                           by=place.actor("officer"), at=place.at)  # fmt: skip
    return open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=place.area["district"], is_drill=False,
                         by=place.actor("command"), at=place.at)  # fmt: skip


def measure(place: Place, heat: Incident, hours: float, *, where: str = "district", **more: object) -> Measure:
    """A measure that holds from some hours after the opening."""
    says = MeasureText({"zh": f"从 {hours}", "en": f"from {hours}"}, "r", place.at + timedelta(hours=hours))
    asked = {"measure_id": uuid4(), "area_id": place.area[where], "place_id": None, "name": "masks", **more}
    return set_measure(incident_id=heat.id, says=says, by=place.actor("command"), at=place.at, **asked)  # type: ignore[arg-type]  # the asked values by name


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(-5, 20), min_size=1, max_size=5), st.integers(-6, 25))
def test_one_version_speaks_at_any_time_and_it_is_the_last_set_that_has_begun(
    place: Place, heat: Incident, starts: list[int], hour: int
) -> None:
    Measure.objects.filter(incident=heat).update(ended_at=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    made = [measure(place, heat, h) for h in starts]
    at = place.at + timedelta(hours=hour)
    ours = {m.id for m in made}
    live = [
        m for m in Measure.objects.filter(id__in=ours) if m.from_at <= at and (m.ended_at is None or m.ended_at > at)
    ]
    assert len(live) <= 1  # never two at once
    # Setting one from hour h takes the word from every other from h on; what held before h stands.
    speaks = None
    for n, h in enumerate(starts):
        if h <= hour and not any(later <= hour for later in starts[n + 1 :]):
            speaks = made[n].id
    assert [m.id for m in live] == ([speaks] if speaks else [])


def test_what_is_set_for_a_place_elsewhere_or_of_an_unknown_name_or_by_a_neighbour_is_refused(
    place: Place, heat: Incident
) -> None:
    far = register_place(place_id=uuid4(), kind="hall", name="x", name_en="", area_id=place.area["committee3"],
                         capacity={}, lon=None, lat=None, incident_id=None, by=place.actor("street2"),
                         at=place.at).id  # fmt: skip
    with pytest.raises(MeasureUnfit):
        measure(place, heat, 0, where="committee", place_id=far)
    with pytest.raises(MeasureUnknown):
        measure(place, heat, 0, name="weather")
    with pytest.raises(IncidentMissing):
        set_measure(measure_id=uuid4(), incident_id=heat.id, area_id=place.area["neighbour"], place_id=None,
                    name="masks", says=MeasureText({"zh": "x", "en": "x"}, "r", place.at), by=place.actor("above"),
                    at=place.at)  # fmt: skip
    with pytest.raises(RightMissing):
        end_measure(measure_id=measure(place, heat, 0).id, why="w", by=place.actor("neighbour"), at=place.at)
    assert [m.name for m in measures_at(place.area["committee"], at=place.at)] == ["masks"]


def test_the_same_measure_sent_again_is_one_version(place: Place, heat: Incident) -> None:
    key: UUID = uuid4()
    assert measure(place, heat, 0, measure_id=key) == measure(place, heat, 0, measure_id=key)
    assert Measure.objects.count() == 1
