"""The four parts of refusals about the response: holds, incidents, messages, places, reports, work."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

# code: what, why, what next, who can change it; blanks in %(name)s are filled by messages.py
RESPONSE: dict[str, tuple[str, str, str, str]] = {
    "holds.missing": (
        _("This hold cannot be shown"),
        _("There is no such hold, or it has ended."),
        _("Open the person's page to see what holds now."),
        _("The authority that ordered it can tell you."),
    ),
    "holds.without_end": (
        _("Nobody was held"),
        _("A hold needs an end, or a day on which it is looked at again."),
        _("Give the day and send again."),
        _("The authority that orders it sets the day."),
    ),
    "holds.without_paper": (
        _("Nobody was held"),
        _("A hold needs the number of the paper that orders it."),
        _("Type the paper number and send again."),
        _("The authority that orders it issues the paper."),
    ),
    "incidents.signal_missing": (
        _("This signal cannot be shown"),
        _("There is no such signal, or it lies outside your area."),
        _("Go back to the list of signals."),
        _("The duty officer sees all signals."),
    ),
    "incidents.signal_unknown": (
        _("The signal was not kept"),
        _("The edition knows no signal %(kind)s of class %(case_class)s."),
        _("Choose signal and class from the list, and report again."),
        _("Who wrote the edition can add it."),
    ),
    "incidents.signal_does_not_open": (
        _("No incident was opened"),
        _("By the edition a signal of class %(case_class)s does not open a response."),
        _("Keep watching it; report again when the class changes."),
        _("The command can open one on another signal."),
    ),
    "incidents.signal_taken": (
        _("No second incident was opened"),
        _("This signal opened an incident before."),
        _("Open that incident."),
        _("The command leads it."),
    ),
    "incidents.missing": (
        _("This incident cannot be shown"),
        _("There is no such incident, or it lies outside your area."),
        _("Go back to the list of incidents."),
        _("The duty officer sees all incidents."),
    ),
    "incidents.phase_unknown": (
        _("The phase was not changed"),
        _("The edition knows no phase %(phase)s."),
        _("Choose a phase from the list."),
        _("Who wrote the edition can add it."),
    ),
    "incidents.zone_missing": (
        _("This zone cannot be shown"),
        _("There is no such zone, or it lies outside your area."),
        _("Go back to the list of zones."),
        _("The duty officer sees all zones."),
    ),
    "incidents.zone_outside": (
        _("The zone was not drafted"),
        _("%(outside)s of its buildings lie outside its area."),
        _("Choose a larger area, or leave those buildings out."),
        _("The command of the area above can draft it."),
    ),
    "decisions.word_unknown": (
        _("Your word was not taken"),
        _("A step is granted, refused or returned, nothing else."),
        _("Choose one of the three."),
        _("Nobody else needs to do anything."),
    ),
    "incidents.zone_empty": (
        _("The zone was not drafted"),
        _("A zone needs at least one building, and none was chosen."),
        _("Choose buildings in the list and draft again."),
        _("Nobody else needs to do anything."),
    ),
    "incidents.zone_not_draft": (
        _("Nothing was changed"),
        _("This version is no draft any more: %(state)s."),
        _("Draft the next version instead."),
        _("The authority that adopted it can lift it."),
    ),
    "incidents.zone_without_authority": (
        _("The zone is not in force"),
        _("The authority that the edition asks for has not adopted this version."),
        _("Ask for adoption and wait for the word."),
        _("The command of that level can adopt it."),
    ),
    "incidents.zone_kind_unknown": (
        _("The zone was not drafted"),
        _("Edition %(edition)s knows no kind of zone %(kind)s."),
        _("Choose a kind from the list."),
        _("Who wrote the edition can add it."),
    ),
    "incidents.paper_missing": (
        _("Your word was not taken"),
        _("A zone needs the number of the paper that adopts it."),
        _("Type the paper number and decide again."),
        _("Your office issues the number."),
    ),
    "messages.missing": (
        _("This message cannot be shown"),
        _("There is no such message, or it went to somebody else."),
        _("Go back to your day."),
        _("Who sent it can send it again."),
    ),
    "messages.blank_missing": (
        _("The message was not written"),
        _("Its text has blanks without a value: %(blanks)s."),
        _("Fill them in and send again."),
        _("The administrator of the editions can change the text."),
    ),
    "messages.answer_unknown": (
        _("Your answer was not taken"),
        _("The message does not offer that answer."),
        _("Choose one of the answers shown."),
        _("You can also call the number in the message."),
    ),
    "messages.answered_otherwise": (
        _("Your first answer stands"),
        _("You answered this before: %(answer)s."),
        _("If things have changed, call the number in the message."),
        _("The grid worker can note the change."),
    ),
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
    "privacy.key_gone": (
        _("Nothing was kept"),
        _("The key for these data was destroyed when their time ran out, or was never made."),
        _("If the incident still runs, tell the administrator."),
        _("The administrator makes keys for an open incident."),
    ),
    "privacy.search_too_short": (
        _("Nothing was searched"),
        _("A name needs two characters or a syllable; a number its last four digits or the whole phone."),
        _("Type a little more and search again."),
        _("Nobody else needs to do anything."),
    ),
    "reports.sheet_missing": (
        _("This sheet cannot be shown"),
        _("There is no such sheet, or it lies outside your area."),
        _("Choose the area and the day again."),
        _("The duty officer of the area sends its sheet."),
    ),
    "reports.sheet_locked": (
        _("The sheet was not sent again"),
        _("It was sent before and is locked: %(state)s."),
        _("Ask the area above to return it, then send the next draft."),
        _("The area above can return it with a note."),
    ),
    "reports.figure_missing": (
        _("This figure cannot be shown"),
        _("The sheet holds no figure %(figure)s today."),
        _("Go back to the sheet."),
        _("Who wrote the edition can add it."),
    ),
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
