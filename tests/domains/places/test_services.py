"""Writing places: openings, stays, passages and days, each with its refusals on one set-up."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from lianfang.base.errors import Refused
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.places.errors import (
    AtLimit,
    NobodyInside,
    NothingToOpen,
    PlaceClosed,
    PlaceFull,
    PlaceMissing,
    PlaceUnfit,
    StayMissing,
    StaysElsewhere,
)
from lianfang.domains.places.models import Opening, Passage, PlaceDay, Stay
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.services import (
    begin_stay,
    change_place,
    count_passage,
    end_stay,
    enter_day,
    open_place,
    open_places,
    recount,
    register_place,
    set_state,
)
from tests.factories.place import Place

pytestmark = pytest.mark.database
DAY = timedelta(days=1)


def site(place: Place, kind: str = "shop", where: str = "committee", *, is_open: bool = True, **sizes: int) -> UUID:
    """A place, open from today unless it is only planned."""
    made = register_place(place_id=uuid4(), kind=kind, name=f"{kind} {where}", name_en="", area_id=place.area[where],
                          capacity=sizes, lon=None, lat=None, incident_id=None, by=place.system,
                          at=place.at)  # fmt: skip
    if is_open:
        set_state(place_id=made.id, state="open", by=place.system, at=place.at)
    return made.id


def opens(place: Place, kind: str = "shop", post: str = "street", **more: object) -> Opening:
    given = {"opening_id": uuid4(), "area_id": place.area["street"], "kind": kind, "opens_on": place.at.date(),
             "limit_percent": 50, "reason": "r", "leave_out": []}  # fmt: skip
    return open_places(**{**given, **more}, by=place.actor(post), at=place.at)  # type: ignore[arg-type]  # a test's own mixture


@pytest.mark.parametrize(
    ("kind", "sizes", "name", "level", "field"),
    [
        ("castle", {}, "a", "", "kind"),
        ("shop", {"bed": 2}, "a", "", "capacity"),
        ("shop", {"person": -2}, "a", "", "capacity"),
        ("shop", {"person": 2}, " ", "", "name"),
        ("isolation-site", {"room": 2}, "a", "loose", "level"),
    ],
)
def test_a_place_is_of_a_kind_that_the_editions_list(
    place: Place, kind: str, sizes: dict[str, int], name: str, level: str, field: str
) -> None:
    with pytest.raises(PlaceUnfit) as refused:
        register_place(place_id=uuid4(), kind=kind, name=name, name_en="", area_id=place.area["committee"],
                       capacity=sizes, lon=None, lat=None, incident_id=None, level=level, by=place.actor("lead"),
                       at=place.at)  # fmt: skip
    assert refused.value.values["field"] == field and not Site.objects.exists()


def test_one_rule_opens_all_of_a_kind_in_the_area_and_no_other(place: Place) -> None:
    near, far = site(place, is_open=False, person=10), site(place, where="committee3", is_open=False, person=10)
    mall, left = site(place, "mall", is_open=False, person=9), site(place, where="committee2", is_open=False, person=8)
    ask = partial(opens, place, opening_id=uuid4(), leave_out=[left])
    assert ask() == ask()
    rule = Opening.objects.get()
    assert (rule.n_places, rule.limit_percent) == (1, 50)
    shop = Site.objects.get(id=near)
    assert (shop.state, shop.opening_id, shop.opens_on, shop.limit_percent) == ("open", rule.id, place.at.date(), 50)
    assert set(Site.objects.filter(state="planned").values_list("id", flat=True)) == {far, mall, left}
    assert LogEntry.objects.filter(service="places.open_places").count() == 1


def test_a_rule_for_a_later_day_leaves_what_is_open_now_as_it_is(place: Place) -> None:
    now_open, planned = site(place, person=10), site(place, where="committee2", is_open=False, person=10)
    opens(place, opens_on=place.at.date() + 3 * DAY)
    assert Site.objects.get(id=now_open).limit_percent == 100
    assert Site.objects.get(id=planned).opens_on == place.at.date() + 3 * DAY
    opens(place, limit_percent=40)
    assert set(Site.objects.values_list("limit_percent", flat=True)) == {40}


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"limit_percent": 0}, PlaceUnfit),
        ({"limit_percent": 101}, PlaceUnfit),
        ({"reason": "  "}, PlaceUnfit),
        ({"kind": "castle"}, PlaceUnfit),
        ({"kind": "mall"}, NothingToOpen),
        ({"post": "grid"}, RightMissing),
        ({"post": "neighbour"}, RightMissing),
        ({"post": "lead"}, RightMissing),  # the committee's lead, for the whole street
    ],
)
def test_an_opening_that_may_not_be_changes_nothing(
    place: Place, more: dict[str, object], error: type[Refused]
) -> None:
    site(place, is_open=False, person=4)
    with pytest.raises(error):
        opens(place, **more)  # type: ignore[arg-type]  # a test's own mixture
    assert not Opening.objects.exists() and Site.objects.get().state == "planned"


def test_nobody_goes_in_over_the_limit_and_not_more_leave_than_are_inside(place: Place) -> None:
    shop = site(place, person=9)
    open_place(opening_id=uuid4(), place_id=shop, opens_on=place.at.date(), limit_percent=50, reason="r",
               by=place.actor("lead"), at=place.at)  # fmt: skip
    tap = partial(count_passage, place_id=shop, by=place.actor("grid"), at=place.at)
    first = uuid4()
    assert tap(passage_id=first, change=3) == tap(passage_id=first, change=3)
    with pytest.raises(AtLimit) as refused:
        tap(passage_id=uuid4(), change=2)
    assert refused.value.values == {"place": "shop committee", "inside": 3, "limit": 4, "room": 1}
    tap(passage_id=uuid4(), change=1)
    with pytest.raises(NobodyInside):
        tap(passage_id=uuid4(), change=-5)
    for change in (0, 51, -51):
        with pytest.raises(PlaceUnfit):
            tap(passage_id=uuid4(), change=change)
    recount(passage_id=uuid4(), place_id=shop, inside=6, by=place.actor("grid"), at=place.at)  # a fact, over the limit
    assert Site.objects.get(id=shop).inside == 6 == sum(Passage.objects.values_list("change", flat=True))
    assert list(Passage.objects.filter(is_correction=True).values_list("change", "inside")) == [(2, 6)]
    with pytest.raises(AtLimit):
        tap(passage_id=uuid4(), change=1)


def test_a_closed_place_lets_out_and_nobody_in(place: Place) -> None:
    shop = site(place, person=9)
    tap = partial(count_passage, place_id=shop, by=place.actor("volunteer"), at=place.at)
    tap(passage_id=uuid4(), change=2)
    set_state(place_id=shop, state="closed", reason="r", by=place.actor("lead"), at=place.at)
    with pytest.raises(PlaceClosed):
        tap(passage_id=uuid4(), change=1)
    tap(passage_id=uuid4(), change=-2)
    assert Site.objects.get(id=shop).inside == 0


def test_who_has_no_right_here_counts_nothing_and_a_kind_without_entry_is_not_counted(place: Place) -> None:
    shop, ward = site(place, person=9), site(place, "hospital-ward", bed=4)
    for post in ("neighbour_grid", "tracer"):
        with pytest.raises(RightMissing):
            count_passage(passage_id=uuid4(), place_id=shop, change=1, by=place.actor(post), at=place.at)
    with pytest.raises(PlaceUnfit):
        count_passage(passage_id=uuid4(), place_id=ward, change=1, by=place.actor("grid"), at=place.at)
    with pytest.raises(PlaceMissing):
        count_passage(passage_id=uuid4(), place_id=uuid4(), change=1, by=place.actor("grid"), at=place.at)
    assert not Passage.objects.exists()


def test_a_tap_is_never_changed_or_taken_away(place: Place) -> None:
    shop = site(place, person=9)
    count_passage(passage_id=uuid4(), place_id=shop, change=1, by=place.actor("grid"), at=place.at)
    for statement in ("UPDATE places_passage SET change = 5", "DELETE FROM places_passage"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_person_is_admitted_to_one_free_room_and_released(place: Place) -> None:
    rooms, shut = (
        site(place, "isolation-site", room=1),
        site(place, "isolation-site", "committee2", is_open=False, room=1),
    )
    admit = partial(
        begin_stay, capacity_class="room", until_at=place.at + 7 * DAY, by=place.actor("medic"), at=place.at
    )
    one = uuid4()
    first = admit(stay_id=one, place_id=rooms, person_id=place.people[0])
    assert admit(stay_id=one, place_id=rooms, person_id=place.people[0]) == first
    with pytest.raises(PlaceFull):
        admit(stay_id=uuid4(), place_id=rooms, person_id=place.people[1])
    with pytest.raises(StaysElsewhere):
        admit(stay_id=uuid4(), place_id=rooms, person_id=place.people[0])
    with pytest.raises(PlaceClosed):
        admit(stay_id=uuid4(), place_id=shut, person_id=place.people[1])
    with pytest.raises(PersonMissing):  # the neighbour's resident
        admit(stay_id=uuid4(), place_id=rooms, person_id=place.people[-1])
    with pytest.raises(PlaceUnfit):
        admit(stay_id=uuid4(), place_id=rooms, person_id=place.people[1], until_at=place.at - DAY)
    with pytest.raises(RightMissing):
        end_stay(stay_id=one, by=place.actor("neighbour"), at=place.at)
    with pytest.raises(StayMissing):
        end_stay(stay_id=uuid4(), by=place.actor("medic"), at=place.at)
    assert end_stay(stay_id=one, by=place.actor("medic"), at=place.at + DAY) == 1
    assert end_stay(stay_id=one, by=place.actor("medic"), at=place.at + 2 * DAY) == 0
    assert Stay.objects.get().ended_at == place.at + DAY
    admit(stay_id=uuid4(), place_id=rooms, person_id=place.people[1])


def test_a_day_entered_again_is_a_further_version(place: Place) -> None:
    ward = site(place, "hospital-ward", bed=4)
    numbers = {"admitted": 3, "discharged": 0, "moved": 0, "died": 0}
    enter = partial(enter_day, place_id=ward, on=place.at.date(), by=place.actor("medic"), at=place.at)
    one = uuid4()
    assert enter(day_id=one, active=3, **numbers) == enter(day_id=one, active=3, **numbers)
    enter(day_id=uuid4(), active=2, **numbers)
    assert list(PlaceDay.objects.order_by("number").values_list("number", "active")) == [(1, 3), (2, 2)]
    wrong: list[tuple[dict[str, int | date], str]] = [
        ({"active": -1}, "active"),
        ({"active": 1, "died": -1}, "died"),
        ({"active": 0, "on": place.at.date() + DAY}, "day"),
    ]
    for more, field in wrong:
        with pytest.raises(PlaceUnfit) as refused:
            enter(day_id=uuid4(), **{**numbers, **more})  # type: ignore[arg-type]  # a test's own mixture
        assert refused.value.values["field"] == field
    with pytest.raises(PlaceUnfit):
        enter(day_id=uuid4(), active=1, **{**numbers, "place_id": site(place, person=3)})
    with pytest.raises(RightMissing):
        enter(day_id=uuid4(), active=1, **{**numbers, "by": place.actor("neighbour")})
    assert PlaceDay.objects.count() == 2


def test_capacity_and_level_change_within_the_kind(place: Place) -> None:
    rooms = site(place, "isolation-site", room=1)
    change = partial(change_place, place_id=rooms, at=place.at)
    change(capacity={"room": 5, "step-free": 1}, level="plain", by=place.actor("lead"))
    changed = Site.objects.get(id=rooms)
    assert (changed.capacity, changed.level) == ({"room": 5, "step-free": 1}, "plain")
    for capacity, level, post, error in (
        ({"seat": 1}, "", "lead", PlaceUnfit),
        ({"room": 1}, "none", "lead", PlaceUnfit),
        ({"room": 1}, "", "grid", RightMissing),
    ):
        with pytest.raises(error):
            change(capacity=capacity, level=level, by=place.actor(post))
    with pytest.raises(PlaceUnfit):
        set_state(place_id=rooms, state="haunted", by=place.actor("lead"), at=place.at)
    assert Site.objects.get(id=rooms).capacity["room"] == 5
