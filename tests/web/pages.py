"""What every test of pages needs: browsers signed in as posts, and what must hold of any page's text."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.base.models import LogEntry
from lianfang.web.searches import seal_search
from tests.factories.place import Place

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
INLINE = (
    re.compile(r"<script\b(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", re.I),
    re.compile(r"<style\b", re.I),
    re.compile(r"<[^>]*\sstyle\s*=", re.I),
    re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    re.compile(r"(href|src|action)=\"\s*javascript:", re.I),
)
PARTS = {"en": ("Why", "What next", "Who can change it"), "zh-hans": ("为什么", "接下来", "谁能改")}


def client_of(place: Place, post: str, language: str = "en") -> Client:
    """A browser signed in as a post."""
    client = Client()
    client.force_login(place.accounts[post], BACKEND)
    client.cookies["django_language"] = language
    return client


def sought(place: Place, post: str, text: str) -> str:
    """What a post typed into a search, as it stands in an address."""
    return seal_search(text, by_id=place.accounts[post].id)


def text_of(answer: HttpResponse) -> str:
    """What the answer says, marks of the markup undone."""
    return unescape(answer.content.decode())


def inline_in(answer: HttpResponse) -> list[str]:
    """Scripts and styles inside the page: under our policy none of them would run."""
    return [m.group(0) for rule in INLINE for m in rule.finditer(answer.content.decode())]


def masked(name: str) -> str:
    """赵国强 as 赵*强: how those see a name who need not address the person."""
    return f"{name[0]}*{name[-1]}"


def names_in(answer: HttpResponse, place: Place) -> set[str]:
    """Whole or masked names of anybody on the register that the answer holds."""
    body = text_of(answer)
    return {shown for name in place.names for shown in (name, masked(name)) if shown in body}


def refusal(answer: HttpResponse, status: int, code: str, language: str = "en") -> str:
    """Hold an answer to be a refusal of four parts with its code in the title; give its text."""
    body = text_of(answer)
    assert answer.status_code == status, (answer.status_code, body[:300])
    assert f'title="{code}"' in body, re.findall(r'title="([a-z_.]+)"', body)
    said = re.search(r"<h[12][^>]*>(.*?)</h[12]>\s*<dl>(.*?)</dl>", body, re.S)
    assert said is not None and said.group(1).strip()
    for part in PARTS[language]:
        found = re.search(rf"<dt>{part}</dt><dd>(.*?)</dd>", said.group(2), re.S)
        assert found is not None and found.group(1).strip(), part
    return body


def statements(seen: CaptureQueriesContext) -> list[str]:
    """What a page asked and wrote; opening and closing the transaction, role and actor are the door's."""
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET LOCAL", "SELECT set_config", "SELECT current_user")
    return [q["sql"] for q in seen if not q["sql"].startswith(frame)]


def services_since(entry: int) -> list[str]:
    """The services that wrote since an entry of the log, without what they owe to privacy and audit on the way."""
    names = LogEntry.objects.filter(id__gt=entry).order_by("id").values_list("service", flat=True)
    return [n for n in names if not n.startswith(("privacy.", "audit."))]


def last_entry() -> int:
    """Where the log stands."""
    newest: Any = LogEntry.objects.order_by("-id").values_list("id", flat=True).first()
    return int(newest or 0)
