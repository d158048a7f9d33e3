"""What a record of service says, the proof in its square, and how its hours add up."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

PROOF_BYTES = 12


@dataclass(frozen=True)
class Turn:
    """One turn that was served, from coming to leaving; signed by a post at a time, or not yet."""

    claim_id: UUID
    came_at: datetime
    left_at: datetime | None
    task: str
    title: Mapping[str, str]
    host: Mapping[str, str]
    signed_by: str = ""
    signed_at: datetime | None = None

    @property
    def minutes(self) -> int:
        """Whole minutes between two instants, so that neither midnight nor a change of clocks adds or takes any."""
        if self.left_at is None:
            return 0
        # Between two moments of one zone Python counts what the clock on the wall shows.
        return int((self.left_at.astimezone(UTC) - self.came_at.astimezone(UTC)) / timedelta(minutes=1))

    @property
    def is_signed(self) -> bool:
        """Whether it counts on a record: left, and confirmed by another."""
        return self.left_at is not None and self.signed_at is not None

    def line(self, zone: tzinfo) -> dict[str, Any]:
        """The turn as a record keeps it; its day is the one on which he came, where he served."""
        assert self.left_at is not None and self.signed_at is not None, "only what is signed stands on a record"
        return {"claim": str(self.claim_id), "on": self.came_at.astimezone(zone).date().isoformat(),
                "from": self.came_at.isoformat(), "until": self.left_at.isoformat(), "minutes": self.minutes,
                "task": self.task, "title": dict(self.title), "host": dict(self.host), "signed_by": self.signed_by,
                "signed_on": self.signed_at.astimezone(zone).date().isoformat()}  # fmt: skip


@dataclass(frozen=True)
class Total:
    """Turns, minutes, and of these the minutes that nobody has confirmed yet; turns still open count no minute."""

    turns: int = 0
    minutes: int = 0
    unsigned: int = 0


def totals(turns: Sequence[Turn], word: Callable[[Turn], Any]) -> dict[Any, Total]:
    """Turns added up by a word of each, in the order in which the words come first."""
    out: dict[Any, Total] = {}
    for t in turns:
        had = out.get(word(t), Total())
        unsigned = 0 if t.is_signed else t.minutes
        out[word(t)] = Total(had.turns + 1, had.minutes + t.minutes, had.unsigned + unsigned)
    return out


def month_in(zone: tzinfo) -> Callable[[Turn], tuple[int, int]]:
    """The month of a turn, by the day on which he came."""

    def month(t: Turn) -> tuple[int, int]:
        on = t.came_at.astimezone(zone)
        return on.year, on.month

    return month


def _proof(key: bytes, what: str, id_: UUID, said: bytes) -> bytes:
    return hmac.digest(key, what.encode() + b"\0" + id_.bytes + said, "sha256")


def address_text(key: bytes, what: str, id_: UUID, said: bytes = b"") -> str:
    """The text of a public address: a row's id and the site's proof of it and of what it says.

    what: for which sort of address, so that one opens no other.
    """
    return base64.b32encode(id_.bytes + _proof(key, what, id_, said)[:PROOF_BYTES]).decode().rstrip("=")


def id_claimed(text: str) -> UUID | None:
    """The id in such a text, not proven yet; nothing for a text of another shape."""
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + PROOF_BYTES else None


def is_proven(key: bytes, what: str, id_: UUID, text: str, said: bytes = b"") -> bool:
    """Whether the site itself gave this text, about just this content."""
    return hmac.compare_digest(address_text(key, what, id_, said).encode(), text.upper().encode())


def name_proof(key: bytes, record_id: UUID, name: str) -> str:
    """A digest of the name on a record, by which one who reads a name there can ask whether it is that one."""
    return _proof(key, "record name", record_id, "".join(name.split()).encode()).hex() if name.strip() else ""
