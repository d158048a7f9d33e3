"""What journeys refuse and what was done, in words: what, why, what next, who can."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

ASK_DISPATCH = _("Whoever sends the cars of this area.")
TRIPS: dict[str, tuple[str, str, str, str]] = {
    "dispatch.ride_missing": (
        _("There is no such ride"),
        _("It is not there, or it begins where you do not send cars."),
        _("Look at the list of rides that wait."),
        ASK_DISPATCH,
    ),
    "dispatch.trip_missing": (
        _("There is no such trip"),
        _("It is not there, or another drives it."),
        _("Look at “My trips”."),
        ASK_DISPATCH,
    ),
    "dispatch.vehicle_missing": (
        _("There is no such vehicle"),
        _("It is not there, or it does not serve in your area."),
        _("Look at the list of vehicles."),
        ASK_DISPATCH,
    ),
    "dispatch.unfit": (
        _("It was not kept"),
        _("This is missing or does not fit: %(field)s (%(fix)s)."),
        _("Correct it and send again. What you typed is still there."),
        _("Nobody else needs to do anything."),
    ),
    "dispatch.roads_unfit": (
        _("The roads were not loaded"),
        _("This is missing or does not fit: %(field)s (%(fix)s)."),
        _("Correct the file and load it again."),
        _("Nobody else needs to do anything."),
    ),
    "dispatch.tour_unfit": (
        _("The tour was not given"),
        _(
            "Of what was chosen %(n)s does not fit any more (%(field)s): somebody else has it, it is under way, or "
            "whoever was chosen does not serve there."
        ),
        _("Propose the tours anew: what is still free is planned."),
        _("Nobody else needs to do anything."),
    ),
    "dispatch.minor_alone": (
        _("No child travels alone"),
        _("Whoever is to travel is younger than %(years)s."),
        _("Write who goes along."),
        _("A parent, a guardian, or the community's named carer."),
    ),
    "dispatch.dependant_alone": (
        _("Somebody depends on whoever leaves"),
        _("%(n)s people are cared for by this person and would stay behind alone."),
        _("Say of each: goes along, or who looks after him meanwhile."),
        _("The community finds a carer."),
    ),
    "dispatch.state": (
        _("Not now"),
        _("It stands at %(state)s, and the next step is not %(next)s."),
        _("Look at it as it stands now."),
        ASK_DISPATCH,
    ),
    "dispatch.vehicle_taken": (
        _("The vehicle or its driver is taken then"),
        _("№%(number)s holds it, cleaning included, until %(until)s, or it is not lent for that hour."),
        _("Take another vehicle, or a later hour."),
        ASK_DISPATCH,
    ),
    "dispatch.groups_mixed": (
        _("These do not travel together"),
        _("People of different risk would sit in one car, or this car may not carry them: %(groups)s."),
        _("Send two cars, or the same car again once it is disinfected."),
        ASK_DISPATCH,
    ),
    "dispatch.too_full": (
        _("Too many for this vehicle"),
        _("%(asked)s places (%(place)s) are asked for, and it has %(room)s."),
        _("Take a larger vehicle, or send two."),
        ASK_DISPATCH,
    ),
    "dispatch.not_alone": (
        _("A closed loop has no stop between"),
        _("Somebody else would be on board, or get in on the way."),
        _("Give each closed loop a trip of its own."),
        ASK_DISPATCH,
    ),
    "dispatch.crew_missing": (
        _("Nobody drives it then"),
        _("The driver is not on duty with this vehicle for the whole way with protection of level %(protection)s."),
        _("Put somebody on the vehicle for that time, or take another."),
        ASK_DISPATCH,
    ),
    "dispatch.has_moved": (
        _("They live elsewhere by now"),
        _("Since ride №%(number)s was asked for, its person moved to another door."),
        _("Call the ride off and ask for it anew from the new door."),
        ASK_DISPATCH,
    ),
    "dispatch.driver_held": (
        _("This driver may not leave"),
        _("A rule that holds now keeps this driver at home or inside a zone, and no pass covers the trip."),
        _("Send somebody else. If only this driver will do, ask for a pass for the task first."),
        ASK_DISPATCH,
    ),
    "dispatch.crew_taken": (
        _("Taken already"),
        _("This driver, or this wheel, has a turn until %(until)s."),
        _("Choose another hour or another driver."),
        ASK_DISPATCH,
    ),
    "dispatch.not_cleaned": (
        _("Disinfect it first"),
        _("Since it was last cleaned it has carried: %(group)s."),
        _("Disinfect it, press “It is disinfected”, then leave."),
        ASK_DISPATCH,
    ),
    "dispatch.not_confirmed": (
        _("The other side has not said yes"),
        _("What was agreed waits for a word: %(sides)s."),
        _("Ring the other side, and note who said yes."),
        ASK_DISPATCH,
    ),
    "dispatch.relay_first": (
        _("The load is not there yet"),
        _("Ride №%(number)s brings it to the relay point, and stands at: %(state)s."),
        _("Wait until it is handed over there; the second vehicle takes it once the first has set it down."),
        ASK_DISPATCH,
    ),
    "dispatch.relay_same": (
        _("Another vehicle takes it over"),
        _("At a relay point vehicle and driver change: whoever drives ride №%(number)s does not come inside."),
        _("Choose a vehicle and a driver of the other side."),
        ASK_DISPATCH,
    ),
    "dispatch.no_path": (
        _("No path of care fits"),
        _("No rule names a car and a ward for this colour and need."),
        _("Choose the vehicle yourself; danger to life: ring 120."),
        ASK_DISPATCH,
    ),
}
TRIPS_DONE = {
    "dispatch.asked": _("Asked. Whoever sends the cars sees it now."),
    "dispatch.tour_given": _("Given. The portions stand on his list in the order of the doors, each with its time."),
    "dispatch.tour_ended": _("Taken off. What was not brought has nobody again: propose tours anew."),
    "dispatch.sent": _("Sent. The driver and who asked were told."),
    "dispatch.replanned": _("The new plan is sent. Drivers and those for whom something changes were told."),
    "dispatch.stepped": _("Noted with the time."),
    "dispatch.left": _("On the way."),
    "dispatch.cleaned": _("Disinfected. It may carry others now."),
    "dispatch.logged": _("Noted."),
    "dispatch.ride_cancelled": _("Nobody is fetched. A reserved place is free again."),
    "dispatch.trip_cancelled": _("The trip does not go. Its rides wait again, first in line."),
    "dispatch.goal_changed": _("Brought elsewhere. Driver and who asked were told."),
    "dispatch.confirmed": _("Noted who said yes."),
    "dispatch.vehicle_added": _("The vehicle is on the list."),
    "dispatch.crewed": _("Noted who drives."),
    "dispatch.withdrawn": _("It serves no longer."),
    "dispatch.offered": _("Thank you. You hear when somebody needs a ride."),
}
