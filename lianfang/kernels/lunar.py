"""The Chinese lunar calendar from 2000 to 2059: a civil date in it, and the civil date of one of its days.

The calendar is fixed by a national standard (GB/T 33661-2017); its months are facts of new moons and sun, so they stand
here as a table: by year the leap month (0: none) and, month after month, 1 for thirty days and 0 for twenty-nine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

FIRST_YEAR, FIRST_DAY = 2000, date(2000, 2, 5)
YEARS = (
    "0:110010010110",
    "4:1101010010101",
    "0:110101001010",
    "0:110110100101",
    "2:0101101010101",
    "0:010101101010",
    "7:1010101011011",
    "0:001001011101",
    "0:100100101101",
    "5:1100100101011",
    "0:101010010101",
    "0:101101001010",
    "4:1011010101010",
    "0:101011010101",
    "9:0101010110101",
    "0:010010111010",
    "0:101001011011",
    "6:0101001010111",
    "0:010100101011",
    "0:101010010011",
    "4:0111010010101",
    "0:011010101010",
    "0:101011010101",
    "2:0100110110101",
    "0:010010110110",
    "6:1010010101110",
    "0:101001001110",
    "0:110100100110",
    "5:1110100100110",
    "0:110101010011",
    "0:010110101010",
    "3:0110101101010",
    "0:100101101101",
    "11:0100101011101",
    "0:010010101101",
    "0:101001001101",
    "6:1101001001011",
    "0:110100100101",
    "0:110101010010",
    "5:1101101010100",
    "0:101101011010",
    "0:010101101101",
    "2:0100101011011",
    "0:010010011011",
    "7:1010010010111",
    "0:101001001011",
    "0:101010100101",
    "5:1011010100101",
    "0:011011010010",
    "0:101011011010",
    "3:0101010110110",
    "0:100100110111",
    "8:0100100101111",
    "0:010010010111",
    "0:011001001011",
    "6:0110101001010",
    "0:111010100101",
    "0:011010110010",
    "4:1010101101100",
    "0:101010101110",
)
DIGITS = "〇一二三四五六七八九十"
MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
TYPED = re.compile(
    r"^(?:农历)?\s*(?:(\d{4})\s*年?\s*)?(闰)?(正|一|二|三|四|五|六|七|八|九|十一|十二|十|冬|腊|1[0-2]|[1-9])月"
    r"\s*(初[一二三四五六七八九十]|十[一二三四五六七八九]|二十[一二三四五六七八九]?|廿[一二三四五六七八九]|三十|[12][0-9]|30|[1-9])日?$"
)
ODD_MONTHS = {"一": 1, "十一": 11, "十二": 12}


@dataclass(frozen=True)
class LunarDay:
    """A day of the lunar calendar; is_leap: of the month that comes a second time in its year."""

    year: int
    month: int
    day: int
    is_leap: bool = False


@cache
def _months(year: int) -> list[tuple[int, bool, int]]:
    """The months of a year in their order: which, whether it is the leap one, how many days."""
    leap, lengths = YEARS[year - FIRST_YEAR].split(":")
    out: list[tuple[int, bool, int]] = []
    month = 0
    for n, long in enumerate(lengths):
        is_leap = bool(int(leap)) and n == int(leap)
        month += not is_leap
        out.append((month, is_leap, 29 + int(long)))
    return out


def lunar_of(day: date) -> LunarDay:
    """The lunar day on which a civil date falls.

    Raises: ValueError outside the years of the table.
    """
    left = (day - FIRST_DAY).days
    for n in range(len(YEARS)):
        for month, is_leap, length in _months(FIRST_YEAR + n):
            if 0 <= left < length:
                return LunarDay(FIRST_YEAR + n, month, left + 1, is_leap)
            left -= length
    raise ValueError(day.isoformat())


def civil_of(lunar: LunarDay) -> date:
    """The civil date of a lunar day.

    Raises: ValueError for a day that the calendar does not have, or outside the years of the table.
    """
    if not FIRST_YEAR <= lunar.year < FIRST_YEAR + len(YEARS):
        raise ValueError(str(lunar.year))
    day = FIRST_DAY + timedelta(days=sum(m[2] for y in range(FIRST_YEAR, lunar.year) for m in _months(y)))
    for month, is_leap, length in _months(lunar.year):
        if (month, is_leap) == (lunar.month, lunar.is_leap):
            if not 1 <= lunar.day <= length:
                break
            return day + timedelta(days=lunar.day - 1)
        day += timedelta(days=length)
    raise ValueError(f"{lunar.month}-{lunar.day}")


def typed_lunar(text: str, *, year: int) -> LunarDay | None:
    """A lunar date as people type it (正月初三, 农历2022年正月初三, 闰四月十五, 1月3日 after 农历); None if it is none.

    year: that of a date which names no year. Edge: digits alone count as lunar only after the word 农历.
    """
    found = TYPED.match(text.strip())
    if found is None:
        return None
    of_year, leap, month, day = found.groups()
    if month.isdigit() and not text.strip().startswith("农历"):
        return None
    number = int(month) if month.isdigit() else ODD_MONTHS.get(month) or MONTHS.index(month) + 1
    return LunarDay(int(of_year) if of_year else year, number, _day_number(day), bool(leap))


def _day_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens = {"初": 0, "十": 10, "廿": 20, "二": 20, "三": 30}[text[0]]
    rest = text.replace("二十", "", 1) if text.startswith("二十") else text[1:]
    if text in ("初十", "三十"):
        return 10 if text == "初十" else 30
    return tens + (DIGITS.index(rest) if rest else 0)


def lunar_words(lunar: LunarDay) -> str:
    """A lunar day as it is written: 正月初三, 闰四月十五."""
    n = lunar.day
    if n in (10, 20, 30):
        day = {10: "初十", 20: "二十", 30: "三十"}[n]
    else:
        day = ("初", "十", "廿")[n // 10] + DIGITS[n % 10]
    return f"{'闰' if lunar.is_leap else ''}{MONTHS[lunar.month - 1]}月{day}"
