"""What devices send: envelopes, read strictly, kept once, each with its fate. Nothing unsent or refused is dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_rows
from lianfang.base.errors import Invalid, Missing
from lianfang.base.models import Envelope
from lianfang.base.service import Outcome, Repeated, canonical, service
from lianfang.base.signatures import canonical_json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK_SLACK = timedelta(minutes=5)  # a phone's clock may differ so much before its times are corrected


class BatchUnreadable(Invalid):
    """The upload is no list of envelopes: nothing of it was taken, the device keeps all."""

    code = "field.batch_unreadable"


class EnvelopeMissing(Missing):
    """No such envelope waits to be settled, or not for this actor."""

    code = "field.envelope_missing"


PRINTED = r"^[^\x00-\x1f]*$"  # no control character: the database takes no NUL, and a code has none
CLOCKS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))  # what a phone's clock can show


class EnvelopeIn(msgspec.Struct, frozen=True):
    """An envelope as a device makes it; one that is not enrolled signs nothing."""

    id: UUID
    kind: Annotated[str, msgspec.Meta(max_length=60, pattern=PRINTED)]
    made_at: datetime
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    actor: UUID
    body: dict[str, Any]
    version: Annotated[int, msgspec.Meta(ge=1, le=2**15 - 1)] = 1
    key_id: Annotated[str, msgspec.Meta(max_length=60, pattern=PRINTED)] = ""
    signature: Annotated[str, msgspec.Meta(max_length=200, pattern=PRINTED)] = ""


class BatchIn(msgspec.Struct, frozen=True):
    """One upload: the device, its clock at sending, and its envelopes in any order."""

    device: UUID
    sent_at: datetime
    envelopes: list[dict[str, Any]]


@dataclass(frozen=True)
class Reading:
    """A batch as read: the envelopes that are whole, those that are not (with an id where there is one), the clock."""

    device: UUID
    whole: Sequence[EnvelopeIn]
    torn: Sequence[Mapping[str, Any]]
    clock_off: timedelta


def read_batch(raw: bytes, *, at: datetime) -> Reading:
    """Read an upload; a torn envelope does not spoil the others. Raises BatchUnreadable.

    Edge: a device whose clock is off by more than five minutes at sending is off by as much at noting; `time_of`
    corrects by that, and the difference is kept with the envelope.
    """
    try:
        batch = msgspec.json.decode(raw, type=BatchIn)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        batch = _with_halves_replaced(raw)
    if batch.sent_at.tzinfo is None or not CLOCKS[0] <= batch.sent_at < CLOCKS[1]:
        raise BatchUnreadable(reason="sent_at is no time with its zone")
    whole: list[EnvelopeIn] = []
    torn: list[Mapping[str, Any]] = []
    for body in batch.envelopes:
        try:
            e = msgspec.convert(body, EnvelopeIn)
        except msgspec.ValidationError:
            torn.append(body)
            continue
        if e.made_at.tzinfo is None or not CLOCKS[0] <= e.made_at < CLOCKS[1]:
            torn.append(body)
        else:
            whole.append(e)
    off = at - batch.sent_at
    return Reading(batch.device, whole, torn, off if abs(off) > CLOCK_SLACK else timedelta())


def _with_halves_replaced(raw: bytes) -> BatchIn:
    """The upload with U+FFFD for each half of a character: a field cut inside an emoji spoils no other note.

    So does a browser where it turns text into bytes: what it signed is what is read here. Raises BatchUnreadable.
    """
    try:
        text = json.dumps(json.loads(raw), ensure_ascii=False, allow_nan=False)
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return msgspec.json.decode(whole.encode(), type=BatchIn)
    except (ValueError, msgspec.DecodeError, RecursionError) as e:
        raise BatchUnreadable(reason=str(e)[:120]) from e


def signed_bytes(e: EnvelopeIn) -> bytes:
    """What a phone signs of an envelope: all it says but its signature, in one canonical text.

    Raises: ValueError, OverflowError for a body no browser can have made.
    """
    moment = (e.made_at - EPOCH) // timedelta(milliseconds=1)
    said = ["lianfang.envelope.1", str(e.id), e.kind, moment, e.seq, str(e.actor), e.key_id, e.version, e.body]
    return canonical_json(said).encode()


def time_of(e: EnvelopeIn, clock_off: timedelta, *, at: datetime) -> datetime:
    """When it was noted, by the server's clock; never in the future."""
    return min(e.made_at + clock_off, at)


def digest_of(e: EnvelopeIn) -> bytes:
    """SHA-256 of what the envelope says, whatever the order of its keys."""
    return hashlib.sha256(canonical([e.kind, e.made_at, e.seq, e.actor, e.body])).digest()


