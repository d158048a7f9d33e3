"""The problem as PyVRP's data, and its routes as ours. PyVRP keeps the interpreter to itself: it runs in one thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    ClientGroup,
    CostEvaluator,
    Depot,
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    Location,
    PenaltyManager,
    ProblemData,
    RandomNumberGenerator,
    Shipment,
    Solution,
    VehicleType,
)
from pyvrp import Route as Way
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from pyvrp.PenaltyManager import PenaltyParams
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, PerturbationManager, compute_neighbours

from lianfang.kernels.routing.plan import visit_at
from lianfang.kernels.routing.problem import RELOAD, REQUIRED, Ints, Problem, Visits
from lianfang.kernels.routing.tables import penalties

BARRED = 2**33  # travel to a visit that a kind may not serve
Routes = list[tuple[int, list[int]]]


@dataclass(frozen=True)
class Model:
    """PyVRP's data. client (C, 2): the job and window of each client; places of depots by number."""

    data: ProblemData
    client: list[tuple[int, int]]
    depots: list[int]
    problem: Problem


def model_of(
    problem: Problem,
    *,
    left_out: frozenset[int] = frozenset(),
    never: frozenset[int] = frozenset(),
    vehicles: Ints | None = None,
    fewest: bool = False,
) -> Model:
    """The data; tasks of left_out may stay out at their penalty, those of never as well and for nothing.

    vehicles (V,): how many of each kind, if not all; fewest: each one costs more than all the ways could.

    Places: the visits, then the depots. A job with several windows is a group of clients of which one is served.
    """
    fleet = problem.vehicles
    depots = sorted({p for v in fleet for p in (v.begin, v.end, *v.reload_at)})
    spots = _spots(problem, depots)
    kinds = [k for k, v in enumerate(fleet) if (v.count if vehicles is None else vehicles[k]) > 0]
    profiles = {(fleet[k].profile, problem.allowed[:, k].tobytes()): k for k in kinds}
    order = list(profiles)
    weight = penalties(problem)
    clients, groups, named = _clients(problem, left_out, never, weight)
    types = []
    for k in kinds:
        v = fleet[k]
        types.append(
            VehicleType(
                num_available=v.count if vehicles is None else int(vehicles[k]),
                capacity=list(v.capacity),
                start_depot=depots.index(v.begin),
                end_depot=depots.index(v.end),
                fixed_cost=v.fixed_cost + (int(weight.max(initial=0)) if fewest else 0),
                tw_early=v.opens,
                tw_late=v.closes,
                unit_distance_cost=v.unit_cost,
                profile=order.index((v.profile, problem.allowed[:, k].tobytes())),
                reload_depots=[depots.index(p) for p in v.reload_at],
                max_reloads=v.max_reloads,
                name=str(k),
            )
        )
    matrices = [_matrices(problem, spots, profiles[o]) for o in order]
    data = ProblemData(
        [Location(0, 0) for _ in spots],
        clients,
        [Depot(problem.jobs.prize.size + 2 * problem.shipments.prize.size + i) for i in range(len(depots))],
        types,
        [m[0] for m in matrices],
        [m[1] for m in matrices],
        groups,
        _shipments(problem, left_out, never, weight),
    )
    return Model(data, named, depots, problem)


