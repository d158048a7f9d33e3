"""The four parts of refusals about programs, in words for who administers them and who writes them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

ADMINISTRATOR = _("The administrator of the area gives tokens to programs.")
WRITER = _("Whoever writes the program can change its calls.")
# code: what, why, what next, who can change it; blanks in %(name)s are filled by messages.py
PROGRAMS: dict[str, tuple[str, str, str, str]] = {
    "accounts.token_unknown": (
        _("The call was not answered"),
        _("There is no such token, or it serves no more."),
        _("Send the newest token in the header Authorization, after the word Bearer."),
        ADMINISTRATOR,
    ),
    "api.call_replayed": (
        _("The call was not answered"),
        _("The same signed call came before."),
        _("Sign each call anew, with a number of its own. If you sent it once, somebody listened: change the key."),
        WRITER,
    ),
    "api.signature_unfit": (
        _("The call was not answered"),
        _("The signature cannot be read: “%(field)s”."),
        _("Sign method, path, query and body as the manual says, section Programs."),
        WRITER,
    ),
    "accounts.program_over": (
        _("The call was not answered"),
        _("The program was revoked, or its last day is over."),
        _("Ask for a new token, and say what for."),
        ADMINISTRATOR,
    ),
    "accounts.program_missing": (
        _("This program cannot be shown"),
        _("There is none, or it lies outside your area."),
        _("Go back to the list and choose again."),
        ADMINISTRATOR,
    ),
    "accounts.program_unfit": (
        _("No token was made"),
        _("A program has a name, a purpose, something it may do, and a last day that is not too far off."),
        _("Correct the form and send it again."),
        ADMINISTRATOR,
    ),
    "accounts.program_revoked": (
        _("No token was made"),
        _("The program was revoked."),
        _("Make a new program."),
        ADMINISTRATOR,
    ),
    "api.unfit": (
        _("The call was not answered"),
        _("A field is not as the document of the interface says: %(field)s."),
        _("Compare the call with openapi.json and send it again."),
        WRITER,
    ),
    "api.cursor_unfit": (
        _("The call was not answered"),
        _("The cursor is none that a list gave."),
        _("Begin the list anew, and send back what stands in its next."),
        WRITER,
    ),
    "api.address_unknown": (
        _("The call was not answered"),
        _("There is no such address."),
        _("Look up the address in openapi.json."),
        WRITER,
    ),
    "api.method_unfit": (
        _("The call was not answered"),
        _("The address takes another method."),
        _("Look up the address in openapi.json."),
        WRITER,
    ),
    "api.too_many_calls": (
        _("The call was not answered"),
        _("The program has called too often in the last minute."),
        _("Wait as many seconds as the header Retry-After says."),
        WRITER,
    ),
    "api.broken": (
        _("The call was not answered"),
        _("This is a fault of the platform. Nothing was written."),
        _("Send the call again with the same id."),
        _("Whoever runs the platform can look into its log."),
    ),
}
PROGRAMS_DONE = {
    "accounts.program_revoked_now": _("Revoked. Its next call is refused."),
    "accounts.program_signs": _("The key is taken. The program signs its calls from now."),
}
