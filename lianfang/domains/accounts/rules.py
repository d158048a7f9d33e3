"""What a grant gives: rights narrowed by its limits, and which roles an administrator of one body may hand on."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# Things that belong to an incident, and those that belong to a body: by the domain of the right.
OF_INCIDENT = ("work", "incidents", "zones", "holds", "decisions", "reports", "needs", "gates")
OF_BODY = ("accounts",)
# What whoever holds any role may see, limited or not: places and rules, no persons and nothing that happens.
PLAIN = frozenset({"areas.read", "editions.read"})
LEVELS = ("province", "prefecture", "county", "street", "committee")
# How one signed in, weakest first: by a password alone or a vouched phone, with the lead's code, by a second factor.
STRENGTHS = ("none", "device", "code", "strong")
GRANTS, READS_LOG = "accounts.grant", "audit.read"


def narrowed(rights: Iterable[str], *, is_of_incident: bool, is_of_body: bool) -> frozenset[str]:
    """The rights of a role that a grant with limits still gives, for things within the limits.

    Edge: the register belongs to no incident; who serves one incident reads whom a task was given about, no more.
    """
    held = frozenset(rights)
    if is_of_incident:
        held = frozenset(r for r in held if r.split(".")[0] in OF_INCIDENT)
    if is_of_body:
        held = frozenset(r for r in held if r.split(".")[0] in OF_BODY)
    return held


def is_delegable(role: Mapping[str, Any], *, area_level: str) -> bool:
    """Whether an administrator of one body may hand a role on, on an area of a level: not reserved, not above it.

    Edge: a role that grants or reads the log is reserved whatever the catalogue says; below a committee (grid, group)
    an area counts as a committee.
    """
    if role.get("reserved") or {GRANTS, READS_LOG} & set(role["rights"]) or role["level"] not in LEVELS:
        return False
    place = LEVELS.index(area_level) if area_level in LEVELS else len(LEVELS) - 1
    return LEVELS.index(role["level"]) >= place


def clash(roles: Iterable[Mapping[str, Any]]) -> bool:
    """Whether roles held together would let one account both grant roles and read the log of reads."""
    held = {r for role in roles for r in role["rights"]}
    return {GRANTS, READS_LOG} <= held


def demanded(roles: Iterable[Mapping[str, Any]]) -> str:
    """The strength of sign-in that roles held together demand: the greatest of theirs."""
    return max((role.get("strength", "strong") for role in roles), key=STRENGTHS.index, default="none")


def is_enough(reached: str, needed: str) -> bool:
    """Whether a sign-in of one strength opens what needs another."""
    return STRENGTHS.index(reached) >= STRENGTHS.index(needed)


def is_session_over(*, begun_s: float, seen_s: float, now_s: float, most_hours: int, idle_minutes: int) -> bool:
    """Whether a session has lasted too long, or nobody has used it for too long (seconds since the epoch)."""
    return now_s - begun_s >= most_hours * 3600 or now_s - seen_s >= idle_minutes * 60


def session_marks(mark: str, *, strength: str, at: datetime) -> dict[str, Any]:
    """What a session says of itself: its mark, how strongly one signed in, when it began and was used last."""
    return {"mark": mark, "strength": strength, "begun_s": at.timestamp(), "seen_s": at.timestamp()}


# A program's post is no role of the catalogue: it gives the scopes named in the grant, and nothing else.
PROGRAM = "program"
NO_POST = ("resident", PROGRAM)  # roles whose holder is nobody to give work to
# What a program may be given: each is a right that an address of the API asks for. Whole names, granting, deciding,
# the log and whatever restricts somebody are not among them.
READS = (
    "areas.read",
    "grid.read",
    "incidents.read",
    "places.read",
    "reports.read",
    "rounds.read",
    "work.read",
)
WRITES = ("incidents.signal", "needs.take", "sampling.result", "work.open")
SCOPES = (*READS, *WRITES)
TOKEN = re.compile(r"lf_([0-9a-f]{32})_([0-9a-f]{64})")
MOST_OVERLAP = timedelta(days=7)  # so long may an old secret serve beside the new one


def token_parts(token: str) -> tuple[UUID, str] | None:
    """The program and the secret that a token names; nothing for what is no token of ours."""
    found = TOKEN.fullmatch(token)
    return (UUID(found.group(1)), found.group(2)) if found else None


def token_of(program_id: UUID, secret: str) -> str:
    """The token as a program sends it: `lf_`, its id, its secret of 256 bits."""
    return f"lf_{program_id.hex}_{secret}"


# A ticket: account, until when (s since the epoch), stamp, phone, mark of the session; then the proof.
TICKET = struct.Struct(">16sI8s16s16s")
PROOF_BYTES = 24
NO_PHONE = bytes(16)


@dataclass(frozen=True)
class Ticket:
    """For whom a page was made, in which session; serves until its moment, as long as the session stands."""

    account_id: UUID
    stamp: str
    mark: str
    device: UUID | None
    until_s: int


def session_stamp(password: str, session_round: int) -> str:
    """What changes when a password does, or when all sessions end: by it tickets end as sessions do."""
    return hashlib.sha256(f"{password} {session_round}".encode()).hexdigest()[:16]


def _ticket_proof(packed: bytes, session: str, key: bytes) -> bytes:
    return hmac.digest(key, b"lianfang ticket " + packed + session.encode(), "sha256")[:PROOF_BYTES]


def ticket_text(ticket: Ticket, *, session: str, key: bytes) -> str:
    """A ticket as its page bears it. Only who has the session's own cookie too can use it."""
    phone = ticket.device.bytes if ticket.device else NO_PHONE
    stamp, mark = bytes.fromhex(ticket.stamp), ticket.mark.encode()
    packed = TICKET.pack(ticket.account_id.bytes, ticket.until_s, stamp, phone, mark)
    return base64.urlsafe_b64encode(packed + _ticket_proof(packed, session, key)).decode()


def ticket_in(text: str, *, session: str, key: bytes, now_s: float) -> Ticket | None:
    """What a ticket says in a session; nothing where it is none of ours, another session's, or over."""
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return None
    packed, proof = raw[: TICKET.size], raw[TICKET.size :]
    if len(packed) != TICKET.size or not hmac.compare_digest(proof, _ticket_proof(packed, session, key)):
        return None
    account, until_s, stamp, phone, mark = TICKET.unpack(packed)
    if until_s <= now_s:
        return None
    device = UUID(bytes=phone) if phone != NO_PHONE else None
    return Ticket(UUID(bytes=account), stamp.hex(), mark.rstrip(b"\0").decode(), device, until_s)
