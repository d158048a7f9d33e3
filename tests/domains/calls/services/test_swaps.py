"""Places change hands: by the lead, by gift, by swap; all or nothing, judged as claiming is."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.errors import (
    ClaimMissing,
    Collides,
    NoColleague,
    NotClaimed,
    ShiftFull,
    SwapMissing,
    SwapOver,
    SwapUnfit,
)
from lianfang.domains.calls.models import Claim, Shift, Swap
from lianfang.domains.calls.services import (
    answer_swap,
    ask_swap,
    claim_shift,
    move_claim,
    release_claims,
    withdraw_swap,
)
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.services import put_in_team
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, team
from tests.factories.place import Place


def takes(place: Place, who: Account, shift: Shift, *, waits: bool = False) -> Claim:
    return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at,
                       waits=waits)  # fmt: skip


def holders(shift: Shift) -> list:
    shift.refresh_from_db()
    rows = list(Claim.objects.filter(shift=shift, state="claimed").values_list("account_id", flat=True))
    assert shift.taken == len(rows)
    return rows


def asked(place: Place, claim: Claim, who: Account, other: Claim | None = None) -> Swap:
    by = acting(Account.objects.get(id=claim.account_id), place.at)
    return ask_swap(swap_id=uuid4(), claim_id=claim.id, to_account_id=who.id, for_claim_id=other.id if other else None,
                    by=by, at=place.at)  # fmt: skip


def test_a_shift_given_is_the_colleagues_and_both_are_told(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 1, 1)
    first, second = shift_of(call), shift_of(call, 1)
    mine, _ = takes(place, a, first), takes(place, b, shift_of(called(place, 1, begins=60 * HOUR)))
    takes(place, b, second)
    release_claims(claim_ids=[Claim.objects.get(account_id=b.id, shift=second).id], by=acting(b, place.at), at=place.at)
    with pytest.raises(NoColleague):
        asked(place, mine, b)
    serving(place, a, b)
    put_in_team(team_id=team(place).id, responder_ids=[a.id, b.id], role="", by=place.system, at=place.at)
    swap = asked(place, mine, b)
    assert asked(place, mine, b).id == swap.id and Message.objects.filter(template="swap-asked").count() == 1
    assert holders(first) == [a.id]
    for _ in range(2):
        assert answer_swap(swap_id=swap.id, agrees=True, by=acting(b, place.at), at=place.at).state == "agreed"
    assert holders(first) == [b.id]
    assert Message.objects.filter(template="swap-agreed", recipient_id=a.id).count() == 1


def test_two_shifts_change_hands_in_one_step(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 1, 1)
    mine, other = takes(place, a, shift_of(call)), takes(place, b, shift_of(call, 1))
    swap = asked(place, mine, b, other)
    answer_swap(swap_id=swap.id, agrees=True, by=acting(b, place.at), at=place.at)
    assert holders(shift_of(call)) == [b.id] and holders(shift_of(call, 1)) == [a.id]


def test_a_refusal_to_either_leaves_everything_as_it_was(place: Place) -> None:
    a, b = volunteers(place, 2)
    call, elsewhere = called(place, 1, 1), called(place, 1)
    mine, other = takes(place, a, shift_of(call)), takes(place, b, shift_of(call, 1))
    takes(place, a, shift_of(called(place, 1, begins=5 * HOUR)))  # at the time of what b would give
    swap = asked(place, mine, b, other)
    with pytest.raises(SwapUnfit):
        answer_swap(swap_id=swap.id, agrees=True, by=acting(b, place.at), at=place.at)
    assert holders(shift_of(call)) == [a.id] and holders(shift_of(call, 1)) == [b.id]
    takes(place, b, shift_of(elsewhere))  # at the time of what a would give
    gift = asked(place, mine, b)
    assert gift.id == swap.id
    withdraw_swap(swap_id=swap.id, by=acting(a, place.at), at=place.at)
    gift = asked(place, mine, b)
    with pytest.raises(Collides):
        answer_swap(swap_id=gift.id, agrees=True, by=acting(b, place.at), at=place.at)
    assert holders(shift_of(call)) == [a.id] and Swap.objects.get(id=gift.id).state == "asked"


def test_what_was_answered_withdrawn_or_given_back_is_over(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 2)
    mine = takes(place, a, shift_of(call))
    serving(place, a, b)
    put_in_team(team_id=team(place).id, responder_ids=[a.id, b.id], role="", by=place.system, at=place.at)
    swap = asked(place, mine, b)
    with pytest.raises(SwapMissing):
        answer_swap(swap_id=swap.id, agrees=True, by=acting(a, place.at), at=place.at)
    with pytest.raises(SwapMissing):
        withdraw_swap(swap_id=swap.id, by=acting(b, place.at), at=place.at)
    answer_swap(swap_id=swap.id, agrees=False, by=acting(b, place.at), at=place.at)
    with pytest.raises(SwapOver):
        answer_swap(swap_id=swap.id, agrees=True, by=acting(b, place.at), at=place.at)
    again = asked(place, mine, b)
    release_claims(claim_ids=[mine.id], by=acting(a, place.at), at=place.at)
    with pytest.raises(NotClaimed):
        answer_swap(swap_id=again.id, agrees=True, by=acting(b, place.at), at=place.at)


def test_nobody_gives_away_what_is_not_his(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 2)
    mine = takes(place, a, shift_of(call))
    takes(place, b, shift_of(call))
    with pytest.raises(ClaimMissing):
        ask_swap(swap_id=uuid4(), claim_id=mine.id, to_account_id=b.id, for_claim_id=None, by=acting(b, place.at),
                 at=place.at)  # fmt: skip


def test_the_lead_moves_somebody_and_who_waits_moves_up(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 1, 1)
    mine = takes(place, a, shift_of(call))
    takes(place, b, shift_of(call), waits=True)
    moved = uuid4()
    for _ in range(2):
        move_claim(claim_id=mine.id, moved_id=moved, shift_id=shift_of(call, 1).id, by=place.system, at=place.at)
    assert holders(shift_of(call)) == [b.id] and holders(shift_of(call, 1)) == [a.id]
    assert Message.objects.filter(template="roster-moved", recipient_id=a.id).count() == 1


def test_a_move_that_claiming_refuses_changes_nothing(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 1, 1)
    mine = takes(place, a, shift_of(call))
    takes(place, b, shift_of(call, 1))
    with pytest.raises(ShiftFull):
        move_claim(claim_id=mine.id, moved_id=uuid4(), shift_id=shift_of(call, 1).id, by=place.system, at=place.at)
    with pytest.raises(RightMissing):
        move_claim(claim_id=mine.id, moved_id=uuid4(), shift_id=shift_of(call, 1).id, by=place.actor("neighbour"),
                   at=place.at)  # fmt: skip
    assert holders(shift_of(call)) == [a.id] and Claim.objects.filter(account_id=a.id).count() == 1
