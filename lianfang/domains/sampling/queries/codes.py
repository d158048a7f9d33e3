"""The code a person shows at a desk: signed by the site, so that a phone without signal and without a list reads it."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.suites import SigningKey
from lianfang.base.tokens import EXPIRES, Untrusted, kid_of, make_token, read_token, token_bytes, token_text
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.devices.queries import token_key, token_keys
from lianfang.domains.editions.errors import EditionMissing
from lianfang.domains.editions.queries import editions_of, value
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.privacy.queries import site_key
from lianfang.domains.rounds.models import Round
from lianfang.domains.sampling.rules import AUDIENCE, NAME, PERSON, PROOF, TAIL

GUIDE = "testing"
ID_BYTES, PROOF_BYTES = 16, 8


def code_of(
    person_id: UUID, *, name: str, tail: str, at: datetime, until: datetime, key: SigningKey | None = None
) -> str:
    """A person's code, good until the hour given: id, name and the last characters of the identity number, signed.

    key: the site's, where a caller makes many.
    """
    key = key or token_key()
    proof = _proof(site_key(), kid_of(key.public) + person_id.bytes, int(until.timestamp()))
    claims = {PERSON: person_id.bytes, NAME: name, TAIL: tail, PROOF: proof}
    return token_text(make_token(claims, audience=AUDIENCE, at=at, until_at=until, key=key))


def _proof(key: bytes, of_whom: bytes, until: int) -> bytes:
    """By which the site knows its own code a hundred times as fast as by its signature: a city samples in a day."""
    return hmac.digest(key, b"test code" + of_whom + until.to_bytes(8, "big"), "sha256")[:PROOF_BYTES]


def _is_ours(kid: bytes, claims: Mapping[Any, Any]) -> bool:
    person, until, proof = claims.get(PERSON), claims.get(EXPIRES), claims.get(PROOF)
    if not isinstance(person, bytes) or type(until) is not int or not isinstance(proof, bytes) or not 0 < until < 2**40:
        return False
    return hmac.compare_digest(proof, _proof(site_key(), kid + person, until))


def code_until(area_id: UUID, *, at: datetime) -> datetime:
    """Until when a code made now in an area is good: some days, the last one whole, so it stays the same all day.

    By the guide of the newest round over the area; before any round by the newest guide. Raises: EditionMissing.
    """
    rows = Round.objects.filter(areas__area__in=ids_above(area_id)).order_by("-starts_at")
    code = rows.values_list("edition", flat=True).first()
    if code is None:
        code = next((e.code for e in editions_of() if e.body.get("guide") == GUIDE), None)
    if code is None:
        raise EditionMissing(edition=GUIDE)
    days = int(value(code, "code_days", area_id=area_id, at=at))
    return datetime.combine(at.astimezone(LOCAL).date() + timedelta(days=days + 1), time(), LOCAL)


def persons_of(shown: Iterable[tuple[str, datetime]], *, at: datetime) -> dict[str, tuple[UUID | None, str]]:
    """By code the person it stands for, or the code of its refusal: unknown (or signed by no key that holds), expired.

    shown: codes, each with when it was shown; at: when that is judged.
    """
    out: dict[str, tuple[UUID | None, str]] = {}
    first: dict[str, datetime] = {}
    for text, when in shown:
        first[text] = min(when, first.get(text, when))
    keys = token_keys() if first else {}
    for text, when in first.items():
        try:
            claims = read_token(
                token_bytes(text), audience=AUDIENCE, keys=keys, at=at, shown_at=when, is_ours=_is_ours
            ).claims
        except Untrusted as doubt:
            out[text] = (None, "sampling.code_expired" if doubt.why == "expired" else "sampling.code_unknown")
            continue
        raw = claims.get(PERSON)
        is_id = isinstance(raw, bytes) and len(raw) == ID_BYTES
        out[text] = (UUID(bytes=raw), "") if is_id else (None, "sampling.code_unknown")
    return out
