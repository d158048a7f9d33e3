"""Register files as a street office keeps them, of invented people, kept through the service."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl

from lianfang.domains.grid.models import RegisterFile
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.services import keep_file
from tests.factories.place import Place

HEADER = ["序号", "姓名", "性别", "身份证号", "联系电话", "小区", "楼栋", "单元", "房号", "居住情况"]


def office(rows: list[list[Any]], header: list[str] = HEADER) -> bytes:
    """A sheet as an office keeps it: a title, the header, the rows, a sum."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["沙洲社区居民登记册"])
    sheet.append(header)
    for r in rows:
        sheet.append(r)
    sheet.append(["合计", len(rows)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def invented_id(birth: str, serial: str) -> str:
    """An ID number of area 999999 whose check digit is wrong."""
    digits = "999999" + birth + serial
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    right = "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]
    return digits + ("1" if right != "1" else "2")


ZHOU, WU = invented_id("19850301", "001"), invented_id("19560712", "002")
ROWS = [
    [1, "周建平", "男", ZHOU, "13900000001", "桂花园", "3栋", "1", "501", "常住"],
    [2, "吴秀兰", "女", WU, "13900000002", "桂花园", "3栋", "1", "501", "常住"],
]


def kept(
    place: Place,
    rows: list[list[Any]],
    post: str = "lead",
    minutes: int = 0,
    area: str = "committee",
    header: list[str] = HEADER,
) -> RegisterFile:
    """The rows as a file of an area, read and kept so long after the place was built."""
    reading = read_register(office(rows, header), "名册.xlsx", default_year=2026, allow_invented=True)
    return keep_file(
        file_id=uuid4(),
        area_id=place.area[area],
        file_name="名册.xlsx",
        digest="d",
        reading=reading,
        by=place.actor(post),
        at=place.at + timedelta(minutes=minutes),
    )


def of_register(place: Place, n: int, **changed: str) -> list[Any]:
    """The row an office without id numbers would write of the n-th person of the place, some of it changed."""
    committee, rest = divmod(n, 24)
    building, door = rest // 12, rest % 12 // 3
    row = {
        "name": place.names[n],
        "sex": "男女"[n % 2],
        "id_number": "",
        "phone": f"1380000{n:04}",
        "place": "花园",
        "building": f"{building + 1}栋",
        "unit": "1",
        "door": f"{door // 2 + 1}0{door % 2 + 1}",
        "presence": "常住",
        "committee": ("沙洲社区", "金洲社区", "柳林村")[committee],
    } | changed
    return [n, *row.values()]


VILLAGES = [*HEADER, "社区"]
