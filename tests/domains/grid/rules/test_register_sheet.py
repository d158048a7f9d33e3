"""A register as offices send it: titles, two-level headers, merged cells, totals, bad rows."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from lianfang.domains.grid.planning.workbook import tables_of
from lianfang.domains.grid.rules.register_sheet import ALIASES, SheetReading, find_header, read_register
from lianfang.domains.grid.rules.sheet_rows import CHECK_DIGITS, ID_WEIGHTS

BORN = datetime.fromisoformat("1951-02-03")
HEADER = ["姓名", "身份证号", "性别", "手机", "住址"]


def invented(birth: str, serial: int) -> str:
    first = f"999999{birth}{serial:03}"
    right = sum(int(d) * w for d, w in zip(first, ID_WEIGHTS, strict=True)) % 11
    return first + CHECK_DIGITS[(right + 5) % 11]


def read(*rows, header=HEADER) -> SheetReading:
    return read_register([header, *rows], default_year=2022, allow_invented=True)


def codes(reading: SheetReading) -> list[tuple[int, str]]:
    return [(problem.row, problem.code) for problem in reading.problems]


# Two title rows, a header of two levels, merged cells, sums, a repeated header, a signature; invented people.
MESSY: list[list[object]] = [
    ["东岳宫社区居民登记表"],
    ["填报单位: 东岳宫社区", None, None, None, None, "2022年11月3日"],
    [
        "序号",
        "姓 名",
        "身份证\n号码*",
        "性别",
        "出生日期(年月日)",
        "联系电话",
        "住 址",
        None,
        None,
        "与户主关系",
        "居住情况",
        "特殊人群",
        None,
        None,
        "备注",
        "民族",
    ],
    [None, None, None, None, None, None, "楼栋", "单元", "房号", None, None, "独居", "卧床", "残疾"],
    [
        1,
        "张　一",
        invented("19510203", 1),
        "男",
        BORN,
        13000000001,
        "3栋",
        "2单元",
        501,
        "户主",
        "常住",
        None,
        None,
        "二级",
        None,
        "汉",
    ],
    [
        2,
        "李二",
        " " + invented("19530304", 2).lower(),
        "女",
        "1953.3.4",
        "130 0000 0002",
        None,
        None,
        None,
        "妻",
        "常住",
        None,
        "√",
    ],
    [3, "张三", invented("19800506", 2), "女", "1980/05/06", None, None, None, None, "子", "外出务工"],
    [None] * 16,
    [4, "王四", 4.31102198001010e17, "男", None, "1300000", None, None, "502室", "户主", "租住", "是"],
    ["合 计", "4人"],
    [
        "序号",
        "姓 名",
        "身份证\n号码*",
        "性别",
        "出生日期(年月日)",
        "联系电话",
        "住 址",
        None,
        None,
        "与户主关系",
        "居住情况",
        "特殊人群",
        None,
        None,
        "备注",
        "民族",
    ],
    [5, "赵五", invented("19900101", 3), "男", "11月3日", None, "４", 1, "101", "户主", None, None, None, None, "新来"],
    [6, "钱六", invented("19900101", 3), "男", None, None, None, None, None, "租客"],
    [7, None, None, "女", None, None, None, None, None, "女"],
    ["填表人: 孙七", None, None, None, "审核人:"],
]


def messy_workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "东岳宫社区"
    for row in MESSY:
        sheet.append(row)
    sheet.merge_cells("A1:P1")
    sheet.merge_cells("G3:I3")
    sheet.merge_cells("G5:G7")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def messy() -> SheetReading:
    (table,) = tables_of(messy_workbook(), "登记表.xlsx")
    return read_register(table, default_year=2022, allow_invented=True)


def test_a_header_of_two_levels_below_titles_is_found(messy):
    assert messy.columns == {
        "number": 0,
        "name": 1,
        "id_number": 2,
        "sex": 3,
        "birth": 4,
        "phone": 5,
        "building": 6,
        "unit": 7,
        "door": 8,
        "relation": 9,
        "presence": 10,
        "elder_alone": 11,
        "bedridden": 12,
        "disabled": 13,
        "note": 14,
    }


def test_every_row_of_the_file_is_in_one_place(messy):
    (table,) = tables_of(messy_workbook(), "登记表.xlsx")
    assert len(messy.rows) + len(messy.bad) + len(messy.skipped) == len(table) == 15
    assert Counter(why for _, why in messy.skipped) == {"title": 2, "header": 3, "empty": 1, "total": 1, "footer": 1}
    everywhere = sorted([p.row for p in (*messy.rows, *messy.bad)] + [row for row, _ in messy.skipped])
    assert everywhere == list(range(1, 16))


def test_good_rows_are_read_with_merged_cells_filled(messy):
    one, two, three = messy.rows
    assert (one.row, one.name, one.birth, one.phones, one.sex) == (
        5,
        "张一",
        date(1951, 2, 3),
        ("13000000001",),
        "male",
    )
    assert [(p.building, p.unit, p.door) for p in (one, two, three)] == [("3", "2", "501")] * 3
    assert [p.household for p in (one, two, three)] == [1, 1, 1]
    assert two.id_number == invented("19530304", 2)
    assert (two.birth, two.phones, two.flags) == (date(1953, 3, 4), ("13000000002",), {"bedridden"})
    assert (one.flags, one.note) == ({"disabled"}, "残疾: 二级")
    assert one.other == (("民族", "汉"),)
    assert (three.presence, three.relation) == ("away", "子")


def test_bad_rows_are_kept_and_named_as_the_office_counts(messy):
    assert codes(messy) == [
        (9, "id_shape"),
        (9, "phone_shape"),
        (12, "id_twice"),
        (12, "birth_differs"),
        (13, "id_twice"),
        (14, "name_missing"),
    ]
    rounded = messy.problems[0]
    assert (rounded.column, rounded.fix_values) == ("id_number", {"why": "rounded"})
    twice = next(p for p in messy.problems if p.code == "id_twice")
    assert twice.fix_values == {"rows": [12, 13], "same_name": False}
    four, five, six, seven = messy.bad
    assert (four.building, four.unit, four.door, four.household) == ("3", "2", "502", 2)
    assert (five.building, five.unit, five.door, five.note) == ("4", "1", "101", "新来")
    assert five.household == six.household == seven.household == 3


def test_sex_and_birth_are_checked_against_the_id_number():
    male = invented("19900101", 1)
    reading = read(
        ["甲一", male, "女", "", ""],
        ["乙二", "", "?", "", ""],
        ["丙三", "", "", "", ""],
        ["丁四", male[:17], "男", "", ""],
        ["戊五", invented("19900102", 2), "", "", ""],
    )
    assert codes(reading) == [(2, "sex_differs"), (3, "sex_unknown"), (4, "sex_unknown"), (5, "id_shape")]
    assert reading.problems[0].fix_values == {"from_id": "male"}
    assert (reading.rows[0].sex, reading.rows[0].birth) == ("female", date(1990, 1, 2))


def test_birth_dates_nobody_can_read_are_named():
    reading = read(["甲一", invented("19900101", 1), "不详"], header=["姓名", "身份证号码", "出生日期"])
    (problem,) = reading.problems
    assert (problem.code, problem.value, problem.fix_values) == ("birth_unreadable", "不详", {"from_id": "1990-01-01"})


def test_addresses_in_one_column():
    reading = read(
        ["甲一", "", "男", "", "竹城花园3幢2单元501室"],
        ["乙二", "", "男", "", ""],
        ["丙三", "", "女", "", "不详"],
        ["丁四", "", "女", "", "柳林村12号"],
    )
    assert codes(reading) == [(4, "address_unreadable")]
    assert [(p.place, p.building, p.unit, p.door, p.household) for p in reading.rows] == [
        ("竹城花园", "3", "2", "501", 1),
        ("竹城花园", "3", "2", "501", 1),
        ("柳林村", "12", "", "", 3),
    ]
    assert reading.bad[0].place == "不详"


def test_a_new_building_does_not_keep_the_last_ones_door():
    header = ["姓名", "性别", "楼栋", "单元", "门牌", "与户主关系"]
    reading = read(
        ["甲一", "男", "3", "2", "501", "户主"],
        ["乙二", "女", "", "", "", "妻"],
        ["丙三", "男", "", "", "502", "户主"],
        ["丁四", "男", "5", "", "", ""],
        ["戊五", "男", "", "", "", "户主"],
        header=header,
    )
    assert [(p.building, p.unit, p.door) for p in reading.rows] == [
        ("3", "2", "501"),
        ("3", "2", "501"),
        ("3", "2", "502"),
        ("5", "", ""),
        ("", "", ""),
    ]
    assert [p.household for p in reading.rows] == [1, 1, 2, 3, 4]


def test_a_whole_door_below_the_column_of_doors():
    reading = read(["甲一", "男", "3-2-501"], header=["姓名", "性别", "门牌号"])
    assert (reading.rows[0].building, reading.rows[0].unit, reading.rows[0].door) == ("3", "2", "501")


def test_heads_part_households_where_there_is_no_relation():
    reading = read(
        ["甲一", "男", "甲一"], ["甲二", "女", None], ["乙一", "男", "乙一"], header=["姓名", "性别", "户主"]
    )
    assert [(p.household, p.head) for p in reading.rows] == [(1, "甲一"), (1, "甲一"), (2, "乙一")]


def test_a_group_heading_over_a_row_of_headings():
    table = [
        ["基本信息", None, None, "住址", None, "备注"],
        ["姓名", "性别", "电话", "楼栋", "房号", None],
        ["甲一", "男", "13000000001", "3", "501", "好"],
    ]
    columns, first, after = find_header(table)
    assert (first, after) == (0, 2)
    assert columns == {"name": 0, "sex": 1, "phone": 2, "building": 3, "door": 4, "note": 5}
    assert read_register(table).rows[0].note == "好"


def test_a_table_without_a_header_or_without_people_says_so():
    assert codes(read_register([["你好"], [1, 2]])) == [(1, "header_missing")]
    assert codes(read_register([])) == codes(read_register([[None, ""]])) == [(1, "empty")]
    assert codes(read_register([HEADER])) == [(1, "empty")]
    assert len(read_register([["你好"], [1, 2]]).skipped) == 2


def test_no_heading_means_two_columns():
    every = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(every) == len(set(every))


cell = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-10, 10**18),
    st.floats(allow_nan=False, width=32),
    st.sampled_from([*HEADER, "合计", "户主", "3-2-501", invented("19900101", 1), "男", "填表人"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(cell, max_size=7), max_size=12), st.booleans())
def test_no_row_is_ever_lost(rows, has_header):
    table = [["登记表"], HEADER, *rows] if has_header else rows
    reading = read_register(table, allow_invented=True)
    found = sorted([p.row for p in (*reading.rows, *reading.bad)] + [row for row, _ in reading.skipped])
    assert found == list(range(1, len(table) + 1))
    assert {p.row for p in reading.bad} == {p.row for p in reading.problems} - {row for row, _ in reading.skipped} - {
        p.row for p in reading.problems if p.code in ("empty", "header_missing")
    }


def test_five_thousand_rows_are_read_in_good_time():
    rows = [
        [f"甲{n}", invented("19900101", n % 1000), "男" if n % 2 else "女", "13000000001", f"3-2-{n % 900 + 100}"]
        for n in range(1000)
    ]
    assert len(read(*rows).rows) == 1000
