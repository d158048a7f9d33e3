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
    "gates.permit_missing": (
        _("There is no such permit"),
        _("None has this number or square, or it is not for you to see."),
        _("Look at the list of permits, or ask the community that gave it."),
        _("The community that decides on it."),
    ),
    "gates.permit_unfit": (
        _("The permit was not kept"),
        _("This is missing or does not fit: %(field)s (%(fix)s)."),
        _("Correct it and send again. What you typed is still there."),
        _("Nobody else needs to do anything."),
    ),
    "gates.not_needed": (
        _("No permit is needed"),
        _("Nothing holds this person now."),
        _("Go. If a gate asks, the page “Why am I held” says that nothing holds."),
        _("Nobody needs to decide."),
    ),
    "gates.only_fast": (
        _("Nobody goes out from here now"),
        _("The rule of this place lets nobody out but for what cannot wait: %(hold)s."),
        _("Ask by the fast lane and say why it cannot wait. Danger to life goes at once, without a permit."),
        _("The community decides on the fast lane."),
    ),
    "gates.state": (
        _("It cannot be changed so"),
        _("It stands at %(state)s, and the next step is not %(next)s."),
        _("Look at the permit as it stands now."),
        _("Whoever decides on it."),
    ),
    "gates.own_review": (
        _("Somebody else looks at it"),
        _("You asked for it or granted it yourself."),
        _("Leave it on the list."),
        _("Another who decides in this area, or the level above."),
    ),
    "work.run_unfit": (
        _("Nobody goes yet"),
        _("The errand takes along what is open, of one kind and begun by nobody, and its counter must still be open."),
        _("Choose again from the list as it stands now, and say until when the counter is open."),
        _("Whoever serves in the area can go."),
    ),
    "work.owner_unskilled": (
        _("It is not given to them"),
        _("This kind of work asks for a skill that is verified and valid, and they have none: %(skill)s."),
        _("Name somebody from the list, or have the skill verified first."),
        _("Whoever verifies skills in the area."),
    ),
    "work.plan_missing": (
        _("This plan cannot be shown"),
        _("There is no such plan, or it lies outside your area."),
        _("Look for it among the plans of your area."),
        _("Whoever opens work in its area."),
    ),
    "work.plan_unfit": (
        _("The plan was not kept"),
        _("The value of %(field)s cannot be taken: %(fix)s."),
        _("Change it and keep the plan again."),
        _("You can, here and now."),
    ),
    "work.plan_ended": (
        _("This plan has ended"),
        _("It comes no more; what it was and why it ended is kept."),
        _("Make a new plan if it is to come again."),
        _("Whoever opens work in its area."),
    ),
}
NEEDS_DONE = {
    "work.run_started": _("They are yours. Take each card before you go."),
    "work.run_noted": _("Noted for each household."),
    "work.run_ended": _("You are back. What was not made is in the queue again."),
    "work.plan_made": _("The plan is kept. The next task is opened ahead of its day."),
    "work.plan_changed": _("Kept."),
    "work.plan_assigned": _("Their task is open."),
    "work.plan_ended": _("It comes no more."),
    "gates.applied": _("Asked. You hear as soon as it is decided."),
    "gates.called_back": _("It holds no more."),
    "gates.reviewed": _("Looked at."),
    "gates.out": _("Out. Noted with the time."),
    "gates.in": _("Back. Noted with the time."),
    "gates.refused": _("Turned back. Noted with the reason."),
    "gates.released": _("Out at once. Somebody looks at it afterwards."),
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
