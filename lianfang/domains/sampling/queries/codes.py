"""The code a person shows at a desk: made and checked with the site's key, good until an hour."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.errors import EditionMissing
from lianfang.domains.editions.queries import editions_of, value
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.privacy.queries import site_key
from lianfang.domains.rounds.models import Round
from lianfang.domains.sampling.rules import MAC, code_bytes, code_text, read_code

GUIDE = "testing"


def _mac(body: bytes) -> bytes:
    return hmac.digest(site_key(), b"test code" + body, "sha256")[:MAC]


def code_of(person_id: UUID, *, until: datetime) -> str:
    """A person's code, good until the hour given. It names nobody: without the site's register it tells nothing."""
    body = code_bytes(person_id, until)
    return code_text(body, _mac(body))


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


def persons_of(codes: Iterable[str], *, at: datetime) -> dict[str, tuple[UUID | None, str]]:
    """By code the person it stands for, or the code of its refusal: unknown (or made by nobody of ours), or expired."""
    out: dict[str, tuple[UUID | None, str]] = {}
    for text in codes:
        read = read_code(text)
        if read is None or not hmac.compare_digest(_mac(read[2]), read[3]):
            out[text] = (None, "sampling.code_unknown")
        elif read[1] < at:
            out[text] = (read[0], "sampling.code_expired")
        else:
            out[text] = (read[0], "")
    return out
