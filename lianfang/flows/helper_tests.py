"""Own tests of those who serve: on set days after a high-risk post, and every so often while living inside a zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.calls.models import Claim
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


def start_tests(*, by: Actor, at: datetime) -> int:
    """Open the tests of everybody who has left such a post, or lives inside a zone today. Harmless twice.

    Gives how many were opened. Called by the job, so that it starts whichever door noted the leaving.
    """
    new = [*_after(at), *_inside(at)]
    known = set(Item.objects.filter(id__in=[i.id for _, i in new]).values_list("id", flat=True))
    fresh: dict[UUID | None, list[NewItem]] = {}
    for incident, item in new:
        if item.id not in known:
            fresh.setdefault(incident, []).append(item)
    with transaction.atomic():
        for incident, items in fresh.items():
            open_tested(kind_name=KIND, items=items, incident_id=incident, by=by, at=at)
    return sum(len(items) for items in fresh.values())


def _item(key: UUID, name: str, area_id: UUID, owner_id: UUID, due_at: datetime, words: Sequence[str]) -> NewItem:
    return NewItem(uuid5(key, name), area_id, "area", area_id, title=words[0], title_en=words[1], owner_id=owner_id,
                   due_at=due_at)  # fmt: skip


def _after(at: datetime) -> list[tuple[UUID | None, NewItem]]:
    """Tests after a post: each on its day, by the class of risk the post had; of those who have none of it yet."""
    claims = left_risky(since=at - BACK, at=at)
    if not claims:
        return []
    tasks, calls = tasks_known(), {c.shift.call.id: c.shift.call for c, _ in claims}
    value_of = {i: str(tasks.of(call)["tests_value"]) for i, call in calls.items()}
    areas = {c.area_id for c in calls.values()}
    values = values_by_area(common_edition(), sorted(set(value_of.values())), areas, at=at)
    days = {i: sorted(set(values[call.area_id][value_of[i]])) for i, call in calls.items()}
    # All tests of a claim are opened together: where the first is known, nothing more is worked out.
    first = {c.id: uuid5(c.id, f"test {days[c.shift.call_id][0]}") for c, _ in claims if days[c.shift.call_id]}
    known = set(Item.objects.filter(id__any=list(first.values())).values_list("id", flat=True))
    return [(c.shift.call.incident_id, item) for c, left in claims if first.get(c.id, c.id) not in known
            for item in _days_of(c, left, days[c.shift.call_id])]  # fmt: skip


def _days_of(claim: Claim, left: datetime, asked: Sequence[int]) -> list[NewItem]:
    call = claim.shift.call
    return [_item(claim.id, f"test {d}", call.area_id, claim.account_id, due, [w.format(n=d) for w in AFTER])
            for d, due in zip(sorted(set(asked)), tests_due(left, asked, LOCAL), strict=True)]  # fmt: skip


def _inside(at: datetime) -> list[tuple[UUID | None, NewItem]]:
    """Today's test of each who lives inside a zone, if it is one of his days."""
    today = at.astimezone(LOCAL).date()
    out: list[tuple[UUID | None, NewItem]] = []
    people = list(living_inside(at=at))
    limits = values_by_area(common_edition(), (EVERY,), {p.area_id for p in people}, at=at) if people else {}
    for p in people:
        every = limits[p.area_id][EVERY]
        if p.entered_at and today in tests_inside(p.entered_at.astimezone(LOCAL).date(), today, every):
            due = max(datetime.combine(today, TEST_HOUR, LOCAL), p.entered_at)
            last = datetime.combine(today, time(23, 59), LOCAL)
            out.append((None, _item(p.id, f"test {today}", p.area_id, p.responder_id, min(due, last), INSIDE)))
    return out
