"""Refusals about bodies that take part."""

from lianfang.base.errors import Conflict, Invalid, Missing


class BodyMissing(Missing):
    """There is no such body, or not for this actor."""

    code = "responders.body_missing"


class ParentUnfit(Invalid):
    """A body's parent is of the same area, or of one above it."""

    code = "responders.parent_unfit"


class BodyKnown(Conflict):
    """A body of that name is registered in the area."""

    code = "responders.body_known"
