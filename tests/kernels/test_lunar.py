"""The lunar calendar beside dates that almanacs print, beside what is known of it, and there and back again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lianfang.kernels.lunar import LunarDay, civil_of, lunar_of, lunar_words, typed_lunar

# New year's days as the Hong Kong Observatory prints them; 2027 and 2030 are those that rough sums get wrong.
NEW_YEARS = {2000: (2, 5), 2008: (2, 7), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22),
             2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2030: (2, 3), 2033: (1, 31),
             2034: (2, 19), 2050: (1, 23)}  # fmt: skip
MID_AUTUMN = {2020: (10, 1), 2021: (9, 21), 2022: (9, 10), 2023: (9, 29), 2024: (9, 17), 2025: (10, 6), 2026: (9, 25)}


@pytest.mark.parametrize("year", NEW_YEARS)
def test_new_years_are_those_of_the_almanac(year: int) -> None:
    assert civil_of(LunarDay(year, 1, 1)) == date(year, *NEW_YEARS[year])


@pytest.mark.parametrize("year", MID_AUTUMN)
def test_mid_autumn_is_that_of_the_almanac(year: int) -> None:
    assert civil_of(LunarDay(year, 8, 15)) == date(year, *MID_AUTUMN[year])


def test_leap_months_come_where_the_almanac_has_them() -> None:
    assert lunar_of(date(2020, 5, 23)) == LunarDay(2020, 4, 1, True)
    assert lunar_of(date(2023, 3, 22)) == LunarDay(2023, 2, 1, True)
    assert lunar_of(date(2025, 7, 25)) == LunarDay(2025, 6, 1, True)
    assert lunar_of(date(2033, 12, 22)) == LunarDay(2033, 11, 1, True)
    assert lunar_of(date(2012, 8, 17)) == LunarDay(2012, 7, 1) and lunar_of(date(2018, 11, 7)).day == 30


def test_every_day_comes_back_and_none_is_left_out() -> None:
    day, before = date(2000, 2, 5), LunarDay(1999, 12, 30)
    while day < date(2060, 1, 1):
        now = lunar_of(day)
        assert civil_of(now) == day
        assert now.day == 1 if before.day == 30 else now.day in (before.day + 1, 1)
        assert now.day != 1 or before.day >= 29
        day, before = day + timedelta(days=1), now


@pytest.mark.parametrize("lunar", [LunarDay(1999, 1, 1), LunarDay(2060, 1, 1), LunarDay(2022, 4, 1, True),
                                   LunarDay(2022, 2, 31), LunarDay(2022, 13, 1)])  # fmt: skip
def test_days_that_are_not_in_the_calendar_are_refused(lunar: LunarDay) -> None:
    with pytest.raises(ValueError):
        civil_of(lunar)


def test_dates_outside_the_table_are_refused() -> None:
    for day in (date(2000, 2, 4), date(2060, 2, 10)):
        with pytest.raises(ValueError):
            lunar_of(day)


@pytest.mark.parametrize(
    ("text", "lunar"),
    [
        ("正月初三", LunarDay(2022, 1, 3)),
        ("农历 2023年闰二月十五", LunarDay(2023, 2, 15, True)),
        ("腊月廿九", LunarDay(2022, 12, 29)),
        ("十一月二十", LunarDay(2022, 11, 20)),
        ("冬月二十三", LunarDay(2022, 11, 23)),
        ("农历1月3日", LunarDay(2022, 1, 3)),
        ("八月三十", LunarDay(2022, 8, 30)),
        ("六月初十", LunarDay(2022, 6, 10)),
        ("1月3日", None),
        ("2022-02-03", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_type_them(text: str, lunar: LunarDay | None) -> None:
    assert typed_lunar(text, year=2022) == lunar


def test_every_day_that_is_written_is_read_again() -> None:
    for n in range(3000):
        lunar = lunar_of(date(2020, 1, 25) + timedelta(days=n))
        assert typed_lunar(lunar_words(lunar), year=lunar.year) == lunar
