"""Refusals about places."""

from lianfang.base.errors import Conflict, Invalid, Missing


class PlaceMissing(Missing):
    """No such place."""

    code = "places.missing"


class StayMissing(Missing):
    """No such stay."""

    code = "places.stay_missing"


class PlaceUnfit(Invalid):
    """A value of a place, an opening or a count that cannot be taken: values name the field and the fix."""

    code = "places.unfit"


class PlaceFull(Conflict):
    """No free place of that class."""

    code = "places.full"


class StaysElsewhere(Conflict):
    """The person holds a place already: nobody is in two beds."""

    code = "places.stays_elsewhere"


class PlaceClosed(Conflict):
    """The place is not open now: nobody is let in or admitted."""

    code = "places.closed"


class AtLimit(Conflict):
    """As many are inside as may be: the next goes in when somebody has left."""

    code = "places.at_limit"


class NobodyInside(Conflict):
    """More would leave than are counted inside."""

    code = "places.nobody_inside"


class NothingToOpen(Conflict):
    """The area has no place of the kind that this opening would change."""

    code = "places.nothing_to_open"


class NotReady(Conflict):
    """Mandatory items of the place's readiness list are open: it opens only in spite of them, with a reason."""

    code = "places.not_ready"


class ReadyItemMissing(Missing):
    """No such item on the readiness list of this place."""

    code = "places.ready_missing"
