"""Peers on a published routing instance, each in a process of its own, on the same whole numbers as ours.

`python -m benchmarks.routing_peers pyvrp|vroom|ortools FAMILY FILE SECONDS` prints one line of JSON: routes (or null),
with customers as the file counts them and 0 for a return to the depot. Untuned: plain PyVRP (fleet minimisation first
where vehicles count, half of the time); VROOM with two threads; OR-Tools with guided local search on transit matrices.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.routing_data import FAMILIES, customer_of
from lianfang.kernels.routing import Problem
from lianfang.kernels.routing.model import model_of, routes_of

Routes = list[list[int]] | None
MUCH = 10**7  # for a vehicle, where vehicles count first


def by_pyvrp(problem: Problem, seconds: float, fewest: bool) -> Routes:
    """Its own `solve`; `minimise_fleet` before it where vehicles count first."""
    from pyvrp import minimise_fleet, solve
    from pyvrp.stop import MaxRuntime

    model, begun = model_of(problem), time.perf_counter()
    data = model.data
    if fewest:
        data = data.replace(vehicle_types=[minimise_fleet(data, MaxRuntime(seconds / 2))])
    left = max(seconds - (time.perf_counter() - begun), 0.1)
    best = solve(data, MaxRuntime(left), seed=1, collect_stats=False, display=False).best
    return [stops for _, stops in routes_of(model, best)] if best.is_feasible() else None


def by_vroom(problem: Problem, seconds: float, fewest: bool) -> Routes:
    """Jobs and shipments with its own search, at its deepest, told the time."""
    import vroom

    travel, vehicle = problem.travel[0], problem.vehicles[0]
    jobs, ships = problem.jobs, problem.shipments
    given = vroom.Input()
    given.set_durations_matrix("car", travel.duration.astype(np.uint32))
    given.set_distances_matrix("car", travel.distance.astype(np.uint32))
    given.set_costs_matrix("car", travel.distance.astype(np.uint32))
    window = vroom.TimeWindow(0, min(vehicle.closes, 2**30))
    fixed = {"costs": vroom.VehicleCosts(fixed=MUCH)} if fewest else {}
    for i in range(vehicle.count):
        given.add_vehicle(
            vroom.Vehicle(
                i + 1, start=0, end=0, capacity=list(vehicle.capacity), time_window=window, profile="car", **fixed
            )
        )

    def windows(at: object, j: int) -> dict[str, object]:
        ends = (int(at.opens[j, 0]), min(int(at.closes[j, 0]), 2**30))  # type: ignore[attr-defined]
        service = int(at.service[j])  # type: ignore[attr-defined]
        return {"time_windows": [vroom.TimeWindow(*ends)], "default_service": service}

    for j in range(jobs.prize.size):
        place, amount = int(jobs.visits.place[j]), jobs.delivery[j].tolist()
        given.add_job(vroom.Job(place, location=place, delivery=amount, **windows(jobs.visits, j)))
    for j in range(ships.prize.size):
        sides = [
            vroom.ShipmentStep(int(at.place[j]), location=int(at.place[j]), **windows(at, j))
            for at in (ships.pick, ships.drop)
        ]
        given.add_shipment(*sides, amount=vroom.Amount(ships.amount[j].tolist()))
    limit = __import__("datetime").timedelta(seconds=seconds)
    solved = given.solve(exploration_level=5, nb_threads=2, timeout=limit)
    if solved.summary.unassigned:
        return None
    steps = solved.routes[solved.routes["type"].isin(["job", "pickup", "delivery"])]
    return [g["id"].astype(int).tolist() for _, g in steps.groupby("vehicle_id", sort=False)]


def by_ortools(problem: Problem, seconds: float, fewest: bool) -> Routes:
    """Guided local search from parallel cheapest insertion; a vehicle costs much where vehicles count first."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    travel, vehicle, jobs, ships = problem.travel[0], problem.vehicles[0], problem.jobs, problem.shipments
    n = travel.distance.shape[0]
    manager = pywrapcp.RoutingIndexManager(n, vehicle.count, 0)
    routing = pywrapcp.RoutingModel(manager)
    service, demand = np.zeros(n, np.int64), np.zeros(n, np.int64)
    service[jobs.visits.place], demand[jobs.visits.place] = jobs.visits.service, jobs.delivery[:, 0]
    for at, sign in ((ships.pick, 1), (ships.drop, -1)):
        service[at.place], demand[at.place] = at.service, sign * ships.amount[:, 0]
    far = routing.RegisterTransitMatrix(travel.distance.tolist())
    long = routing.RegisterTransitMatrix((travel.duration + service[:, None]).tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(far)
    if fewest:
        routing.SetFixedCostOfAllVehicles(MUCH)
    routing.AddDimension(routing.RegisterUnaryTransitVector(demand.tolist()), 0, vehicle.capacity[0], True, "load")
    closes = min(vehicle.closes, 2**31)
    routing.AddDimension(long, closes, closes, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for at in (jobs.visits, ships.pick, ships.drop):
        for place, opens, late in zip(at.place.tolist(), at.opens[:, 0].tolist(), at.closes[:, 0].tolist()):
            clock.CumulVar(manager.NodeToIndex(place)).SetRange(opens, min(late, closes))
    for a, b in zip(ships.pick.place.tolist(), ships.drop.place.tolist()):
        pick, drop = manager.NodeToIndex(a), manager.NodeToIndex(b)
        routing.AddPickupAndDelivery(pick, drop)
        routing.solver().Add(routing.VehicleVar(pick) == routing.VehicleVar(drop))
        routing.solver().Add(clock.CumulVar(pick) <= clock.CumulVar(drop))
    how = pywrapcp.DefaultRoutingSearchParameters()
    how.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    how.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    how.time_limit.FromMilliseconds(int(1000 * seconds))
    solved = routing.SolveWithParameters(how)
    if not solved:
        return None
    out = []
    for v in range(vehicle.count):
        at, way = routing.Start(v), []
        while not routing.IsEnd(at := solved.Value(routing.NextVar(at))):
            way.append(manager.IndexToNode(at))
        out.append(way)
    return [way for way in out if way]


def main() -> None:
    """Solve and print; places of VROOM and OR-Tools are the customers of the file already."""
    name, family, file, seconds = sys.argv[1:]
    problem = FAMILIES[family].problem(Path(file))
    fewest = FAMILIES[family].fewest
    if name == "pyvrp":
        found = by_pyvrp(problem, float(seconds), fewest)
        routes = None if found is None else [customer_of(problem, stops) for stops in found]
    else:
        routes = (by_vroom if name == "vroom" else by_ortools)(problem, float(seconds), fewest)
    print(json.dumps({"routes": routes}))


if __name__ == "__main__":
    main()
