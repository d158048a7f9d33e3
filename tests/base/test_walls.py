"""The second wall: whatever a query forgets, pages see the people of the actor's areas, purposes and own self alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.roles import JOB_ROLE, REQUEST_ROLE, acting_as
from lianfang.base.walls import WALLS, beyond_the_wall
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.grid.models import Household, Person, Presence
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.watch.models import Check
from lianfang.domains.watch.services import CheckNote, NewCase, note_checks, open_watch_cases
from tests.factories.place import Place
from tests.house.source import modules
from tests.web.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.database
DOWN = ("ALTER TABLE grid_person DISABLE ROW LEVEL SECURITY", "DROP POLICY request_sees ON grid_person")


@contextmanager
def pages_of(by: Actor | None) -> Iterator[None]:
    """What a page's door sets: the request role, and who acts."""
    with acting_as(REQUEST_ROLE, by):
        yield


def seen_by(by: Actor | None) -> set[UUID]:
    """Everybody whom a query without any filter gives."""
    with pages_of(by):
        return set(Person.objects.values_list("id", flat=True))


def living_in(place: Place, *areas: str) -> set[UUID]:
    """Who lives in areas."""
    rows = Presence.objects.filter(area_id__in=[place.area[a] for a in areas])
    return set(rows.values_list("person_id", flat=True))


def now(place: Place, post: str) -> Actor:
    return actor_for(place.accounts[post], at=clock.now())


def test_a_query_that_forgot_its_filter_gives_the_own_areas_people_alone(place: Place) -> None:
    everybody = set(Person.objects.values_list("id", flat=True))
    assert seen_by(now(place, "grid")) == living_in(place, "committee") < everybody
    assert seen_by(now(place, "command")) == living_in(place, "committee", "committee2", "committee3")
    assert seen_by(now(place, "neighbour")) == living_in(place, "neighbour_committee")
    assert seen_by(now(place, "above")) == everybody
    assert seen_by(now(place, "sampler")) == living_in(place, "committee")  # the roll of the desk


def test_with_nobody_named_nothing_is_given(place: Place) -> None:
    assert seen_by(None) == set() == seen_by(Actor(uuid4()))


@pytest.mark.parametrize("post", ["volunteer", "auditor", "admin", "laboratory", "supply"])
def test_who_serves_and_reads_no_register_meets_nobody(place: Place, post: str) -> None:
    assert seen_by(now(place, post)) == set()


def test_a_resident_is_alone_behind_the_wall(town: Town) -> None:
    assert seen_by(now(town.place, "resident")) == {town.place.people[0]}


def test_a_volunteer_meets_whom_a_task_is_about_as_long_as_it_lasts(place: Place) -> None:
    by, source, at = place.actor("lead"), uuid4(), clock.now()
    door = Household.objects.get(id=place.households[1])
    given = [(place.accounts["volunteer"].id, "person", place.people[0], source),
             (place.accounts["volunteer"].id, "household", door.id, source)]  # fmt: skip
    assign_purposes(purposes=given, why="work.assigned", until_at=None, by=by, at=at - timedelta(minutes=1))
    behind = set(Presence.objects.filter(household=door).values_list("person_id", flat=True))
    assert seen_by(now(place, "volunteer")) == {place.people[0], *behind}
    end_purposes(source_ids=[source], by=by, at=clock.now())
    assert seen_by(now(place, "volunteer")) == set()


def test_a_post_that_ended_a_second_ago_opens_nothing_though_the_page_is_open(place: Place) -> None:
    by = now(place, "grid")
    with pages_of(by):
        assert Person.objects.exists()
    RoleGrant.objects.filter(account_id=by.id).update(to_at=clock.now() - timedelta(seconds=1))
    assert seen_by(by) == set()  # the actor of the open page, with the grants it had


def test_the_neighbours_official_neither_changes_nor_ends_a_person_here(place: Place) -> None:
    with pages_of(now(place, "neighbour")):
        assert Person.objects.filter(id=place.people[0]).update(sex="f") == 0
        assert not Person.objects.select_for_update().filter(id=place.people[0]).exists()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM grid_person WHERE id = %s", [place.people[0]])
            assert cursor.rowcount == 0


def test_the_wall_is_passed_by_name_only_and_stands_again_after(place: Place) -> None:
    with pages_of(now(place, "neighbour")):
        with beyond_the_wall():
            assert Person.objects.filter(id=place.people[0]).exists()
        assert not Person.objects.filter(id=place.people[0]).exists()
        with pytest.raises(ZeroDivisionError), transaction.atomic(), beyond_the_wall():
            raise ZeroDivisionError
        assert not Person.objects.filter(id=place.people[0]).exists()


def test_jobs_reach_everybody_and_neither_role_can_take_the_wall_down(place: Place) -> None:
    with acting_as(JOB_ROLE):
        assert Person.objects.count() == len(
            living_in(place, "committee", "committee2", "committee3", "neighbour_committee")
        )
    for role, statement in product((REQUEST_ROLE, JOB_ROLE), DOWN):
        with pytest.raises(Exception, match="must be owner"), transaction.atomic(), acting_as(role):
            connection.cursor().execute(statement)


def test_every_walled_table_has_its_five_policies(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, count(*) FROM pg_policies GROUP BY 1 ORDER BY 1")
        assert dict(cursor.fetchall()) == dict.fromkeys(sorted(WALLS), 5)
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")
        assert [r[0] for r in cursor.fetchall()] == sorted(WALLS)


def test_health_checks_stand_behind_the_same_wall(town: Town) -> None:
    at, place = clock.now(), town.place
    case = NewCase(uuid4(), place.people[0], place.area["committee"], "contact-close", at.date(), 14, 2,
                   at + timedelta(days=14))  # fmt: skip
    open_watch_cases(incident_id=town.incident.id, edition=town.incident.edition, cases=[case],
                     by=place.actor("tracer", at), at=at)  # fmt: skip
    note = CheckNote(uuid4(), case.id, now(place, "grid"), at, 38.2, True, "咳嗽")
    assert note_checks(notes=[note], by=now(place, "grid"), at=at)[0].code == ""
    for post, seen in (
        ("grid", 1),
        ("resident", 1),
        ("command", 1),
        ("neighbour", 0),
        ("volunteer", 0),
        ("auditor", 0),
    ):
        with pages_of(now(place, post)):
            assert Check.objects.count() == seen, post


# Who looks past the wall, and what leaves it there: an id, a year of birth, whether a number is known.
PAST = {
    "lianfang/domains/grid/services/doors.py",
    "lianfang/domains/grid/services/file_changes.py",
    "lianfang/domains/grid/services/file_reading.py",
    "lianfang/domains/grid/services/settling.py",
    "lianfang/domains/tracing/services/traces.py",
    "lianfang/flows/adopt_contacts.py",
}


def test_the_list_of_who_looks_past_the_wall_is_closed() -> None:
    found = {str(p) for p in modules() if "beyond_the_wall" in Path(p).read_text(encoding="utf-8")}
    assert found - {"lianfang/base/walls.py"} == PAST
