"""The four parts of refusals about work: its moves, what keeps them safe, and its fields."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

WORK: dict[str, tuple[str, str, str, str]] = {
    "work.item_missing": (
        _("This task cannot be shown"),
        _("There is no such task, it is finished, or it is not for your post."),
        _("Go back to the board and choose again."),
        _("The lead of the area can give it to you."),
    ),
    "work.move_unknown": (
        _("Nothing was noted"),
        _("This kind of work has no step %(move)s."),
        _("Open the task again and choose one of its steps."),
        _("Who wrote the kind can add it."),
    ),
    "work.move_unfit": (
        _("Nothing was noted"),
        _("Somebody was first: the task now stands at %(state)s."),
        _("Open it again and look at its history."),
        _("Its owner knows how it stands."),
    ),
    "work.move_not_yours": (
        _("Nothing was noted"),
        _("This step belongs to the owner or the lead of the area."),
        _("Take the task first, or hand it to its owner."),
        _("The lead of the area can give it to you."),
    ),
    "work.needs_another": (
        _("Nothing was noted"),
        _("You did the work yourself, so somebody else must close it."),
        _("Ask a colleague of the area to look and close it."),
        _("Anybody else who serves in the area can."),
    ),
    "work.criterion_unmet": (
        _("It was not noted as met"),
        _("The criterion asks for %(need)s, and what was noted stays below it."),
        _("Note it again when the criterion is met."),
        _("Who keeps the kind can change its criteria, for items opened from then on."),
    ),
    "work.asked_already": (
        _("It was asked here today already"),
        _("“%(question)s” was asked and answered at %(time)s; %(who)s asked."),
        _("Read that answer first. If it must be asked again, say why."),
        _("The command sets in the edition how long an answer holds."),
    ),
    "work.transfer_unfit": (
        _("Nothing has changed hands"),
        _("It is nobody's, your own, finished, or somebody else has asked for it already."),
        _("Open the task again and see who has it now."),
        _("The lead of the area can give a task to anybody there."),
    ),
    "work.night_rest": (
        _("Nobody knocks or calls now"),
        _("From %(begins)s to %(ends)s people are left to sleep."),
        _("Go in the morning. If somebody is in danger, say why, and go now."),
        _("The command sets these hours in the edition."),
    ),
    "work.minor_alone": (
        _("Nothing is asked here now"),
        _("Only a minor is at home."),
        _("Do not go in. Ask when a guardian will be there, and note that you come back then."),
        _("Nobody can allow it: a guardian has to be present."),
    ),
    "work.own_page": (
        _("It was not opened"),
        _("Work of this kind is noted as a whole, on the page of its door."),
        _("Open the door in the register, and note it there."),
        _("Who keeps the kinds can say more."),
    ),
    "work.page_missing": (
        _("This page cannot be shown"),
        _("No page was printed with this code, or it is of an area that is not yours."),
        _("Read the code off the paper again, letter by letter."),
        _("Whoever printed the list can say for which area it is."),
    ),
    "work.page_code_wrong": (
        _("This is no code of a page"),
        _("A letter of it is wrong: every code checks itself."),
        _("Read the code off the paper again, letter by letter, or scan the square."),
        _("Nobody needs to change it: the code on the paper is right."),
    ),
    "work.page_too_old": (
        _("This page is too old to be typed in"),
        _("It was printed at %(printed)s and could be typed in until %(until)s."),
        _("Open the tasks on the board and note them one by one, or print the list anew."),
        _("The command sets in the edition how long a page can be typed in."),
    ),
    "work.writer_unfit": (
        _("Nothing was noted"),
        _("It does not say who wrote on this page, or whoever it names does not serve in its area."),
        _("Choose who wrote on the paper, and send it again."),
        _("The lead of the area knows who went with the list."),
    ),
    "work.noted_since": (
        _("This row was not written over"),
        _("Somebody noted it at %(time)s, while this page was being typed in."),
        _("Look at what stands now, and decide which is right."),
        _("Whoever noted it knows how it was."),
    ),
    "work.kit_missing": (
        _("Do not begin yet"),
        _("Without %(kit)s nobody may do this step."),
        _("Put it on, have somebody look at it, and tick each piece again."),
        _("The lead of the area has the kit, and can send somebody who wears it."),
    ),
    "work.bound_passed": (
        _("It was not noted"),
        _("%(what)s: %(said)s, and at most %(most)s %(unit)s are allowed (rule %(rule)s: %(source)s)."),
        _("Come out and rest: somebody else goes on. Tell the lead, who notes why it lasted longer."),
        _("The command sets the bound in the edition; the lead alone can note what went over it."),
    ),
    "work.not_listed": (
        _("Hand nothing over yet"),
        _("Nobody is listed here under %(key)s, or nobody has checked the licence."),
        _("Read the number off the licence again; if it is right, ask the lead to enter and check it."),
        _("The lead of the area, or of the level above, keeps the register."),
    ),
    "work.listing_over": (
        _("Hand nothing over"),
        _("The licence of %(name)s ended on %(until)s."),
        _("Call another carrier, or have the new licence shown and entered."),
        _("The lead who keeps the register can renew it when he has seen the new licence."),
    ),
    "work.field_missing": (
        _("Nothing was noted"),
        _("This step needs: %(fields)s."),
        _("Go back, fill these in, and send again."),
        _("Nobody else needs to do anything."),
    ),
    "work.field_unfit": (
        _("Nothing was noted"),
        _("The value of %(field)s cannot be taken: %(fix)s."),
        _("Go back, correct it, and send again."),
        _("Nobody else needs to do anything."),
    ),
    "work.unit_unfit": (
        _("No task was opened"),
        _("This kind is about another sort of thing (%(unit)s), or the thing is not in this area."),
        _("Open it from the page of the right door, person or place."),
        _("The lead of the area can open it."),
    ),
    "work.parent_unfit": (
        _("No task was opened"),
        _("This kind may not hang under that task."),
        _("Open it on its own, or under one of: %(parents)s."),
        _("Who wrote the kind can change this."),
    ),
    "work.spot_not_drawn": (
        _("Your finding was not kept"),
        _("This task was not drawn for a second look, or has had it."),
        _("Go back to the list of second looks."),
        _("Nobody else needs to do anything."),
    ),
}
