"""A place in which an incident is open and work is due at a door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from lianfang.base import clock
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.services import keep_file
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import draft_zone, report_signal
from lianfang.domains.places.services import begin_stay, register_place, set_state
from lianfang.domains.work.services import NewItem, open_items
from lianfang.flows.open_incident import open_incident
from lianfang.flows.zones import ask_for_zone, decide_zone
from tests.conftest import T0
from tests.factories.place import SPACE, Place, hashed_password
from tests.factories.rounds import Testing, round_in

PLACES = (("shop", {"person": 20}, "花园便利店"), ("hospital-ward", {"bed": 8}, "花园医院病区"))
FILE = "姓名,身份证号,电话,住址\n甄一,440203198001020117,13900000001,9-1-101\n"


@dataclass
class Town:
    """The place with what is going on in it."""

    place: Place
    incident: Incident
    survey: UUID  # at the first door, the grid worker's
    call: UUID  # about the first person, the grid worker's
    free: UUID  # at the second door, nobody's
    zone: UUID  # in force over the first building
    file: UUID  # a register file of the committee, to decide
    venue: UUID  # an open shop with limited entry
    ward: UUID  # an open ward in which the second person stays


@pytest.fixture
def town(place: Place) -> Town:
    """An open incident, a zone in force, three tasks, a register file that was read, and a resident's account."""
    now = clock.now()
    committee, first = place.area["committee"], place.buildings["committee"][0]
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                           area_id=committee, building_id=first, count=1, source="lab", found_at=now,
                           by=place.actor("officer"), at=now)  # fmt: skip
    incident = open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=place.area["district"], is_drill=False,
                             by=place.actor("command"), at=now)  # fmt: skip
    zone = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=incident.id, area_id=committee, name="花园一栋",
                      kind="sealed", building_ids=[first], why="a case lives there", is_proposed=False,
                      by=place.actor("county"), at=now)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=zone.id, reason="r", by=place.actor("county"), at=now)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="1", by=place.actor("command"), at=now)
    grid, due = place.accounts["grid"].id, now + timedelta(hours=2)
    survey, free = [NewItem(uuid4(), committee, "household", h, due_at=due) for h in place.households[:2]]
    survey = NewItem(survey.id, committee, "household", place.households[0], owner_id=grid, due_at=due)
    call = NewItem(uuid4(), committee, "person", place.people[0], owner_id=grid, due_at=due)
    for kind, items in (("door-survey", [survey, free]), ("returnee-check", [call])):
        open_items(kind_name=kind, items=items, area_id=committee, incident_id=incident.id, by=place.actor("lead"),
                   at=now)  # fmt: skip
    file = keep_file(file_id=uuid4(), area_id=committee, file_name="a.csv", digest="0" * 64, by=place.actor("lead"),
                     reading=read_register(FILE.encode(), "a.csv", default_year=2026), at=now)  # fmt: skip
    _resident(place)
    venue, ward = (_open_place(place, kind, size, name) for kind, size, name in PLACES)
    begin_stay(stay_id=uuid4(), place_id=ward, capacity_class="bed", person_id=place.people[1], until_at=None,
               by=place.actor("medic"), at=now)  # fmt: skip
    return Town(place, incident, survey.id, call.id, free.id, zone.id, file.id, venue, ward)


def _open_place(place: Place, kind: str, size: dict[str, int], name: str) -> UUID:
    by, now = place.actor("medic"), clock.now()
    made = register_place(place_id=uuid4(), kind=kind, name=name, name_en="", area_id=place.area["committee"],
                          capacity=size, lon=113.6, lat=24.8, incident_id=None, by=by, at=now)  # fmt: skip
    set_state(place_id=made.id, state="open", by=by, at=now)
    return made.id


def _resident(place: Place) -> None:
    account = open_account(account_id=uuid5(SPACE, "a resident"), username="resident", label="居民",
                           password_hash=hashed_password(),
                           person_id=place.people[0], area_id=place.area["committee"], by=place.system,
                           at=T0)  # fmt: skip
    grant_role(grant_id=uuid5(SPACE, "g resident"), account_id=account.id, role="resident",
               area_id=place.area["committee"], until_at=None, by=place.system, at=T0)  # fmt: skip
    place.accounts["resident"] = account


@pytest.fixture
def testing(town: Town) -> Testing:
    """The town with a round open at its desks."""
    return round_in(town.place, at=clock.now(), incident=town.incident)
