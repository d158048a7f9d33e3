"""Signing in through a portal: a real issuer on this machine, honest and lying; only who was bound beforehand is in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.base.portals import Portal
from lianfang.domains.accounts.models import Account, PortalBinding
from lianfang.domains.accounts.services import bind_portal
from lianfang.domains.audit.models import FailedSignIn
from lianfang.web.portals import subject_keyed
from tests.factories.issuer import CLIENT, SECRET, Issuer, Keys, b64, issuing, sent_back
from tests.factories.place import Place
from tests.web.pages import client_of, inline_in, refusal, text_of
from tests.web.test_factors import code_of, enrolled


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with issuing() as issuer:
        yield issuer


@pytest.fixture
def city(running: Issuer, settings: Any) -> Issuer:
    """The city's portal, honest, configured, and asserting a second factor where it says `loa3` or `otp`."""
    running.subject, running.alg, running.keys_used, running.spoil = "city-4711", "RS256", None, None
    running.says, running.head, running.config, running.tokens_asked = {}, {}, {}, 0
    settings.PORTALS = (portal_at(running),)
    return running


def portal_at(issuer: Issuer, name: str = "city") -> Portal:
    return Portal(name, {"zh": "市统一身份", "en": "City identity"}, issuer.address, CLIENT, Path("x"), SECRET,
                  strong_acr=frozenset({"loa3"}), strong_amr=frozenset({"otp"}))  # fmt: skip


def bound(place: Place, issuer: Issuer, post: str = "grid", subject: str = "city-4711") -> PortalBinding:
    subject = subject_keyed(portal_at(issuer), subject)
    return bind_portal(binding_id=uuid4(), account_id=place.accounts[post].id, portal="city", subject=subject,
                       by=place.system, at=place.at)  # fmt: skip


def begun(client: Client, way: str = "") -> str:
    """The address at the portal to which the browser is sent."""
    answer = client.post("/sign-in/portal/city", {"next": way} if way else {})
    assert answer.status_code == 302, text_of(answer)
    return str(answer.headers["Location"])


def signed_in(client: Client | None = None, way: str = "") -> tuple[Client, Any]:
    """A browser that went to the portal and came back."""
    client = client or Client(headers={"accept-language": "en"})
    return client, client.get(sent_back(begun(client, way)))


def is_in(client: Client, page: str = "/register") -> bool:
    return client.get(page).status_code == 200


def test_the_button_stands_there_only_where_a_portal_is_configured(city: Issuer, place: Place, settings: Any) -> None:
    client = Client(headers={"accept-language": "en"})
    answer = client.get("/sign-in")
    assert "Sign in through City identity" in text_of(answer) and inline_in(answer) == []
    assert f"form-action 'self' {city.address}" in answer.headers["Content-Security-Policy"]
    settings.PORTALS = ()
    answer = client.get("/sign-in")
    assert "Sign in through" not in text_of(answer) and "form-action 'self';" in f"{answer['Content-Security-Policy']};"
    refusal(client.post("/sign-in/portal/city"), 404, "accounts.portal_unknown")
    refusal(client.get("/sign-in/portal/city/back?code=1&state=2"), 404, "accounts.portal_unknown")


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_who_was_bound_is_in_and_led_where_he_wanted_to_go(city: Issuer, place: Place, alg: str) -> None:
    bound(place, city)
    city.alg = alg
    client, answer = signed_in(way="/work?owner=none")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/work?owner=none")
    assert is_in(client) and str(client.session["_auth_user_id"]) == str(place.accounts["grid"].id)
    assert signed_in(way="https://elsewhere.example/")[1].headers["Location"] == "/"


