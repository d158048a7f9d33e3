"""Routes against brute force and a checker written for this test; every stated edge."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.routing import (
    ALWAYS,
    RELOAD,
    Plan,
    Problem,
    Travel,
    Unserved,
    Vehicle,
    Visits,
    Why,
    better_of,
    jobs,
    plan_of,
    problem,
    propose_routes,
    route_of,
    shipments,
    visits,
    whole,
)

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)
LINE = np.abs(np.arange(6)[:, None] - np.arange(6)[None])
ROAD = Travel(LINE, LINE)
NONE = np.zeros(0, np.int64)


def ticking(step: float = 0.1) -> Callable[[], float]:
    """A clock that moves by a step at every look: runs do not depend on the machine."""
    ticks = itertools.count()
    return lambda: next(ticks) * step


def planned(given_: Problem, seconds: float = 1.0, **rest: Any) -> Plan:
    return propose_routes(given_, seconds=seconds, clock=ticking(), **{"seed": 1, **rest})


def stops(plan: Plan) -> list[tuple[int, list[int]]]:
    return sorted((r.kind, r.stops.tolist()) for r in plan.routes)


def lawful(p: Problem, kind: int, way: list[int]) -> int | None:
    """What a way of visits costs its vehicle, or none if it breaks a rule: the oracle, by stepping through."""
    v, n, s = p.vehicles[kind], p.jobs.prize.size, p.shipments.prize.size
    travel, here, now, far = p.travel[v.profile], v.begin, v.opens, 0
    load = sum((p.jobs.delivery[x] for x in way if x < n), np.zeros(p.loads, np.int64))
    aboard: set[int] = set()
    now = max([now, *(int(p.jobs.ready[x]) for x in way if x < n)])
    for x in way:
        at, row = (
            (p.jobs.visits, x) if x < n else (p.shipments.pick, x - n) if x < n + s else (p.shipments.drop, x - n - s)
        )
        if not p.allowed[x if x < n + s else x - s, kind] or (load > v.capacity).any():
            return None
        far += int(travel.distance[here, at.place[row]])
        now, here = now + int(travel.duration[here, at.place[row]]), int(at.place[row])
        open_ = [max(now, a) for a, b in zip(at.opens[row].tolist(), at.closes[row].tolist()) if a <= b and now <= b]
        if not open_ or (x >= n + s and x - s not in aboard):
            return None
        now = open_[0] + int(at.service[row])
        aboard.add(x)
        load = load + (
            p.jobs.pickup[x] - p.jobs.delivery[x] if x < n else (1 if x < n + s else -1) * p.shipments.amount[row]
        )
    if (
        (load > v.capacity).any()
        or now + travel.duration[here, v.end] > v.closes
        or (aboard and len(aboard) < len(way))
    ):
        return None
    if any(x >= n and x < n + s and x + s not in aboard for x in aboard):
        return None
    return v.fixed_cost + v.unit_cost * (far + int(travel.distance[here, v.end]))


def checked(p: Problem, plan: Plan) -> None:
    """Each task once or unserved; every rule kept; cost as counted here."""
    n, s = p.jobs.prize.size, p.shipments.prize.size
    seen = [int(x) for r in plan.routes for x in r.stops]
    assert len(seen) == len(set(seen))
    out = {u.task for u in plan.unserved}
    assert out == {t for t in range(n + s) if t not in seen}
    assert {x - s for x in seen if x >= n + s} == {x for x in seen if n <= x < n + s}
    costs = [lawful(p, r.kind, r.stops.tolist()) for r in plan.routes]
    assert None not in costs
    assert [r.cost for r in plan.routes] == costs
    prize = [*p.jobs.prize.tolist(), *p.shipments.prize.tolist()]
    assert plan.cost == sum(r.cost for r in plan.routes) + sum(max(prize[t], 0) for t in out)
    for k, v in enumerate(p.vehicles):
        assert sum(r.kind == k for r in plan.routes) <= v.count


def ways_of(p: Problem, tasks: tuple[int, ...]) -> Iterator[list[int]]:
    """Every order of the visits of tasks."""
    n, s = p.jobs.prize.size, p.shipments.prize.size
    every = [x for t in tasks for x in ((t,) if t < n else (t, t + s))]
    return (list(w) for w in itertools.permutations(every))


def cheapest(p: Problem) -> tuple[int, int]:
    """(prizes of required tasks left out counted as 10**6, cost) of the best plan, by trying everything."""
    fleet = [k for k, v in enumerate(p.vehicles) for _ in range(v.count)]
    prize = [*p.jobs.prize.tolist(), *p.shipments.prize.tolist()]
    known: dict[tuple[int, tuple[int, ...]], int | None] = {}
    best = (10**9, 10**9)
    for given_ in itertools.product(range(-1, len(fleet)), repeat=p.tasks):
        left = [prize[t] for t, r in enumerate(given_) if r < 0]
        cost: int | None = sum(x for x in left if x >= 0)
        for r, kind in enumerate(fleet):
            mine = tuple(t for t, x in enumerate(given_) if x == r)
            if (kind, mine) not in known:
                all_ = [c for w in ways_of(p, mine) if (c := lawful(p, kind, w)) is not None] if mine else [0]
                known[kind, mine] = min(all_, default=None)
            one = known[kind, mine]
            cost = None if cost is None or one is None else cost + one
        if cost is not None:
            best = min(best, (sum(x < 0 for x in left), cost))
    return best


@st.composite
def towns(draw: Any, most_jobs: int = 3, most_pairs: int = 1, tight: bool = True) -> Problem:
    """Small problems of every sort."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, s = draw(st.integers(0, most_jobs)), draw(st.integers(0, most_pairs))
    spots = rng.integers(0, 30, (n + 2 * s + 1, 2))
    apart = np.abs(spots[:, None] - spots[None]).sum(2)
    late = 60 if tight else 10**6

    def side(first: int, many: int) -> Visits:
        opens = np.sort(rng.integers(0, late, (many, 2)), 1)
        opens[:, 1] += 100
        return Visits(
            np.arange(first, first + many), rng.integers(0, 5, many), opens, opens + rng.integers(5, 60, (many, 1))
        )

    prize = rng.choice([-1, 5, 40, 400], n + s)
    kinds = (
        Vehicle((4,), count=1, closes=draw(st.sampled_from([150, ALWAYS])), fixed_cost=draw(st.sampled_from([0, 30]))),
        Vehicle((3,), count=draw(st.integers(0, 1)), unit_cost=2, profile=1, end=n + 2 * s),
    )
    return problem(
        (Travel(apart, apart), Travel(apart, apart // 2)),
        kinds,
        jobs_=jobs(side(1, n), delivery=rng.integers(0, 3, n), pickup=rng.integers(0, 3, n), prize=prize[:n]),
        shipments_=shipments(side(1 + n, s), side(1 + n + s, s), amount=rng.integers(0, 3, s), prize=prize[n:]),
        allowed=rng.random((n + s, 2)) < 0.8,
    )


def test_two_trips_along_a_road_are_shared_out_as_by_hand() -> None:
    one = problem(ROAD, (Vehicle((2,), count=2),), jobs_=jobs(visits(np.arange(1, 5)), delivery=1))
    plan = planned(one)
    assert [set(w) for _, w in stops(plan)] in ([{0, 1}, {2, 3}], [{2, 3}, {0, 1}])
    assert (plan.cost, plan.distance, plan.unserved) == (12, 12, ())
    assert plan.is_fleet_minimal
    far = next(r for r in plan.routes if 3 in r.stops)
    assert far.ends_at == 8 and far.loads[0].tolist() == [2] and far.loads[-1].tolist() == [0]


def test_a_shipment_is_taken_up_before_it_is_set_down_and_rides_with_others() -> None:
    pick, drop = visits(np.array([1, 2])), visits(np.array([4, 3]))
    one = problem(ROAD, (Vehicle((2,), count=2),), shipments_=shipments(pick, drop, amount=1))
    plan = planned(one)
    assert plan.cost == 8
    assert stops(plan)[0][1][:2] == [0, 1]
    narrow = problem(ROAD, (Vehicle((1,), count=1),), shipments_=shipments(pick, drop, amount=1))
    assert planned(narrow).cost == 10


@FEW
@given(towns())
def test_small_problems_are_solved_as_by_trying_everything(p: Problem) -> None:
    plan = planned(p, seconds=2.0)
    checked(p, plan)
    prize = np.concatenate([p.jobs.prize, p.shipments.prize])
    assert (sum(int(prize[u.task] < 0) for u in plan.unserved), plan.cost) == cheapest(p)


@FEW
@given(towns(most_jobs=14, most_pairs=6), st.booleans(), st.integers(1, 2))
def test_every_plan_keeps_every_rule(p: Problem, fewest: bool, workers: int) -> None:
    checked(p, planned(p, fewest_vehicles=fewest, workers=workers))


def test_fewest_vehicles_come_before_a_shorter_way() -> None:
    apart = np.array([[0, 9, 9], [9, 0, 30], [9, 30, 0]])
    one = problem(Travel(apart, apart), (Vehicle((2,), count=2),), jobs_=jobs(visits(np.array([1, 2])), delivery=1))
    assert (len(planned(one).routes), planned(one).cost) == (2, 36)
    few = planned(one, fewest_vehicles=True)
    assert (len(few.routes), few.cost, few.is_fleet_minimal) == (1, 48, True)
    assert better_of(one, planned(one), few).cost == 36
    assert better_of(one, planned(one), few, fewest_vehicles=True).cost == 48


def test_a_job_with_several_windows_is_served_in_one_of_them() -> None:
    at = Visits(np.array([1, 5]), np.array([0, 0]), np.array([[0, 20], [4, 9]]), np.array([[0, 30], [5, 5]]))
    plan = planned(problem(ROAD, (Vehicle((9,)),), jobs_=jobs(at)))
    assert stops(plan) == [(0, [1, 0])]
    assert plan.routes[0].begins.tolist() == [5, 20]


def test_reasons_name_what_no_vehicle_could_do() -> None:
    at = visits(np.array([1, 2, 3, 4, 5]), closes=np.array([ALWAYS, ALWAYS, 2, ALWAYS, ALWAYS]))
    asked = jobs(at, delivery=np.array([1, 9, 1, 1, 4]), prize=np.array([-1, -1, -1, 3, -1]))
    allowed = np.ones((5, 1), bool)
    allowed[0] = False
    one = problem(ROAD, (Vehicle((4,), closes=10),), jobs_=asked, allowed=allowed)
    plan = planned(one)
    assert plan.unserved == (
        Unserved(0, Why.NOT_ALLOWED),
        Unserved(1, Why.TOO_LARGE),
        Unserved(2, Why.TOO_LATE),
        Unserved(3, Why.TOO_DEAR),
    )
    two = problem(ROAD, (Vehicle((1,)),), jobs_=jobs(visits(np.array([1, 2])), delivery=1))
    assert [u.why for u in planned(two).unserved] == [Why.NO_ROOM]


def test_no_vehicles_no_tasks_and_no_time_are_answers() -> None:
    some = jobs(visits(np.array([1, 2])))
    for fleet in ((), (Vehicle((1,), count=0),)):
        nobody = planned(problem(ROAD, fleet, jobs_=some))
        assert [u.why for u in nobody.unserved] == [Why.NOT_ALLOWED] * 2 and nobody.routes == ()
    assert planned(problem(ROAD, (Vehicle((1,)),))).routes == ()
    hurried = planned(problem(ROAD, (Vehicle((1,)),), jobs_=some), seconds=0.0)
    assert hurried.unserved == () and hurried.cost == 4
    stopped = propose_routes(
        problem(ROAD, (Vehicle((1,)),), jobs_=some), seconds=9, seed=1, clock=ticking(), stop=lambda: True
    )
    assert stopped.cost == 4


def test_a_vehicle_reloads_and_waits_for_goods_that_are_not_ready() -> None:
    asked = jobs(visits(np.array([1, 2, 3])), delivery=1, ready=np.array([0, 0, 50]))
    one = problem(ROAD, (Vehicle((2,), reload_at=(0,)),), jobs_=asked)
    plan = propose_routes(one, seconds=1.0, seed=1, clock=ticking(0.01))
    (route,) = plan.routes
    assert plan.cost == 8 and plan.unserved == () and route.fits
    assert RELOAD in route.stops
    assert route.arrives[route.stops.tolist().index(2)] >= 53
    assert (route.loads <= 2).all()
    never = problem(ROAD, (Vehicle((2,), closes=9, reload_at=(0,)),), jobs_=asked)
    short = propose_routes(never, seconds=1.0, seed=1, clock=ticking(0.01))
    assert [u.task for u in short.unserved] == [2]


def test_fewest_vehicles_that_reload_and_a_kind_that_may_not_serve() -> None:
    apart = np.array([[0, 9, 9], [9, 0, 30], [9, 30, 0]])
    fleet = (Vehicle((1,), count=2, reload_at=(0,)), Vehicle((9,)))
    asked = jobs(visits(np.array([1, 2])), delivery=1)
    only = np.array([[True, False], [True, False]])
    one = problem(Travel(apart, apart), fleet, jobs_=asked, allowed=only)
    plan = propose_routes(one, seconds=1.0, seed=1, clock=ticking(0.01), fewest_vehicles=True)
    assert [(r.kind, sorted(r.stops.tolist()), r.cost) for r in plan.routes] == [(0, [RELOAD, 0, 1], 36)]
    again = propose_routes(one, seconds=0.1, seed=2, clock=ticking(0.01), start=plan)
    assert again.cost == 36 and again.unserved == ()


def test_the_same_seed_and_ticks_give_the_same_plan_and_a_start_is_gone_on_from() -> None:
    rng = np.random.default_rng(3)
    spots = rng.integers(0, 100, (31, 2))
    apart = np.abs(spots[:, None] - spots[None]).sum(2)
    p = problem(Travel(apart, apart), (Vehicle((6,), count=6),), jobs_=jobs(visits(np.arange(1, 31)), delivery=1))
    first, again = planned(p), planned(p)
    assert stops(first) == stops(again) and first.cost == again.cost
    assert planned(p, seconds=0.0, start=first).cost == first.cost
    slower = problem(Travel(apart, apart), (Vehicle((5,), count=7),), jobs_=p.jobs)
    checked(slower, planned(slower, seconds=0.0, start=first))
    times = [s for s, _, _ in first.progress]
    assert times == sorted(times) and first.progress[-1][2] == first.cost


def test_a_way_made_by_hand_is_judged() -> None:
    one = problem(ROAD, (Vehicle((1,), closes=5),), jobs_=jobs(visits(np.array([1, 2])), delivery=1))
    assert route_of(one, 0, [0]).fits
    assert not route_of(one, 0, [0, 1]).fits
    assert plan_of(one, [(0, [])]).routes == ()


@pytest.mark.parametrize(
    "change",
    [
        {"jobs_": jobs(visits(np.array([9])))},
        {"jobs_": jobs(visits(np.array([1])), delivery=-1)},
        {"jobs_": jobs(visits(np.array([1])), prize=-2)},
        {"jobs_": jobs(visits(np.array([1]), service=-1))},
        {"jobs_": jobs(visits(np.array([1])), delivery=np.ones((1, 2)))},
        {"allowed": np.ones((3, 1), bool)},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        problem(ROAD, (Vehicle((1,)),), **change)


def test_vehicles_and_travel_that_do_not_fit_are_refused() -> None:
    both = shipments(visits(np.array([1])), visits(np.array([2])))
    for fleet in (
        Vehicle((1,), begin=9),
        Vehicle((1,), profile=1),
        Vehicle((-1,)),
        Vehicle((1, 1)),
        Vehicle((1,), reload_at=(0,)),
    ):
        with pytest.raises(ValueError):
            problem(ROAD, (fleet,), shipments_=both)
    with pytest.raises(ValueError):
        problem(Travel(-LINE, LINE), (Vehicle((1,)),))
    with pytest.raises(ValueError):
        problem(Travel(LINE, LINE[:3, :3]), (Vehicle((1,)),))


def test_numbers_are_scaled_to_whole_ones() -> None:
    assert whole(np.array([1.2346, 2.0])).tolist() == [1235, 2000]
    assert whole(np.array([1.2341, 2.0]), up=True).tolist() == [1235, 2000]
