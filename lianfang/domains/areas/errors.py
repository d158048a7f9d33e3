"""Refusals about areas."""

from lianfang.base.errors import Conflict, Invalid, Missing


class AreaMissing(Missing):
    """No such area, or none of that code on that day."""

    code = "areas.missing"


class AreaRing(Conflict):
    """The new parent lies below the area itself."""

    code = "areas.ring"


class RowsUnfit(Invalid):
    """Rows of a division table that cannot be read: values["rows"] names each row, field and fix."""

    code = "areas.rows_unfit"
