"""Refusals about producers."""

from lianfang.base.errors import Conflict, Invalid, Missing


class ProducerMissing(Missing):
    """No such producer, or it lies outside the actor's area."""

    code = "supplies.producer_missing"


class ProducerKnown(Conflict):
    """The body is registered as a producer of this product."""

    code = "supplies.producer_known"


class SupplyUnfit(Invalid):
    """A value of a producer or its day that cannot be taken: values name the field and the fix."""

    code = "supplies.unfit"
