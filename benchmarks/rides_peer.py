"""OR-Tools routing on a published dial-a-ride instance, in a process of its own.

`python -m benchmarks.rides_peer parallel-cheapest|local-cheapest FILE SECONDS` prints one line of JSON: tours as
[start, [[node, begin], ...], end] in the instance's units, or null if somebody is not carried. Each request may be left
out at a high penalty: without that, the first solution fails under a ride limit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.rides import SCALE, scaled
from benchmarks.rides_check import Instance, read

FIRST = {
    "parallel-cheapest": routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION,
    "local-cheapest": routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION,
}
PENALTY = 10**9


def model_of(instance: Instance, x: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Manager, model and time dimension with all rules of the instance."""
    n, m = instance.requests, instance.vehicles
    manager = pywrapcp.RoutingIndexManager(2 * n + 1, m, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(x["cost"].tolist()))
    time = model.RegisterTransitMatrix((x["duration"] + x["service"][:, None]).tolist())
    horizon = int(x["depot"][1])
    model.AddDimension(time, horizon, horizon, False, "time")
    load = model.RegisterUnaryTransitVector([int(v) for v in x["load"]])
    model.AddDimension(load, 0, instance.capacity, True, "load")
    clock = model.GetDimensionOrDie("time")
    for v in range(m):
        clock.SetSpanUpperBoundForVehicle(x["longest"], v)
    solver = model.solver()
    for r in range(1, n + 1):
        up, down = manager.NodeToIndex(r), manager.NodeToIndex(n + r)
        model.AddPickupAndDelivery(up, down)
        solver.Add(model.VehicleVar(up) == model.VehicleVar(down))
        solver.Add(clock.CumulVar(down) >= clock.CumulVar(up))
        most = x["ride"] + int(x["service"][r])
        solver.Add(clock.CumulVar(down) - clock.CumulVar(up) <= most)
        for node, index in ((r, up), (n + r, down)):
            clock.CumulVar(index).SetRange(int(x["window"][node][0]), min(horizon, int(x["window"][node][1])))
            model.AddDisjunction([index], PENALTY)
    return manager, model, clock


def main() -> None:
    """Solve and print."""
    strategy, file, seconds = sys.argv[1:]
    instance = read(Path(file))
    x = scaled(instance)
    manager, model, clock = model_of(instance, x)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = FIRST[strategy]
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(float(seconds) * 1000))
    found = model.SolveWithParameters(parameters)
    tours: list[Any] | None = None
    if found and found.ObjectiveValue() < PENALTY:
        tours = []
        for v in range(instance.vehicles):
            index, tour = found.Value(model.NextVar(model.Start(v))), []
            while not model.IsEnd(index):
                tour.append([manager.IndexToNode(index), found.Min(clock.CumulVar(index)) / SCALE])
                index = found.Value(model.NextVar(index))
            if tour:
                start, end = (found.Min(clock.CumulVar(i)) / SCALE for i in (model.Start(v), index))
                tours.append([start, tour, end])
    print(json.dumps(tours))


if __name__ == "__main__":
    main()
