"""Calls, claims and attendance: each service with what it does and what it refuses, and the neighbour's attempts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lianfang.base.errors import Refused
from lianfang.base.models import LogEntry
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import end_grants
from lianfang.domains.calls.errors import (
    CallClosed,
    CallUnfit,
    ClaimDiffers,
    Collides,
    NotAsked,
    NotRegistered,
    NotYetOpen,
    OffArea,
    ShiftFull,
    ShiftMissing,
    ShiftOver,
    TooEarly,
)
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import check_in_code, my_claims
from lianfang.domains.calls.services import (
    Ask,
    Presence,
    Step,
    add_places,
    check_in,
    check_out,
    claim_shift,
    claim_shifts,
    close_call,
    confirm_claims,
    confirm_turnout,
    mark_no_shows,
    note_attendance,
    release_claims,
)
from lianfang.domains.messages.models import Message
from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


def take(place: Place, shift: Shift, who: Account, **more: Any) -> Claim:
    """One person claims one shift by the own account."""
    at = more.pop("at", place.at)
    given = {"claim_id": uuid4(), "shift_id": shift.id, "account_id": who.id, **more}
    return claim_shift(**given, by=more.get("by", acting(who, at)), at=at)


def code(done: list[Outcome]) -> list[str]:
    return [o.code for o in done]


def state(claim: Claim) -> str:
    return Claim.objects.values_list("state", flat=True).get(id=claim.id)


def counted(shift: Shift) -> tuple[int, int]:
    return Shift.objects.values_list("taken", "waiting").get(id=shift.id)


def test_a_posted_call_is_open_and_a_later_one_waits_as_a_draft_and_opens_with_its_first_claim(place: Place) -> None:
    call = called(place, 4, post="lead")
    assert (call.state, call.asked_area_id, len(call.kit)) == ("open", place.area["district"], 2)
    later = called(place, 1, opens_at=place.at + 30 * MINUTE)
    [who] = volunteers(place, 1)
    assert later.state == "draft"
    with pytest.raises(NotYetOpen):
        take(place, shift_of(later), who)
    take(place, shift_of(later), who, at=place.at + 30 * MINUTE)
    assert Call.objects.get(id=later.id).state == "full"


def test_a_post_that_is_sent_twice_is_one_call_and_what_does_not_fit_is_none(place: Place) -> None:
    call = called(place, 1)
    entries = LogEntry.objects.count()
    assert called(place, 1, call_id=call.id).id == call.id and LogEntry.objects.count() == entries
    long = {"begins": HOUR, "lasts": timedelta(days=40)}
    wrong = ({"task": "juggling"}, {"title": {"zh": " "}}, {"shifts": []}, long, {"begins": -5 * HOUR},
             {"closes_at": place.at - HOUR})  # fmt: skip
    for more in wrong:
        with pytest.raises(CallUnfit):
            called(place, 1, **more)
    with pytest.raises(CallUnfit):
        called(place, 0)
    assert Call.objects.count() == 1


@pytest.mark.parametrize("post", ["neighbour", "grid", "volunteer", "auditor"])
def test_who_may_not_post_here_posts_adds_and_closes_nothing(place: Place, post: str) -> None:
    call, by = called(place, 1), partial(place.actor, post)
    for act in (
        lambda: called(place, 1, post=post),
        lambda: add_places(shift_id=shift_of(call).id, places=9, by=by(), at=place.at),
        lambda: close_call(call_id=call.id, why="r", by=by(), at=place.at),
    ):
        with pytest.raises(RightMissing):
            act()
    assert Call.objects.count() == 1 and shift_of(call).places == 1


def test_the_last_place_is_given_once_and_a_retry_is_no_second_claim(place: Place) -> None:
    call, (first, second) = called(place, 1), volunteers(place, 2)
    shift, claim_id = shift_of(call), uuid4()
    mine = take(place, shift, first, claim_id=claim_id)
    entries = LogEntry.objects.count()
    assert take(place, shift, first, claim_id=claim_id) == mine and LogEntry.objects.count() == entries
    assert take(place, shift, first) == mine  # the same person by another id
    with pytest.raises(ClaimDiffers):
        take(place, shift, second, claim_id=claim_id)
    with pytest.raises(ShiftFull) as full:
        take(place, shift, second)
    assert full.value.values["place"] == 1 and full.value.values["places"] == 1
    assert counted(shift) == (1, 0) and Call.objects.get(id=call.id).state == "full"
    waits = take(place, shift, second, waits=True)
    assert waits.state == "waiting" and counted(shift) == (1, 1)
    assert my_claims(acting(second, place.at), at=place.at)[0].queue == 1


def test_asks_of_a_list_are_served_by_their_time_and_each_has_its_fate(place: Place) -> None:
    call, people = called(place, 2, 1), volunteers(place, 5)
    one, two = shift_of(call), shift_of(call, 1)
    asks = [Ask(uuid4(), one.id, p.id, place.at + n * MINUTE, acting(p, place.at))
            for n, p in zip((4, 3, 2, 1, 0), people)]  # fmt: skip
    asks.append(Ask(asks[4].id, one.id, people[4].id, place.at, acting(people[4], place.at)))
    asks.append(Ask(uuid4(), two.id, people[0].id, place.at, acting(people[0], place.at)))
    asks.append(Ask(uuid4(), uuid4(), people[0].id, place.at, acting(people[0], place.at)))
    done = claim_shifts(asks=asks, by=place.system, at=place.at + HOUR)
    assert [o.values.get("state") for o in done[:5]] == ["waiting"] * 3 + ["claimed"] * 2
    assert [o.values["place"] for o in done[:3]] == [3, 2, 1]
    assert code(done[5:]) == ["repeated", "", "calls.shift_missing"]
    again = claim_shifts(asks=asks[:5], by=place.system, at=place.at + HOUR)
    assert code(again) == ["repeated"] * 5
    assert (counted(one), counted(two)) == ((2, 3), (1, 0))
    order = Claim.objects.filter(shift=one).order_by("order").values_list("account_id", flat=True)
    assert list(order) == [p.id for p in reversed(people)]


def test_a_claim_is_refused_with_its_reason(place: Place) -> None:
    [who], [away], [medic] = volunteers(place, 1), volunteers(place, 1, where="neighbour_committee"), volunteers(
        place, 1, role="tracer"
    )  # fmt: skip
    shift = shift_of(called(place, 5))
    other = shift_of(called(place, 5, begins=2 * HOUR))
    later = shift_of(called(place, 5, begins=5 * HOUR))
    party = shift_of(called(place, 5, begins=20 * HOUR, audience={"kinds": ["city-unit"]}))
    gone = called(place, 5, begins=30 * HOUR)
    close_call(call_id=gone.id, why="够了", by=place.system, at=place.at)
    take(place, shift, who)
    take(place, later, who)  # it begins when the first has ended
    cases: list[tuple[type[Refused], Shift, Account, timedelta]] = [
        (Collides, other, who, timedelta()),
        (ShiftOver, other, who, 7 * HOUR),
        (CallClosed, shift_of(gone), who, timedelta()),
        (OffArea, other, away, timedelta()),
        (NotAsked, party, who, timedelta()),
        (NotRegistered, other, medic, timedelta()),
    ]
    for refusal, on, person, later_by in cases:
        with pytest.raises(refusal):
            take(place, on, person, at=place.at + later_by)
    with pytest.raises(ShiftMissing):
        claim_shift(claim_id=uuid4(), shift_id=uuid4(), account_id=who.id, by=acting(who, place.at), at=place.at)
    [insider] = volunteers(place, 1, unit=unit(place))
    assert take(place, party, insider).organisation_id == insider.organisation_id
    wide = shift_of(called(place, 5, where="city"))
    take(place, wide, away)  # a call of the whole city asks the neighbour too


def test_nobody_claims_for_another_but_the_areas_lead_and_an_ended_role_fails_at_once(place: Place) -> None:
    shift, (who, second) = shift_of(called(place, 5)), volunteers(place, 2)
    for post in ("neighbour", "grid", "volunteer", "neighbour_grid"):
        with pytest.raises(RightMissing):
            claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=place.actor(post), at=place.at)
    lead = place.actor("lead")
    assert (
        claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=lead, at=place.at).claimed_by == lead.id
    )
    before = acting(second, place.at)
    end_grants(account_id=second.id, area_id=place.area["committee"], by=place.system, at=place.at)
    with pytest.raises(NotRegistered):
        claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=second.id, by=before, at=place.at + MINUTE)


def test_a_released_place_goes_to_the_first_who_waits_and_is_free_and_that_person_is_told(place: Place) -> None:
    call, (holder, busy, second, third) = called(place, 1), volunteers(place, 4)
    shift, elsewhere = shift_of(call), shift_of(called(place, 1, begins=2 * HOUR))
    held = take(place, shift, holder)
    waits = [take(place, shift, p, waits=True) for p in (busy, second, third)]
    take(place, elsewhere, busy)  # meanwhile the first in line serves elsewhere at that time
    at = place.at + MINUTE
    assert code(release_claims(claim_ids=[held.id, uuid4()], by=acting(holder, at), at=at)) == [
        "",
        "calls.claim_missing",
    ]
    assert [state(w) for w in waits] == ["waiting", "claimed", "waiting"] and counted(shift) == (1, 2)
    told = Message.objects.get(template="call-offered")
    assert told.recipient_id == second.id and Call.objects.get(id=call.id).state == "full"
    assert code(release_claims(claim_ids=[held.id], by=acting(holder, at), at=at)) == ["repeated"]
    assert code(release_claims(claim_ids=[w.id for w in waits], by=place.actor("lead"), at=at)) == [""] * 3
    assert counted(shift) == (0, 0) and Call.objects.get(id=call.id).state == "open"
    assert Message.objects.filter(template="call-offered").count() == 1
    assert take(place, shift, holder, at=at).state == "claimed"  # who gave it back may ask again


@pytest.mark.parametrize("post", ["neighbour", "volunteer", "grid2"])
def test_a_stranger_releases_confirms_and_notes_nothing(place: Place, post: str) -> None:
    shift, [who] = shift_of(called(place, 1)), volunteers(place, 1)
    claim, by, at = take(place, shift, who), place.actor(post), place.at + HOUR
    here = [Presence(claim.id, at, by, check_in_code(shift, by=place.system))]
    assert code(release_claims(claim_ids=[claim.id], by=by, at=at)) == ["calls.claim_missing"]
    for act in (check_in, check_out, confirm_claims):
        assert code(act(presences=here, by=by, at=at)) == ["accounts.right_missing"]
    assert code(mark_no_shows(claim_ids=[claim.id], by=by, at=at)) == ["accounts.right_missing"]
    for refused in (
        lambda: confirm_turnout(shift_id=shift.id, by=by, at=at + 9 * HOUR),
        lambda: check_in_code(shift, by=by),
    ):
        with pytest.raises(RightMissing):
            refused()
    assert state(claim) == "claimed"


def test_more_places_move_up_those_who_wait_and_fewer_are_refused(place: Place) -> None:
    call, people = called(place, 1), volunteers(place, 4)
    shift = shift_of(call)
    claims = [take(place, shift, p, waits=True) for p in people]
    for _ in range(2):
        add_places(shift_id=shift.id, places=3, by=place.actor("lead"), at=place.at)
    assert [state(c) for c in claims] == ["claimed"] * 3 + ["waiting"] and counted(shift) == (3, 1)
    with pytest.raises(CallUnfit):
        add_places(shift_id=shift.id, places=2, by=place.actor("lead"), at=place.at)
    with pytest.raises(CallUnfit):
        add_places(shift_id=shift.id, places=5, by=place.actor("lead"), at=place.at + 9 * HOUR)
    add_places(shift_id=shift.id, places=5, by=place.actor("lead"), at=place.at)
    assert counted(shift) == (4, 0) and Call.objects.get(id=call.id).state == "open"


def test_a_closed_call_keeps_its_claims_and_tells_who_waits(place: Place) -> None:
    call, (first, second) = called(place, 1), volunteers(place, 2)
    shift = shift_of(call)
    kept, let_go = take(place, shift, first), take(place, shift, second, waits=True)
    with pytest.raises(CallUnfit):
        close_call(call_id=call.id, why=" ", by=place.actor("lead"), at=place.at)
    for _ in range(2):
        close_call(call_id=call.id, why="人够了", by=place.actor("lead"), at=place.at)
    assert (state(kept), state(let_go), counted(shift)) == ("claimed", "released", (1, 0))
    assert Message.objects.get(template="call-closed").recipient_id == second.id
    release_claims(claim_ids=[kept.id], by=acting(first, place.at), at=place.at)
    assert Call.objects.get(id=call.id).state == "closed"


def test_people_come_by_code_or_by_their_lead_and_leave_and_a_retry_changes_nothing(place: Place) -> None:
    shift, (own, led, waits) = shift_of(called(place, 2)), volunteers(place, 3)
    mine, theirs, third = (take(place, shift, p, waits=True) for p in (own, led, waits))
    digits, start = check_in_code(shift, by=place.actor("lead")), shift.starts_at
    wrong = str((int(digits) + 1) % 10**6).zfill(6)
    me, lead = acting(own, place.at), place.actor("lead")

    def come(claim: Claim, by: Any, at: Any, code_: str = "") -> str:
        return check_in(presences=[Presence(claim.id, at, by, code_)], by=by, at=at)[0].code

    assert len(digits) == 6 and digits.isdigit()
    assert come(mine, me, start - 61 * MINUTE, digits) == "calls.too_early"
    assert come(mine, me, start, wrong) == come(mine, me, start) == "calls.code_wrong"
    assert come(third, acting(waits, place.at), start, digits) == "calls.not_claimed"
    assert come(mine, me, shift.ends_at, digits) == "calls.too_late"
    assert check_out(presences=[Presence(mine.id, start, me)], by=me, at=start)[0].code == "calls.not_in"
    assert code(confirm_claims(presences=[Presence(mine.id, start, me)] * 2, by=me, at=start)) == ["", "repeated"]
    assert come(mine, me, start - 60 * MINUTE, f" {digits} ") == ""
    assert come(mine, me, start + HOUR, wrong) == "repeated"
    assert come(theirs, lead, start + 12 * MINUTE) == ""
    assert Claim.objects.get(id=mine.id).checked_in_at == start - 60 * MINUTE
    assert code(release_claims(claim_ids=[mine.id], by=me, at=start)) == ["calls.already_in"]
    leave = [Presence(mine.id, start + 3 * HOUR, me), Presence(mine.id, start + 4 * HOUR, me)]
    assert code(check_out(presences=leave, by=me, at=start + 4 * HOUR)) == ["", "repeated"]
    late = Presence(theirs.id, shift.ends_at + 13 * HOUR, lead)
    assert code(check_out(presences=[late, Presence(uuid4(), start, lead)], by=lead, at=late.at)) == [
        "calls.too_late", "calls.claim_missing"]  # fmt: skip
    assert (state(mine), state(theirs)) == ("done", "checked_in")


def test_notes_of_a_phone_are_taken_in_the_order_of_their_time_and_answered_by_their_id(place: Place) -> None:
    shift, [who] = shift_of(called(place, 1)), volunteers(place, 1)
    claim, me, t = take(place, shift, who), acting(who, place.at), shift.starts_at
    digits = check_in_code(shift, by=place.system)
    out = Step(uuid4(), claim.id, "out", t + 2 * HOUR, me)
    steps = [out, Step(uuid4(), claim.id, "in", t, me, digits), Step(uuid4(), claim.id, "in", t + MINUTE, me, digits),
             Step(uuid4(), claim.id, "dance", t, me)]  # fmt: skip
    done = note_attendance(notes=steps, by=me, at=t + 3 * HOUR)
    assert [o.id for o in done] == [s.id for s in steps] and code(done) == ["", "", "repeated", "calls.unfit"]
    kept = Claim.objects.get(id=claim.id)
    assert (kept.checked_in_at, kept.checked_out_at, kept.state) == (t, t + 2 * HOUR, "done")


def test_who_has_not_come_loses_the_place_to_the_next_and_the_turnout_is_settled_at_the_end(place: Place) -> None:
    shift, (absent, present, never, waits) = shift_of(called(place, 3)), volunteers(place, 4)
    first, second, third, fourth = (take(place, shift, p, waits=True) for p in (absent, present, never, waits))
    lead, t = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(second.id, t, lead)], by=lead, at=t)
    assert code(mark_no_shows(claim_ids=[first.id], by=lead, at=t + 29 * MINUTE)) == ["calls.too_early"]
    marked = mark_no_shows(claim_ids=[first.id, second.id], by=lead, at=t + 30 * MINUTE)
    assert code(marked) == ["", "calls.not_claimed"] and (state(first), state(fourth)) == ("no_show", "claimed")
    assert code(mark_no_shows(claim_ids=[first.id], by=lead, at=t + HOUR)) == ["repeated"]
    with pytest.raises(TooEarly):
        confirm_turnout(shift_id=shift.id, by=lead, at=t + HOUR)
    for _ in range(2):
        confirm_turnout(shift_id=shift.id, by=lead, at=shift.ends_at + HOUR)
    assert [state(c) for c in (first, second, third, fourth)] == ["no_show", "done", "no_show", "no_show"]
    assert Claim.objects.get(id=second.id).checked_out_at == shift.ends_at and counted(shift) == (1, 0)


def test_a_call_that_tells_writes_once_to_each_whom_it_asks(place: Place) -> None:
    inside, outside = volunteers(place, 2), volunteers(place, 1, where="neighbour_committee")
    for _ in range(2):
        called(place, 1, call_id=UUID(int=7), tells=True)
    told = set(Message.objects.filter(template="call-posted").values_list("recipient_id", flat=True))
    assert {a.id for a in inside} <= told and outside[0].id not in told
    assert place.accounts["volunteer"].id in told and place.accounts["tracer"].id not in told
    assert Message.objects.filter(template="call-posted").count() == len(told)
    with pytest.raises(RightMissing):
        called(place, 1, post="lead", tells=True)  # a community may ask its county, but not write to all of it
    own = called(place, 1, post="lead", tells=True, asked_area_id=place.area["committee"])
    assert Message.objects.filter(template="call-posted", about_id=own.id).exists()


def test_the_database_itself_holds_no_more_claims_than_places(place: Place) -> None:
    shift = shift_of(called(place, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.filter(id=shift.id).update(taken=2)


def _statements(asks: list[Ask], place: Place) -> int:
    with CaptureQueriesContext(connection) as seen:
        claim_shifts(asks=asks, by=place.system, at=place.at)
    return len(seen)


def test_a_list_of_a_hundred_asks_takes_no_more_statements_than_one_of_two(place: Place) -> None:
    people = volunteers(place, 102)
    shifts = [shift_of(called(place, 30)) for _ in range(5)]

    def asks(who: list[Account], on: list[Shift]) -> list[Ask]:
        return [Ask(uuid4(), on[n % len(on)].id, p.id, place.at, acting(p, place.at)) for n, p in enumerate(who)]

    few = _statements(asks(people[:2], shifts[:1]), place)
    many = _statements(asks(people[2:], shifts), place)
    assert many <= few <= 26
    ids = list(Claim.objects.values_list("id", flat=True))
    with CaptureQueriesContext(connection) as seen:
        release_claims(claim_ids=ids, by=place.system, at=place.at)
    assert len(seen) <= 16 and Claim.objects.filter(state="released").count() == 102
