"""Every file that leaves for a spreadsheet goes through the one writer that lets no cell be a formula."""

from __future__ import annotations

import ast
import re

from tests.house.source import ROOT, modules

WRITER = "lianfang/web/tables.py"
# Doors that give files, and with what they write them: rows for a spreadsheet by the writer alone.
GIVES = {"lianfang/web/exports.py": "FORMATS", "lianfang/web/sampling.py": "csv_file",
         "lianfang/web/record_files.py": "FORMATS"}  # fmt: skip
# Files for machines, calendars and printers: no cells in them.
FOR_MACHINES = {"lianfang/web/log_head.py", "lianfang/web/privacy.py", "lianfang/web/calendar_feed.py",
                "lianfang/web/records.py"}  # fmt: skip


def calls(tree: ast.AST) -> set[str]:
    """Names of all that a module calls, the last part of each."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            f = node.func
            found.add(f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", ""))
    return found


def test_every_door_that_gives_a_file_is_known_and_writes_by_the_one_writer() -> None:
    gives = set()
    for name, tree in modules().items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files = calls(tree) & {"FileResponse", "StreamingHttpResponse"}
        if files or re.search(r"Content-Disposition|text/csv|spreadsheetml|as_attachment", text):
            gives.add(name)
    assert gives - {WRITER} <= set(GIVES) | FOR_MACHINES, gives
    for name, writer in GIVES.items():
        assert re.search(rf"from lianfang\.web\.tables import .*\b{writer}\b", (ROOT / name).read_text("utf-8")), name


def test_nobody_else_writes_tables() -> None:
    """csv.writer and openpyxl know nothing of formulas; a report of a drill, for its officer's disk, is no door."""
    makers = {n for n, t in modules().items() if calls(t) & {"writer", "DictWriter", "Workbook"}}
    assert {n for n in makers if not n.startswith("lianfang/drill/")} == {WRITER}


def test_files_for_machines_hold_no_cells() -> None:
    for name in FOR_MACHINES:
        assert not calls(modules()[name]) & {"csv_file", "xlsx_file", "writer"}, name
