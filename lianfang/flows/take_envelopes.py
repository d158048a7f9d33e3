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
from lianfang.domains.devices.errors import Revoked
from lianfang.domains.devices.queries import doubts_about, is_its_own, keys_of, quarantined_of
from lianfang.domains.privacy.queries import sealed

Handle = Callable[[str, Sequence[EnvelopeIn]], list[Outcome]]
Runs = Callable[[Sequence[EnvelopeIn]], Iterable[tuple[str, list[EnvelopeIn]]]]


TRIES = 4
MOST_LATE = 2000  # a shift of sampling; more of one phone is no forgotten note


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
            So is one that an enrolled phone did not sign, or signed when its access had ended.
    """
    for _ in range(TRIES - 1):
        try:
            return _taken(reading, handle, by, at, runs)
        except (OperationalError, DeadlockDetected) as e:
            if not isinstance(e.__cause__ or e, DeadlockDetected) or connection.in_atomic_block:
                raise
    return _taken(reading, handle, by, at, runs)


def _one_at_a_time(reading: Reading) -> None:
    """One upload of a device at a time: a phone that retries while its first try still runs waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(reading.device)])


def _taken(reading: Reading, handle: Handle, by: Actor, at: datetime, runs: Runs) -> list[dict[str, Any]]:
    with transaction.atomic(), one_log(), remembering():
        _one_at_a_time(reading)
        fresh, outcomes = sort_known(reading)
        doubts = doubts_about(fresh, sent_by=reading.device, session_device=by.device, at=at) if fresh else {}
        mine = [e for e in fresh if e.actor == by.id and e.id not in doubts]
        outcomes |= {
            e.id: Outcome(e.id, doubts.get(e.id, "field.other_actor"), {})
            for e in fresh
            if e.actor != by.id or e.id in doubts
        }
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
                doubted=set(doubts),
                by=by,
                at=at,
            )
    answers: dict[UUID, dict[str, Any]] = {
        i: {"id": str(i), "code": o.code, "values": o.values} for i, o in outcomes.items()
    }
    torn = [{"id": str(t.get("id", "")), "code": "field.envelope_torn", "values": {}} for t in reading.torn]
    return [*answers.values(), *torn]


def keep_late_envelopes(*, reading: Reading, at: datetime) -> list[dict[str, Any]]:
    """What a phone still sends when its access has ended: kept sealed, nothing of it run, until a lead settles it.

    Nobody is signed in: only what an ended phone's own key signed is kept, and so much of each phone at most.
    Gives: an answer for each that is kept, or was before; none for others, which the phone goes on keeping.
    """
    with transaction.atomic(), one_log():
        key = keys_of([reading.device], at=at).get(reading.device)
        if key is None or key.is_live or quarantined_of(reading.device) + len(reading.whole) > MOST_LATE:
            return []
        _one_at_a_time(reading)
        by = Actor(key.account_id or key.device_id, device=key.device_id)
        signed = [e for e in reading.whole if e.key_id == str(key.device_id) and is_its_own(e, key)]
        fresh, outcomes = sort_known(Reading(reading.device, signed, (), reading.clock_off))
        outcomes |= {e.id: Outcome(e.id, Revoked.code) for e in fresh}
        if fresh:
            keep_envelopes(
                device_id=reading.device,
                envelopes=fresh,
                outcomes=outcomes,
                bodies=sealed([(e.id, {"body": e.body}) for e in fresh], retention="plea"),
                clock_off=reading.clock_off,
                doubted={e.id for e in fresh},
                by=by,
                at=at,
            )
    return [{"id": str(i), "code": o.code, "values": o.values} for i, o in outcomes.items()]
