"""Assembly before deployment; notes by the right person; fever; gear by a second person."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import DutyNote, Shift
from lianfang.domains.calls.queries import (
    check_in_code,
    empty_posts,
    late_people,
    meals_at,
    near_misses,
    on_posts,
    served_hours,
    standby_for,
)
from lianfang.domains.calls.services import NewNote, Presence, check_in, check_out, claim_shift, note_duty
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place

pytestmark = pytest.mark.database


def _on(place: Place, n: int = 2, **more: object) -> tuple[Shift, list[Account], list[object]]:
    """A shift on a low-risk post with so many people claimed."""
    people = volunteers(place, n)
    shift = shift_of(called(place, n, **more))
    ids = [uuid4() for _ in people]
    for i, p in zip(ids, people, strict=True):
        claim_shift(claim_id=i, shift_id=shift.id, account_id=p.id, by=acting(p, place.at), at=place.at)
    return shift, people, list(ids)


def _note(place: Place, claim: object, kind: str, by: object, minutes: int = 0, **more: object) -> tuple[str, dict]:  # type: ignore[type-arg]  # a test's own
    at = place.at + HOUR + timedelta(minutes=minutes)
    note = NewNote(uuid4(), claim, kind, at, by, **more)  # type: ignore[arg-type]  # a test's own mixture
    done = note_duty(notes=[note], by=by, at=at)[0]  # type: ignore[arg-type]  # an actor
    again = note_duty(notes=[note], by=by, at=at)[0]  # type: ignore[arg-type]  # an actor
    assert again.code in ("repeated", done.code)
    return done.code, done.values


def test_no_tick_no_deployment(place: Place) -> None:
    shift, (v, other), (claim, _) = _on(place, task="sampling", cover="平安意外险 2026-07")
    serving(place, v, other)
    lead, at = place.actor("lead"), shift.starts_at
    come = partial(check_in, presences=[Presence(claim, at, acting(v, at), check_in_code(shift, by=lead))], by=lead,
                   at=at)  # type: ignore[arg-type]  # fmt: skip
    assert come()[0].values == {"missing": ["temperature", "kit", "training"]}
    assert _note(place, claim, "temperature", acting(v, at), celsius=36.4)[0] == "accounts.right_missing"
    assert _note(place, claim, "temperature", lead, celsius=37.3) == ("", {"fever": True})
    assert come()[0].code == "calls.fever"
    assert _note(place, claim, "temperature", lead, 1, celsius=36.4) == ("", {"fever": False})
    _note(place, claim, "kit", lead, values={"kit": "防护服 1 N95 2", "name": "张三"})
    assert come()[0].values == {"missing": ["training"]}
    skilled(place, v, "suit")
    assert come()[0].code == ""
    assert DutyNote.objects.get(kind="kit").values == {"kit": "防护服 1 N95 2"}
    assert all(b"36.4" not in bytes(n.sealed) for n in DutyNote.objects.filter(kind="temperature"))


def test_gear_in_and_out_are_noted_by_a_second_person_of_the_post(place: Place) -> None:
    shift, (a, b), (mine, theirs) = _on(place)
    [stranger] = volunteers(place, 1)
    lead, at = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(c, at, lead) for c in (mine, theirs)], by=lead, at=at)  # type: ignore[arg-type]  # ids
    me, buddy = acting(a, at), acting(b, at)
    assert _note(place, mine, "gear", me)[0] == "calls.second_person"
    assert _note(place, mine, "gear", acting(stranger, at))[0] == "accounts.right_missing"
    assert _note(place, mine, "entered", buddy)[0] == "calls.gear_unchecked"
    assert _note(place, mine, "gear", buddy, 1)[0] == ""
    assert _note(place, mine, "entered", buddy, 2)[0] == ""
    assert _note(place, mine, "entered", buddy, 3)[0] == "repeated"
    assert _note(place, mine, "left", buddy, 4)[0] == "calls.unfit"
    [first] = [p for p in on_posts(place.area["committee"], by=lead, at=at + 5 * HOUR - timedelta(minutes=1))
               if p.claim.id == mine]  # fmt: skip
    assert first.suit_over and first.is_urgent and first.suit_minutes == 297
    assert _note(place, mine, "left", buddy, 5, values={"clean": True})[0] == ""


def test_relief_is_one_tap_and_stands_first_until_it_is_sent(place: Place) -> None:
    shift, (a, _), (mine, theirs) = _on(place)
    lead, at = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(c, at, lead) for c in (mine, theirs)], by=lead, at=at)  # type: ignore[arg-type]  # ids
    assert _note(place, mine, "relief", acting(a, at), 5)[0] == ""
    board = partial(on_posts, place.area["committee"], by=lead)
    assert board(at=at + HOUR)[0].claim.id == mine and board(at=at + HOUR)[0].state.relief_at
    assert _note(place, mine, "relieved", acting(a, at), 6)[0] == "accounts.right_missing"
    assert _note(place, mine, "relieved", lead, 6)[0] == ""
    assert not any(p.is_urgent for p in board(at=at + HOUR))
    assert near_misses(place.area["district"], by=place.actor("county"), from_at=at, until_at=at + HOUR) == 1
    assert on_posts(place.area["committee"], by=place.actor("neighbour"), at=at + HOUR) == []


def test_a_break_is_due_after_four_hours_and_meals_are_counted_by_post(place: Place) -> None:
    shift, (a, _), (mine, _theirs) = _on(place, lasts=8 * HOUR, where="committee")
    lead, at = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(mine, at, lead)], by=lead, at=at)  # type: ignore[arg-type]  # an id
    noon = at + timedelta(hours=4, minutes=1)
    board = partial(on_posts, place.area["committee"], by=lead)
    assert [p.break_due for p in board(at=noon)] == [True]
    assert [(m.people, m.eaten) for m in meals_at(place.area["committee"], noon, by=lead)] == [(2, 0)]
    assert _note(place, mine, "meal", acting(a, at), 241)[0] == ""
    assert [p.break_due for p in board(at=noon)] == [False]
    assert [(m.people, m.eaten) for m in meals_at(place.area["committee"], noon, by=lead)] == [(2, 1)]


def test_hours_come_from_check_ins_and_a_long_job_needs_a_name_and_a_reason(place: Place) -> None:
    shift, (a, _), (mine, _) = _on(place, lasts=20 * HOUR)
    lead, at = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(mine, at, lead)], by=lead, at=at)  # type: ignore[arg-type]  # an id
    late = at + timedelta(hours=13)
    [post] = on_posts(place.area["committee"], by=lead, at=late)
    assert post.long_job and post.load == "red" and post.hours == (13.0, 13.0)
    until = (late + 3 * HOUR).isoformat()
    assert _note(place, mine, "overrun", lead, 780, values={"why": "暴雨，替换的人在路上", "until": until})[0] == ""
    [post] = on_posts(place.area["committee"], by=lead, at=late + HOUR)
    assert not post.long_job and post.state.overrun_until == late + 3 * HOUR
    check_out(presences=[Presence(mine, at + 14 * HOUR, lead)], by=lead, at=at + 14 * HOUR)  # type: ignore[arg-type]  # an id
    assert served_hours([a.id], at=at + 30 * HOUR)[a.id] == (8.0, 14.0)


def test_a_post_with_nobody_is_an_alarm_and_who_is_late_has_a_standby(place: Place) -> None:
    shift, (a, b), (mine, _) = _on(place)
    [third] = volunteers(place, 1)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=third.id, by=acting(third, place.at), at=place.at,
                waits=True)  # fmt: skip
    lead, late = place.actor("lead"), shift.starts_at + timedelta(minutes=40)
    assert [s.id for s in empty_posts(place.area["committee"], by=lead, at=late)] == [shift.id]
    assert empty_posts(place.area["committee"], by=lead, at=shift.starts_at + timedelta(minutes=1)) == []
    assert empty_posts(None, by=place.actor("neighbour"), at=late) == []
    assert {c.account_id for c in late_people(place.area["committee"], by=lead, at=late)} == {a.id, b.id}
    assert [c.account_id for c in standby_for([shift.id])[shift.id]] == [third.id]
    check_in(presences=[Presence(mine, late, lead)], by=lead, at=late)  # type: ignore[arg-type]  # an id
    assert empty_posts(place.area["committee"], by=lead, at=late) == []
