"""Refusals about tracing and watching in their four parts: what, why, what next, who can change it."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TRACING = {
    "tracing.missing": (
        _("This trace cannot be shown"),
        _("There is no such trace, or it lies outside your area."),
        _("Choose it from the list of traces."),
        _("A tracer of that area can open it."),
    ),
    "tracing.window_missing": (
        _("The trace was not opened"),
        _("Neither the day of onset nor the time of the positive sample is known: there is nothing to look back from."),
        _("Ask the patient or the laboratory, enter one of the two, and send again."),
        _("Nobody else needs to do anything."),
    ),
    "tracing.open_already": (
        _("No second trace was opened"),
        _("This person is being traced in this incident already."),
        _("Go to that trace; it can be computed anew when further visits have come."),
        _("Its tracer can close it."),
    ),
    "tracing.contact_missing": (
        _("Nothing was decided"),
        _("This candidate is not on the list any more: further visits changed what is known."),
        _("Go back to the trace and look at its list now."),
        _("Nobody else needs to do anything."),
    ),
    "tracing.decided_otherwise": (
        _("Nothing was changed"),
        _("Somebody has decided on this contact before you, or it has come further already."),
        _("Go back and look at where it stands."),
        _("Who decided can say why; an all-clear ends a hold."),
    ),
    "tracing.reason_missing": (
        _("Nobody was left out"),
        _("A candidate is left out only with a reason, so that the next tracer need not ask again."),
        _("Write the reason in a few words and press again."),
        _("Nobody else needs to do anything."),
    ),
    "tracing.dependants_unasked": (
        _("Nobody was moved yet"),
        _("Others depend on this person and would be left alone: %(count)s."),
        _("Call, ask who looks after them, choose the answer, and confirm again."),
        _("The community can send somebody to the door."),
    ),
    "tracing.contact_elsewhere": (
        _("This contact was not confirmed"),
        _("The person lives outside the area where your post may hold anybody."),
        _("Hand it to the tracers of that area, with the evidence."),
        _("A tracer of that area confirms it."),
    ),
    "tracing.days_over": (
        _("Nobody was held"),
        _("The days since the last exposure are over under this edition: nothing is left to serve."),
        _("Leave the person out, with that reason."),
        _("Nobody else needs to do anything."),
    ),
    "tracing.visit_backwards": (
        _("This visit was not kept"),
        _("It ends before it begins."),
        _("Look at both times in the source, correct them and send the row again."),
        _("Who delivered the visits knows their clock."),
    ),
    "tracing.visit_to_come": (
        _("This visit was not kept"),
        _("It ends in the future."),
        _("Look at the date in the source, correct it and send the row again."),
        _("Who delivered the visits knows their clock."),
    ),
    "tracing.visitor_unknown": (
        _("This visit was not kept"),
        _("Nobody, or more than one, of your area is on the register under this name and number."),
        _("Write the whole number, or enter the person on the register first."),
        _("The community keeps the register."),
    ),
    "tracing.venue_unknown": (
        _("This visit was not kept"),
        _("No venue, or more than one, has this name in your area."),
        _("Enter the venue on the page of deliveries, or correct its name, and send the row again."),
        _("Nobody else needs to do anything."),
    ),
    "tracing.visit_unfit": (
        _("Nothing was kept"),
        _("Something cannot be read: %(field)s (%(fix)s)."),
        _("Correct it in the file and send it again."),
        _("Nobody else needs to do anything."),
    ),
    "watch.case_missing": (
        _("This watch case cannot be shown"),
        _("There is no such case, or it lies outside your area."),
        _("Choose it from the watch list."),
        _("The lead of the area can see it."),
    ),
    "watch.case_ended": (
        _("The check was not kept"),
        _("The watch had ended before this check was made."),
        _("Nothing is to be done for this person any more."),
        _("A tracer can open the watch again."),
    ),
    "watch.check_unfit": (
        _("The check was not kept"),
        _("Something does not fit: %(field)s (%(fix)s)."),
        _("Measure again if in doubt, correct it and send again."),
        _("Nobody else needs to do anything."),
    ),
    "watch.check_differs": (
        _("The check was not kept"),
        _("It bears the number of another check."),
        _("Open the page anew and note it again."),
        _("Nobody else needs to do anything."),
    ),
}
