"""Refusals about rights."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed


class RightMissing(NotAllowed):
    """The actor does not hold this right in this area."""

    code = "accounts.right_missing"


class NameTaken(Conflict):
    """There is an account of that name."""

    code = "accounts.name_taken"


class RoleUnknown(Invalid):
    """The catalogue has no such role."""

    code = "accounts.role_unknown"


class AccountMissing(Missing):
    """There is no account of that name."""

    code = "accounts.missing"
