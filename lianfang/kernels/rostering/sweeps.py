"""Best responses: one person at a time takes the line that suits the others' best, with noise that cools down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.lines import breaks, line_cost, marginal, put, response
from lianfang.kernels.rostering.problem import OFF, Lines, Problem
from lianfang.kernels.rostering.tables import Tables, cover_of, legal_line

Take = Callable[[int, NDArray[np.int16]], None]


def unit_of(problem: Problem) -> float:
    """What a small difference is here: half a median request, or a hundredth of a median need where nobody asks."""
    asked = [r.weight for r in problem.requests if r.weight > 0]
    if asked:
        return float(np.median(asked)) / 2
    return max(0.01, float(np.median([max(n.under, n.over) for n in problem.needs] or [1])) / 100)


def falling(sweeps: int, hot: float, cold: float) -> Callable[[], float]:
    """The size of noise, falling geometrically over a number of sweeps; -1 after them."""
    done = 0

    def scale() -> float:
        nonlocal done
        done += 1
        return float(hot * (cold / hot) ** (done / sweeps)) if done <= sweeps else -1.0

    return scale


@dataclass
class State:
    """A roster in the hand, with how many stand in each cell and what it costs."""

    roster: Lines
    cover: NDArray[np.int64]
    cost: int


def first_roster(tables: Tables) -> tuple[State, list[int]]:
    """Person by person, each with the line that suits those before him; and who has no legal line."""
    people, days = len(tables.members), tables.problem.days
    roster = np.full((people, days), OFF, np.int16)
    impossible = []
    cover = np.zeros(tables.heads.shape, np.int64)
    for i in range(people):
        prices = marginal(tables.wishes[i], cover, tables.heads, tables.under, tables.over)
        _, cost, line = legal_line(tables, i, prices)
        if cost == np.inf:
            impossible.append(i)
            line = tables.kept[i]
        roster[i] = line
        put(cover, line, 1)
    return State(roster, cover, total_cost(tables, roster, cover)), impossible


def total_cost(tables: Tables, roster: Lines, cover: NDArray[np.int64]) -> int:
    """What a roster costs, whole."""
    missing = tables.heads - cover
    costs = np.where(missing > 0, missing * tables.under, -missing * tables.over).sum()
    costs += sum(line_cost(w, line) for w, line in zip(tables.wishes, roster))
    return round(float(costs))


def state_of(tables: Tables, roster: Lines) -> State:
    """A roster taken into the hand: a copy."""
    cover = cover_of(tables, roster)
    return State(roster.copy(), cover, total_cost(tables, roster, cover))


def anneal(
    tables: Tables,
    state: State,
    people: list[int],
    rng: np.random.Generator,
    scale_at: Callable[[], float],
    stop: Callable[[], bool],
    take: Take | None = None,
) -> State:
    """Sweeps over some people while scale_at() gives the noise's size; below 0 or at stop() it ends. Gives the best.

    Metropolis: a worse roster is kept with probability exp(-difference / scale). `take` gets every new line.
    """
    best = State(state.roster.copy(), state.cover.copy(), state.cost)
    while (scale := scale_at()) >= 0 and people:
        for i in rng.permutation(people):
            i = int(i)
            if stop():
                return best
            old = state.roster[i].copy()
            put(state.cover, old, -1)
            line, delta = _answer(tables, state, i, old, rng, scale)
            if line is not None and take is not None:
                take(i, line)
            if line is None or (delta > 0 and (scale <= 0 or rng.random() >= np.exp(-delta / scale))):
                put(state.cover, old, 1)
                continue
            state.roster[i] = line
            put(state.cover, line, 1)
            state.cost += delta
            if state.cost < best.cost:
                best = State(state.roster.copy(), state.cover.copy(), state.cost)
    return best


def _answer(
    tables: Tables, state: State, person: int, old: NDArray[np.int16], rng: np.random.Generator, scale: float
) -> tuple[NDArray[np.int16] | None, int]:
    """A person's new line and the true difference it makes; None if it is the old one, or none was found."""
    member, wishes = tables.members[person], tables.wishes[person]
    noise = rng.standard_normal(wishes.shape)
    needs = (state.cover, tables.heads, tables.under, tables.over)
    prices, noisy, cost, line = response(member.plain, wishes, *needs, noise, scale)
    if breaks(member.groups, member.most, line):
        _, cost, line = legal_line(tables, person, noisy)
    if cost == np.inf or np.array_equal(line, old):
        return None, 0
    return line, round(line_cost(prices, line) - line_cost(prices, old))
