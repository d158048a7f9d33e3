"""Refusals about phones that are vouched for, and why what a phone sent waits for a person."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed


class VouchingMissing(Missing):
    """There is no such vouching, or not for this lead."""

    code = "devices.vouching_missing"


class VouchingOver(Conflict):
    """The vouching has ended, with the mission or before it."""

    code = "devices.vouching_over"


class VouchingUnfit(Invalid):
    """A vouching ends after it begins and within some days, for a role that needs no second factor."""

    code = "devices.vouching_unfit"


class CodeUnknown(NotAllowed):
    """No vouching shows this code now; whether one ever did is not said."""

    code = "devices.code_unknown"


class KeyUnfit(Invalid):
    """What the phone sent is no public key of the sort that is asked."""

    code = "devices.key_unfit"


class DeviceMissing(Missing):
    """There is no such phone, or not for this lead."""

    code = "devices.missing"


class AccountTooStrong(Conflict):
    """The account reads registers: it signs in by a second factor, never by a phone somebody vouched for."""

    code = "devices.account_too_strong"


class NotSignedIn(NotAllowed):
    """The phone's key opens nothing: unknown, ended or wrongly signed; which of them is not said."""

    code = "devices.not_signed_in"


class LeadsCodeWrong(NotAllowed):
    """The lead's code does not fit, is older than five minutes, or was tried too often."""

    code = "devices.leads_code_wrong"


class Revoked(NotAllowed):
    """What came is signed by a phone whose access has ended."""

    code = "devices.revoked"


class SignatureWrong(NotAllowed):
    """What came is not what the phone's key signed."""

    code = "devices.signature_wrong"


class SignatureMissing(NotAllowed):
    """An enrolled phone signs what it sends; this came unsigned."""

    code = "devices.signature_missing"


class KeyUnknown(NotAllowed):
    """What came names a key that nobody enrolled."""

    code = "devices.key_unknown"


class BadgeMissing(Missing):
    """There is no such badge, or not for this lead."""

    code = "devices.badge_missing"


class BadgeUnfit(NotAllowed):
    """Badge and PIN do not fit, the badge has ended, or the PIN was tried too often; which is not said."""

    code = "devices.badge_unfit"


class TokenKeyMissing(Missing):
    """The site never signed with such a key."""

    code = "devices.token_key_missing"


class CardUnfit(Invalid):
    """What was scanned is no identity card of ours, or was drawn too long ago."""

    code = "devices.card_unfit"
