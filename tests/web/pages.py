"""What every test of pages needs: browsers signed in as posts, and what must hold of any page's text."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
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


class _Forms(HTMLParser):
    """What each form of a page would send as it is given: fields within it or bound to it, buttons left out."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.name, self.area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append((a.get("action", ""), {}))
        elif tag == "option" and self.name:
            if "selected" in a or self.name not in self.forms[-1][1]:
                self.forms[-1][1][self.name] = [a.get("value", "")]
        elif self.forms and "name" in a and "form" not in a:
            self._field(tag, a)

    def _field(self, tag: str, a: dict[str, str]) -> None:
        fields = self.forms[-1][1]
        if tag == "select":
            self.name = a["name"]
        elif tag == "textarea":
            fields[a["name"]], self.area = [""], a["name"]
        elif tag == "input" and (a.get("type") not in ("checkbox", "radio") or "checked" in a):
            fields.setdefault(a["name"], []).append(a.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][1][self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        self.name = "" if tag == "select" else self.name
        self.area = "" if tag == "textarea" else self.area


def form_of(answer: HttpResponse, action: str) -> dict[str, list[str]]:
    """What the first form to an address would send as the page gives it. Raises AssertionError if there is none."""
    reader = _Forms()
    reader.feed(answer.content.decode())
    found = next((fields for to, fields in reader.forms if to == action), None)
    assert found is not None, (action, [to for to, _ in reader.forms])
    return found
