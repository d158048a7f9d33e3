"""Refusals about places."""

from lianfang.base.errors import Conflict, Missing


class PlaceMissing(Missing):
    """No such place."""

    code = "places.missing"


class PlaceFull(Conflict):
    """No free place of that class."""

    code = "places.full"


class StaysElsewhere(Conflict):
    """The person holds a place already: nobody is in two beds."""

    code = "places.stays_elsewhere"
