"""A laboratory's file: opened by what it holds, not by its name; what would end the process is refused."""

from __future__ import annotations

import pytest

from lianfang.domains.sampling.errors import FileUnreadable
from lianfang.domains.sampling.planning import read_lab_file
from tests.factories.workbooks import book, cell, laughs

HEADS = f'<row r="1">{cell("A1", "管号")}{cell("B1", "结果")}</row>'
ONE = f'<row r="2">{cell("A2", "SG-1")}{cell("B2", "阴性")}</row>'


def test_a_workbook_is_one_under_any_name_and_text_is_text() -> None:
    assert [r.tube for r in read_lab_file(book(HEADS + ONE)).rows] == ["SG-1"]
    assert [r.tube for r in read_lab_file("管号,结果\nSG-1,阴性\n".encode()).rows] == ["SG-1"]


@pytest.mark.parametrize(
    "content",
    [
        book(HEADS + f'<row r="2">{cell("XFD1048576", "x")}</row>'),
        book(HEADS + f'<row r="2">{cell("A2", "&j;")}</row>', before=laughs()),
        book(HEADS, more={"xl/sharedStrings.xml": b" " * 210_000_000}),
        b"PK\x03\x04" + bytes(200),
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"%PDF-1.7\n" + bytes(range(256)),
    ],
    ids=["far", "laughs", "bomb", "broken", "picture", "paper"],
)
def test_what_is_no_table_of_results_is_refused_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read_lab_file(content)
