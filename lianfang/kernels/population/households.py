"""Builds plausible households round the persons of a census table, so that every margin stays exact.

Each person of the table exists before any household does; a household only ever takes a free person, the nearest in
age to the one it looks for. So no count of sex or age can be missed, and what is left over joins a fitting family.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.population.margins import FEMALE, MALE
from lianfang.kernels.population.matching import Crowd, Floats, Ints, nearest_distinct
from lianfang.kernels.population.plan import Plan

CHILD_UNTIL, ADULT_FROM, ELDER_FROM = 16.0, 20.0, 65.0
# Mean and spread in years. INVENTED, near what is usual; the take tolerances keep the tails plausible.
MOTHER_AT, MOTHER_SPREAD = 28.0, 4.5
HUSBAND_OLDER, HUSBAND_SPREAD = 2.0, 2.5


class Builder:
    """Fills the households of a plan, one make-up after the other, from the scarcest to the freest."""

    def __init__(self, crowd: Crowd, plan: Plan, rng: np.random.Generator) -> None:
        self.crowd, self.plan, self.rng = crowd, plan, rng
        counts = [
            plan.lone_elders,
            plan.lone_adults,
            plan.elder_pairs,
            plan.mixed_pairs,
            plan.pairs,
            plan.elder_child,
            plan.skipped,
            plan.grown,
            plan.families,
        ]
        ends = np.cumsum(counts)
        (
            self.lone_elders,
            self.lone_adults,
            self.elder_pairs,
            self.mixed_pairs,
            self.pairs,
            self.elder_child,
            self.skipped,
            self.grown,
            self.families,
        ) = (np.arange(e - c, e) for c, e in zip(counts, ends, strict=True))
        # Age of the parent (a mother's, as far as known) whom a further child of a household would have; NaN: none.
        self.parent_age: Floats = np.full(plan.households, np.nan)

    def build(self) -> None:
        """Settle everybody; the persons of collective households are gone from the crowd before."""
        self._children_and_mothers()
        self._settle_random(self.lone_adults, self.crowd.pool(ADULT_FROM, ELDER_FROM))
        three_elder, three_young, four = self._pick_three_generations()
        self._young_grandparents(np.concatenate([three_young, four]), four)
        self._elders(three_elder, four)
        self._grown_families()
        self._pairs()
        self._fathers()
        self._elder_children()
        self._nobody_without_adults()
        self._join(self.crowd.pool(0, CHILD_UNTIL), np.concatenate([self.families, self.skipped]))
        self._join(
            self.crowd.pool(CHILD_UNTIL, 200),
            np.concatenate([self.grown, self.families, self.elder_child, self.skipped]),
        )

    def _normal(self, mean: float, spread: float, n: int, low: float = -np.inf, high: float = np.inf) -> Floats:
        return np.clip(self.rng.normal(mean, spread, n), low, high)

    def _settled(self) -> NDArray[np.bool_]:
        """Who lives in a family household by now."""
        return (self.crowd.home >= 0) & (self.crowd.home < self.plan.households)

    def _settle_random(self, homes: Ints, pool: Ints) -> Ints:
        """Fill homes with anybody of a pool; -1 where it is exhausted."""
        chosen = np.full(homes.shape[0], -1, dtype=np.int64)
        served = min(homes.shape[0], pool.shape[0])
        chosen[:served] = self.rng.choice(pool, served, replace=False)
        self.crowd.settle(chosen, homes)
        return chosen

    def _partner(self, of: Ints, homes: Ints, tolerance: float) -> Ints:
        """A spouse of the other sex for persons (n,), none for -1 or when nobody of a fitting age is free."""
        result = np.full(of.shape[0], -1, dtype=np.int64)
        for sex, sign in ((FEMALE, 1.0), (MALE, -1.0)):
            at = np.flatnonzero((of >= 0) & (self.crowd.sex[of] == sex))
            at = at[self.rng.permutation(at.shape[0])]
            targets = self.crowd.age[of[at]] + sign * self._normal(HUSBAND_OLDER, HUSBAND_SPREAD, at.shape[0])
            pool = self.crowd.pool(ADULT_FROM, ELDER_FROM, MALE + FEMALE - sex)
            result[at] = self.crowd.take(targets, pool, homes[at], tolerance)
        return result

    def _children_and_mothers(self) -> None:
        """A first child in every family and skipped-generation household, then its mother."""
        homes = np.concatenate([self.families, self.skipped])
        first = self._settle_random(homes, self.crowd.pool(0, CHILD_UNTIL))
        late = np.flatnonzero(first < 0)
        first[late] = self._settle_random(homes[late], self.crowd.pool(CHILD_UNTIL, 26))
        age = np.nan_to_num(self.crowd.ages_of(first), nan=18.0)
        birth = self._normal(MOTHER_AT, MOTHER_SPREAD, homes.shape[0], 19.5, 43.0)
        self.parent_age[homes] = np.minimum(age + birth, 58.0)
        # One family in thirty has a father only: no mother is looked for.
        with_mother = self.families[self.rng.random(self.families.shape[0]) > 1 / 30]
        mothers = self.crowd.take(
            self.parent_age[with_mother], self.crowd.pool(ADULT_FROM, ELDER_FROM, FEMALE), with_mother, 9.0
        )
        self.mother = np.full(self.plan.households, -1, dtype=np.int64)
        self.mother[with_mother] = mothers
        known = np.flatnonzero(self.mother >= 0)
        self.parent_age[known] = self.crowd.age[self.mother[known]]

    def _draw(self, homes: Ints, weights: Floats, n: int) -> NDArray[np.bool_]:
        """n of the homes without replacement, likelier with more weight (Gumbel top-n)."""
        keys = np.log(weights + 1e-12) + self.rng.gumbel(size=homes.shape[0])
        chosen = np.zeros(homes.shape[0], dtype=np.bool_)
        chosen[np.argsort(-keys, kind="stable")[:n]] = True
        return chosen

    def _pick_three_generations(self) -> tuple[Ints, Ints, Ints]:
        """Families with elders, with grandparents below 65, and with both: by the age of the mother."""
        age = self.parent_age[self.families]
        young = 1 / (1 + np.exp((age - 36) / 2))
        below = self._draw(self.families, young, self.plan.three_young + self.plan.four)
        rest = self.families[~below]
        above = self._draw(rest, 1 - 1 / (1 + np.exp((self.parent_age[rest] - 33) / 2)), self.plan.three_elder)
        both = self.rng.permutation(self.families[below])
        return rest[above], both[self.plan.four :], both[: self.plan.four]

    def _young_grandparents(self, homes: Ints, four: Ints) -> None:
        """A grandmother below 65 and, in most families, her husband; then the age of her parent for `four`."""
        targets = np.clip(self.parent_age[homes] + self._normal(26, 3, homes.shape[0], 19), 40, 64.9)
        grandmothers = self.crowd.take(targets, self.crowd.pool(39, ELDER_FROM, FEMALE), homes, 10.0)
        has_husband = self.rng.random(homes.shape[0]) < 0.75
        self._partner(np.where(has_husband, grandmothers, -1), homes, 8.0)
        missing = np.flatnonzero(grandmothers < 0)
        self.crowd.take(targets[missing], self.crowd.pool(39, ELDER_FROM), homes[missing], 15.0)
        self.great = dict(zip(("homes", "age"), (four, targets[homes.shape[0] - four.shape[0] :] + 25), strict=True))

    def _elders(self, three_elder: Ints, four: Ints) -> None:
        """Couples and single elders for all households that have elders; the last of them take whoever is left."""
        plan, elder_homes = self.plan, np.concatenate([three_elder, self.elder_child, self.skipped])
        base = np.nan_to_num(self.parent_age[elder_homes], nan=45.0) + self._normal(28, 4, elder_homes.shape[0])
        base = np.clip(base, 65.5, 92)
        lot = self.rng.permutation(elder_homes.shape[0])
        double = lot[: plan.two_elders + plan.three_elders]
        self._elder_couples(elder_homes[double], base[double])
        self._elder_couples(self.elder_pairs, self._normal(72, 5, self.elder_pairs.shape[0], 65, 92))
        third, single = lot[: plan.three_elders], lot[double.shape[0] :]
        pool = self.crowd.pool(ELDER_FROM, 200)
        self.crowd.take(base[third] + 8, pool, elder_homes[third])
        self.crowd.take(np.maximum(self.great["age"], 70), self.crowd.pool(ELDER_FROM, 200), four)
        self.crowd.take(base[single], self.crowd.pool(ELDER_FROM, 200), elder_homes[single])
        mixed = self._settle_random(self.mixed_pairs, self.crowd.pool(ELDER_FROM, 73))
        late = np.flatnonzero(mixed < 0)
        mixed[late] = self._settle_random(self.mixed_pairs[late], self.crowd.pool(ELDER_FROM, 200))
        self._second(mixed, self.mixed_pairs)
        self._settle_random(self.lone_elders, self.crowd.pool(ELDER_FROM, 200))

    def _elder_couples(self, homes: Ints, targets: Floats) -> None:
        """Two elders a home: a man and a woman of near ages, or any two where one sex is exhausted."""
        men = self.crowd.take(targets, self.crowd.pool(ELDER_FROM, 200, MALE), homes)
        age = np.where(men >= 0, self.crowd.age[men], targets) - self._normal(
            HUSBAND_OLDER, HUSBAND_SPREAD, homes.shape[0]
        )
        women = self.crowd.take(np.maximum(age, 65), self.crowd.pool(ELDER_FROM, 200, FEMALE), homes)
        for half in (men, women):
            late = np.flatnonzero(half < 0)
            self.crowd.take(targets[late], self.crowd.pool(ELDER_FROM, 200), homes[late])

    def _second(self, first: Ints, homes: Ints) -> None:
        """A spouse for every first person, or else anybody grown: a household of two stays one of two."""
        spouse = self._partner(first, homes, 14.0)
        late = np.flatnonzero(spouse < 0)
        ages = np.nan_to_num(self.crowd.ages_of(first[late]), nan=45.0)
        self.crowd.take(ages, self.crowd.pool(18, ELDER_FROM), homes[late])

    def _grown_families(self) -> None:
        """A parent with a grown child; the other parent comes with the fathers, if one is free."""
        homes = self.grown
        targets = self._normal(53, 5, homes.shape[0], 40, 64)
        parents = self.crowd.take(targets, self.crowd.pool(38, ELDER_FROM, FEMALE), homes)
        late = np.flatnonzero(parents < 0)
        parents[late] = self.crowd.take(targets[late], self.crowd.pool(ADULT_FROM, ELDER_FROM), homes[late])
        self.mother[homes] = parents
        self.parent_age[homes] = self.crowd.ages_of(parents)
        ages = np.nan_to_num(self.parent_age[homes], nan=50.0)
        self.crowd.take(ages - self._normal(26, 3.5, homes.shape[0], 18, 38), self.crowd.pool(CHILD_UNTIL, 45), homes)

    def _pairs(self) -> None:
        """Couples without children: some young, most with children grown and gone."""
        homes = self.pairs
        is_young = self.rng.random(homes.shape[0]) < 0.35
        targets = np.where(
            is_young, self._normal(28, 4, homes.shape[0], 20.5, 40), self._normal(54, 6, homes.shape[0], 40, 64.5)
        )
        women = self.crowd.take(targets, self.crowd.pool(ADULT_FROM, ELDER_FROM, FEMALE), homes)
        late = np.flatnonzero(women < 0)
        women[late] = self.crowd.take(targets[late], self.crowd.pool(ADULT_FROM, ELDER_FROM), homes[late])
        self._second(women, homes)

    def _fathers(self) -> None:
        """Husbands of the mothers, and a father where there is no mother; those first, for they are needed."""
        homes = np.concatenate([self.families, self.grown])
        alone = self.families[self.mother[self.families] < 0]
        men = self.crowd.pool(ADULT_FROM, ELDER_FROM, MALE)
        self.crowd.take(self.parent_age[alone] + HUSBAND_OLDER, men, alone, 12.0)
        married = homes[self.rng.random(homes.shape[0]) < 0.92]
        self._partner(self.mother[married], married, 9.0)

    def _elder_children(self) -> None:
        """The grown child of elders, and often its spouse."""
        homes = self.elder_child
        oldest = np.zeros(self.plan.households)
        settled = self._settled()
        np.maximum.at(oldest, self.crowd.home[settled], self.crowd.age[settled])
        self.parent_age[homes] = oldest[homes]
        targets = oldest[homes] - self._normal(28, 4, homes.shape[0], 18, 42)
        child = self.crowd.take(targets, self.crowd.pool(ADULT_FROM, ELDER_FROM), homes)
        has_spouse = self.rng.random(homes.shape[0]) < 0.4
        self._partner(np.where(has_spouse, child, -1), homes, 8.0)

    def _nobody_without_adults(self) -> None:
        """A grown person for each household that has none, and a second for each that must not be of one."""
        adults = np.bincount(self.crowd.home[self._settled() & (self.crowd.age >= 18)], minlength=self.plan.households)
        bare = np.flatnonzero(adults == 0)
        targets = np.nan_to_num(self.parent_age[bare], nan=40.0)
        if np.any(self.crowd.take(targets, self.crowd.pool(18, 200), bare) < 0):
            raise ValueError("fewer grown people than households")
        size = np.bincount(self.crowd.home[self._settled()], minlength=self.plan.households)
        multi = np.arange(self.plan.lone_elders + self.plan.lone_adults, self.plan.households)
        lonely = multi[size[multi] < 2]
        if np.any(self._settle_random(lonely, self.crowd.pool(0, 200)) < 0):
            raise ValueError("fewer people than places in households")

    def _join(self, persons: Ints, hosts: Ints) -> None:
        """Everybody left becomes a further child or grown relative where a parent of fitting age is, else anywhere."""
        multi = np.arange(self.plan.lone_elders + self.plan.lone_adults, self.plan.households)
        if persons.shape[0] and not multi.size:
            raise ValueError("nobody may join households of one person")
        hosts = hosts[~np.isnan(self.parent_age[hosts])]
        left = self.rng.permutation(persons)
        for tolerance in (6.0, 6.0, 9.0, 9.0, 12.0, 15.0):
            if not hosts.size or not left.size:
                break
            hosts = hosts[np.argsort(self.parent_age[hosts], kind="stable")]
            some = left[: hosts.shape[0]]
            targets = self.crowd.age[some] + self._normal(MOTHER_AT, MOTHER_SPREAD, some.shape[0], 18, 43)
            at = hosts[nearest_distinct(targets, self.parent_age[hosts])]
            near = np.abs(self.parent_age[at] - targets) <= tolerance
            self.crowd.settle(np.where(near, some, -1), at)
            left = np.concatenate([left[hosts.shape[0] :], some[~near]])
        self.crowd.settle(left, self.rng.choice(multi, left.shape[0]) if left.size else left)