def test_state_nonce_and_challenge_are_fresh_and_the_verifier_stays_here(city: Issuer, place: Place) -> None:
    asked = [parse_qs(urlsplit(begun(Client())).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name] and len(asked[0][name][0]) >= 16
    assert asked[0]["code_challenge_method"] == ["S256"] and "code_verifier" not in asked[0]
    assert asked[0]["scope"] == ["openid"] and asked[0]["client_id"] == [CLIENT]


def test_whom_nobody_bound_is_refused_and_no_mail_address_links(city: Issuer, place: Place) -> None:
    Account.objects.filter(username="grid").update(email="grid@city.example")
    client, answer = signed_in()
    refusal(answer, 403, "accounts.portal_refused")
    assert not is_in(client) and not Account.objects.exclude(pk__in=[a.id for a in place.accounts.values()]).exists()
    unknown = text_of(answer).split("<dl>")[1].split("</dl>")[0]
    bound(place, city)
    Account.objects.filter(username="grid").update(is_active=False)
    closed = text_of(signed_in()[1]).split("<dl>")[1].split("</dl>")[0]
    assert closed == unknown and "grid" not in unknown  # who has an account here, and whether it is closed, is not said
    row = FailedSignIn.objects.get()
    assert (row.way, row.n, row.account_id) == ("portal", 2, None)


NONE, ONLY_SUB = b64(b'{"alg":"none"}'), b64(b'{"sub":"city-4711"}')
LIES: dict[str, dict[str, Any]] = {
    "signed by another": {"keys_used": Keys()},
    "a key of another kid": {"keys_used": Keys("other")},
    "ES256 signed by another": {"keys_used": Keys(), "alg": "ES256"},
    "another audience": {"says": {"aud": "somebody-else"}},
    "us among others": {"says": {"aud": [CLIENT, "somebody-else"]}},
    "made for another": {"says": {"aud": CLIENT, "azp": "somebody-else"}},
    "another nonce": {"says": {"nonce": "n"}},
    "no nonce": {"says": {"nonce": None}},
    "another issuer": {"says": {"iss": "https://elsewhere.example"}},
    "expired": {"says": {"exp": int(time.time()) - 3600}},
    "of tomorrow": {"says": {"iat": int(time.time()) + 86400}},
    "without an end": {"says": {"exp": None}},
    "nobody": {"says": {"sub": ""}},
    "alg none": {"alg": "none"},
    "alg none over a signature": {"spoil": lambda t: f"{NONE}.{t.split('.', 1)[1]}"},
    "a shared secret": {"alg": "HS256"},
    "a part that must be known": {"head": {"crit": ["exp"]}},
    "changed after": {"spoil": lambda t: f"{t.split('.')[0]}.{ONLY_SUB}.{t.split('.')[2]}"},
    "no signature": {"spoil": lambda t: f"{t.rsplit('.', 1)[0]}."},
    "no token": {"spoil": lambda t: "x"},
    "deep": {"spoil": lambda t: f"{b64(b'[' * 5000)}.e30.x"},
    "not text": {"spoil": lambda t: f"{b64(bytes(range(250)))}.e30.x"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_proves_nothing_signs_nobody_in(city: Issuer, place: Place, lie: str) -> None:
    bound(place, city)
    for name, value in LIES[lie].items():
        setattr(city, name, value)
    client, answer = signed_in()
    refusal(answer, 403, "accounts.portal_unproved")
    assert not is_in(client) and FailedSignIn.objects.get().way == "portal" and city.tokens_asked == 1


def test_a_state_serves_once_in_the_browser_that_began(city: Issuer, place: Place) -> None:
    bound(place, city)
    client = Client(headers={"accept-language": "en"})
    back = sent_back(begun(client))
    refusal(
        Client(headers={"accept-language": "en"}).get(back), 409, "accounts.portal_over"
    )  # another browser: a link somebody was lured to
    assert client.get(back).status_code == 302 and is_in(client)
    client.post("/sign-out")
    refusal(client.get(back), 409, "accounts.portal_over")
    assert not is_in(client) and city.tokens_asked == 1


def test_a_state_that_was_refused_serves_no_more(city: Issuer, place: Place) -> None:
    client = Client(headers={"accept-language": "en"})
    back = sent_back(begun(client))
    refusal(client.get(back), 403, "accounts.portal_refused")
    bound(place, city)
    refusal(client.get(back), 409, "accounts.portal_over")
    assert city.tokens_asked == 1 and not is_in(client)


def test_a_code_of_another_sign_in_is_refused(city: Issuer, place: Place) -> None:
    """The attacker's own code under the victim's state: the PKCE verifier of the victim's browser does not fit it."""
    bound(place, city)
    mine, theirs = sent_back(begun(Client())), Client(headers={"accept-language": "en"})
    state = parse_qs(urlsplit(sent_back(begun(theirs))).query)["state"][0]
    code = parse_qs(urlsplit(mine).query)["code"][0]
    refusal(theirs.get(f"/sign-in/portal/city/back?code={code}&state={state}"), 403, "accounts.portal_unproved")
    assert not is_in(theirs)


def test_declined_at_the_portal_is_refused(city: Issuer, place: Place) -> None:
    client = Client(headers={"accept-language": "en"})
    state = parse_qs(urlsplit(begun(client)).query)["state"][0]
    answer = client.get(f"/sign-in/portal/city/back?error=access_denied&state={state}")
    refusal(answer, 403, "accounts.portal_unproved")
    for odd in ("", "?state=", "?state=x&code=y", "?code=1"):
        refusal(client.get(f"/sign-in/portal/city/back{odd}"), 409, "accounts.portal_over")


@pytest.mark.parametrize("config", [{"issuer": "https://elsewhere.example"}, {"authorization_endpoint": None},
                                    {"issuer": 3}])  # fmt: skip
def test_a_portal_that_says_to_be_another_is_sent_nobody(city: Issuer, place: Place, config: dict[str, Any]) -> None:
    city.config = config
    if config.get("authorization_endpoint", "") is None:
        city.config = {"authorization_endpoint": 7, "issuer": "x"}
    refusal(Client(headers={"accept-language": "en"}).post("/sign-in/portal/city"), 503, "accounts.portal_silent")


def test_a_portal_that_does_not_answer_is_said_to_be_silent(city: Issuer, place: Place, settings: Any) -> None:
    client = Client(headers={"accept-language": "en"})
    back = sent_back(begun(client))
    settings.PORTALS = (Portal("city", {"zh": "x", "en": "x"}, "http://127.0.0.1:9", CLIENT, Path("x"), SECRET),)
    refusal(client.get(back), 503, "accounts.portal_silent")
    refusal(client.post("/sign-in/portal/city"), 503, "accounts.portal_silent")


def test_who_reads_registers_shows_a_second_factor_unless_the_portal_asserts_one(
    city: Issuer, place: Place, settings: Any
) -> None:
    settings.STRONG = True
    bound(place, city)
    for says in ({}, {"acr": "loa2"}, {"amr": ["pwd"]}, {"amr": "otp"}, {"acr": ["loa3"]}):
        city.says = says
        client, answer = signed_in()
        assert answer.status_code in (302, 403) and not is_in(client), says
    for says in ({"acr": "loa3"}, {"amr": ["pwd", "otp"]}):
        city.says = says
        assert is_in(signed_in()[0]), says


def test_an_enrolled_one_is_asked_for_the_factor_after_a_portal_that_asserts_none(
    city: Issuer, place: Place, settings: Any
) -> None:
    settings.STRONG = True
    _, secret = enrolled("grid")
    bound(place, city)
    client, answer = signed_in()
    assert answer.headers["Location"].startswith("/sign-in/code") and not is_in(client)
    assert client.post("/sign-in/code", {"code": code_of(secret)}).status_code == 302 and is_in(client)
    city.says = {"acr": "loa3"}
    assert is_in(signed_in()[0])


def test_signing_out_ends_the_session_and_a_second_person_is_not_the_first(city: Issuer, place: Place) -> None:
    bound(place, city)
    bound(place, city, "lead", "city-4712")
    client, _ = signed_in()
    city.subject = "city-4712"
    signed_in(client)
    assert str(client.session["_auth_user_id"]) == str(place.accounts["lead"].id)
    client.post("/sign-out")
    assert client.get("/calls").status_code == 302 and "_auth_user_id" not in client.session


def test_a_first_password_is_not_asked_of_who_came_by_a_portal_but_of_who_typed_it(city: Issuer, place: Place) -> None:
    bound(place, city)
    Account.objects.filter(username="grid").update(is_first_password=True)
    client, _ = signed_in()
    assert is_in(client) and client.get("/field/bundle.json").status_code == 200
    typed = client_of(place, "grid")
    assert typed.get("/register").headers["Location"] == "/password"


def test_the_administrator_binds_and_unbinds_and_unbinding_acts_at_once(city: Issuer, place: Place) -> None:
    admin, grid = client_of(place, "admin"), place.accounts["grid"]
    page = f"/accounts/{grid.id}"
    assert "Sign-in through a portal" in text_of(admin.get(page))
    answer = admin.post(f"{page}/portal", {"portal": "city", "subject": "city-4711", "id": str(uuid4())})
    assert answer.status_code == 302 and "Signs in through City identity" in text_of(admin.get(page))
    assert "city-4711" not in str(PortalBinding.objects.values().get())
    client, _ = signed_in()
    assert is_in(client)
    assert admin.post(f"{page}/portal/end", {"portal": "city"}).status_code == 302
    assert client.get("/register").status_code == 302  # the open session's next request
    refusal(signed_in()[1], 403, "accounts.portal_refused")
    refusal(admin.post(f"{page}/portal/end", {"portal": "city"}), 404, "accounts.binding_missing")


def test_one_person_is_one_account_and_nobody_binds_his_own_or_the_neighbours(city: Issuer, place: Place) -> None:
    admin = client_of(place, "admin")
    bound(place, city)
    sent = {"portal": "city", "subject": "city-4711"}
    refusal(admin.post(f"/accounts/{place.accounts['lead'].id}/portal", sent), 409, "accounts.subject_taken")
    again = sent | {"subject": "city-9"}
    refusal(admin.post(f"/accounts/{place.accounts['grid'].id}/portal", again), 409, "accounts.subject_taken")
    own = place.accounts["admin"].id
    refusal(admin.post(f"/accounts/{own}/portal", again), 403, "accounts.own_grant")
    for post in ("neighbour", "grid", "auditor"):
        answer = client_of(place, post).post(f"/accounts/{place.accounts['volunteer'].id}/portal", again)
        assert answer.status_code in (403, 404), post
    lead = f"/accounts/{place.accounts['lead'].id}/portal"
    refusal(admin.post(lead, {"portal": "x", "subject": "y"}), 404, "accounts.portal_unknown")
    refusal(admin.post(lead, {"portal": "city", "subject": " "}), 422, "base.invalid")
    assert PortalBinding.objects.count() == 1
