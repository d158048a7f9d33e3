"""Settings as the environment gives them: TLS demanded behind a proxy, plain http on one's own machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.house.source import ROOT

READ = """
import json
from lianfang.site import settings as s
names = [n for n in dir(s) if n.startswith(("SECURE_", "SESSION_", "CSRF_", "LANGUAGE_COOKIE"))]
print(json.dumps({n: getattr(s, n) for n in names}))
"""
NAMES = ("LIANFANG_HTTPS", "LIANFANG_PROXY_HEADER", "LIANFANG_HSTS_SECONDS", "LIANFANG_PROXIES")


def read(**environment: str) -> dict[str, Any]:
    """The settings in a process of their own."""
    env = {k: v for k, v in os.environ.items() if k not in NAMES} | environment
    done = subprocess.run([sys.executable, "-c", READ], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_on_ones_own_machine_nothing_of_tls_is_demanded() -> None:
    s = read()
    assert (s["SECURE_SSL_REDIRECT"], s["SECURE_HSTS_SECONDS"], s["SECURE_PROXY_SSL_HEADER"]) == (False, 0, None)
    assert (s["SESSION_COOKIE_SECURE"], s["SESSION_COOKIE_NAME"]) == (False, "sessionid")
    assert s["SESSION_COOKIE_SAMESITE"] == s["CSRF_COOKIE_SAMESITE"] == "Lax" and s["SESSION_COOKIE_HTTPONLY"]


def test_behind_a_proxy_cookies_and_browsers_are_bound_to_tls() -> None:
    s = read(LIANFANG_HTTPS="1", LIANFANG_PROXY_HEADER="X-Forwarded-Proto")
    assert s["SECURE_SSL_REDIRECT"] and s["SECURE_HSTS_SECONDS"] == 31536000 and s["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert s["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert (s["SESSION_COOKIE_NAME"], s["CSRF_COOKIE_NAME"]) == ("__Host-sessionid", "__Host-csrftoken")
    assert s["SESSION_COOKIE_SECURE"] and s["CSRF_COOKIE_SECURE"] and s["LANGUAGE_COOKIE_SECURE"]


@pytest.mark.parametrize("file", ["keys.mjs", "sampler.mjs"])
def test_the_phones_pages_know_the_token_by_both_names(file: str) -> None:
    text = (ROOT / "lianfang/field/static/field" / file).read_text(encoding="utf-8")
    assert "(?:__Host-)?csrftoken=" in text and 'startsWith("csrftoken=")' not in text
