"""Rows of what was served, shown through pages: a student's record, hours counted, unit and home, thanks."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import openpyxl
import pytest
from django.test import Client
from pypdf import PdfReader

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.audit.models import Export
from lianfang.domains.calls.models import Call, Claim, ServiceRecord, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.work.models import Item
from tests.factories.call import unit, volunteers
from tests.factories.people import serving
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, refusal, text_of

HOUR = timedelta(hours=1)


def browser_of(who: Account) -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = "en"
    return client


def travel(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: to)


def at_nine() -> datetime:
    day = clock.now().astimezone(LOCAL) + timedelta(days=1)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def posted(place: Place, post: str, places: int, *, where: str, day: datetime, hours: tuple[str, str]) -> Shift:
    """Post a call of one shift by its page."""
    call_id = uuid4()
    sent = {"id": call_id, "task": "registration", "on": day.astimezone(LOCAL).date().isoformat(), "days": "1",
            "from": hours[0], "until": hours[1], "places": str(places)}  # fmt: skip
    answer = client_of(place, post).post(f"/calls/new?area={place.area[where]}", sent)
    assert answer.status_code == 302, text_of(answer)
    return Call.objects.get(id=call_id).shifts.get()


def claimed(who: Account, shift: Shift) -> UUID:
    claim_id = uuid4()
    assert browser_of(who).post(f"/calls/shifts/{shift.id}/claim", {"id": claim_id}).status_code == 302
    return claim_id


def come_and_go(lead: Client, who: Account, claim_id: UUID, monkeypatch: pytest.MonkeyPatch, came: datetime,
                left: datetime | None) -> None:  # fmt: skip
    """The lead ticks him in; he checks out himself, or forgets to."""
    travel(monkeypatch, came)
    assert lead.post(f"/calls/claims/{claim_id}/present").status_code == 302
    if left:
        travel(monkeypatch, left)
        assert browser_of(who).post(f"/calls/claims/{claim_id}/leave").status_code == 302


def heads_of(place: Place, body: UUID) -> Client:
    """Who administers a body."""
    [head] = volunteers(place, 1, unit=body, role="resident")
    grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=place.area["city"], until_at=None,
               body_id=body, delegates=["volunteer"], by=place.system, at=place.at)  # fmt: skip
    return browser_of(head)


@pytest.mark.row("S0-10")
def test_a_students_service_is_signed_off_by_the_post_lead_and_leaves_as_his_record_and_the_schools_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    school = unit(place, "市职业学院", "school")
    [student, other] = volunteers(place, 2, unit=school)
    serving(place, student, other, kind="student", name="张伟国")
    first = posted(place, "lead", 5, where="committee", day=now, hours=("10:00", "12:00"))
    second = posted(place, "lead", 5, where="committee", day=now, hours=("14:00", "17:00"))
    lead, own = client_of(place, "lead"), browser_of(student)
    one, two = claimed(student, first), claimed(student, second)
    come_and_go(lead, student, one, monkeypatch, first.starts_at, first.ends_at - HOUR / 2)
    come_and_go(lead, student, two, monkeypatch, second.starts_at, second.ends_at)

    # Before the lead signs, nothing counts on paper.
    today = now.date().isoformat()
    sent = {"id": uuid4(), "from": today, "until": today}
    refusal(own.post("/calls/record/make", sent), 409, "calls.nothing_signed")
    assert lead.post(f"/calls/shifts/{first.id}/settle").status_code == 302
    page = text_of(own.get("/calls/record"))
    assert "<b>1.5</b> confirmed hours" in page and "3 h not confirmed yet" in page
    assert own.post("/calls/record/make", sent).status_code == 302
    record = ServiceRecord.objects.get(id=sent["id"])
    pdf = PdfReader(io.BytesIO(own.get(f"/calls/records/{record.id}/paper").content))
    said = re.sub(r"\s", "", "".join(p.extract_text() for p in pdf.pages))
    lead_post = place.accounts["lead"].label
    for part in ("张伟国", today, "Registration", "1.5", re.sub(r"\s", "", lead_post)):
        assert part in said, part
    address = re.search(r'href="(/record/[A-Z2-7]+)"', text_of(own.get("/calls/record")))
    assert address is not None
    shown = text_of(Client(HTTP_ACCEPT_LANGUAGE="en").get(address.group(1)))
    assert "Genuine" in shown and "<b>1.5</b> confirmed hours" in shown and f"confirmed by {lead_post}" in shown
    assert "张伟国" not in shown

    # The school takes out its students' records: without names, then with names for a reason; nobody else can.
    head, asked = heads_of(place, school), f"/calls/turnout/file?unit={school}&from={today}&until={today}"
    assert "1 people, 1.5 confirmed hours" in text_of(head.get(asked))
    assert head.post(asked, {"format": "csv", "personal": "1", "why": ""}).status_code == 422
    plain = b"".join(head.post(asked, {"format": "csv"})).decode("utf-8-sig")
    assert student.label in plain and "张伟国" not in plain and lead_post in plain and "1.5" in plain
    book = io.BytesIO(b"".join(head.post(asked, {"format": "xlsx", "personal": "1", "why": "社会实践学分"})))
    rows = list(openpyxl.load_workbook(book).active.values)
    assert len(rows) == 2 and rows[1][0] == "张伟国" and rows[1][rows[0].index("Hours")] == 1.5
    kept = Export.objects.filter(what="calls.records").order_by("id")
    assert sorted((e.rows, list(e.personal_fields)) for e in kept) == [(1, []), (1, ["name"])]
    for post in ("lead", "neighbour", "command"):
        refusal(client_of(place, post).get(asked), 403, "accounts.right_missing")


@pytest.mark.row("S1-24")
def test_hours_are_from_check_in_to_check_out_and_who_forgot_is_closed_by_the_lead_never_by_a_guess(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    bureau = unit(place)
    [a, b, c, d] = volunteers(place, 4, unit=bureau)
    night = posted(place, "lead", 6, where="committee", day=now, hours=("20:00", "02:00"))
    lead = client_of(place, "lead")
    claims = {p.id: claimed(p, night) for p in (a, b, c, d)}
    come_and_go(lead, a, claims[a.id], monkeypatch, night.starts_at, None)
    travel(monkeypatch, night.starts_at)
    refusal(browser_of(b).post(f"/calls/claims/{claims[b.id]}/leave"), 409, "calls.not_in")  # never came in
    travel(monkeypatch, night.starts_at + HOUR)
    for _ in range(2):  # from two phones at once: one turn
        assert lead.post(f"/calls/claims/{claims[b.id]}/present").status_code in (302, 409)
    travel(monkeypatch, night.starts_at + 2 * HOUR)
    assert lead.post(f"/calls/claims/{claims[c.id]}/present").status_code == 302
    travel(monkeypatch, night.ends_at - HOUR)
    assert browser_of(a).post(f"/calls/claims/{claims[a.id]}/leave").status_code == 302  # over midnight: five hours
    travel(monkeypatch, night.ends_at)
    assert browser_of(c).post(f"/calls/claims/{claims[c.id]}/leave").status_code == 302

    # Long after the end nobody can check out any more; his hours stay open, and nothing is estimated.
    travel(monkeypatch, night.ends_at + 13 * HOUR)
    refusal(browser_of(b).post(f"/calls/claims/{claims[b.id]}/leave"), 409, "calls.too_late")
    open_page = text_of(browser_of(b).get("/calls/record"))
    assert "not checked out" in open_page and "<b>0</b> confirmed hours" in open_page
    hours = f"/calls/hours?area={place.area['committee']}&from={now.date()}&until={(now + 2 * 24 * HOUR).date()}"
    command = client_of(place, "lead")
    assert "3 person-times, 9 hours" in text_of(command.get(hours))
    assert "1 turnout to confirm" in text_of(lead.get("/calls/led"))
    assert lead.post(f"/calls/shifts/{night.id}/settle").status_code == 302
    assert "<b>5</b> confirmed hours" in text_of(browser_of(b).get("/calls/record"))
    assert Claim.objects.get(id=claims[d.id]).state == "no_show"
    for how in ("unit", "host", "home", "team", "task"):
        page = text_of(command.get(f"{hours}&by={how}"))
        assert "3 person-times, 14 hours" in page, how
        assert a.label not in page  # no league table of people
    assert "14" not in text_of(client_of(place, "neighbour").get("/calls/turnout"))


@pytest.mark.row("S2-06")
def test_a_member_serves_for_unit_and_home_both_see_the_same_shifts_and_no_hour_counts_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    bureau, water = unit(place), unit(place, "市水务局")
    [a, b], [c] = volunteers(place, 2, unit=bureau), volunteers(place, 1, unit=water)
    serving(place, a, c, where="committee")
    serving(place, b, where="committee2")
    shift = posted(place, "lead", 5, where="committee", day=now, hours=("10:00", "14:00"))
    lead = client_of(place, "lead")
    for who, n in ((a, 4), (b, 3), (c, 2)):
        claim_id = claimed(who, shift)
        travel(monkeypatch, shift.starts_at)
        assert lead.post(f"/calls/claims/{claim_id}/present").status_code == 302
        travel(monkeypatch, shift.starts_at + n * HOUR)
        assert browser_of(who).post(f"/calls/claims/{claim_id}/leave").status_code == 302
        travel(monkeypatch, now)
    travel(monkeypatch, shift.ends_at + HOUR)

    span = f"from={now.date()}&until={now.date()}"
    unit_page = text_of(heads_of(place, bureau).get(f"/calls/turnout?{span}&unit={bureau}"))
    own = unit_page[unit_page.index("Your own people") :]
    assert a.label in own and b.label in own and c.label not in unit_page
    home_page = text_of(lead.get(f"/calls/turnout?{span}&area={place.area['committee']}"))
    here = home_page[home_page.index("Who lives here and serves") :]
    assert a.label in here and c.label in here and b.label not in here
    assert "2 people, came 2 times" in here

    def row_of(text: str) -> str:
        line = re.search(rf"<li>(?:(?!</li>).)*{a.label}.*?</li>", text, re.S)
        assert line is not None
        return re.sub(r"<[^>]+>|沙洲社区居委会", " ", line.group(0)).split("10:00")[1].split()[0]

    assert row_of(own) == row_of(here)  # the same turn, not a second one
    sums = {}
    for how in ("unit", "home"):
        page = text_of(lead.get(f"/calls/hours?{span}&by={how}&area={place.area['committee']}"))
        assert "3 person-times, 9 hours" in page
        rows = re.findall(r'<th scope="row">(.*?)</th><td class="num">(.*?)</td>.*?<td class="num">([\d.]+)</td></tr>',
                          page, re.S)  # fmt: skip
        sums[how] = (sum(int(r[1]) for r in rows), sum(float(r[2]) for r in rows))
    assert sums["unit"] == sums["home"] == (3, 9.0)
    for how in ("person", "account", "account_id"):  # no table of workers, whatever is asked for
        page = text_of(lead.get(f"/calls/hours?{span}&by={how}&area={place.area['committee']}"))
        assert 'value="unit" selected' in page and not any(x.label in page for x in (a, b, c))
    assert "person" not in re.findall(r'<option value="(\w+)"', page)
    stranger = text_of(client_of(place, "neighbour").get(f"/calls/turnout?{span}"))
    assert not any(x.label in stranger for x in (a, b, c))


@pytest.mark.row("S0-47")
def test_residents_thank_those_who_serve_and_only_what_a_lead_has_read_stands_on_the_wall(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    [writer] = volunteers(place, 1, role="resident")
    [responder], [far] = volunteers(place, 1), volunteers(place, 1, where="neighbour_committee")
    shift = posted(place, "lead", 2, where="committee", day=now, hours=("10:00", "12:00"))
    claimed(responder, shift)
    resident, lead = browser_of(writer), client_of(place, "lead")
    words = {"good": "谢谢你们天天来，辛苦了", "bad": "某某是懒人", "late": "第三条"}
    ids = {k: uuid4() for k in words}
    for k, text in words.items():
        sent = {"id": ids[k], "area": place.area["committee"], "to": "东门登记点", "words": text}
        assert resident.post("/thanks", sent).status_code == 302
    more = {"id": uuid4(), "area": place.area["committee"], "to": "x", "words": "y"}
    refusal(resident.post("/thanks", more), 409, "work.too_many_waiting")
    refusal(browser_of(far).post("/thanks", more), 403, "accounts.right_missing")

    # Nothing is shown before it was read; strangers do not read it for the lead.
    served = browser_of(responder)
    assert words["good"] not in text_of(served.get("/calls/mine"))
    for post in ("neighbour", "volunteer"):
        client_of(place, post).post(f"/work/{ids['good']}/move", {"id": uuid4(), "move": "show"})
        assert Item.objects.get(id=ids["good"]).state == "waiting"
    board = text_of(lead.get(f"/work?kind=thanks&area={place.area['committee']}"))
    assert words["good"] in board and writer.label not in board
    assert lead.post(f"/work/{ids['good']}/move", {"id": uuid4(), "move": "show"}).status_code == 302
    lead.post(f"/work/{ids['bad']}/move", {"id": uuid4(), "move": "decline"})
    assert Item.objects.get(id=ids["bad"]).state == "waiting"  # not without a reason
    sent = {"id": uuid4(), "move": "decline", "f-reason": "点名批评人，不适合上墙"}
    assert lead.post(f"/work/{ids['bad']}/move", sent).status_code == 302

    page = text_of(served.get("/calls/mine"))
    assert words["good"] in page and words["bad"] not in page and words["late"] not in page
    assert writer.label not in page and words["good"] in text_of(served.get("/thanks"))
    mine = text_of(resident.get("/thanks"))
    assert "点名批评人，不适合上墙" in mine and words["late"] in mine
    assert words["good"] not in text_of(browser_of(far).get("/calls/mine"))
    assert words["good"] not in text_of(browser_of(far).get("/thanks"))
    assert lead.post(f"/work/{ids['good']}/move", {"id": uuid4(), "move": "take-down", "f-reason": "x"}
                     ).status_code == 302  # fmt: skip
    assert words["good"] not in text_of(served.get("/calls/mine"))
