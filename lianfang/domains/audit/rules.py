"""What a link and a head are made of, whether an entry's columns say what its bytes say, and the names of faults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from struct import Struct
from typing import Any

import msgspec

from lianfang.base.suites import DIGEST_BYTES, SUITES, SigningKey, suite_of

LEAF = Struct(f">qq{DIGEST_BYTES}s")  # transaction, id, digest of the canonical bytes
_LINK = Struct(">5q")
_LINK_MARK, _HEAD_MARK = b"lianfang log link 1\n", b"lianfang log head 1\n"
NO_DIGEST = bytes(DIGEST_BYTES)  # before the first link
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEAD_EVERY = timedelta(hours=1)

Cursor = tuple[int, int]
Leaf = tuple[int, int, bytes]


@dataclass(frozen=True)
class Link:
    """One batch of entries as plain values; cursors are (transaction, id)."""

    number: int
    at: datetime
    suite: str
    first: Cursor
    last: Cursor
    count: int
    total: int
    entries: bytes
    previous: bytes
    digest: bytes = b""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed head as it is published: the digest of a link, how many entries stand up to it, when, by which key."""

    number: int
    at: datetime
    link: int
    entries: int
    digest: str
    suite: str
    public_key: str
    signature: str = ""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is not as it was sealed. kind: changed, removed, inserted, reordered or signature."""

    what: str  # entry, read, export, link, head
    where: str  # cursor of an entry, number of a link or head, id of a row
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} {self.where}" + (f" ({self.detail})" if self.detail else "")


def link_digest(link: Link) -> bytes:
    """The digest that the next link carries on."""
    suite = suite_of(link.suite)
    micros = (link.at - EPOCH) // timedelta(microseconds=1)
    numbers = _LINK.pack(link.number, micros, link.count, link.total, len(link.entries))
    return suite.hash(_LINK_MARK + numbers + link.previous + suite.hash(link.entries))


def leaves_of(entries: bytes) -> list[Leaf]:
    """The entries of a link; a torn end is no leaf."""
    return list(LEAF.iter_unpack(entries[: len(entries) // LEAF.size * LEAF.size]))


def _head_bytes(head: Head) -> bytes:
    body = msgspec.structs.asdict(head)
    return _HEAD_MARK + msgspec.json.encode({k: v for k, v in body.items() if k != "signature"}, order="deterministic")


def head_text(head: Head) -> str:
    """A head as it is published: one line of JSON."""
    return msgspec.json.encode(head).decode()


def read_head(text: bytes) -> Head:
    """A published head. Raises ValueError for what is none."""
    return msgspec.json.decode(text, type=Head)


def signed(head: Head, key: SigningKey) -> Head:
    """The head with its signature."""
    signature = suite_of(key.suite).sign(key, _head_bytes(head))
    return msgspec.structs.replace(head, signature=signature.hex())


def signature_fault(head: Head, known: Iterable[tuple[str, bytes]]) -> str:
    """What is wrong with a head's signature, or nothing. known: (suite, public key) of the site's keys."""
    try:
        public, signature = bytes.fromhex(head.public_key), bytes.fromhex(head.signature)
    except ValueError:
        return "it is no signature"
    if (head.suite, public) not in set(known):
        return "signed by a key that is not this site's"
    return "" if suite_of(head.suite).verify(public, signature, _head_bytes(head)) else "the signature does not hold"


def head_due(signed_at: datetime | None, at: datetime) -> bool:
    """Whether an hour is over since the last head."""
    return signed_at is None or at - signed_at >= HEAD_EVERY


def row_bytes(values: Mapping[str, Any]) -> bytes:
    """A row's values as bytes that are the same for the same values."""
    return msgspec.json.encode({k: _plain(v) for k, v in values.items()}, order="deterministic")


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def digest_fits(data: bytes, digest: bytes) -> bool:
    """Whether a digest is that of the data in any suite: the site may have changed its suite since."""
    return any(s.hash(data) == digest for s in SUITES.values())


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    service: str
    actor: str
    device: str | None
    purpose: str
    at: datetime
    about: list[str]
    told: dict[str, Any]


