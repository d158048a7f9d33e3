"""Refusals about rounds, samples, tubes and results in their four parts: what, why, what next, who can change it."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

LEAD = _("Who leads the round in this area.")
COMMAND = _("The command that orders the round.")
DESK_LEAD = _("The lead of the sampling site.")
LAB = _("The laboratory, together with who leads the round.")

ROUNDS = {
    "rounds.missing": (
        _("This round cannot be shown"),
        _("There is no such round, or it runs outside your area."),
        _("Choose it from the list of rounds."),
        COMMAND,
    ),
    "rounds.unfit": (
        _("The round was not changed"),
        _("The value for “%(field)s” cannot be taken: %(fix)s."),
        _("Correct it and send again."),
        COMMAND,
    ),
    "rounds.not_ready": (
        _("Not yet"),
        _("It stands at “%(state)s”, and “%(need)s” comes first or is past."),
        _("Take the steps in their order: plan, sites, staff, open, close, results."),
        COMMAND,
    ),
    "rounds.units_open": (
        _("Sampling was not closed"),
        _("%(left)s people have no named state yet."),
        _("Open the list of those left: visit, call, or note where they are."),
        LEAD,
    ),
    "rounds.station_missing": (
        _("This site cannot be changed"),
        _("There is no such site in the round, or it lies outside your area."),
        _("Choose it from the list of sites."),
        LEAD,
    ),
    "rounds.desk_missing": (
        _("Nobody was sampled here"),
        _("This desk is not yours, or it is not in this round any more."),
        _("Choose your desk again. What you scanned is kept and can be taken by the lead."),
        DESK_LEAD,
    ),
    "rounds.unit_missing": (
        _("It was not noted"),
        _("This person is not on the round's list, or lives outside your area."),
        _("Look for the person by name. Whoever is on no list is added at the door."),
        LEAD,
    ),
    "rounds.ended_otherwise": (
        _("It was not noted"),
        _("This person stands as “%(ending)s” already, since %(time)s."),
        _("Nothing is left to do here. If that is wrong, the desk takes its sample back."),
        DESK_LEAD,
    ),
    "rounds.ending_unknown": (
        _("It was not noted"),
        _("This round knows no such state."),
        _("Choose one of the list."),
        LEAD,
    ),
    "rounds.reason_missing": (
        _("It was not noted"),
        _("“%(ending)s” needs its reason: %(reasons)s."),
        _("Choose the reason and note it again."),
        LEAD,
    ),
    "rounds.not_by_hand": (
        _("It was not noted"),
        _("“%(ending)s” is given by a sample, never by hand."),
        _("Scan the person at a desk or at the door."),
        DESK_LEAD,
    ),
    "rounds.closed": (
        _("It was not noted"),
        _("The round takes no notes now: it stands at “%(state)s”."),
        _("Tell who leads the round. What you noted is kept."),
        COMMAND,
    ),
    "sampling.code_unknown": (
        _("Nobody was sampled"),
        _("This code is none of ours."),
        _("Ask for the test code, then the identity card, then look by name."),
        DESK_LEAD,
    ),
    "sampling.code_expired": (
        _("Nobody was sampled"),
        _("This code is too old."),
        _("Look the person up by name, and let the code be made anew."),
        DESK_LEAD,
    ),
    "sampling.person_unclear": (
        _("Nobody was sampled"),
        _("Nobody on the register, or more than one, fits the name and the digits."),
        _("Type name and last four of the identity card again, and name the door."),
        DESK_LEAD,
    ),
    "sampling.already_sampled": (
        _("Not counted twice"),
        _("This person was sampled in this round at %(time)s."),
        _("Let the person go. If it was somebody else, take that sample back."),
        DESK_LEAD,
    ),
    "sampling.tube_unfit": (
        _("Nobody was sampled"),
        _("“%(tube)s” is no tube's code."),
        _("Scan the code on the tube, or type it."),
        DESK_LEAD,
    ),
    "sampling.tube_full": (
        _("Nobody was put into this tube"),
        _("Tube %(tube)s holds %(takes)s people, as many as it takes."),
        _("Close it and open a new one."),
        DESK_LEAD,
    ),
    "sampling.tube_closed": (
        _("Nobody was put into this tube"),
        _("Tube %(tube)s was closed before."),
        _("Open a new tube and scan again."),
        DESK_LEAD,
    ),
    "sampling.tube_open": (
        _("The tube was not taken"),
        _("Tube %(tube)s is still open at its desk."),
        _("Let the desk close it first."),
        DESK_LEAD,
    ),
    "sampling.tube_elsewhere": (
        _("Nobody was put into this tube"),
        _("Tube %(tube)s belongs to another desk or another round."),
        _("Take a tube of your own box."),
        DESK_LEAD,
    ),
    "sampling.tube_unknown": (
        _("The tube was not taken"),
        _("There is no tube %(tube)s, or it is not of your area."),
        _("Compare the code on the tube."),
        LAB,
    ),
    "sampling.tube_differs": (
        _("The tube was not closed"),
        _("Tube %(tube)s: you counted %(counted)s, scanned are %(scanned)s."),
        _("Scan who is missing, or close it with the difference stated."),
        DESK_LEAD,
    ),
    "sampling.result_unknown": (
        _("No result was entered"),
        _("A result is negative, positive or invalid."),
        _("Correct the row and send the file again; rows that were taken are not counted twice."),
        LAB,
    ),
    "sampling.result_differs": (
        _("No result was entered"),
        _("Tube %(tube)s has another result already."),
        _("Call each other and compare before anybody is told."),
        LAB,
    ),
    "sampling.file_unreadable": (
        _("Nothing of the file was taken"),
        _("It cannot be read: %(fix)s."),
        _("Send a table with one column for the tube and one for the result."),
        LAB,
    ),
    "sampling.file_missing": (
        _("This file of results cannot be shown"),
        _("There is no such file, or it brought results of another area only."),
        _("Choose it from the list of files."),
        LAB,
    ),
    "sampling.sample_missing": (
        _("Nothing was taken back"),
        _("There is no such sample, or another desk took it."),
        _("Look at the tube's list."),
        DESK_LEAD,
    ),
}
ROUNDS_WORDS = {
    "planned": _("planned"),
    "staffed": _("staffed"),
    "sampling-closed": _("sampling closed"),
    "results-in": _("results in"),
    "closed": _("closed"),
    "adopted": _("an adopted plan"),
    "stations": _("sampling sites"),
    "notified": _("notified"),
    "setting-up": _("setting up"),
    "areas": _("areas"),
    "ends": _("end"),
    "starts": _("beginning"),
    "desks": _("sampling units"),
    "staff": _("samplers"),
    "tubes": _("tubes"),
    "suits": _("protective suits"),
    "account": _("account"),
    "rounds.read": _("look at rounds"),
    "rounds.plan": _("plan rounds"),
    "rounds.end": _("note where people of a round are"),
    "sampling.read": _("look at tubes and results"),
    "sampling.scan": _("take samples"),
    "sampling.result": _("enter results"),
}
ROUNDS_DONE = {
    "rounds.planned": _("The guide's proposal stands. Adopt it, or your own numbers."),
    "rounds.called_up": _("The institutions are asked; each of their people who takes shifts is told."),
    "rounds.adopted": _("The plan is adopted. It can be changed until the round opens."),
    "rounds.staffed": _("Noted. Next the round opens."),
    "rounds.open": _("The round is open: the list is laid from the register as it stands now."),
    "rounds.sampling-closed": _("Sampling is closed. Everybody has a named state."),
    "rounds.closed": _("The round is closed."),
    "rounds.noted": _("Noted."),
    "rounds.at_home": _("They are met at home from now, in later rounds too if they carry the mark."),
    "rounds.not_at_home": _("They come to the site."),
    "rounds.added": _("On the register and on the round's list."),
    "rounds.split": _("Dealt out. Each sees its own list."),
    "rounds.moved": _("Noted, with your post and the time."),
    "rounds.moved_partly": _("Noted in part. Sites that stand further already stay as they are."),
    "rounds.station_added": _("The site is put to work."),
    "sampling.taken": _("The file was read. What was not taken stands below, row by row."),
}
