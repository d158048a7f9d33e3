"""A register as an office keeps it in a sheet: finds the header, reads every row, drops none.

Rows that are right, rows with a problem and rows skipped for a stated reason together are the rows of the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from lianfang.domains.grid.rules import sheet_rows as cells

Table = Sequence[Sequence[object]]

# What offices write above a column, folded as `_label` does. First: house for what the column holds.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("序号", "编号", "号码", "no"),
    "name": ("姓名", "人员姓名", "居民姓名", "成员姓名", "家庭成员", "家庭成员姓名", "名字", "name"),
    "id_number": (
        "身份证号",
        "身份证号码",
        "身份证",
        "证件号码",
        "证件号",
        "公民身份号码",
        "居民身份证号码",
        "身份号码",
        "idnumber",
    ),
    "sex": ("性别", "男女", "sex"),
    "birth": ("出生日期", "出生年月", "出生年月日", "生日", "birth"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "联系方式", "电话", "电话号码", "本人电话", "phone"),
    "committee": ("社区", "村居", "村社区", "所属社区", "所在社区", "社区村", "村委会", "行政村", "村"),
    "grid": ("网格", "所属网格", "网格名称", "网格号"),
    "place": ("小区", "小区名称", "小区村组", "村组", "组", "村民小组", "自然村", "小组", "院落", "小区院落"),
    "address": (
        "住址",
        "家庭住址",
        "现住址",
        "详细地址",
        "地址",
        "居住地址",
        "居住详址",
        "家庭地址",
        "门牌地址",
        "现居住地",
        "楼号单元房间号",
        "楼栋单元房号",
        "楼栋单元门牌号",
        "楼单元室",
    ),
    "building": ("楼栋", "楼号", "栋", "幢", "楼", "栋号", "幢号", "楼栋号", "座"),
    "unit": ("单元", "单元号", "梯"),
    "door": ("门牌", "门牌号", "房号", "室", "室号", "房间号", "房", "户室", "门号"),
    "household_number": ("户号", "户编号", "家庭编号", "户序号"),
    "head": ("户主", "户主姓名", "户主名"),
    "relation": ("与户主关系", "关系", "家庭关系", "与户主的关系", "户主关系"),
    "presence": (
        "居住情况",
        "居住状态",
        "居住类型",
        "人员类型",
        "人户情况",
        "人口类别",
        "常住户籍外出租住",
        "是否常住",
    ),
    "note": ("备注", "说明", "其他", "备注说明"),
    "elder_alone": ("独居", "独居老人", "是否独居", "独居老年人"),
    "bedridden": ("卧床", "失能", "卧床不起", "失能卧床", "是否卧床", "卧床老人", "失能老人"),
    "pregnant": ("孕妇", "孕产妇", "怀孕", "是否孕妇"),
    "dialysis": ("透析", "血透", "血液透析", "透析病人", "透析患者"),
    "disabled": ("残疾", "残疾人", "是否残疾", "残障"),
    "infant": ("婴儿", "婴幼儿", "一岁以下"),
    "chronic": ("慢性病", "慢病", "基础病", "基础疾病", "慢性病患者"),
}
FLAGS = ("elder_alone", "bedridden", "pregnant", "dialysis", "disabled", "infant", "chronic")
_COLUMN_OF = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
_TOTALS = re.compile(r"(合计|总计|小计|共计|总数|累计)([:(].*|\d*[户人].*)?")
_FOOTERS = re.compile(r"(填表人|制表人|制表|审核人|审核|负责人|签字|签名|填报人|填报单位|填表日期|注:|说明:|备注:).*")
# Coarse to fine: a new value in one empties the finer ones, else a building's first door would keep the last one's.
_CARRIED = ("committee", "grid", "place", "building", "unit", "door")
HEADER_WITHIN_ROWS = 30


@dataclass(frozen=True)
class RegisterRow:
    """A person as read. row: from 1, as the office sees it; household: from 1, counted in the sheet.

    sex male, female or ""; birth from its column or else the ID number; building, unit, door "" where not known;
    presence lives, registered, away, rents or ""; flags: of FLAGS; other: columns nobody asked for, as (label, text).
    """

    row: int
    household: int
    name: str
    id_number: str = ""
    sex: str = ""
    birth: date | None = None
    phones: tuple[str, ...] = ()
    committee: str = ""
    grid: str = ""
    place: str = ""
    building: str = ""
    unit: str = ""
    door: str = ""
    head: str = ""
    relation: str = ""
    presence: str = ""
    note: str = ""
    flags: frozenset[str] = frozenset()
    other: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in one cell; row from 1. fix_values: what a sentence or a one-click fix needs."""

    row: int
    column: str
    code: str
    value: str
    fix_values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetReading:
    """columns: name to place (from 0). rows without a problem, bad rows with one or more, skipped as (row, why)
    with why title, header, empty, total, footer or no_header: together all rows of the table, each once."""

    columns: dict[str, int]
    rows: tuple[RegisterRow, ...]
    problems: tuple[RowProblem, ...]
    bad: tuple[RegisterRow, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()


def _label(value: object) -> str:
    """A heading without blanks, brackets and their content, stars and stops."""
    text = cells.cell_text(value).lower()
    return re.sub(r"[\s*:,、/.?_\-·]|\(.*?\)|\[.*?\]|【.*?】", "", text)


def _columns_in(row: Sequence[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, value in enumerate(row):
        column = _COLUMN_OF.get(_label(value))
        if column is not None:
            found.setdefault(column, place)
    return found


def find_header(table: Table) -> tuple[dict[str, int], int, int] | None:
    """Columns, the header's first row and the row after its last (from 0); None where there is none.

    A header is a row with a column of names and another one. If the next row has headings of its own and no name
    below the column of names, it is the header's second level: a group (住址) over its parts (楼栋, 单元, 房号).
    """
    best: tuple[int, int] | None = None
    for at, row in enumerate(table[:HEADER_WITHIN_ROWS]):
        found = _columns_in(row)
        if "name" in found and len(found) >= 2 and (best is None or len(found) > best[0]):
            best = (len(found), at)
    if best is None:
        return None
    at = best[1]
    upper = _columns_in(table[at])
    lower_row = table[at + 1] if at + 1 < len(table) else ()
    lower = _columns_in(lower_row)
    name_below = cells.cell_text(lower_row[upper["name"]]) if upper["name"] < len(lower_row) else ""
    written = sum(1 for value in lower_row if cells.cell_text(value))
    if lower and not name_below and 2 * len(lower) > written:
        parts = set(lower.values())
        return {column: place for column, place in upper.items() if place not in parts} | lower, at, at + 2
    group = _columns_in(table[at - 1]) if at else {}
    used = set(upper.values())
    # A heading merged downwards stands in the upper level only: 备注 beside a group of parts.
    kept = {
        column: place
        for column, place in group.items()
        if column not in upper and place not in used and not _label(table[at][place] if place < len(table[at]) else "")
    }
    return kept | upper, at - (1 if kept else 0), at + 1


def read_register(table: Table, *, default_year: int | None = None, allow_invented: bool = False) -> SheetReading:
    """Read a register sheet.

    Takes:   table, rows of cells as a reader gives them (text, numbers, dates, None); default_year for dates of month
             and day alone; allow_invented: accept ID numbers of area 999999 with a wrong check digit.
    Gives:   a SheetReading. Problem codes: name_missing, id_shape, id_checksum, id_birth, id_twice, birth_unreadable,
             birth_differs, sex_unknown, sex_differs, phone_shape, address_unreadable, header_missing, empty.
    Edge:    merged cells of address and head are filled from above, except in a row that begins a household; a flag
             column with other words than yes or no (残疾: 二级) counts as yes and the words go to the note.
    """
    header = find_header(table)
    if header is None:
        has_text = any(cells.cell_text(value) for row in table for value in row)
        skipped = tuple((n, "no_header") for n in range(1, len(table) + 1))
        return SheetReading({}, (), (RowProblem(1, "", "header_missing" if has_text else "empty", ""),), (), skipped)
    columns, first, after = header
    labels = _labels(table[first:after])
    headings = [_filled(row) for row in table[first:after]]
    reader = _Reader(columns, labels, default_year, allow_invented)
    left_out = [(n, "title") for n in range(1, first + 1)] + [(n, "header") for n in range(first + 1, after + 1)]
    people: list[RegisterRow] = []
    for number, row in enumerate(table[after:], start=after + 1):
        why = _why_skipped(row, columns, headings)
        if why:
            left_out.append((number, why))
        else:
            people.append(reader.read(number, row))
    problems = [*reader.problems, *_twice(people)]
    if not people:
        problems.append(RowProblem(after, "", "empty", ""))
    marked = {problem.row for problem in problems}
    return SheetReading(
        columns,
        tuple(p for p in people if p.row not in marked),
        tuple(sorted(problems, key=lambda p: (p.row, columns.get(p.column, -1)))),
        tuple(p for p in people if p.row in marked),
        tuple(sorted(left_out)),
    )


def _labels(header: Table) -> list[str]:
    """The lowest heading of each column, as written."""
    width = max((len(row) for row in header), default=0)
    return [
        next((text for row in reversed(header) if at < len(row) and (text := cells.cell_text(row[at]))), "")
        for at in range(width)
    ]


def _filled(row: Sequence[object]) -> list[str]:
    return [text for value in row if (text := cells.cell_text(value))]


def _why_skipped(row: Sequence[object], columns: dict[str, int], headings: list[list[str]]) -> str:
    """empty, total, footer or header for rows that hold nobody; "" for the others."""
    filled = _filled(row)
    if not filled:
        return "empty"
    if filled in headings:
        return "header"
    # A person has an ID number; a total or a signature has none.
    at = columns.get("id_number")
    if at is not None and at < len(row) and re.fullmatch(r"[0-9]{15,17}[0-9Xx]", cells.cell_text(row[at])):
        return ""
    folded = [re.sub(r"\s", "", text) for text in filled[:3]]
    if any(_TOTALS.fullmatch(text) for text in folded):
        return "total"
    return "footer" if _FOOTERS.fullmatch(folded[0]) else ""


def _twice(people: Sequence[RegisterRow]) -> list[RowProblem]:
    """A problem on every row whose ID number stands on another row too."""
    by_number: dict[str, list[RegisterRow]] = defaultdict(list)
    for person in people:
        if len(person.id_number) == 18:
            by_number[person.id_number].append(person)
    return [
        RowProblem(
            person.row,
            "id_number",
            "id_twice",
            number,
            {"rows": [p.row for p in same], "same_name": len({p.name for p in same}) == 1},
        )
        for number, same in by_number.items()
        if len(same) > 1
        for person in same
    ]


class _Reader:
    """Reads one row after the other; keeps what merged cells say of the rows below, and the household's count."""

    def __init__(self, columns: dict[str, int], labels: list[str], default_year: int | None, allow_invented: bool):
        self.columns, self.labels = columns, labels
        self.default_year, self.allow_invented = default_year, allow_invented
        self.problems: list[RowProblem] = []
        self.carried: dict[str, str] = {}
        self.household, self.household_key = 0, ("", "", "")

    def read(self, number: int, row: Sequence[object]) -> RegisterRow:
        raw = {column: row[at] if at < len(row) else None for column, at in self.columns.items()}
        text = {column: cells.cell_text(value) for column, value in raw.items()}
        is_head = text.get("relation", "") in ("户主", "本人", "本人或户主")
        self._carry(text, is_head)
        if not text.get("name"):
            self._problem(number, "name", "name_missing", "")
        person = RegisterRow(
            number,
            0,
            re.sub(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])", "", text.get("name", "")),
            committee=text.get("committee", ""),
            grid=text.get("grid", ""),
            head=text.get("head", ""),
            relation=text.get("relation", ""),
            presence=cells.read_presence(text.get("presence")),
            other=self._other(row),
        )
        person = self._with_identity(person, raw, text)
        person = self._with_address(person, text)
        person = self._with_flags(person, raw, text)
        return replace(person, household=self._household_of(person, text, is_head))

    def _problem(self, row: int, column: str, code: str, value: str, **fix_values: Any) -> None:
        self.problems.append(RowProblem(row, column, code, value, fix_values))

    def _carry(self, text: dict[str, str], is_head: bool) -> None:
        """Fill what a merged cell above says, unless a coarser cell of this row, or a new head, says it is over."""
        has_door = any(text.get(column) for column in ("building", "unit", "door"))
        if text.get("address") or (is_head and not has_door):
            self.carried = {c: v for c, v in self.carried.items() if c in ("committee", "grid", "place")}
        for at, column in enumerate(_CARRIED):
            if text.get(column) and text[column] != self.carried.get(column):
                for finer in _CARRIED[at + 1 :]:
                    self.carried.pop(finer, None)
        if is_head:
            self.carried.pop("head", None)
        for column in (*_CARRIED, "address", "head", "household_number"):
            if text.get(column):
                self.carried[column] = text[column]
            elif column in self.columns and column in self.carried:
                text[column] = self.carried[column]
        if is_head and "head" in self.columns and not text.get("head"):
            text["head"] = self.carried["head"] = text.get("name", "")

    def _other(self, row: Sequence[object]) -> tuple[tuple[str, str], ...]:
        known = set(self.columns.values())
        return tuple(
            (self.labels[at] if at < len(self.labels) else "", text)
            for at, value in enumerate(row)
            if at not in known and (text := cells.cell_text(value))
        )

    def _with_identity(self, person: RegisterRow, raw: dict[str, object], text: dict[str, str]) -> RegisterRow:
        row, number = person.row, cells.read_id(raw.get("id_number"), allow_invented=self.allow_invented)
        if number.problem:
            self._problem(row, "id_number", number.problem, text["id_number"], why=number.why)
        is_sound = not number.problem
        sex = cells.read_sex(raw.get("sex"))
        if sex is None or (not sex and not number.sex):
            self._problem(row, "sex", "sex_unknown", text.get("sex", ""), from_id=number.sex)
        elif sex and is_sound and number.sex and sex != number.sex:
            self._problem(row, "sex", "sex_differs", text["sex"], from_id=number.sex)
        birth = cells.read_date(raw.get("birth"), default_year=self.default_year)
        from_id = number.birth.isoformat() if number.birth else ""
        if birth is None and text.get("birth"):
            self._problem(row, "birth", "birth_unreadable", text["birth"], from_id=from_id)
        elif birth and is_sound and number.birth and birth != number.birth:
            self._problem(row, "birth", "birth_differs", text["birth"], from_id=from_id)
        phones = cells.read_phones(raw.get("phone"))
        if phones is None:
            self._problem(row, "phone", "phone_shape", text["phone"])
        return replace(
            person, id_number=number.number, sex=sex or number.sex, birth=birth or number.birth, phones=phones or ()
        )

    def _with_address(self, person: RegisterRow, text: dict[str, str]) -> RegisterRow:
        place, whole = text.get("place", ""), text.get("address", "")
        parts = [cells.read_door_part(text.get(column)) for column in ("building", "unit", "door")]
        # Some write the whole of it, 3-2-501, below 门牌.
        inside = cells.read_address(text.get("door", "")) if not any(parts[:2]) else None
        if inside is not None and inside.door:
            return replace(person, place=place, building=inside.building, unit=inside.unit, door=inside.door)
        if any(parts) or not whole:
            return replace(person, place=place, building=parts[0], unit=parts[1], door=parts[2])
        before, door = cells.split_address(whole)
        if door is None:
            self._problem(person.row, "address", "address_unreadable", whole)
            return replace(person, place=place or before)
        return replace(person, place=place or before, building=door.building, unit=door.unit, door=door.door)

    def _with_flags(self, person: RegisterRow, raw: dict[str, object], text: dict[str, str]) -> RegisterRow:
        flags, notes = set(), [text["note"]] if text.get("note") else []
        for flag in FLAGS:
            said = cells.read_yes(raw.get(flag))
            if said is None:
                notes.append(f"{self.labels[self.columns[flag]]}: {text[flag]}")
            if said is not False:
                flags.add(flag)
        return replace(person, flags=frozenset(flags), note="; ".join(notes))

    def _household_of(self, person: RegisterRow, text: dict[str, str], is_head: bool) -> int:
        """The same as the row above, unless the row begins one: a head, another head, door or household number."""
        door = "|".join((person.committee, person.place, person.building, person.unit, person.door))
        key = (text.get("household_number", ""), text.get("head", ""), door)
        known = any((key[0], key[1], person.building, person.door)) or "relation" in self.columns
        if is_head or key != self.household_key or not known:
            self.household += 1
        self.household_key = key
        return self.household
