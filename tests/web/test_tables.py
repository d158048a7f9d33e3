"""Files for spreadsheets: text that would be a formula is text, numbers stay numbers, Chinese stays Chinese."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from lianfang.web.tables import csv_file, safe_cell, xlsx_file

DANGEROUS = ["=1+1", "+86 139", "-2", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("x")', "\x00=1",
             "\u200b=1", "\ufeff=1", "\u3000=1", "\u202e=1", "\xa0=1", "'=1", '"=1', "−1", "|cmd", "%0A=1"]  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_begins_a_formula(text: str) -> None:
    assert str(safe_cell(text)).startswith("'")


@pytest.mark.parametrize("text", ["楼;=1+1", "楼; =1", "楼\t@x", "楼|-1", "a;b;+1"])
def test_no_text_begins_one_where_another_letter_parts_the_cells(text: str) -> None:
    for letter in ";\t|":
        assert not [c for c in str(safe_cell(text)).split(letter) if c.lstrip()[:1] in set("=+-@") - {""}]


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    same = [-3, 2.5, True, None, "垒沙袋", "3-1-501", "a=b", ""]
    assert [safe_cell(v) for v in same] == same


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_workbook_holds_it_as_text_and_never_as_a_formula(text: str) -> None:
    with xlsx_file([["头"], [text], [-3]]) as file:
        sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert sheet["A2"].data_type == "s" and sheet["A2"].value.startswith("'")
    assert (sheet["A3"].data_type, sheet["A3"].value) == ("n", -3)


def test_a_csv_says_that_it_is_utf_8_and_reads_back() -> None:
    with csv_file([["头", "b"], ["一,二\n三", -3], ["=1", None]]) as file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [["头", "b"], ["一,二\n三", "-3"], ["'=1", ""]]
