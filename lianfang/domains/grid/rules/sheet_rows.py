"""What a street office types into one cell, brought to one form or refused with a code. No guess is made silently."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from lianfang.kernels.names import name_key

__all__ = [
    "Address",
    "IdReading",
    "cell_text",
    "half_width",
    "name_key",
    "read_address",
    "read_date",
    "read_door_part",
    "read_id",
    "read_phones",
    "read_presence",
    "read_sex",
    "read_yes",
    "split_address",
]

# GB 11643-1999: 2^(18-i) mod 11 and the digits they lead to.
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
NO_AREA = "999999"
# GB/T 2260, first two digits; 83 is Taiwan's in residence permits (since 2018).
PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
    )
)
NUMERALS = {letter: n for n, letter in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
YES = frozenset(("是", "有", "对", "√", "✓", "✔", "☑", "v", "y", "yes", "true", "1"))
NO = frozenset(("否", "无", "没有", "不是", "×", "x", "✗", "☐", "n", "no", "false", "0", "-", "/"))
PRESENCE = {
    "lives": ("常住", "在住", "居住", "实住", "人户一致", "自住", "在家"),
    "registered": ("户籍", "空挂", "挂户", "人户分离", "户在人不在"),
    "away": ("外出", "在外", "外地", "务工", "不在家"),
    "rents": ("租住", "租户", "租房", "租客", "流动"),
}
LAST_SERIAL = 73_050  # 31 December 2099 counted in Excel's days


class Address(NamedTuple):
    """A door as text, for 3A and the like do occur. A house by itself has a building only."""

    building: str
    unit: str
    door: str


@dataclass(frozen=True)
class IdReading:
    """number: 18 characters, or what was typed; birth, sex: from a number of right shape; problem: a code."""

    number: str
    birth: date | None = None
    sex: str = ""
    problem: str = ""
    why: str = ""


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones, dashes as "-", white space as single blanks."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[‐‑‒–—―─−－﹣]+", "-", plain)
    return re.sub(r"[\s\u200b\ufeff]+", " ", plain).strip()


def cell_text(value: object) -> str:
    """A cell as the office reads it: no .0 behind whole numbers, nothing for None.

    Edge: a leading apostrophe, typed to keep a number as text, goes.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return half_width(str(value)).lstrip("'`").strip()


def read_id(value: object, *, allow_invented: bool = False) -> IdReading:
    """An ID number, its birth date and sex.

    Gives:   problem "" or one of id_shape (why: length, letters, area, rounded, invented), id_birth, id_checksum.
    Edge:    nothing typed: number "" without a problem. A number cell keeps 15 digits only, so 18 digits read from
             one are refused as rounded: the last three are lost, not nought. Area 999999, of invented persons,
             passes only with allow_invented and a wrong check digit; with a right one it is id_checksum.
    Source:  GB 11643-1999
    """
    text = re.sub(r"[\s.\-]", "", cell_text(value)).upper() if not isinstance(value, float) else cell_text(value)
    if not text:
        return IdReading("")
    if (isinstance(value, float) and abs(value) >= 1e15) or re.fullmatch(r"\d+E\+?\d+", text):
        return IdReading(text, problem="id_shape", why="rounded")
    if len(text) != 18:
        return IdReading(text, problem="id_shape", why="length")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return IdReading(text, problem="id_shape", why="letters")
    is_invented = text.startswith(NO_AREA)
    if is_invented and not allow_invented:
        return IdReading(text, problem="id_shape", why="invented")
    if not is_invented and text[:2] not in PROVINCES:
        return IdReading(text, problem="id_shape", why="area")
    sex = "male" if int(text[16]) % 2 else "female"
    birth = _calendar(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    if birth is None:
        return IdReading(text, sex=sex, problem="id_birth")
    is_right = CHECK_DIGITS[sum(int(d) * w for d, w in zip(text, ID_WEIGHTS, strict=False)) % 11] == text[17]
    return IdReading(text, birth, sex, "" if is_right != is_invented else "id_checksum")


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year <= 2099 else None
    except ValueError:
        return None


def read_date(value: object, *, default_year: int | None = None) -> date | None:
    """A date in one of the styles met: 2022.11.3, 2022/11/03, 2022年11月3日, 11月3日, 20221103, Excel days, datetime.

    Takes:   default_year for a month and day alone; without it these are not read.
    Gives:   None for nothing and for what is no date of 1900-2099.
    Edge:    Excel's day 60, 29 February 1900, never was; 1980.5 could be May or a fraction and is refused.
    """
    if isinstance(value, datetime):
        return _calendar(value.year, value.month, value.day)
    if isinstance(value, date):
        return _calendar(value.year, value.month, value.day)
    text = re.sub(r"[T ]\d{1,2}:\d{2}.*$", "", cell_text(value))
    text = re.sub(r"\s", "", text)
    if re.fullmatch(r"\d{8}", text):
        return _calendar(int(text[:4]), int(text[4:6]), int(text[6:]))
    if re.fullmatch(r"\d{1,5}", text) and (isinstance(value, (int, float)) or len(text) == 5):
        return _from_serial(int(text))
    if isinstance(value, float):
        return _from_serial(int(value)) if value > 10_000 else None
    found = re.fullmatch(r"(\d{4})[./\-年](\d{1,2})[./\-月](\d{1,2})[日号.]?", text)
    if found:
        return _calendar(*(int(part) for part in found.groups()))
    found = re.fullmatch(r"(\d{1,2})月(\d{1,2})[日号]?", text)
    if found and default_year is not None:
        return _calendar(default_year, int(found[1]), int(found[2]))
    return None


def _from_serial(days: int) -> date | None:
    """Excel counts from 1900-01-01 as 1 and believes in 29 February 1900 (60)."""
    if not 1 <= days <= LAST_SERIAL or days == 60:
        return None
    return date(1899, 12, 30 if days > 60 else 31) + timedelta(days=days)


def read_phones(value: object) -> tuple[str, ...] | None:
    """The phone numbers of a cell as digits; () for nothing; None if any of them is none.

    Edge: +86 and blanks or dashes within a number go; 、 , ; / part two numbers. A land line keeps its area code.
    """
    text = cell_text(value)
    found = []
    for part in re.split(r"[、,;/]|(?<=\d{11}) (?=\d)", text):
        digits = re.sub(r"[\s\-()]", "", part)
        digits = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", digits)
        if not digits:
            continue
        if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7}", digits):
            return None
        found.append(digits)
    return tuple(found)


