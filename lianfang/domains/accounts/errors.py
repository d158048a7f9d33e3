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


class GrantMissing(Missing):
    """There is no such post, or not for this administrator."""

    code = "accounts.grant_missing"


class RoleNotDelegated(NotAllowed):
    """The administrator of a body hands on only the roles that were delegated to it, not above the area."""

    code = "accounts.role_not_delegated"


class OwnGrant(NotAllowed):
    """Nobody grants a role to the own account."""

    code = "accounts.own_grant"


class RolesClash(Conflict):
    """Who grants roles reads no log of reads, and who reads it grants none."""

    code = "accounts.roles_clash"


class UntilPast(Invalid):
    """The last moment of a post lies before its first."""

    code = "accounts.until_past"


class BodyUnfit(Invalid):
    """An administrator of a body belongs to that body, holds no role of an incident, and hands on known roles."""

    code = "accounts.body_unfit"


class AccountClosed(Conflict):
    """The account was closed: nothing is granted to it."""

    code = "accounts.closed"


class CodeUsed(Conflict):
    """The code of the authenticator served before: it serves once."""

    code = "accounts.code_used"
