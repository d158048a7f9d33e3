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
    "needs.mediator_unfit": (
        _("The dispute was not given away"),
        _("Who was chosen may not mediate in this area."),
        _("Choose one of the list."),
        _("Who leads disputes here."),
    ),
    "needs.answer_not_in_use": (
        _("This answer is not in use"),
        _("It was not approved, or it was withdrawn."),
        _("Choose another answer, or propose a new one and let it be approved."),
        _("Who leads the work of the area approves answers."),
    ),
    "needs.helper_unfit": (
        _("This class was not paired"),
        _("Who was chosen does not serve near the class: %(place)s."),
        _("Choose another helper for it."),
        _("Who grants posts can let somebody serve there."),
    ),
    "needs.class_taken": (
        _("This class has a helper already"),
        _("Somebody was paired with it before: %(place)s."),
        _("Look at the list as it stands now."),
        _("Who leads the work there can end the pairing."),
    ),
    "needs.feedback_given": (
        _("No word can be given on this yet"),
        _("It has not been done, or a word was given on it already."),
        _("Wait until it is done."),
        _("Nobody else needs to do anything."),
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
}
NEEDS_DONE = {
    "hearts.kept": _("Kept. The next call can come."),
    "hearts.alarm": _("Somebody on duty has been told and must accept it. Stay with the caller until then."),
    "hearts.dispute_kept": _("Kept. You mediate it; nobody else but who leads here sees it."),
    "hearts.given": _("Given to another mediator."),
    "hearts.logged": _("Logged."),
    "hearts.handed": _("Logged, and on the counselling desk."),
    "hearts.answered": _("Answered. Which answer it was is kept with it."),
    "hearts.drafted": _("Proposed. Another person approves it."),
    "hearts.paired": _("Paired. Each helper finds his classes under “My day”."),
    "hearts.feedback": _("Thank you. It goes to those it is for."),
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
