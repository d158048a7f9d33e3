"""Rows as a file for somebody's spreadsheet: csv or xlsx, written as they come, no cell of which is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import openpyxl
from openpyxl.writer.excel import save_workbook

IN_MEMORY_BYTES = 4_000_000  # more goes to a file of the machine's own, gone when it is closed
# A spreadsheet takes text that begins so for a formula; full-width forms too, which some fold on reading, and what
# stands behind letters without width, which some drop.
UNSEEN = "\\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
FORMULA = re.compile(f"[{UNSEEN}'\"]*[=+\\-@＝＋－＠﹢﹣−|%]|[\t\r\n]")
# Where another letter parts the cells (a semicolon, a tab), what stands behind one begins a cell of its own.
PARTED = re.compile(r"([;\t|])(\s*[=+\-@])")
# Characters no workbook may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
Rows = Iterable[Sequence[Any]]


def safe_cell(value: Any) -> Any:
    """A value as it may stand in a cell: numbers as they are, nothing as nothing, text never as a formula."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = PARTED.sub(r"\1'\2", CONTROL.sub("", str(value)))
    return f"'{text}" if FORMULA.match(text) else text


def csv_file(rows: Rows) -> IO[bytes]:
    """Comma separated, UTF-8 with its mark: without that Excel reads Chinese as another encoding."""
    out = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  the answer reads it, then closes it
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    csv.writer(text).writerows([safe_cell(v) for v in row] for row in rows)
    text.detach()
    out.seek(0)
    return out


def xlsx_file(rows: Rows) -> IO[bytes]:
    """A workbook with one sheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([safe_cell(v) for v in row])
    out = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  the answer reads it, then closes it
    save_workbook(book, out)
    out.seek(0)
    return out


FORMATS: dict[str, tuple[str, Callable[[Rows], IO[bytes]]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
    "csv": ("text/csv; charset=utf-8", csv_file),
}