def _digits(text: str) -> str:
    """Chinese numerals up to 99 as digits: 二 2, 十二 12, 二十 20, 三十五 35."""

    def tens(match: re.Match[str]) -> str:
        high, low = match[1], match[2]
        return str((NUMERALS[high] if high else 1) * 10 + (NUMERALS[low] if low else 0))

    text = re.sub(r"([一二三四五六七八九两])?十([一二三四五六七八九])?", tens, text)
    return re.sub(r"[零〇一二两三四五六七八九]", lambda match: str(NUMERALS[match[0]]), text)


_BUILDING, _UNIT, _DOOR = r"(?<![0-9A-Za-z])([0-9A-Za-z]{1,4})", r"([0-9A-Za-z]{1,2})", r"([0-9]{1,4}[A-Za-z]?)"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"{_BUILDING}-{_UNIT}-{_DOOR}[室号房户]?$",
        rf"{_BUILDING}(?:号楼|幢|栋|座|楼|号|#)-?{_UNIT}(?:单元|梯|门)-?{_DOOR}[室号房户]?$",
        rf"{_BUILDING}(?:号楼|幢|栋|座|楼|#)-?()-?{_DOOR}[室号房户]?$",
        rf"{_BUILDING}()-{_DOOR}[室号房户]?$",
        rf"{_BUILDING}号()()$",
    )
)
_NUMERAL_BEFORE = re.compile(r"[零〇一二两三四五六七八九十]+(?=号楼|幢|栋|座|单元|梯|楼|门|室|号|房|户|组)")


def split_address(text: str) -> tuple[str, Address | None]:
    """What stands before the door (estate, village), and the door; None where no shape fits.

    Edge: 3栋501 and 3-501 name no unit: it is 1, as in the sheets met. 一 between digits is a dash, elsewhere 1.
    """
    plain = re.sub(r"\s", "", half_width(text))
    plain = re.sub(r"(?<=[0-9A-Za-z])[一~_](?=[0-9A-Za-z])", "-", plain)
    plain = _NUMERAL_BEFORE.sub(lambda match: _digits(match[0]), plain)
    for shape in _SHAPES:
        found = shape.search(plain)
        if found:
            building, unit, door = found.groups()
            return plain[: found.start()].rstrip("-,、"), Address(
                building.upper(), unit or ("1" if door else ""), door.upper()
            )
    return plain, None


def read_address(text: str) -> Address | None:
    """(building, unit, door) of 3-2-501, 3幢2单元501室, 3栋501, 3-501, 3号楼二单元501 or 12号; None where none fits."""
    return split_address(text)[1]


def read_door_part(value: object) -> str:
    """The number of a building, unit or door that has a column of its own: 3栋 and 三栋 are 3, 501室 is 501."""
    text = re.sub(r"\s", "", cell_text(value))
    text = re.sub(r"(号楼|幢|栋|座|楼|单元|梯|室|房|户|号|#)$", "", text)
    return _digits(text).upper() if re.fullmatch(r"[零〇一二两三四五六七八九十]+", text) else text.upper()


def read_sex(value: object) -> str | None:
    """male or female; "" for nothing; None for anything else. 1 and 2 as in GB/T 2261.1."""
    text = cell_text(value).lower()
    if not text:
        return ""
    return {
        "男": "male",
        "男性": "male",
        "m": "male",
        "male": "male",
        "1": "male",
        "女": "female",
        "女性": "female",
        "f": "female",
        "female": "female",
        "2": "female",
    }.get(text)


def read_yes(value: object) -> bool | None:
    """Yes or no; False for nothing; None for other words (残疾: 二级), which the caller must show."""
    text = cell_text(value).lower()
    if not text or text in NO:
        return False
    return True if text in YES else None


def read_presence(value: object) -> str:
    """lives, registered, away or rents; "" for nothing or other words."""
    text = cell_text(value)
    for kind in ("away", "rents", "registered", "lives"):
        if any(word in text for word in PRESENCE[kind]):
            return kind
    return ""
