"""The second factor through the real doors: who reads registers enrols first; codes serve once; a factor's end."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.test import Client

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import Account
from tests.factories.place import PASSWORD, Place
from tests.web.pages import client_of, inline_in, text_of


@pytest.fixture(autouse=True)
def strong(settings: Any) -> None:
    """The site asks for second factors, as `lianfang serve` does outside a demo."""
    settings.STRONG = True


def signed(name: str, password: str = PASSWORD) -> Client:
    """A browser after the password was typed."""
    client = Client(headers={"accept-language": "en"})
    client.post("/sign-in", {"login": name, "password": password})
    return client


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows, so many steps from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def enrolled(name: str) -> tuple[Client, str]:
    """A browser that has added an app, and the app's secret."""
    client = signed(name)
    page = text_of(client.get("/factors/authenticator"))
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]  # type: ignore[index]  # it is there
    answer = client.post("/factors/authenticator", {"code": code_of(secret, -1)})
    assert answer.headers["Location"] == "/factors/codes"
    return client, secret


def second(name: str, code: str) -> tuple[Client, Any]:
    """The password, then a code."""
    client = signed(name)
    return client, client.post("/sign-in/code", {"code": code})


def is_in(client: Client) -> bool:
    """Whether a page about people opens."""
    return client.get("/register").status_code == 200


def test_who_reads_registers_enrols_before_a_page_about_people_opens(place: Place) -> None:
    client = signed("grid")
    answer = client.get("/register?area=1")
    assert answer.headers["Location"] == "/factors?next=%2Fregister%3Farea%3D1"
    assert client.get("/field/bundle.json").json() == {"code": "field.too_weak"}
    page = text_of(client.get(answer.headers["Location"]))
    assert "A password alone does not open these pages" in page
    client, _ = enrolled("grid")
    assert is_in(client) and client.get("/field/bundle.json").status_code == 200


def test_who_reads_no_register_needs_none_and_a_demo_asks_nobody(place: Place, settings: Any) -> None:
    assert signed("volunteer").get("/calls").status_code == 200
    settings.STRONG = False
    assert is_in(signed("grid"))


def test_an_enrolled_one_is_asked_each_time_and_leads_on_where_he_wanted_to_go(place: Place) -> None:
    _, secret = enrolled("grid")
    client = Client()
    asked = client.post("/sign-in", {"login": "grid", "password": PASSWORD, "next": "/work"})
    assert asked.headers["Location"].startswith("/sign-in/code") and not is_in(client)
    assert client.get(asked.headers["Location"]).status_code == 200
    answer = client.post(asked.headers["Location"], {"code": code_of(secret)})
    assert answer.headers["Location"] == "/work" and is_in(client)


def test_a_wrong_code_opens_nothing_and_one_that_served_serves_no_more_whatever_allauth_remembers(place: Place) -> None:
    _, secret = enrolled("grid")
    client, answer = second("grid", "000000")
    assert answer.status_code == 200 and "does not fit" in text_of(answer) and not is_in(client)
    before, shown = code_of(secret, -1), code_of(secret)
    client, answer = second("grid", shown)
    assert is_in(client)
    for replayed in (shown, before):
        client, answer = second("grid", replayed)
        assert answer.status_code == 200 and not is_in(client)
    client, answer = second("grid", code_of(secret, 1))
    assert is_in(client)


def test_guessing_codes_ends_after_five_tries_even_with_the_right_one(place: Place) -> None:
    _, secret = enrolled("grid")
    for _ in range(5):
        second("grid", "123456")
    client, answer = second("grid", code_of(secret))
    assert not is_in(client) and "Too many attempts" in text_of(answer)


def test_a_recovery_code_serves_once_and_is_shown_once(place: Place) -> None:
    client, _ = enrolled("grid")
    codes = re.findall(r"<li><code>(\d{8})</code>", text_of(client.get("/factors/codes")))
    assert len(codes) == 10
    assert not re.findall(r"<code>\d{8}", text_of(client.get("/factors/codes")))
    assert is_in(second("grid", codes[0])[0]) and not is_in(second("grid", codes[0])[0])


def test_the_password_page_tells_nobody_who_is_enrolled(place: Place) -> None:
    """A wrong password reads the same for an enrolled account, one that is not, and no account."""
    enrolled("grid")
    said = set()
    for name in ("grid", "lead", "nobody"):
        answer = Client().post("/sign-in", {"login": name, "password": "wrong"})
        said.add((answer.status_code, text_of(answer).split('role="alert">')[-1].split("</div>")[0]))
    assert len(said) == 1


def test_all_sessions_end_when_the_factor_is_removed_by_its_holder_or_by_the_administrator(place: Place) -> None:
    first, secret = enrolled("grid")
    other = second("grid", code_of(secret))[0]
    assert is_in(first) and is_in(other)
    assert first.get("/factors/authenticator/remove").status_code == 200
    assert first.post("/factors/authenticator/remove").headers["Location"] == "/sign-in"
    for client in (first, other):
        assert client.get("/register").headers["Location"].startswith("/sign-in")
    assert not Authenticator.objects.filter(user_id=place.accounts["grid"].id).exists()

    again, _ = enrolled("grid")
    admin, _ = enrolled("admin")
    address = f"/accounts/{place.accounts['grid'].id}/factors"
    assert client_of(place, "grid").post(address).status_code == 302  # led to enrol: it is no administrator's session
    assert is_in(again)
    assert "said=accounts.factors_removed" in admin.post(address).headers["Location"]
    assert again.get("/register").headers["Location"].startswith("/sign-in")
    assert LogEntry.objects.filter(service="accounts.remove_factors").count() == 1


def test_the_apps_secret_lies_sealed_in_the_database(place: Place) -> None:
    _, secret = enrolled("grid")
    kept = Authenticator.objects.get(user_id=place.accounts["grid"].id, type="totp").data["secret"]
    assert secret not in kept and decrypt(kept) == secret


def test_no_page_of_factors_has_inline_code_and_a_stranger_sees_none(place: Place) -> None:
    client, _ = enrolled("grid")
    for address in ("/factors", "/factors/passkey", "/factors/codes", "/factors/codes/new", "/sign-in/again/code"):
        assert inline_in(client.get(address)) == [], address
        assert Client().get(address).headers["Location"].startswith("/sign-in"), address
    assert Account.objects.get(username="grid").code_step == 0


def test_later_only_who_proves_himself_again_changes_his_factors(place: Place) -> None:
    client, _ = enrolled("grid")
    session = client.session
    session["begun_s"] -= 3600
    session.save()
    asked = client.get("/factors/codes/new").headers["Location"]
    assert asked.startswith("/sign-in/again/code?next=")
    assert "does not fit" in text_of(client.post(asked, {"code": "000000"}))
    code = RecoveryCodes(Authenticator.objects.get(user=place.accounts["grid"], type="recovery_codes")).generate_codes()
    assert client.post(asked, {"code": code[3]}).headers["Location"] == "/factors/codes/new"
    assert client.get("/factors/codes/new").status_code == 200


def test_wrong_codes_stand_on_the_auditors_page(place: Place, settings: Any) -> None:
    enrolled("grid")
    for _ in range(6):
        second("grid", "123456")
    settings.STRONG = False
    page = text_of(client_of(place, "auditor").get("/reads")).split("Sign-ins that failed")[1]
    row = page.split("grid-worker committee</th>")[1].split("</tr>")[0]
    assert "<td>Second step</td>" in row and '<td class="num">6</td>' in row
