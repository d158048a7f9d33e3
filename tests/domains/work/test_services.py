"""Work: opened in lists, moved once, handed on when its clock runs out, closed by another, looked at twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.responders.models import Duty
from lianfang.domains.work.errors import (
    FieldMissing,
    FieldUnfit,
    ItemMissing,
    MoveNotYours,
    MoveUnfit,
    NeedsAnother,
    SpotNotDrawn,
    UnitUnfit,
)
from lianfang.domains.work.models import Clock, Item, Move
from lianfang.domains.work.queries import item_seen, my_items, progress_of
from lianfang.domains.work.services import (
    NewItem,
    Note,
    assign_items,
    give_back,
    make_move,
    make_moves,
    open_item,
    open_items,
    run_out_clocks,
    settle_spot_check,
)
from tests.factories.place import Place

pytestmark = pytest.mark.database

SURVEYED = {"persons_home": 3, "residence": "own"}


def opened(
    place: Place, kind: str = "door-survey", *, unit: UUID | None = None, unit_kind: str = "household", **more: Any
) -> UUID:
    return open_item(
        kind_name=kind,
        incident_id=None,
        by=place.actor("lead"),
        at=place.at,
        item=NewItem(uuid4(), place.area["committee"], unit_kind, unit or place.households[0], **more),
    )


def moved(
    place: Place,
    item: UUID,
    move: str,
    post: str = "grid",
    *,
    note: UUID | None = None,
    minutes: int = 5,
    **values: Any,
) -> UUID:
    by = place.actor(post)
    return make_move(
        note=Note(note or uuid4(), item, move, by, place.at + timedelta(minutes=minutes), values=values),
        by=by,
        at=place.at + timedelta(minutes=minutes),
    )


def test_a_move_is_made_once_and_a_retry_is_no_second(place: Place) -> None:
    item, note = opened(place), uuid4()
    moved(place, item, "finish", note=note, **SURVEYED)
    moved(place, item, "finish", note=note, **SURVEYED)
    assert Move.objects.filter(item_id=item, move="finish").count() == 1
    done = Item.objects.get(id=item)
    assert (done.state, done.is_closed, done.counted) == ("done", True, 1)


def test_what_a_move_needs_is_named_and_the_item_stays(place: Place) -> None:
    item = opened(place)
    with pytest.raises(FieldMissing) as missing:
        moved(place, item, "finish", persons_home=3)
    assert missing.value.values["fields"] == ["residence"]
    with pytest.raises(FieldUnfit) as unfit:
        moved(place, item, "finish", persons_home="three", residence="own")
    assert unfit.value.values == {"field": "persons_home", "fix": "a number"}
    moved(place, item, "finish", **SURVEYED)
    with pytest.raises(MoveUnfit):
        moved(place, item, "no-answer", minutes=9)


def test_a_neighbours_official_neither_sees_nor_moves_nor_opens(place: Place) -> None:
    item = opened(place)
    with pytest.raises(ItemMissing):
        item_seen(item, by=place.actor("neighbour"))
    with pytest.raises(MoveNotYours):
        moved(place, item, "finish", "neighbour", **SURVEYED)
    with pytest.raises(RightMissing):
        open_item(
            kind_name="door-survey",
            incident_id=None,
            by=place.actor("neighbour"),
            at=place.at,
            item=NewItem(uuid4(), place.area["committee"], "household", place.households[0]),
        )
    outside = open_items(
        kind_name="door-survey",
        incident_id=None,
        by=place.actor("lead"),
        at=place.at,
        area_id=place.area["committee"],
        items=[NewItem(uuid4(), place.area["neighbour_committee"], "household", place.households[-1])],
    )
    assert [o.code for o in outside] == ["work.unit_unfit"]
    with pytest.raises(UnitUnfit):
        opened(place, unit=place.people[0], unit_kind="person")


def test_an_assigned_door_may_be_read_by_its_worker_until_it_is_closed(place: Place) -> None:
    item = opened(place)
    assign_items(item_ids=[item], owner_id=place.accounts["volunteer"].id, by=place.actor("lead"), at=place.at)
    (purpose,) = Purpose.objects.filter(source_id=item)
    assert (purpose.actor_id, purpose.subject_id, purpose.to_at) == (
        place.accounts["volunteer"].id,
        place.households[0],
        None,
    )
    moved(place, item, "finish", "volunteer", **SURVEYED)
    assert Purpose.objects.get(id=purpose.id).to_at is not None


def test_a_clock_that_runs_out_gives_the_item_to_the_next_on_duty_once_a_round(place: Place) -> None:
    item = opened(
        place,
        "checklist-task",
        unit=uuid4(),
        unit_kind="incident",
        due_at=place.at + timedelta(minutes=90),
        owner_id=place.accounts["county"].id,
    )
    assert place.system is not None
    assert run_out_clocks(limit=10, by=place.system, at=place.at + timedelta(minutes=29)) == 0
    assert run_out_clocks(limit=10, by=place.system, at=place.at + timedelta(minutes=30)) == 1
    assert Item.objects.get(id=item).owner_id == place.accounts["officer"].id
    assert run_out_clocks(limit=10, by=place.system, at=place.at + timedelta(minutes=31)) == 0
    assert run_out_clocks(limit=10, by=place.system, at=place.at + timedelta(minutes=60)) == 1
    assert Item.objects.get(id=item).owner_id == place.accounts["officer2"].id
    assert [i.id for i in my_items(place.actor("officer2"))] == [item]


def test_what_a_helper_notes_after_a_clock_took_it_from_him_still_counts_until_somebody_else_has_it_in_hand(
    place: Place,
) -> None:
    assert place.system is not None
    told = {"what": "买菜", "sort": "food", "phone": "13912345678"}
    mine, gone = (opened(place, "errand", unit=h, values=told) for h in place.households[:2])
    for item in (mine, gone):
        moved(place, item, "take", "volunteer")
    late = place.at + timedelta(hours=5)
    assert run_out_clocks(limit=10, by=place.system, at=late) == 2  # the street has them now
    rows = Item.objects.in_bulk([mine, gone])
    assert {i.before_id for i in rows.values()} == {place.accounts["volunteer"].id}
    assert place.accounts["volunteer"].id not in {i.owner_id for i in rows.values()}
    moved(place, mine, "finish", "volunteer", outcome="full")  # noted without signal, sent afterwards
    done = Item.objects.get(id=mine)
    assert (done.is_closed, done.owner_id, done.before_id) == (True, place.accounts["volunteer"].id, None)
    assign_items(item_ids=[gone], owner_id=place.accounts["lead"].id, by=place.actor("lead"), at=late)
    with pytest.raises(MoveNotYours):  # somebody gave it to another on purpose
        moved(place, gone, "finish", "volunteer", outcome="full")


def test_whoever_has_no_post_there_any_more_notes_nothing_of_what_a_clock_took_from_him(place: Place) -> None:
    assert place.system is not None
    told = {"what": "买菜", "sort": "food", "phone": "13912345678"}
    item, held = opened(place, "errand", values=told), place.actor("volunteer")
    moved(place, item, "take", "volunteer")
    late = place.at + timedelta(hours=5)
    assert run_out_clocks(limit=10, by=place.system, at=late) == 1
    give_back(holder=replace(held, grants=()), by=place.system, at=late)
    assert Item.objects.get(id=item).before_id is None
    with pytest.raises(MoveNotYours):
        make_move(note=Note(uuid4(), item, "finish", replace(held, grants=()), late, values={"outcome": "full"}),
                  by=held, at=late)  # fmt: skip


def test_an_item_that_everybody_has_had_is_handed_on_ever_more_rarely(place: Place) -> None:
    opened(place, "checklist-task", unit=uuid4(), unit_kind="incident", due_at=place.at + timedelta(minutes=90),
           owner_id=place.accounts["county"].id)  # fmt: skip
    at, handed = place.at, []
    for _ in range(24 * 12):  # every five minutes for a day
        at += timedelta(minutes=5)
        if run_out_clocks(limit=10, by=place.system, at=at):
            handed.append((at - place.at) / timedelta(minutes=1))
    owners = Message.objects.filter(template="work-told").values_list("recipient_id", flat=True)
    # Its two clocks have lists of their own; they handed it to and fro every half hour, forty times a day.
    assert {place.accounts[w].id for w in ("officer", "officer2", "command")} <= set(owners)
    assert len(handed) == len(owners) < 20
    assert sum(h <= 6 * 60 for h in handed) > 2 * sum(h > 18 * 60 for h in handed)


def own_tests(place: Place, n: int) -> list[UUID]:
    """Tests of helpers whose time ends a day on."""
    new = [NewItem(uuid4(), place.area["committee"], "area", place.area["committee"], title=f"{k}",
                   owner_id=place.accounts["grid"].id, due_at=place.at) for k in range(n)]  # fmt: skip
    open_items(kind_name="helper-test", items=new, area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=place.at)  # fmt: skip
    return [i.id for i in new]


@pytest.mark.parametrize(("missed", "messages"), [(3, 3), (40, 1)])
def test_a_clock_that_only_tells_does_so_once_a_person_and_of_many_together(
    place: Place, missed: int, messages: int
) -> None:
    own_tests(place, missed)
    late, told = place.at + timedelta(days=1), Message.objects.filter(template__in=("work-told", "works-told"))
    for hour in range(12):
        run_out_clocks(limit=100, by=place.system, at=late + hour * timedelta(hours=1))
    assert not Clock.objects.filter(stopped_at=None).exists()
    assert set(Item.objects.values_list("owner_id", flat=True)) == {place.accounts["grid"].id}
    assert set(Counter(told.values_list("recipient_id", flat=True)).values()) == {messages}
    assert place.accounts["lead"].id in told.values_list("recipient_id", flat=True)
    [said] = in_words([told.filter(recipient_id=place.accounts["lead"].id)[0]], by=place.actor("lead"))
    assert "工作人员本人检测" in said["zh"] and ("40 项" in said["zh"]) == (missed == 40)


def test_where_nobody_holds_the_role_the_duty_officer_is_told_and_whoever_takes_it_later(place: Place) -> None:
    own_tests(place, 1)
    RoleGrant.objects.filter(role__in=("committee-lead", "duty-officer")).delete()
    Duty.objects.all().delete()
    late = place.at + timedelta(days=1)
    for hour in range(5):
        assert run_out_clocks(limit=10, by=place.system, at=late + hour * timedelta(hours=1)) == 0
    assert Clock.objects.get().position == 0 and Clock.objects.get().stopped_at is None
    who = place.accounts["county"]
    RoleGrant.objects.create(id=uuid4(), account=who, role="duty-officer", area_id=place.area["district"],
                             hierarchy="division", from_at=late, granted_by=who.id)  # fmt: skip
    assert run_out_clocks(limit=10, by=place.system, at=late + timedelta(hours=6)) == 1
    assert Message.objects.get(template="work-told").recipient_id == who.id


def test_a_finished_item_stops_its_clocks(place: Place) -> None:
    item = opened(place)
    assert Clock.objects.filter(item_id=item, stopped_at=None).exists()
    moved(place, item, "finish", **SURVEYED)
    assert not Clock.objects.filter(item_id=item, stopped_at=None).exists()


def test_a_parent_is_done_when_its_last_child_is(place: Place) -> None:
    parent = opened(place, "order", unit=place.area["committee"], unit_kind="area", values={"what": "全面摸排"})
    children = [
        opened(
            place, "order", unit=place.area["committee"], unit_kind="area", parent_id=parent, values={"what": "摸排"}
        )
        for _ in range(2)
    ]
    for n, child in enumerate(children):
        assert progress_of(Item.objects.get(id=parent)) == {"all": 2, "closed": n, "left": 2 - n}
        assert not Item.objects.get(id=parent).is_closed
        moved(place, child, "acknowledge", "lead", minutes=n * 2 + 1)
        moved(place, child, "finish", "lead", minutes=n * 2 + 2, report="办完")
    assert Item.objects.get(id=parent).is_closed


def test_the_second_look_is_anothers_and_only_at_what_was_drawn(place: Place) -> None:
    items = [NewItem(uuid4(), place.area["committee"], "household", place.households[0]) for _ in range(200)]
    open_items(
        kind_name="door-survey",
        items=items,
        area_id=place.area["committee"],
        incident_id=None,
        by=place.actor("lead"),
        at=place.at,
    )
    grid = place.actor("grid")
    make_moves(
        notes=[Note(uuid4(), i.id, "finish", grid, place.at, n, SURVEYED) for n, i in enumerate(items)],
        by=grid,
        at=place.at,
    )
    drawn = list(Item.objects.filter(spot_check="drawn"))
    # 5 % of 200 are 10; six standard deviations of a binomial are 18.
    assert 0 < len(drawn) < 28
    with pytest.raises(RightMissing):
        settle_spot_check(item_id=drawn[0].id, agrees=True, by=grid, at=place.at)
    settle_spot_check(item_id=drawn[0].id, agrees=False, by=place.actor("lead"), at=place.at)
    with pytest.raises(SpotNotDrawn):
        settle_spot_check(
            item_id=next(i.id for i in items if i.id not in {d.id for d in drawn}),
            agrees=True,
            by=place.actor("lead"),
            at=place.at,
        )


def test_a_finding_is_closed_by_another_than_the_one_who_mended_it(place: Place) -> None:
    finding = opened(place, "finding", unit=uuid4(), unit_kind="place", values={"what": "没有洗手液", "danger": "day"})
    moved(place, finding, "fix", "lead", fixed_how="补上了")
    with pytest.raises(NeedsAnother):
        moved(place, finding, "verify", "lead", minutes=30)
    moved(place, finding, "verify", "street", minutes=31)
    assert Item.objects.get(id=finding).is_closed
