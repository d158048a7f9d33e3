"""Files as offices send them: xlsx, csv in three encodings, and things that are no table."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from lianfang.domains.grid.planning.workbook import (
    FileEmpty,
    FileKindUnknown,
    FileLocked,
    FileTooBig,
    UnreadableFile,
    tables_of,
)
from tests.factories.workbooks import book, cell, laughs

LINES = '姓名,性别,备注\n甲一,男,"3栋,501"\n乙二,女,\n'
ROWS = [["姓名", "性别", "备注"], ["甲一", "男", "3栋,501"], ["乙二", "女", ""]]


def workbook() -> bytes:
    book = Workbook()
    book.active.title = "一组"
    book.active["B3"] = "姓名"
    book.active["C3"] = datetime.fromisoformat("2022-11-03")
    book.active["D3"] = 13000000001
    book.create_sheet("空")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_sheets_come_in_order_and_rows_are_counted_from_the_first():
    one, two = tables_of(workbook(), "a.xlsx")
    assert (one.name, two.name) == ("一组", "空")
    assert one[2][1] == "姓名"
    assert str(one[2][2]).startswith("2022-11-03")
    assert one[2][3] == 13000000001
    assert two == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_csv_in_each_encoding(encoding):
    (table,) = tables_of(LINES.encode(encoding), "表.csv")
    assert (table.name, table) == ("表", ROWS)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = LINES.replace('"3栋,501"', "3栋").replace(",", delimiter)
    assert tables_of(text.encode("gbk"), "表.xls")[0][1] == ["甲一", "男", "3栋"]


def test_line_breaks_inside_quotes_and_of_windows():
    (table,) = tables_of('姓名,备注\r\n甲一,"上\n下"\r\n'.encode("gbk"), "表.csv")
    assert table == [["姓名", "备注"], ["甲一", "上\n下"]]


def packed(size: int) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", b"")
        out.writestr("xl/workbook.xml", b"0" * size)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", FileEmpty),
        (b"  \n", FileEmpty),
        (workbook()[:300], UnreadableFile),
        (packed(10), UnreadableFile),
        (b"\x89PNG\r\n\x1a\n\x00\x00", FileKindUnknown),
        (bytes(range(256)), FileKindUnknown),
        (b"a,b\x00\x01", FileKindUnknown),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), UnreadableFile),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), FileLocked),
    ],
)
def test_what_is_no_table_is_refused_with_a_code(content, error):
    with pytest.raises(error) as caught:
        tables_of(content, "表.xlsx")
    assert isinstance(caught.value, ValueError)
    assert caught.value.code.startswith("grid.file_")
    assert caught.value.values["file"] == "表.xlsx"


def test_a_file_may_be_too_big_packed_or_unpacked(monkeypatch):
    with pytest.raises(FileTooBig):
        tables_of(b"a,b\n" * 10, "表.csv", most_bytes=39)
    monkeypatch.setattr("lianfang.domains.grid.planning.workbook.MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(FileTooBig):
        tables_of(packed(2000), "表.xlsx")


def test_a_file_that_would_end_the_process_is_refused_as_too_big():
    far = f'<row r="1">{cell("A1", "a")}{cell("XFD1048576", "b")}</row>'
    with pytest.raises(FileTooBig):
        tables_of(book(far), "表.xlsx")


def test_entities_give_an_unreadable_file_and_another_document_an_unknown_one():
    with pytest.raises(UnreadableFile):
        tables_of(book(f'<row r="1">{cell("A1", "&j;")}</row>', before=laughs()), "表.xlsx")
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        out.writestr("content.xml", b"<office/>")
    with pytest.raises(FileKindUnknown):
        tables_of(stream.getvalue(), "表.xlsx")
