"""Refusals about samples, tubes and results."""

from lianfang.base.errors import Conflict, Invalid, Missing


class CodeUnknown(Invalid):
    """The scanned code is none of ours."""

    code = "sampling.code_unknown"


class CodeExpired(Invalid):
    """The code's last day is past."""

    code = "sampling.code_expired"


class PersonUnclear(Conflict):
    """Nobody, or more than one, fits what was said at the desk, and no door was named."""

    code = "sampling.person_unclear"


class AlreadySampled(Conflict):
    """The person was sampled in this round: a second scan is told and not counted twice."""

    code = "sampling.already_sampled"


class TubeUnfit(Invalid):
    """What was read is no tube's code."""

    code = "sampling.tube_unfit"


class TubeFull(Conflict):
    """As many are in the tube as it takes."""

    code = "sampling.tube_full"


class TubeClosed(Conflict):
    """The tube was closed before this sample was taken."""

    code = "sampling.tube_closed"


class TubeOpen(Conflict):
    """The tube is still open at its desk: it has no result yet."""

    code = "sampling.tube_open"


class TubeElsewhere(Conflict):
    """The tube belongs to another desk or another round."""

    code = "sampling.tube_elsewhere"


class TubeUnknown(Missing):
    """No such tube, or not for this actor."""

    code = "sampling.tube_unknown"


class TubeDiffers(Conflict):
    """The desk counted another number than was scanned: the difference is settled before the tube goes on."""

    code = "sampling.tube_differs"


class ResultUnknown(Invalid):
    """A result is negative, positive or invalid."""

    code = "sampling.result_unknown"


class ResultDiffers(Conflict):
    """The tube has another result already."""

    code = "sampling.result_differs"


class FileUnreadable(Invalid):
    """The laboratory's file cannot be read: nothing of it was taken."""

    code = "sampling.file_unreadable"


class FileMissing(Missing):
    """No such file of results, or not for this actor."""

    code = "sampling.file_missing"


class SampleMissing(Missing):
    """No such sample, or not this desk's."""

    code = "sampling.sample_missing"
