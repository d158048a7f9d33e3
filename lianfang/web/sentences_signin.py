"""The four parts of refusals about signing in, phones that were vouched for, and what such phones send."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

NOBODY = _("Nobody else needs to do anything.")
# code: what, why, what next, who can change it; blanks in %(name)s are filled by messages.py
SIGNIN: dict[str, tuple[str, str, str, str]] = {
    "accounts.ticket_over": (
        _("Not claimed"),
        _("The page is older than a quarter of an hour, or the sign-in has ended."),
        _("Load the page again, sign in if it asks, and claim once more."),
        _("Nobody else needs to do anything."),
    ),
    "accounts.code_used": (
        _("You are not signed in"),
        _("The code served before; each serves once."),
        _("Wait until the app shows the next one, and type that."),
        NOBODY,
    ),
    "accounts.portal_unknown": (
        _("You are not signed in"),
        _("This site knows no such portal."),
        _("Go back to the sign-in page and choose one that it offers."),
        NOBODY,
    ),
    "accounts.portal_refused": (
        _("You are not signed in"),
        _("The portal said who you are; nobody has bound that to an account that is open here."),
        _("Ask your administrator to bind it, or sign in by name and password."),
        _("The administrator of your area binds accounts to a portal."),
    ),
    "accounts.portal_unproved": (
        _("You are not signed in"),
        _("What came back from the portal proves nothing, or you declined there."),
        _("Try again from the sign-in page. If it happens again, sign in by name and password and tell the operator."),
        _("The operator of this site looks after its portals."),
    ),
    "accounts.portal_over": (
        _("You are not signed in"),
        _("This sign-in was not begun in this browser, is older than ten minutes, or came back before."),
        _("Begin again from the sign-in page."),
        NOBODY,
    ),
    "accounts.portal_silent": (
        _("You are not signed in"),
        _("The portal cannot be reached now."),
        _("Try again in a minute, or sign in by name and password."),
        _("The operator of this site looks after its portals."),
    ),
    "accounts.subject_taken": (
        _("Nothing was bound"),
        _("This person of the portal has an account here already, or the account is bound to another person there."),
        _("Look at the mark again; undo the other binding first."),
        _("The administrator of your area binds accounts to a portal."),
    ),
    "accounts.binding_missing": (
        _("Nothing was changed"),
        _("The account is not bound to this portal."),
        _("Open the account again and look at what it is bound to."),
        _("The administrator of your area binds accounts to a portal."),
    ),
    "devices.vouching_missing": (
        _("This gathering cannot be shown"),
        _("There is none, or it lies outside your area."),
        _("Go back to the list and choose again."),
        _("The lead of the area can gather people."),
    ),
    "devices.vouching_over": (
        _("The phone was not taken in"),
        _("The gathering has ended."),
        _("Gather anew, and let the person scan the new square."),
        _("The lead of the area can gather people."),
    ),
    "devices.vouching_unfit": (
        _("Nobody is gathered"),
        _("A mission ends after now and within 14 days, and its role needs no second factor."),
        _("Correct the end or the role. For longer service open an account."),
        _("The administrator of the area opens accounts."),
    ),
    "devices.code_unknown": (
        _("The phone did not ask"),
        _("The number is not on a lead's screen now."),
        _("Look at the lead's screen and type the number it shows now."),
        _("Your lead can show the square."),
    ),
    "devices.key_unfit": (
        _("The phone did not ask"),
        _("It sent no fitting key, or no name."),
        _("Open the page in the phone's own browser and try again."),
        _("Your lead can give you another phone."),
    ),
    "devices.missing": (
        _("Nothing was changed"),
        _("There is no such phone, or it lies outside your area."),
        _("Open the gathering again and look at who asks."),
        _("The lead of the area can take it in."),
    ),
    "devices.badge_missing": (
        _("Nothing was changed"),
        _("There is no such badge, or it lies outside your area."),
        _("Open the badges again and look at which are there."),
        _("The lead of the area can make another."),
    ),
    "devices.badge_unfit": (
        _("You are not at this phone"),
        _("Badge and PIN do not fit, or the badge has ended."),
        _("Try again; after five wrong PINs ask your lead for another badge."),
        _("Your lead can make another."),
    ),
    "devices.card_unfit": (
        _("This card says nothing"),
        _("It is none of ours, or was drawn more than ten minutes ago."),
        _("Ask for it to be shown anew and scan it again; else keep the door closed and call your community."),
        _("Your community's duty phone."),
    ),
    "devices.token_key_missing": (
        _("No key was revoked"),
        _("The site never signed with a key of this name."),
        _("List the keys, and name one of them."),
        _("Who runs the site knows the keys."),
    ),
    "devices.account_too_strong": (
        _("The phone was not taken in"),
        _("The account chosen reads registers, or holds no post: a vouched phone does not open it."),
        _("Choose nobody on the roster, or let the person sign in by name and second factor."),
        _("The administrator of the area keeps posts."),
    ),
    "devices.not_signed_in": (
        _("You are not signed in"),
        _("The phone's key opens nothing now."),
        _("Scan the square on your lead's screen again."),
        _("Your lead can take the phone in."),
    ),
    "devices.leads_code_wrong": (
        _("Nothing was changed"),
        _("The code does not fit, is older than five minutes, or was tried too often."),
        _("Ask your lead for a new one."),
        _("Your lead can give a new code."),
    ),
    "devices.revoked": (
        _("The note waits for a lead"),
        _("The phone's access had ended when it sent this."),
        _("The lead of the mission looks at it; nothing is lost."),
        _("The lead of the mission settles it."),
    ),
    "devices.signature_wrong": (
        _("The note waits for a lead"),
        _("The signature is not of this phone's key, or the note was changed."),
        _("The lead of the mission looks at it; nothing is lost."),
        _("The lead of the mission settles it."),
    ),
    "devices.signature_missing": (
        _("The note waits for a lead"),
        _("An enrolled phone signs what it sends; this came unsigned."),
        _("The lead of the mission looks at it; nothing is lost."),
        _("The lead of the mission settles it."),
    ),
    "devices.key_unknown": (
        _("The note waits for a lead"),
        _("It names a key that nobody took in."),
        _("The lead of the mission looks at it; nothing is lost."),
        _("The lead of the mission settles it."),
    ),
}
SIGNIN_DONE = {
    "accounts.bound": _("Bound. Its holder signs in through the portal from now."),
    "accounts.unbound": _("The binding is undone. All its sessions have ended."),
    "devices.confirmed": _("Taken in. The phone opens by itself."),
    "devices.badge_ended": _("The badge opens nothing any more."),
    "devices.ended": _("The phone is out."),
    "devices.vouching_ended": _("Ended. All its phones are out."),
    "accounts.factors_removed": _("The second factors are taken off. All its sessions have ended."),
}
SIGNIN_WORDS = {"devices.vouch": _("vouch for phones")}
