"""The four parts of refusals about accounts, areas, decisions, editions, devices and the register."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

# code: what, why, what next, who can change it; blanks in %(name)s are filled by messages.py
SENTENCES: dict[str, tuple[str, str, str, str]] = {
    "base.refused": (
        _("Nothing was changed"),
        _("The house could not do this as asked."),
        _("Go back, look at what changed, and try again."),
        _("Your area's administrator can help with the code below."),
    ),
    "base.not_allowed": (
        _("Nothing was changed"),
        _("Your post may not do this here."),
        _("Ask the lead of the area to do it."),
        _("The administrator who grants roles can change this."),
    ),
    "base.missing": (
        _("This cannot be shown"),
        _("It is not there, or it lies outside your area."),
        _("Go back to the list and choose again."),
        _("The lead of the area can give you the task it belongs to."),
    ),
    "base.conflict": (
        _("Nothing was changed"),
        _("Somebody else was first, and it stands differently now."),
        _("Open it again and look at how it stands."),
        _("The lead of the area can put it right."),
    ),
    "base.invalid": (
        _("Nothing was changed"),
        _("Something in the form cannot be taken."),
        _("Go back: what you typed is kept. Correct the field and send again."),
        _("Nobody else needs to do anything."),
    ),
    "base.busy": (
        _("You are in the queue"),
        _("Many people are working here at this moment."),
        _("The page can be tried again in about %(retry_seconds)s seconds; nothing is lost."),
        _("If it lasts longer than 10 minutes, tell the duty officer."),
    ),
    "accounts.right_missing": (
        _("Nothing was changed"),
        _("Your post does not hold the right “%(right)s” in this area."),
        _("Ask the lead of the area to do it, or go back to your own area."),
        _("The administrator who grants roles can change this."),
    ),
    "accounts.missing": (
        _("Nothing was changed"),
        _("There is no account named %(username)s."),
        _("Look at the spelling, or open the account first."),
        _("The administrator of the area can open it."),
    ),
    "accounts.name_taken": (
        _("No account was opened"),
        _("The name %(username)s is taken."),
        _("Choose another name."),
        _("The administrator sees all names."),
    ),
    "accounts.role_unknown": (
        _("No role was granted"),
        _("The catalogue holds no role %(role)s."),
        _("Choose a role from the list."),
        _("Roles are changed in the catalogue by the administrator."),
    ),
    "areas.missing": (
        _("This area cannot be shown"),
        _("There is no such area, or its code %(code)s was not in use on that day."),
        _("Choose the area from the tree."),
        _("The administrator keeps the table of divisions."),
    ),
    "areas.ring": (
        _("The area was not moved"),
        _("The new parent lies below %(area)s itself."),
        _("Choose a parent above it."),
        _("The administrator keeps the table of divisions."),
    ),
    "areas.rows_unfit": (
        _("The table was not loaded, not one row of it"),
        _("Some rows cannot be read: %(rows)s."),
        _("Correct these rows and load the table again."),
        _("Nobody else needs to do anything."),
    ),
    "decisions.missing": (
        _("This decision cannot be shown"),
        _("There is no such decision, or it is not for your post."),
        _("Go back to the list of what waits for you."),
        _("The one who asked can tell you where it stands."),
    ),
    "decisions.asker_decides": (
        _("Your word was not taken"),
        _("You asked for this decision yourself."),
        _("Somebody else of the same authority must decide."),
        _("The deputy on the duty list can decide now."),
    ),
    "decisions.already_decided": (
        _("Your word was not taken"),
        _("It was decided before: %(state)s."),
        _("Open it to read the decision and its reason."),
        _("Whoever decided can ask for a new decision."),
    ),
    "decisions.no_authority": (
        _("Your word was not taken"),
        _("This step needs another authority (%(level)s %(right)s)."),
        _("Hand it to the authority that the ladder names."),
        _("The command of that level can decide."),
    ),
    "editions.file_unfit": (
        _("The file was not taken, not one line of it"),
        _("It has problems: %(problems)s."),
        _("Correct the named keys and load it again."),
        _("Who wrote the edition can correct it."),
    ),
    "editions.missing": (
        _("This edition cannot be shown"),
        _("No edition %(edition)s is loaded."),
        _("Choose one from the list of editions."),
        _("The administrator loads editions."),
    ),
    "editions.value_missing": (
        _("Nothing was changed"),
        _("Edition %(edition)s holds no value %(name)s."),
        _("Choose a value from the edition's list."),
        _("Who wrote the edition can add it."),
    ),
    "editions.kind_missing": (
        _("This kind of work is not known here"),
        _("No kind %(kind)s is loaded in that version."),
        _("Choose a kind from the list of all kinds."),
        _("The administrator loads kinds."),
    ),
    "editions.version_taken": (
        _("The file was not taken"),
        _("Version %(version)s of %(kind)s is in use with other content, and open work relies on it."),
        _("Give the file a higher version and load it again."),
        _("Who wrote the kind can do this."),
    ),
    "field.batch_unreadable": (
        _("Nothing was taken from the phone"),
        _("The batch could not be read."),
        _("Everything is still on the phone. Update the page there and send again."),
        _("Your lead can take the notes over the phone meanwhile."),
    ),
    "field.envelope_missing": (
        _("This note cannot be shown"),
        _("No such note waits to be settled, or it is not yours."),
        _("Go back to the list of notes to settle."),
        _("Your lead sees all notes of the area."),
    ),
    "grid.person_missing": (
        _("This person cannot be shown"),
        _("There is no such person, or not one your post may see."),
        _("Search by name or door in your own area."),
        _("The grid worker who answers for the door can help."),
    ),
    "grid.household_missing": (
        _("This door cannot be shown"),
        _("There is no such door, or not one your post may see."),
        _("Choose the door from its building."),
        _("The lead of the area can assign it to you."),
    ),
    "grid.file_missing": (
        _("This file cannot be shown"),
        _("There is no such register file, or it belongs to another area."),
        _("Go back to the list of files."),
        _("Who sent the file can open it."),
    ),
    "grid.file_unreadable": (
        _("The file was not taken, not one row of it"),
        _("%(reason)s"),
        _("Save it as an .xlsx workbook or as CSV and choose it again."),
        _("Who made the sheet can save it anew."),
    ),
    "grid.file_empty": (
        _("The file was not taken"),
        _("The file %(file)s is empty."),
        _("Choose the file with the people in it."),
        _("Who made the sheet can save it anew."),
    ),
    "grid.file_locked": (
        _("The file was not taken"),
        _("The file %(file)s has a password."),
        _("Take the password off, save it, and choose it again."),
        _("Who made the sheet knows the password."),
    ),
    "grid.file_too_big": (
        _("The file was not taken"),
        _("The file %(file)s is too big to be one register."),
        _("Take out pictures and other sheets, or send one community a file."),
        _("Who made the sheet can split it."),
    ),
    "grid.file_kind_unknown": (
        _("The file was not taken"),
        _("The file %(file)s is neither a workbook nor a text table."),
        _("Save it as an .xlsx workbook or as CSV and choose it again."),
        _("Who made the sheet can save it anew."),
    ),
    "grid.file_has_bad_rows": (
        _("The file was not taken, not one row of it"),
        _("%(bad)s rows cannot be taken as they are."),
        _("Correct the rows in the sheet and choose it again."),
        _("Who made the sheet can correct it."),
    ),
    "grid.file_closed": (
        _("Nothing was changed"),
        _("This file was settled before: %(state)s."),
        _("Choose the file again to read it anew."),
        _("Who settled it stands in the log."),
    ),
    "grid.id_number_twice": (
        _("Nobody was entered"),
        _("Somebody of that name with the number ending %(tail)s is in this building already."),
        _("Search for that person and move him to this door."),
        _("The lead of the community can join two entries."),
    ),
}
