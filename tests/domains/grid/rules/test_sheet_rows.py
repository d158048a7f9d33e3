"""One cell as typed, in each of the ways it is typed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.grid.rules.sheet_rows import (
    CHECK_DIGITS,
    ID_WEIGHTS,
    cell_text,
    half_width,
    name_key,
    read_address,
    read_date,
    read_door_part,
    read_id,
    read_phones,
    read_presence,
    read_sex,
    read_yes,
    split_address,
)

MORNING = datetime.fromisoformat("2022-11-03T08:00")


def check_digit(first: str) -> str:
    return CHECK_DIGITS[sum(int(d) * w for d, w in zip(first, ID_WEIGHTS, strict=True)) % 11]


def unassigned(birth: str = "19900307", serial: str = "002") -> str:
    """A number of right form in an area that belongs to no county: 110000 is a whole municipality."""
    first = "110000" + birth + serial
    return first + check_digit(first)


def invented(birth: str = "19900307", serial: str = "001") -> str:
    first = "999999" + birth + serial
    return first + CHECK_DIGITS[(CHECK_DIGITS.index(check_digit(first)) + 5) % 11]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("３－２－５０１", "3-2-501"),
        ("ＡＢ　Ｃ", "AB C"),
        (" 张\u3000 三\n", "张 三"),
        ("3—2–501", "3-2-501"),
        ("（常住）", "(常住)"),
        ("\ufeff姓名", "姓名"),
    ],
)
def test_wide_signs_become_narrow(typed, read):
    assert half_width(typed) == read


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (3.0, "3"),
        (3.5, "3.5"),
        (7, "7"),
        (True, "1"),
        ("'0451", "0451"),
        (datetime.fromisoformat("2022-11-03"), "2022-11-03"),
        (13000000001.0, "13000000001"),
    ],
)
def test_cells_read_as_the_office_sees_them(value, text):
    assert cell_text(value) == text


def test_the_check_digit_of_the_standards_own_example():
    # GB 11643-1999, annex: 11010519491231002 leads to X.
    assert check_digit("11010519491231002") == "X"
    assert read_id("11010519491231002x").problem == ""
    assert read_id("11010519491231002x").number == "11010519491231002X"


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        " {} ",
        "'{}",
        "\u3000{}",
        "{}.0".replace(".0", ""),
        "{} \n",
    ],
)
def test_id_numbers_are_read_through_blanks_and_quotes(typed):
    number = unassigned()
    read = read_id(typed.format(number))
    assert (read.number, read.birth, read.sex, read.problem) == (number, date(1990, 3, 7), "female", "")


def test_id_numbers_with_blanks_inside_and_wide_digits():
    number = unassigned()
    assert read_id(f"{number[:6]} {number[6:14]} {number[14:]}").number == number
    assert read_id("".join(chr(ord(c) + 0xFEE0) for c in number)).number == number
    assert read_id(int(unassigned("19900307", "002")[:17] + "0")).number[:17] == unassigned()[:17]


@pytest.mark.parametrize(
    ("value", "problem", "why"),
    [
        ("12345", "id_shape", "length"),
        ("110000199003070O2X", "id_shape", "letters"),
        (4.31102199003e17, "id_shape", "rounded"),
        ("4.31102E+17", "id_shape", "rounded"),
        ("000000199003070020", "id_shape", "area"),
        (unassigned("19900231"), "id_birth", ""),
        (unassigned("18990101"), "id_birth", ""),
        (unassigned()[:17] + ("1" if unassigned()[17] != "1" else "2"), "id_checksum", ""),
        (invented(), "id_shape", "invented"),
    ],
)
def test_id_numbers_are_refused_with_a_reason(value, problem, why):
    read = read_id(value)
    assert (read.problem, read.why) == (problem, why)


def test_invented_numbers_pass_only_when_allowed_and_wrong():
    read = read_id(invented(), allow_invented=True)
    assert (read.problem, read.sex, read.birth) == ("", "male", date(1990, 3, 7))
    first = invented()[:17]
    assert read_id(first + check_digit(first), allow_invented=True).problem == "id_checksum"
    assert read_id("", allow_invented=True).problem == ""
    assert read_id(None).number == ""


@given(st.text(alphabet="0123456789Xx -", min_size=0, max_size=20))
def test_an_id_number_without_a_problem_has_its_check_digit(text):
    read = read_id(text)
    if read.number and not read.problem:
        assert read.number[17] == check_digit(read.number[:17])
        assert read.birth is not None


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(birth, serial, place, step):
    number = unassigned(f"{birth:%Y%m%d}", f"{serial:03}")
    assert read_id(number).problem == ""
    if place < 17:
        wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
        assert read_id(wrong).problem in ("id_checksum", "id_birth", "id_shape")


@pytest.mark.parametrize(
    "typed",
    [
        "2022.11.3",
        "2022/11/03",
        "2022-11-03",
        "2022年11月3日",
        "11月3日",
        "２０２２．１１．３",
        "20221103",
        20221103,
        44868,
        44868.0,
        44868.75,
        "44868",
        MORNING,
        date(2022, 11, 3),
        "2022-11-03 00:00:00",
        "2022 / 11 / 3",
        "11月3号",
    ],
)
def test_one_day_in_all_its_styles(typed):
    assert read_date(typed, default_year=2022) == date(2022, 11, 3)


@pytest.mark.parametrize(
    "typed", ["", None, "2022.13.3", "2022.2.30", "不详", 1980.5, "1980.5", 60, "1980", 99999999, -5]
)
def test_what_is_no_day_is_none(typed):
    assert read_date(typed, default_year=2022) is None


def test_a_day_without_a_year_needs_one():
    assert read_date("11月3日") is None


def test_excels_days_round_its_mistake_about_1900():
    assert read_date(1) == date(1900, 1, 1)
    assert read_date(59) == date(1900, 2, 28)
    assert read_date(61) == date(1900, 3, 1)


@given(st.dates(date(1927, 6, 1), date(2099, 12, 31)))
def test_serials_of_the_living_come_back(day):
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    assert read_date(float(serial)) == read_date(serial) == day


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("130 0000 0001", ("13000000001",)),
        ("+86-13000000001", ("13000000001",)),
        (13000000001.0, ("13000000001",)),
        ("１３００００００００１", ("13000000001",)),
        ("13000000001、13100000002", ("13000000001", "13100000002")),
        ("13000000001 13100000002", ("13000000001", "13100000002")),
        ("0746-6220000", ("07466220000",)),
        ("6220000", ("6220000",)),
        ("", ()),
        (None, ()),
        ("1300000000", None),
        ("12000000001", None),
        ("无", None),
        ("13000000001/123", None),
    ],
)
def test_phones(typed, read):
    assert read_phones(typed) == read


@pytest.mark.parametrize(
    ("typed", "door"),
    [
        ("3-2-501", ("3", "2", "501")),
        ("3幢2单元501室", ("3", "2", "501")),
        ("3栋501", ("3", "1", "501")),
        ("3-501", ("3", "1", "501")),
        ("3号楼二单元501", ("3", "2", "501")),
        ("3—2—501", ("3", "2", "501")),
        ("3一2一501", ("3", "2", "501")),
        ("３－２－５０１室", ("3", "2", "501")),
        ("十二栋三单元1203", ("12", "3", "1203")),
        ("A栋501", ("A", "1", "501")),
        ("3#2单元501", ("3", "2", "501")),
        ("3 栋 2 单元 501 室", ("3", "2", "501")),
        ("12号", ("12", "", "")),
        ("三号", ("3", "", "")),
        ("", None),
        ("不详", None),
        ("三组", None),
        ("3栋", None),
    ],
)
def test_addresses(typed, door):
    assert read_address(typed) == door


@pytest.mark.parametrize(
    ("typed", "place", "door"),
    [
        ("竹城花园3-2-501", "竹城花园", ("3", "2", "501")),
        ("怡顺嘉园 3栋 501", "怡顺嘉园", ("3", "1", "501")),
        ("柳林村3组12号", "柳林村3组", ("12", "", "")),
        ("柳林村三组", "柳林村3组", None),
    ],
)
def test_what_stands_before_the_door_is_kept(typed, place, door):
    assert split_address(typed) == (place, door)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3栋", "3"),
        ("三栋", "3"),
        ("2单元", "2"),
        ("501室", "501"),
        (501.0, "501"),
        ("十二", "12"),
        ("3a", "3A"),
        (None, ""),
    ],
)
def test_parts_of_an_address_in_columns_of_their_own(typed, number):
    assert read_door_part(typed) == number


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("东岳宫社区", "东岳宫社区居委会"),
        ("东岳宫社区居民委员会", "东岳宫"),
        ("柳林村委会", "柳林村村民委员会"),
        ("回龙塔社区", "迴龙塔社区居委会"),
        ("坚木克街道", "坚木克尔街道"),
        ("柳 林 村", "柳林"),
    ],
)
def test_names_of_one_division_have_one_key(a, b):
    assert name_key(a) == name_key(b)


@pytest.mark.parametrize(
    ("typed", "yes"),
    [
        ("是", True),
        ("√", True),
        (1, True),
        (1.0, True),
        ("Y", True),
        ("否", False),
        ("", False),
        (None, False),
        (0, False),
        ("×", False),
        ("二级", None),
    ],
)
def test_yes_and_no(typed, yes):
    assert read_yes(typed) is yes


def test_sex_and_presence():
    assert [read_sex(v) for v in ("男", " 女性", 1, 2.0, "M", "", None, "未知")] == [
        "male",
        "female",
        "male",
        "female",
        "male",
        "",
        "",
        None,
    ]
    assert [read_presence(v) for v in ("常住", "户籍在册", "外出务工", "租住", "", "其他")] == [
        "lives",
        "registered",
        "away",
        "rents",
        "",
        "",
    ]
