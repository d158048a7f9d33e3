"""Rides: an instance solved by hand, every small instance by trying all, invariants, and what nobody can carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.rides import (
    NEVER,
    Cleaning,
    Dropped,
    Plan,
    Problem,
    Requests,
    Vehicles,
    Why,
    faults,
    propose_rides,
)
from tests.kernels.rides_oracle import least_cost, small, ticking

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
FEW = settings(max_examples=15, deadline=None, derandomize=True, database=None)
LINE = np.abs(np.arange(0, 100, 10)[:, None] - np.arange(0, 100, 10)[None]).astype(np.int64)  # ten points on a road


def planned(problem: Problem, seconds: float = 1.0, **given: Any) -> Plan:
    return propose_rides(problem, seconds=seconds, rng=np.random.default_rng(1), clock=ticking(), **given)


def on_line(requests: Requests, vehicles: Vehicles, cleaning: Cleaning | None = None, **given: Any) -> Problem:
    return Problem(requests, vehicles, LINE, LINE, cleaning or Cleaning.none(len(vehicles.classes[0])), **given)


def random_fleet(rng: np.random.Generator, n: int, m: int, kinds: int, risks: int) -> Vehicles:
    """Vehicles of any make, from one depot to it or another."""
    return Vehicles.of(
        np.full(m, 2 * n),
        np.full(m, 2 * n + (rng.random() < 0.3)),
        rng.integers(1, 3, (m, kinds)),
        risks=risks,
        shift=np.tile([0, 500], (m, 1)),
        max_duration=rng.integers(150, 400, m),
        upgrade=np.tile(np.array([[True, rng.random() < 0.5], [False, True]]), (m, 1, 1)),
        classes=rng.random((m, risks)) < 0.85,
        crew=rng.integers(0, 2, m),
        fixed_cost=rng.integers(0, 30, m),
        last_class=rng.integers(-1, risks, m),
    )


def random_problem(seed: int, n: int, m: int) -> Problem:
    """All rules at once, by chance."""
    x = small(seed, n, m)
    rng, kinds, risks = x["rng"], 2, 2
    load = rng.integers(0, 2, (n, kinds))
    load[:, 0] |= load.sum(1) == 0
    outward = np.full(n, -1)
    pickup_window = np.stack([x["early"], x["early"] + rng.integers(5, 120, n)], 1)
    drop_window = np.tile([0, NEVER], (n, 1))
    if n > 1 and rng.random() < 0.4:
        outward[1] = 0
        pickup_window[1] += 80
    requests = Requests.of(
        x["pickup"],
        x["dropoff"],
        pickup_window=pickup_window,
        dropoff_window=drop_window,
        pickup_service=rng.integers(0, 5, n),
        dropoff_service=rng.integers(0, 5, n),
        load=load,
        escort=rng.random(n) < 0.2,
        max_ride=rng.integers(20, 120, n),
        risk=rng.integers(0, risks, n),
        crew=rng.random(n) < 0.2,
        direct=rng.random(n) < 0.25,
        arrive_by=np.where(rng.random(n) < 0.3, x["early"] + rng.integers(60, 150, n), NEVER),
        priority=rng.integers(1, 4, n),
        outward=outward,
        same_vehicle=np.full(n, rng.random() < 0.5),
    )
    vehicles = random_fleet(rng, n, m, kinds, risks)
    spot = rng.random((risks, risks)) < 0.5
    points = np.array([2 * n + 1]) if rng.random() < 0.7 else np.zeros(0, np.int64)
    cleaning = Cleaning(rng.integers(0, 30, (risks, risks)), spot, points)
    return Problem(requests, vehicles, x["way"], x["way"] + rng.integers(0, 3, x["way"].shape), cleaning)


def test_two_who_ride_the_same_way_share_a_vehicle_that_leaves_as_late_as_it_can() -> None:
    requests = Requests.of(
        [1, 2], [4, 3], pickup_window=[[100, 200], [100, 200]], pickup_service=2, dropoff_service=2, max_ride=40
    )
    plan = planned(on_line(requests, Vehicles.of([0, 0], [0, 0], [[2], [2]])))
    assert plan.cost == 80 and len(plan.routes) == 1
    route = plan.routes[0]
    assert route.stops.tolist() == [0, 1, 3, 2]
    assert route.start_at == 90 and route.begin.tolist() == [100, 112, 124, 136] and route.end_at == 178
    assert route.load[:, 0].tolist() == [1, 2, 1, 0]
    assert plan.ride.tolist() == [34, 10] and plan.dropped == ()


def test_a_ride_limit_parts_them() -> None:
    requests = Requests.of([1, 2], [4, 3], pickup_service=2, dropoff_service=2, max_ride=31)
    plan = planned(on_line(requests, Vehicles.of([0, 0], [0, 0], [[2], [2]])))
    assert plan.cost == 100 and not faults(on_line(requests, Vehicles.of([0, 0], [0, 0], [[2], [2]])), plan)


def test_a_wait_on_board_is_moved_before_the_pickup_when_the_ride_would_be_too_long() -> None:
    windows = [[0, 200], [100, 200]]
    requests = Requests.of([1, 2], [3, 3], pickup_window=windows, max_ride=[25, 100])
    plan = planned(on_line(requests, Vehicles.of([0], [0], [[2]])))
    assert plan.cost == 60
    assert plan.pickup_at.tolist() == [90, 100] and plan.ride[0] == 20


def test_between_two_classes_the_vehicle_is_empty_and_cleaned_where_that_is_allowed() -> None:
    requests = Requests.of([1, 2], [3, 4], risk=[0, 1], pickup_window=[[0, 10], [0, NEVER]])
    seconds = np.array([[0, 30], [60, 0]])
    vehicles = Vehicles.of([0], [0], [[4]], risks=2)
    at_five = Cleaning(seconds, np.zeros((2, 2), bool), np.array([5]))
    problem = on_line(requests, vehicles, at_five)
    plan = planned(problem)
    assert plan.routes[0].stops.tolist() == [0, 2, 1, 3] and plan.routes[0].risk.tolist() == [0, 0, 1, 1]
    (cleaning,) = plan.routes[0].cleanings
    assert (cleaning.before, cleaning.point, cleaning.seconds) == (2, 5, 30)
    assert plan.cost == 10 + 20 + 20 + 30 + 20 + 40 and not faults(problem, plan)
    assert cleaning.begin == plan.routes[0].leave[1] + 20
    on_the_spot = replace(at_five, on_spot=np.ones((2, 2), bool))
    assert planned(on_line(requests, vehicles, on_the_spot)).cost == 10 + 20 + 10 + 20 + 40


def test_a_direct_ride_is_alone_and_a_return_goes_with_its_outward_trip_or_not_at_all() -> None:
    direct = Requests.of([1, 2], [4, 3], direct=[True, False])
    plan = planned(on_line(direct, Vehicles.of([0], [0], [[4]])))
    assert plan.cost > 80 and plan.routes[0].stops.tolist() in ([0, 2, 1, 3], [1, 3, 0, 2])
    home = Requests.of([1, 4], [4, 1], outward=[-1, 0], pickup_window=[[0, 100], [300, 310]], arrive_by=[200, 320])
    dropped = planned(on_line(home, Vehicles.of([0], [0], [[4]]))).dropped
    assert dropped == (Dropped(0, Why.LINKED), Dropped(1, Why.WINDOW))


@pytest.mark.parametrize(
    ("given_", "fleet", "why"),
    [
        ({"load": [[0, 1]]}, {}, Why.PLACE),
        ({"load": [[5, 0]]}, {}, Why.PLACE),
        ({"risk": 1}, {"classes": [[True, False]]}, Why.RISK),
        ({"crew": 1}, {}, Why.CREW),
        ({"pickup_window": [[0, 9]]}, {}, Why.WINDOW),
        ({"pickup_window": [[50, 40]]}, {}, Why.WINDOW),
        ({"dropoff_window": [[0, 39]]}, {}, Why.WINDOW),
        ({}, {"shift": [[0, 79]]}, Why.WINDOW),
        ({}, {"max_duration": 79}, Why.WINDOW),
        ({"max_ride": 29}, {}, Why.RIDE),
    ],
)
def test_who_cannot_be_carried_is_told_why(given_: dict[str, Any], fleet: dict[str, Any], why: Why) -> None:
    requests = Requests.of([1], [4], **{"load": [[1, 0]], **given_})
    problem = on_line(requests, Vehicles.of([0], [0], [[3, 0]], risks=2, **fleet))
    plan = planned(problem)
    assert plan.dropped == (Dropped(0, why),) and plan.routes == () and plan.cost == problem.drop_cost[0]
    assert plan.vehicle.tolist() == [-1] and plan.ride.tolist() == [-1]


def test_limits_may_be_met_to_the_second() -> None:
    requests = Requests.of([1], [4], pickup_window=[[0, 10]], dropoff_window=[[0, 40]], max_ride=30, arrive_by=40)
    problem = on_line(requests, Vehicles.of([0], [0], [[1]], shift=[[0, 80]], max_duration=80))
    assert planned(problem).dropped == ()


def test_when_all_vehicles_are_full_the_one_of_least_priority_stays() -> None:
    requests = Requests.of([1, 1, 1], [4, 4, 4], pickup_window=[[10, 10]] * 3, priority=[2, 1, 3])
    plan = planned(on_line(requests, Vehicles.of([0], [0], [[2]])))
    assert plan.dropped == (Dropped(1, Why.FULL),)


def test_a_seat_may_be_a_wheelchair_place_only_where_upgrading_is_allowed_and_an_escort_takes_a_seat() -> None:
    requests = Requests.of([1, 1], [4, 4], load=[[1, 0], [0, 1]], escort=[False, True], pickup_window=[[10, 10]] * 2)
    strict = Vehicles.of([0], [0], [[1, 2]])
    assert len(planned(on_line(requests, strict)).dropped) == 1
    upgrade = np.array([[[True, True], [False, True]]])
    assert planned(on_line(requests, replace(strict, upgrade=upgrade))).dropped == ()


def test_no_requests_and_no_vehicles_are_answers() -> None:
    none = Requests.of([], [])
    assert planned(on_line(none, Vehicles.of([0], [0], [[1]]))).cost == 0
    nobody = Vehicles.of([], [], np.zeros((0, 1)))
    plan = propose_rides(
        Problem(Requests.of([1], [2]), nobody, LINE, LINE, Cleaning.none()),
        seconds=1,
        rng=np.random.default_rng(1),
        clock=ticking(),
    )
    assert plan.dropped == (Dropped(0, Why.PLACE),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pickup": [10]},
        {"risk": 3},
        {"max_ride": -1},
        {"priority": 0},
        {"outward": 0},
        {"load": [[-1]]},
        {"pickup_window": [[0, 1], [0, 1]]},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        on_line(Requests.of(**{"pickup": [1], "dropoff": [2], **wrong}), Vehicles.of([0], [0], [[1]]))


@pytest.mark.parametrize("seed", range(12))
def test_the_cost_is_the_least_of_all_assignments_and_orders_of_four(seed: int) -> None:
    problem = random_problem(seed, 4, 2)
    plan = planned(problem)
    assert plan.cost == least_cost(problem) and faults(problem, plan) == ()


@QUICK
@given(seed=st.integers(0, 10**6), n=st.integers(1, 3), m=st.integers(1, 3))
def test_the_cost_is_the_least_of_all_assignments_and_orders(seed: int, n: int, m: int) -> None:
    problem = random_problem(seed, n, m)
    plan = planned(problem)
    assert plan.cost == least_cost(problem) and faults(problem, plan) == ()


@FEW
@given(seed=st.integers(0, 10**6), n=st.integers(5, 30), m=st.integers(1, 8))
def test_larger_plans_break_nothing_and_leave_nobody_without_a_reason(seed: int, n: int, m: int) -> None:
    problem = random_problem(seed, n, m)
    plan = planned(problem, 0.2)
    assert faults(problem, plan) == ()
    there = np.flatnonzero(plan.vehicle < 0).tolist()
    assert [d.request for d in plan.dropped] == there
    stops = sorted(int(s) for r in plan.routes for s in r.stops)
    assert stops == sorted([r for r in range(n) if r not in there] + [n + r for r in range(n) if r not in there])
    assert plan.cost == sum(r.cost for r in plan.routes) + int(problem.drop_cost[there].sum())


def test_the_same_seed_and_ticks_give_the_same_plan_and_a_start_is_taken_up() -> None:
    problem = random_problem(5, 12, 3)
    first, again = (planned(problem, 0.4, workers=2) for _ in range(2))
    assert first.orders == again.orders
    assert planned(problem, 0.0, start=first.orders).cost == first.cost
    with pytest.raises(ValueError):
        planned(problem, 0.0, start={0: [0, 12], 1: [0, 12]})


def test_stop_ends_it_at_once() -> None:
    problem = random_problem(5, 12, 3)
    assert faults(problem, planned(problem, 10**6, stop=lambda: True)) == ()
