"""Whether a whole order of stops, found elsewhere or left from before, keeps every limit."""

from __future__ import annotations

import numpy as np

from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.schedule import least_times, opening
from lianfang.kernels.rides.tables import Tables


def order_holds(t: Tables, v: int, stops: Ints) -> bool:
    """Whether vehicle v can drive the stops (q,) so; what stands of it is only asked for its load.

    Edge: each pick-up comes before its drop-off, both are there. Legs on which classes would meet are too long to
    drive; classes that would meet over an empty leg's cleaning are found by who is on board.
    """
    n, kind, done = t.person.size, t.vehicle["kind"][v], int(t.vehicle["done"][v])
    if not paired(stops, n) or not t.may[kind, stops[done:] % n].all():
        return False
    if not shared_well(t, v, stops):
        return False
    times = np.zeros(stops.size + 2, np.int64)
    opening(t, v, stops, times)
    return bool(least_times(t, v, stops, stops.size, done, times, np.zeros(n, np.int64)))


def paired(stops: Ints, n: int) -> bool:
    """Whether each pick-up is followed by its drop-off, and each drop-off led by its pick-up."""
    place = {int(stop): i for i, stop in enumerate(stops)}
    return all(place.get(x + n, -1) > i if x < n else place.get(x - n, i) < i for x, i in place.items())


def shared_well(t: Tables, v: int, stops: Ints) -> bool:
    """Whether places suffice, classes stay apart, and direct rides are alone and without a stop between."""
    n, aboard = t.person.size, list[int]()
    full = np.zeros(t.load.shape[1], np.int64)
    for i, stop in enumerate(stops.tolist()):
        r = stop % n
        if stop < n:
            alone = t.person["direct"][r] or any(t.person["direct"][a] for a in aboard)
            if aboard and (alone or any(t.person["risk"][a] != t.person["risk"][r] for a in aboard)):
                return False
            aboard.append(r)
            full = full + t.load[r]
        else:
            aboard.remove(r)
            full = full - t.load[r]
        if i >= t.vehicle["done"][v] and (full > t.room[t.vehicle["kind"][v]]).any():
            return False
    return True
