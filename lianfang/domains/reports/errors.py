"""Refusals about sheets."""

from lianfang.base.errors import Conflict, Missing


class SheetMissing(Missing):
    """No such sheet, or none this actor may see."""

    code = "reports.sheet_missing"


class SheetLocked(Conflict):
    """The sheet was sent; only a returned one can be sent again, a note can always be added."""

    code = "reports.sheet_locked"


class FigureMissing(Missing):
    """No such figure here."""

    code = "reports.figure_missing"
