"""The same market as a linear programme for HiGHS, in a process of its own: it and OR-Tools may not share one."""

from __future__ import annotations

import json
import sys
import time

import highspy
import numpy as np


def main(file: str) -> None:
    """Read pairs, steps and places; print the optimum and the seconds from arrays to answer."""
    given = np.load(file)
    person, shift, cost = given["person"], given["shift"], given["cost"]
    places, urgency, most, steps = given["places"], given["urgency"], given["most"], given["steps"]
    begun = time.perf_counter()
    people, shifts, pairs, k = most.size, places.size, person.size, steps.shape[1]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = pairs + people * k + shifts, people + shifts
    model.col_cost_ = np.concatenate([cost, steps.ravel(), urgency]).astype(float)
    model.col_lower_ = np.zeros(model.num_col_)
    may = (np.arange(k) < most[:, None]).ravel()
    model.col_upper_ = np.concatenate([np.ones(pairs), may, places]).astype(float)
    model.row_lower_ = model.row_upper_ = np.concatenate([np.zeros(people), places]).astype(float)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.cumsum(np.concatenate([[0], np.full(pairs, 2), np.ones(people * k + shifts)])).astype(np.int32)
    both = np.stack([person, people + shift], 1).ravel()
    matrix.index_ = np.concatenate([both, np.repeat(np.arange(people), k), people + np.arange(shifts)]).astype(np.int32)
    matrix.value_ = np.concatenate([np.ones(2 * pairs), -np.ones(people * k), np.ones(shifts)])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(model)
    solver.run()
    seconds = time.perf_counter() - begun
    print(json.dumps({"total": solver.getInfo().objective_function_value, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
