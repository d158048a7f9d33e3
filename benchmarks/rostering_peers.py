"""Plain compact models of a published duty roster for CP-SAT and HiGHS, each solved in a process of its own.

`python -m benchmarks.rostering_peers cp-sat|highs FILE SECONDS` prints one line of JSON: roster (or null) and bound.
Both get the same rows; nothing is tuned but the number of workers, which is that of the machine's cores for both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.rostering import problem_of
from lianfang.kernels.rostering import Person, Problem

WORKERS = 2
Row = tuple[dict[Any, int], int | None, int | None]  # coefficients by variable, at least, at most


def rows_of(problem: Problem) -> Iterator[Row]:
    """The hard rules: x[i, d, s] duty, w[i, k] weekend worked; rows that hold at both ends of the time."""
    shifts = range(len(problem.shifts))
    for i, person in enumerate(problem.people):

        def on(d: int, sign: int = 1, i: int = i) -> dict[Any, int]:
            return {("x", i, d, s): sign for s in shifts}

        for d in range(problem.days):
            yield on(d), None, 0 if d in person.days_off else 1
            for s in shifts:
                for t in problem.shifts[s].not_next:
                    if d + 1 < problem.days:
                        yield {("x", i, d, s): 1, ("x", i, d + 1, t): 1}, None, 1
        yield from _blocks(problem, person, on)
        minutes = {("x", i, d, s): problem.shifts[s].minutes for d in range(problem.days) for s in shifts}
        yield minutes, person.min_minutes, person.max_minutes
        for limit in person.limits:
            yield {("x", i, d, s): 1 for d in range(problem.days) for s in limit.shifts}, None, limit.most
        saturdays = range(5, problem.days, 7)
        for k, d in enumerate(saturdays):
            for day in (d, d + 1):
                if day < problem.days:
                    yield {**on(day), ("w", i, k): -1}, None, 0
        yield {("w", i, k): 1 for k in range(len(saturdays))}, None, person.max_weekends


def _blocks(problem: Problem, person: Person, on: Any) -> Iterator[Row]:
    """Longest and shortest runs, shortest rests."""
    for d in range(problem.days - person.max_run):
        yield {k: 1 for e in range(d, d + person.max_run + 1) for k in on(e)}, None, person.max_run
    for inner in range(1, person.min_run):  # off, `inner` days on, off
        for d in range(problem.days - inner - 1):
            row = {**on(d, 1), **on(d + inner + 1, 1)}
            row.update({k: -1 for e in range(d + 1, d + inner + 1) for k in on(e)})
            yield row, 1 - inner, None
    for inner in range(1, person.min_rest):  # on, `inner` days off, on
        for d in range(problem.days - inner - 1):
            row = {**on(d, 1), **on(d + inner + 1, 1)}
            row.update({k: -1 for e in range(d + 1, d + inner + 1) for k in on(e)})
            yield row, None, 1


def costs_of(problem: Problem) -> tuple[dict[Any, int], int]:
    """Costs by variable and a constant: requests."""
    costs: dict[Any, int] = {}
    for r in problem.requests:
        key = ("x", r.person, r.day, r.shift)
        costs[key] = costs.get(key, 0) + (-r.weight if r.on else r.weight)
    return costs, sum(r.weight for r in problem.requests if r.on)


def by_cp_sat(problem: Problem, seconds: float) -> tuple[dict[Any, float] | None, float]:
    """Values of the variables (or none) and the bound."""
    from ortools.sat.python import cp_model

    model, var = cp_model.CpModel(), dict[Any, Any]()

    def of(key: Any) -> Any:
        if key not in var:
            var[key] = model.new_bool_var(str(key))
        return var[key]

    for row, low, high in rows_of(problem):
        total = sum(c * of(k) for k, c in row.items())
        if low is not None:
            model.add(total >= low)
        if high is not None:
            model.add(total <= high)
    costs, constant = costs_of(problem)
    objective = sum(c * of(k) for k, c in costs.items()) + constant
    for n in problem.needs:
        short, over = (model.new_int_var(0, max(n.heads, len(problem.people)), "") for _ in range(2))
        model.add(sum(of(("x", i, n.day, n.shift)) for i in range(len(problem.people))) + short - over == n.heads)
        objective += n.under * short + n.over * over
    model.minimize(objective)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, WORKERS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, solver.best_objective_bound
    return {k: solver.value(v) for k, v in var.items()}, solver.best_objective_bound


def by_highs(problem: Problem, seconds: float) -> tuple[dict[Any, float] | None, float]:
    """Values of the variables (or none) and the bound."""
    import highspy
    import numpy as np

    rows = list(rows_of(problem))
    keys = sorted({k for row, _, _ in rows for k in row})
    column = {k: i for i, k in enumerate(keys)}
    costs, constant = costs_of(problem)
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("time_limit", seconds), ("threads", WORKERS)):
        solver.setOptionValue(option, value)
    n, none = len(keys), np.zeros(0, np.int32)
    cost = np.array([costs.get(k, 0) for k in keys], float)
    solver.addCols(n, cost, np.zeros(n), np.ones(n), 0, np.zeros(n, np.int32), none, np.zeros(0))
    solver.changeColsIntegrality(n, np.arange(n, dtype=np.int32), np.full(n, highspy.HighsVarType.kInteger))
    infinite = highspy.kHighsInf
    for row, low, high in rows:
        index = np.array([column[k] for k in row], np.int32)
        ends = (-infinite if low is None else low, infinite if high is None else high)
        solver.addRow(*ends, len(index), index, np.array(list(row.values()), float))
    for j, need in enumerate(problem.needs):
        for weight in (need.under, need.over):
            solver.addCol(weight, 0, infinite, 0, none, np.zeros(0))
        index = [column["x", i, need.day, need.shift] for i in range(len(problem.people))]
        both = np.array([*index, n + 2 * j, n + 2 * j + 1], np.int32)
        solver.addRow(need.heads, need.heads, len(both), both, np.array([1.0] * len(index) + [1.0, -1.0]))
    solver.changeObjectiveOffset(constant)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != 2:
        return None, info.mip_dual_bound
    values = solver.getSolution().col_value
    return {k: values[i] for k, i in column.items()}, info.mip_dual_bound


def main() -> None:
    """Solve and print."""
    name, file, seconds = sys.argv[1:]
    problem = problem_of(Path(file))
    values, bound = (by_cp_sat if name == "cp-sat" else by_highs)(problem, float(seconds))
    roster = None
    if values is not None:
        roster = [[-1] * problem.days for _ in problem.people]
        for key, value in values.items():
            if key[0] == "x" and value > 0.5:
                roster[key[1]][key[2]] = key[3]
    print(json.dumps({"roster": roster, "bound": bound}))


if __name__ == "__main__":
    main()