def sort_known(reading: Reading) -> tuple[list[EnvelopeIn], dict[UUID, Outcome]]:
    """Envelopes to work on, each id once, and the outcomes of those that came before or cannot be taken."""
    came_before = Q(id__in=[e.id for e in reading.whole])
    in_place = Q(device=reading.device, seq__in=[e.seq for e in reading.whole])
    met = list(Envelope.objects.filter(came_before | in_place))
    known = {k.id: k for k in met}
    seqs = {k.seq: k.id for k in met if k.device == reading.device}
    fresh: dict[UUID, EnvelopeIn] = {}
    outcomes: dict[UUID, Outcome] = {}
    for e in reading.whole:
        before = known.get(e.id)
        if before is not None:
            same = bytes(before.body_digest) == digest_of(e)
            code = (before.code or "repeated") if same else "field.envelope_differs"
            outcomes[e.id] = Outcome(e.id, code, before.values if same else {})
        elif seqs.get(e.seq, e.id) != e.id:
            outcomes[e.id] = Outcome(e.id, "field.seq_taken", {"seq": e.seq})
        elif e.id in fresh:
            if digest_of(fresh[e.id]) != digest_of(e):
                outcomes[e.id] = Outcome(e.id, "field.envelope_differs", {})
        else:
            fresh[e.id] = e
            seqs[e.seq] = e.id
    return [e for i, e in fresh.items() if i not in outcomes], outcomes


COLUMNS = (
    "id", "kind", "version", "device", "seq", "actor_id", "made_at", "received_at", "is_signed", "clock_off_seconds",
    "body_digest", "body", "fate", "code", "values",
)  # fmt: skip


def _row(device_id: UUID, e: EnvelopeIn, body: bytes, o: Outcome, clock_off: timedelta, at: datetime,
         doubted: AbstractSet[UUID]) -> Sequence[Any]:  # fmt: skip
    refused = bool(o.code) and o.code != "repeated"
    fate = "quarantined" if e.id in doubted else "refused" if refused else "accepted"
    return (
        e.id,
        e.kind[:60],
        e.version,
        device_id,
        e.seq,
        e.actor,
        time_of(e, clock_off, at=at),
        at,
        bool(e.signature),
        int(clock_off.total_seconds()),
        digest_of(e),
        body if refused else b"",
        fate,
        o.code if refused else "",
        _kept(o.values),
    )


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a refusal told, as the database takes it: a NUL that a phone sent is echoed as U+FFFD."""
    text = json.dumps(values, default=str)
    told: dict[str, Any] = json.loads(text.replace("\\u0000", "\\ufffd")) if "\\u0000" in text else dict(values)
    return told


@service("base.keep_envelopes", savepoint=False)
def keep_envelopes(
    *,
    device_id: UUID,
    envelopes: Sequence[EnvelopeIn],
    outcomes: Mapping[UUID, Outcome],
    bodies: Sequence[bytes],
    clock_off: timedelta,
    by: Actor,
    at: datetime,
    doubted: AbstractSet[UUID] = frozenset(),
) -> list[Outcome]:
    """Keep what a device sent with its fate; a refused one keeps its (sealed) body until it is settled.

    doubted: those that are not known to be the phone's own word: quarantined, until a lead has settled them.
    """
    rows = (
        _row(device_id, e, body, outcomes[e.id], clock_off, at, doubted)
        for e, body in zip(envelopes, bodies, strict=True)
    )
    copy_rows(Envelope, COLUMNS, rows)
    return [outcomes[e.id] for e in envelopes]


@service("base.settle_envelope", told=("how",))
def settle_envelope(*, envelope_id: UUID, how: str, by: Actor, at: datetime) -> Envelope:
    """A refused envelope was looked at by a person: kept as it stands, corrected (by a new one), or handed on."""
    found = Envelope.objects.select_for_update().filter(id=envelope_id, actor_id=by.id).first()
    return _settled(found, envelope_id, how, by, at)


def _settled(found: Envelope | None, envelope_id: UUID, how: str, by: Actor, at: datetime) -> Envelope:
    if found is None:
        raise EnvelopeMissing(envelope=str(envelope_id))
    if found.fate == "settled":
        raise Repeated(found)
    found.fate, found.settled_by, found.settled_at = "settled", by.id, at
    found.values = {**found.values, "settled": how}
    found.save(update_fields=["fate", "settled_by", "settled_at", "values"])
    return found


@service("base.settle_quarantined", door=False, told=("how",))
def settle_quarantined(*, envelope_id: UUID, how: str, by: Actor, at: datetime) -> Envelope:
    """A lead looked at what came under doubt: taken (run under the lead's own name), or left as it stands.

    Rights were tested where the phones are. Repeat: one that is settled. Raises: EnvelopeMissing.
    """
    doubted = Envelope.objects.select_for_update().filter(id=envelope_id, fate__in=("quarantined", "settled"))
    return _settled(doubted.first(), envelope_id, how, by, at)


def to_settle(actor_id: UUID) -> list[Envelope]:
    """Refused envelopes of an actor that nobody has settled, newest first."""
    return list(Envelope.objects.filter(actor_id=actor_id, fate="refused").order_by("-received_at")[:100])
