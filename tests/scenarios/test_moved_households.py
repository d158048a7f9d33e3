"""People who move, shown through pages: nobody is sent to the old door, and nothing that is open for them is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils.timezone import localdate

from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.grid.services import move_person
from lianfang.domains.messages.models import Message
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.services import NewItem, Rhythm, assign_items, make_plan, open_items
from tests.factories.place import Place
from tests.scenarios.test_need_rows import due
from tests.web.pages import client_of, text_of


def task(place: Place, kind: str, unit_kind: str, unit: UUID, owner: str) -> UUID:
    """Open in the first committee, and given to a post."""
    new = NewItem(uuid4(), place.area["committee"], unit_kind, unit)
    by = place.actor("street")
    done = open_items(kind_name=kind, items=[new], area_id=place.area["committee"], incident_id=None, by=by,
                      at=place.at)  # fmt: skip
    assert not done[0].code, done
    [given] = assign_items(item_ids=[new.id], owner_id=place.accounts[owner].id, by=by, at=place.at)
    assert not given.code
    return new.id


def family(door: UUID) -> list[UUID]:
    rows = Presence.objects.filter(household_id=door, kind="lives", to_on=None)
    return list(rows.order_by("id").values_list("person_id", flat=True))


def behind(place: Place, where: str) -> UUID:
    """The last door of a committee."""
    return Household.objects.filter(area_id=place.area[where]).order_by("building__position", "id").last().id  # type: ignore[union-attr]  # the town has doors


def move(place: Place, person: UUID, door: UUID, post: str) -> None:
    move_person(person_id=person, household_id=door, presence="lives", source="door", by=place.actor(post),
                at=place.at)  # fmt: skip


def told(template: str) -> list[UUID]:
    return [m.recipient_id for m in Message.objects.filter(template=template)]


def run_twice(place: Place, now: datetime) -> None:
    for n in (1, 2):
        due(place, now + timedelta(minutes=n))


def test_a_family_that_moves_within_the_committee_is_visited_at_the_new_door_and_the_old_door_keeps_its_own(
    place: Place, now: datetime
) -> None:
    old, new = place.households[0], behind(place, "committee")
    visit = task(place, "welfare-visit", "household", old, "grid")
    gutters = task(place, "vector-inspection", "household", old, "grid")
    people = family(old)
    for p in people[:-1]:
        move(place, p, new, "grid")
    run_twice(place, now)
    assert Item.objects.get(id=visit).unit_id == old  # somebody still lives there
    move(place, people[-1], new, "grid")
    run_twice(place, now)
    item = Item.objects.get(id=visit)
    assert (item.unit_id, item.owner_id) == (new, place.accounts["grid"].id)
    assert told("task-follows") == [place.accounts["grid"].id] and not told("task-moved-off")
    page = text_of(client_of(place, "grid").get(f"/work/{visit}"))
    assert page.count("Moved: it goes to the new door") == 1 and str(new) in page and str(old) not in page
    assert Item.objects.get(id=gutters).unit_id == old


def test_whoever_moves_to_another_committee_takes_tasks_and_plans_along_to_whoever_serves_there(
    place: Place, now: datetime
) -> None:
    who = family(place.households[0])[0]
    call = task(place, "welfare-visit", "household", place.households[0], "grid")  # about the door: others stay there
    mine, his = (task(place, "heat-call", "person", who, post) for post in ("grid", "street"))
    plan = make_plan(plan_id=uuid4(), kind_name="heat-call", area_id=place.area["committee"], unit_kind="person",
                     unit_id=who, values={}, rhythm=Rhythm(next_on=localdate(now) + timedelta(days=20)),
                     owner_id=place.accounts["grid"].id, incident_id=None, parent_id=None, by=place.actor("street"),
                     at=now)  # fmt: skip
    move(place, who, behind(place, "committee2"), "grid2")
    run_twice(place, now)
    rows = Item.objects.in_bulk([call, mine, his])
    assert {rows[i].area_id for i in (mine, his)} == {place.area["committee2"]}
    assert rows[call].area_id == place.area["committee"]
    assert (rows[mine].owner_id, rows[his].owner_id) == (None, place.accounts["street"].id)
    plan.refresh_from_db()
    assert (plan.area_id, plan.owner_id, plan.fault) == (place.area["committee2"], None, "") and plan.opens_on
    # Each is told once: who keeps it, who need not go, and the desk of the new area, of task and plan together.
    assert told("task-follows") == [place.accounts["street"].id]
    assert told("task-moved-off") == [place.accounts["grid"].id]
    assert told("task-moved-in").count(place.accounts["street"].id) == 1
    off = text_of(client_of(place, "grid").get("/"))
    assert "the household of 2 has moved away. You need not go" in off
    # The old owner no longer reads whom it is about; whoever serves there takes it.
    assert client_of(place, "grid").get(f"/work/{mine}").status_code == 404
    new = client_of(place, "grid2")
    assert "Moved: it goes to the new door" in text_of(new.get(f"/work/{mine}"))
    assert new.post(f"/work/{mine}/take", {"id": str(uuid4())}).status_code == 302
    assert Item.objects.get(id=mine).owner_id == place.accounts["grid2"].id


def test_whoever_left_the_district_is_for_the_old_desk_to_decide_and_the_other_district_reads_nothing(
    place: Place, now: datetime
) -> None:
    who, gone = family(place.households[0])[0], family(place.households[1])[0]
    away, closed = (task(place, "heat-call", "person", p, "grid") for p in (who, gone))
    plan = make_plan(plan_id=uuid4(), kind_name="prenatal-visit", area_id=place.area["committee"], unit_kind="person",
                     unit_id=who, values={}, rhythm=Rhythm(next_on=localdate(now)), owner_id=None, incident_id=None,
                     parent_id=None, by=place.actor("street"), at=now)  # fmt: skip
    move(place, who, behind(place, "neighbour_committee"), "neighbour_grid")
    Presence.objects.filter(person_id=gone, to_on=None).update(to_on=localdate(now))  # as a register file does
    run_twice(place, now)
    desk = client_of(place, "lead")
    for i in (away, closed):
        row = Item.objects.get(id=i)
        assert (row.area_id, row.owner_id, row.is_closed) == (place.area["committee"], None, False)
        assert "Moved away: nobody goes to the old door" in text_of(desk.get(f"/work/{i}"))
        assert client_of(place, "neighbour_grid").get(f"/work/{i}").status_code == 404
    assert told("task-moved-away").count(place.accounts["lead"].id) == 2  # the two tasks in one, and the plan
    assert told("task-moved-off") == [place.accounts["grid"].id]
    # The plan opens nothing, and says why; back on the register it goes on.
    assert not Item.objects.filter(kind="prenatal-visit").exists()
    assert "lives nowhere on the register any more" in text_of(desk.get(f"/plans/{plan.id}"))
    move(place, who, behind(place, "committee2"), "grid2")
    run_twice(place, now)
    assert Plan.objects.get(id=plan.id).fault == "" and Item.objects.filter(kind="prenatal-visit").count() == 1
    assert Item.objects.get(id=away).area_id == place.area["committee2"]
