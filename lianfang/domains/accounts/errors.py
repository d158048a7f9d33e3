"""Refusals about rights."""

from lianfang.base.errors import Busy, Conflict, Invalid, Missing, NotAllowed, Refused


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


class TokenUnknown(Refused):
    """The token is none of ours, or its secret has ended: the same answer whichever it is."""

    status = 401
    code = "accounts.token_unknown"


class ProgramOver(Refused):
    """The secret is right, and the program was revoked or its time has ended."""

    status = 401
    code = "accounts.program_over"


class ProgramMissing(Missing):
    """There is no such program, or not for this administrator."""

    code = "accounts.program_missing"


class ProgramUnfit(Invalid):
    """A program has a name, a purpose, scopes that there are, and an end not too far off."""

    code = "accounts.program_unfit"


class ProgramRevoked(Conflict):
    """The program was revoked: it gets no further secret."""

    code = "accounts.program_revoked"


class PortalUnknown(Missing):
    """No portal of that name is configured."""

    code = "accounts.portal_unknown"


class PortalRefused(NotAllowed):
    """The portal said who it is, and nobody here is bound to that; whether there is an account is not said."""

    code = "accounts.portal_refused"


class PortalUnproved(NotAllowed):
    """What came back from the portal proves nothing: forged, for another, too old, or declined."""

    code = "accounts.portal_unproved"


class PortalOver(Conflict):
    """The sign-in that came back was not begun in this browser, is too old, or came back before."""

    code = "accounts.portal_over"


class PortalSilent(Busy):
    """The portal cannot be reached, or answers nothing that can be read."""

    code = "accounts.portal_silent"


class SubjectTaken(Conflict):
    """The person at the portal is bound to another account, or the account to another person at that portal."""

    code = "accounts.subject_taken"


class BindingMissing(Missing):
    """The account is not bound to that portal."""

    code = "accounts.binding_missing"


class TicketOver(NotAllowed):
    """The page's ticket is none of this session's, or the session or its time is over."""

    code = "accounts.ticket_over"
