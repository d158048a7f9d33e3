"""Refusals about places in their four parts: what, why, what next, who can change it."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

PLACES = {
    "places.missing": (
        _("This place cannot be shown"),
        _("There is no such place, or it lies outside your area."),
        _("Choose it from the list of places."),
        _("The lead of the area keeps the list."),
    ),
    "places.full": (
        _("No place was given"),
        _("%(place)s has %(capacity)s places of this class, and all are taken."),
        _("Choose another place or another class."),
        _("The lead of the place can free one."),
    ),
    "places.stays_elsewhere": (
        _("No place was given"),
        _("This person holds a place already."),
        _("End that stay first, then give the new one."),
        _("The lead of the other place can end it."),
    ),
    "places.closed": (
        _("Nobody was let in"),
        _("%(place)s is not open now."),
        _("Look at its opening date, or open it first. Those inside can still be counted out."),
        _("Who keeps the places of this area opens it."),
    ),
    "places.at_limit": (
        _("Full: let nobody in"),
        _("%(inside)s are inside and the limit is %(limit)s. %(room)s may still go in."),
        _("Let the next in when somebody has left, and tap Out for each who leaves."),
        _("Who keeps the places of this area can set another limit."),
    ),
    "places.nobody_inside": (
        _("Not counted out"),
        _("Only %(inside)s are counted inside, so not so many can leave."),
        _("If people were missed at the door, count who is inside and enter that number."),
        _("Anybody who counts at this door can enter it."),
    ),
    "places.nothing_to_open": (
        _("Nothing was opened"),
        _("No place of this kind is left to open in this area."),
        _("Check area and kind, or enter the place first. One that is open needs a rule that holds from today."),
        _("Who keeps the places of this area enters them."),
    ),
    "places.not_ready": (
        _("Not opened"),
        _("On the readiness list of this site these are still missing: %(readiness)s."),
        _("Tick them when they are ready, or open it in spite of them with a reason, which is kept."),
        _("Who keeps the places of this area opens it."),
    ),
    "places.ready_missing": (
        _("Nothing was ticked"),
        _("No item of the readiness list of this place was chosen."),
        _("Tick at least one item of the list, and send again."),
        _("Who keeps the places of this area lays its lists."),
    ),
    "places.unfit": (
        _("Nothing was kept"),
        _("Something does not fit: %(field)s (%(fix)s)."),
        _("Go back, correct it and send again."),
        _("Nobody else needs to do anything."),
    ),
    "places.stay_missing": (
        _("This stay cannot be shown"),
        _("There is no such stay, or it lies outside your area."),
        _("Go back to the page of the place."),
        _("The lead of the place keeps its stays."),
    ),
}
