"""Names, ID numbers and phones of invented persons, made so that they can belong to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.population.margins import FEMALE, MALE

ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array([ord(letter) for letter in "10X98765432"], dtype=np.uint32)


@dataclass(frozen=True, eq=False)
class Names:
    """Places in the caller's lists: surname (N,) int32; given (N, 2) int32, the second -1 for one character only."""

    surname: NDArray[np.int32]
    given: NDArray[np.int32]


def make_names(
    sex: NDArray[np.int8],
    rng: np.random.Generator,
    *,
    surnames: NDArray[np.float64],
    given: NDArray[np.float64],
    household: NDArray[np.int32] | None = None,
) -> Names:
    """Draw a surname and one or two given characters for each person.

    Takes:   sex (N,) 1 or 2; surnames (S,), the weights of the caller's list of surnames; given (2, G), the weights
             of its list of given characters for men and for women; household (N,): then about three persons in four
             of a household share one surname.
    Gives:   Names; about one given name in eight has one character.
    Raises:  ValueError for weights that are negative, all nought or of the wrong shape.
    Edge:    the same generator state gives the same names. Two persons may share a name, as people do.
    """
    if surnames.ndim != 1 or given.ndim != 2 or given.shape[0] != 2:
        raise ValueError("surnames must be (S,), given (2, G)")
    n = sex.shape[0]
    chance = surnames / surnames.sum()
    family: NDArray[np.int64] = rng.choice(surnames.shape[0], size=(n,), p=chance)
    if household is not None and n:
        shared = rng.choice(surnames.shape[0], size=(int(household.max()) + 1,), p=chance)
        family = np.where(rng.random(n) < 0.75, shared[household], family)
    parts = np.empty((n, 2), dtype=np.int32)
    for row, code in enumerate((MALE, FEMALE)):
        at = np.flatnonzero(sex == code)
        parts[at] = rng.choice(given.shape[1], (at.shape[0], 2), p=given[row] / given[row].sum())
    parts[rng.random(n) < 0.125, 1] = -1
    return Names(family.astype(np.int32), parts)


def written_names(names: Names, surnames: Sequence[str], given: Sequence[str]) -> NDArray[np.str_]:
    """Names (N,) as text, surname first, from the lists whose weights `make_names` was given."""
    first = np.array([*given, ""])
    family = np.array(list(surnames))[names.surname]
    return np.char.add(np.char.add(family, first[names.given[:, 0]]), first[names.given[:, 1]])


def birth_numbers(age: NDArray[np.int16], birth_day: NDArray[np.int16], on: np.datetime64) -> NDArray[np.int64]:
    """Birth dates as yyyymmdd of persons of age (N,) whole years whose birthday was birth_day (N,) days before `on`.

    Edge:    who has had no birthday yet on 29 February is counted from 1 March.
    """
    day = on.astype("datetime64[D]") - birth_day.astype("timedelta64[D]")
    month = day.astype("datetime64[M]")
    in_month = (day - month.astype("datetime64[D]")).astype(np.int64)
    year = month - (12 * age.astype(np.int64)).astype("timedelta64[M]")
    born = year.astype("datetime64[D]") + in_month.astype("timedelta64[D]")
    months = born.astype("datetime64[M]").astype(np.int64)
    days = (born - born.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    numbers: NDArray[np.int64] = (months // 12 + 1970) * 10000 + (months % 12 + 1) * 100 + days
    return numbers


def id_serials(birth: NDArray[np.int64], sex: NDArray[np.int8]) -> NDArray[np.int64]:
    """Serials 0..999, odd for men and even for women, that tell apart persons of one birth date and sex.

    Raises:  ValueError when more than 500 persons share both: there are no more numbers.
    """
    key = birth * 4 + sex
    order = np.argsort(key, kind="stable")
    is_first = np.concatenate([[True], np.diff(key[order]) != 0]) if key.size else np.zeros(0, dtype=np.bool_)
    start = np.maximum.accumulate(np.where(is_first, np.arange(key.size), 0))
    rank = np.empty(key.size, dtype=np.int64)
    rank[order] = np.arange(key.size) - start
    if key.size and rank.max() >= 500:
        raise ValueError("more than 500 persons of one birth date and sex")
    return np.asarray(rank * 2 + (sex == MALE), dtype=np.int64)


def invented_id_numbers(birth_yyyymmdd: NDArray[np.int64], serials: NDArray[np.int64]) -> NDArray[np.str_]:
    """ID numbers that cannot be real: area 999999, which is given to no place, and a check digit that is wrong.

    Takes:   birth_yyyymmdd (N,) ints; serials (N,) 0..999, the parity is the sex (odd: man), as `id_serials` gives.
    Gives:   (N,) '<U18'.
    Raises:  ValueError for a serial outside 0..999.
    Source:  GB 11643-1999 (weights 2^(18-i) mod 11, check digits 10X98765432)
    """
    if np.any((serials < 0) | (serials > 999)):
        raise ValueError("serials must be in 0..999")
    number = birth_yyyymmdd.astype(np.int64) * 1000 + serials
    total = np.full(number.shape[0], 9 * int(ID_WEIGHTS[:6].sum()))
    letters = np.full((number.shape[0], 18), ord("9"), dtype=np.uint32)
    for place in range(16, 5, -1):
        digit = number % 10
        letters[:, place] = digit + ord("0")
        total += digit * ID_WEIGHTS[place]
        number = number // 10
    letters[:, 17] = CHECK_DIGITS[(total + 5) % 11]
    # numpy keeps text as 4-byte code points, so a row of 18 of them is one '<U18'.
    return letters.view("<U18")[:, 0]


def invented_phones(serials: NDArray[np.int64]) -> NDArray[np.str_]:
    """Phones 1xx0000xxxx that look like a mobile's (second digit 3-9) and are given to nobody.

    Takes:   serials (N,) >= 0; from 700,000 on the numbers repeat.
    Gives:   (N,) '<U11'.
    """
    if np.any(serials < 0):
        raise ValueError("serials must not be negative")
    wrapped = serials % 700_000
    number = 10_000_000_000 + (30 + wrapped // 10_000) * 100_000_000 + wrapped % 10_000
    return number.astype("<U11")
