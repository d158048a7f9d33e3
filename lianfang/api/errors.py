"""Refusals of the door itself: what was sent, not what was asked of a domain."""

from lianfang.base.errors import Busy, Invalid, Missing, Refused


class Unfit(Invalid):
    """A field, a parameter or the body is not as the document of the interface says."""

    code = "api.unfit"


class CursorUnfit(Invalid):
    """The cursor is none that a list gave."""

    code = "api.cursor_unfit"


class AddressUnknown(Missing):
    """There is no such address."""

    code = "api.address_unknown"


class MethodUnfit(Refused):
    """The address takes another method."""

    status = 405
    code = "api.method_unfit"


class CallReplayed(Refused):
    """A signed call came a second time: somebody sent again what he had listened to."""

    status = 401
    code = "api.call_replayed"


class SignatureUnfit(Refused):
    """A signed call does not bear all parts of its signature as the manual says."""

    status = 401
    code = "api.signature_unfit"


class TooManyCalls(Busy):
    """The program has called too often in the last minute."""

    status = 429
    code = "api.too_many_calls"


class Broken(Refused):
    """A fault of ours: nothing was written."""

    status = 500
    code = "api.broken"
