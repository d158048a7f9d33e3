"""Refusals about rounds."""

from lianfang.base.errors import Conflict, Invalid, Missing


class RoundMissing(Missing):
    """No such round, or not for this actor."""

    code = "rounds.missing"


class RoundUnfit(Invalid):
    """A value of a round, station or plan that cannot be taken: values name the field and the fix."""

    code = "rounds.unfit"


class RoundNotReady(Conflict):
    """A round takes its steps in order, and each has what it needs before it."""

    code = "rounds.not_ready"


class UnitsOpen(Conflict):
    """Sampling closes only when every unit stands in one named state: nobody disappears in a percentage."""

    code = "rounds.units_open"


class StationMissing(Missing):
    """No such station, or not for this actor."""

    code = "rounds.station_missing"


class DeskMissing(Missing):
    """No such desk, or not for this actor."""

    code = "rounds.desk_missing"


class UnitMissing(Missing):
    """The unit is not on the round's list, or not for this actor."""

    code = "rounds.unit_missing"


class EndedOtherwise(Conflict):
    """The unit stands in another named state already."""

    code = "rounds.ended_otherwise"


class EndingUnknown(Invalid):
    """The kind of this round has no such ending or try."""

    code = "rounds.ending_unknown"


class ReasonMissing(Invalid):
    """This ending needs one of its reasons."""

    code = "rounds.reason_missing"


class NotByHand(Invalid):
    """This ending is given by a sample, never by hand."""

    code = "rounds.not_by_hand"


class RoundClosed(Conflict):
    """The round takes no notes now."""

    code = "rounds.closed"
