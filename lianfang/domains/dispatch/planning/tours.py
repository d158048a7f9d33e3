"""Tours proposed: which carrier brings which portions to which doors, in what order and when. A person adopts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require, serving
from lianfang.domains.dispatch.planning.ground import is_cut_off, ways_between
from lianfang.domains.dispatch.planning.rows import Points
from lianfang.domains.dispatch.queries.kinds import tour_values
from lianfang.domains.dispatch.queries.roads import Ground, ground_of
from lianfang.domains.dispatch.queries.tours import Carrier, Due, due_portions
from lianfang.domains.places.models import Place
from lianfang.kernels.routing import (
    ALWAYS,
    RELOAD,
    Problem,
    Route,
    Travel,
    Unserved,
    Vehicle,
    jobs,
    problem,
    propose_routes,
    visits,
)

LEAD = "work.lead"


@dataclass(frozen=True)
class Stop:
    """Doors of one building that a carrier reaches at a time; after `loads_before` he has been at the depot again."""

    at: datetime
    portions: Sequence[Due]
    is_new_load: bool


@dataclass(frozen=True)
class Tour:
    """One carrier's tour: where he takes up, his stops in order, when he is back, how far he goes."""

    carrier: Carrier
    depot: Place
    starts_at: datetime
    ends_at: datetime
    metres: int
    stops: Sequence[Stop]

    @property
    def n(self) -> int:
        """Portions in all."""
        return sum(p.parcels for s in self.stops for p in s.portions)


@dataclass(frozen=True)
class Tours:
    """Tours in the order in which they begin; portions that nobody brings, each with its `kernels.routing.Why`, or
    cut_off where every road there is closed; over which roads."""

    tours: Sequence[Tour]
    left: Sequence[tuple[Due, str]]
    ground: Ground


def propose_tours(
    area_id: UUID,
    carriers: Sequence[Carrier],
    depots: Sequence[Place],
    *,
    by: Actor,
    at: datetime,
    is_late_too: bool = False,
    seed: int = 1,
) -> Tours:
    """Tours for portions of an area and below that nobody has, by these carriers, each from his own depot.

    Whoever has a tour already begins after it, so that nothing promised moves. A carrier goes only where he serves, and
    comes back for more as often as he can; taking up goods takes its time. A door that is late already is brought as
    soon as it goes; with is_late_too also those that nobody reaches in time. Rights: work.lead on the area. Nothing is
    written.
    """
    require(by, LEAD, area_id=area_id)
    found = due_portions(area_id, by=by)
    ground = ground_of(area_id, at=at)
    if not found or not carriers or not depots:
        return Tours([], [(d, "no_room") for d in found], ground)
    chunks = _chunks(found, max(c.holds for c in carriers))
    values = tour_values([area_id], at=at)[area_id]
    serves = serving([(c.account_id, a) for c in carriers for a in {d.area_id for d in found}], at=at)
    allowed = np.array([[(c.account_id, some[0].area_id) in serves for c in carriers] for some in chunks], bool)
    made = replace(_problem(chunks, carriers, depots, values, ground, at, is_late_too), allowed=allowed)
    plan = propose_routes(made, seconds=float(values["tour_propose_seconds"]), seed=seed, clock=monotonic)
    tours = [_tour(r, carriers[r.kind], depots, chunks, at) for r in plan.routes]
    left = [(d, _why(made, u)) for u in plan.unserved for d in chunks[u.task]]
    return Tours(sorted(tours, key=lambda t: (t.starts_at, t.carrier.label)), left, ground)


def _why(made: Problem, u: Unserved) -> str:
    """Why nobody brings it: before anything else, that every road there is closed to all who may go."""
    place = int(made.jobs.visits.place[u.task])
    may = [v for n, v in enumerate(made.vehicles) if made.allowed[u.task, n]]
    cut = [is_cut_off(made.travel[v.profile].duration, [place], [v.begin]) for v in may]
    return "cut_off" if cut and all(cut) else u.why.value


