"""Codes that rotate, the check both screens show, challenges, and what of a phone's upload may be run. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lianfang.domains.devices.errors import KeyUnknown, Revoked, SignatureMissing, SignatureWrong

STEP_S = 60  # a code stands so long, and is taken for one step more: a name takes a while to type
DIGITS = 6
MAC = 10  # bytes of a token's and a challenge's own proof
MOST_DAYS = 14  # a mission is days, not a post: longer needs an account of its own
CODE_MINUTES, CODE_TRIES = 5, 5
MOST_ASKING = 300  # of one vouching at a time: a bus of people, not a flood
PIN_TRIES = 5  # wrong ones in a row: then the badge is dead and the lead prints another
DESK = "desk"  # a vouching of phones that are handed on
CHALLENGE_S = 60
CARD_GOOD = timedelta(minutes=10)  # of a responder's identity card
VOUCHED = ("device", "code")  # strengths of roles that a lead may vouch for


def step_of(at: datetime) -> int:
    """Which step of the rotating codes a moment lies in."""
    return int(at.timestamp()) // STEP_S


def _mac(key: bytes, *said: object) -> bytes:
    return hmac.digest(key, " ".join(map(str, said)).encode(), "sha256")


def digits_of(key: bytes, vouching_id: UUID, step: int) -> str:
    """The number of a vouching in a step, for phones without a camera."""
    return str(int.from_bytes(_mac(key, "vouch digits", vouching_id, step)[:8], "big") % 10**DIGITS).zfill(DIGITS)


def token_of(key: bytes, vouching_id: UUID, step: int) -> str:
    """What the square holds in a step."""
    return _text(vouching_id.bytes + _mac(key, "vouch token", vouching_id, step)[:MAC])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def vouching_in(token: str) -> UUID | None:
    """The vouching that a square names; nothing for what is none."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + MAC else None


def fits(key: bytes, code: str, vouching_id: UUID, *, at: datetime) -> bool:
    """Whether a code, scanned or typed, is the vouching's now or was a step ago."""
    make = digits_of if len(code) == DIGITS else token_of
    now, before = (make(key, vouching_id, step_of(at) - n).encode() for n in (0, 1))
    return hmac.compare_digest(now, code.encode()) or hmac.compare_digest(before, code.encode())


def check_of(public_key: bytes) -> str:
    """Four digits of a key: the phone reckons them from its own, the lead's screen from the one that arrived."""
    return str(int.from_bytes(hashlib.sha256(public_key).digest()[:8], "big") % 10_000).zfill(4)


def challenge_for(key: bytes, device_id: UUID, *, at: datetime) -> str:
    """What a phone signs to sign in: it bears its moment and needs no row; an unknown phone gets one as well."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{milliseconds}.{_text(_mac(key, 'challenge', device_id, milliseconds)[:MAC])}"


def challenged_at(key: bytes, challenge: str, device_id: UUID, *, at: datetime) -> datetime | None:
    """When a challenge was made; nothing if it was not ours, for another phone, or is too old."""
    head = challenge.split(".")[0]
    if not (head.isascii() and head.isdigit() and len(head) < 15):
        return None
    made_at = datetime.fromtimestamp(int(head) / 1000, UTC)
    ours = f"{head}.{_text(_mac(key, 'challenge', device_id, int(head))[:MAC])}"
    is_fresh = timedelta() <= at - made_at + timedelta(seconds=1) <= timedelta(seconds=CHALLENGE_S)
    return made_at if is_fresh and hmac.compare_digest(ours.encode(), challenge.encode()) else None


def code_digest(key: bytes, device_id: UUID, digits: str) -> bytes:
    """How the lead's one-time code is kept: nobody reads it from the row."""
    return _mac(key, "lead's code", device_id, digits)


def badge_text(key: bytes, badge_id: UUID) -> str:
    """What a badge's square holds: who made it is proved, whose it is is not said."""
    return "LFB" + _text(badge_id.bytes + _mac(key, "badge", badge_id)[:MAC])


def badge_in(key: bytes, text: str) -> UUID | None:
    """The badge that a square names; nothing for what is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(text[3:] + "=" * (-len(text[3:]) % 4))
    except ValueError:
        return None
    named = UUID(bytes=raw[:16]) if len(raw) == 16 + MAC else None
    is_ours = named is not None and hmac.compare_digest(badge_text(key, named).encode(), text.encode())
    return named if is_ours else None


@dataclass(frozen=True)
class Key:
    """A phone's key as an upload is judged by it: whose it is, and whether its access stands."""

    device_id: UUID
    account_id: UUID | None
    public_key: bytes
    is_live: bool


def doubt(*, is_signed: bool, is_its_own: bool, key: Key | None, sender: Key | None, must_sign: bool) -> str:
    """Why an envelope is not run but waits for a person; "" where it is as good as its session.

    key: the one it names. sender: the device that the upload names, if it ever was enrolled. is_its_own: the named
    key signed just this. must_sign: the session was begun by a phone's key.
    """
    if not is_signed:
        if sender is not None and not sender.is_live:
            return Revoked.code
        return SignatureMissing.code if must_sign or sender is not None else ""
    if key is None:
        return KeyUnknown.code
    if key != sender or not is_its_own:
        return SignatureWrong.code
    return "" if key.is_live else Revoked.code


def number_on_card(key: bytes, account_id: UUID) -> str:
    """Six digits by which a resident can name who came; told by the site's key, so that they find nobody elsewhere."""
    return str(int.from_bytes(_mac(key, "card", account_id)[:8], "big") % 10**6).zfill(6)


def card_text(key: bytes, account_id: UUID, *, at: datetime) -> str:
    """The square of a card: holder, second, and the site's proof of both; short, so that any camera reads it."""
    body = account_id.bytes + int(at.timestamp()).to_bytes(5, "big")
    return base64.b32encode(body + _mac(key, "card square", body.hex())[:MAC]).decode().rstrip("=")


def holder_in(key: bytes, text: str, *, at: datetime) -> UUID | None:
    """Whose card it is; nothing for what is none, was drawn too long ago, or will only be drawn."""
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    body, proof = raw[:21], raw[21:]
    if len(raw) != 21 + MAC or not hmac.compare_digest(proof, _mac(key, "card square", body.hex())[:MAC]):
        return None
    age = at - datetime.fromtimestamp(int.from_bytes(body[16:], "big"), UTC)
    return UUID(bytes=body[:16]) if -CARD_GOOD < age < CARD_GOOD else None
