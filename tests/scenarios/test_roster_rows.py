"""Rows of rosters shown through pages: a squad takes turns, posts in bulk, a post by the lunar calendar, a ward."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db.models import Q

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Claim, Rhythm, Shift, Swap
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Team
from lianfang.flows.run_due import run_due
from tests.factories.call import volunteers
from tests.factories.people import serving
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, travel
from tests.web.pages import client_of, refusal, text_of

DAY = timedelta(days=1)


def opened(place: Place, names: str, **more: str) -> list[Call]:
    """Open posts by their page."""
    sent = {"id": uuid4(), "area": place.area["committee"], "names": names, "task": "registration", "places": "1",
            "shape": "clock", "hours": "8", "from": "08:00", "first_day": "", "last_day": "", **more}  # fmt: skip
    answer = client_of(place, "lead").post(f"/rosters/posts?area={place.area['committee']}", sent)
    assert answer.status_code == 302, text_of(answer)
    return list(Call.objects.filter(where__in=names.splitlines()).order_by("where"))


def squad(place: Place, n: int, **card: object) -> tuple[Team, list[Account]]:
    """A squad of so many, formed and filled by its pages."""
    people, head = volunteers(place, n), client_of(place, "lead")
    serving(place, *people, **card)
    sent = {"id": uuid4(), "area": place.area["committee"], "names": "卡口临时支部", "kind": "pioneer", "basis": "post"}
    head.post("/teams/form", sent)
    made = Team.objects.get(name="卡口临时支部")
    head.post(f"/teams/{made.id}/put", {"people": [str(p.id) for p in people], "role": ""})
    return made, people


def picks(page: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)" checked', page)


@pytest.mark.row("S2-04")
def test_members_of_a_checkpoints_squad_take_turns_swap_and_see_what_is_uncovered(place: Place, now: datetime) -> None:
    made, people = squad(place, 10)
    first = now.astimezone(LOCAL).date() + DAY
    [call] = opened(place, "东门卡口", first_day=first.isoformat(), last_day=(first + 6 * DAY).isoformat())
    head = client_of(place, "lead")
    board = text_of(head.get(f"/rosters?area={place.area['committee']}&from={first}&days=7"))
    assert "1 post with an hour of nobody" in board and "Call 1 person" in board

    page = text_of(head.get(f"/rosters/{call.id}?propose=1&team={made.id}&from={first}&days=7"))
    assert "every shift is covered" in page and "no rule broken" in page
    ticked = picks(page)
    assert len(ticked) == 21
    answer = head.post(f"/rosters/{call.id}/adopt", {"id": uuid4(), "pick": ticked[:-1]})
    assert answer.status_code == 302 and Claim.objects.filter(shift__call=call, state="claimed").count() == 20
    turns = [Claim.objects.filter(account_id=p.id).count() for p in people]
    assert max(turns) - min(turns) <= 1 + 1  # one turn was left open
    assert Message.objects.filter(template="roster-adopted").values("recipient_id").distinct().count() == 10

    # What was left open is shown as nobody, with a form of a call that is filled in.
    page = text_of(head.get(f"/rosters/{call.id}?from={first}&days=7"))
    [fill] = re.findall(r'href="(/calls/new\?[^"]+)">Call 1 person', page)
    form = text_of(head.get(fill))
    open_shift = Shift.objects.get(call=call, taken=0)
    begins = open_shift.starts_at.astimezone(LOCAL)
    assert f'value="{begins:%H:%M}"' in form and f'value="{begins.date()}"' in form and 'value="1"' in form

    # A swap: asked on one phone, agreed with one tap on the other.
    mine = Claim.objects.filter(shift__call=call, state="claimed").order_by("shift__starts_at").first()
    assert mine is not None
    asker = Account.objects.get(id=mine.account_id)
    other = Claim.objects.filter(shift__call=call, state="claimed").exclude(account_id=asker.id).order_by(
        "-shift__starts_at").first()  # fmt: skip
    assert other is not None
    to = f"{other.account_id} {other.id}"
    phone = browser_of(asker)
    assert to in text_of(phone.get("/calls/mine"))
    phone.post(f"/calls/claims/{mine.id}/swap", {"id": uuid4(), "to": to})
    swap = Swap.objects.get()
    theirs = browser_of(Account.objects.get(id=other.account_id))
    assert f"{asker.label} asks you to take this shift" in text_of(theirs.get("/calls/mine"))
    answer = theirs.post(f"/calls/swaps/{swap.id}/answer", {"says": "yes"})
    assert answer.status_code == 302, text_of(answer)
    assert Claim.objects.get(shift=mine.shift, state="claimed").account_id == other.account_id
    assert Claim.objects.get(shift=other.shift, state="claimed").account_id == asker.id

    # By hand: onto the open shift; and a move that claiming refuses, with its reason.
    given = Claim.objects.filter(shift__call=call, state="claimed").exclude(shift=open_shift)
    turns = Counter(given.values_list("account_id", flat=True))
    moved = given.filter(account_id__in=[i for i, n in turns.items() if n > 1]).first()  # who has two turns
    assert moved is not None
    mine_too = Q(claims__account_id=moved.account_id)
    full = Shift.objects.filter(call=call, taken=1).exclude(mine_too).first()
    assert full is not None
    answer = head.post(f"/rosters/claims/{moved.id}/move", {"id": uuid4(), "shift": full.id})
    assert answer.status_code == 409 and re.search("the shift is full|would (have|serve)|has a shift", text_of(answer))
    held = Claim.objects.filter(account_id=moved.account_id, state="claimed").exclude(id=moved.id)
    own = Shift.objects.filter(id__in=held.values("shift_id"), call=call, taken=1).first()
    assert own is not None
    answer = head.post(f"/rosters/claims/{moved.id}/move", {"id": uuid4(), "shift": own.id})
    assert answer.status_code == 409 and "has a shift at that time" in text_of(answer)
    assert Claim.objects.get(id=moved.id).state == "claimed"
    refusal(client_of(place, "neighbour").post(f"/rosters/{call.id}/adopt", {"id": uuid4(), "pick": ticked[-1]}), 404,
            "calls.missing")  # fmt: skip
    refusal(client_of(place, "neighbour").get(f"/rosters/{call.id}"), 404, "calls.missing")


@pytest.mark.row("S3-03")
def test_teams_and_154_posts_are_opened_from_a_template_and_every_hour_says_who_holds_it(
    place: Place, now: datetime
) -> None:
    head = client_of(place, "lead")
    names = "\n".join(f"{n}号先锋岗" for n in range(1, 155))
    squads = "\n".join(f"{n}号先锋队" for n in range(1, 15))
    head.post("/teams/form", {"id": uuid4(), "area": place.area["committee"], "names": squads, "kind": "pioneer",
                              "basis": "unit"})  # fmt: skip
    assert Team.objects.count() == 14
    first = now.astimezone(LOCAL).date() + DAY
    calls = opened(place, names, first_day=first.isoformat(), last_day=first.isoformat(), hours="12")
    assert len(calls) == 154 and Shift.objects.count() == 308
    people = volunteers(place, 2)
    serving(place, *people)
    [one] = [c for c in calls if c.where == "7号先锋岗"]
    shifts = list(one.shifts.order_by("starts_at"))
    asks = [f"{s.id} {p.id}" for s, p in zip(shifts, people, strict=True)]
    assert head.post(f"/rosters/{one.id}/adopt", {"id": uuid4(), "pick": asks}).status_code == 302
    [two] = [c for c in calls if c.where == "8号先锋岗"]
    again = two.shifts.order_by("starts_at").last()
    answer = head.post(f"/rosters/{two.id}/adopt", {"id": uuid4(), "pick": f"{again.id} {people[0].id}"})
    assert answer.status_code == 200 and "would serve too long without a rest" in text_of(answer)

    page = text_of(head.get(f"/rosters?area={place.area['committee']}&from={first}&days=1"))
    assert "153 posts with an hour of nobody" in page and "Shown 60 of 154" in page
    page = text_of(head.get(f"/rosters?area={place.area['committee']}&from={first}&days=1&shown=180"))
    assert "Shown" not in page and all(f"{n}号先锋岗" in page for n in (1, 77, 154))
    assert "<dd>2</dd>" in page and "<dd>306</dd>" in page  # people, places open: 308 less 2
    page = text_of(head.get(f"/rosters/{one.id}?from={first}&days=2"))
    assert "held at all hours" in page and all(p.label in page for p in people)


@pytest.mark.row("S2-56")
def test_a_shift_comes_again_every_day_from_a_lunar_date_until_it_is_ended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.combine(date(2027, 2, 5), time(9), LOCAL)  # the last day of the lunar year
    travel(monkeypatch, at)
    place.at = at
    [call] = opened(place, "小区服务岗", first_day="正月初三", shape="once", **{"from": "07:30", "until": "11:30"})
    rhythm = Rhythm.objects.get(call=call)
    assert rhythm.from_on == date(2027, 2, 8) and rhythm.until_on is None
    page = text_of(client_of(place, "lead").get(f"/rosters/{call.id}"))
    assert "8 Feb" in page and "正月初三" in page and "until ended" in page

    [she] = volunteers(place, 1)
    serving(place, she)
    rows = Shift.objects.filter(call=call).order_by("starts_at")
    asks = [f"{s.id} {she.id}" for s in rows]
    assert client_of(place, "lead").post(f"/rosters/{call.id}/adopt", {"id": uuid4(), "pick": asks}).status_code == 302
    for days in (10, 20):
        travel(monkeypatch, at + days * DAY)
        run_due(channels={}, by=place.system, at=at + days * DAY)
    starts = [s.starts_at.astimezone(LOCAL) for s in rows.all()]
    assert [s.date() for s in starts] == [date(2027, 2, 8) + n * DAY for n in range(len(starts))]
    assert {s.time() for s in starts} == {time(7, 30)} and starts[-1].date() > (at + 30 * DAY).date()

    ends = client_of(place, "lead").post(f"/rosters/{call.id}/end", {"until": "正月二十五"})
    assert ends.status_code == 302, text_of(ends)
    assert rows.filter(places__gt=0).last().starts_at.astimezone(LOCAL).date() == date(2027, 3, 2)
    run_due(channels={}, by=place.system, at=at + 25 * DAY)
    assert rows.filter(places__gt=0, starts_at__gt=at + 26 * DAY).count() == 0
    refusal(client_of(place, "lead").post(f"/rosters/{call.id}/end", {"until": "十三月初一"}), 422, "base.invalid")


@pytest.mark.row("S4-32")
def test_a_closed_wards_rota_shows_days_inside_the_rotation_rest_strength_and_relief(
    place: Place, now: datetime
) -> None:
    made, people = squad(place, 4)
    first = now.astimezone(LOCAL).date() + DAY
    last = (first + 27 * DAY).isoformat()
    [ward] = opened(place, "隔离病区", first_day=first.isoformat(), last_day=last, shape="once", until="14:00")
    head = client_of(place, "lead")
    page = text_of(head.get(f"/rosters/{ward.id}?propose=1&team={made.id}&from={first}&days=14&closed=1"))
    assert re.search(r"relieved \d+ \w+, rests until \d+ \w+", page) and "no rule broken" in page
    assert all(p.label in page for p in people)
    lines = re.findall(r'<tr><th scope="row">.*?</tr>', page, re.S)
    for line in lines:
        on = "".join("x" if 'name="pick"' in c else "." for c in re.findall(r"<td>.*?</td>", line, re.S)[:14])
        assert all(len(off) >= 7 for off in re.findall(r"(?<=x)\.+(?=x)", on)), on
