"""Accounts and posts through their pages: seen and changed by who keeps them, ended at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.hashers import check_password
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import localdate
from django.utils.translation import override

from lianfang.base import clock
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.responders.models import Organisation
from lianfang.web.accounts import until_of
from lianfang.web.words import day_text
from tests.factories.place import Place
from tests.web.conftest import Town
from tests.web.pages import client_of, inline_in, refusal, text_of

OWN = "rain over the river"
ADDRESSES = ("/accounts", "/accounts/{grid}")


def password_in(answer: HttpResponse) -> str:
    """The password that a page shows, or nothing."""
    found = re.search(r'<b class="figure"[^>]*>([^<]+)</b>', answer.content.decode())
    return found.group(1) if found else ""


def signed_in_by(username: str, password: str) -> Client:
    """A browser that signed in by the page, as a person does."""
    client = Client()
    answer = client.post("/sign-in", {"login": username, "password": password})
    assert answer.status_code == 302, text_of(answer)
    client.cookies["django_language"] = "en"
    assert client.get("/").headers["Location"] == "/password"  # nothing else opens before the own one is set
    assert client.post("/password", own_password(password)).status_code == 302
    return client


def own_password(present: str, new: str = OWN, again: str = OWN) -> dict[str, str]:
    """What the form of the own password sends."""
    return {"present": present, "new": new, "again": again}


def opened(client: Client, username: str, area: UUID, **more: Any) -> tuple[Account, str]:
    """Open an account by its page; gives it and its first password."""
    sent = {"id": uuid4(), "username": username, "label": f"post {username}", "area": area, **more}
    answer = client.post("/accounts/new", sent)
    assert answer.status_code == 200, text_of(answer)[:600]
    return Account.objects.get(username=username), password_in(answer)


def granted(client: Client, account: Account, role: str, area: UUID, **more: Any) -> HttpResponse:
    """Grant a role by the account's page."""
    return client.post(f"/accounts/{account.id}/grant", {"id": uuid4(), "role": role, "area": area, **more})


def body_of(client: Client, name: str, area: UUID, **more: Any) -> Organisation:
    """Add a body by its form."""
    sent = {"id": uuid4(), "name": name, "kind": "bureau", "area": area, **more}
    assert client.post("/accounts/bodies", sent).status_code == 302
    return Organisation.objects.get(name=name)


def grant_of(place: Place, post: str) -> UUID:
    return RoleGrant.objects.get(account=place.accounts[post]).id


def test_the_list_says_who_holds_what_where_until_when_and_for_which_incident(town: Town) -> None:
    place = town.place
    admin, area = client_of(place, "admin"), place.area["committee"]
    account, _ = opened(admin, "helper", area)
    assert "1 account without one" in text_of(admin.get("/accounts"))
    last = localdate(clock.now()) + timedelta(days=3)
    more = {"until": last.isoformat(), "incident": town.incident.id}
    assert granted(admin, account, "grid-worker", area, **more).status_code == 302
    row = text_of(admin.get(f"/accounts?area={area}")).split("post helper")[1].split("</tr>")[0]
    assert "Grid worker" in row and "沙洲社区" in row and "one incident" in row and "District A" in row
    with override("en"):
        assert day_text(last + timedelta(days=1), last) in row
    whole = text_of(admin.get("/accounts"))
    assert "grid-worker committee2" in whole and "neighbour" not in whole and "居民" not in whole
    assert "grid-worker committee2" not in text_of(admin.get(f"/accounts?area={area}"))
    found = text_of(admin.get("/accounts?role=tracer"))
    assert "tracer district" in found and "post helper" not in found
    assert "post helper" in text_of(admin.get("/accounts?q=helper"))


def test_a_password_is_shown_once_kept_hashed_and_stands_in_no_log(place: Place) -> None:
    admin, sent = client_of(place, "admin"), {"id": uuid4(), "username": "new.one", "label": "新岗位"}
    sent["area"] = place.area["committee"]
    first, second = (admin.post("/accounts/new", sent) for _ in range(2))
    word = password_in(first)
    assert len(word) > 12 and password_in(second) == "" and "came twice" in text_of(second)
    account = Account.objects.get(username="new.one")
    assert word not in account.password and check_password(word, account.password)
    assert inline_in(first) == [] and first.headers["Cache-Control"] == "private, no-store"
    fresh = password_in(admin.post(f"/accounts/{account.id}/password"))
    assert fresh and fresh != word and not signed_in_or_none("new.one", word)
    assert signed_in_by("new.one", fresh).get("/").status_code == 200
    assert check_password(OWN, Account.objects.get(username="new.one").password)
    log = "".join(str(e.told) + bytes(e.canonical).decode() for e in LogEntry.objects.all())
    assert word not in log and fresh not in log and OWN not in log and account.password not in log
    for address in (f"/accounts/{account.id}", "/accounts"):
        assert fresh not in text_of(admin.get(address))


