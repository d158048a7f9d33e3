"""Candidates of an exam who live in zones: found by the list, each with helper, car, room, entrance; home again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from lianfang.domains.areas.queries import area_of_code, ids_below
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.services import NewRide, clean_vehicle
from lianfang.domains.grid.models import Person, Presence
from lianfang.domains.places.queries import readiness_of
from lianfang.domains.places.services import lay_readiness, register_place, set_state, tick_readiness
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.models import Item
from lianfang.drill.needs.cars import Cars
from lianfang.drill.needs.hands import HOUR, MINUTE, Hands
from lianfang.drill.scenario import chosen
from lianfang.drill.stage import Stage
from lianfang.flows.exams import Candidate, keep_candidates, keep_room, move_candidate

Told = Mapping[str, Any]


class Exams:
    """An exam of several days; the list grows while it runs."""

    def __init__(self, stage: Stage, hands: Hands, told: Told) -> None:
        self.stage, self.hands, self.told = stage, hands, told
        self.room = stage.id_of("exam room")

    def begin(self, at: datetime) -> int:
        """Room and cars are there; the list of the first day, later what it grew by. Gives how many candidates."""
        n = chosen(self.stage.scenario.one("request", self.told["request"])["n"], self.hands.rng)
        people = self._living_in_zones(n)
        self._room(n, at)
        self.cars = Cars(self.stage, self.hands, "exam-driver", n, at)
        days, first = self.told["days"], n - max(1, round(n * self.told["grown"]))
        self._list(people[:first], days[0], at, 0)
        grown = self.stage.scenario.moment(days[0], time(18, 0))
        self.hands.then(grown, lambda now: self._list(people[first:], days[1], now, first))
        return n

    def _living_in_zones(self, n: int) -> list[tuple[UUID, UUID]]:
        """(person, area) of the youngest grown people of the zones, as many as the report counts."""
        places = {p for z in self.stage.scenario.staging["zone"].values() for p in z["places"]}
        below = {i for p in places for c in self.stage.scenario.codes_of(p) for i in ids_below(area_of_code(c).id)}
        rows = Presence.objects.filter(area_id__in=below, kind="lives", to_on=None, person__birth_year__lte=2005)
        return list(rows.order_by("-person__birth_year", "person_id").values_list("person_id", "area_id")[:n])

    def _room(self, n: int, at: datetime) -> None:
        """An exam point for them alone: its checklist is ticked before it opens."""
        by = self.stage.cast.actor("county-officer", at)
        place = register_place(place_id=self.room, kind="exam-room", name=self.told["point"], name_en="",
                               area_id=self.stage.cast.county.id, capacity={"isolated": n}, lon=None, lat=None,
                               incident_id=None, by=by, at=at)  # fmt: skip
        lay_readiness(place_id=place.id, stream="exam", by=by, at=at)
        tick_readiness(place_id=place.id, item_ids=[r.id for r in readiness_of(place)], by=by, at=at)
        set_state(place_id=place.id, state="open", by=by, at=at)

    def _list(self, people: Sequence[tuple[UUID, UUID]], day: date, at: datetime, first: int) -> None:
        """A list as the education office sends it: names and id numbers; then a plan for each whom it finds."""
        rows = {p.id: p for p in Person.objects.filter(id__in=[i for i, _ in people])}
        told: dict[UUID, Mapping[str, str]] = {}
        for person, area in people:
            worker = self._worker(area, at)
            told |= opened([rows[person]], by=worker, fields=("name", "id_number"), whole=True)
        lines = [Candidate(n, told[p]["name"], told[p]["id_number"], self.told["point"], day, self.told["starts"])
                 for n, (p, _) in enumerate(people, 2)]  # fmt: skip
        _, wrong = keep_candidates(exam=self.told["exam"], lines=lines, area_id=self.stage.cast.county.id,
                                   by=self.stage.cast.actor("county-officer", at), at=at)  # fmt: skip
        if wrong:
            raise RuntimeError(f"the platform refused lines of the list: {wrong}")
        starts = self.stage.scenario.moment(day, self.told["starts"])
        found = {i.unit_id: i for i in Item.objects.filter(kind="exam-candidate", state="found")}
        for k, (person, _) in enumerate(people, first):
            self._plan(found[person], k, starts, at)

    def _worker(self, area_id: UUID, at: datetime) -> Any:
        return self.hands.actor(self.stage.cast.grid[area_id][0].id, at)

    def _plan(self, item: Item, k: int, starts: datetime, at: datetime) -> None:
        """His own car there and home, an isolated seat, helper, invigilators, entrance: only then it is complete."""
        by = self._worker(item.area_id, at)
        ride, over = uuid5(item.id, "ride"), starts + self.told["hours"] * HOUR
        leaves = starts - 60 * MINUTE
        self.cars.crew(k, starts - 3 * HOUR, over + 4 * HOUR, at)
        self.cars.ask(NewRide(ride, "appointed", by, at, leaves - 30 * MINUTE, starts, item.unit_id,
                              area_id=item.area_id, end=self.told["point"], back_at=over, item_id=item.id,
                              incident_id=item.incident_id), at)  # fmt: skip
        home = Ride.objects.get(outward_id=ride)
        self.cars.send(k, ride, leaves, 25, self.told["point"], at)
        keep_room(item_id=item.id, place_id=self.room, by=by, at=at)
        helper = f"{self.told['helper']} {k + 1}"
        self._step(
            item, "plan", at, helper=helper, invigilators=self.told["invigilators"], entrance=self.told["entrance"]
        )
        for move, when in (("leave", leaves), ("arrive", leaves + 26 * MINUTE), ("finish", over),
                           ("home", over + 50 * MINUTE)):  # fmt: skip
            self.hands.then(when + MINUTE, lambda now, m=move: self._step(item, m, now))
        car, driver = self.cars.vehicles[k], self.cars.drivers[k]
        self.hands.then(leaves + 60 * MINUTE, lambda now: clean_vehicle(
            vehicle_id=car, by=self.hands.actor(driver, now), at=now))  # fmt: skip
        self.hands.then(leaves + 70 * MINUTE, lambda now: self.cars.send(
            k, home.id, over + 10 * MINUTE, 25, self.told["at_home"], now))  # fmt: skip
        self.hands.then(over + 2 * HOUR, lambda now: clean_vehicle(
            vehicle_id=car, by=self.hands.actor(driver, now), at=now))  # fmt: skip

    def _step(self, item: Item, move: str, at: datetime, **values: str) -> None:
        move_candidate(note_id=uuid5(item.id, f"{move} {at.isoformat()}"), item_id=item.id, move=move, values=values,
                       by=self._worker(item.area_id, at), at=at)  # fmt: skip