def improve(
    model: Model,
    start: Routes | None,
    *,
    seed: int,
    over: Callable[[], bool],
    found: Callable[[Routes], None] = lambda _: None,
) -> Routes | None:
    """The best routes PyVRP comes to until `over`; found hears of each better legal one. None: no legal routes."""
    neighbours = compute_neighbours(model.data, NeighbourhoodParams())
    chance = RandomNumberGenerator(seed=seed)
    search = LocalSearch(model.data, chance, neighbours, PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(model.data):
            search.add_operator(operator(model.data))
    params = PenaltyParams()
    manager = PenaltyManager(params.midpoint_penalties(model.data), params)
    if start is None:
        first = search(Solution.make_random(model.data, chance), manager.max_cost_evaluator(), exhaustive=True)
    else:
        first = solution_of(model, start)
    told = Told(model, found)
    algorithm = IteratedLocalSearch(model.data, manager, search, first, IteratedLocalSearchParams(callbacks=told))
    best = algorithm.run(lambda _: over(), collect_stats=False, display=False).best
    return routes_of(model, best) if best.is_feasible() else None


class Told(IteratedLocalSearchCallbacks):
    """Passes on each better legal solution."""

    def __init__(self, model: Model, found: Callable[[Routes], None]) -> None:
        self.model, self.found = model, found

    def on_best(self, best: Solution) -> None:
        """Called by the search."""
        if best.is_feasible():
            self.found(routes_of(self.model, best))


def cost_of(solution: Solution, loads: int) -> int:
    """What a legal solution costs."""
    return int(CostEvaluator([0.0] * loads, 0.0, 0.0).cost(solution))


def routes_of(model: Model, solution: Solution) -> Routes:
    """The routes as (kind, stops)."""
    jobs, ships = model.problem.jobs.prize.size, model.problem.shipments.prize.size
    out = []
    for way in solution.routes():
        kind = int(model.data.vehicle_type(way.vehicle_type()).name)
        reload_at = model.problem.vehicles[kind].reload_at
        stops = []
        for a in list(way)[1:-1]:
            if a.is_client():
                stops.append(model.client[a.idx][0])
            elif a.is_depot():
                stops.append(RELOAD - reload_at.index(model.depots[a.idx]))
            else:
                stops.append(jobs + a.idx + (0 if a.is_pickup() else ships))
        out.append((kind, stops))
    return out


def solution_of(model: Model, routes: Routes) -> Solution:
    """Routes as PyVRP's solution; of a job with several windows the first that it keeps."""
    problem = model.problem
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    by_job: dict[int, int] = {}
    for i, (job, _) in enumerate(model.client):
        by_job.setdefault(job, i)
    types = {int(t.name): i for i, t in enumerate(model.data.vehicle_types())}
    ways = []
    for kind, stops in routes:
        if not stops:
            continue
        activities = []
        for s in stops:
            if s <= RELOAD:
                place = model.depots.index(problem.vehicles[kind].reload_at[RELOAD - s])
                activities.append(Activity(ActivityType.DEPOT, place))
            elif s < jobs:
                activities.append(Activity(ActivityType.CLIENT, by_job[s]))
            elif s < jobs + ships:
                activities.append(Activity(ActivityType.PICKUP, s - jobs))
            else:
                activities.append(Activity(ActivityType.DELIVERY, s - jobs - ships))
        ways.append(Way(model.data, activities, types[kind]))
    return Solution(model.data, ways)


def _spots(problem: Problem, depots: list[int]) -> Ints:
    jobs, s = problem.jobs.visits, problem.shipments
    return np.concatenate([jobs.place, s.pick.place, s.drop.place, np.array(depots, np.int64)])


def _matrices(problem: Problem, spots: Ints, kind: int) -> tuple[Ints, Ints]:
    """Distance and duration of a kind between visits and depots, far for visits it may not serve."""
    travel = problem.travel[problem.vehicles[kind].profile]
    both = [np.ascontiguousarray(m[np.ix_(spots, spots)], np.int64) for m in (travel.distance, travel.duration)]
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    out = np.flatnonzero(~problem.allowed[:, kind])
    barred = np.concatenate([out, out[out >= jobs] + ships])
    for m in both:
        m[barred, :] = BARRED
        m[:, barred] = BARRED
        np.fill_diagonal(m, 0)
    return both[0], both[1]


def _clients(
    problem: Problem, left_out: frozenset[int], never: frozenset[int], weight: Ints
) -> tuple[list[Client], list[ClientGroup], list[tuple[int, int]]]:
    """A client for each window of each job."""
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    named: list[tuple[int, int]] = []
    jobs = problem.jobs
    for j in range(jobs.prize.size):
        windows = _windows(jobs.visits, j)
        required = bool(jobs.prize[j] == REQUIRED) and j not in left_out and j not in never
        group = len(groups) if len(windows) > 1 else None
        if group is not None:
            groups.append(ClientGroup(list(range(len(clients), len(clients) + len(windows))), required=required))
        for w, (opens, closes) in enumerate(windows):
            clients.append(
                Client(
                    location=j,
                    delivery=jobs.delivery[j].tolist(),
                    pickup=jobs.pickup[j].tolist(),
                    service_duration=int(jobs.visits.service[j]),
                    tw_early=opens,
                    tw_late=closes,
                    release_time=min(int(jobs.ready[j]), closes),
                    prize=0 if required or j in never else int(weight[j]),
                    required=required and group is None,
                    group=group,
                )
            )
            named.append((j, w))
    return clients, groups, named


def _windows(at: Visits, row: int) -> list[tuple[int, int]]:
    """The windows of a visit; an impossible one where there is none, so that numbers stay as they are."""
    pairs = zip(at.opens[row].tolist(), at.closes[row].tolist())
    return [(a, b) for a, b in pairs if a <= b] or [(0, 0)]


def _shipments(problem: Problem, left_out: frozenset[int], never: frozenset[int], weight: Ints) -> list[Shipment]:
    s, jobs = problem.shipments, problem.jobs.prize.size
    out = []
    for i in range(s.prize.size):
        pick, drop = (_windows(at, i) for at in (s.pick, s.drop))
        task = jobs + i
        required = bool(s.prize[i] == REQUIRED) and task not in left_out and task not in never
        out.append(
            Shipment(
                jobs + i,
                jobs + s.prize.size + i,
                pick[0][0],
                pick[0][1],
                int(s.pick.service[i]),
                drop[0][0],
                drop[0][1],
                int(s.drop.service[i]),
                amount=s.amount[i].tolist(),
                prize=0 if required or task in never else int(weight[task]),
                required=required,
            )
        )
    return out


def may_model(problem: Problem) -> bool:
    """Whether PyVRP can state it: a shipment's visits have one window each."""
    ships = problem.shipments
    return all(bool(((v.opens <= v.closes).sum(1) == 1).all()) for v in (ships.pick, ships.drop))


__all__ = ["Model", "Routes", "cost_of", "improve", "may_model", "model_of", "routes_of", "solution_of", "visit_at"]
