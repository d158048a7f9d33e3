"""Journeys of a report: a company's fleet with day and night crews; people and goods moved, trip by trip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.dispatch.services import (
    NewRide,
    add_vehicle,
    adopt_trip,
    ask_rides,
    clean_vehicle,
    log_trip,
    put_crew,
)
from lianfang.drill.needs.cars import drive
from lianfang.drill.needs.hands import HOUR, MINUTE, Hands
from lianfang.drill.needs.pleas import days_of
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.scenario import chosen, split
from lianfang.drill.serving import people_of
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]
SHIFT = timedelta(hours=12)


@dataclass(frozen=True)
class Run:
    """One trip of a day: what is carried, how many, when it leaves, how long it is under way."""

    kind: str
    heads: int
    leaves_at: datetime
    minutes: int
    is_cleaned: bool


class Fleet:
    """A company lends its vehicles with their crews; a dispatcher puts the day's journeys on them in the morning."""

    def __init__(self, stage: Stage, hands: Hands, told: Told) -> None:
        self.stage, self.hands, self.told = stage, hands, told
        self.crew: list[UUID] = []
        self.vehicles: dict[str, list[UUID]] = {}

    def lend(self, at: datetime) -> int:
        """Vehicles and crew as the report counts them, from this day on. Gives the vehicles."""
        s = self.stage.scenario
        fleet, crew = s.one("resource", self.told["fleet"]), s.one("resource", self.told["crew"])
        body, county = self.stage.id_of("org " + fleet["org"]), self.stage.cast.county
        self.crew = people_of(self.stage, "crew", chosen(crew["n"], self.hands.rng), [body], at)
        n, by = chosen(fleet["n"], self.hands.rng), self._dispatcher(at)
        sorts = list(self.told["vehicles"])
        for sort, many in zip(sorts, split(n, [float(x["share"]) for x in sorts]), strict=True):
            for k in range(many):
                vehicle = self.stage.id_of(f"vehicle {sort['name']} {k}")
                add_vehicle(vehicle_id=vehicle, kind=sort["kind"], plate=f"演{sort['name'][:1].upper()}{k:04}",
                            phone="", organisation_id=body, area_id=county.id, places={}, groups=sort["groups"],
                            lon=None, lat=None, from_at=at, until_at=None, by=by, at=at)  # fmt: skip
                self.vehicles.setdefault(sort["name"], []).append(vehicle)
        for day in days_of(self.told):
            self.hands.then(s.moment(day, time(5, 30)), lambda now, d=day: self._day(d, now))
        return n

    def _dispatcher(self, at: datetime) -> Actor:
        return self.stage.cast.actor("county-officer", at)

    def _day(self, day: date, at: datetime) -> None:
        """Turns at the wheel, then every journey of the day: asked for, put on a vehicle, driven."""
        drivers, free = self._crews(day, at), dict[UUID, datetime]()
        for load in self.told["loads"]:
            runs = self._runs(load, day)
            vehicles = cycle(v for name in load["by"] for v in self.vehicles[name])
            for n, run in enumerate(runs):
                self._send(f"{load['kind']} {day} {n}", run, vehicles, drivers, free, at)

    def _crews(self, day: date, at: datetime) -> dict[UUID, UUID]:
        """Who drives which vehicle today: a day crew for each, a night crew as far as the people go round."""
        every = [v for name in self.vehicles for v in self.vehicles[name]]
        begins, by, drivers = self.stage.scenario.moment(day, time(6, 0)), self._dispatcher(at), {}
        for k, who in enumerate(self.crew):
            vehicle, night = every[k % len(every)], k // len(every)
            if night > 1:
                break
            first = begins + night * SHIFT
            put_crew(turn_id=uuid5(vehicle, f"turn {day} {night}"), vehicle_id=vehicle, account_id=who, role="driver",
                     protection=2, from_at=first, until_at=first + SHIFT, by=by, at=at)  # fmt: skip
            if not night:
                drivers[vehicle] = who
        return drivers

    def _runs(self, load: Told, day: date) -> list[Run]:
        """The day's part of what the report counts, in vehicles as full as they go, over the hours of the day."""
        days = days_of(self.told)
        whole = chosen(self.stage.scenario.one("activity", load["activity"])["n"], self._drawn(load))
        part = split(whole, [1.0] * len(days))[days.index(day)]
        full, people = int(load["full"]), load["counts"] == "heads"
        sizes = [min(full, part - k * full) for k in range(-(-part // full))] if people else [1] * part
        first, last = (self.stage.scenario.moment(day, time(h, 0)) for h in load["hours"])
        gap = (last - first) / max(len(sizes), 1)
        return [Run(load["kind"], size if people else 0, first + k * gap, load["minutes"],
                    load.get("cleaned", False))
                for k, size in enumerate(sizes)]  # fmt: skip

    def _drawn(self, load: Told) -> np.random.Generator:
        """The same number each day, whatever else was drawn between."""
        return np.random.default_rng(len(load["activity"]))

    def _send(self, name: str, run: Run, vehicles: Iterator[UUID], drivers: Mapping[UUID, UUID],
              free: dict[UUID, datetime], at: datetime) -> None:  # fmt: skip
        """One journey: asked for by the officer, adopted on the next vehicle, later if that is still under way."""
        ride, vehicle, by = self.stage.id_of("ride " + name), next(vehicles), self._dispatcher(at)
        leaves = max(run.leaves_at, free.get(vehicle, run.leaves_at))
        arrives = leaves + run.minutes * MINUTE
        places = {"seat": run.heads} if run.heads else {"load": 1000}
        refuse_any(ask_rides(rides=[NewRide(ride, run.kind, by, at, leaves, area_id=self.stage.cast.county.id,
                                            heads=run.heads, places=places, start=self.told["start"],
                                            end=self.told["end"], incident_id=self.stage.id_of("incident"))],
                             by=by, at=at))  # fmt: skip
        trip = uuid5(ride, "trip")
        adopt_trip(trip_id=trip, vehicle_id=vehicle, driver_id=drivers[vehicle], starts_at=leaves,
                   stops=[(ride, "in", leaves), (ride, "out", arrives)], why={}, by=by, at=at)  # fmt: skip
        free[vehicle] = arrives + HOUR
        driver, over = drivers[vehicle], arrives + 5 * MINUTE
        drive(self.hands, ride, driver, [leaves, arrives, over], self.told["receiver"])
        self.hands.then(over + MINUTE, lambda now: log_trip(
            trip_id=trip, km=int(self.hands.rng.integers(4, 40)), fuel_l=None, by=self.hands.actor(driver, now),
            at=now))  # fmt: skip
        if run.is_cleaned:
            self.hands.then(arrives + 40 * MINUTE, lambda now: clean_vehicle(
                vehicle_id=vehicle, by=self.hands.actor(driver, now), at=now))  # fmt: skip
