"""A job comes or a car fails: the dispatcher sees what a new plan changes for whom, and adopts it in one press."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.messages.models import Message
from tests.domains.dispatch.planning.test_replanning import quick_plans
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_trip_rows import MINUTE, Patch, crewed, dweller, now, proposed, ride, sent_out, typed, vehicle
from tests.web.pages import client_of, refusal, text_of

__all__ = ["now", "quick_plans"]
pytestmark = pytest.mark.usefixtures("quick_plans")
STREET = "street"


def at_of(r: Ride, what: str = "in") -> datetime:
    return Stop.objects.get(ride=r, what=what).planned_at


def replanned(place: Place, post: str = STREET, **sent: Any) -> tuple[str, dict[str, list[str]]]:
    """The page of a new plan, and what its one form holds."""
    answer = client_of(place, post).post("/trips/replan", {"area": place.area["street"], **sent})
    assert answer.status_code == 200, text_of(answer)
    text = text_of(answer)
    form = re.search(r'<form method="post" action="/trips/replan/adopt">(.*?)</form>', text, re.S)
    names = ("id", "off", "trip", "stop", "why")
    return text, {n: re.findall(rf'name="{n}" value="([^"]*)"', form.group(1)) for n in names} if form else {}


def medic(place: Place, n: int, at: datetime, **more: object) -> Ride:
    """Somebody who goes to work at an hour."""
    return ride(place, "grid", f"?person={dweller(place, n)}", kind="appointed", end="采样点",
                **{"from": typed(at)} | more)  # fmt: skip


def adopt(place: Place, form: dict[str, list[str]], post: str = STREET) -> Any:
    return client_of(place, post).post("/trips/replan/adopt", form)


def test_a_job_that_comes_is_put_between_what_was_said_and_nobody_who_was_told_a_time_is_moved(
    place: Place, now: datetime
) -> None:
    crewed(place, vehicle(place, "car"), now)
    late = medic(place, 0, now + 8 * HOUR)
    kept = sent_out(place, late)
    said = at_of(late)
    # The one car has a trip in the afternoon; the usual proposal looks only behind it, where the morning is over.
    early = medic(place, 3, now + 1 * HOUR, arrive=typed(now + 2 * HOUR))
    text, forms = proposed(place, early)
    assert forms == [] and "Plan anew with trips that have not left" in text
    page, form = replanned(place)
    assert (
        "nothing changes for anybody" in page
        and "1 ride that waited has a car" in page
        and "1 planned trip stays as it is" in page
        and form["off"] == []
    )
    for _ in range(2):  # pressed twice
        assert adopt(place, form).url == "/trips?said=dispatch.replanned"
    early.refresh_from_db()
    assert early.state == "assigned" and Trip.objects.count() == 2
    assert at_of(early) < now + 2 * HOUR and at_of(late) == said
    assert Trip.objects.get(id=kept.id).state == "planned"
    assert "The plan stands as it is." in replanned(place)[0]
    # Who plans elsewhere sees nothing of it and changes nothing.
    assert f"№{late.number}" not in replanned(place, "street2")[0]
    stolen = form | {"id": [str(kept.id)[::-1]], "off": [str(kept.id)]}
    assert adopt(place, stolen, "street2").status_code in (403, 404, 422)
    assert Trip.objects.get(id=kept.id).state == "planned"


def test_a_car_that_fails_goes_to_another_at_the_same_hour_all_or_nothing_and_each_is_told(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    broken, whole = vehicle(place, "car"), vehicle(place, "car")
    first = crewed(place, broken, now)
    a, b = medic(place, 0, now + 2 * HOUR), medic(place, 3, now + 5 * HOUR)
    gone = medic(place, 4, now + 1 * HOUR)
    under_way, trips = sent_out(place, gone), [sent_out(place, a), sent_out(place, b)]
    second = crewed(place, whole, now)
    said = {r.id: at_of(r) for r in (a, b)}
    travel(monkeypatch, now + HOUR)
    assert browser_of(first).post(f"/calls/drive/{under_way.id}").status_code == 302  # it has left
    travel(monkeypatch, now + HOUR + 10 * MINUTE)
    button = text_of(client_of(place, STREET).get(f"/trips/{trips[0].id}"))
    assert "Plan anew without this car" in button
    page, form = replanned(place, without=str(broken.id), why="车坏了")
    assert "something changes for 2 rides" in page and page.count("✓ as said") == 2
    assert set(form["off"]) == {str(t.id) for t in trips}  # who is under way is left alone
    # One of the trips leaves before the press: nothing of the plan is adopted.
    assert browser_of(first).post(f"/calls/drive/{trips[0].id}").status_code in (302, 409)
    Trip.objects.filter(id=trips[0].id).update(state="out")
    refusal(adopt(place, form), 409, "dispatch.state")
    assert Trip.objects.filter(state="cancelled").count() == 0 and Trip.objects.count() == 3
    Trip.objects.filter(id=trips[0].id).update(state="planned")
    told = Message.objects.count()
    for _ in range(2):
        assert adopt(place, form).status_code == 302
    new = Trip.objects.filter(vehicle=whole)
    assert {t.driver_id for t in new} == {second.id} and new.count() == Trip.objects.filter(state="cancelled").count()
    assert {r.id: at_of(r) for r in (a, b)} == said
    assert Trip.objects.get(id=under_way.id).state == "out"
    heard = Message.objects.order_by("made_at")[told:]
    off = {(m.recipient_id, m.about_id) for m in heard if m.template == "ride-off"}
    assert off == {(first.id, a.id), (first.id, b.id)}
    assert {m.recipient_id for m in heard if m.template == "trip-new"} == {second.id}
    assert not [m for m in heard if m.template == "ride-waits-again"]


def test_where_no_other_car_is_free_who_was_told_a_time_is_named_and_waits_again(place: Place, now: datetime) -> None:
    only = vehicle(place, "car")
    crewed(place, only, now)
    r = medic(place, 0, now + 2 * HOUR)
    trip = sent_out(place, r)
    crewed(place, vehicle(place, "car"), now, hours=1)  # whoever drives the other one goes home before
    page, form = replanned(place, without=str(only.id))
    assert "no car" in page and "1 without a car" in page and form["trip"] == []
    assert adopt(place, form).status_code == 302
    r.refresh_from_db()
    trip.refresh_from_db()
    assert (r.state, trip.state) == ("asked", "cancelled")
    assert Message.objects.filter(template="ride-waits-again", about_id=r.id).count() >= 1
    assert "Wait for a car" in text_of(client_of(place, STREET).get("/trips"))
    refusal(client_of(place, STREET).post("/trips/replan/adopt", {"trip": "x|y"}), 422, "base.invalid")
    refusal(client_of(place, STREET).post("/trips/replan/adopt", {}), 422, "base.invalid")