def test_a_password_made_by_another_serves_one_sign_in(place: Place) -> None:
    account, word = opened(client_of(place, "admin"), "new.one", place.area["committee"])
    granted(client_of(place, "admin"), account, "grid-worker", place.area["committee"])
    client = Client()
    assert client.post("/sign-in", {"login": "new.one", "password": word}).status_code == 302
    for address in ("/", "/work", f"/register/door/{place.households[0]}", "/accounts"):
        assert client.get(address).headers["Location"] == "/password", address
    assert client.get("/field/bundle.json").status_code in (302, 401, 403)
    assert client.get("/password").status_code == 200
    for present, new, again in (
        (word, OWN, "other"),
        ("wrong", OWN, OWN),
        (word, "short", "short"),
        (word, word, word),
    ):
        assert client.post("/password", own_password(present, new, again)).status_code == 422
        assert Account.objects.get(id=account.id).is_first_password
    assert client.post("/password", own_password(word)).status_code == 302
    assert client.get("/work").status_code == 200  # the session goes on
    assert not signed_in_or_none("new.one", word) and signed_in_or_none("new.one", OWN)
    assert Client().get("/password").headers["Location"].startswith("/sign-in")


def signed_in_or_none(username: str, password: str) -> bool:
    return Client().post("/sign-in", {"login": username, "password": password}).status_code == 302


def test_a_new_password_ends_the_open_session(place: Place) -> None:
    grid = client_of(place, "grid")
    assert grid.get("/work").status_code == 200
    client_of(place, "admin").post(f"/accounts/{place.accounts['grid'].id}/password")
    assert grid.get("/work").headers["Location"].startswith("/sign-in")


def test_a_post_that_ended_is_refused_at_the_next_request_of_its_open_session(town: Town) -> None:
    place = town.place
    grid, admin = client_of(place, "grid"), client_of(place, "admin")
    door = f"/register/door/{place.households[0]}"
    assert (
        grid.get("/work").status_code == grid.get(door).status_code == grid.get(f"/work/{town.call}").status_code == 200
    )
    account = place.accounts["grid"].id
    assert admin.post(f"/accounts/{account}/end", {"grant": grant_of(place, "grid")}).status_code == 302
    refusal(grid.get("/work"), 403, "accounts.right_missing")
    refusal(grid.get(door), 404, "grid.household_missing")
    refusal(grid.get(f"/work/{town.call}"), 404, "work.item_missing")  # though it was his own task
    refusal(grid.post(f"/work/{town.call}/move", {"id": uuid4(), "move": "done"}), 404, "work.item_missing")
    page = text_of(admin.get(f"/accounts/{account}"))
    assert "It holds no post here" in page and "Ended" in page and "End this post" not in page


def test_a_closed_account_is_signed_out_and_nothing_is_granted_to_it(place: Place) -> None:
    grid, admin, account = client_of(place, "grid"), client_of(place, "admin"), place.accounts["grid"]
    assert admin.post(f"/accounts/{account.id}/close").status_code == 302
    assert grid.get("/work").headers["Location"].startswith("/sign-in")
    refusal(granted(admin, account, "medic", place.area["committee"]), 409, "accounts.closed")
    assert "It is closed" in text_of(admin.get(f"/accounts/{account.id}"))


def test_the_neighbours_administrator_sees_and_changes_nothing_here(place: Place) -> None:
    above = place.system
    assert above is not None
    admin = client_of(place, "admin")
    theirs = place.accounts["neighbour"]
    refusal(admin.get(f"/accounts?area={place.area['neighbour']}"), 403, "accounts.right_missing")
    refusal(admin.get(f"/accounts/{theirs.id}"), 404, "accounts.missing")
    for action in ("grant", "password", "close"):
        refusal(admin.post(f"/accounts/{theirs.id}/{action}", {"role": "medic"}), 404, "accounts.missing")
    refusal(admin.post(f"/accounts/{theirs.id}/end", {"grant": grant_of(place, "neighbour")}), 404,
            "accounts.grant_missing")  # fmt: skip
    before = RoleGrant.objects.count()
    grid = place.accounts["grid"]
    refusal(granted(admin, grid, "medic", place.area["neighbour"]), 403, "accounts.right_missing")
    sent = {"id": uuid4(), "username": "spy", "label": "spy", "area": place.area["neighbour"]}
    refusal(admin.post("/accounts/new", sent), 403, "accounts.right_missing")
    sent = {"id": uuid4(), "name": "外区单位", "kind": "bureau", "area": place.area["neighbour"]}
    refusal(admin.post("/accounts/bodies", sent), 403, "accounts.right_missing")
    assert RoleGrant.objects.count() == before and not Organisation.objects.exists()
    assert theirs.password == Account.objects.get(id=theirs.id).password


