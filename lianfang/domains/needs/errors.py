"""Refusals about pleas."""

from lianfang.base.errors import Busy, Conflict, Invalid, Missing


class PleaMissing(Missing):
    """No such plea, or it lies outside the actor's areas."""

    code = "needs.missing"


class PleaUnfit(Invalid):
    """A value of a plea that cannot be taken: values name the field and the fix."""

    code = "needs.unfit"


class PleaEnded(Conflict):
    """The plea has ended; values say how."""

    code = "needs.ended"


class PleaNotDone(Conflict):
    """Only what was reported as done is confirmed."""

    code = "needs.not_done"


class PleaTaken(Conflict):
    """Somebody else looks after it now; values name the post."""

    code = "needs.taken"


class TooManyPleas(Busy):
    """So many pleas have come from one connection within the hour that more are no pleas."""

    code = "needs.too_many"
