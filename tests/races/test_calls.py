"""The last place of a shift is given once, nobody gets two shifts at one time; without the locks both go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import check_in_code
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services import (
    Presence,
    attendance,
    check_in,
    claim_shift,
    claims,
    places,
    put_on_shift,
    release_claims,
)
from tests.conftest import T0
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import Place, small_place
from tests.races.test_places import at_once


def scene(people: int, *places: int) -> tuple[Place, list[Account], list[Shift]]:
    """People and one call with shifts of so many places, one after another."""
    with transaction.atomic():
        place = small_place(at=T0)
        who = volunteers(place, people)
        call = called(place, *places)
    return place, who, [shift_of(call, n) for n in range(len(places))]


def asking(shift: Shift, who: list[Account], *, waits: bool = False, ids: list[UUID] | None = None) -> Callable:
    """Each thread takes the next person and asks for the shift."""
    left: list[tuple[UUID, Actor]] = [((ids or [uuid4() for _ in who])[n], acting(p, T0)) for n, p in enumerate(who)]

    def one() -> object:
        claim_id, by = left.pop()
        return claim_shift(claim_id=claim_id, shift_id=shift.id, account_id=by.id, by=by, at=T0, waits=waits)

    return one


def stands(shift: Shift) -> tuple[int, int, int]:
    """Counted as taken, claims that hold a place, claims that wait."""
    rows = Claim.objects.filter(shift=shift)
    taken = Shift.objects.get(id=shift.id).taken
    return taken, rows.filter(state__in=FIRM).count(), rows.filter(state="waiting").count()


@pytest.mark.race
@pytest.mark.database
def test_eight_who_ask_at_once_for_three_places_get_three(own_database: None) -> None:
    _, who, [shift] = scene(8, 3)
    assert at_once(asking(shift, who), 8) == ["calls.full"] * 5 + ["ok"] * 3
    assert stands(shift) == (3, 3, 0) and Call.objects.get().state == "full"


@pytest.mark.race
@pytest.mark.database
def test_one_ask_sent_three_times_at_once_is_one_claim(own_database: None) -> None:
    _, [who], [shift] = scene(1, 3)
    claim_id = uuid4()
    assert at_once(asking(shift, [who] * 3, ids=[claim_id] * 3), 3) == ["ok"] * 3
    assert stands(shift) == (1, 1, 0)


@pytest.mark.race
@pytest.mark.database
def test_two_devices_of_one_person_that_ask_at_once_hold_one_place(own_database: None) -> None:
    _, [who], [shift] = scene(1, 3)
    assert at_once(asking(shift, [who] * 2)) == ["ok", "ok"]  # each with an id of its own; both are told of one claim
    assert stands(shift) == (1, 1, 0) and Claim.objects.count() == 1


def coming(shift: Shift, who: Account) -> tuple[Callable[[], str], list[str]]:
    """A device of somebody who has a place notes that he has come, each a minute later; what each was told."""
    claim = asking(shift, [who])()
    digits, told = check_in_code(shift, by=system_actor()), []
    times = [shift.starts_at + timedelta(minutes=n) for n in range(2)]

    def one() -> str:
        at, by = times.pop(), acting(who, T0)
        told.append(check_in(presences=[Presence(claim.id, at, by, digits)], by=by, at=at)[0].code)  # type: ignore[attr-defined]  # of the thread
        return "ok"

    return one, told


@pytest.mark.race
@pytest.mark.database
def test_two_devices_of_one_person_that_check_in_at_once_are_one_arrival(own_database: None) -> None:
    _, [who], [shift] = scene(1, 3)
    one, told = coming(shift, who)
    assert at_once(one) == ["ok", "ok"]
    assert sorted(told) == ["", "repeated"] and Claim.objects.get().state == "checked_in"


@pytest.mark.race
@pytest.mark.database
def test_without_the_locks_both_devices_are_told_that_they_checked_him_in(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [who], [shift] = scene(1, 3)
    one, told = coming(shift, who)
    both, judge = threading.Barrier(2), attendance._come

    def slowly(*args: object) -> object:
        both.wait(10)
        return judge(*args)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    for prepared in (places._SHIFTS, places._ACCOUNTS):
        monkeypatch.setattr(prepared, "made", None)  # composed anew, without the lock
    monkeypatch.setattr(attendance, "_come", slowly)
    assert at_once(one) == ["ok", "ok"]
    assert told == ["", ""]  # and the time of one of them is lost


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_the_last_place_is_given_twice(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _, who, [shift] = scene(2, 1)
    both, judge = threading.Barrier(2), claims.judge_wishes

    def unlocked(ids: set[UUID]) -> dict[UUID, Shift]:
        return {s.id: s for s in Shift.objects.filter(id__in=ids).select_related("call")}

    def slowly(*args: object) -> object:
        both.wait(10)  # both have read the counters before either has written them
        return judge(*args)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(claims, "locked_shifts", unlocked)
    monkeypatch.setattr(claims, "judge_wishes", slowly)
    assert at_once(asking(shift, who)) == ["ok", "ok"]
    assert stands(shift) == (1, 2, 0)  # two people hold the one place, and the counter does not even say so


@pytest.mark.race
@pytest.mark.database
def test_one_person_who_asks_at_once_for_two_shifts_at_the_same_time_gets_one(own_database: None) -> None:
    place, [who], [one] = scene(1, 1)
    with transaction.atomic():
        other = shift_of(called(place, 1, begins=2 * HOUR))
    asks = [asking(s, [who]) for s in (one, other)]
    assert at_once(lambda: asks.pop()()) == ["calls.collides", "ok"]
    assert Claim.objects.filter(state="claimed").count() == 1


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_on_accounts_one_person_is_on_two_posts(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, [who], [one] = scene(1, 1)
    with transaction.atomic():
        other = shift_of(called(place, 1, begins=2 * HOUR))
    both, judge = threading.Barrier(2), claims.judge_wishes

    def unlocked(ids: set[UUID]) -> dict[UUID, Account]:
        return {a.id: a for a in Account.objects.filter(id__in=ids)}

    def slowly(*args: object) -> object:
        both.wait(10)
        return judge(*args)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(claims, "locked_accounts", unlocked)
    monkeypatch.setattr(claims, "judge_wishes", slowly)
    asks = [asking(s, [who]) for s in (one, other)]
    assert at_once(lambda: asks.pop()()) == ["ok", "ok"]


@pytest.mark.race
@pytest.mark.database
def test_two_shifts_that_fill_at_once_leave_the_call_full(own_database: None) -> None:
    _, who, shifts = scene(2, 1, 1)
    asks = [asking(s, [p]) for s, p in zip(shifts, who, strict=True)]
    assert at_once(lambda: asks.pop()()) == ["ok", "ok"]
    assert Call.objects.get().state == "full"


@pytest.mark.race
@pytest.mark.database
def test_releases_and_asks_at_once_lose_no_place_and_no_person(own_database: None) -> None:
    place, who, [shift] = scene(9, 4)
    asks = asking(shift, who[:6], waits=True)
    for _ in range(6):
        asks()
    held = list(Claim.objects.filter(state="claimed").order_by("order")[:3])
    late = asking(shift, who[6:], waits=True)
    acts: list[Callable[[], object]] = [
        *(lambda c=c: release_claims(claim_ids=[c.id], by=place.system, at=T0 + timedelta(minutes=1)) for c in held),
        late, late, late,
    ]  # fmt: skip
    assert at_once(lambda: acts.pop()(), 6) == ["ok"] * 6
    assert stands(shift) == (4, 4, 2) and Shift.objects.get(id=shift.id).waiting == 2
    waiting = Claim.objects.filter(state="waiting").order_by("order").values_list("order", flat=True)
    assert list(waiting) == [8, 9]  # those who asked first have moved up


@pytest.mark.race
@pytest.mark.database
def test_the_table_itself_refuses_a_second_live_claim(own_database: None) -> None:
    _, [who], [shift] = scene(1, 3)
    first = asking(shift, [who])()
    with pytest.raises(IntegrityError):
        Claim.objects.create(id=uuid4(), shift=shift, account_id=who.id, state="claimed", order=9,
                             claimed_by=first.claimed_by, claimed_at=T0)  # type: ignore[attr-defined]  # fmt: skip


def putting(shift: Shift, leads: list[Actor], who: list[Account]) -> Callable:
    """Each lead puts another person on the shift by hand."""
    left = list(zip(leads, who, strict=True))

    def one() -> object:
        by, person = left.pop()
        return put_on_shift(claim_id=uuid4(), shift_id=shift.id, account_id=person.id, why="", by=by, at=T0)

    return one


def leads_of(place: Place) -> list[Actor]:
    """Two who lead the post: of its community and of the street above."""
    return [place.actor("lead", T0), place.actor("street", T0)]


@pytest.mark.race
@pytest.mark.database
def test_two_leads_who_put_people_on_the_last_place_at_once_fill_it_once(own_database: None) -> None:
    place, who, [shift] = scene(2, 1)
    assert at_once(putting(shift, leads_of(place), who)) == ["calls.full", "ok"]
    assert stands(shift) == (1, 1, 0)


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_two_leads_put_two_people_on_one_place(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, who, [shift] = scene(2, 1)
    both, judge = threading.Barrier(2), claims.judge_wishes

    def unlocked(ids: set[UUID]) -> dict[UUID, Shift]:
        return {s.id: s for s in Shift.objects.filter(id__in=ids).select_related("call")}

    def slowly(*args: object) -> object:
        both.wait(10)
        return judge(*args)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(claims, "locked_shifts", unlocked)
    monkeypatch.setattr(claims, "judge_wishes", slowly)
    assert at_once(putting(shift, leads_of(place), who)) == ["ok", "ok"]
    assert stands(shift) == (1, 2, 0)


@pytest.mark.race
@pytest.mark.database
def test_helpers_who_ask_at_once_leave_the_last_place_to_the_nurse(own_database: None) -> None:
    with transaction.atomic():
        place = small_place(at=T0)
        who = volunteers(place, 5)
        shift = shift_of(called(place, 3, roles=[{"skill": "clinician", "heads": 1}]))
    assert at_once(asking(shift, who), 5) == ["calls.kept_for_role"] * 3 + ["ok"] * 2
    assert stands(shift) == (2, 2, 0)
