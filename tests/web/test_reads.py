"""The auditor's page: who looked at whom is counted, never named; only in the auditor's areas; only for the auditor."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.audit.models import PersonRead
from tests.factories.phones import Phone
from tests.factories.place import PASSWORD, Place
from tests.web.conftest import Town
from tests.web.pages import client_of, names_in, refusal, text_of


def door(place: Place, n: int = 0) -> str:
    return f"/register/door/{place.households[n]}"


def test_a_read_stands_there_with_post_page_fields_how_many_and_why_and_without_names(town: Town) -> None:
    place = town.place
    client_of(place, "grid").get(door(place), headers={"X-Purpose": "visit of today"})
    answer = client_of(place, "auditor").get("/reads")
    page = text_of(answer)
    assert "1 view of personal data" in page
    row = page.split("grid-worker committee</th>")[1].split("</tr>")[0]
    assert "A door" in row and "identity number, name, phone" in row and '<td class="num">3 people</td>' in row
    assert "visit of today" in row
    assert names_in(answer, place) == set() and str(place.people[0]) not in page
    assert PersonRead.objects.count() == 1  # looking at the reads reads nobody


def test_reads_are_chosen_by_post_and_day(town: Town) -> None:
    place = town.place
    for post in ("grid", "lead"):
        client_of(place, post).get(door(place))
    auditor, lead = client_of(place, "auditor"), place.accounts["lead"].id
    assert "2 views of personal data" in text_of(auditor.get("/reads"))
    one = text_of(auditor.get(f"/reads?post={lead}"))
    assert "1 view of personal data" in one and "committee-lead committee</th>" in one
    assert "grid-worker committee</th>" not in one
    before = (clock.now() - timedelta(days=2)).date()
    empty = text_of(auditor.get(f"/reads?on={before}"))
    assert "0 views" in empty and "Nobody looked at personal data on this day." in empty


def neighbours_auditor(place: Place) -> None:
    grant_role(grant_id=uuid4(), account_id=place.accounts["neighbour_grid"].id, role="auditor",
               area_id=place.area["neighbour"], until_at=None, by=place.system, at=place.at)  # fmt: skip


def test_the_neighbours_auditor_sees_only_who_serves_or_lives_there(town: Town) -> None:
    place = town.place
    neighbours_auditor(place)
    theirs = client_of(place, "neighbour_grid")
    client_of(place, "grid").get(door(place))
    assert "grid-worker committee</th>" not in text_of(theirs.get("/reads"))
    # A tracer from here who reads somebody living there is seen by both.
    their_door = UUID(str(place.households[-1]))
    grant_role(grant_id=uuid4(), account_id=place.accounts["tracer"].id, role="tracer",
               area_id=place.area["neighbour"], until_at=None, by=place.system, at=place.at)  # fmt: skip
    assert client_of(place, "tracer").get(f"/register/door/{their_door}").status_code == 200
    for post in ("neighbour_grid", "auditor"):
        assert "tracer district</th>" in text_of(client_of(place, post).get("/reads")), post


def test_a_list_that_left_stands_there_with_its_reason(town: Town) -> None:
    place = town.place
    sent = {"format": "csv", "personal": "1", "why": "calls of tonight"}
    file = client_of(place, "grid").post("/work/export/returnee-check", sent)
    assert b"".join(file.streaming_content)  # type: ignore[attr-defined]  # the answer of a file
    page = text_of(client_of(place, "auditor").get("/reads"))
    left = page.split("Lists that left as a file")[1]
    assert "grid-worker committee" in left and "calls of tonight" in left and "csv" in left
    assert "A list taken out as a file" in page.split("Lists that left as a file")[0]


@pytest.mark.parametrize("post", ["admin", "command", "grid", "resident"])
def test_nobody_but_the_auditor_opens_it(town: Town, post: str) -> None:
    refusal(client_of(town.place, post).get("/reads"), 403, "accounts.right_missing")
    assert 'href="/reads"' not in text_of(client_of(town.place, post).get("/"))


def test_the_auditor_is_shown_the_way(place: Place) -> None:
    assert 'href="/reads"' in text_of(client_of(place, "auditor").get("/"))


def failed_part(place: Place, post: str) -> str:
    return text_of(client_of(place, post).get("/reads")).split("Sign-ins that failed")[1].split("</section>")[0]


def test_failed_sign_ins_stand_there_by_post_and_way_and_no_name_that_was_typed(town: Town) -> None:
    place, browser = town.place, Client()
    for _ in range(7):
        browser.post("/sign-in", {"login": "grid", "password": "wrong"})
    browser.post("/sign-in", {"login": "neighbour_grid", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    browser.post("/sign-in", {"login": "zhang.san", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    part = failed_part(place, "auditor")
    row = part.split("grid-worker committee</th>")[1].split("</tr>")[0]
    assert "<td>Password</td>" in row and '<td class="num">7</td><td class="num">1</td>' in row
    assert "nobody&#x27;s name" in part or "nobody's name" in part
    assert "zhang.san" not in part and "203.0" not in part and "neighbour" not in part
    neighbours_auditor(place)
    theirs = failed_part(place, "neighbour_grid")
    assert "grid-worker neighbour" in theirs and "grid-worker committee" not in theirs


def test_a_phone_that_signs_nobody_in_and_a_closed_account_are_counted_too(town: Town) -> None:
    place = town.place
    Phone().enter()
    Account.objects.filter(username="supply").update(is_active=False)
    Client().post("/sign-in", {"login": "supply", "password": PASSWORD})
    part = failed_part(place, "auditor")
    assert "Phone&#x27;s key" in part or "Phone's key" in part
    assert place.accounts["supply"].label in part
