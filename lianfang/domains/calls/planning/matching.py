"""Who could fill what: people to the largest unmet need within their reach, each with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.planning.pool import CARE, COSTS, FAR, Ints, Pool, pool_of
from lianfang.domains.calls.queries.duty import served_hours
from lianfang.domains.editions.queries import common_edition, value
from lianfang.kernels.matching import Market, Matching, Weights, Why, match

# An open place costs more than any way to fill it, and up to as much again the more of its shift is missing.
OPEN_STEPS = 200
AHEAD = timedelta(days=31)  # of a call that is named: no post has its shifts further ahead than it can be seen
WHY = {Why.NOBODY: "nobody", Why.DEARER: "far", Why.TAKEN: "taken", Why.REST: "rest"}


@dataclass(frozen=True)
class Match:
    """One person proposed for one shift: levels from home, hours served in seven days, the full shift he waits for,
    which of his proposed shifts this is (0 the first), verified skills not needed here, and who would come next."""

    shift: Shift
    account_id: UUID
    post: str
    steps: int
    hours: float
    waits_for: UUID | None
    nth: int
    spare_skills: int
    next_post: str


@dataclass(frozen=True)
class Unmet:
    """Places of a shift that stay open, and why: nobody, far, taken, rest; of who could, how many are free, placed
    elsewhere, or kept away by another shift."""

    shift: Shift
    places: int
    why: str
    people: tuple[int, int, int]


@dataclass(frozen=True)
class MatchProposal:
    """What is proposed, largest need first, what stays open, and among how many people and pairs it was chosen."""

    matches: tuple[Match, ...]
    unmet: tuple[Unmet, ...]
    people: int
    pairs: int
    is_proven: bool


def propose_matches(
    area_id: UUID, *, by: Actor, at: datetime, hours: int | None = None, most_each: int = 1,
    calls: Collection[UUID] = (), stop: Callable[[], bool] = lambda: False,
) -> MatchProposal:  # fmt: skip
    """People for the free places of an area's shifts that begin within so many hours. Nothing is written.

    hours: as the area's edition says where none are given (gap_hours). calls: of these alone, however far ahead.

    Rights: calls.lead on the area. Who waits in vain for a full shift is among the people, and preferred.
    """
    require(by, "calls.lead", area_id=area_id)
    hours = hours or value(common_edition(), "gap_hours", area_id=area_id, at=at)
    until = at + (AHEAD if calls else timedelta(hours=hours))
    return _matched(pool_of(area_id, by=by, at=at, until_at=until, calls=calls), most_each, at, stop)


def propose_replacements(area_id: UUID, *, calls: Collection[UUID], at: datetime) -> MatchProposal:
    """People for all that is free on some calls, one shift each; area: whose values hold. Nothing is written.

    Asks for no right: it is for the flow by which their places came free, which tells who leads them.
    """
    return _matched(pool_of(area_id, by=None, at=at, until_at=at + AHEAD, calls=calls), 1, at, lambda: False)


def _matched(pool: Pool, most_each: int, at: datetime, stop: Callable[[], bool]) -> MatchProposal:
    served = served_hours(pool.people, at=at) if pool.shifts else {}
    week = np.array([round(served[i][1]) for i in pool.people], np.int64)
    market = _market(pool, week, max(1, most_each), at)
    return _told(pool, market, match(market, stop=stop), {i: served[i][1] for i in pool.people})


def _market(pool: Pool, week: Ints, most_each: int, at: datetime) -> Market:
    person, shift = np.nonzero(pool.may)
    costs = {n: max((int(v[n]) for v in pool.values.values()), default=0) for n in COSTS}
    rest = max((float(v[CARE[0]]) for v in pool.values.values()), default=0.0)
    places = pool.free
    whole = np.array([s.places for s in pool.shifts], np.int64)
    waits = np.array([i in pool.waits for i in pool.people], np.int64)
    step = costs["match_step_m"]
    begin = [int((s.starts_at - at) / timedelta(minutes=1)) for s in pool.shifts]
    end = [int((s.ends_at - at) / timedelta(minutes=1)) for s in pool.shifts]
    steps = np.minimum(pool.steps, FAR)
    return Market(
        person.astype(np.int64),
        shift.astype(np.int64),
        step * steps[person, shift],
        -costs["match_waits_m"] * waits[person],
        costs["match_spare_skill_m"] * pool.spare[person, shift],
        np.zeros(person.size, bool),
        places,
        OPEN_STEPS * step * (whole + places) // np.maximum(whole, 1),
        np.array(begin, np.int64),
        np.array(end, np.int64),
        np.full(len(pool.people), most_each, np.int64),
        week,
        round(rest * 60),
        Weights(1, 1, 1, costs["match_served_hour_m"], (0, costs["match_further_shift_m"])),
    )


def _told(pool: Pool, market: Market, found: Matching, hours: dict[UUID, float]) -> MatchProposal:
    """Indices turned back into rows, with their reasons."""
    matches, seen = [], dict[int, int]()
    order = sorted(found.placed.pair.tolist(), key=lambda e: int(market.starts[market.shift[e]]))
    at = {int(e): n for n, e in enumerate(found.placed.pair)}
    for e in order:
        p, s = int(market.person[e]), int(market.shift[e])
        who, after = pool.people[p], int(found.placed.next_person[at[e]])
        matches.append(Match(pool.shifts[s], who, pool.posts[who], int(pool.steps[p, s]), hours[who],
                             pool.waits.get(who), seen.get(p, 0), int(pool.spare[p, s]),
                             pool.posts[pool.people[after]] if after >= 0 else ""))  # fmt: skip
        seen[p] = seen.get(p, 0) + 1
    open_ = found.unfilled
    unmet = [Unmet(pool.shifts[s], int(open_.places[s]), WHY[Why(int(open_.why[s]))],
                   (int(open_.people[s][0]), int(open_.people[s][1]), int(open_.people[s][2])))
             for s in np.flatnonzero(open_.places)]  # fmt: skip
    matches.sort(key=lambda m: (-(m.shift.places - m.shift.taken) / m.shift.places, m.shift.starts_at, m.shift.id))
    return MatchProposal(tuple(matches), tuple(sorted(unmet, key=lambda u: (-u.places, u.shift.starts_at))),
                         len(pool.people), int(market.person.size), found.is_proven)  # fmt: skip
