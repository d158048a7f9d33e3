"""Cars with their drivers, lent for single rides: one ride a car at a time, driven step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.dispatch.services import NewRide, add_vehicle, adopt_trip, ask_rides, put_crew, step_ride
from lianfang.domains.grid.queries import carers_of
from lianfang.drill.needs.hands import MINUTE, Hands
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.serving import people_of
from lianfang.drill.stage import Stage

NEIGHBOUR = "邻居照看"
STEPS = ("load", "arrive", "hand_over")


def drive(hands: Hands, ride: UUID, driver: UUID, times: Sequence[datetime], receiver: str) -> None:
    """The driver presses at these times: on board, arrived, handed over to a post."""
    for step, when in zip(STEPS, times, strict=True):
        hands.then(when, lambda now, s=step: step_ride(
            ride_id=ride, step=s, post=receiver if s == "hand_over" else "", why="", by=hands.actor(driver, now),
            at=now))  # fmt: skip


class Cars:
    """So many cars of a place's own, each with a driver whom the day finds at its wheel."""

    def __init__(self, stage: Stage, hands: Hands, name: str, n: int, at: datetime) -> None:
        self.stage, self.hands = stage, hands
        self.drivers = people_of(stage, name, n, [self._body()], at)
        self.vehicles = [stage.id_of(f"{name} car {k}") for k in range(n)]
        for k, v in enumerate(self.vehicles):
            add_vehicle(vehicle_id=v, kind="car", plate=f"演C{k:04}", phone="", organisation_id=None,
                        area_id=stage.cast.county.id, places={}, groups=["resident"], lon=None, lat=None, from_at=at,
                        until_at=None, by=self.dispatcher(at), at=at)  # fmt: skip

    def _body(self) -> UUID:
        return self.stage.id_of("org " + self.stage.scenario.of("org")[0]["id"])

    def dispatcher(self, at: datetime) -> Actor:
        """Who puts rides on cars."""
        return self.stage.cast.actor("county-officer", at)

    def crew(self, k: int, from_at: datetime, until_at: datetime, at: datetime) -> None:
        """The k-th driver is at his wheel from a time to a time."""
        put_crew(turn_id=uuid5(self.vehicles[k], from_at.isoformat()), vehicle_id=self.vehicles[k],
                 account_id=self.drivers[k], role="driver", protection=2, from_at=from_at, until_at=until_at,
                 by=self.dispatcher(at), at=at)  # fmt: skip

    def ask(self, ride: NewRide, at: datetime) -> None:
        """A ride is asked for by its own asker; a neighbour looks after whoever depends on who leaves."""
        left = (
            [x.cared_id for x in carers_of([ride.person_id]) if x.carer_id == ride.person_id] if ride.person_id else []
        )
        asked = replace(ride, dependants=dict.fromkeys(left, NEIGHBOUR) | dict(ride.dependants))
        refuse_any(ask_rides(rides=[asked], by=ride.by, at=at))

    def send(self, k: int, ride: UUID, leaves: datetime, minutes: int, receiver: str, at: datetime) -> None:
        """The k-th car fetches and brings; its driver's presses are planned."""
        arrives = leaves + timedelta(minutes=minutes)
        adopt_trip(trip_id=uuid5(ride, "trip"), vehicle_id=self.vehicles[k], driver_id=self.drivers[k],
                   starts_at=leaves - 5 * MINUTE, stops=[(ride, "in", leaves), (ride, "out", arrives)], why={},
                   by=self.dispatcher(at), at=at)  # fmt: skip
        drive(self.hands, ride, self.drivers[k], [leaves, arrives, arrives + 2 * MINUTE], receiver)
