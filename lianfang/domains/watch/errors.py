"""Refusals about people who are watched for some days."""

from lianfang.base.errors import Conflict, Invalid, Missing, Refused
from lianfang.domains.accounts.errors import RightMissing


class CaseMissing(Missing):
    """No such watch case, or not for this actor."""

    code = "watch.case_missing"


class CaseEnded(Conflict):
    """The case had ended before this check was made."""

    code = "watch.case_ended"


class CheckUnfit(Invalid):
    """A value of a check that cannot be: values name the field and the fix."""

    code = "watch.check_unfit"


class CheckDiffers(Conflict):
    """The id of a check was used for another."""

    code = "watch.check_differs"


ALL: dict[str, type[Refused]] = {e.code: e for e in (CaseMissing, CaseEnded, CheckUnfit, CheckDiffers, RightMissing)}
