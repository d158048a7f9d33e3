"""Searches for people: what was typed travels in the body, and stands in the address sealed for who typed it.

So neither a proxy's log, nor a browser's history, nor an address sent on names anybody; yet a search is an address
like any other: it can be paged, gone back to and loaded anew, by the same person, until the session would end.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.suites import NONCE_BYTES, Forged, suite_of
from lianfang.domains.privacy.queries import site_key
from lianfang.web.door import actor_of, signed_in

# Pages that look for people or for words that may be a person's, and the parameter that holds them.
SOUGHT = {"register": "q", "place-admit": "q", "trace-new": "q", "work": "text", "work-export": "text",
          "roster-people": "named", "plea": "where"}  # fmt: skip
MOST_LETTERS = 80
STEP_BYTES = 48  # what is sealed is filled up to steps of this, so that its length says little
STAMP_BYTES = 8


@lru_cache(maxsize=4)
def _key(suite: str, master: bytes) -> bytes:
    return HKDF(SHA256(), suite_of(suite).key_bytes, salt=None, info=f"lianfang searches {suite}".encode()).derive(
        master
    )


def seal_search(text: str, *, by_id: UUID) -> str:
    """What was typed, as it may stand in an address: readable by nobody, opened for this account alone."""
    suite, nonce = suite_of(settings.SUITE), os.urandom(NONCE_BYTES)
    plain = int(clock.now().timestamp()).to_bytes(STAMP_BYTES, "big") + text.strip()[:MOST_LETTERS].encode()
    plain += b"\0" * (-len(plain) % STEP_BYTES)
    sealed = suite.seal(_key(suite.name, site_key()), nonce, plain, by_id.bytes)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def open_search(token: str, *, by_id: UUID) -> str:
    """What was typed; nothing for what another typed, what is too old, and what was never sealed."""
    suite = suite_of(settings.SUITE)
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        plain = suite.open(_key(suite.name, site_key()), raw[:NONCE_BYTES], raw[NONCE_BYTES:], by_id.bytes)
        age_s = clock.now().timestamp() - int.from_bytes(plain[:STAMP_BYTES], "big")
        return plain[STAMP_BYTES:].decode().replace("\0", "") if age_s < settings.SESSION_HOURS * 3600 else ""
    except (Forged, ValueError):
        return ""


def sought(request: HttpRequest, name: str = "q") -> str:
    """What this page was asked to look for, opened from its address."""
    token = request.GET.get(name, "")
    return open_search(token, by_id=actor_of(request).id) if token else ""


@require_POST
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """Take what was typed and lead to the page that looks for it, under an address that names nobody."""
    by, path = actor_of(request), urlsplit(request.POST.get("to", "")).path
    try:
        name = SOUGHT[resolve(path).url_name or ""]
    except (Resolver404, KeyError):
        path, name = reverse("register"), "q"
    kept = {n: v for n, v in request.POST.items() if v and n not in ("csrfmiddlewaretoken", "to", name)}
    text = request.POST.get(name, "").strip()
    if text:
        kept[name] = seal_search(text, by_id=by.id)
    return redirect(f"{path}?{urlencode(kept)}" if kept else path)
