"""Pages of shifts: what I may take first, the sheet of a refusal, my shifts, the board of who leads, and strangers."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock, throttle
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Call, CallOut, Claim, Shift
from lianfang.domains.calls.queries import LOCAL, check_in_code
from tests.factories.call import HOUR, called, shift_of, unit, volunteers
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in
from tests.web.pages import BACKEND, client_of, inline_in, last_entry, refusal, services_since, statements, text_of


@pytest.fixture
def here(place: Place) -> Place:
    """The small place, its calls posted now: pages read the clock."""
    place.at = clock.now()
    return place


def browser_of(who: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = language
    return client


def press(client: Client, shift: Shift, **more: object) -> object:
    return client.post(f"/calls/shifts/{shift.id}/claim", {"id": uuid4(), **more})


def test_a_press_gives_the_place_and_a_second_press_is_the_same_claim(here: Place) -> None:
    [who] = volunteers(here, 1)
    shift, sent = shift_of(called(here, 2)), {"id": uuid4()}
    client, mark = browser_of(who), last_entry()
    page = text_of(client.get("/calls"))
    assert "沙洲社区居委会 · Registration" in page and "still <b>2</b> of 2" in page and "given out: mask" in page
    for _ in range(2):
        answer = client.post(f"/calls/shifts/{shift.id}/claim", sent)
        assert answer.status_code == 302 and answer.url == "/calls/mine?said=calls.claimed"
    assert services_since(mark) == ["calls.claim_shifts"]
    mine = text_of(client.get(answer.url))
    assert "The place is yours." in mine and "claimed" in mine and "I cannot come" in mine
    assert "Yours" in text_of(client.get("/calls?tab=all")) and "Nothing you can take" in text_of(client.get("/calls"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_full_shift_is_refused_with_its_four_parts_the_waitlist_and_the_two_nearest_others(
    here: Place, language: str
) -> None:
    first, second = volunteers(here, 2)
    full = shift_of(called(here, 1))
    far = shift_of(called(here, 3, where="committee3"))
    near = shift_of(called(here, 3, where="committee2"))
    later = shift_of(called(here, 3, begins=30 * HOUR, where="committee3"))
    press(browser_of(first), full)
    client = browser_of(second, language)
    answer = press(client, full)
    page = refusal(answer, 409, "calls.full", language)
    sheet = page[page.index("bottom-sheet") :]
    assert 'name="waits" value="1"' in sheet and ("number 1" in sheet or "第 1 位" in sheet)
    order = [sheet.find(f"/calls/shifts/{s.id}/claim") for s in (near, far, later)]
    assert 0 < order[0] < order[1] and order[2] == -1
    assert inline_in(answer) == [] and Claim.objects.count() == 1
    answer = press(client, full, waits="1")
    assert answer.url.endswith("said=calls.waiting") and Claim.objects.filter(state="waiting").count() == 1


def test_a_collision_is_told_on_the_card_and_refused_with_the_times_in_words(here: Place) -> None:
    [who] = volunteers(here, 1)
    one, other = shift_of(called(here, 2)), shift_of(called(here, 2, begins=2 * HOUR, where="committee2"))
    client = browser_of(who)
    press(client, one)
    assert "You have a shift then" in text_of(client.get("/calls?tab=all"))
    page = refusal(press(client, other), 409, "calls.collides")
    assert f"{one.starts_at.astimezone(LOCAL):%H:%M} to" in page and one.starts_at.isoformat() not in page


def test_coming_needs_the_code_of_the_post_and_a_wrong_one_says_who_can_help(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [who] = volunteers(here, 1)
    shift = shift_of(called(here, 1, begins=HOUR / 2))
    client = browser_of(who)
    press(client, shift)
    claim = Claim.objects.get()
    refusal(client.post(f"/calls/claims/{claim.id}/come", {"code": "000000x"}), 409, "calls.code_wrong")
    for _ in range(7):
        client.post(f"/calls/claims/{claim.id}/come", {"code": "x"})
    busy = client.post(f"/calls/claims/{claim.id}/come", {"code": check_in_code(shift, by=here.system)})
    refusal(busy, 503, "calls.too_many_tries")  # whoever tries codes one after another does not get in by the right one
    assert busy.headers["Retry-After"] == "600"
    monkeypatch.setattr(throttle, "SALT", "another day")
    digits = check_in_code(shift, by=here.system)
    assert f'value="{digits}"' in text_of(client.get(f"/calls/mine?code={digits}"))
    assert client.post(f"/calls/claims/{claim.id}/confirm").status_code == 302
    assert client.post(f"/calls/claims/{claim.id}/come", {"code": digits}).url.endswith("said=calls.came")
    assert "On duty since" in text_of(client.get("/calls/mine"))
    refusal(client.post(f"/calls/claims/{claim.id}/release"), 409, "calls.already_in")
    assert client.post(f"/calls/claims/{claim.id}/leave").url.endswith("said=calls.left")
    assert Claim.objects.get().state == "done"


def test_a_lead_posts_after_seeing_what_is_open_and_sees_roster_code_and_waitlist(here: Place) -> None:
    body = unit(here)
    first, second = volunteers(here, 2, unit=body)
    called(here, 3, where="street")
    lead = client_of(here, "lead")
    form = text_of(lead.get("/calls/new?task=guide"))
    assert form.index("Open already") < form.index('<form class="form') and "accounts in District A" in form
    day = (clock.now() + timedelta(days=1)).astimezone().date().isoformat()
    sent = {"id": uuid4(), "task": "guide", "on": day, "days": "2", "from": "21:00", "until": "01:00", "places": "1",
            "where": "东门", "asked": str(here.area["district"])}  # fmt: skip
    for _ in range(2):
        assert lead.post("/calls/new", sent).status_code == 302
    call = Call.objects.get(id=sent["id"])
    shifts = list(call.shifts.order_by("starts_at"))
    assert len(shifts) == 2 and shifts[0].ends_at - shifts[0].starts_at == 4 * HOUR and call.title["zh"] == "引导"
    press(browser_of(first), shifts[0])
    press(browser_of(second), shifts[0], waits="1")
    page = text_of(lead.get(f"/calls/{call.id}"))
    assert first.label in page and second.label in page and "市财政局" in page and "Waitlist" in page
    assert check_in_code(shifts[0], by=here.system) in page and "data:image/svg+xml" in page
    assert lead.post(f"/calls/shifts/{shifts[0].id}/places", {"places": "2"}).status_code == 302
    assert Claim.objects.filter(state="claimed").count() == 2
    refusal(lead.post(f"/calls/shifts/{shifts[0].id}/places", {"places": "many"}), 422, "base.invalid")
    refusal(lead.post(f"/calls/{call.id}/close", {"why": ""}), 422, "calls.unfit")
    assert lead.post(f"/calls/{call.id}/close", {"why": "够了"}).status_code == 302
    assert "够了" in text_of(lead.get(f"/calls/{call.id}"))
    for wrong in ({"from": "noon"}, {"places": "0"}, {"days": "15"}, {"task": "juggling"}):
        answer = lead.post("/calls/new", {**sent, "id": uuid4(), **wrong})
        assert answer.status_code == 422, wrong
    assert Call.objects.count() == 2


@pytest.mark.parametrize("post", ["neighbour", "neighbour_grid", "volunteer"])
def test_a_stranger_sees_no_roster_and_changes_nothing_by_any_form(here: Place, post: str) -> None:
    [who] = volunteers(here, 1)
    call = called(here, 1, asked_area_id=here.area["committee"])
    shift = shift_of(call)
    press(browser_of(who), shift)
    claim, client = Claim.objects.get(), client_of(here, post)

    def standing() -> list[object]:
        return [sorted(map(str, t.objects.values_list())) for t in (Call, Shift, Claim)]

    before = standing()
    page = client.get(f"/calls/{call.id}")
    assert who.label not in text_of(page) and check_in_code(shift, by=here.system) not in text_of(page)
    forms: list[tuple[str, dict[str, object]]] = [
        (f"/calls/new?area={here.area['committee']}", {"task": "guide"}),
        (f"/calls/{call.id}/close", {"why": "r"}),
        (f"/calls/shifts/{shift.id}/places", {"places": "9"}),
        (f"/calls/shifts/{shift.id}/settle", {}),
        *((f"/calls/claims/{claim.id}/{act}", {"code": "123456"})
          for act in ("come", "leave", "confirm", "release", "present", "absent")),
    ]  # fmt: skip
    for address, sent in forms:
        assert client.post(address, {"id": uuid4(), **sent}).status_code in (403, 404), address
    if post != "volunteer":
        assert page.status_code == 404 and press(client, shift).status_code in (403, 409)
    assert standing() == before


def test_who_takes_no_shifts_sees_the_board_and_who_serves_nowhere_nothing(here: Place) -> None:
    called(here, 3)
    assert client_of(here, "command").get("/calls").url == "/calls/led"
    page = text_of(client_of(here, "command").get("/calls/led"))
    assert "3 people still needed" in page and "Missing by hour" in page
    refusal(client_of(here, "auditor").get("/calls/led"), 403, "accounts.right_missing")
    refusal(client_of(here, "tracer").get("/calls/new"), 403, "accounts.right_missing")


def _questions(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(statements(seen))


def test_pages_ask_no_more_for_many_shifts_than_for_few(here: Place) -> None:
    people = volunteers(here, 8)
    call = called(here, 2, 2)
    press(browser_of(people[0]), shift_of(call))
    clients = {"/calls": browser_of(people[0]), "/calls/mine": browser_of(people[0]),
               f"/calls/{call.id}": client_of(here, "lead"), "/calls/led": client_of(here, "lead"),
               "/calls/turnout": client_of(here, "lead"), "/calls/new": client_of(here, "lead")}  # fmt: skip
    few = {a: _questions(c, a) for a, c in clients.items()}
    for n in range(6):
        called(here, 5, 5, begins=(12 + n) * HOUR)
    for who in people[1:]:
        press(browser_of(who), shift_of(call), waits="1")
    many = {a: _questions(c, a) for a, c in clients.items()}
    assert many == few and max(many.values()) <= 14, many


def test_the_head_of_a_body_sees_the_turnout_of_its_people(here: Place) -> None:
    body = unit(here)
    [who] = volunteers(here, 1, unit=body)
    [head] = volunteers(here, 1, unit=body, role="resident")
    grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=here.area["city"], until_at=None,
               body_id=body, delegates=["volunteer"], by=here.system, at=here.at)  # fmt: skip
    shift = shift_of(called(here, 1))
    press(browser_of(who), shift)
    until = shift.starts_at.astimezone(LOCAL).date()  # late in the evening the shift begins tomorrow
    page = text_of(browser_of(head).get(f"/calls/turnout?until={until}"))
    assert "市财政局" in page and who.label in page and "0 person-times" in page
    assert "市财政局" not in text_of(client_of(here, "neighbour").get("/calls/turnout"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_who_would_serve_without_rest_is_told_and_may_ask_the_lead_who_says_why(here: Place, language: str) -> None:
    [who, other] = volunteers(here, 2)
    call = called(here, 1, 1, 1, begins=HOUR, lasts=5 * HOUR)  # fifteen hours in three shifts
    first, second, third = (shift_of(call, n) for n in range(3))
    own = browser_of(who, language)
    press(own, first)
    assert press(own, second).status_code == 302  # ten hours on end
    answer = press(own, third)
    sheet = refusal(answer, 409, "calls.too_many_hours", language)
    assert "15" in sheet and "12" in sheet and 'name="why"' in sheet
    assert press(own, third, why="接班的人发烧了").url.endswith("said=calls.asking")
    press(own, third, why="接班的人发烧了")  # pressed twice: one asking
    claim = Claim.objects.get(shift=third)
    third.refresh_from_db()
    assert (claim.state, third.taken, third.waiting) == ("asking", 0, 0)
    lead = client_of(here, "lead", language)
    page = text_of(lead.get(f"/calls/{call.id}"))
    assert "接班的人发烧了" in page
    for post in ("neighbour", "volunteer"):
        refused = client_of(here, post).post(f"/calls/claims/{claim.id}/allow", {"says": "yes", "why": "x"})
        assert refused.status_code in (403, 404)
    refusal(lead.post(f"/calls/claims/{claim.id}/allow", {"says": "yes", "why": " "}), 422, "calls.reason_missing",
            language)  # fmt: skip
    assert lead.post(f"/calls/claims/{claim.id}/allow", {"says": "yes", "why": "已安排晚饭和轮休"}).status_code == 302
    claim.refresh_from_db(), third.refresh_from_db()
    assert (claim.state, third.taken, claim.allowed_by) == ("claimed", 1, here.accounts["lead"].id)
    assert claim.allowed_why == "已安排晚饭和轮休"
    # Nobody else has the place now: the next one in line waits.
    press(browser_of(other), third, waits="1")
    assert Claim.objects.get(shift=third, account_id=other.id).state == "waiting"


def test_an_asking_that_is_refused_or_taken_back_holds_no_place(here: Place) -> None:
    [who] = volunteers(here, 1)
    call = called(here, 1, 1, begins=HOUR, lasts=7 * HOUR)
    first, second = shift_of(call, 0), shift_of(call, 1)
    own, lead = browser_of(who), client_of(here, "lead")
    press(own, first)
    press(own, second, why="x")
    claim = Claim.objects.get(shift=second)
    assert "asked the lead" in text_of(own.get("/calls/mine"))
    assert lead.post(f"/calls/claims/{claim.id}/allow", {"says": "no", "why": "请休息"}).status_code == 302
    claim.refresh_from_db(), second.refresh_from_db()
    assert (claim.state, claim.allowed_why, second.taken) == ("released", "请休息", 0)
    press(own, second, why="once more")
    again = Claim.objects.get(shift=second, state="asking")
    assert own.post(f"/calls/claims/{again.id}/release").status_code == 302
    second.refresh_from_db()
    assert second.taken == 0 and not Claim.objects.filter(shift=second, state="asking").exists()


def test_what_came_between_an_asking_and_its_answer_is_minded(here: Place) -> None:
    [who] = volunteers(here, 1)
    call = called(here, 1, 1, begins=HOUR, lasts=7 * HOUR)
    other = called(here, 1, begins=9 * HOUR, lasts=2 * HOUR, where="committee2")
    first, second = shift_of(call, 0), shift_of(call, 1)
    own, lead = browser_of(who), client_of(here, "lead")
    press(own, first)
    press(own, second, why="x")
    claim = Claim.objects.get(shift=second)
    assert press(own, shift_of(other)).status_code == 302  # two hours inside the time asked for
    yes = {"says": "yes", "why": "y"}
    refusal(lead.post(f"/calls/claims/{claim.id}/allow", yes), 409, "calls.collides")
    own.post(f"/calls/claims/{Claim.objects.get(shift__call=other).id}/release")
    Call.objects.filter(id=call.id).update(state="closed")
    refusal(lead.post(f"/calls/claims/{claim.id}/allow", yes), 409, "calls.closed")
    claim.refresh_from_db(), second.refresh_from_db()
    assert (claim.state, second.taken) == ("asking", 0)


def test_what_is_posted_while_an_emergency_lasts_belongs_to_it_unless_somebody_says_otherwise(here: Place) -> None:
    incident, lead = outbreak_in(here, at=here.at), client_of(here, "lead")
    sent = {"task": "registration", "on": (here.at.astimezone(LOCAL) + timedelta(days=1)).date().isoformat(),
            "days": "1", "from": "08:00", "until": "12:00", "places": "2"}  # fmt: skip
    address = f"/calls/new?area={here.area['committee']}"
    page = lead.get(address).content.decode()
    assert page.index(str(incident.id)) < page.index("no incident: everyday work")

    def of(client: Client, address: str, **more: object) -> object:
        made = uuid4()
        answer = client.post(address, {"id": made, **sent, **more})
        return Call.objects.get(id=made).incident_id if answer.status_code == 302 else answer

    assert of(lead, address) == of(lead, address, incident=incident.id) == incident.id
    assert of(lead, address, incident="none") is None
    refusal(of(lead, address, incident=uuid4()), 422, "base.invalid")
    beside = client_of(here, "neighbour")
    there = f"/calls/new?area={here.area['neighbour_committee']}"
    assert "everyday work" not in text_of(beside.get(there)) and of(beside, there) is None
    refusal(of(beside, there, incident=incident.id), 422, "base.invalid")  # another district's response
    posts = lead.post("/rosters/posts", {"id": uuid4(), "area": here.area["committee"], "names": "东门\n西门", **sent,
                                         "shape": "once", "hours": "8", "first_day": sent["on"]})  # fmt: skip
    assert posts.status_code == 302
    assert set(Call.objects.filter(where__in=("东门", "西门")).values_list("incident_id", flat=True)) == {incident.id}
    out = uuid4()
    told = {"id": out, "area": here.area["committee"], "words": "集合", "needed": "1", "minutes": "10", "repeats": "3",
            "meet": (here.at + HOUR).astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    volunteers(here, 2)
    assert client_of(here, "command").post("/call-outs/new", told).status_code == 302
    assert CallOut.objects.get(id=out).incident_id == incident.id


def test_the_wall_says_how_many_stand_on_post_of_how_many_needed_and_which_posts_have_nobody(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = client_of(here, "command")
    assert "On post now" not in text_of(wall.get("/wall"))
    who, other = volunteers(here, 2)
    shift = shift_of(called(here, 3, begins=HOUR))
    called(here, 2, begins=HOUR, task="patrol")
    called(here, 9, begins=HOUR, where="neighbour_committee")  # another district's
    claim = uuid4()
    for account, i in ((who, claim), (other, uuid4())):
        client = browser_of(account)
        assert client.post(f"/calls/shifts/{shift.id}/claim", {"id": i}).status_code == 302
    monkeypatch.setattr(clock, "now", lambda: shift.starts_at + timedelta(minutes=1))
    assert client_of(here, "lead").post(f"/calls/claims/{claim}/present").status_code == 302
    page = text_of(wall.get("/wall"))
    assert re.search(r"On post now.*of 5 places.*4 still needed.*<dd>1 ", page) and "with nobody" not in page
    monkeypatch.setattr(clock, "now", lambda: shift.starts_at + timedelta(minutes=45))
    assert "1 post with nobody" in text_of(wall.get("/wall"))
    assert "On post now" not in text_of(client_of(here, "auditor").get("/wall"))
