"""The site as it is served: a rush with a kill in its midst, a last place, a slow database, and pages beside it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction

from lianfang.base import clock
from lianfang.domains.calls.models import Claim, Shift
from tests.factories.call import called, shift_of, volunteers
from tests.factories.place import Place, small_place
from tests.site.serving import Phone, Served, signed_in, together


@pytest.fixture
def town(own_database: None) -> Place:
    """The small place, committed, so that the server sees it."""
    with transaction.atomic():
        return small_place(at=clock.now())


@pytest.fixture
def site(town: Place) -> Iterator[Served]:
    """The served site, stopped afterwards whatever became of it."""
    connection.close()
    served = Served(str(connection.settings_dict["NAME"]))
    yield served
    served.kill()
    connection.close()


def phones(site: Served, town: Place, n: int, *places: int) -> tuple[list[Phone], list[Shift]]:
    """So many people, each signed in and about to press for the next of a call's shifts."""
    with transaction.atomic():
        who = volunteers(town, n)
        shifts = [shift_of(called(town, p)) for p in places]
        keys = signed_in(who)
    return [
        Phone(site, a, k, shifts[i % len(shifts)].id) for i, (a, k) in enumerate(zip(who, keys, strict=True))
    ], shifts


def ended(threads: list[threading.Thread], within_s: float = 40) -> None:
    until = time.monotonic() + within_s
    for t in threads:
        t.join(max(0.1, until - time.monotonic()))
    assert not [t for t in threads if t.is_alive()]


def counted(shift: Shift) -> tuple[int, int]:
    """What the shift counts as taken, and the claims that hold a place."""
    return Shift.objects.get(id=shift.id).taken, Claim.objects.filter(shift=shift, state="claimed").count()


@pytest.mark.database
def test_three_hundred_on_one_last_place_each_three_times_is_one_place(site: Served, town: Place) -> None:
    people, [shift] = phones(site, town, 300, 1)
    ended(together([lambda p=p: p.press(times=3) for p in people]))
    told = Counter(tuple(p.codes) for p in people)
    assert told == {("calls.full",) * 3: 299, ("claimed", "repeated", "repeated"): 1}
    assert counted(shift) == (1, 1)
    winner = next(p for p in people if p.codes[0] == "claimed")
    assert Claim.objects.get().account_id == winner.account.id
    assert max(p.longest_s for p in people) < 4


@contextmanager
def held_fast(shift: Shift) -> Iterator[None]:
    """Somebody else holds the row of a shift: whoever wants it waits."""
    known = connection.get_connection_params()
    where = {k: known[k] for k in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**where) as holder:
        holder.execute("SELECT id FROM calls_shift WHERE id = %s FOR UPDATE", [shift.id])
        yield
        holder.rollback()


def is_somebody_waiting() -> bool:
    """Whether a batch stands before a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                       "AND datname = current_database()")  # fmt: skip
        return bool(cursor.fetchone()[0])


def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(1500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


@pytest.mark.database
def test_a_kill_in_the_midst_of_a_rush_loses_no_place_and_gives_none_twice(site: Served, town: Place) -> None:
    people, shifts = phones(site, town, 120, 10, 10, 10)
    for p in people[:15]:
        p.press_and_lose_the_answer()
    until(lambda: Claim.objects.count() == 15)  # theirs, though they do not know it
    with held_fast(shifts[2]):
        threads = together([lambda p=p: p.press() for p in people])
        until(is_somebody_waiting)  # a batch is in the midst of its transaction
        site.kill()
    site.start()
    ended(threads)
    held = {c.account_id for c in Claim.objects.filter(state="claimed")}
    assert [counted(s) for s in shifts] == [(10, 10)] * 3 and len(held) == 30
    mine = {p.account.id for p in people if p.codes in (["claimed"], ["repeated"])}
    assert mine == held  # whoever holds a place was told so, and nobody else
    assert [p.codes for p in people[:15]] == [["repeated"]] * 15
    assert Counter(p.codes[0] for p in people if p.account.id not in held) == {"calls.full": 90}
    assert sum(p.unanswered for p in people) > 0


@pytest.mark.database
def test_a_slow_database_turns_presses_away_in_time_and_no_page_waits_with_them(site: Served, town: Place) -> None:
    [first, *people], [shift] = phones(site, town, 30, 50)
    first.press()
    with held_fast(shift):
        tries: list[tuple[int, dict[str, str], dict[str, str]]] = []
        threads = together([lambda p=p: tries.append(p.press_once()) for p in people])
        time.sleep(0.5)
        assert site.sent("GET", "/sign-in")[0] == 200
        ended(threads, 6)
        assert {t[0] for t in tries} == {503} and {t[1]["retry-after"] for t in tries} == {"1"}
        assert {t[2]["code"] for t in tries} == {"calls.rush"} and max(p.longest_s for p in people) < 4
    ended(together([lambda p=p: p.press() for p in people]))
    assert {c for p in people for c in p.codes} <= {"claimed", "repeated"} and counted(shift) == (30, 30)


@pytest.mark.database
def test_who_presses_for_another_shift_does_not_wait_with_those_of_a_row_that_is_held_fast(
    site: Served, town: Place
) -> None:
    people, shifts = phones(site, town, 16, *[5] * 16)
    odd, even = ([p for p, s in zip(people, shifts, strict=True) if s.id.int % 2 == n] for n in (1, 0))
    assert odd and even  # of sixteen random ids: not once in 30,000 times
    stuck = next(s for s in shifts if s.id.int % 2)
    with held_fast(stuck):
        waiting = together([odd[0].press])
        until(is_somebody_waiting)
        ended(together([p.press for p in even]), 3)
        assert not odd[0].codes
    ended(waiting)
    assert [p.codes for p in [odd[0], *even]] == [["claimed"]] * (1 + len(even))


@pytest.mark.database
def test_pages_files_and_refusals_are_served_as_before(site: Served, town: Place) -> None:
    status, headers, body = site.sent("GET", "/sign-in?next=/calls", Accept_Language="en")
    assert status == 200 and b"Lianfang" in body and headers["server"] == "lianfang"
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert site.sent("GET", "/static/vendor/maplibre-gl.css")[0] in (200, 404)
    assert site.sent("GET", "/calls")[0] == 302
    assert site.sent("POST", "/sign-in", b"login=x", Content_Type="application/x-www-form-urlencoded")[0] == 403
    assert site.sent("POST", "/sign-in", b"x" * 100, Content_Length=str(10**9))[0] == 413
    refused, safe, told = site.sent("POST", "/calls/rush", b"{}")
    assert (refused, told) == (422, b'{"code":"calls.unfit"}')
    for name in ("content-security-policy", "x-content-type-options", "x-frame-options", "permissions-policy"):
        assert safe[name] == headers[name], name
    assert "no-store" in safe["cache-control"] and safe["server"] == "lianfang"
    assert site.sent("POST", "/calls/rush", b"x" * 5000)[0] == 413
    assert site.sent("GET", "/calls/rush")[0] == 405
