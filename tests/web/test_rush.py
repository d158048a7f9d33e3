"""The door of a rush: tickets are judged anew with every batch, each press has its own answer, rules exist once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.db import OperationalError
from django.test import Client

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.rules import Ticket, session_stamp, ticket_text
from lianfang.domains.accounts.services import begin_session, end_grants, end_sessions, set_password
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import claim_shifts
from lianfang.domains.privacy.queries import site_key
from lianfang.web import rush
from lianfang.web.rush import BROKEN, BUSY, Heard, Reply, answered, heard, take_presses
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, inline_in, text_of


@pytest.fixture
def here(place: Place) -> Place:
    """The small place, its calls posted now: pages read the clock."""
    place.at = clock.now()
    return place


def browser_of(who: Account) -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = "en"
    return client


def ticket_on(client: Client) -> str:
    """The ticket that the page of shifts bears."""
    page = text_of(client.get("/calls"))
    return page.split('data-ticket="')[1].split('"')[0]


def press(client: Client, ticket: str, shift: Shift, **more: Any) -> tuple[int, dict[str, Any]]:
    """A press as the page sends it; status and what was told."""
    body = {"ticket": ticket, "id": str(uuid4()), "shift": str(shift.id), "waits": False, "language": "en"} | more
    answer = client.post("/calls/rush", json.dumps(body), content_type="application/json")
    return answer.status_code, json.loads(answer.content)


def presses_of(who: list[Account], shift: Shift, **more: Any) -> list[Heard]:
    """Presses of people who are signed in, as a batch."""
    out = []
    for person in who:
        session = browser_of(person).session.session_key
        ticket = Ticket(person.id, session_stamp(person.password, 0), "", None, int(clock.now().timestamp()) + 60)
        given: dict[str, Any] = {"id": uuid4(), "shift": shift.id, "waits": False, "language": "en", "ticket": ticket,
                                 "session": session, "at": clock.now()}  # fmt: skip
        out.append(Heard(**given | more))
    return out


def codes(replies: list[Reply]) -> list[str]:
    told = [json.loads(r.body) for r in replies]
    return [t["code"] or t["state"] for t in told]


def test_a_press_takes_the_place_and_the_same_press_again_is_told_the_same(here: Place) -> None:
    [who], shift, claim = volunteers(here, 1), shift_of(called(here, 2)), str(uuid4())
    client = browser_of(who)
    ticket = ticket_on(client)
    assert press(client, ticket, shift, id=claim) == (200, {"code": "", "state": "claimed", "said": "calls.claimed"})
    again = (200, {"code": "repeated", "state": "claimed", "said": "calls.claimed"})
    assert press(client, ticket, shift, id=claim) == again and press(client, ticket, shift) == again
    made = Claim.objects.get()
    assert (made.id, made.account_id, made.claimed_by) == (UUID(claim), who.id, who.id)
    assert Shift.objects.get(id=shift.id).taken == 1


def test_the_log_names_who_pressed_and_what_became_of_each(here: Place) -> None:
    people, shift = volunteers(here, 2), shift_of(called(here, 1))
    batch = presses_of(people, shift)
    assert codes(take_presses(batch, at=clock.now())) == ["claimed", "calls.full"]
    told = LogEntry.objects.filter(service="calls.claim_shifts").latest("id").told
    assert told["askers"] == [str(p.id) for p in people]
    assert told["outcomes"] == [[str(batch[0].id), ""], [str(batch[1].id), "calls.full"]]


def test_the_last_place_is_kept_for_a_role_here_as_by_the_form(here: Place) -> None:
    nurse, *helpers = volunteers(here, 4)
    serving(here, nurse)
    skilled(here, nurse, "clinician")
    shift = shift_of(called(here, 2, roles=[{"skill": "clinician", "heads": 1}]))
    batch = presses_of([*helpers, nurse], shift)
    assert codes(take_presses(batch, at=clock.now())) == [
        "claimed", "calls.kept_for_role", "calls.kept_for_role", "claimed"]  # fmt: skip
    other = shift_of(called(here, 1, roles=[{"skill": "clinician", "heads": 1}]))
    client = browser_of(helpers[1])
    refused = client.post(f"/calls/shifts/{other.id}/claim", {"id": uuid4()})
    assert refused.status_code == 409 and 'title="calls.kept_for_role"' in text_of(refused)
    status, told = press(client, ticket_on(client), other)
    assert (status, told) == (409, {"code": "calls.kept_for_role"})
    assert press(client, ticket_on(client), other, waits=True)[1]["said"] == "calls.waiting"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_full_comes_with_its_words_and_the_waitlist_is_a_press_too(here: Place, language: str) -> None:
    first, second = volunteers(here, 2)
    shift = shift_of(called(here, 1))
    client, other = browser_of(first), browser_of(second)
    press(client, ticket_on(client), shift)
    status, told = press(other, ticket_on(other), shift, language=language)
    assert (status, told["code"]) == (409, "calls.full")
    wanted = {"en": ("This shift is full", "number 1", "The last one went at"),
              "zh-hans": ("这一班刚满", "第 1 位", "最后一个名额")}[language]  # fmt: skip
    assert told["said"]["what"].startswith(wanted[0]) and wanted[1] in told["said"]["wait"]
    assert told["said"]["late"].startswith(wanted[2]) and all(told["said"][p] for p in ("why", "next", "who"))
    assert press(other, ticket_on(other), shift, waits=True)[1]["said"] == "calls.waiting"


def test_an_ended_session_role_account_or_password_is_felt_by_the_next_press(here: Place) -> None:
    shift, who = shift_of(called(here, 9)), volunteers(here, 6)
    clients = [browser_of(p) for p in who]
    tickets = [ticket_on(c) for c in clients]
    keys = [c.session.session_key or "" for c in clients]  # whoever kept the cookie
    by, at = [acting(p, here.at) for p in who], clock.now()
    end_sessions(account_id=who[0].id, by=by[0], at=at)
    Account.objects.filter(id=who[1].id).update(is_active=False)
    set_password(account_id=who[2].id, password_hash=make_password("another of mine"), by=by[2], at=at)
    clients[3].post("/sign-out")
    end_grants(account_id=who[4].id, area_id=here.area["committee"], by=here.system, at=at)
    batch = [heard(body_of(t, shift), session=k, at=at) for t, k in zip(tickets, keys, strict=True)]
    assert codes(take_presses([h for h in batch if isinstance(h, Heard)], at=at)) == [
        *["accounts.ticket_over"] * 4, "calls.not_registered", "claimed"]  # fmt: skip
    assert Claim.objects.get().account_id == who[5].id


def body_of(ticket: str, shift: Shift) -> bytes:
    return json.dumps({"ticket": ticket, "id": str(uuid4()), "shift": str(shift.id)}).encode()


def test_a_session_whose_mark_was_pushed_out_presses_no_more(here: Place) -> None:
    [who], shift = volunteers(here, 1), shift_of(called(here, 2))
    batch = presses_of([who], shift)
    marked = Ticket(who.id, batch[0].ticket.stamp, "abcdefghijkl", None, batch[0].ticket.until_s)
    own = [Heard(uuid4(), shift.id, False, "en", marked, batch[0].session, batch[0].at)]
    assert codes(take_presses(own, at=clock.now())) == ["accounts.ticket_over"]
    begin_session(account_id=who.id, mark="abcdefghijkl", most=2, by=acting(who, here.at), at=here.at)
    assert codes(take_presses(own, at=clock.now())) == ["claimed"]


def test_a_ticket_of_another_forged_or_too_old_opens_nothing(here: Place) -> None:
    mine, theirs = volunteers(here, 2)
    shift = shift_of(called(here, 2))
    client, other = browser_of(mine), browser_of(theirs)
    stolen, key = ticket_on(other), client.session.session_key or ""
    late = Ticket(mine.id, session_stamp(mine.password, 0), "", None, int(clock.now().timestamp()) - 1)
    forged = Ticket(theirs.id, session_stamp(theirs.password, 0), "", None, int(clock.now().timestamp()) + 60)
    for ticket in (stolen, "", "x" * 112, ticket_text(late, session=key, key=site_key()),
                   ticket_text(forged, session=key, key=b"another key")):  # fmt: skip
        assert press(client, ticket, shift) == (403, {"code": "accounts.ticket_over"})
    assert press(Client(), ticket_on(client), shift)[0] == 403  # no session at all
    assert Claim.objects.count() == 0


def test_a_phone_that_was_put_out_presses_no_more(here: Place) -> None:
    [who], shift = volunteers(here, 1), shift_of(called(here, 2))
    [own] = presses_of([who], shift)
    ticket = Ticket(who.id, own.ticket.stamp, "", uuid4(), own.ticket.until_s)
    batch = [Heard(uuid4(), shift.id, False, "en", ticket, own.session, own.at)]
    assert codes(take_presses(batch, at=clock.now())) == ["accounts.ticket_over"]


def test_the_neighbours_people_are_refused_in_the_same_batch_in_which_others_are_served(here: Place) -> None:
    [near], [away] = volunteers(here, 1), volunteers(here, 1, where="neighbour_committee")
    shift = shift_of(called(here, 5))
    gone = Ticket(near.id, "00" * 8, "", None, int(clock.now().timestamp()) + 60)
    batch = [*presses_of([away], shift), Heard(uuid4(), shift.id, False, "en", gone, "x", here.at),
             *presses_of([near], shift)]  # fmt: skip
    assert codes(take_presses(batch, at=clock.now())) == ["calls.off_area", "accounts.ticket_over", "claimed"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ticket": "x"}', b'{"ticket":"x","id":"1","shift":"2"}', b"\xff"]
)
def test_what_is_no_press_is_refused(here: Place, body: bytes) -> None:
    told = heard(body, session="", at=here.at)
    assert isinstance(told, Reply) and (told.status, json.loads(told.body)) == (422, {"code": "calls.unfit"})


def test_a_refusal_keeps_its_own_code_and_status(here: Place) -> None:
    [who], one = volunteers(here, 1), shift_of(called(here, 2))
    other = shift_of(called(here, 2, begins=2 * HOUR))
    client = browser_of(who)
    ticket = ticket_on(client)
    assert press(client, ticket, one)[0] == 200
    assert press(client, ticket, other) == (409, {"code": "calls.collides"})
    missing = Shift(id=uuid4())
    assert press(client, ticket, missing) == (404, {"code": "calls.shift_missing"})
    assert press(client_of(here, "tracer"), ticket, one)[0] == 403


def test_a_database_that_is_away_is_busy_and_the_press_comes_again(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = presses_of(volunteers(here, 2), shift_of(called(here, 2)))

    def away(**_: object) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr(rush, "claim_shifts", away)
        broken.setattr(rush.connection, "close", lambda: None)  # the test's own transaction lives on it
        assert answered(batch) == [BUSY, BUSY] and BUSY.status == 503
    assert codes(answered(batch)) == ["claimed", "claimed"]


def test_one_press_that_nobody_can_judge_spoils_no_other(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = presses_of(volunteers(here, 5), shift_of(called(here, 9)))
    bad = batch[3].id

    def judging(*, asks: list[Any], by: Actor, at: Any) -> Any:
        if any(a.id == bad for a in asks):
            raise ValueError("a bug")
        return claim_shifts(asks=asks, by=by, at=at)

    monkeypatch.setattr(rush, "claim_shifts", judging)
    monkeypatch.setattr(rush.connection, "close", lambda: None)
    replies = answered(batch)
    assert replies[3] == BROKEN and [r.status for r in replies] == [200, 200, 200, 500, 200]
    assert Claim.objects.count() == 4


def test_the_page_bears_what_its_script_needs_and_the_form_serves_without(here: Place) -> None:
    [who] = volunteers(here, 1)
    shift = shift_of(called(here, 2))
    answer = browser_of(who).get("/calls")
    page = text_of(answer)
    assert 'data-rush="/calls/rush"' in page and "js/rush.mjs" in page and inline_in(answer) == []
    assert f'action="/calls/shifts/{shift.id}/claim" data-claim="{shift.id}"' in page and 'data-begins="' in page


def test_a_ticket_lasts_no_longer_than_its_session(here: Place, settings: Any) -> None:
    [who] = volunteers(here, 1)
    client = browser_of(who)
    session = client.session
    began = clock.now() - timedelta(hours=settings.SESSION_HOURS, minutes=-1)
    session.update({"mark": "m", "begun_s": began.timestamp(), "seen_s": clock.now().timestamp(), "strength": "strong"})
    session.save()
    Account.objects.filter(id=who.id).update(sessions=["m"])
    ticket, key = ticket_on(client), session.session_key or ""
    body = body_of(ticket, Shift(id=uuid4()))
    assert isinstance(heard(body, session=key, at=clock.now() + timedelta(seconds=50)), Heard)
    assert isinstance(heard(body, session=key, at=clock.now() + timedelta(seconds=70)), Reply)
