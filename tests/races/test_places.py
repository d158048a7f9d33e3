"""The last bed is given once; without the lock it is given twice, so the test proves something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from lianfang.base.errors import Refused
from lianfang.cli.up import system_actor
from lianfang.domains.areas.services import Division, division_id, load_divisions
from lianfang.domains.places.models import Passage, Place, Stay
from lianfang.domains.places.services import (
    begin_stay,
    count_passage,
    counting,
    open_place,
    register_place,
    set_state,
    stays,
)
from tests.factories.place import small_place

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)


def placed(area_id: UUID, kind: str, capacity: dict[str, int]) -> UUID:
    """An open place of a kind."""
    by = system_actor()
    place = register_place(place_id=uuid4(), kind=kind, name="体育馆", name_en="", area_id=area_id, capacity=capacity,
                           lon=None, lat=None, incident_id=None, by=by, at=T0)  # fmt: skip
    set_state(place_id=place.id, state="open", by=by, at=T0)
    return place.id


def at_once(work: Callable[[], object], n: int = 2) -> list[str]:
    """Run the same work in threads that start together; gives "ok" or the refusal's code of each."""
    gate, out = threading.Barrier(n), []

    def one() -> None:
        try:
            gate.wait(10)
            work()
            out.append("ok")
        except Refused as refused:
            out.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return sorted(out)


def one_bed() -> tuple[UUID, list[UUID]]:
    """An open place with one bed, and two people who live in its district."""
    with transaction.atomic():
        small = small_place(at=T0)
    return placed(small.area["committee"], "shelter", {"bed": 1}), small.people[:2]


def ask(place_id: UUID, people: list[UUID]) -> Callable[[], object]:
    by, each = system_actor(), list(people)
    return lambda: begin_stay(
        stay_id=uuid4(), place_id=place_id, capacity_class="bed", person_id=each.pop(), until_at=None, by=by, at=T0
    )


@pytest.mark.race
@pytest.mark.database
def test_two_who_ask_at_once_for_the_last_bed_get_it_once(own_database: None) -> None:
    place_id, people = one_bed()
    assert at_once(ask(place_id, people)) == ["ok", "places.full"]
    assert Stay.objects.filter(place_id=place_id).count() == 1


def unlocked(wanted: UUID) -> Place:
    """The place without its lock."""
    return Place.objects.get(id=wanted)


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_the_race_is_lost(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    place_id, people = one_bed()
    both = threading.Barrier(2)
    free = stays.free_by_class

    def slowly(place: Place) -> dict[str, int]:
        seen = free(place)
        both.wait(10)  # both have looked before either has taken
        return seen

    monkeypatch.setattr(stays, "locked_place", unlocked)
    monkeypatch.setattr(stays, "free_by_class", slowly)
    assert at_once(ask(place_id, people)) == ["ok", "ok"]
    assert Stay.objects.filter(place_id=place_id).count() == 2


def venue(limit: int, *, inside: int = 0) -> UUID:
    """An open shop with a limit, and so many inside."""
    by = system_actor()
    load_divisions(divisions=[Division("99", "试验省", "province")], valid_from=None, by=by, at=T0)
    place_id = placed(division_id("99"), "shop", {"person": limit * 2})
    open_place(opening_id=uuid4(), place_id=place_id, opens_on=T0.date(), limit_percent=50, reason="r", by=by, at=T0)
    if inside:
        count_passage(passage_id=uuid4(), place_id=place_id, change=inside, by=by, at=T0)
    return place_id


def go_in(place_id: UUID, passage_id: UUID | None = None) -> Callable[[], object]:
    by = system_actor()
    return lambda: count_passage(passage_id=passage_id or uuid4(), place_id=place_id, change=1, by=by, at=T0)


@pytest.mark.race
@pytest.mark.database
def test_eight_taps_at_once_let_in_three_where_three_may_go_in(own_database: None) -> None:
    place_id = venue(10, inside=7)
    assert at_once(go_in(place_id), 8) == ["ok"] * 3 + ["places.at_limit"] * 5
    assert Place.objects.get(id=place_id).inside == 10
    assert sum(Passage.objects.filter(place_id=place_id).values_list("change", flat=True)) == 10


@pytest.mark.race
@pytest.mark.database
def test_one_tap_sent_twice_at_once_counts_once(own_database: None) -> None:
    place_id = venue(10)
    assert at_once(go_in(place_id, uuid4())) == ["ok", "ok"]
    assert Place.objects.get(id=place_id).inside == 1 and Passage.objects.filter(place_id=place_id).count() == 1


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_more_are_let_in_than_may_be(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    place_id = venue(10, inside=9)
    both = threading.Barrier(2)
    limit = counting.limit_of

    def slowly(capacity: dict[str, int], entry_class: str, percent: int) -> int:
        both.wait(10)  # both have read the count before either has changed it
        return limit(capacity, entry_class, percent)

    monkeypatch.setattr(counting, "locked_place", unlocked)
    monkeypatch.setattr(counting, "limit_of", slowly)
    assert at_once(go_in(place_id)) == ["ok", "ok"]
    assert sum(Passage.objects.filter(place_id=place_id).values_list("change", flat=True)) == 11
