"""Own tests of those who serve: on the days of the edition, one a person and day however many posts he left."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.work.models import Item
from lianfang.flows.helper_tests import start_tests
from tests.factories.call import HOUR, called, shift_of, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database
DAY = timedelta(days=1)


def left(place: Place, who: Account, task: str, at: datetime) -> None:
    """Somebody has left a post of a task at a time."""
    shift = shift_of(called(place, 3, post="lead", task=task, cover="平安 1"))
    Claim.objects.create(id=uuid4(), shift=shift, account_id=who.id, claimed_by=who.id, state="done", order=1,
                         claimed_at=at, checked_in_at=at - HOUR, checked_out_at=at)  # fmt: skip


def days_of(who: Account, since: datetime) -> list[int]:
    """On which days after a moment somebody is to be tested."""
    due = Item.objects.filter(owner_id=who.id, kind="helper-test").order_by("due_at").values_list("due_at", flat=True)
    return [(d.astimezone(LOCAL).date() - since.astimezone(LOCAL).date()).days for d in due if d]


def test_who_left_several_posts_is_tested_once_a_day_on_each_of_the_days_of_each_leaving(place: Place) -> None:
    one, two = volunteers(place, 2)
    noon = place.at.astimezone(LOCAL).replace(hour=12, minute=0, second=0, microsecond=0)
    left(place, one, "home-sampling", noon)
    left(place, one, "home-sampling", noon + 2 * HOUR)
    left(place, two, "patrol", noon)  # a low risk asks for none
    assert start_tests(by=place.system, at=noon - HOUR) == 0  # not yet left
    assert start_tests(by=place.system, at=noon + HOUR) == 2
    assert start_tests(by=place.system, at=noon + 3 * HOUR) == 0  # the second post asks for the same days
    left(place, one, "home-sampling", noon + DAY)
    left(place, one, "home-sampling", noon + 2 * DAY)
    assert start_tests(by=place.system, at=noon + 2 * DAY + HOUR) == 3
    assert start_tests(by=place.system, at=noon + 2 * DAY + 2 * HOUR) == 0
    assert days_of(one, noon) == [1, 2, 3, 4, 5] and days_of(two, noon) == []  # 1 3, 1 3, 2 4, 3 5


def test_a_leaving_noted_a_day_late_still_opens_its_tests(place: Place) -> None:
    (one,) = volunteers(place, 1)
    noon = place.at.astimezone(LOCAL).replace(hour=12, minute=0, second=0, microsecond=0)
    left(place, one, "home-sampling", noon + DAY)
    assert start_tests(by=place.system, at=noon + DAY + HOUR) == 2
    left(place, one, "home-sampling", noon)  # his phone had no signal yesterday
    assert start_tests(by=place.system, at=noon + DAY + 2 * HOUR) == 2
    assert days_of(one, noon) == [1, 2, 3, 4]
