"""The synthetic population: margins exact, households plausible, nothing that could be a real person's."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lianfang.drill
from lianfang.kernels.population import (
    AWAY,
    BEDRIDDEN,
    CHRONIC,
    DIALYSIS,
    DISABLED,
    ELDER_ALONE,
    ELDER_PAIR,
    INFANT,
    PREGNANT,
    WORKS_ELSEWHERE,
    CensusMargins,
    FlagRates,
    Names,
    Population,
    birth_numbers,
    id_serials,
    invented_id_numbers,
    invented_phones,
    largest_remainder,
    make_names,
    make_population,
    scaled,
    written_names,
)
from lianfang.kernels.population.matching import nearest_distinct

DATA = Path(lianfang.drill.__file__).parent / "data"
BANDS = ["0", "1_4", *(f"{a}_{a + 4}" for a in range(5, 85, 5)), "85"]
STARTS = np.array([0, 1, *range(5, 90, 5)])
RATES = FlagRates(0.03, 0.04, 0.001, 0.03, 0.4)  # INVENTED


def counties() -> dict[str, CensusMargins]:
    with (DATA / "census.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {row["code"]: margins_of({k: int(v) for k, v in row.items() if k not in ("code", "name")}) for row in rows}


def margins_of(n: dict[str, int]) -> CensusMargins:
    return CensusMargins(
        n["population"],
        np.array([[n[f"{sex}_{band}"] for band in BANDS] for sex in "mf"]),
        n["male"],
        n["female"],
        n["households"],
        n["household_population"],
        n["one_person_households"],
        (n["elders_1"], n["elders_2"], n["elders_3"]),
        (n["generations_1"], n["generations_2"], n["generations_3"], n["generations_4"]),
        n["urban"] / n["population"],
    )


CENSUS = counties()
SMALL = "623026"  # 碌曲县: 35,871 persons


def made(code: str = SMALL, share: float = 1.0, seed: int = 1, **more: float) -> Population:
    return make_population(
        CENSUS[code],
        committees=np.arange(1, 25, dtype=np.int32),
        share=share,
        rng=np.random.default_rng(seed),
        rates=RATES,
        **more,
    )


def table_of(people: Population) -> np.ndarray:
    band = np.searchsorted(STARTS, people.age, side="right") - 1
    return np.bincount((people.sex - 1) * 19 + band, minlength=38).reshape(2, 19)


def assert_margins(people: Population, expected: CensusMargins) -> None:
    family = ~people.collective
    assert np.array_equal(table_of(people), expected.ages)
    assert people.age.size == expected.population
    assert family.sum() == expected.households
    assert people.size[family].sum() == expected.household_population
    assert (people.size[family] == 1).sum() == expected.one_person_households
    assert np.array_equal(people.size, np.bincount(people.household, minlength=people.size.size))
    assert people.size.min() >= 1


@pytest.mark.parametrize("code", sorted(CENSUS))
def test_every_margin_of_every_county_is_exact_at_a_twentieth(code):
    people = made(code, 0.05)
    expected = scaled(CENSUS[code], 0.05)
    assert_margins(people, expected)
    assert expected.population == round(0.05 * CENSUS[code].population)


@pytest.mark.parametrize("code", [SMALL, "623025", "431102"])
def test_every_margin_of_a_whole_county_equals_the_census(code):
    people = made(code)
    assert_margins(people, CENSUS[code])
    elders = np.bincount(people.household, people.age >= 65, people.size.size)[~people.collective]
    one, two, three = CENSUS[code].elder_households
    assert ((elders == 1).sum(), (elders == 2).sum(), (elders > 2).sum()) == (one, two, three)
    assert ((people.flags & ELDER_ALONE) > 0).sum() <= one


def test_households_are_plausible():
    people = made()
    homes, family = people.size.size, ~people.collective
    grown = np.bincount(people.household, people.age >= 18, homes)
    assert grown.min() >= 1, "no household without somebody grown"
    assert people.size[family].max() <= 12
    carer, child = people.links.T[:, people.age[people.links[:, 1]] < 16]
    gap = people.age[carer] - people.age[child]
    assert np.all(people.household[carer] == people.household[child])
    assert (gap < 16).mean() < 0.005
    assert (gap > 48).mean() < 0.08, "few children have nobody but grandparents"
    with_child = np.bincount(people.household, people.age < 16, homes) > 0
    assert np.unique(people.household[child]).size > 0.99 * (with_child & family).sum()
    first = np.searchsorted(people.household, np.flatnonzero(family & (people.size == 2)))
    is_couple = (people.sex[first] != people.sex[first + 1]) & (people.age[first + 1] >= 20)
    assert np.median((people.age[first] - people.age[first + 1])[is_couple]) <= 4


def test_generations_come_near_the_census():
    people = made("431102")
    order = np.lexsort((people.age, people.household))
    age, home = people.age[order].astype(int), people.household[order]
    jump = (np.diff(age) >= 15) & (np.diff(home) == 0)
    levels = 1 + np.bincount(home[1:][jump], minlength=people.size.size)[~people.collective]
    one, _, three, four = CENSUS["431102"].generations
    assert (levels == 1).sum() == pytest.approx(one, rel=0.1)
    assert (levels >= 3).sum() == pytest.approx(three + four, rel=0.15)


def test_one_seed_gives_one_population_and_another_gives_another():
    a, b, c = made(share=0.1), made(share=0.1), made(share=0.1, seed=2)
    assert all(np.array_equal(vars(a)[name], vars(b)[name]) for name in vars(a))
    assert not np.array_equal(a.age, c.age)


def test_flags_are_counted_exactly_and_only_where_they_may_be():
    people = made(away_rate=0.1, works_elsewhere_rate=0.2)
    alone = (~people.collective & (people.size == 1))[people.household]
    has = {
        bit: (people.flags & bit) > 0
        for bit in (ELDER_ALONE, ELDER_PAIR, BEDRIDDEN, PREGNANT, DIALYSIS, INFANT, DISABLED, CHRONIC)
    }
    assert np.array_equal(has[ELDER_ALONE], alone & (people.age >= 65))
    assert np.array_equal(has[INFANT], people.age < 1)
    assert has[ELDER_PAIR].sum() % 2 == 0
    assert has[ELDER_PAIR].any()
    women = (people.sex == 2) & (people.age >= 18) & (people.age <= 44)
    assert has[PREGNANT].sum() == round(0.04 * women.sum())
    assert not np.any(has[PREGNANT] & ~women)
    assert has[BEDRIDDEN].sum() == round(0.03 * (people.age >= 65).sum())
    assert has[DISABLED].sum() == round(0.03 * people.age.size)
    assert has[DIALYSIS].sum() == round(0.001 * (people.age >= 18).sum())
    assert has[CHRONIC].sum() == round(0.4 * (people.age >= 45).sum())
    assert (people.presence == AWAY).sum() == round(0.1 * people.age.size)
    assert (people.presence == WORKS_ELSEWHERE).sum() == round(0.2 * people.age.size)
    assert not np.any(people.presence[people.links[:, 0]]), "a carer is at home"


def test_links_join_a_grown_carer_and_one_to_care_for():
    people = made()
    carer, cared = people.links.T
    assert np.all(people.household[carer] == people.household[cared])
    assert np.all(carer != cared)
    assert people.age[carer].min() >= 18
    assert np.all((people.flags[carer] & BEDRIDDEN) == 0)
    assert np.all((people.age[cared] < 16) | ((people.flags[cared] & BEDRIDDEN) > 0))
    assert np.unique(cared).size == cared.size


def test_committees_get_family_households_by_largest_remainder():
    people = made(share=0.2)
    family = people.committee[~people.collective]
    assert np.array_equal(np.bincount(family, minlength=24), largest_remainder(np.arange(1, 25), family.size))
    assert np.all(np.diff(people.committee) >= 0)
    assert np.all(np.diff(people.household) >= 0)


def test_unknown_margins_are_filled_in():
    bare = CensusMargins(CENSUS[SMALL].population, CENSUS[SMALL].ages)
    people = make_population(
        bare, committees=np.ones(3, dtype=np.int32), share=0.1, rng=np.random.default_rng(0), rates=RATES
    )
    assert_margins(people, scaled(bare, 0.1))
    assert not people.collective.any()


def test_margins_that_contradict_each_other_are_refused():
    ages = CENSUS[SMALL].ages
    total = int(ages.sum())
    for wrong in (
        CensusMargins(total + 1, ages),
        CensusMargins(total, ages, male=1),
        CensusMargins(total, ages, households=total),
        CensusMargins(total, ages[:1]),
        CensusMargins(total, ages, households=100, one_person_households=100),
    ):
        with pytest.raises(ValueError):
            scaled(wrong, 1.0)
    with pytest.raises(ValueError):
        scaled(CENSUS[SMALL], 0.0)
    with pytest.raises(ValueError):
        made(share=0.1, away_rate=1.5)


def test_largest_remainder_by_hand():
    # Exact shares 4.7 1.6 1.59 1.2 0.61 0.3: seven whole seats, then .7, .61 and .6.
    votes = [47_000, 16_000, 15_900, 12_000, 6_100, 3_000]
    assert largest_remainder(votes, 10).tolist() == [5, 2, 1, 1, 1, 0]
    assert largest_remainder([1, 1, 1], 2).tolist() == [1, 1, 0]
    assert largest_remainder([0, 0], 0).tolist() == [0, 0]
    with pytest.raises(ValueError):
        largest_remainder([0, 0], 1)
    with pytest.raises(ValueError):
        largest_remainder([1, -1], 1)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40).filter(any), st.integers(0, 100_000))
def test_largest_remainder_sums_and_stays_within_one(weights, total):
    parts = largest_remainder(weights, total)
    exact = np.array(weights) * total / sum(weights)
    assert parts.sum() == total
    assert np.all(np.abs(parts - exact) < 1 + 1e-6)


def test_nearest_distinct_by_hand():
    values = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    assert nearest_distinct(np.array([39.0, 11.0]), values).tolist() == [3, 1]
    assert sorted(nearest_distinct(np.array([99.0, 98.0, 97.0]), values).tolist()) == [2, 3, 4]
    assert sorted(nearest_distinct(np.full(5, 30.0), values).tolist()) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError):
        nearest_distinct(np.zeros(6), values)


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 100), min_size=30, max_size=60))
def test_nearest_distinct_gives_no_place_twice_and_keeps_the_order(targets, values):
    wanted, pool = np.array(targets), np.sort(np.array(values))
    places = nearest_distinct(wanted, pool)
    assert np.unique(places).size == wanted.size
    assert np.all(np.diff(places[np.argsort(wanted, kind="stable")]) > 0)
    assert np.all((places >= 0) & (places < pool.size))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(CENSUS)), st.floats(0.003, 0.02), st.integers(0, 2**32 - 1))
def test_small_copies_keep_every_margin_whatever_the_seed(code, share, seed):
    people = made(code, share, seed)
    assert_margins(people, scaled(CENSUS[code], share))
    assert np.bincount(people.household, people.age >= 18, people.size.size).min() >= 1


def check_digit(number: str) -> str:
    return "10X98765432"[sum(int(d) * 2 ** (17 - i) for i, d in enumerate(number[:17])) % 11]


def test_id_numbers_belong_to_nobody_and_tell_birth_and_sex():
    people = made(share=0.3)
    birth = birth_numbers(people.age, people.birth_day, np.datetime64("2020-11-01"))
    ids = invented_id_numbers(birth, id_serials(birth, people.sex))
    assert np.unique(ids).size == people.age.size
    assert ids.dtype == np.dtype("<U18")
    for n in range(0, ids.size, 97):
        number = str(ids[n])
        assert number.startswith("999999")
        assert number[17] != check_digit(number)
        assert number[6:14] == str(birth[n])
        assert int(number[16]) % 2 == people.sex[n] % 2
    assert np.array_equal((20201101 - birth) // 10000, people.age)


def test_birth_numbers_by_hand():
    ages, days = np.array([0, 30, 20], dtype=np.int16), np.array([0, 1, 246], dtype=np.int16)
    assert birth_numbers(ages, days, np.datetime64("2020-11-01")).tolist() == [20201101, 19901031, 20000229]
    assert birth_numbers(
        np.array([1], dtype=np.int16), np.array([0], dtype=np.int16), np.datetime64("2020-02-29")
    ).tolist() == [20190301]


def test_no_more_than_five_hundred_share_a_birth_date_and_sex():
    with pytest.raises(ValueError):
        id_serials(np.full(501, 20000101), np.ones(501, dtype=np.int8))
    with pytest.raises(ValueError):
        invented_id_numbers(np.array([20000101]), np.array([1000]))


def test_phones_are_of_no_network():
    phones = invented_phones(np.array([0, 1, 10_000, 699_999, 700_000]))
    assert phones.tolist() == ["13000000000", "13000000001", "13100000000", "19900009999", "13000000000"]
    with pytest.raises(ValueError):
        invented_phones(np.array([-1]))


def test_names_are_drawn_by_sex_and_shared_in_the_household():
    with (DATA / "name_parts.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    surnames = [row for row in rows if row["kind"] == "surname"]
    given = [row for row in rows if row["kind"] != "surname"]
    weights = np.array(
        [[float(row["weight"]) * (row["kind"] == f"given_{sex}") for row in given] for sex in ("male", "female")]
    )
    sex = np.array([1, 2] * 500, dtype=np.int8)
    names = make_names(
        sex,
        np.random.default_rng(3),
        surnames=np.array([float(r["weight"]) for r in surnames]),
        given=weights,
        household=np.arange(1000, dtype=np.int32) // 4,
    )
    texts = written_names(names, [r["text"] for r in surnames], [r["text"] for r in given])
    assert all(2 <= len(text) <= 4 for text in texts)
    assert {given[i]["kind"] for i in names.given[sex == 1, 0]} == {"given_male"}
    assert 0.5 < (names.surname.reshape(-1, 4)[:, 0] == names.surname.reshape(-1, 4)[:, 1]).mean() < 0.75
    assert written_names(Names(np.array([0]), np.array([[0, -1]])), ["王"], ["伟"]).tolist() == ["王伟"]
    with pytest.raises(ValueError):
        make_names(sex, np.random.default_rng(0), surnames=np.ones(2), given=np.ones((3, 2)))


def test_divisions_form_a_tree_and_hold_the_places_of_the_drill():
    with (DATA / "divisions.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    codes = {row["code"]: row for row in rows}
    above = {
        "province": "",
        "prefecture": "province",
        "county": "prefecture",
        "street": "county",
        "committee": "street",
    }
    assert len(codes) == len(rows)
    assert all((codes[row["parent"]]["level"] if row["parent"] else "") == above[row["level"]] for row in rows)
    counts = {
        c: sum(row["level"] == "committee" and row["code"].startswith(c) for row in rows)
        for c in ("440204", "440203", "440205", "431102", "440785", "440703", "623001", "350604501")
    }
    assert list(counts.values()) == [102, 89, 110, 334, 176, 139, 47, 7]
    # A county loaded without people (where a producer stands) has no census to be drawn from.
    assert {row["code"] for row in rows if row["level"] == "county"} == {*CENSUS, "440282"}
