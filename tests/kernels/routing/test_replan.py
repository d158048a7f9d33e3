"""A plan carried on after a change: what is driven stays, the rest keeps every rule, and promises move least."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.routing import (
    Plan,
    Problem,
    Route,
    Travel,
    Vehicle,
    jobs,
    plan_of,
    problem,
    propose_routes,
    shipments,
    visits,
)
from lianfang.kernels.routing.replan import Change, Replanned, replan

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)
LINE = np.abs(np.arange(8)[:, None] - np.arange(8)[None])
ROAD = Travel(LINE, LINE)


def ticking(step: float = 0.1) -> Callable[[], float]:
    ticks = itertools.count()
    return lambda: next(ticks) * step


def carried_on(p: Problem, plan: Plan, executed: list[int], now: int, **rest: Any) -> Replanned:
    given_ = {"before": p, "change": Change(), "seconds": 1.0, "seed": 1, "clock": ticking(), **rest}
    return replan(p, plan, now=now, executed=np.array(executed, np.int64), **given_)


def collecting(places: list[int], **rest: Any) -> Problem:
    """Jobs that bring something back, so that a vehicle on its way may take more."""
    return problem(ROAD, (Vehicle((3,), count=2),), jobs_=jobs(visits(np.array(places), **rest), pickup=1))


def ways(found: Replanned) -> list[list[int]]:
    return [r.stops.tolist() for r in found.routes]


def test_a_new_job_is_put_in_on_the_way_and_the_one_after_it_is_told() -> None:
    before = collecting([2, 6])
    after = collecting([2, 6, 4], service=np.array([0, 0, 3]), closes=np.array([90, 90, 7]))
    plan = plan_of(before, [(0, [0, 1])])
    found = carried_on(after, plan, [1], 2, before=before, minute_cost=1)
    assert ways(found) == [[0, 2, 1]]
    assert [(m.visit, m.promised_at, m.begins_at) for m in found.moved] == [(1, 6, 9)]
    assert found.unserved == () and found.cost == 12


def test_a_promise_that_is_dear_to_move_sends_another_vehicle() -> None:
    before = collecting([2, 6])
    after = collecting([2, 6, 4], service=np.array([0, 0, 3]), closes=np.array([90, 90, 7]))
    plan = plan_of(before, [(0, [0, 1])])
    found = carried_on(after, plan, [1], 2, before=before, minute_cost=1000)
    assert ways(found) == [[0, 1], [2]] and found.moved == ()
    within = carried_on(after, plan, [1], 2, before=before, minute_cost=1000, tolerance=3)
    assert ways(within) == [[0, 2, 1]]


def test_a_failed_vehicle_keeps_what_it_did_and_another_takes_the_rest() -> None:
    p = collecting([1, 3, 5, 6])
    plan = plan_of(p, [(0, [0, 1]), (0, [2, 3])])
    found = carried_on(p, plan, [1, 1], 5, change=Change(failed=(0,)))
    assert found.routes[0].stops.tolist() == [0]
    assert sorted(found.routes[1].stops.tolist()) == [1, 2, 3] and found.routes[1].stops[0] == 2
    assert [(m.visit, m.route_before, m.route) for m in found.moved if m.route != m.route_before] == [(1, 0, 1)]


def test_goods_from_the_depot_go_out_anew_or_not_at_all() -> None:
    p = problem(ROAD, (Vehicle((3,), count=2),), jobs_=jobs(visits(np.array([2, 4])), delivery=1))
    plan = plan_of(p, [(0, [0, 1])])
    found = carried_on(p, plan, [1], 3, change=Change(failed=(0,)))
    assert ways(found) == [[0], [1]] and found.routes[1].starts_at == 3
    one = problem(ROAD, (Vehicle((3,), count=1),), jobs_=jobs(visits(np.array([2, 4])), delivery=1))
    assert [
        u.task for u in carried_on(one, plan_of(one, [(0, [0, 1])]), [1], 3, change=Change(failed=(0,))).unserved
    ] == [1]


def test_a_shipment_aboard_a_failed_vehicle_is_said_to_be_unserved() -> None:
    both = shipments(visits(np.array([1])), visits(np.array([5])), amount=1)
    p = problem(ROAD, (Vehicle((1,), count=2),), shipments_=both)
    plan = plan_of(p, [(0, [0, 1])])
    assert [u.task for u in carried_on(p, plan, [1], 2, change=Change(failed=(0,))).unserved] == [0]
    assert ways(carried_on(p, plan, [1], 2)) == [[0, 1]]
    assert ways(carried_on(p, plan, [0], 2, change=Change(failed=(0,)))) == [[], [0, 1]]


def test_a_cancelled_job_is_left_out_and_no_reason_is_needed() -> None:
    p = collecting([2, 6])
    found = carried_on(p, plan_of(p, [(0, [0, 1])]), [1], 2, change=Change(cancelled=(1,)))
    assert ways(found) == [[0]] and found.unserved == () and found.cost == 4


def test_shipments_are_renumbered_when_jobs_come() -> None:
    pair = shipments(visits(np.array([1])), visits(np.array([5])), amount=1)
    before = problem(ROAD, (Vehicle((2,), count=1),), shipments_=pair)
    after = problem(ROAD, (Vehicle((2,), count=1),), jobs_=jobs(visits(np.array([3])), pickup=1), shipments_=pair)
    found = carried_on(after, plan_of(before, [(0, [0, 1])]), [1], 1, before=before)
    assert ways(found) == [[1, 0, 2]]


def test_a_window_already_past_leaves_the_job_out() -> None:
    before, after = collecting([2]), collecting([2, 3], closes=np.array([100, 5]))
    found = carried_on(after, plan_of(before, [(0, [0])]), [0], 50, before=before)
    assert [u.task for u in found.unserved] == [1]
    assert ways(found) == [[0]]


def test_what_does_not_fit_is_refused() -> None:
    p = collecting([2])
    plan = plan_of(p, [(0, [0])])
    for executed in ([2], [0, 0]):
        with pytest.raises(ValueError):
            carried_on(p, plan, executed, 0)
    with pytest.raises(ValueError):
        carried_on(collecting([]), plan, [0], 0, before=p)
    trips = problem(ROAD, (Vehicle((3,), reload_at=(0,)),), jobs_=jobs(visits(np.array([2]))))
    with pytest.raises(ValueError):
        carried_on(trips, plan, [0], 0)


def keeps_rules(p: Problem, route: Route, done: int, now: int) -> bool:
    """Whether what is still to come of a route keeps windows, times and capacity: by stepping through."""
    v, n, s = p.vehicles[0], p.jobs.prize.size, p.shipments.prize.size
    clock = max(now, int(route.leaves[done - 1])) if done else max(now, v.opens)
    for i, x in enumerate(route.stops.tolist()):
        at, row = (
            (p.jobs.visits, x) if x < n else (p.shipments.pick, x - n) if x < n + s else (p.shipments.drop, x - n - s)
        )
        before = route.stops[i - 1] if i else None
        here = (
            v.begin
            if before is None
            else int(np.concatenate([p.jobs.visits.place, p.shipments.pick.place, p.shipments.drop.place])[before])
        )
        if i >= done:
            clock += int(p.travel[0].duration[here, at.place[row]])
            clock = max(clock, int(at.opens[row, 0]))
            if clock != route.begins[i] or clock > at.closes[row, 0]:
                return False
            clock += int(at.service[row])
        if x >= n + s and x - s not in route.stops[:i]:
            return False
    return bool((route.loads <= v.capacity).all()) and route.ends_at <= v.closes


@FEW
@given(st.integers(0, 10**6))
def test_executed_legs_stay_and_everything_else_keeps_every_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, s = 10, 4
    spots = rng.integers(0, 40, (n + 2 * s + 2, 2))
    apart = np.abs(spots[:, None] - spots[None]).sum(2)
    opens = rng.integers(0, 200, n + 2 * s + 1)

    def town(many: int) -> Problem:
        side = [np.arange(n + 2, n + 2 + s), np.arange(n + 2 + s, n + 2 + 2 * s)]
        pair = [visits(x, service=2, opens=opens[x - 1], closes=opens[x - 1] + 150) for x in side]
        own = visits(np.arange(1, many + 1), service=3, opens=opens[:many], closes=opens[:many] + 120)
        asked = jobs(own, delivery=np.arange(many) % 2, pickup=1)
        return problem(
            Travel(apart, apart),
            (Vehicle((4,), count=6, closes=500),),
            jobs_=asked,
            shipments_=shipments(*pair, amount=1),
        )

    before, after = town(n), town(n + 1)
    plan = propose_routes(before, seconds=0.3, seed=1, clock=ticking())
    now = int(rng.integers(0, 200))
    executed = [int((r.begins <= now).sum()) for r in plan.routes]
    failed = (0,) if plan.routes and rng.random() < 0.5 else ()
    found = carried_on(after, plan, executed, now, before=before, change=Change(failed=failed))
    seen = [x for w in ways(found) for x in w]
    assert len(seen) == len(set(seen))
    whole = {t for t in range(n + 1 + s) if t in seen and (t <= n or t + s in seen)}
    assert {u.task for u in found.unserved} == set(range(n + 1 + s)) - whole
    for i, (old, done) in enumerate(zip(plan.routes, executed)):
        same = [x if x < n else x + 1 for x in old.stops[:done].tolist()]
        assert found.routes[i].stops[:done].tolist() == same
        assert found.routes[i].begins[:done].tolist() == old.begins[:done].tolist()
    for i, route in enumerate(found.routes):
        done = executed[i] if i < len(executed) else 0
        assert keeps_rules(after, route, done, now) or i in failed
