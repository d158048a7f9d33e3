"""Refusals about what leaves the house."""

from lianfang.base.errors import Conflict, Invalid


class ExportWithoutReason(Invalid):
    """Personal fields leave the house only for a stated reason."""

    code = "audit.export_without_reason"


class ExportDiffers(Conflict):
    """The id was used for another export."""

    code = "audit.export_differs"
