"""A device's upload: kinds are handed to their services set-based, and every envelope is kept with its fate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, Reading, keep_envelopes, sort_known
from lianfang.base.once import remembering
from lianfang.base.service import Outcome, one_log
from lianfang.domains.privacy.queries import sealed

Handle = Callable[[str, Sequence[EnvelopeIn]], list[Outcome]]
Runs = Callable[[Sequence[EnvelopeIn]], Iterable[tuple[str, list[EnvelopeIn]]]]


TRIES = 4


def by_kind(envelopes: Sequence[EnvelopeIn]) -> Iterable[tuple[str, list[EnvelopeIn]]]:
    """All envelopes of a kind together, the kinds as they first appear."""
    for kind in dict.fromkeys(e.kind for e in envelopes):
        yield kind, [e for e in envelopes if e.kind == kind]


def take_envelopes(
    *, reading: Reading, handle: Handle, by: Actor, at: datetime, runs: Runs = by_kind
) -> list[dict[str, Any]]:
    """Take what a device sent, all in one transaction; one answer an envelope, torn ones named by their place.

    runs: which envelopes go to their service together, in the order the phone made them.
    Each service takes its locks in one order; an upload runs several, so two may wait for each other in a ring. The
    database lets one of them go, and that one is taken again: nothing of it was kept.
    Rights: an envelope of another actor than the one signed in is kept and waits for a lead; its kind is not run.
    """
    for _ in range(TRIES - 1):
        try:
            return _taken(reading, handle, by, at, runs)
        except (OperationalError, DeadlockDetected) as e:
            if not isinstance(e.__cause__ or e, DeadlockDetected) or connection.in_atomic_block:
                raise
    return _taken(reading, handle, by, at, runs)


def _taken(reading: Reading, handle: Handle, by: Actor, at: datetime, runs: Runs) -> list[dict[str, Any]]:
    with transaction.atomic(), one_log(), remembering():
        with connection.cursor() as cursor:
            # One upload of a device at a time: a phone that retries while its first try still runs waits for it.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(reading.device)])
        fresh, outcomes = sort_known(reading)
        mine = [e for e in fresh if e.actor == by.id]
        outcomes |= {e.id: Outcome(e.id, "field.other_actor", {}) for e in fresh if e.actor != by.id}
        for kind, run in runs(sorted(mine, key=lambda e: e.seq)):
            outcomes |= {o.id: o for o in handle(kind, run)}
        bodies: list[bytes] = sealed(
            [(e.id, {"body": e.body} if outcomes[e.id].code else {}) for e in fresh], retention="plea"
        )
        if fresh:
            keep_envelopes(
                device_id=reading.device,
                envelopes=fresh,
                outcomes=outcomes,
                bodies=bodies,
                clock_off=reading.clock_off,
                by=by,
                at=at,
            )
    answers: dict[UUID, dict[str, Any]] = {
        i: {"id": str(i), "code": o.code, "values": o.values} for i, o in outcomes.items()
    }
    torn = [{"id": str(t.get("id", "")), "code": "field.envelope_torn", "values": {}} for t in reading.torn]
    return [*answers.values(), *torn]
