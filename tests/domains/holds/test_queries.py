"""Which hold speaks: one by one, for everybody at once, and against a plain re-telling of the rule."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.errors import HoldWithoutEnd, HoldWithoutPaper
from lianfang.domains.holds.models import Hold, HoldBuilding
from lianfang.domains.holds.queries import colour_of, held_by_area, holds_of, holds_of_all, persons_held
from lianfang.domains.holds.services import Terms, end_holds, place_hold
from tests.conftest import T0
from tests.factories.place import Place

pytestmark = pytest.mark.database
DAY = timedelta(days=1)
FREE = {"leave_home": "yes", "leave_zone": "yes"}
HOME = {"leave_home": "no", "leave_zone": "no"}


def held(
    place: Place,
    *,
    buildings: list[UUID] | None = None,
    person: UUID | None = None,
    effect: str = "restrict",
    rank: int = 10,
    days: int = 7,
    source: UUID | None = None,
    rules: dict[str, str] = HOME,
) -> Hold:
    terms = Terms("k", rank, "cn-covid-8", "A1", "甲区", "1号", effect=effect, rules=rules,
                  until_at=place.at + days * DAY)  # fmt: skip
    return place_hold(
        hold_id=uuid4(),
        terms=terms,
        area_id=place.area["committee"],
        person_id=person,
        building_ids=buildings or [],
        incident_id=None,
        source_id=source,
        decision_id=None,
        by=place.actor("command"),
        at=place.at,
    )


def test_danger_speaks_before_exemption_before_the_strictest(place: Place) -> None:
    me, house = place.people[0], place.buildings["committee"][:1]
    mild, strict = held(place, buildings=house, rank=10), held(place, buildings=house, rank=50)
    assert [h.id for h in holds_of(me, at=place.at)] == [strict.id, mild.id]
    exempt = held(place, person=me, effect="exempt", rank=1)
    assert holds_of(me, at=place.at)[0].id == exempt.id
    danger = held(place, person=me, effect="danger", rank=0)
    assert [h.id for h in holds_of(me, at=place.at)] == [danger.id, exempt.id, strict.id, mild.id]


def test_a_hold_holds_up_to_its_end_and_not_at_it(place: Place) -> None:
    me = place.people[0]
    hold = held(place, person=me, days=7, source=uuid4())
    assert holds_of(me, at=place.at - timedelta(seconds=1)) == []
    assert holds_of(me, at=place.at) and holds_of(me, at=place.at + 7 * DAY - timedelta(seconds=1))
    assert holds_of(me, at=place.at + 7 * DAY) == []
    assert hold.source_id
    end_holds(source_id=hold.source_id, why="lifted", by=place.actor("command"), at=place.at + DAY)
    assert holds_of(me, at=place.at + DAY - timedelta(seconds=1)) and holds_of(me, at=place.at + DAY) == []


def test_nobody_is_held_without_end_or_paper_not_even_by_the_database(place: Place) -> None:
    ask = {
        "hold_id": uuid4(),
        "area_id": place.area["committee"],
        "person_id": place.people[0],
        "building_ids": [],
        "incident_id": None,
        "source_id": None,
        "decision_id": None,
        "by": place.actor("command"),
        "at": place.at,
    }
    with pytest.raises(HoldWithoutEnd):
        place_hold(terms=Terms("k", 1, "e", "r", "a", "1号"), **ask)  # type: ignore[arg-type]
    with pytest.raises(HoldWithoutPaper):
        place_hold(terms=Terms("k", 1, "e", "r", "a", " ", until_at=place.at + DAY), **ask)  # type: ignore[arg-type]
    hold = held(place, person=place.people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(id=hold.id).update(until_at=None)


def test_the_answer_for_everybody_is_the_answer_for_each(place: Place) -> None:
    """An oracle in plain Python: every live hold of a person's building or name, the one that speaks by the rule."""
    first, second = place.buildings["committee"]
    held(place, buildings=[first], rank=10)
    held(place, buildings=[first, second], rank=20)
    held(place, buildings=place.buildings["committee3"], rank=5, days=1)
    held(place, person=place.people[3], effect="exempt", rank=1)
    held(place, person=place.people[-1], effect="danger", rank=1)
    weight = {"danger": 2, "exempt": 1, "restrict": 0}
    home = {p.person_id: p.building_id for p in Presence.objects.filter(to_on=None)}
    inside = {(b.hold_id, b.building_id) for b in HoldBuilding.objects.all()}
    for at in (place.at, place.at + 2 * DAY):
        told = {}
        for person, building in home.items():
            mine = [
                h
                for h in Hold.objects.all()
                if (h.person_id == person or (h.id, building) in inside)
                and h.from_at <= at
                and h.until_at
                and at < h.until_at
            ]
            if mine:
                told[person] = max(mine, key=lambda h: (weight[h.effect], h.rank)).id
        assert holds_of_all(at=at) == told
        assert {p: holds_of(p, at=at)[0].id for p in told} == told
        restricted = [
            p for p, b in home.items() if any((h.id, b) in inside for h in Hold.objects.filter(until_at__gt=at))
        ]
        assert persons_held(at) == len(restricted)