@pytest.mark.parametrize("post", ["auditor", "command", "grid"])
def test_who_does_not_administer_sees_and_changes_no_account(place: Place, post: str) -> None:
    client, grid = client_of(place, post), place.accounts["grid"]
    for address in ADDRESSES:
        refusal(client.get(address.format(grid=grid.id)), 403, "accounts.right_missing")
    before = RoleGrant.objects.filter(to_at=None).count()
    assert granted(client, grid, "medic", place.area["committee"]).status_code == 404
    assert client.post(f"/accounts/{grid.id}/end", {"grant": grant_of(place, "grid")}).status_code == 404
    assert client.post(f"/accounts/{grid.id}/password").status_code == 404
    assert client.post("/accounts/new", {"username": "abc", "label": "l"}).status_code == 403
    assert RoleGrant.objects.filter(to_at=None).count() == before
    assert 'href="/accounts"' not in text_of(client.get("/"))


def test_an_administrator_reads_neither_the_register_nor_the_log_of_reads(place: Place) -> None:
    admin = client_of(place, "admin")
    for address in ("/register", "/reads", "/work", "/sheet", f"/register/door/{place.households[0]}"):
        assert admin.get(address).status_code in (403, 404), address
    page = text_of(admin.get("/"))
    assert 'href="/accounts"' in page and 'href="/reads"' not in page and 'href="/register"' not in page


def test_nobody_grants_to_the_own_account_and_granting_and_reviewing_stay_apart(place: Place) -> None:
    admin, district = client_of(place, "admin"), place.area["district"]
    refusal(granted(admin, place.accounts["admin"], "tracer", district), 403, "accounts.own_grant")
    refusal(granted(admin, place.accounts["auditor"], "administrator", district), 409, "accounts.roles_clash")
    page = text_of(admin.get(f"/accounts/{place.accounts['admin'].id}"))
    assert "your own account" in page and "Grant the role" not in page


def test_a_body_stands_under_another_and_its_form_is_refused_where_it_does_not_fit(place: Place) -> None:
    admin, district = client_of(place, "admin"), place.area["district"]
    bureau = body_of(admin, "司法局", district, name_en="Justice Bureau")
    office = body_of(admin, "东街道司法所", place.area["street"], parent=bureau.id)
    assert office.parent_id == bureau.id
    page = text_of(admin.get("/accounts"))
    assert "2 bodies under one command" in page and "Justice Bureau" in page and "none yet" in page
    again = {"id": uuid4(), "name": "司法局", "kind": "bureau", "area": district}
    refusal(admin.post("/accounts/bodies", again), 409, "responders.body_known")
    wrong = {"id": uuid4(), "name": "法院", "kind": "court", "area": district, "parent": office.id}
    refusal(admin.post("/accounts/bodies", wrong), 422, "responders.parent_unfit")
    refusal(admin.post("/accounts/bodies", {"name": "", "kind": "court"}), 422, "base.invalid")
    gone = {"id": uuid4(), "username": "abc", "label": "l", "area": district, "body": uuid4()}
    refusal(admin.post("/accounts/new", gone), 404, "responders.body_missing")


@pytest.mark.parametrize(("until", "code"), [("2020-01-01", "accounts.until_past"), ("soon", "base.invalid")])
def test_a_last_day_that_is_past_or_no_day_is_refused(place: Place, until: str, code: str) -> None:
    answer = granted(client_of(place, "admin"), place.accounts["grid"], "medic", place.area["committee"], until=until)
    refusal(answer, 422, code)


def test_a_post_holds_through_its_last_day() -> None:
    end = until_of("2026-07-21")
    assert end is not None and end.isoformat() == "2026-07-22T00:00:00+08:00"


@pytest.mark.parametrize(("username", "label"), [("ab", "l"), ("a b c", "l"), ("good", "")])
def test_an_account_without_a_fit_name_or_post_is_not_opened(place: Place, username: str, label: str) -> None:
    sent = {"username": username, "label": label, "area": place.area["committee"]}
    refusal(client_of(place, "admin").post("/accounts/new", sent), 422, "base.invalid")
    assert not Account.objects.filter(username=username).exists()


def test_a_street_administrator_cannot_take_over_an_account_that_holds_more(place: Place) -> None:
    admin, street = client_of(place, "admin"), place.area["street"]
    low, word = opened(admin, "street.admin", street)
    granted(admin, low, "administrator", street)
    helper, _ = opened(admin, "helper", street)
    granted(admin, helper, "medic", place.area["district"])
    client = signed_in_by("street.admin", word)
    assert "holds more than you can grant" in text_of(client.get(f"/accounts/{helper.id}"))
    refusal(client.post(f"/accounts/{helper.id}/password"), 403, "accounts.right_missing")
    refusal(client.post(f"/accounts/{helper.id}/close"), 403, "accounts.right_missing")
    assert "medic" not in text_of(client.get(f"/accounts/{helper.id}")).split("Posts</h2>")[1].split("What you")[0]
