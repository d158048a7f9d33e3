"""The last bed is given once; without the lock it is given twice, so the test proves something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection

from lianfang.base.errors import Refused
from lianfang.cli.up import system_actor
from lianfang.domains.areas.services import Division, division_id, load_divisions
from lianfang.domains.places import services
from lianfang.domains.places.models import Place, Stay
from lianfang.domains.places.services import begin_stay, register_place

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)


def site() -> UUID:
    """A place with one bed."""
    by = system_actor()
    load_divisions(divisions=[Division("99", "试验省", "province")], valid_from=None, by=by, at=T0)
    place = register_place(
        place_id=uuid4(),
        kind="shelter",
        name="体育馆",
        name_en="",
        area_id=division_id("99"),
        capacity={"bed": 1},
        lon=None,
        lat=None,
        incident_id=None,
        by=by,
        at=T0,
    )
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


def ask(place_id: UUID) -> Callable[[], object]:
    by = system_actor()
    return lambda: begin_stay(
        stay_id=uuid4(), place_id=place_id, capacity_class="bed", person_id=uuid4(), until_at=None, by=by, at=T0
    )


@pytest.mark.race
@pytest.mark.database
def test_two_who_ask_at_once_for_the_last_bed_get_it_once(own_database: None) -> None:
    place_id = site()
    assert at_once(ask(place_id)) == ["ok", "places.full"]
    assert Stay.objects.filter(place_id=place_id).count() == 1


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_the_race_is_lost(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    place_id = site()
    both = threading.Barrier(2)

    def unlocked(wanted: UUID) -> Place:
        return Place.objects.get(id=wanted)

    free = services.free_by_class

    def slowly(place: Place) -> dict[str, int]:
        seen = free(place)
        both.wait(10)  # both have looked before either has taken
        return seen

    monkeypatch.setattr(services, "_locked", unlocked)
    monkeypatch.setattr(services, "free_by_class", slowly)
    assert at_once(ask(place_id)) == ["ok", "ok"]
    assert Stay.objects.filter(place_id=place_id).count() == 2
