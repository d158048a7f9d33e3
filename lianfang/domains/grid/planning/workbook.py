"""A file an office sends, as tables of cells: xlsx and xls through calamine, csv in the encodings met."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from lianfang.base.workbooks import MOST_CELLS, MOST_UNPACKED_BYTES, UnfitWorkbook, is_workbook, weigh

DELIMITERS = (",", "\t", ";", "|")


class UnreadableFile(ValueError):
    """A file that gives no table: its code says why, values name the file."""

    code: ClassVar[str] = "grid.file_unreadable"

    def __init__(self, **values: object) -> None:
        super().__init__(self.code)
        self.values = values


class FileEmpty(UnreadableFile):
    """No table in it, or an empty one."""

    code = "grid.file_empty"


class FileLocked(UnreadableFile):
    """Protected by a password."""

    code = "grid.file_locked"


class FileTooBig(UnreadableFile):
    """Larger than a register can be, as it is or unpacked."""

    code = "grid.file_too_big"


class FileKindUnknown(UnreadableFile):
    """Neither a workbook nor text in an encoding we know."""

    code = "grid.file_kind_unknown"


class Table(list[list[object]]):
    """The rows of a sheet, row 0 being the office's row 1, lengths may differ; and its name (a csv's: the file's)."""

    def __init__(self, name: str, rows: Iterable[list[object]]) -> None:
        super().__init__(rows)
        self.name = name


def tables_of(content: bytes, file_name: str, *, most_bytes: int = 50_000_000) -> list[Table]:
    """The tables of a file.

    Takes:   content; file_name, for messages and a csv's name only: the kind is read from the content, since
             csv files called .xls are common.
    Gives:   at least one table, one a sheet, in order, from row 1 and column A on; empty sheets have no rows. Of
             merged cells only the first holds the value.
    Raises:  FileEmpty, FileTooBig, FileLocked, FileKindUnknown, UnreadableFile (a workbook that is damaged).
    Edge:    text that is valid UTF-8 is read as such, else as GB 18030 (which contains GBK and GB 2312).
    """
    if not content.strip():
        raise FileEmpty(file=file_name)
    if len(content) > most_bytes:
        raise FileTooBig(file=file_name, most_bytes=most_bytes)
    if is_workbook(content):
        return _workbook(content, file_name)
    return [Table(file_name.rsplit(".", 1)[0], _delimited(_text(content, file_name)))]


def _workbook(content: bytes, file_name: str) -> list[Table]:
    try:
        weigh(content, most_bytes=MOST_UNPACKED_BYTES)
        tables = _tables(CalamineWorkbook.from_filelike(io.BytesIO(content)))
    except UnfitWorkbook as error:
        if error.why == "big":
            raise FileTooBig(file=file_name, most_bytes=MOST_UNPACKED_BYTES) from error
        raise (FileKindUnknown if error.why == "kind" else UnreadableFile)(file=file_name) from error
    except PasswordError as error:
        raise FileLocked(file=file_name) from error
    except (CalamineError, OSError) as error:
        # An xlsx with a password is an OLE file that holds no workbook, but a stream of this name.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileLocked(file=file_name) from error
        raise UnreadableFile(file=file_name) from error
    if not tables:
        raise FileEmpty(file=file_name)
    return tables


def _tables(book: CalamineWorkbook) -> list[Table]:
    """Every sheet. An old workbook says only when it is opened how many cells it has."""
    tables, cells = [], 0
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        last_row, last_column = sheet.end or (-1, -1)
        cells += (last_row + 1) * (last_column + 1)
        if cells > MOST_CELLS:
            raise UnfitWorkbook("big")
        # The empty rows above a title count: the office speaks of the rows it sees.
        tables.append(Table(name, [list(row) for row in sheet.to_python(skip_empty_area=False)]))
    return tables


def _text(content: bytes, file_name: str) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A picture or a program may decode by chance, but never without control characters.
        if any(letter < " " and letter not in "\t\r\n\f" for letter in text[:4000]):
            break
        return text
    raise FileKindUnknown(file=file_name)


def _delimited(text: str) -> list[list[object]]:
    """Rows of a csv, the delimiter being the one that parts most lines into one same number of cells."""
    sample = [line for line in text.splitlines()[:40] if line.strip()]

    def fit(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in sample)
        cells, lines = max(counts.items(), key=lambda item: (item[1] * (item[0] > 0), item[0]))
        return (lines if cells else 0, cells)

    best = max(DELIMITERS, key=fit)
    return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=best)]
