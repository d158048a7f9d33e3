"""A register file as an office keeps it, read whole: the table with the most people is the register."""

from __future__ import annotations

from lianfang.domains.grid.errors import FileUnreadable
from lianfang.domains.grid.planning.workbook import UnreadableFile, tables_of
from lianfang.domains.grid.rules import register_sheet
from lianfang.domains.grid.rules.register_sheet import SheetReading


def read_register(content: bytes, file_name: str, *, default_year: int, allow_invented: bool = False) -> SheetReading:
    """The reading of the sheet that holds most people; a workbook's other sheets are notes and covers.

    Raises: FileUnreadable with the reason (no workbook, a password, too big, empty).
    """
    try:
        tables = tables_of(content, file_name)
    except UnreadableFile as e:
        raise FileUnreadable(reason=e.code, **{k: str(v) for k, v in e.values.items()}) from e
    readings = [
        register_sheet.read_register(t, default_year=default_year, allow_invented=allow_invented) for t in tables
    ]
    return max(readings, key=lambda r: len(r.rows) + len(r.bad))
