"""Households asked the same twice: the one statement counts as the rule does, whatever was asked by whom."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from lianfang.domains.areas.queries import child_above
from lianfang.domains.grid.models import Presence
from lianfang.domains.reports.queries.asked import asked_lines, asked_twice_items
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.asking import asked_at, questions
from lianfang.domains.work.rules.asking import Asking, times_asked
from tests.factories.place import Place

KINDS = ("welfare-visit", "standing-contact", "heat-call", "door-survey", "errand", "knock")


def noted(place: Place, rng: random.Random, at: datetime) -> Item:
    """A task or knock of today or yesterday at one of three doors, by one of two workers, done or not."""
    kind, n = rng.choice(KINDS), rng.randrange(3)
    unit = place.people[3 * n + rng.randrange(3)] if kind == "heat-call" else place.households[n]
    about = " ".join(rng.sample([k for k in KINDS if k != "knock"] + ["other"], rng.randrange(1, 3)))
    closed = at - timedelta(hours=rng.choice((0, 1, 2, 3, 24, 25)))
    done = rng.random() < 0.8
    return Item(id=uuid4(), kind=kind, version=1, area_id=place.area["committee"], state="done", is_closed=True,
                unit_kind="person" if kind == "heat-call" else "household", unit_id=unit, closed_at=closed,
                opened_at=closed, opened_by=uuid4(), changed_at=closed, counted=1 if done else None,
                values={"about": about} if kind == "knock" else {},
                done_by=place.accounts[rng.choice(("grid", "lead"))].id)  # fmt: skip


def test_the_statement_counts_as_the_rule_does(place: Place) -> None:
    at, parents = place.at + timedelta(hours=4), child_above(place.area["street"])
    door_of = dict(Presence.objects.filter(person_id__in=place.people).values_list("person_id", "household_id"))
    names = {k: q["name"] for k, q in questions().items()}
    seen_twice = 0
    for seed in range(25):
        Item.objects.all().delete()
        rng = random.Random(seed)
        items = Item.objects.bulk_create([noted(place, rng, at) for _ in range(rng.randrange(4, 30))])
        askings: dict[UUID, list[Asking]] = {}
        for i in items:
            if i.counted is None or i.closed_at is None or i.closed_at.date() != at.date():
                continue
            about = i.values["about"].split() if i.kind == "knock" else [i.kind]
            for q in {names[k] for k in about if k in names}:
                door = door_of.get(i.unit_id, i.unit_id)
                askings.setdefault(door, []).append(Asking(q, i.done_by, i.kind == "knock"))
        twice = {d for d, found in askings.items() if any(n > 1 for n in times_asked(found).values())}
        [line] = asked_lines(place.area["street"], at.date(), at, 7, parents)
        assert (line.value, sum(line.parts.values())) == (len(twice), len(twice)), seed
        last = Item.objects.filter(id__in=asked_twice_items(place.area["street"], at.date(), at))
        assert {door_of.get(i.unit_id, i.unit_id) for i in last} == twice and last.count() == len(twice)
        known = asked_at(place.households[:3], place.area["committee"], since=at - timedelta(hours=10))
        assert {d for d, f in known.items() if any(n > 1 for n in times_asked(b.asking for b in f).values())} == twice
        seen_twice += len(twice)
    assert seen_twice > 20
    [line] = asked_lines(place.area["neighbour"], at.date(), at, 7, {})
    assert line.value == 0
