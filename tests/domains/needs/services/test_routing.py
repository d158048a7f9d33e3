"""A plea looked after: accepted once, weighed, placed, made into work, joined, confirmed or opened again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.errors import HouseholdMissing
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.errors import PleaEnded, PleaMissing, PleaNotDone, PleaTaken, PleaUnfit
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries import own_plea, stands
from lianfang.domains.needs.services import (
    NewPlea,
    accept_plea,
    end_plea,
    forget_pleas,
    join_plea,
    place_plea,
    reopen_plea,
    route_plea,
    take_in,
    tell_done,
    tell_late,
    weigh_plea,
)
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.work.errors import FieldMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import personal_values
from lianfang.domains.work.services import Note, make_move
from tests.factories.call import acting, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database
HALF = timedelta(minutes=30)


def taken(place: Place, words: str = "家里没菜了", **more: object) -> Plea:
    new = NewPlea(uuid4(), "phone", words, place.actor("lead"), place.at,
                  **{"area_id": place.area["committee"], "phone": "13912345678", **more})  # type: ignore[arg-type]  # of the test  # fmt: skip
    assert take_in(pleas=[new], by=place.actor("lead"), at=place.at)[0].code == ""
    return Plea.objects.get(id=new.id)


def routed(place: Place, plea: Plea, kind: str = "food", post: str = "grid", **values: object) -> Item:
    done = route_plea(plea_id=plea.id, item_id=uuid4(), kind_name=kind, values=values, owner_id=None,
                      by=place.actor(post), at=place.at)  # fmt: skip
    assert done.item_id is not None
    return Item.objects.get(id=done.item_id)


def done(place: Place, item: Item) -> None:
    for move, values in (("acknowledge", {}), ("resolve", {"outcome": "菜已送到"})):
        note = Note(uuid4(), item.id, move, place.actor("grid"), place.at + timedelta(hours=1), values=values)
        make_move(note=note, by=place.actor("grid"), at=note.at)


def test_who_was_asked_accepts_it_once_and_another_is_told_who_has_it(place: Place) -> None:
    plea = taken(place)
    for _ in range(2):
        accept_plea(plea_id=plea.id, by=place.actor("grid"), at=place.at)
    with pytest.raises(PleaTaken) as refused:
        accept_plea(plea_id=plea.id, by=place.actor("lead"), at=place.at)
    assert refused.value.values["post"] == place.accounts["grid"].label
    with pytest.raises(PleaMissing):
        accept_plea(plea_id=plea.id, by=place.actor("neighbour_grid"), at=place.at)


def test_a_person_weighs_it_and_puts_it_to_its_door_in_another_area(place: Place) -> None:
    plea = taken(place, "想问一下")
    with pytest.raises(PleaUnfit):
        weigh_plea(plea_id=plea.id, kind_name="party", danger="life", group="", deadline_at=None, where="",
                   by=place.actor("grid"), at=place.at)  # fmt: skip
    by_when = place.at + timedelta(hours=9)
    weighed = weigh_plea(plea_id=plea.id, kind_name="doctor", danger="health", group="minor", deadline_at=by_when,
                         where="市一医院", by=place.actor("grid"), at=place.at)  # fmt: skip
    assert (weighed.rank, weighed.next_at, weighed.decided_by) == (1, place.at + HALF, place.accounts["grid"].id)
    assert weighed.reply_by == place.at + HALF  # answered sooner than was promised
    moved = place_plea(plea_id=plea.id, household_id=None, person_id=None, area_id=place.area["neighbour_committee"],
                       by=place.actor("grid"), at=place.at)  # fmt: skip
    assert moved.holder_id == place.accounts["neighbour_grid"].id and moved.is_placed
    accept_plea(plea_id=plea.id, by=place.actor("neighbour_grid"), at=place.at)
    with pytest.raises(PleaMissing):  # it is theirs now
        weigh_plea(plea_id=plea.id, kind_name="food", danger="life", group="", deadline_at=None, where="",
                   by=place.actor("grid"), at=place.at)  # fmt: skip


def test_it_becomes_work_that_takes_its_words_along_and_ends_only_when_its_asker_confirms(place: Place) -> None:
    plea = taken(place)
    with pytest.raises(PleaNotDone):
        end_plea(plea_id=plea.id, end="confirmed", why="", by=place.actor("lead"), at=place.at)
    item = routed(place, plea)
    assert (item.kind, item.values["sort"], item.title) == ("household-need", "food", f"№{plea.number}")
    told = personal_values(item, by=place.actor("lead"))
    assert told["what"] == "家里没菜了" and told["phone"] == "13912345678"
    with pytest.raises(PleaTaken):
        routed(place, plea)  # one piece of work at a time
    assert tell_done(limit=9, by=place.system, at=place.at) == 0
    done(place, item)
    for n in (1, 0):
        assert tell_done(limit=9, by=place.system, at=place.at) == n
    outcome = Message.objects.get(template="plea-outcome")
    assert outcome.recipient_id == place.accounts["lead"].id  # who took it in hears how it went
    row = Plea.objects.select_related("item").get(id=plea.id)
    assert row.state == "routed" and stands(row) == "to_confirm"  # nothing closes itself
    with pytest.raises(PleaUnfit):
        end_plea(plea_id=plea.id, end="checked", why=" ", by=place.actor("lead"), at=place.at)
    ended = end_plea(plea_id=plea.id, end="confirmed", why="", rating=5, by=place.actor("lead"), at=place.at)
    assert (ended.state, ended.rating) == ("ended", 5)
    with pytest.raises(PleaEnded):
        routed(place, plea)


def test_what_was_not_solved_is_open_again_with_its_old_work_kept(place: Place) -> None:
    plea = taken(place)
    item = routed(place, plea)
    with pytest.raises(PleaNotDone):
        reopen_plea(plea_id=plea.id, why="x", by=place.actor("lead"), at=place.at)
    done(place, item)
    later = place.at + timedelta(hours=2)
    again = reopen_plea(plea_id=plea.id, why="送错门了", by=place.actor("lead"), at=later)
    assert (again.state, again.item_id, again.items) == ("received", None, [item.id])
    assert again.reply_by == later + (plea.reply_by - plea.received_at)
    second = routed(place, plea)
    assert Plea.objects.get(id=plea.id).items == [item.id] and second.id != item.id


def test_each_reopening_promises_the_same_time_anew_and_its_holder_hears_of_each(place: Place) -> None:
    plea, promise = taken(place, "喘不上气"), timedelta(minutes=5)
    for n in range(1, 4):
        at = place.at + timedelta(hours=n)
        end_plea(plea_id=plea.id, end="answered", why="说清楚了", by=place.actor("lead"), at=at)
        again = reopen_plea(plea_id=plea.id, why="还是喘", by=place.actor("lead"), at=at)
        assert (again.reply_by - at, again.next_at, again.danger) == (promise, at + promise, "life")
        assert tell_late(limit=9, by=place.system, at=at + promise) == 1
    asked = Message.objects.filter(about_id=plea.id, recipient_id=place.accounts["grid"].id, template="plea-urgent")
    late = Message.objects.filter(about_id=plea.id, template="plea-late")
    assert asked.count() == 4
    assert late.count() == 3 * late.values("recipient_id").distinct().count()


def test_it_comes_back_to_who_had_it_before_and_he_hears_of_it_again(place: Place) -> None:
    plea = taken(place)
    for area in ("neighbour_committee", "committee"):
        by = place.actor("lead" if area == "neighbour_committee" else "neighbour_grid")
        place_plea(plea_id=plea.id, household_id=None, person_id=None, area_id=place.area[area], by=by,
                   at=place.at + timedelta(minutes=1 + (area == "committee")))  # fmt: skip
    told = Message.objects.filter(about_id=plea.id, template="plea-new")
    assert told.filter(recipient_id=place.accounts["grid"].id).count() == 2


def test_whose_words_have_been_forgotten_is_not_opened_again(place: Place) -> None:
    plea, kind_alone = taken(place), taken(place, "", kind="food", phone="")
    for one in (plea, kind_alone):
        end_plea(plea_id=one.id, end="answered", why="说清楚了", by=place.actor("lead"), at=place.at)
        reopen_plea(plea_id=one.id, why="没有", by=place.actor("lead"), at=place.at)
        end_plea(plea_id=one.id, end="answered", why="说清楚了", by=place.actor("lead"), at=place.at)
    later = place.at + timedelta(days=400)
    assert forget_pleas(ended_before=later, limit=9, by=place.system, at=later) == 1
    reopen_plea(plea_id=kind_alone.id, why="还是没有", by=place.actor("lead"), at=later)
    with pytest.raises(PleaEnded):
        reopen_plea(plea_id=plea.id, why="还是没有", by=place.actor("lead"), at=later)


def test_two_pleas_that_are_one_are_joined_and_the_first_keeps_the_worse_danger(place: Place) -> None:
    first, second = taken(place, "煤气用完了"), taken(place, "煤气用完了，老人药没了，明天要透析")
    assert (first.danger, second.danger) == ("hardship", "health")
    for _ in range(2):
        join_plea(plea_id=second.id, same_as_id=first.id, by=place.actor("lead"), at=place.at)
    first.refresh_from_db()
    assert (first.danger, first.deadline_at) == ("health", second.deadline_at)
    assert Plea.objects.get(id=second.id).end == "same"
    with pytest.raises(PleaEnded):
        join_plea(plea_id=second.id, same_as_id=uuid_of(place), by=place.actor("lead"), at=place.at)


def uuid_of(place: Place) -> UUID:
    return taken(place, "别的事").id


def test_what_its_kind_asks_for_is_asked_and_an_unknown_person_is_no_hindrance(place: Place) -> None:
    plea = taken(place, "我爸胸口疼，快叫救护车")
    with pytest.raises(FieldMissing):
        routed(place, plea, "emergency")
    item = routed(place, plea, "emergency", sort="heart")
    assert (item.unit_kind, item.unit_id) == ("none", None)
    assert Plea.objects.get(id=plea.id).next_at == place.at + timedelta(minutes=10)  # its first clock


def test_an_asker_sees_and_ends_his_own_alone(place: Place) -> None:
    (person,) = volunteers(place, 1, role="resident")
    resident, other = acting(person, place.at), place.actor("lead")
    new = NewPlea(uuid4(), "page", "药吃完了", resident, place.at, is_own=True, area_id=place.area["committee"])
    assert take_in(pleas=[new], by=resident, at=place.at)[0].code == ""
    assert Message.objects.get(template="plea-received").recipient_id == resident.id
    assert own_plea(new.id, by=resident).number
    with pytest.raises(PleaMissing):
        own_plea(new.id, by=other)
    with pytest.raises(PleaUnfit):  # a lead's word is not his
        end_plea(plea_id=new.id, end="unreached", why="x", by=resident, at=place.at)
    assert end_plea(plea_id=new.id, end="withdrawn", why="", by=resident, at=place.at).end == "withdrawn"


def test_nobody_reads_a_stranger_by_putting_a_plea_to_his_door(place: Place) -> None:
    plea, grid = taken(place), place.actor("grid")
    accept_plea(plea_id=plea.id, by=grid, at=place.at)
    theirs = Household.objects.filter(area_id=place.area["neighbour_committee"]).values_list("id", flat=True)[0]
    stranger = Presence.objects.filter(household_id=theirs).values_list("person_id", flat=True)[0]
    ask = {"plea_id": plea.id, "area_id": None, "by": grid, "at": place.at}
    with pytest.raises(HouseholdMissing):
        place_plea(household_id=theirs, person_id=None, **ask)
    for door in (place.households[0], None):
        with pytest.raises(PleaUnfit):
            place_plea(household_id=door, person_id=stranger, **{**ask, "area_id": place.area["committee"]})
    with pytest.raises(RightMissing):  # nor by making somebody else its owner
        route_plea(plea_id=plea.id, item_id=uuid4(), kind_name="food", values={}, by=grid, at=place.at,
                   owner_id=place.accounts["volunteer"].id)  # fmt: skip
    new = NewPlea(uuid4(), "phone", "x", place.actor("lead"), place.at, household_id=place.households[0],
                  person_id=stranger)  # fmt: skip
    assert take_in(pleas=[new], by=place.actor("lead"), at=place.at)[0].values["field"] == "person"
    own = Presence.objects.filter(household_id=place.households[0]).values_list("person_id", flat=True)[0]
    placed = place_plea(household_id=place.households[0], person_id=own, **ask)
    assert (placed.person_id, placed.is_placed) == (own, True)


def test_who_has_accepted_may_read_of_the_door_that_is_found_later_and_of_no_other(place: Place) -> None:
    plea, lead = taken(place), place.actor("lead")
    accept_plea(plea_id=plea.id, by=place.actor("grid"), at=place.at)
    for n, door in enumerate(place.households[:2]):
        place_plea(plea_id=plea.id, household_id=door, person_id=None, area_id=None, by=lead,
                   at=place.at + timedelta(minutes=n))  # fmt: skip
    live = Purpose.objects.get(source_id=plea.id, to_at__gt=place.at + timedelta(minutes=1))
    assert (live.actor_id, live.subject_id) == (place.accounts["grid"].id, place.households[1])
    at = place.at + timedelta(hours=1)
    end_plea(plea_id=plea.id, end="answered", why="说清楚了", by=lead, at=at)
    reopen_plea(plea_id=plea.id, why="没有", by=lead, at=at)
    assert not Purpose.objects.filter(source_id=plea.id, to_at__gt=at).exists()


def test_who_accepts_may_read_of_the_door_until_the_plea_ends(place: Place) -> None:
    plea = taken(place, household_id=place.households[0], area_id=None)
    accept_plea(plea_id=plea.id, by=place.actor("grid"), at=place.at)
    given = Purpose.objects.get(source_id=plea.id)
    assert (given.actor_id, given.subject_id) == (place.accounts["grid"].id, place.households[0])
    end_plea(plea_id=plea.id, end="answered", why="说清楚了", by=place.actor("grid"), at=place.at + timedelta(hours=1))
    given.refresh_from_db()
    assert given.to_at == place.at + timedelta(hours=1)