def test_who_is_held_and_confined_by_area_is_what_counting_one_by_one_gives(place: Place) -> None:
    first, second = place.buildings["committee"]
    held(place, buildings=[first], rules=FREE)
    held(place, buildings=[first, second], rules={"leave_home": "yes", "leave_zone": "permit"}, days=1)
    held(place, buildings=place.buildings["committee3"], rules=FREE)
    held(place, buildings=place.buildings["committee2"], effect="danger")
    held(place, person=Presence.objects.filter(building_id__in=place.buildings["committee2"])[0].person_id)
    twice = Presence.objects.filter(building_id=second)[0]
    Presence.objects.create(id=uuid4(), person=twice.person, household=twice.household, area=twice.area,
                            building=twice.building, kind="stays", from_on=place.at.date(), source="test",
                            by=place.accounts["grid"].id)  # fmt: skip
    inside = {(b.hold_id, b.building_id) for b in HoldBuilding.objects.all()}
    for at in (place.at, place.at + 2 * DAY):
        live = [h for h in Hold.objects.filter(effect="restrict") if h.until_at and at < h.until_at]
        counted: dict[UUID, list[set[UUID]]] = {}
        for p in Presence.objects.filter(to_on=None, kind__in=("lives", "stays")):
            mine = [h for h in live if h.person_id == p.person_id or (h.id, p.building_id) in inside]
            if mine:
                everybody, confined = counted.setdefault(p.area_id, [set(), set()])
                everybody.add(p.person_id)
                if any(h.rules != FREE for h in mine):
                    confined.add(p.person_id)
        found = held_by_area(place.area["district"], at=at)
        assert found == {a: (len(everybody), len(confined)) for a, (everybody, confined) in counted.items()}
        assert found and held_by_area(place.area["district"], at=at, incident_id=uuid4()) == {}


def strictest(*kinds: str, edition: str = "cn-covid-8", effect: str = "restrict") -> str:
    """The colour that some holds make."""
    holds = [Hold(edition=edition, kind=k, rank=n, effect=effect, from_at=T0) for n, k in enumerate(kinds)]
    return colour_of(holds)[0]


@pytest.mark.parametrize(
    ("kinds", "colour"),
    [((), "green"), (("prevention",), "green"), (("controlled",), "yellow"), (("sealed", "prevention"), "red"),
     (("contact-second", "prevention"), "yellow"), (("controlled", "contact-close"), "red"),
     (("unheard-of",), "green")],
)  # fmt: skip
def test_the_worst_of_zone_and_contact_speaks(db: None, kinds: tuple[str, ...], colour: str) -> None:
    assert strictest(*kinds) == colour
    assert strictest(*kinds, effect="exempt") == "green"
