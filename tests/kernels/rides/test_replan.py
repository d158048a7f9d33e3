"""Replanning: what was done stands, who is on board stays, promises move least, and each one that moves is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.rides import (
    NEVER,
    Change,
    Cleaning,
    Plan,
    Problem,
    Replanned,
    Requests,
    Vehicles,
    faults,
    propose_rides,
    replan,
)
from tests.kernels.rides_oracle import ticking

FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None)
LINE = np.abs(np.arange(0, 100, 10)[:, None] - np.arange(0, 100, 10)[None]).astype(np.int64)


def planned(problem: Problem) -> Plan:
    return propose_rides(problem, seconds=0.5, rng=np.random.default_rng(1), clock=ticking())


def again(problem: Problem, plan: Plan, now: int, change: Change, **given: Any) -> Replanned:
    return replan(problem, plan, now=now, change=change, rng=np.random.default_rng(2), clock=ticking(), **given)


def road(vehicles: int, more: int = 0, **given: Any) -> Problem:
    """Two people (and more) who want to go from 1 to 4 and from 5 to 8, the second an hour later."""
    window = [[100, 160], [3700, 3760], *([[600, 2400]] * more)]
    requests = Requests.of(
        [1, 5] + [2] * more, [4, 8] + [3] * more, pickup_window=window, pickup_service=5, dropoff_service=5, max_ride=90
    )
    fleet = Vehicles.of(np.zeros(vehicles), np.zeros(vehicles), np.full((vehicles, 1), 4), **given)
    return Problem(requests, fleet, LINE, LINE, Cleaning.none())


def test_nothing_happens_and_nothing_moves() -> None:
    problem = road(1)
    plan = planned(problem)
    for now in (0, 105, 120, 150, 1000, 3720, 9000):
        found = again(problem, plan, now, Change())
        assert found.moved == () and found.broken == () and found.plan.dropped == ()
        assert found.plan.pickup_at.tolist() == plan.pickup_at.tolist()


def test_a_new_request_is_taken_between_without_moving_anybody() -> None:
    plan = planned(road(1))
    found = again(road(1, more=1), plan, 300, Change())
    assert found.moved == () and found.plan.dropped == () and found.plan.vehicle.tolist() == [0, 0, 0]
    assert faults(road(1, more=1), found.plan) == ()


def test_a_vehicle_that_is_late_is_told_with_the_seconds_where_no_other_can_go() -> None:
    problem = road(1)
    plan = planned(problem)
    at = int(plan.pickup_at[0])
    found = again(problem, plan, at - 5, Change(late={0: 300}))
    (moved,) = found.moved
    assert moved.request == 0 and moved.pickup_seconds == 300 and moved.dropoff_seconds == 300
    assert [(b.rule, b.request) for b in found.broken] == [("pickup", 0)]


def test_another_vehicle_keeps_the_promise_of_one_that_is_late() -> None:
    problem = road(2)
    plan = planned(problem)
    late = int(plan.vehicle[1])
    found = again(problem, plan, 1000, Change(late={late: 5000}))
    assert found.plan.vehicle[1] != late and found.broken == ()
    assert [(m.request, m.pickup_seconds, m.dropoff_seconds) for m in found.moved] == [(1, 0, 0)]


def test_who_sat_in_a_vehicle_that_failed_is_fetched_from_where_it_stands() -> None:
    problem = road(2)
    plan = planned(problem)
    failed, now = int(plan.vehicle[0]), int(plan.pickup_at[0]) + 15
    found = again(problem, plan, now, Change(failed={failed: 2}))
    assert found.plan.vehicle[0] not in (failed, -1) and found.plan.pickup_at[0] >= now + 20
    assert found.ended[0].stops.tolist() == [0] and found.ended[0].vehicle == failed
    assert found.moved[0].request == 0 and found.moved[0].was == failed


def test_without_another_vehicle_they_are_dropped_and_that_is_told() -> None:
    problem = road(1)
    plan = planned(problem)
    found = again(problem, plan, 0, Change(failed={0: 0}))
    assert [d.request for d in found.plan.dropped] == [0, 1] and [m.to for m in found.moved] == [-1, -1]


def test_who_cancelled_is_not_fetched() -> None:
    problem = road(1)
    found = again(problem, planned(problem), 0, Change(cancelled=frozenset({1})))
    assert found.plan.vehicle.tolist() == [0, -1] and found.moved == ()


def test_a_plan_of_more_requests_than_the_problem_is_refused() -> None:
    with pytest.raises(ValueError):
        again(road(1), planned(road(1, more=1)), 0, Change())


def city(seed: int, n: int, m: int, more: int) -> tuple[Problem, Problem]:
    """A random day, and the same with more requests."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 60, (40, 2))
    way = np.ceil(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    whole = n + more
    early = rng.integers(0, 600, whole)
    asked = dict(
        pickup_window=np.stack([early, early + 60], 1),
        pickup_service=2,
        dropoff_service=2,
        max_ride=120,
        risk=rng.integers(0, 2, whole),
        direct=rng.random(whole) < 0.1,
    )
    fleet = Vehicles.of(np.zeros(m), np.zeros(m), np.full((m, 1), 3), risks=2, shift=np.tile([0, 1200], (m, 1)))
    ends = rng.integers(0, 40, (2, whole))
    cleaning = Cleaning(np.full((2, 2), 15), np.ones((2, 2), bool), np.array([0]))
    first = {k: v[:n] if isinstance(v, np.ndarray) else v for k, v in asked.items()}
    return (
        Problem(Requests.of(*ends[:, :n], **first), fleet, way, way, cleaning),
        Problem(Requests.of(*ends, **asked), fleet, way, way, cleaning),
    )


@FEW
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(1, 4), st.integers(0, 700), st.integers(0, 3))
def test_what_was_done_stands_and_who_is_on_board_stays(seed: int, n: int, m: int, now: int, kind: int) -> None:
    before, problem = city(seed, n, m, more=2)
    plan = planned(before)
    change = (Change(), Change(late={0: 90}), Change(failed={0: 0}), Change(late={0: 30, m - 1: 60}))[kind]
    found = again(problem, plan, now, change)
    old, new = {r.vehicle: r for r in plan.routes}, {r.vehicle: r for r in found.plan.routes}
    ended = {r.vehicle: r for r in found.ended}
    for v, route in old.items():
        done = int((route.begin <= now).sum())
        stands = ended.get(v, new.get(v))
        assert stands is not None
        stops = np.where(route.stops < n, route.stops, route.stops + 2)[:done]
        assert stands.stops[:done].tolist() == stops.tolist()
        assert stands.begin[:done].tolist() == route.begin[:done].tolist()
        aboard = {s for s in stops.tolist() if s < n + 2} - {s - n - 2 for s in stops.tolist() if s >= n + 2}
        if v not in change.failed:
            assert all(found.plan.vehicle[r] == v for r in aboard)
    for route in found.plan.routes:
        standing = set(ended.get(route.vehicle, route).stops.tolist())
        fresh = [b for s, b in zip(route.stops.tolist(), route.begin.tolist()) if s not in standing]
        assert all(b >= now for b in fresh)
    soft = {"pickup_window", "dropoff_window", "ride", "shift", "duration", "travel"}
    if not change.late and not change.failed and not ended:
        soft = set()
    assert {f.rule for f in faults(problem, found.plan)} <= soft | ({"cleaning"} if ended or change.late else set())
    for m_ in found.moved:
        assert m_.to == -1 or m_.pickup_seconds >= 0


def test_windows_of_the_rest_are_never_before_now() -> None:
    before, problem = city(3, 10, 3, more=2)
    found = again(problem, planned(before), 300, Change())
    new = found.plan.vehicle[10:] >= 0
    assert (found.plan.pickup_at[10:][new] >= 300).all() and found.plan.dropoff_at.max() < NEVER
