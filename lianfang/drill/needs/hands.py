"""What simulated people do next, in the order of time; what they note on their phones goes up when an hour is over."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import actors_for
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ancestor_at
from lianfang.drill.acts import Act
from lianfang.drill.phone import Noted
from lianfang.drill.stage import Stage

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
UPLOADS = timedelta(hours=1)  # so long what a phone noted waits for signal
Doing = Callable[[datetime], object]  # what a service gives back is not needed


class Hands:
    """Everybody's next steps. A step runs at its own time; what it plans for later comes in its turn."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self.stage, self.rng = stage, rng
        self.until: datetime | None = None
        self._steps: list[tuple[datetime, int, Doing]] = []
        self._order = count()
        self._notes: dict[UUID, list[Noted]] = {}
        self._actors: dict[tuple[UUID, int], Actor] = {}
        self._streets: dict[UUID, UUID | None] = {}

    def then(self, at: datetime, run: Doing) -> None:
        """Plan a step."""
        heapq.heappush(self._steps, (at, next(self._order), run))

    def after_upload(self, at: datetime, run: Doing) -> None:
        """Plan a step that needs what was noted on a phone before: not before the phones have sent."""
        self.then(max(at, self.until + SECOND) if self.until else at, run)

    def soon(self, mean_minutes: float, *, least: float = 0.5, most: float = 240.0) -> timedelta:
        """How long somebody takes: mostly less than the mean, sometimes much more."""
        return MINUTE * float(np.clip(self.rng.exponential(mean_minutes), least, most))

    def note(self, who: UUID, item_id: UUID, move: str, values: Mapping[str, Any], at: datetime) -> None:
        """Somebody notes a move on his phone; later, where its time is still to come."""
        if self.until is None or at > self.until:
            self.then(at, lambda now: self._noted(who, item_id, move, values, now))
        else:
            self._noted(who, item_id, move, values, at)

    def _noted(self, who: UUID, item_id: UUID, move: str, values: Mapping[str, Any], at: datetime) -> None:
        body = {"item": str(item_id), "move": move, "values": dict(values)}
        self._notes.setdefault(who, []).append(Noted(uuid5(item_id, f"{move} {at.isoformat()}"), "work.note", at, body))

    def work(self, until: datetime) -> int:
        """Everything up to a moment, then the phones send. Gives how many steps and notes."""
        self.until, done = until, 0
        while self._steps and self._steps[0][0] <= until:
            at, _, run = heapq.heappop(self._steps)
            run(at)
            done += 1
        notes, self._notes = self._notes, {}
        for who, some in notes.items():
            self.stage.phones.send(self.actor(who, until), sorted(some, key=lambda n: n.at), at=until)
        self.stage.phones.arrived()
        return done + sum(map(len, notes.values()))

    def actor(self, account_id: UUID, at: datetime) -> Actor:
        """An account as an actor, with the grants of that day."""
        key = (account_id, at.toordinal())
        if key not in self._actors:
            self._actors[key] = actors_for([self.stage.cast.account(account_id)], at=at)[account_id]
        return self._actors[key]

    def desk(self, area_id: UUID, at: datetime) -> Actor:
        """Who leads the street of an area; the officer of the whole where it is no part of one."""
        if area_id not in self._streets:
            street: Area | None = ancestor_at(area_id, "street")
            account = self.stage.cast.streets.get(street.id) if street else None
            self._streets[area_id] = account.id if account else None
        account_id = self._streets[area_id]
        return self.actor(account_id, at) if account_id else self.stage.cast.actor("county-officer", at)

    def acts(self, first: datetime, last: datetime, what: str) -> list[Act]:
        """The hours in which people work, each with its uploads at the end."""
        acts, at = [], first
        while at <= last:
            acts.append(Act(at, 4, what, self.work))
            at += UPLOADS
        return acts
