"""Census margins of one county, their exact rounding at a smaller share, and the largest-remainder rule behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MALE, FEMALE = 1, 2
BAND_STARTS = (0, 1, *range(5, 90, 5))
BAND_ENDS = (1, 5, *range(10, 90, 5), 105)
BANDS = len(BAND_STARTS)
FIRST_ELDER_BAND = BAND_STARTS.index(65)


@dataclass(frozen=True, eq=False)
class CensusMargins:
    """What the census says of one county. Counts are whole persons or family households; None: not known.

    ages (2, 19): men, women in the bands 0, 1-4, 5-9 ... 80-84, 85+. elder_households: family households with one,
    two, three or more persons of 65+. generations: family households of one, two, three, four or more generations.
    urban_share in 0..1: residents of towns, for the caller's choice of buildings.
    """

    population: int
    ages: NDArray[np.int64]
    male: int | None = None
    female: int | None = None
    households: int | None = None
    household_population: int | None = None
    one_person_households: int | None = None
    elder_households: tuple[int, int, int] | None = None
    generations: tuple[int, int, int, int] | None = None
    urban_share: float | None = None


def largest_remainder(weights: ArrayLike, total: int) -> NDArray[np.int64]:
    """Whole parts of a total in proportion to weights, summing to it exactly.

    Takes:   weights (n,) >= 0, not all nought; total >= 0.
    Gives:   (n,) int, each within one of its exact share.
    Raises:  ValueError for a negative weight or total, or when all weights are nought and the total is not.
    Edge:    equal remainders go to the earlier place. Total 0 gives noughts whatever the weights.
    Source:  Hamilton's method (largest remainders)
    """
    share = np.asarray(weights, dtype=np.float64)
    if total < 0 or np.any(share < 0) or not np.all(np.isfinite(share)):
        raise ValueError("weights and total must not be negative")
    if total == 0:
        return np.zeros(share.shape[0], dtype=np.int64)
    if share.sum() <= 0:
        raise ValueError("weights must not all be nought")
    exact = share * (total / share.sum())
    # A product like 0.1 * 30 lies a hair below its whole number; without this the remainder would win a place.
    parts: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    rest = np.argsort(parts - exact, kind="stable")
    short = total - int(parts.sum())
    parts[rest[:short] if short >= 0 else rest[short:]] += 1 if short >= 0 else -1
    return parts


def capped_shares(weights: NDArray[np.float64], caps: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Whole parts of a total in proportion to weights, none above its cap; what a cap cuts off goes to the others.

    Takes:   weights (n,) >= 0; caps (n,) >= 0; total >= 0.
    Gives:   (n,) int <= caps, summing to total.
    Raises:  ValueError when the caps of the places with a weight do not hold the total.
    """
    parts = np.zeros_like(caps)
    rest = total
    while rest > 0:
        room = np.where(weights > 0, caps - parts, 0)
        if room.sum() < rest:
            raise ValueError("the caps do not hold the total")
        more = np.minimum(largest_remainder(np.where(room > 0, weights, 0.0), rest), room)
        parts += more
        rest -= int(more.sum())
    return parts


def checked(margins: CensusMargins) -> CensusMargins:
    """The margins, with the household figures that are not known filled in from those that are.

    Raises:  ValueError for ages not (2, 19) or negative, a sum of ages that is not the population or a sex's count,
             or households that cannot hold their people (every other household needs two).
    Edge:    without households: the population / 2.62 (national mean size of 2020); without one-person households: a
             quarter of them; without a household population: everybody lives in a family household.
    """
    ages = np.asarray(margins.ages, dtype=np.int64)
    if ages.shape != (2, BANDS) or np.any(ages < 0):
        raise ValueError("ages must be (2, 19) counts")
    male, female = int(ages[0].sum()), int(ages[1].sum())
    if male + female != margins.population or margins.male not in (None, male) or margins.female not in (None, female):
        raise ValueError("ages do not sum to the population and its sexes")
    living = margins.population if margins.household_population is None else margins.household_population
    homes = round(margins.population / 2.62) if margins.households is None else margins.households
    alone = homes // 4 if margins.one_person_households is None else margins.one_person_households
    if not 0 <= alone <= homes or living > margins.population or living < alone + 2 * (homes - alone):
        raise ValueError("the households cannot hold the household population")
    if homes == alone and living != alone:
        raise ValueError("the household population has no household to live in")
    return CensusMargins(
        margins.population,
        ages,
        male,
        female,
        homes,
        living,
        alone,
        margins.elder_households,
        margins.generations,
        margins.urban_share,
    )


def scaled(margins: CensusMargins, share: float) -> CensusMargins:
    """The margins of a smaller copy of the county, each rounded by largest remainders.

    Takes:   share in (0, 1].
    Gives:   population round(share * population); sexes within it, bands within each sex, family households and
             household population likewise; at share 1 the margins themselves.
    Raises:  ValueError for a share outside (0, 1], and as `checked`.
    Edge:    in a very small copy the household population is raised to hold two a household, or the households cut.
    """
    if not 0 < share <= 1:
        raise ValueError("share must be in (0, 1]")
    whole = checked(margins)
    if share == 1:
        return whole
    people = round(share * whole.population)
    sexes = largest_remainder([whole.male or 0, whole.female or 0], people)
    ages = np.stack([largest_remainder(row, int(part)) for row, part in zip(whole.ages, sexes, strict=True)])
    living = min(people, _rounded(share, whole.household_population))
    alone = min(living, _rounded(share, whole.one_person_households))
    homes = min(_rounded(share, whole.households), alone + (living - alone) // 2)
    if homes <= alone < living:
        homes = max(1, alone)
        alone = homes - 1 if living > homes else homes
    elders = None if whole.elder_households is None else _parts(whole.elder_households, share)
    kinds = None
    if whole.generations is not None and any(whole.generations):
        one, two, three, four = (int(n) for n in largest_remainder(whole.generations, homes))
        kinds = (one, two, three, four)
    return CensusMargins(
        people, ages, int(sexes[0]), int(sexes[1]), homes, living, alone, elders, kinds, whole.urban_share
    )


def _rounded(share: float, count: int | None) -> int:
    return int(share * (count or 0) + 0.5)


def _parts(counts: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    one, two, three = (int(n) for n in largest_remainder(counts, _rounded(share, sum(counts))))
    return one, two, three
