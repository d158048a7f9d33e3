"""The code a person shows at a desk: made and checked with the site's key, good until an hour."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from lianfang.domains.privacy.queries import site_key
from lianfang.domains.sampling.rules import MAC, code_bytes, code_text, read_code


def _mac(body: bytes) -> bytes:
    return hmac.digest(site_key(), b"test code" + body, "sha256")[:MAC]


def code_of(person_id: UUID, *, until: datetime) -> str:
    """A person's code, good until the hour given. It names nobody: without the site's register it tells nothing."""
    body = code_bytes(person_id, until)
    return code_text(body, _mac(body))


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
