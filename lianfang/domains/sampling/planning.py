"""Opening a laboratory's file: a workbook or a text table; what it says is judged by the service."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass

import python_calamine
from charset_normalizer import from_bytes

from lianfang.base.workbooks import UnfitWorkbook, is_workbook, weigh
from lianfang.domains.sampling.errors import FileUnreadable
from lianfang.domains.sampling.rules import MOST_ROWS, ResultRow, columns_of, result_rows

MOST_BYTES = 20_000_000
MOST_UNPACKED_BYTES, MOST_CELLS = 200_000_000, 2_000_000


@dataclass(frozen=True)
class LabTable:
    """A file as read: its rows, and the digest by which the same file is known again."""

    rows: list[ResultRow]
    digest: str


def read_lab_file(raw: bytes) -> LabTable:
    """Rows of a laboratory's file: .xlsx, .xls or text with commas or tabs, in UTF-8 or GB 18030, as its content says.

    Raises: FileUnreadable (empty, too big, no workbook, no column for the tube or the result).
    """
    if not raw or len(raw) > MOST_BYTES:
        raise FileUnreadable(fix="empty" if not raw else f"{MOST_BYTES // 1_000_000} MB")
    table = _workbook(raw) if is_workbook(raw) else _text(raw)
    if not table:
        raise FileUnreadable(fix="empty")
    tube, result = columns_of(table[0])
    if tube < 0 or result < 0:
        raise FileUnreadable(fix="管号 / tube" if tube < 0 else "结果 / result")
    rows = result_rows(table[1:], tube, result)
    if len(rows) > MOST_ROWS:
        raise FileUnreadable(fix=f"{MOST_ROWS:,}")
    return LabTable(rows, hashlib.sha256(raw).hexdigest())


def _workbook(raw: bytes) -> list[list[str]]:
    try:
        weigh(raw, most_bytes=MOST_UNPACKED_BYTES, most_cells=MOST_CELLS)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (python_calamine.CalamineError, python_calamine.WorksheetNotFound, ValueError, IndexError) as e:
        if isinstance(e, UnfitWorkbook) and e.why == "big":
            raise FileUnreadable(fix=f"{MOST_CELLS:,}") from e
        raise FileUnreadable(fix="xlsx") from e
    return [[_cell(c) for c in row] for row in rows]


def _cell(value: object) -> str:
    # A code typed as a number comes back as 12345.0.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _text(raw: bytes) -> list[list[str]]:
    found = from_bytes(raw[:200_000], cp_isolation=["utf_8", "gb18030"]).best()
    try:
        text = raw.decode("gb18030" if found and found.encoding == "gb18030" else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as e:
            raise FileUnreadable(fix="UTF-8 / GB 18030") from e
    dialect = "excel-tab" if "\t" in text.split("\n", 1)[0] else "excel"
    try:
        return [row for row in csv.reader(io.StringIO(text), dialect=dialect) if any(row)]
    except csv.Error as e:  # a field of 131,072 letters or more: no table
        raise FileUnreadable(fix="csv") from e
