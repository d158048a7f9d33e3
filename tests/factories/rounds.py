"""A round of mass testing over the small district, built through services, open at its desks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from lianfang.cli.up import system_actor
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import report_signal
from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Desk, Round
from lianfang.domains.rounds.services import (
    NewStation,
    add_stations,
    adopt_plan,
    move_stations,
    open_round,
    plan_round,
    seat,
    staff_round,
)
from lianfang.flows.open_incident import open_incident
from tests.factories.place import SPACE, Place


def outbreak_in(place: Place, *, at: datetime) -> Incident:
    """An open incident of the district under the eighth edition."""
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                           area_id=place.area["committee"], building_id=place.buildings["committee"][0], count=1,
                           source="lab", found_at=at, by=place.actor("officer"), at=at)  # fmt: skip
    return open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=place.area["district"], is_drill=False,
                         by=place.actor("command"), at=at)  # fmt: skip


@dataclass
class Testing:
    """A round that is open, with two desks in the first committee and one in the third."""

    __test__ = False
    place: Place
    incident: Incident
    round: Round
    desks: list[Desk]
    stations: list[UUID]


def planned(place: Place, incident: Incident, *, at: datetime, areas: tuple[str, ...] = ("street", "street2")) -> Round:
    """A round that is planned over some areas."""
    return plan_round(round_id=uuid4(), incident_id=incident.id, kind="mass-test",
                      area_ids=[place.area[a] for a in areas], starts_at=at, ends_at=at + timedelta(days=1),
                      by=place.actor("command"), at=at)  # fmt: skip


def round_in(place: Place, *, at: datetime, incident: Incident | None = None) -> Testing:
    """Everything, from the incident to the open desks; the sampler sits at the first."""
    incident = incident or outbreak_in(place, at=at)
    found = planned(place, incident, at=at)
    by, command = system_actor(), place.actor("command")
    adopt_plan(round_id=found.id, adopted={}, reason="as proposed", by=command, at=at)
    new = []
    for where, desks in (("committee", (2, 2)), ("committee3", (2,))):
        spot = register_place(place_id=uuid5(SPACE, f"site {where}"), kind="test-site", name=f"采样点 {where}",
                              name_en="", area_id=place.area[where], capacity={"desk": len(desks)}, lon=113.6, lat=24.8,
                              incident_id=incident.id, by=by, at=at)  # fmt: skip
        new.append(NewStation(uuid5(SPACE, f"station {where} {found.id}"), spot.id, desks))
    add_stations(round_id=found.id, stations=new, by=command, at=at)
    staff_round(round_id=found.id, by=command, at=at)
    found = open_round(round_id=found.id, by=command, at=at)
    move_stations(station_ids=[s.id for s in new], state="open", by=command, at=at)
    desks = list(Desk.objects.filter(round=found).order_by("station__place__name", "number"))
    seat(desk_id=desks[0].id, account_id=place.accounts["sampler"].id, by=command, at=at)
    desks[0].refresh_from_db()
    return Testing(place, incident, found, desks, [s.id for s in new])
