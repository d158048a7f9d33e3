"""The page of programs: a token shown once, renewed, revoked; nothing for who administers no area."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Program
from tests.factories.programs import Caller, program_in
from tests.web.conftest import Town
from tests.web.pages import client_of, inline_in, refusal, text_of

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"lf_[0-9a-f]{32}_[0-9a-f]{64}")


def form(town: Town, **other: Any) -> dict[str, Any]:
    """What the form sends."""
    return {"id": str(uuid4()), "name": "检测机构接口", "why": "results", "area": str(town.place.area["committee"]),
            "scopes": ["areas.read", "sampling.result"], "until": f"{clock.now() + timedelta(days=30):%Y-%m-%d}",
            **other}  # fmt: skip


def token_in(answer: HttpResponse) -> str:
    """The token that a page shows; "" for none."""
    found = TOKEN.search(text_of(answer))
    return found.group(0) if found else ""


@pytest.fixture
def admin(town: Town) -> Client:
    """The district's administrator."""
    return client_of(town.place, "admin")


def test_a_token_is_shown_once_and_serves(town: Town, admin: Client) -> None:
    sent = form(town)
    answer = admin.post("/programs/new", sent)
    token = token_in(answer)
    assert answer.status_code == 200 and not inline_in(answer)
    caller = Caller(Program.objects.get().id, token)
    assert caller.get("/me").json()["scopes"] == ["areas.read", "sampling.result"]
    again = admin.post("/programs/new", sent)
    assert token_in(again) == "" and "shown again" in text_of(again) and Program.objects.count() == 1
    for address in ("/programs", f"/programs/{caller.id}", "/accounts"):
        page = admin.get(address)
        assert page.status_code == 200 and not TOKEN.search(page.content.decode()) and caller.secret not in str(page)
    assert "检测机构接口" in text_of(admin.get("/programs")) and "no-store" in answer.headers["Cache-Control"]


def test_its_page_says_what_it_may_and_what_it_asked(town: Town, admin: Client) -> None:
    caller = program_in(town.place.area["committee"], ["areas.read"])
    caller.get("/areas")
    caller.get("/places")
    page = text_of(admin.get(f"/programs/{caller.id}"))
    assert "look at areas" in page and "GET api-areas" in page and "accounts.right_missing" in page


def test_a_new_token_ends_the_old_one_when_it_was_said(town: Town, admin: Client) -> None:
    caller = program_in(town.place.area["committee"])
    soft = token_in(admin.post(f"/programs/{caller.id}/secret", {"id": str(uuid4()), "hours": "24"}))
    assert caller.get("/me").status_code == Caller(caller.id, soft).get("/me").status_code == 200
    hard = token_in(admin.post(f"/programs/{caller.id}/secret", {"id": str(uuid4()), "hours": "0"}))
    assert [Caller(caller.id, t).get("/me").status_code for t in (caller.token, soft, hard)] == [401, 401, 200]
    assert "An old token ends" not in text_of(admin.get(f"/programs/{caller.id}"))


def test_revoking_acts_on_the_next_call(town: Town, admin: Client) -> None:
    caller = program_in(town.place.area["committee"])
    assert caller.get("/me").status_code == 200
    assert admin.post(f"/programs/{caller.id}/revoke").status_code == 302
    assert caller.get("/me").json()["code"] == "accounts.program_over"
    page = text_of(admin.get(f"/programs/{caller.id}?said=accounts.program_revoked_now"))
    assert "Its next call is refused" in page and "Revoke it now" not in page


def test_what_is_unfit_is_said_in_words(town: Town, admin: Client) -> None:
    far = f"{clock.now() + timedelta(days=500):%Y-%m-%d}"
    for wrong in ({"scopes": []}, {"until": ""}, {"why": " "}, {"scopes": ["grid.read_full"]}):
        refusal(admin.post("/programs/new", form(town, **wrong)), 422, "accounts.program_unfit")
    refusal(admin.post("/programs/new", form(town, until=far)), 422, "accounts.program_unfit")
    last = re.search(r'max="([\d-]+)"', text_of(admin.get("/programs")))
    assert last and admin.post("/programs/new", form(town, until=last.group(1))).status_code == 200
    assert Program.objects.get().until_at <= clock.now() + timedelta(days=180)  # never longer than the site allows


def test_nobody_else_has_the_page(town: Town) -> None:
    caller = program_in(town.place.area["committee"])
    for post in ("command", "lead", "auditor", "neighbour"):
        browser = client_of(town.place, post)
        refusal(browser.get("/programs"), 403, "accounts.right_missing")
        refusal(browser.post("/programs/new", form(town)), 403, "accounts.right_missing")
        for what in ("secret", "revoke"):
            refusal(browser.post(f"/programs/{caller.id}/{what}"), 404, "accounts.program_missing")
    assert caller.get("/me").status_code == 200
    assert Client().get("/programs").status_code == 302
