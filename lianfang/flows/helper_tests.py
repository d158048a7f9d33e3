"""Own tests of those who serve: on set days after a high-risk post, and every so often while living inside a zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.calls.models import Call
from lianfang.domains.calls.queries import LOCAL, left_risky, tasks_known
from lianfang.domains.calls.rules.risks import TEST_HOUR, tests_due, tests_inside
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.responders.queries import living_inside
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested

KIND, EVERY = "helper-test", "closed_test_every_days"
BACK = timedelta(days=2)  # who left before that has his tests long since
AFTER = ("离岗后第{n}天本人检测", "Own test, day {n} after the post")
INSIDE = ("闭环期间本人检测", "Own test while living inside")


class OwnTest(NamedTuple):
    """The own test of somebody on a day: however many posts he left, and wherever he lives, one a day is enough."""

    key: UUID
    who: UUID
    area_id: UUID
    due_at: datetime
    words: Sequence[str]
    day: int = 0
    incident_id: UUID | None = None

    def item(self) -> NewItem:
        """What is opened for it."""
        zh, en = (w.format(n=self.day) for w in self.words)
        return NewItem(self.key, self.area_id, "area", self.area_id, title=zh, title_en=en, owner_id=self.who,
                       due_at=self.due_at)  # fmt: skip


def _key(who: UUID, on: date) -> UUID:
    return uuid5(who, f"own test {on}")


def start_tests(*, by: Actor, at: datetime) -> int:
    """Open the tests of everybody who has left such a post, or lives inside a zone today. Harmless twice.

    Gives how many were opened. Called by the job, so that it starts whichever door noted the leaving.
    """
    asked = {t.key: t for t in [*_inside(at), *_after(at)]}  # of two on one day one is enough
    known = set(Item.objects.filter(id__any=list(asked)).values_list("id", flat=True))
    fresh: dict[UUID | None, list[NewItem]] = {}
    for key in asked.keys() - known:
        fresh.setdefault(asked[key].incident_id, []).append(asked[key].item())
    with transaction.atomic():
        for incident, items in fresh.items():
            open_tested(kind_name=KIND, items=items, incident_id=incident, by=by, at=at)
    return sum(len(items) for items in fresh.values())


def _after(at: datetime) -> list[OwnTest]:
    """Tests after a post: each on its day, by the class of risk the post had."""
    leavings = left_risky(since=at - BACK, at=at)
    if not leavings:
        return []
    calls = Call.objects.in_bulk({x.call_id for x in leavings})
    tasks = tasks_known()
    value_of = {i: str(tasks.of(call)["tests_value"]) for i, call in calls.items()}
    areas = {c.area_id for c in calls.values()}
    values = values_by_area(common_edition(), sorted(set(value_of.values())), areas, at=at)
    days = {i: sorted({int(d) for d in values[call.area_id][value_of[i]]}) for i, call in calls.items()}
    due: dict[tuple[UUID, date], list[tuple[int, datetime]]] = {}  # by call and day of leaving
    out = []
    for x in leavings:
        left = x.call_id, x.left_at.astimezone(LOCAL).date()
        if left not in due:
            due[left] = list(zip(days[x.call_id], tests_due(x.left_at, days[x.call_id], LOCAL), strict=True))
        call = calls[x.call_id]
        out += [OwnTest(_key(x.account_id, t.date()), x.account_id, call.area_id, t, AFTER, d, call.incident_id)
                for d, t in due[left]]  # fmt: skip
    return out


def _inside(at: datetime) -> list[OwnTest]:
    """Today's test of each who lives inside a zone, if it is one of his days."""
    today = at.astimezone(LOCAL).date()
    out: list[OwnTest] = []
    people = list(living_inside(at=at))
    limits = values_by_area(common_edition(), (EVERY,), {p.area_id for p in people}, at=at) if people else {}
    for p in people:
        every = limits[p.area_id][EVERY]
        if p.entered_at and today in tests_inside(p.entered_at.astimezone(LOCAL).date(), today, every):
            due = max(datetime.combine(today, TEST_HOUR, LOCAL), p.entered_at)
            last = datetime.combine(today, time(23, 59), LOCAL)
            out.append(OwnTest(_key(p.responder_id, today), p.responder_id, p.area_id, min(due, last), INSIDE))
    return out
