"""Desks at once: a person counts once, a tube is filled once, no two uploads wait for each other in a ring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.errors import UniqueViolation

from lianfang.base.actor import Actor
from lianfang.domains.rounds.models import Unit
from lianfang.domains.rounds.queries import coverage_of, tally_problems
from lianfang.domains.rounds.services import add_units, notes
from lianfang.domains.sampling.models import Sample, Tube
from lianfang.domains.sampling.services import Scan, scans, take_scans
from tests.factories.place import small_place
from tests.factories.rounds import Testing, round_in

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
AT = T0 + timedelta(hours=1)


def started() -> Testing:
    """A round with three desks open."""
    with transaction.atomic():
        return round_in(small_place(at=T0), at=T0)


def together(work: list[Callable[[], Iterable[str]]]) -> list[list[str]]:
    """Run pieces of work in threads that start together; each one's codes, or "collided" where the base refused."""
    gate = threading.Barrier(len(work))
    out = [["not run"] for _ in work]

    def one(n: int) -> None:
        try:
            gate.wait(10)
            out[n] = list(work[n]())
        except (IntegrityError, UniqueViolation):  # rows copied in raise the driver's own error
            out[n] = ["collided"]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(work))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return out


def upload(t: Testing, desk: int, people: list[int], tube: str) -> Callable[[], list[str]]:
    """One desk's scans of a list of people into a tube."""
    by, where = t.place.system, t.desks[desk].id
    batch = [Scan(uuid4(), where, tube, by, AT, n, person_id=t.place.people[p]) for n, p in enumerate(people)]
    return lambda: [o.code for o in take_scans(scans=batch, by=by, at=AT)]


@pytest.mark.race
@pytest.mark.database
def test_one_person_scanned_at_two_desks_at_once_counts_once(own_database: None) -> None:
    t = started()
    codes = together([upload(t, 0, [0], "SG-0001"), upload(t, 1, [0], "SG-0002")])
    assert sorted(c for mine in codes for c in mine) == ["", "sampling.already_sampled"]
    assert Sample.objects.count() == 1 and tally_problems(t.round) == 0


@pytest.mark.race
@pytest.mark.database
def test_forty_people_in_opposite_orders_from_two_desks_wait_for_nobody_in_a_ring(own_database: None) -> None:
    t = started()
    there, back = list(range(20)), list(range(23, 3, -1))
    for _ in range(3):
        together([upload(t, 0, there, "SG-0001"), upload(t, 1, back, "SG-0002"), upload(t, 2, there, "SG-0003")])
    assert Sample.objects.filter(voided_at=None).count() == 24
    assert coverage_of(t.round).endings["sampled"] == 24 and tally_problems(t.round) == 0
    assert all(tube.n == tube.samples.count() <= tube.takes for tube in Tube.objects.all())


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_on_the_list_two_desks_collide(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    t = started()
    both = threading.Barrier(2)

    def unlocked(keys: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Unit]:
        rows = Unit.objects.filter(unit_id__in=[u for _, u in keys])
        return {(u.round_id, u.unit_id): u for u in rows}

    class Slow(dict[tuple[UUID, UUID], datetime]):
        def __contains__(self, key: object) -> bool:
            both.wait(10)  # both have looked before either has taken
            return super().__contains__(key)

    monkeypatch.setattr(scans, "locked_units", unlocked)
    met = scans._met

    def slowly(some: list[Scan], *, by: Actor, at: datetime) -> object:
        batch = met(some, by=by, at=at)
        batch.taken = Slow(batch.taken)
        return batch

    monkeypatch.setattr(scans, "_met", slowly)
    codes = together([upload(t, 0, [0], "SG-0001"), upload(t, 1, [0], "SG-0002")])
    assert sorted(c for mine in codes for c in mine) == ["", "collided"]


@pytest.mark.race
@pytest.mark.database
def test_two_desks_that_add_the_same_person_at_once_count_him_once(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = started()
    by, stranger = t.place.system, t.place.people[-1]  # of the district beside: on no list of this round
    keep = notes._keep_tally

    def slowly(changes: Mapping[notes.Change, int]) -> None:
        time.sleep(0.5)  # added and not committed: the other looks now
        keep(changes)

    monkeypatch.setattr(notes, "_keep_tally", slowly)
    added = {"round_id": t.round.id, "people": [(stranger, "desk")], "by": by, "at": AT}
    assert together([lambda: [str(add_units(**added))]] * 2) == [["1"], ["1"]]  # on the list for both
    assert Unit.objects.filter(unit_id=stranger).count() == 1 and tally_problems(t.round) == 0
    assert coverage_of(t.round).added == 1


@pytest.mark.race
@pytest.mark.database
def test_somebody_on_no_list_scanned_at_two_desks_at_once_counts_once(own_database: None) -> None:
    t = started()
    codes = together([upload(t, 0, [-1], "SG-0001"), upload(t, 1, [-1], "SG-0002")])
    assert sorted(c for mine in codes for c in mine) == ["", "sampling.already_sampled"]
    assert coverage_of(t.round).added == 1 and tally_problems(t.round) == 0
