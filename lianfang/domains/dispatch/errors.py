"""Refusals about vehicles, rides and trips."""

from lianfang.base.errors import Conflict, Invalid, Missing
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing


class RideMissing(Missing):
    """No such ride, or not for this actor."""

    code = "dispatch.ride_missing"


class TripMissing(Missing):
    """No such trip, or not for this actor."""

    code = "dispatch.trip_missing"


class VehicleMissing(Missing):
    """No such vehicle, or not for this actor."""

    code = "dispatch.vehicle_missing"


class RideUnfit(Invalid):
    """A value of a ride, vehicle or turn that cannot be taken: values name the field and the fix."""

    code = "dispatch.unfit"


class RoadsUnfit(Invalid):
    """Roads that cannot be loaded: values name the field and the fix."""

    code = "dispatch.roads_unfit"


class TourUnfit(Conflict):
    """A tour that cannot be given as it stands: values name the field (stops, carrier) and how many are wrong."""

    code = "dispatch.tour_unfit"


class MinorAlone(Conflict):
    """Somebody too young would travel alone: values name the age."""

    code = "dispatch.minor_alone"


class DependantAlone(Conflict):
    """Somebody depends on whoever is moved and was not thought of: values say how many."""

    code = "dispatch.dependant_alone"


class RideState(Conflict):
    """The ride is not in the state for that step: values name both."""

    code = "dispatch.state"


class VehicleTaken(Conflict):
    """The vehicle has another trip then, cleaning included: values name its number and until when."""

    code = "dispatch.vehicle_taken"


class GroupsMixed(Conflict):
    """People of different risk would sit together, or in a vehicle that may not carry them: values name the groups."""

    code = "dispatch.groups_mixed"


class TooFull(Conflict):
    """More would be on board than there are places: values name the place, how many there are and how many asked."""

    code = "dispatch.too_full"


class NotAlone(Conflict):
    """A closed loop has nobody else on board and no stop between."""

    code = "dispatch.not_alone"


class CrewMissing(Conflict):
    """Nobody is on duty with this vehicle for the whole trip with the protection it needs."""

    code = "dispatch.crew_missing"


class DriverHeld(Conflict):
    """Whoever would drive may not leave then: he is held at home or in a zone, and has no pass for that time."""

    code = "dispatch.driver_held"


class CrewTaken(Conflict):
    """The driver or the vehicle has a turn already then."""

    code = "dispatch.crew_taken"


class NotCleaned(Conflict):
    """The vehicle has to be disinfected first: values name what it carried."""

    code = "dispatch.not_cleaned"


class NotConfirmed(Conflict):
    """An arrangement with another district waits for a side's word: values name which."""

    code = "dispatch.not_confirmed"


class HasMoved(Conflict):
    """Whoever is fetched, or brought home, lives behind another door by now: values name the ride."""

    code = "dispatch.has_moved"


class RelayFirst(Conflict):
    """The load is not at the relay point yet: values name the ride that brings it there, and where that stands."""

    code = "dispatch.relay_first"


class RelaySame(Conflict):
    """One vehicle or driver would make both legs of a load that is handed over: values name the first leg."""

    code = "dispatch.relay_same"


class NoPath(Invalid):
    """No path of care fits this colour and need."""

    code = "dispatch.no_path"


BY_CODE = {e.code: e for e in (RideUnfit, MinorAlone, DependantAlone, RightMissing)}


def raise_refusal(outcome: Outcome) -> None:
    """Raise the refusal of an outcome of a list; nothing where it was done, or done before."""
    if outcome.code and outcome.code != "repeated":
        raise BY_CODE[outcome.code](**outcome.values)
