"""Posts in bulk from a template: shifts at all hours, made ahead by the job, until a day or until they are ended."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallUnfit
from lianfang.domains.calls.models import Call, Claim, Rhythm, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.rules import Turn, around_the_clock
from lianfang.domains.calls.services import (
    NewPost,
    claim_shift,
    end_rhythm,
    extend_rhythms,
    open_posts,
)
from lianfang.domains.messages.models import Message
from tests.factories.call import HOUR, acting, volunteers
from tests.factories.place import Place

DAY = timedelta(days=1)


def opened(place: Place, n: int, turns: list[Turn], **more: object) -> list[UUID]:
    posts = [NewPost(uuid4(), f"岗位{i}") for i in range(n)]
    given = {"area_id": place.area["committee"], "task": "registration", "turns": turns, "from_on": tomorrow(place),
             "until_on": None, "by": place.system, "at": place.at, **more}  # fmt: skip
    assert {o.code for o in open_posts(posts=posts, **given)} == {""}  # type: ignore[arg-type]
    return [p.id for p in posts]


def tomorrow(place: Place) -> date:
    return place.at.astimezone(LOCAL).date() + DAY


def test_154_posts_stand_at_once_with_somebody_asked_for_at_every_hour(place: Place) -> None:
    ids = opened(place, 154, around_the_clock(8, 1), until_on=tomorrow(place) + 2 * DAY)
    assert Call.objects.filter(id__in=ids).count() == 154 and Shift.objects.count() == 154 * 3 * 3
    spans = list(Shift.objects.filter(call_id=ids[7]).order_by("starts_at").values_list("starts_at", "ends_at"))
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert spans[-1][1] - spans[0][0] == 3 * DAY


def test_a_post_without_an_end_is_carried_on_day_by_day(place: Place) -> None:
    [call] = opened(place, 1, [Turn(time(8), 600, 1)])
    rows = Shift.objects.filter(call_id=call)
    assert rows.count() == 14
    assert extend_rhythms(by=place.system, at=place.at) == 0
    for n in range(1, 4):
        assert extend_rhythms(by=place.system, at=place.at + n * DAY) in (0, 1)
        assert extend_rhythms(by=place.system, at=place.at + n * DAY) == 0
    days = sorted(s.starts_at.astimezone(LOCAL).date() for s in rows)
    assert days == [days[0] + n * DAY for n in range(len(days))] and days[-1] >= tomorrow(place) + 15 * DAY


def test_ending_takes_later_shifts_back_and_tells_who_held_them(place: Place) -> None:
    [call] = opened(place, 1, [Turn(time(8), 600, 1)])
    first, *_, last = list(Shift.objects.filter(call_id=call).order_by("starts_at"))
    [who] = volunteers(place, 1)
    for s in (first, last):
        claim_shift(claim_id=uuid4(), shift_id=s.id, account_id=who.id, by=acting(who, place.at), at=place.at)
    end_rhythm(call_id=call, last_on=tomorrow(place), by=place.system, at=place.at)
    assert set(Shift.objects.filter(call_id=call, places__gt=0).values_list("id", flat=True)) == {first.id}
    assert Claim.objects.get(shift=first).state == "claimed" and Claim.objects.get(shift=last).state == "released"
    assert Message.objects.filter(template="rhythm-ended", recipient_id=who.id).count() == 1
    assert extend_rhythms(by=place.system, at=place.at + 5 * DAY) == 0
    end_rhythm(call_id=call, last_on=tomorrow(place), by=place.system, at=place.at + HOUR)
    assert Rhythm.objects.get(call_id=call).ended_at == place.at


@pytest.mark.parametrize(
    ("turns", "field"),
    [([], "turns"), ([Turn(time(8), 0, 1)], "turns"), ([Turn(time(8), 60, 0)], "turns"),
     ([Turn(time(8), 60, 1), Turn(time(8), 90, 1)], "turns")],
)  # fmt: skip
def test_turns_that_cannot_be_are_refused(place: Place, turns: list[Turn], field: str) -> None:
    with pytest.raises(CallUnfit) as refused:
        opened(place, 1, turns)
    assert refused.value.values["field"] == field


def test_a_name_twice_or_a_day_gone_by_is_refused(place: Place) -> None:
    twice = [NewPost(uuid4(), "东门"), NewPost(uuid4(), "东门")]
    given = {"area_id": place.area["committee"], "task": "registration", "turns": around_the_clock(12, 1),
             "until_on": None, "by": place.system, "at": place.at}  # fmt: skip
    with pytest.raises(CallUnfit):
        open_posts(posts=twice, from_on=tomorrow(place), **given)  # type: ignore[arg-type]
    with pytest.raises(CallUnfit):
        open_posts(posts=twice[:1], from_on=tomorrow(place) - 2 * DAY, **given)  # type: ignore[arg-type]
    [again] = open_posts(posts=twice[:1], from_on=tomorrow(place), **given)  # type: ignore[arg-type]
    [same] = open_posts(posts=twice[:1], from_on=tomorrow(place), **given)  # type: ignore[arg-type]
    assert (again.code, same.code) == ("", "repeated") and Call.objects.count() == 1


def test_the_neighbour_opens_and_ends_nothing_here(place: Place) -> None:
    [call] = opened(place, 1, around_the_clock(12, 1))
    with pytest.raises(RightMissing):
        opened(place, 1, around_the_clock(12, 1), by=place.actor("neighbour"))
    with pytest.raises(RightMissing):
        end_rhythm(call_id=call, last_on=tomorrow(place), by=place.actor("neighbour"), at=place.at)
