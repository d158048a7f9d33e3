"""A figure opens to the records it counts: as many, of the right incident, as they stood at the cut-off."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.services import draft_zone, report_signal
from lianfang.domains.reports.queries import Scope, lines_of, rows_of
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, Note, make_move, open_items
from lianfang.flows.open_incident import open_incident
from lianfang.flows.run_due import run_due
from lianfang.flows.zones import ask_for_zone, decide_zone, lift_zone
from tests.factories.place import Place


def incident_of(place: Place, edition: str, kind: str, case_class: str) -> Incident:
    """An incident over the district."""
    signal = report_signal(signal_id=uuid4(), kind=kind, case_class=case_class, edition_code=edition,
                           area_id=place.area["committee"], building_id=None, count=1, source="lab",
                           found_at=place.at, by=place.actor("officer"), at=place.at)  # fmt: skip
    return open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=place.area["district"], is_drill=False,
                         by=place.actor("command"), at=place.at)  # fmt: skip


def zone_over(place: Place, incident: Incident, kind: str, where: str, n: int) -> ZoneVersion:
    """A zone in force over the first n buildings of a committee."""
    v = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=incident.id, area_id=place.area[where], name=kind,
                   kind=kind, building_ids=place.buildings[where][:n], why="w", is_proposed=False,
                   by=place.actor("county"), at=place.at)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=v.id, reason="r", by=place.actor("county"), at=place.at)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="1", by=place.actor("command"), at=place.at)
    return v


def survey(place: Place, incident: Incident, doors: list[UUID], done: int) -> None:
    """Doors to survey, some of them done an hour later."""
    items = [NewItem(uuid4(), place.area["committee"], "household", d, again="changed") for d in doors]
    open_items(kind_name="door-survey", items=items, area_id=place.area["committee"], incident_id=incident.id,
               by=place.actor("lead"), at=place.at)  # fmt: skip
    at, grid = place.at + timedelta(hours=1), place.actor("grid")
    for i in items[:done]:
        values = {"persons_home": 2, "residence": "own"}
        make_move(note=Note(uuid4(), i.id, "finish", grid, at, values=values), by=grid, at=at)


@pytest.fixture
def two(place: Place) -> tuple[Incident, Incident]:
    """A case and a heat alert over one district, each with zones, work and messages of its own."""
    case = incident_of(place, "cn-covid-8", "case", "confirmed")
    heat = incident_of(place, "cn-heat-1", "weather-alert", "red")
    zone_over(place, case, "sealed", "committee", 1)
    zone_over(place, heat, "heat-watch", "committee", 2)
    zone_over(place, heat, "heat-watch", "committee3", 1)
    survey(place, case, place.households[:5], done=2)
    survey(place, heat, place.households[:3], done=3)
    run_due(channels={}, by=place.system, at=place.at + timedelta(minutes=30))
    return case, heat


def differences(place: Place, incident: Incident | None, at: datetime) -> list[tuple[str, float | None, int]]:
    """Figures whose number is not the number of their rows."""
    scope, by = Scope(place.area["district"], at, incident), place.actor("command")
    found: list[tuple[str, float | None, int]] = []
    for line in lines_of(scope, by=by):
        if line.name.startswith("figures.") and line.unit["en"] not in ("person-times", "households", "calls"):
            continue  # rates and sums of fields open to what they are made from
        rows = rows_of(line, scope, by=by).count()
        if line.value != rows:
            found.append((line.name, line.value, rows))
    return found


def test_each_figure_opens_to_as_many_rows_as_it_says(place: Place, two: tuple[Incident, Incident]) -> None:
    for incident in (None, *two):
        for hours in (0.1, 0.7, 2, 30):
            assert differences(place, incident, place.at + timedelta(hours=hours)) == [], (incident, hours)


def test_a_zone_that_was_lifted_later_still_stands_at_an_earlier_cut_off(
    place: Place, two: tuple[Incident, Incident]
) -> None:
    sealed = ZoneVersion.objects.get(kind="sealed")
    lift_zone(version_id=sealed.id, why="w", by=place.actor("command"), at=place.at + timedelta(hours=3))
    before, after = Scope(place.area["district"], place.at + timedelta(hours=2), two[0]), place.at + timedelta(hours=4)
    by = place.actor("command")
    held = next(ln for ln in lines_of(before, by=by) if ln.name == "holds.persons")
    assert held.value == rows_of(held, before, by=by).count() == 12
    assert differences(place, two[0], after) == []
    assert Item.objects.filter(incident_id=two[0].id, kind="door-survey").count() == 5
