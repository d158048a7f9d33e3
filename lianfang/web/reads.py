"""The auditor's page: who read personal data when, on which page, which fields, of how many, why; and what left."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.audit.queries import chain_state, exports_seen, failed_seen
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.grid.queries import readers_seen, reads_seen
from lianfang.domains.privacy.queries import glasses_to_review, opened
from lianfang.web.door import actor_of, page, signed_in, uuid_in
from lianfang.web.words import LOCAL, local, said

MOST = 200
PAGES = {
    "day": gettext_noop("My day"),
    "household": gettext_noop("A door"),
    "building": gettext_noop("A building"),
    "register": gettext_noop("Register"),
    "register-file": gettext_noop("A register file"),
    "why": gettext_noop("Why am I held"),
    "why-person": gettext_noop("Why a person is held"),
    "work": gettext_noop("The work board"),
    "work-item": gettext_noop("A task"),
    "work-move": gettext_noop("A task"),
    "work-print": gettext_noop("A printed door list"),
    "door-due": gettext_noop("Before a knock or call"),
    "door-knock": gettext_noop("Before a knock or call"),
    "paper-pages": gettext_noop("A printed door list"),
    "paper-page": gettext_noop("A printed page typed in"),
    "paper-type": gettext_noop("A printed page typed in"),
    "work-export": gettext_noop("A list taken out as a file"),
    "roster": gettext_noop("The board of those left in a round"),
    "round-paper": gettext_noop("A printed door list of a round"),
    "code": gettext_noop("My test code"),
    "codes": gettext_noop("Test codes of a door"),
    "field-bundle": gettext_noop("What a phone took along"),
    "api-person": gettext_noop("A person, by a program"),
    "api-work-items": gettext_noop("The work board, by a program"),
    "api-work-item": gettext_noop("A task, by a program"),
    "duty-photo": gettext_noop("A photo of a post"),
    "field-unsettled": gettext_noop("Notes of a phone to settle"),
}
FIELDS = {
    "name": gettext_noop("name"),
    "id_number": gettext_noop("identity number"),
    "phone": gettext_noop("phone"),
    "row": gettext_noop("row of a register file"),
    "why": gettext_noop("why a row cannot be taken"),
    "values": gettext_noop("text of a message"),
    "body": gettext_noop("note of a phone"),
    "photo": gettext_noop("photo"),
    "colour": gettext_noop("colour of the health code"),
}


WAYS = {
    "password": gettext_noop("Password"),
    "code": gettext_noop("Second step"),
    "key": gettext_noop("Phone's key"),
    "badge": gettext_noop("Badge"),
    "portal": gettext_noop("Portal"),
}


def field_words() -> dict[str, str]:
    """Fields in words: the register's own, and those of every kind of work."""
    of_kinds = {f["name"]: said(f["words"]) for k in kinds_by_name().values() for f in k.get("fields", [])}
    return of_kinds | {n: gettext(w) for n, w in FIELDS.items()}


def kind_words(what: str) -> str:
    """What a list that left was of, in words."""
    body = kinds_by_name().get(what.removeprefix("work."))
    return said(body["words"]) if body else what


def day_of(text: str, today: date) -> date:
    """A day typed into the address, else today."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


@signed_in
def reads(request: HttpRequest) -> HttpResponse:
    """Reads of personal data of a day in the auditor's areas, by post; counts of people, never their names."""
    by, at, given = actor_of(request), clock.now(), request.GET
    require(by, "audit.read")
    on, post = day_of(given.get("on", ""), local(at).date()), uuid_in(given.get("post"))
    begins = datetime.combine(on, time(), LOCAL)
    span: dict[str, Any] = {"from_at": begins, "to_at": begins + timedelta(days=1)}
    readers = readers_seen(by, **span)
    words = field_words()
    rows = [
        {"r": r, "page": gettext(PAGES[r.door]) if r.door in PAGES else r.door,
         "fields": gettext(", ").join(words.get(f, f) for f in r.fields)}
        for r in reads_seen(by, **span, actor_id=post)[:MOST]
    ]  # fmt: skip
    left = [{"e": e, "what": kind_words(e.what)} for e in exports_seen(by, **span, actor_id=post)[:MOST]]
    broken = list(glasses_to_review(by)[:MOST])
    whys = opened(broken, by=by, fields=("why",), whole=True, subject="actor_id")
    glasses = [{"g": g, "why": whys[g.id]["why"]} for g in broken]
    failed = [{"f": f, "way": gettext(w)} for f in failed_seen(by, **span)[:MOST] for w in (WAYS[f["way"]],)]
    context = {"on": on, "chosen": post, "failed": failed, "glasses": glasses, "chain": chain_state(),
               "readers": readers, "rows": rows, "left": left, "most": MOST,
               "total": sum(n for i, _, n in readers if post in (None, i))}  # fmt: skip
    return page(request, "accounts/reads.html", context)
