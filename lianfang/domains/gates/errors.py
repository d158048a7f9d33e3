"""Refusals about permits and gates."""

from lianfang.base.errors import Conflict, Invalid, Missing


class PermitMissing(Missing):
    """No such permit, or not for this actor."""

    code = "gates.permit_missing"


class PermitUnfit(Invalid):
    """A value of a permit that cannot be taken: values name the field and the fix."""

    code = "gates.permit_unfit"


class PermitNotNeeded(Conflict):
    """Nothing holds this person: nobody need allow it."""

    code = "gates.not_needed"


class OnlyFast(Conflict):
    """What holds this person lets nobody out but for what cannot wait; values name the rule and until when."""

    code = "gates.only_fast"


class StillHeld(Conflict):
    """Whoever is to leave for good is held by something else: values name the hold."""

    code = "gates.still_held"


class PermitState(Conflict):
    """The permit is not in the state for that step: values name both."""

    code = "gates.state"


class OwnReview(Conflict):
    """Who took the fast lane does not review it himself."""

    code = "gates.own_review"


class ClosureMissing(Missing):
    """No such closed road, or not for this actor."""

    code = "gates.closure_missing"


class ClosureUnfit(Invalid):
    """A value of a closed road that cannot be taken: values name the field and the fix."""

    code = "gates.closure_unfit"


class ClosureElsewhere(Invalid):
    """A spot lies where its closer may close no road: values name how far beyond the doors of his area he may."""

    code = "gates.closure_elsewhere"


class CrossingMissing(Missing):
    """No such gate of a convoy's way, or not one where this actor stands."""

    code = "gates.crossing_missing"
