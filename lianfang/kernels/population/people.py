"""A synthetic population of one county: persons, households, flags, presence and who cares for whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.population.households import Builder
from lianfang.kernels.population.margins import (
    BAND_ENDS,
    BAND_STARTS,
    BANDS,
    FEMALE,
    FIRST_ELDER_BAND,
    MALE,
    CensusMargins,
    capped_shares,
    largest_remainder,
    scaled,
)
from lianfang.kernels.population.matching import Crowd, Ints
from lianfang.kernels.population.plan import Plan, plan_of

ELDER_ALONE, ELDER_PAIR, BEDRIDDEN, PREGNANT, DIALYSIS, INFANT, DISABLED, CHRONIC = (1 << n for n in range(8))
FLAG_NAMES = {
    ELDER_ALONE: "elder_alone",
    ELDER_PAIR: "elder_pair",
    BEDRIDDEN: "bedridden",
    PREGNANT: "pregnant",
    DIALYSIS: "dialysis",
    INFANT: "infant",
    DISABLED: "disabled",
    CHRONIC: "chronic",
}
LIVES, WORKS_ELSEWHERE, AWAY = 0, 1, 2
FAMILY, DORMITORY, SITE, HOME = 0, 1, 2, 3
# Relative pull of collective households (dormitory, site, home) by band, and beds in one. INVENTED.
COLLECTIVE_PULL = np.array([0, 0, 0.02, 0.4, 6, 4, 1.2, 1, 0.8, 0.7, 0.7, 0.6, 0.4, 0.3, 0.2, 0.4, 1, 2, 4])
COLLECTIVE_CAP = np.array([0, 0, 0.2, 0.5, *[0.9] * 15])
COLLECTIVE_BEDS = {DORMITORY: 120, SITE: 40, HOME: 60}


@dataclass(frozen=True)
class FlagRates:
    """Rates in 0..1 for the drawn flags. No table gives them for a county: the caller states invented ones as such."""

    bedridden_of_elders: float
    pregnant_of_women_18_to_44: float
    dialysis_of_adults: float
    disabled_of_all: float
    chronic_of_over_45: float


@dataclass(frozen=True, eq=False)
class Population:
    """Persons, sorted by household and within it by falling age, and households, sorted by committee.

    Persons (N,): household int32; sex int8, 1 man 2 woman; age int16, years on census day; birth_day int16 0..364, days
    since the last birthday; flags uint32; presence int8, LIVES WORKS_ELSEWHERE AWAY. Households (H,): committee int32;
    kind int8, FAMILY DORMITORY SITE HOME; size int32. links (L, 2) int32: carer, cared for, as persons.
    """

    household: NDArray[np.int32]
    sex: NDArray[np.int8]
    age: NDArray[np.int16]
    birth_day: NDArray[np.int16]
    flags: NDArray[np.uint32]
    presence: NDArray[np.int8]
    committee: NDArray[np.int32]
    kind: NDArray[np.int8]
    size: NDArray[np.int32]
    links: NDArray[np.int32]

    @property
    def collective(self) -> NDArray[np.bool_]:
        """(H,) True for dormitory, site and home."""
        return np.asarray(self.kind != FAMILY)


def make_population(
    margins: CensusMargins,
    *,
    committees: NDArray[np.int32],
    share: float = 1.0,
    rng: np.random.Generator,
    rates: FlagRates,
    away_rate: float = 0.0,
    works_elsewhere_rate: float = 0.0,
) -> Population:
    """Invent the people of a county so that every margin of its census holds exactly.

    Takes:   margins; committees (C,) >= 0, household counts or weights; share in (0, 1] of the county; rates;
             away_rate, works_elsewhere_rate in [0, 1], of all; those of 16-64, not ill, nobody's carer, if enough.
    Gives:   a Population. Persons, each sex x age band, family households and one-person households equal
             `scaled(margins, share)`; elders alone are at most the households with one elder; no household is without
             somebody of 18; family households of a committee follow its weight by largest remainders.
    Raises:  ValueError for margins that contradict each other, or shares and rates outside their ranges.
    Edge:    the same generator state gives the same population. People beyond the family households live in
             dormitories (below 25), sites (25-64) and homes (65+).
    Source:  own; census margins as in lianfang/drill/data/README.md; all that no margin says is invented
    """
    if not all(0 <= r <= 1 for r in (*vars(rates).values(), away_rate, works_elsewhere_rate)):
        raise ValueError("rates must be in [0, 1]")
    small = scaled(margins, share)
    plan = plan_of(small)
    crowd = _crowd(small, rng)
    kind = _collectives(crowd, small, plan, rng)
    Builder(crowd, plan, rng).build()
    parts = (plan.households, kind.shape[0] - plan.households)
    committee = np.concatenate([_spread(committees, part, rng) for part in parts])
    order = np.argsort(committee, kind="stable")
    household, by = _in_order(crowd, order)
    sex, years = crowd.sex[by], np.floor(crowd.age[by]).astype(np.int16)
    birth_day = (np.mod(crowd.age[by], 1) * 365).astype(np.int16)
    size = np.bincount(household, minlength=kind.shape[0]).astype(np.int32)
    flags = _flags(household, sex, years, size, kind[order], rates, rng)
    links = _links(household, sex, years, flags, kind[order])
    presence = _presence(years, flags, links, away_rate, works_elsewhere_rate, rng)
    return Population(household, sex, years, birth_day, flags, presence, committee[order], kind[order], size, links)


def _in_order(crowd: Crowd, order: Ints) -> tuple[NDArray[np.int32], Ints]:
    """The households (N,) under their new numbers, and the order (N,) of the persons by them and by falling age."""
    rank = np.empty(order.shape[0], dtype=np.int32)
    rank[order] = np.arange(order.shape[0], dtype=np.int32)
    household = rank[crowd.home]
    by = np.lexsort((-crowd.age, household))
    return household[by], by


def _crowd(margins: CensusMargins, rng: np.random.Generator) -> Crowd:
    """Everybody of the table, at an age drawn within the band (85+: fewer with every year)."""
    counts = margins.ages.reshape(-1)
    band = np.repeat(np.tile(np.arange(BANDS), 2), counts)
    sex = np.repeat(np.array([MALE, FEMALE], dtype=np.int8), margins.ages.sum(axis=1))
    start, end = np.array(BAND_STARTS, dtype=np.float64)[band], np.array(BAND_ENDS, dtype=np.float64)[band]
    chance = rng.random(band.shape[0])
    # From 85 on a quarter of each age is gone a year later: an exponential cut off at the band's end.
    chance = np.where(band == BANDS - 1, -3.5 / 20 * np.log(1 - chance * (1 - np.exp(-20 / 3.5))), chance)
    age = np.minimum(start + chance * (end - start), end - 1e-6)
    order = np.argsort(age, kind="stable")
    return Crowd(age[order], sex[order])


def _collectives(crowd: Crowd, margins: CensusMargins, plan: Plan, rng: np.random.Generator) -> NDArray[np.int8]:
    """Settle those outside family households; gives the kind of every household, family ones first."""
    caps = np.ceil(margins.ages * COLLECTIVE_CAP).astype(np.int64)
    caps[:, FIRST_ELDER_BAND:] = margins.ages[:, FIRST_ELDER_BAND:]
    if plan.collective < 100:
        caps[:, : BAND_STARTS.index(20)] = 0  # a handful might all be minors, with nobody grown beside them
    if caps[:, :FIRST_ELDER_BAND].sum() < plan.collective - plan.collective_elders:
        caps = np.array(margins.ages)
    pull = np.where(caps > 0, margins.ages * COLLECTIVE_PULL + 1e-9, 0.0)
    taken = np.zeros_like(caps)
    for part, total in (
        (slice(0, FIRST_ELDER_BAND), plan.collective - plan.collective_elders),
        (slice(FIRST_ELDER_BAND, BANDS), plan.collective_elders),
    ):
        taken[:, part] = capped_shares(pull[:, part].reshape(-1), caps[:, part].reshape(-1), total).reshape(2, -1)
    chosen = np.concatenate(
        [
            rng.choice(crowd.pool(BAND_STARTS[b], BAND_ENDS[b], s + 1), taken[s, b], replace=False)
            for s in range(2)
            for b in range(BANDS)
        ]
    ).astype(np.int64)
    age = crowd.age[chosen]
    is_young = (age >= 6) & (age < 25)
    sort = np.where(is_young, DORMITORY, np.where((age >= 25) & (age < 65), SITE, HOME))
    # A home of children only would hold nobody grown: children below 6 go where the work site's families are.
    sort[age < 6] = SITE
    kinds = [np.full(plan.households, FAMILY, dtype=np.int8)]
    first = plan.households
    for kind in _workable(sort, age):
        some = rng.permutation(chosen[sort == kind])
        some = some[np.argsort(crowd.age[some] < 18, kind="stable")]
        rooms = max(1, min(round(some.shape[0] / COLLECTIVE_BEDS[kind]), int((crowd.age[some] >= 18).sum())))
        crowd.settle(some, first + np.arange(some.shape[0]) % rooms)
        kinds.append(np.full(rooms, kind, dtype=np.int8))
        first += rooms
    return np.concatenate(kinds)


def _workable(sort: Ints, age: NDArray[np.float64]) -> list[int]:
    """The kinds in use, after kinds without anybody grown were joined (in place) to the largest that has."""
    grown = {kind: int(((sort == kind) & (age >= 18)).sum()) for kind in COLLECTIVE_BEDS}
    largest = max(grown, key=lambda kind: grown[kind])
    for kind, count in grown.items():
        if count == 0:
            sort[sort == kind] = largest
    return [kind for kind in COLLECTIVE_BEDS if np.any(sort == kind)]


def _spread(weights: NDArray[np.int32], n: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """A committee for each of n households, in exact proportion, in random order."""
    places = np.arange(weights.shape[0], dtype=np.int32)
    return rng.permutation(np.repeat(places, largest_remainder(weights, n)))


def _flags(
    household: NDArray[np.int32],
    sex: NDArray[np.int8],
    age: NDArray[np.int16],
    size: NDArray[np.int32],
    kind: NDArray[np.int8],
    rates: FlagRates,
    rng: np.random.Generator,
) -> NDArray[np.uint32]:
    """Computed flags, and drawn ones with exact counts: round(rate * those it may befall)."""
    family = kind[household] == FAMILY
    alone, two = family & (size[household] == 1), family & (size[household] == 2)
    elder = age >= 65
    elders = np.bincount(household, weights=elder, minlength=size.shape[0])[household]
    flags = np.where(alone & elder, ELDER_ALONE, 0) | np.where(two & (elders == 2), ELDER_PAIR, 0)
    flags |= np.where(age < 1, INFANT, 0)
    for bit, may, rate in (
        (BEDRIDDEN, elder, rates.bedridden_of_elders),
        (PREGNANT, (sex == FEMALE) & (age >= 18) & (age <= 44), rates.pregnant_of_women_18_to_44),
        (DIALYSIS, age >= 18, rates.dialysis_of_adults),
        (DISABLED, np.ones(age.shape[0], dtype=np.bool_), rates.disabled_of_all),
        (CHRONIC, age >= 45, rates.chronic_of_over_45),
    ):
        pool = np.flatnonzero(may)
        flags[rng.choice(pool, round(rate * pool.shape[0]), replace=False)] |= bit
    return flags.astype(np.uint32)


def _links(
    household: NDArray[np.int32],
    sex: NDArray[np.int8],
    age: NDArray[np.int16],
    flags: NDArray[np.uint32],
    kind: NDArray[np.int8],
) -> NDArray[np.int32]:
    """Carer and cared for in family households: of each child below 16 and each bedridden person.

    The carer of a household is the woman nearest to 28 years older than its youngest, if old enough to be a mother
    (16 years) and at most 48 years older, else another grown relative of that distance, a woman first; never somebody
    bedridden. Households where only bedridden people are grown have none: that is a need, and is left as one.
    """
    bedridden = (flags & BEDRIDDEN) > 0
    family = kind[household] == FAMILY
    able = np.flatnonzero((age >= 18) & ~bedridden & family)
    youngest = np.full(kind.shape[0], 200, dtype=np.int64)
    np.minimum.at(youngest, household, age)
    gap = age[able] - youngest[household[able]]
    rank = np.where(gap < 16, 3, np.where(sex[able] != FEMALE, 2, np.where(gap > 48, 1, 0)))
    order = np.lexsort((np.abs(gap - 28), rank, household[able]))
    homes, first = np.unique(household[able][order], return_index=True)
    carer = np.full(kind.shape[0], -1, dtype=np.int32)
    carer[homes] = able[order][first]
    cared = np.flatnonzero(((age < 16) | bedridden) & family)
    cared = cared[carer[household[cared]] >= 0]
    return np.stack([carer[household[cared]], cared.astype(np.int32)], axis=1)


def _presence(
    age: NDArray[np.int16],
    flags: NDArray[np.uint32],
    links: NDArray[np.int32],
    away_rate: float,
    works_elsewhere_rate: float,
    rng: np.random.Generator,
) -> NDArray[np.int8]:
    """Who is away or works elsewhere: shares of all, drawn from grown people whom nobody waits for."""
    may = (age >= 16) & (age < 65) & ((flags & (BEDRIDDEN | DIALYSIS | PREGNANT)) == 0)
    may[links[:, 0]] = False
    pool = rng.permutation(np.flatnonzero(may))
    away, works = round(away_rate * age.shape[0]), round(works_elsewhere_rate * age.shape[0])
    presence = np.zeros(age.shape[0], dtype=np.int8)
    presence[pool[:away]] = AWAY
    presence[pool[away : away + works]] = WORKS_ELSEWHERE
    return presence
