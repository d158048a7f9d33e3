"""One's shifts for a calendar: read by an independent parser; moved, given back, renewed; nobody's name in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim, Feed
from lianfang.domains.calls.services import claim_shift, move_shift, release_claims
from lianfang.web.calendar_feed import LINE_OCTETS, folded, text_value
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving
from tests.factories.place import Place
from tests.web.pages import BACKEND, refusal, text_of


@pytest.fixture
def here(place: Place) -> Place:
    place.at = clock.now()
    return place


def browser_of(who: Account) -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = "en"
    return client


def address_of(who: Account) -> str:
    own = browser_of(who)
    assert own.post("/calls/record/calendar", {"id": uuid4()}).status_code == 302
    return str(own.get("/calls/record").context["calendar"]).removeprefix("http://testserver")


def events(address: str) -> dict[str, object]:
    """Events by UID, as the parser reads them."""
    answer = Client().get(address)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/calendar")
    assert all(len(line) <= LINE_OCTETS for line in answer.content.split(b"\r\n"))
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    read = Calendar.from_ical(answer.content)
    assert read["VERSION"] == "2.0" and read["PRODID"]
    return {str(e["UID"]): e for e in read.walk("VEVENT")}


@given(st.text(max_size=200))
def test_a_folded_line_has_no_piece_over_75_octets_and_unfolds_to_itself(text: str) -> None:
    line = "SUMMARY:" + "".join(text.split())
    cut = folded(line)
    assert all(len(p.encode()) <= LINE_OCTETS for p in cut.split("\r\n"))
    assert cut.replace("\r\n ", "") == line


@given(st.text(alphabet="a,;\\\n：中 ", max_size=60))
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", f"SUMMARY:{text_value(text)}", "END:VEVENT", "END:VCALENDAR", ""]
    [event] = Calendar.from_ical("\r\n".join(lines)).walk("VEVENT")
    assert str(event.get("SUMMARY", "")).strip() == "\n".join(text.splitlines()).strip()


@pytest.mark.django_db
def test_a_shift_is_the_same_moment_for_a_reader_anywhere_and_nobody_is_named(here: Place) -> None:
    [who] = volunteers(here, 1)
    serving(here, who, name="张伟国")
    title = {"zh": "扫码登记；第二组, 东门", "en": "Registration " + "long " * 20 + "end"}
    begins = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) - here.at
    shift = shift_of(called(here, 2, title=title, where="committee", begins=max(begins, HOUR)))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, here.at), at=here.at)
    address = address_of(who)
    [(uid, event)] = events(address).items()
    berlin = ZoneInfo("Europe/Berlin")
    assert event["DTSTART"].dt.astimezone(berlin) == shift.starts_at.replace(microsecond=0)
    assert event["DTEND"].dt - event["DTSTART"].dt == shift.ends_at - shift.starts_at
    assert str(event["SUMMARY"]) == f"{title['zh']} · {title['en']}" and event["STATUS"] == "TENTATIVE"
    assert uid.startswith(str(claim.id))
    body = Client().get(address).content.decode()
    assert "张伟国" not in body and who.label not in body and str(who.id) not in body and "ORGANIZER" not in body


@pytest.mark.django_db
def test_a_moved_shift_keeps_its_uid_and_raises_its_sequence_and_one_given_back_is_cancelled(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [who] = volunteers(here, 1)
    shift = shift_of(called(here, 2, begins=5 * HOUR))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, here.at), at=here.at)
    address = address_of(who)
    [(uid, before)] = events(address).items()
    later = here.at + timedelta(minutes=10)
    move_shift(shift_id=shift.id, starts_at=shift.starts_at + HOUR, ends_at=shift.ends_at + HOUR,
               by=here.actor("lead", later), at=later)  # fmt: skip
    [(moved_uid, moved)] = events(address).items()
    assert moved_uid == uid and moved["SEQUENCE"] > before["SEQUENCE"]
    assert moved["DTSTART"].dt - before["DTSTART"].dt == HOUR
    assert moved["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    release_claims(claim_ids=[claim.id], by=acting(who, later), at=later + HOUR)
    [(last_uid, back)] = events(address).items()
    assert last_uid == uid and back["STATUS"] == "CANCELLED" and back["SEQUENCE"] > moved["SEQUENCE"]
    monkeypatch.setattr(clock, "now", lambda: shift.ends_at + timedelta(days=70))
    assert events(address) == {}


@pytest.mark.django_db
def test_a_new_address_ends_the_old_one_and_no_other_address_shows_anything(here: Place) -> None:
    [who, other] = volunteers(here, 2)
    shift = shift_of(called(here, 2))
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, here.at), at=here.at)
    first, foreign = address_of(who), address_of(other)
    assert len(events(first)) == 1 and events(foreign) == {}
    second = address_of(who)
    assert first != second and len(events(second)) == 1 and Feed.objects.filter(account_id=who.id).count() == 1
    refusal(Client(HTTP_ACCEPT_LANGUAGE="en").get(first), 404, "calls.feed_missing")
    mixed = foreign[:30] + second[30:]
    refusal(Client(HTTP_ACCEPT_LANGUAGE="en").get(mixed), 404, "calls.feed_missing")
    own = browser_of(who)
    assert own.post("/calls/record/calendar/end").status_code == 302
    refusal(Client(HTTP_ACCEPT_LANGUAGE="en").get(second), 404, "calls.feed_missing")
    assert "Give me an address" in text_of(own.get("/calls/record"))
    assert Claim.objects.count() == 1
