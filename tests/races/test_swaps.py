"""A shift offered to two colleagues goes to one; without the locks both have it while one place is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim, Shift, Swap
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services import answer_swap, ask_swap, claim_shift, swaps
from tests.conftest import T0
from tests.factories.call import acting, called, shift_of, volunteers
from tests.factories.place import small_place
from tests.races.test_places import at_once


def scene() -> tuple[list[Swap], Shift, list[Account]]:
    """One shift with a place, its holder, and two colleagues who are asked to take it."""
    with transaction.atomic():
        place = small_place(at=T0)
        mine, *others = volunteers(place, 3)
        call = called(place, 1, 2)
        shift = shift_of(call)

        def takes(who: Account, n: int) -> Claim:
            return claim_shift(claim_id=uuid4(), shift_id=shift_of(call, n).id, account_id=who.id, by=acting(who, T0),
                               at=T0)  # fmt: skip

        claim = takes(mine, 0)
        for o in others:
            takes(o, 1)
        made = [ask_swap(swap_id=uuid4(), claim_id=claim.id, to_account_id=o.id, for_claim_id=None, by=acting(mine, T0),
                         at=T0) for o in others]  # fmt: skip
    return made, shift, others


def agreeing(made: list[Swap], others: list[Account]) -> Callable[[], object]:
    """Each thread lets the next of them agree."""
    left = [(s.id, acting(o, T0)) for s, o in zip(made, others, strict=True)]

    def one() -> object:
        swap_id, by = left.pop()
        return answer_swap(swap_id=swap_id, agrees=True, by=by, at=T0)

    return one


def firm(shift: Shift) -> tuple[int, int]:
    return Shift.objects.get(id=shift.id).taken, Claim.objects.filter(shift=shift, state__in=FIRM).count()


@pytest.mark.race
@pytest.mark.database
def test_of_two_who_agree_at_once_one_has_the_shift(own_database: None) -> None:
    made, shift, others = scene()
    assert at_once(agreeing(made, others), 2) == ["calls.swap_over", "ok"]
    assert firm(shift) == (1, 1)


@pytest.mark.race
@pytest.mark.database
def test_without_the_locks_both_have_it(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made, shift, others = scene()
    both = threading.Barrier(2)

    def unlocked(claim_ids: list[UUID | None], *more: UUID) -> tuple[dict, dict]:
        claims = {c.id: c for c in Claim.objects.filter(id__in=[i for i in claim_ids if i])}
        rows = Shift.objects.filter(id__in={c.shift_id for c in claims.values()}).select_related("call")
        return {s.id: s for s in rows}, claims

    def stale(given: list[Claim], shifts: dict[UUID, Shift], by: object, at: object) -> None:
        both.wait(10)  # both have read the claim as held before either has given it up
        Claim.objects.filter(id__in=[c.id for c in given]).update(state="released")
        Shift.objects.filter(id__in=shifts).update(taken=0)

    monkeypatch.setattr(swaps, "_held", unlocked)
    monkeypatch.setattr(swaps, "_give_up", stale)
    monkeypatch.setattr(swaps, "_end_others", lambda claims, at: None)
    at_once(agreeing(made, others), 2)
    assert firm(shift)[1] == 2
