"""A night call of a woman in labour behind the zone's line: plea, ambulance, kept room, hand-over, her own word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from lianfang.domains.areas.queries import ancestor_at, ids_below
from lianfang.domains.dispatch.services import NewRide, add_vehicle, adopt_trip, ask_rides, put_crew, step_ride
from lianfang.domains.grid.models import PersonFlag, Presence
from lianfang.domains.needs.services import NewPlea, accept_plea, end_plea, route_plea, take_in
from lianfang.domains.places.models import Place
from lianfang.domains.places.services import register_place, set_state
from lianfang.drill.needs.pleas import Home
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.phone import Noted
from lianfang.drill.stage import Stage

MINUTE = timedelta(minutes=1)
PATH = "labour-isolated"


def labour(stage: Stage, told: Mapping[str, Any], at: datetime) -> int:
    """From the call to the ward's receipt; each hand-over has its time, and the plea ends in her word."""
    home = _her(stage)
    ward = _ward(stage, told, home, at)
    account = stage.cast.grid[home.area_id][0]
    medic, officer = (stage.cast.actor(post, at) for post in ("medic", "county-officer"))
    worker = stage.cast.actor_of(account, at)
    plea, item, ride = (stage.id_of(f"{what} r-labour") for what in ("plea", "work", "ride"))
    incident = stage.id_of("incident")
    refuse_any(take_in(pleas=[NewPlea(plea, "phone", told["words"], worker, at, phone="0000-7000003",
                                      household_id=home.household_id, person_id=home.person_id,
                                      incident_id=incident)], by=worker, at=at))  # fmt: skip
    accept_plea(plea_id=plea, by=worker, at=at + MINUTE)
    route_plea(plea_id=plea, item_id=item, kind_name="emergency", values={"sort": "labour"}, owner_id=worker.id,
               by=worker, at=at + 2 * MINUTE)  # fmt: skip
    leaves, arrives = at + 12 * MINUTE, at + 36 * MINUTE
    refuse_any(ask_rides(rides=[NewRide(ride, "emergency", worker, at + 3 * MINUTE, at + 5 * MINUTE, None,
                                        home.person_id, path=PATH, places={"stretcher": 1}, to_place_id=ward.id,
                                        escort=told["escort"], item_id=item, plea_id=plea, incident_id=incident)],
                         by=worker, at=at + 3 * MINUTE))  # fmt: skip
    car, crew = stage.id_of("ambulance"), stage.cast.posts["medic"][-1]
    add_vehicle(vehicle_id=car, kind="ambulance", plate="演120", phone="", organisation_id=None,
                area_id=stage.cast.county.id, places={}, groups=["fever"], lon=None, lat=None, from_at=at,
                until_at=None, by=officer, at=at)  # fmt: skip
    put_crew(turn_id=uuid5(car, "night"), vehicle_id=car, account_id=crew.id, role="driver", protection=2,
             from_at=at, until_at=at + timedelta(hours=10), by=officer, at=at)  # fmt: skip
    adopt_trip(trip_id=uuid5(ride, "trip"), vehicle_id=car, driver_id=crew.id, starts_at=at + 5 * MINUTE, why={},
               stops=[(ride, "in", leaves), (ride, "out", arrives)], by=officer, at=at + 4 * MINUTE)  # fmt: skip
    driver, times = stage.cast.actor_of(crew, at), (leaves, arrives, at + 48 * MINUTE)
    for step, when in zip(("load", "arrive", "hand_over"), times, strict=True):
        step_ride(ride_id=ride, step=step, post=told["post"] if step == "hand_over" else "", why="", by=driver, at=when)
    values: Mapping[str, Mapping[str, Any]] = {
        "ambulance": {"colour": "yellow"}, "hospital-ready": {"ward": told["ward"]},
        "hand-over": {"taken-by": told["post"]},
    }  # fmt: skip
    for n, move in enumerate(told["done"], 1):
        when = at + 12 * n * MINUTE
        body = {"item": str(item), "move": move, "values": values.get(move, {})}
        stage.phones.send(medic, [Noted(uuid5(item, move), "work.note", when, body)], at=when)
        stage.phones.arrived()
    end_plea(plea_id=plea, end="confirmed", why="", by=worker, at=at + timedelta(hours=6), rating=5)
    return 1


def _her(stage: Stage) -> Home:
    """Somebody pregnant who lives behind the zone's line; where the register marks nobody, a woman of that age."""
    inside = ids_below(stage.area_of("xinhua").id)
    marked = PersonFlag.objects.filter(flag="pregnant", to_on=None, area_id__in=inside).values("person_id")
    women = Presence.objects.filter(area_id__in=inside, kind="lives", to_on=None, person__sex="f")
    young = women.filter(person__birth_year__range=(1984, 2000))
    near = women.filter(person_id__in=marked).order_by("person_id").first() or young.order_by("person_id")[0]
    assert near.household_id is not None, "whoever lives here lives behind a door"
    return Home(near.household_id, near.person_id, near.area_id)


def _ward(stage: Stage, told: Mapping[str, Any], home: Home, at: datetime) -> Place:
    """The isolation labour ward of her county is open, with rooms of that class."""
    medic, county = stage.cast.actor("medic", at), ancestor_at(home.area_id, "county") or stage.cast.county
    ward: Place = register_place(place_id=stage.id_of("labour ward"), kind="hospital-ward", name=told["ward"],
                                 name_en=told["ward_en"], area_id=county.id, capacity={"labour-room": 2},
                                 lon=None, lat=None, incident_id=stage.id_of("incident"), by=medic,
                                 at=at)  # fmt: skip
    set_state(place_id=ward.id, state="open", by=medic, at=at)
    return ward