_said = msgspec.json.Decoder(_Said).decode
_told = msgspec.json.Decoder(dict[str, Any]).decode


def differing(
    body: bytes, service: str, actor: str, device: str | None, purpose: str, at: datetime | None, about: str, told: str
) -> str:
    """The first column that says otherwise than the canonical bytes, or nothing. about: ids joined by commas."""
    try:
        said = _said(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "canonical"
    if said.service != service:
        return "service"
    if said.actor != actor:
        return "actor_id"
    if said.device != device:
        return "device"
    if said.purpose[:120] != purpose:
        return "purpose"
    if said.at != at:
        return "at"
    if ",".join(said.about) != about:
        return "about"
    try:
        return "" if said.told == _told(told) or _exact(body)["told"] == _exact(told) else "told"
    except msgspec.DecodeError:
        return "told"


def _exact(text: bytes | str) -> Any:
    """Numbers as they are written: the database spells 1e23 out, and as floats the two would differ."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def named(gone: Iterable[Leaf], new: Iterable[Leaf]) -> list[Fault]:
    """Names for what was sealed and is not found (gone) and what is found and was not sealed (new).

    Edge: content found again under another cursor was reordered, whatever else happened to the rest.
    """
    was, now = {i: (t, d) for t, i, d in gone}, {i: (t, d) for t, i, d in new}
    moved = {d for _, d in was.values()} & {d for _, d in now.values()}
    faults = []
    for i, (t, d) in was.items():
        is_other = i in now and now[i][1] not in moved
        faults.append(Fault("entry", f"{t}:{i}", "reordered" if d in moved else "changed" if is_other else "removed"))
    faults += [Fault("entry", f"{t}:{i}", "inserted") for i, (t, d) in now.items() if i not in was and d not in moved]
    return faults


def link_faults(before: Link | None, links: Sequence[Link], *, due: int) -> list[Fault]:
    """What is wrong with links in themselves and in their order; `before` bears the number before the one due."""
    faults = [Fault("link", str(due - 1), "removed")] if before is None and due > 1 else []
    for link in links:
        faults += [Fault("link", str(n), "removed") for n in range(due, link.number)]
        if link.suite not in SUITES or link_digest(link) != link.digest or not _holds_together(link):
            faults.append(Fault("link", str(link.number), "changed"))
        elif before and before.number == link.number - 1 and not _goes_on(before, link):
            faults.append(Fault("link", str(before.number), "changed", "the next link was made on another"))
        elif link.number == 1 and (link.previous, link.total) != (NO_DIGEST, link.count):
            faults.append(Fault("link", "1", "changed"))
        before, due = link, link.number + 1
    return faults


def _goes_on(before: Link, link: Link) -> bool:
    return (link.previous, link.total) == (before.digest, before.total + link.count) and link.first > before.last


def head_faults(head: Head, found: tuple[bytes, int] | None, *, known: Iterable[tuple[str, bytes]]) -> list[Fault]:
    """What is wrong with a signed head: its signature, or the link it is of. found: that link's digest and total."""
    wrong = signature_fault(head, known)
    faults = [Fault("head", str(head.number), "signature", wrong)] if wrong else []
    if found is None:
        faults.append(Fault("link", str(head.link), "removed", f"head {head.number} was signed over it"))
    elif found != (bytes.fromhex(head.digest), head.entries):
        faults.append(Fault("link", str(head.link), "changed", f"head {head.number} was signed over another"))
    return faults


def _holds_together(link: Link) -> bool:
    ends = leaves_of(link.entries[: LEAF.size] + link.entries[-LEAF.size :])
    whole = link.count > 0 and len(link.entries) == link.count * LEAF.size
    return whole and (ends[0][:2], ends[-1][:2]) == (link.first, link.last)
