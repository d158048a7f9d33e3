"""Two pleas with an hour to keep: an interview in another district, a dose that must be given by a set time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.dispatch.services import NewRide, confirm_terms
from lianfang.domains.gates.services import apply_permit, decide_permit, pass_gate, review_permit
from lianfang.domains.needs.services import NewPlea, accept_plea, end_plea, route_plea, take_in
from lianfang.drill.needs.cars import Cars
from lianfang.drill.needs.hands import HOUR, MINUTE, Hands
from lianfang.drill.needs.pleas import Home, doors_of
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import host_of
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]


class Deadline:
    """One plea with a deadline elsewhere: planned back from it, a fast permit, a car, out at the gate and back."""

    def __init__(self, stage: Stage, hands: Hands, told: Told) -> None:
        self.stage, self.hands, self.told, name = stage, hands, told, told["request"]
        self.plea, self.item, self.permit = (stage.id_of(f"{what} {name}") for what in ("plea", "work", "permit"))
        self.ride = stage.id_of(f"ride {name}")
        self.due = stage.scenario.moment(told["due"].date(), told["due"].time())

    def ask(self, at: datetime) -> int:
        """It comes in by its channel; a named handler takes it, asks for leave and for a car at once."""
        host = host_of(self.stage, self.told["place"])
        homes, desk = doors_of([host.id], most=40), self.hands.desk(host.id, at)
        home = homes[self.told["door"] % len(homes)]
        worker = self.hands.actor(self.stage.cast.grid[host.id][0].id, at)
        refuse_any(take_in(pleas=[NewPlea(self.plea, self.told["channel"], self.told["words"], worker, at,
                                          phone="0000-7000009", household_id=home.household_id,
                                          person_id=home.person_id, kind=self.told["kind"], danger=self.told["danger"],
                                          deadline_at=self.due, deadline_where=self.told["where"],
                                          incident_id=self.stage.id_of("incident"))], by=worker, at=at))  # fmt: skip
        accept_plea(plea_id=self.plea, by=worker, at=at + 3 * MINUTE)
        route_plea(plea_id=self.plea, item_id=self.item, kind_name=self.told["kind"], values={}, owner_id=worker.id,
                   by=worker, at=at + 6 * MINUTE)  # fmt: skip
        self._leave(home, worker, desk, at + 10 * MINUTE)
        self.cars = Cars(self.stage, self.hands, f"{self.told['request']}-driver", 1, at)
        self.hands.then(at + 20 * MINUTE, lambda now: self._car(home, worker, now))
        self.hands.then(self.due + 3 * HOUR, lambda now: self.hands.after_upload(now, lambda then: end_plea(
            plea_id=self.plea, end="confirmed", why="", by=worker, at=then)))  # fmt: skip
        return 1

    def _leave(self, home: Home, worker: Actor, desk: Actor, at: datetime) -> None:
        """The fast lane: one official decides; another looks at it afterwards. At the gate out, and back in time."""
        out, back = self.due - self.told["ahead_minutes"] * MINUTE, self.due + 3 * HOUR
        apply_permit(permit_id=self.permit, kind="exit", person_id=home.person_id, account_id=None, plea_id=self.plea,
                     area_id=home.area_id, purpose=self.told["words"], where=self.told["where"], plate="", mode="car",
                     from_at=out - 30 * MINUTE, until_at=back, deadline_at=self.due, is_fast=True,
                     fast_why=self.told["fast_why"], incident_id=self.stage.id_of("incident"), by=worker,
                     at=at)  # fmt: skip
        decide_permit(decision_id=uuid5(self.permit, "decision"), says="grant", reason="", by=desk, at=at + 8 * MINUTE)
        review_permit(permit_id=self.permit, finding=self.told["finding"], by=self.stage.cast.actor("command", at),
                      at=at + 2 * HOUR)  # fmt: skip
        for way, when in (("out", out), ("in", self.due + 2 * HOUR)):
            self.hands.then(when, lambda now, w=way: pass_gate(
                passage_id=uuid5(self.permit, w), permit_id=self.permit, way=w, place_id=None, area_id=home.area_id,
                by=self.hands.actor(worker.id, now), at=now))  # fmt: skip

    def _car(self, home: Home, worker: Actor, at: datetime) -> None:
        """A car of his own; where another district is asked, both sides have said yes before it is sent."""
        leaves = self.due - self.told["ahead_minutes"] * MINUTE
        agreed = {k: self.told[k] for k in ("terms", "counterpart", "contact") if k in self.told}
        self.cars.crew(0, leaves - HOUR, leaves + 8 * HOUR, at)
        self.cars.ask(NewRide(self.ride, self.told["ride"], worker, at, leaves - 20 * MINUTE, self.due, home.person_id,
                              area_id=home.area_id, end=self.told["where"], plea_id=self.plea, item_id=self.item,
                              incident_id=self.stage.id_of("incident"), **agreed), at)  # fmt: skip
        for n, side in enumerate(("ours", "theirs") if agreed else (), 1):
            post = self.told["counterpart"] if side == "theirs" else ""
            confirm_terms(ride_id=self.ride, side=side, post=post, by=self.cars.dispatcher(at), at=at + n * 10 * MINUTE)
        self.cars.send(0, self.ride, leaves, self.told["minutes"], self.told["where"], at + 40 * MINUTE)
        self._work(worker.id, leaves)

    def _work(self, worker: UUID, leaves: datetime) -> None:
        """The handler notes each step of his work on his phone; the last one before the hour that was set."""
        moves = self.told["moves"]
        whole = self.due - 5 * MINUTE - leaves
        for n, m in enumerate(moves):
            when = leaves + (n / max(len(moves) - 1, 1)) * whole if m.get("on_way") else leaves - timedelta(hours=2)
            self.hands.note(worker, self.item, m["move"], m.get("values", {}), when)
