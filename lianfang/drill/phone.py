"""Simulated people's phones: what was noted goes through the device door, written and read as on the wire."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid5

import django
import msgspec
from django.db import connection, connections

from lianfang.base.actor import Actor

AT_SERVER = 2  # processes that take uploads beside each other, as a small server has them
UNDERWAY = 64  # uploads on their way: more wait on their phones, so that a city's day need not be held in memory


@dataclass(frozen=True)
class Noted:
    """One note as a phone keeps it."""

    id: UUID
    kind: str
    at: datetime
    body: Mapping[str, Any]


@dataclass
class Phones:
    """All phones of a drill: each numbers its own notes and sends them in order, beside the others.

    servers: one process each; a phone's uploads always go to the same. Without any (inside a transaction, whose rows
    no other process sees) this process takes them.
    """

    servers: Sequence[ProcessPoolExecutor] = ()
    _numbers: dict[UUID, int] = field(default_factory=dict)
    _underway: deque[Future[str]] = field(default_factory=deque)

    def send(self, by: Actor, notes: Sequence[Noted], *, at: datetime) -> None:
        """Upload notes of one person's phone; taken at the latest when all have `arrived`.

        Raises RuntimeError when any is refused: a drill plays what works.
        """
        if not notes:
            return
        device = uuid5(by.id, "phone")
        raw = self._written(device, by, notes, at)
        if not self.servers:
            raise_refused(take_upload(raw, by, at))
            return
        self._underway.append(self.servers[device.int % len(self.servers)].submit(take_upload, raw, by, at))
        while len(self._underway) > UNDERWAY:
            raise_refused(self._underway.popleft().result())

    def arrived(self) -> None:
        """Wait until all that was sent is taken. Raises RuntimeError when any was refused."""
        while self._underway:
            raise_refused(self._underway.popleft().result())

    def _written(self, device: UUID, by: Actor, notes: Sequence[Noted], at: datetime) -> bytes:
        first = self._numbers.get(device, 1)
        self._numbers[device] = first + len(notes)
        return msgspec.json.encode(
            {
                "device": device,
                "sent_at": at,
                "envelopes": [
                    {"id": n.id, "kind": n.kind, "made_at": n.at, "seq": first + k, "actor": by.id, "body": n.body}
                    for k, n in enumerate(notes)
                ],
            }
        )


def take_upload(raw: bytes, by: Actor, at: datetime) -> str:
    """Take an upload as the device door does; what was refused, in words, or ""."""
    # Imported here: a server's process sets Django up only after this module is read.
    from lianfang.base.envelopes import read_batch
    from lianfang.field.kinds import run_envelopes, runs_of
    from lianfang.flows.take_envelopes import take_envelopes

    then = at + timedelta(seconds=1)
    answers = take_envelopes(
        reading=read_batch(raw, at=at),
        handle=lambda kind, sent: run_envelopes(kind, sent, clock_off=timedelta(), by=by, at=then),
        runs=runs_of,
        by=by,
        at=then,
    )
    return next((str(a) for a in answers if a["code"] not in ("", "repeated")), "")


def raise_refused(refusal: str) -> None:
    """Raise RuntimeError for a refusal."""
    if refusal:
        raise RuntimeError(f"the platform refused a simulated person: {refusal}")


def _start(database: str) -> None:
    """A server process of its own: nothing of the drill's is inherited, neither its connection nor its memory."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    django.setup()
    connections.databases["default"]["NAME"] = database


@contextmanager
def phones_up() -> Iterator[Phones]:
    """Phones with their servers, up until the drill ends."""
    if connection.in_atomic_block:
        yield Phones()
        return
    context, name = get_context("spawn"), str(connection.settings_dict["NAME"])
    servers = [
        ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(name,)) for _ in range(AT_SERVER)
    ]
    try:
        for s in servers:
            s.submit(int)  # up while the register is invented
        yield Phones(servers)
    finally:
        for s in servers:
            s.shutdown(cancel_futures=True)
