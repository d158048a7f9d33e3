"""Times of a fixed order of stops: exact feasibility, and of all schedules that keep the limits the kindest one.

Windows, rides and duration are differences of times, so the schedules of an order that keep them all have a least one
(every time at its earliest at once) if there is any. It is found by going along and, where a ride or the whole tour is
too long, moving its begin later and going on from there; if that moves the very stop that asked for it, no schedule
exists. The least one also has the least seconds after promised times, whatever their weights.
"""

from __future__ import annotations

import numpy as np

from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.tables import Tables
from lianfang.kernels.rostering.compiled import compiled


@compiled
def gate_out(t: Tables, v: int) -> int:
    """Row of the legs that is a vehicle's start."""
    return int(2 * t.person.size + t.vehicle[v].kind)


@compiled
def gate_back(t: Tables, v: int) -> int:
    """Column of the legs that is a vehicle's end."""
    return int(2 * t.person.size + t.kind.size + t.vehicle[v].kind)


@compiled
def opening(t: Tables, v: int, stops: Ints, times: Ints) -> int:
    """Times of the start and of the stops that stand; gives how many these are."""
    times[0] = t.kind[t.vehicle[v].kind].early
    done = t.vehicle[v].done
    for i in range(done):
        times[i + 1] = t.stop[stops[i]].at
    return int(done)


@compiled
def arrival(t: Tables, v: int, stops: Ints, count: int, times: Ints, i: int) -> int:
    """Earliest arrival at position i (0 the start, count + 1 the end) from the one before."""
    if i == 1:
        return int(times[0] + (t.leg[gate_out(t, v), stops[0]] if count > 0 else 0))
    before = stops[i - 2]
    left = times[i - 1] + t.stop[before].service
    if i - 1 <= t.vehicle[v].done:
        left = max(left, t.vehicle[v].ready)
    return int(left + (t.leg[before, stops[i - 1]] if i <= count else t.leg[before, gate_back(t, v)]))


@compiled
def least_times(t: Tables, v: int, stops: Ints, count: int, known: int, times: Ints, where: Ints) -> bool:
    """Whether an order of stops can be driven by vehicle v, and then its least times.

    stops[:count]; times[: count + 2] with start and end; times[: known + 1] hold the least times of an order that
    begins alike, known >= done. where (N,) is scratch: positions of pick-ups.
    """
    n, kind = t.person.size, t.vehicle[v].kind
    for i in range(known):
        if stops[i] < n:
            where[stops[i]] = i + 1
    reach, asked, i, fixed = known, -1, known + 1, t.vehicle[v].done
    while i <= count + 1:
        at = arrival(t, v, stops, count, times, i)
        stop = stops[i - 1] if i <= count else -1
        if i > reach:
            reach = i
            times[i] = max(at, t.stop[stop].early) if stop >= 0 else at
            if 0 <= stop < n:
                where[stop] = i
        elif at > times[i]:
            if i == asked and i == reach:
                return False
            times[i] = at
        if times[i] > (t.stop[stop].late if stop >= 0 else t.kind[kind].late):
            return False
        if 0 <= stop < n:
            i += 1
            continue
        begin = where[stop - n] if stop >= 0 else 0
        most = t.person[stop - n].ride + t.stop[stop - n].service if stop >= 0 else t.kind[kind].longest
        over = times[i] - times[begin] - most
        if over <= 0 or (begin <= fixed and fixed > 0):
            i += 1
            continue
        times[begin] += over
        if begin > 0 and times[begin] > t.stop[stops[begin - 1]].late:
            return False
        asked, i = (i if i == reach else asked), begin + 1
    return True


@compiled
def lateness_cost(t: Tables, stops: Ints, count: int, first: int, times: Ints) -> int:
    """What the seconds after promised times cost, from position first + 1 on."""
    cost = 0
    if not t.paced:
        return cost
    for i in range(first, count):
        over = times[i + 1] - t.stop[stops[i]].due
        if over > 0:
            cost += over * t.stop[stops[i]].late_cost
    return cost


@compiled
def plain_times(t: Tables, v: int, stops: Ints, count: int, times: Ints, where: Ints) -> int:
    """Times (count + 2) by windows and legs alone; gives how many positions keep all rides up to there, start apart:
    so far these are the least times of any order that begins so."""
    n = t.person.size
    known, firm = opening(t, v, stops, times), -1
    for i in range(1, count + 2):
        if i > known:
            times[i] = arrival(t, v, stops, count, times, i)
            if i <= count:
                times[i] = max(times[i], t.stop[stops[i - 1]].early)
        stop = stops[i - 1] if i <= count else -1
        if 0 <= stop < n:
            where[stop] = i
        elif stop >= n and firm < 0 and where[stop - n] > known:
            rode = times[i] - times[where[stop - n]] - t.stop[stop - n].service
            firm = i - 1 if rode > t.person[stop - n].ride else -1
    return count if firm < 0 else firm


@compiled
def latest_times(t: Tables, v: int, stops: Ints, count: int, latest: Ints) -> None:
    """Times (count + 2) after which service at each position cannot begin, by windows and legs alone."""
    kind = t.vehicle[v].kind
    latest[count + 1] = t.kind[kind].late
    for i in range(count, 0, -1):
        stop = stops[i - 1]
        leg = t.leg[stop, stops[i]] if i < count else t.leg[stop, gate_back(t, v)]
        latest[i] = min(t.stop[stop].late, latest[i + 1] - leg - t.stop[stop].service)
    latest[0] = latest[count + 1]


@compiled
def kind_times(t: Tables, v: int, stops: Ints, count: int, times: Ints) -> None:
    """Least times made kind in place: the start, then each pick-up, as late as moves no end and lengthens no ride past
    its limit (forward slack; no stop begins after its promise that did not)."""
    n = t.person.size
    where = np.zeros(n, np.int64)
    for i in range(count):
        if stops[i] < n:
            where[stops[i]] = i + 1
    for i in range(t.vehicle[v].done if t.vehicle[v].done == 0 else t.vehicle[v].done + 1, count + 1):
        if i > 0 and stops[i - 1] >= n:
            continue
        delay = slack(t, v, stops, count, times, where, i)
        if i == 0:
            delay = min(delay, t.kind[t.vehicle[v].kind].late - times[0])
        if delay <= 0:
            continue
        times[i] += delay
        for j in range(i + 1, count + 2):
            times[j] = max(times[j], arrival(t, v, stops, count, times, j))


@compiled
def slack(t: Tables, v: int, stops: Ints, count: int, times: Ints, where: Ints, i: int) -> int:
    """How much later position i can begin without moving the end or passing a limit."""
    n = t.person.size
    most, waited = 2**60, 0
    for j in range(i, count + 1):
        if j > i:
            waited += times[j] - arrival(t, v, stops, count, times, j)
        if j > 0:
            stop = stops[j - 1]
            promised = t.stop[stop].due if t.paced else t.stop[stop].late
            room = min(t.stop[stop].late, max(promised, times[j])) - times[j]
            if stop >= n and where[stop - n] < i:
                begin = where[stop - n]
                rode = times[j] - times[begin] - t.stop[stop - n].service
                limit = t.person[stop - n].ride if begin > t.vehicle[v].done else 2**60
                room = min(room, limit - rode)
            most = min(most, waited + max(room, 0))
    end = count + 1
    waited += times[end] - arrival(t, v, stops, count, times, end)
    return int(min(most, waited))
