"""Signing in: nobody learns which of name and password was wrong, nobody signs himself up, guessing ends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from lianfang.cli.up import system_actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import open_account
from lianfang.web.signin import DEMO_PASSWORD
from tests.factories.place import PASSWORD, Place
from tests.web.pages import inline_in, text_of


def tried(name: str, password: str, client: Client | None = None) -> tuple[int, str]:
    """Status and body of a sign-in, what was typed and the form's token taken out."""
    answer = (client or Client()).post("/sign-in", {"login": name, "password": password})
    body = text_of(answer).split("<main", 1)[-1]
    return answer.status_code, body.split('role="alert">')[-1].split("</div>")[0]


def test_a_wrong_name_and_a_wrong_password_and_a_closed_account_read_the_same(place: Place) -> None:
    Account.objects.filter(username="supply").update(is_active=False)
    said = {tried("grid", "wrong"), tried("nobody", "wrong"), tried("supply", PASSWORD)}
    assert said == {(200, "<p>用户名和密码对不上。</p>")}


def test_the_right_ones_lead_where_one_wanted_to_go_but_to_no_other_site(place: Place) -> None:
    form = {"login": "grid", "password": PASSWORD}
    assert Client().post("/sign-in", {**form, "next": "/work?owner=none"}).headers["Location"] == "/work?owner=none"
    assert Client().post("/sign-in", {**form, "next": "https://elsewhere.example/"}).headers["Location"] == "/"


def test_guessing_ends_after_five_wrong_tries_even_with_the_right_password(place: Place) -> None:
    for _ in range(5):
        tried("grid", "wrong")
    status, said = tried("grid", PASSWORD)
    assert (status, said) == (200, "<p>试的次数太多，请等五分钟再试。</p>")
    assert Client().post("/sign-in", {"login": "lead", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("address", ["/account/signup", "/account/reset-password", "/account/change-password"])
def test_nobody_signs_up_or_changes_a_password_by_himself(place: Place, address: str) -> None:
    for answer in (Client().get(address), Client().post(address, {"username": "x", "password1": PASSWORD})):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert not Account.objects.filter(username="x").exists()


def test_a_live_sites_sign_in_names_no_account_and_no_password(place: Place) -> None:
    page = text_of(Client().get("/sign-in?as=grid"))
    assert DEMO_PASSWORD not in page and "grid-worker" not in page and 'value="grid"' not in page


def test_a_demo_offers_one_account_a_role(place: Place) -> None:
    for name in ("demo-medic", "demo-medic2", "demo-medic11", "demo-command"):
        open_account(account_id=uuid4(), username=name,
                     label=name, password_hash="!", person_id=None, area_id=place.area["district"], by=system_actor(),
                     at=place.at)  # fmt: skip
    page = text_of(Client().get("/sign-in?as=demo-medic"))
    assert "demo-command" in page and DEMO_PASSWORD in page
    assert "demo-medic2" not in page and "demo-medic11" not in page
    assert inline_in(Client().get("/sign-in")) == []
