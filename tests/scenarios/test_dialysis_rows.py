"""Rows of treatment that comes again: rides asked for ahead by weekday, a wheelchair lent, a treatment missed told."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localtime

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.models import Ride, Trip
from lianfang.domains.grid.models import Person
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Place as Ward
from lianfang.domains.places.models import Stay
from lianfang.domains.work.models import Item, Plan
from lianfang.flows import planned_rides
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.scenarios.test_need_rows import due, moved
from tests.scenarios.test_trip_rows import crewed, dweller, proposed, step, vehicle, ward
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT = time(14, 0)
SAID = {"f-what": "尿毒症透析", "f-sort": "dialysis", "f-way": "car", "f-escort": "女儿", "f-aid": "wheelchair",
        "f-lasts_minutes": "240", "f-phone": "13900001111"}  # fmt: skip


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def planned(place: Place, who: UUID, goal: Ward, days: list[datetime]) -> Plan:
    """A plan by weekday, made on its page and pressed twice; without its hour or its place it is refused."""
    grid, address = client_of(place, "grid"), "/plans/new/medical-trip"
    page = grid.get(f"{address}?unit={who}")
    assert f'<option value="{goal.name}">' in text_of(page)  # open places of treatment are offered by name
    form = {k: v[-1] for k, v in form_of(page, "").items() if k != "weekday"} | SAID
    form |= {"how": "weekdays", "weekday": [str(d.isoweekday()) for d in days], "f-where": goal.name,
             "at_time": AT.strftime("%H:%M"), "owner": str(place.accounts["grid"].id)}  # fmt: skip
    refusal(grid.post(address, form | {"at_time": ""}), 422, "work.plan_unfit")
    refusal(grid.post(address, form | {"f-where": ""}), 422, "work.plan_unfit")
    for _ in range(2):
        assert grid.post(address, form).status_code == 302
    return Plan.objects.get(unit_id=who)


def morning(at: datetime, days: int) -> datetime:
    return localtime(at + days * DAY).replace(hour=8, minute=30)


def hour_of(item: Item) -> datetime:
    assert item.due_at
    return item.due_at


def told(post: Account, template: str, about: UUID) -> int:
    return Message.objects.filter(recipient_id=post.id, template=template, about_id=about).count()


@pytest.mark.row("S1-37")
def test_dialysis_three_days_a_week_has_its_rides_asked_for_ahead_a_wheelchair_lent_and_a_missed_one_told_at_once(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    goal, who = ward(place, {"chair": 4}, "dialysis-room"), dweller(place)
    days = [localtime(now + n * DAY) for n in (2, 4, 6)]
    plan = planned(place, who, goal, days)
    # Two days ahead, in the morning, trip and ride are there, and home again; however often the job runs.
    for minutes in (0, 1, 45):
        due(place, now + minutes * MINUTE)
    item = Item.objects.get(kind="medical-trip")
    out, home = Ride.objects.get(outward=None), Ride.objects.get(outward__isnull=False)
    hour = days[0].replace(hour=14, minute=0)
    assert (hour_of(item), out.arrive_by, out.person_id, out.item_id) == (hour, hour, who, item.id)
    assert (out.kind, out.path, out.to_place_id, out.to_class) == ("medical", "dialysis", goal.id, "chair")
    assert out.places == {"wheelchair": 1, "seat": 1} and out.heads == 2  # his own place, and his escort's
    assert out.asked_by == place.accounts["grid"].id and out.ready_at < hour
    assert (home.ready_at, home.from_place_id, home.places) == (hour + 4 * HOUR, goal.id, out.places)
    page = text_of(client_of(place, "grid").get(f"/work/{item.id}"))
    assert f"/rides/{out.id}" in page and f"/plans/{plan.id}" in page
    assert "女儿" in text_of(client_of(place, "street").get(f"/rides/{out.id}"))
    # The wheelchair is asked for, lent with its number, told when it is due back, and returned.
    loan = Item.objects.get(kind="aid-loan")
    assert (loan.state, loan.unit_id, loan.values) == ("asked", who, {"thing": "wheelchair"})
    grid = client_of(place, "grid")
    assert grid.post(f"/work/{loan.id}/move", {"id": uuid4(), "move": "lend"}).status_code == 422
    moved(grid, loan, "lend", number="轮椅 7 号", days="5")
    loan.refresh_from_db()
    assert loan.state == "lent" and hour_of(loan) - now == 5 * DAY
    board = text_of(client_of(place, "lead").get("/work?kind=aid-loan"))
    assert "Wheelchair" in board and "轮椅 7 号" in board and "Lent" in board
    # The first day: a van with its crew, the chair kept, brought there and handed over.
    travel(monkeypatch, morning(now, 2))
    car = vehicle(place, "van")
    driver = crewed(place, car, morning(now, 2), hours=14)
    _, forms = proposed(place, out, home)
    for f in forms:
        assert client_of(place, "street").post("/trips/adopt", f).status_code == 302
    due(place, morning(now, 2) + MINUTE)
    item.refresh_from_db()
    assert item.state == "arranged" and Stay.objects.filter(place_id=goal.id, person_id=who).count() == 1
    out.refresh_from_db()
    drive = browser_of(driver)
    travel(monkeypatch, hour - HOUR)
    step(drive, out, "load")
    due(place, hour - HOUR)
    item.refresh_from_db()
    assert item.state == "away"
    travel(monkeypatch, hour - 15 * MINUTE)
    step(drive, out, "arrive")
    step(drive, out, "hand_over", post="透析室护士站")
    for minutes in (-10, 0, 30):
        due(place, hour + minutes * MINUTE)
    item.refresh_from_db()
    assert item.state == "there" and not Message.objects.filter(template="treatment-missed").exists()
    moved(grid, item, "done", outcome="平稳")
    # The second day nobody is sent for: at the hour itself who does it and the lead hear, then it goes upward.
    due(place, morning(now, 4))
    second = Item.objects.get(kind="medical-trip", is_closed=False, due_at=days[1].replace(hour=14, minute=0))
    at = hour_of(second)
    due(place, at - MINUTE)
    assert Item.objects.get(id=second.id).state == "asked"
    for minutes in (0, 1, 2):
        due(place, at + minutes * MINUTE)
    assert Item.objects.get(id=second.id).state == "late"
    posts = place.accounts
    assert [told(posts[p], "treatment-missed", second.id) for p in ("grid", "lead", "street")] == [1, 1, 0]
    due(place, at + 16 * MINUTE)
    assert told(posts["street"], "treatment-missed", second.id) == 1
    assert Item.objects.get(id=second.id).owner_id == posts["grid"].id  # who does it goes on doing it
    travel(monkeypatch, at + 20 * MINUTE)
    for post, sees in (("grid", True), ("lead", True), ("street", True), ("neighbour_grid", False), ("grid2", False)):
        shown = text_of(client_of(place, post).get("/needs/urgent"))
        assert (f"/work/{second.id}" in shown) is sees and ("Not there by the hour" in shown) is sees
    assert client_of(place, "neighbour_grid").get(f"/work/{second.id}").status_code == 404
    assert grid.post(f"/work/{second.id}/move", {"id": uuid4(), "move": "lost"}).status_code == 422  # says what instead
    moved(grid, second, "lost", instead="医院同意今晚 20 点加一台")
    assert f"/work/{second.id}" not in text_of(grid.get("/needs/urgent"))
    # The third: its ride is called off in the morning; that is told then, not only at the hour.
    due(place, morning(now, 6))
    third = Item.objects.get(kind="medical-trip", is_closed=False, due_at=days[2].replace(hour=14, minute=0))
    ride = Ride.objects.get(item_id=third.id, outward=None)
    travel(monkeypatch, morning(now, 6))
    assert client_of(place, "street").post(f"/rides/{ride.id}/cancel", {"why": "没有车了"}).status_code == 302
    for _ in range(2):
        due(place, morning(now, 6) + MINUTE)
    assert Item.objects.get(id=third.id).state == "late"
    assert [told(posts[p], "treatment-missed", third.id) for p in ("grid", "lead")] == [1, 1]
    # The wheelchair is not back on its day: the lead hears; it came with every trip, and is lent once.
    assert Item.objects.filter(kind="aid-loan").count() == 1
    assert Message.objects.filter(template="work-told", about_id=loan.id, recipient_id=posts["lead"].id).count() == 1
    moved(grid, loan, "return", condition="fit")
    assert Item.objects.get(id=loan.id).state == "returned"
    # Every day of the rhythm had one ride there and one home again, and none was asked for twice.
    for n in range(7, 15):
        due(place, morning(now, n))
    opened = Item.objects.filter(kind="medical-trip")
    there = Ride.objects.filter(outward=None, item_id__in=opened.values("id"))
    assert opened.count() == there.count() == Ride.objects.exclude(outward=None).count() == 7
    assert {localtime(r.arrive_by).isoweekday() for r in there if r.arrive_by} == {d.isoweekday() for d in days}
    assert Trip.objects.count() == len(forms)


def test_a_ride_that_cannot_be_asked_is_told_once_and_one_who_is_not_at_the_door_is_missed_at_once(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    goal = ward(place, {"chair": 4}, "dialysis-room")
    plan = planned(place, dweller(place, 2), goal, [localtime(now + 2 * DAY)])
    Plan.objects.filter(id=plan.id).update(values={**plan.values, "escort": ""})
    Person.objects.filter(id=plan.unit_id).update(birth_year=now.year - 9)  # a child goes with somebody, or not at all
    for minutes in (0, 1):
        due(place, now + minutes * MINUTE)
    item = Item.objects.get(kind="medical-trip")
    assert not Ride.objects.exists()
    assert told(place.accounts["grid"], "ride-not-asked", item.id) == 1
    assert told(place.accounts["street"], "ride-not-asked", item.id) == 1
    # Asked for by hand then, with somebody who goes along; the driver finds nobody at the door.
    grid = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(grid.get(f"/rides/new?item={item.id}"), "/rides/new").items() if k != "flag"}
    form |= {"escort": "外婆", "aid": "wheelchair", "arrive": localtime(hour_of(item)).strftime("%Y-%m-%dT%H:%M"),
             "from": localtime(hour_of(item) - HOUR).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    assert grid.post("/rides/new", form).status_code == 302
    ride = Ride.objects.get(item_id=item.id)
    travel(monkeypatch, morning(now, 2))
    driver = crewed(place, vehicle(place, "van"), morning(now, 2), hours=14)
    _, [trip] = proposed(place, ride)
    assert client_of(place, "street").post("/trips/adopt", trip).status_code == 302
    ride.refresh_from_db()
    step(browser_of(driver), ride, "absent", why="敲门没人")
    due(place, morning(now, 2) + MINUTE)
    assert Item.objects.get(id=item.id).state == "late"
    assert told(place.accounts["lead"], "treatment-missed", item.id) == 1


def test_a_trip_that_is_called_off_has_its_rides_called_off_there_and_home_again(place: Place, now: datetime) -> None:
    goal = ward(place, {"chair": 4}, "dialysis-room")
    planned(place, dweller(place), goal, [localtime(now + 2 * DAY)])
    due(place, now)
    assert {r.state for r in Ride.objects.all()} == {"asked"} and Ride.objects.count() == 2
    moved(client_of(place, "grid"), Item.objects.get(kind="medical-trip"), "cancel", reason="住院了")
    for minutes in (1, 2):
        due(place, now + minutes * MINUTE)
    assert {r.state for r in Ride.objects.all()} == {"cancelled"} and Ride.objects.count() == 2
    assert not Message.objects.filter(template="treatment-missed").exists()


def test_trips_whose_ride_cannot_be_asked_for_keep_nobody_behind_them_from_being_fetched(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(planned_rides, "LIMIT", 1)  # as many are looked at in one go
    goal = ward(place, {"chair": 4}, "dialysis-room")
    child = planned(place, dweller(place, 2), goal, [localtime(now + DAY)])  # the sooner one
    Plan.objects.filter(id=child.id).update(values={**child.values, "escort": ""})
    Person.objects.filter(id=child.unit_id).update(birth_year=now.year - 9)
    due(place, now)
    assert Item.objects.filter(kind="medical-trip").count() == 1 and not Ride.objects.exists()
    planned(place, dweller(place), goal, [localtime(now + 2 * DAY)])
    for minutes in (1, 2):
        due(place, now + minutes * MINUTE)
    assert Ride.objects.filter(outward=None).count() == 1