def _chunks(found: Sequence[Due], most: int) -> list[list[Due]]:
    """What goes to one building together, cut where it is more than anybody carries; those with one time together."""
    by_building: dict[tuple[UUID | None, datetime | None], list[Due]] = {}
    for d in found:
        by_building.setdefault((d.building_id, d.due_at), []).append(d)
    out: list[list[Due]] = []
    for some in by_building.values():
        room = 0
        for d in some:
            if d.parcels > room:
                out.append([])
                room = most
            out[-1].append(d)
            room -= d.parcels
    return out


def _problem(chunks: Sequence[Sequence[Due]], carriers: Sequence[Carrier], depots: Sequence[Place],
             values: Mapping[str, Any], ground: Ground, at: datetime, is_late_too: bool) -> Problem:  # fmt: skip
    """Places are buildings and depots; two ways to travel, on foot and by car; times are seconds from now.

    Every depot is a place of its own, also where a building stands on its spot: leaving it has the loading in it.
    """
    spots = [(d.lon, d.lat) for some in chunks for d in some if d.lon is not None and d.lat is not None]
    middle = (float(np.mean([s[0] for s in spots])), float(np.mean([s[1] for s in spots]))) if spots else (0.0, 0.0)
    points = Points(middle)
    where = np.array([points.of(some[0].lon, some[0].lat) for some in chunks], np.int64)
    homes = [len(points.rows) + n for n in range(len(depots))]
    places = points.rows + [(p.lon or 0.0, p.lat or 0.0) for p in depots]
    load_s = np.zeros((len(places), 1), np.int64)
    load_s[homes] = round(float(values["tour_load_minutes"]) * 60)
    both = [ways_between(ground, places, values, on_foot=on_foot) for on_foot in (True, False)]
    travel = tuple(Travel(metres, _loaded(seconds, load_s)) for metres, seconds in both)
    vehicles = tuple(
        Vehicle((c.holds,), begin=homes[c.depot], end=homes[c.depot], opens=max(_s(c.from_at, at), 0),
                closes=max(_s(c.until_at, at), 1), profile=int(c.is_car), reload_at=(homes[c.depot],))
        for c in carriers)  # fmt: skip
    service = [int(float(values["tour_door_minutes"]) * 60 * len(some)) for some in chunks]
    closes = [ALWAYS if is_late_too else _closes(some, at) for some in chunks]
    amount = np.array([sum(d.parcels for d in some) for some in chunks], np.int64)
    todo = jobs(visits(where, service=np.array(service), closes=np.array(closes)), delivery=amount)
    return problem(travel, vehicles, jobs_=todo)


def _loaded(seconds: NDArray[np.int64], load_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ways that begin with the loading; who stays where he is takes up nothing."""
    found: NDArray[np.int64] = seconds + load_s
    np.fill_diagonal(found, 0)
    return found


def _closes(some: Sequence[Due], at: datetime) -> int:
    """Until when they are to be brought; what is late already is not left out for that."""
    due = some[0].due_at
    return _s(due, at) if due is not None and due > at else ALWAYS


def _s(moment: datetime, zero: datetime) -> int:
    return round((moment - zero).total_seconds())


def _tour(r: Route, c: Carrier, depots: Sequence[Place], chunks: Sequence[Sequence[Due]], at: datetime) -> Tour:
    stops, is_new = [], False
    for stop, begins in zip(r.stops.tolist(), r.begins.tolist(), strict=True):
        if stop <= RELOAD:
            is_new = True
            continue
        stops.append(Stop(at + timedelta(seconds=begins), chunks[stop], is_new))
        is_new = False
    return Tour(c, depots[c.depot], at + timedelta(seconds=r.starts_at), at + timedelta(seconds=r.ends_at),
                r.distance, stops)  # fmt: skip
