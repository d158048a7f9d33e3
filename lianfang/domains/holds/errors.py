"""Refusals about holds."""

from lianfang.base.errors import Invalid, Missing


class HoldMissing(Missing):
    """No such hold."""

    code = "holds.missing"


class HoldWithoutEnd(Invalid):
    """A hold needs an end or a time at which it is looked at again."""

    code = "holds.without_end"


class HoldWithoutPaper(Invalid):
    """A hold needs the number of the paper that orders it."""

    code = "holds.without_paper"
