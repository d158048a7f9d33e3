"""Refusals about pleas in their four parts, and what is said after something was done."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

NEEDS = {
    "needs.missing": (
        _("This plea cannot be shown"),
        _("There is none under this number, or it belongs to another area."),
        _("Look at the desk of needs. If you asked yourself, use the link that came with your number."),
        _("The desk of its area, or whoever looks after it."),
    ),
    "needs.unfit": (
        _("The plea was not kept"),
        _("This is missing or does not fit: %(field)s (%(fix)s)."),
        _("Correct it and send again. What you typed is still there."),
        _("Nobody else needs to do anything."),
    ),
    "needs.ended": (
        _("This plea has ended"),
        _("It ended so: %(end)s."),
        _("If it was not solved, open it again and say why."),
        _("Its asker, or the desk of its area."),
    ),
    "needs.not_done": (
        _("It is not done yet"),
        _("Only what was reported as done is confirmed or opened again."),
        _("Wait for the report, or end it with a reason."),
        _("Whoever does the work reports it as done."),
    ),
    "needs.taken": (
        _("Somebody else has it"),
        _("It is looked after by %(post)s."),
        _("Tell them what you know, or go on with another plea."),
        _("They can pass it on."),
    ),
    "needs.too_many": (
        _("Too many at once"),
        _("More than %(most)s pleas have come from this connection within an hour."),
        _("Danger to life: ring 120. Else ring your community, or try again in an hour."),
        _("The community can take your plea in by phone at any time."),
    ),
}
NEEDS_DONE = {
    "needs.taken_in": _("Taken in. Tell the caller the number, and until when somebody answers."),
    "needs.accepted": _("You have it. Call back now."),
    "needs.weighed": _("Kept."),
    "needs.placed": _("The place is kept. The desk there was told."),
    "needs.routed": _("It is work now, and its asker was told."),
    "needs.joined": _("They are one plea now. Both askers hear of it."),
    "needs.ended": _("It has ended, and its asker was told."),
    "needs.reopened": _("It is open again."),
    "needs.asked": _("We have it. Keep this page: it tells how it stands."),
    "needs.confirmed": _("Thank you for telling us."),
}
