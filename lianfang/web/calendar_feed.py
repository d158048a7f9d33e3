"""One's own shifts for the calendar of a phone (RFC 5545): a secret address that can be renewed; no person in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.calls import queries
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.services import end_feed, renew_feed
from lianfang.web.door import actor_of, new_id, signed_in

LINE_OCTETS = 75
STATES = {"waiting": "TENTATIVE", "claimed": "TENTATIVE", "released": "CANCELLED"}
DOMAIN = "lianfang.invalid"  # of a UID: the same wherever the site is reached


def folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, none cut within a letter (section 3.1)."""
    out, piece, room = [], "", LINE_OCTETS
    for letter in line:
        n = len(letter.encode())
        if n > room:
            out.append(piece)
            piece, room = " ", LINE_OCTETS - 1
        piece, room = piece + letter, room - n
    return "\r\n".join([*out, piece])


def text_value(text: str) -> str:
    """A text as a value: its commas, semicolons, backslashes and line ends escaped (section 3.3.11)."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _changed_at(c: Claim) -> datetime:
    """When this person's shift last changed, for him: claimed, given a place, confirmed, moved, given back."""
    times = (c.claimed_at, c.placed_at, c.confirmed_at, c.released_at, c.shift.moved_at)
    return max(t for t in times if t is not None)


def _event(c: Claim, at: datetime) -> Iterator[str]:
    call, changed = c.shift.call, _changed_at(c)
    names = dict.fromkeys(n for n in (call.title.get("zh"), call.title.get("en")) if n)
    areas = dict.fromkeys(n for n in (call.area.name, call.area.name_en, call.where) if n)
    yield "BEGIN:VEVENT"
    yield f"UID:{c.id}@{DOMAIN}"
    yield f"DTSTAMP:{_moment(at)}"
    yield f"LAST-MODIFIED:{_moment(changed)}"
    # Seconds since the claim: grows with each change, and needs no counter that somebody may forget to raise.
    yield f"SEQUENCE:{max(0, int((changed - c.claimed_at).total_seconds()))}"
    yield f"DTSTART:{_moment(c.shift.starts_at)}"
    yield f"DTEND:{_moment(c.shift.ends_at)}"
    yield f"SUMMARY:{text_value(' · '.join(names))}"
    yield f"LOCATION:{text_value(' · '.join(areas))}"
    yield f"STATUS:{STATES.get(c.state, 'CONFIRMED')}"
    yield f"TRANSP:{'TRANSPARENT' if c.state in ('waiting', 'released') else 'OPAQUE'}"
    yield "END:VEVENT"


def calendar_text(claims: Iterable[Claim], at: datetime) -> str:
    """Claims as a calendar, times in UTC; one given back stays a while as cancelled, so that it leaves every phone."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lianfang//shifts//EN", "CALSCALE:GREGORIAN",
             "METHOD:PUBLISH"]  # fmt: skip
    for c in claims:
        lines += _event(c, at)
    return "".join(folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The shifts behind an address, for a calendar that nobody signs in from."""
    at = clock.now()
    answer = HttpResponse(calendar_text(queries.claims_of_feed(token, at=at), at), content_type="text/calendar")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = 'inline; filename="shifts.ics"'
    return answer


@require_POST
@signed_in
def renew(request: HttpRequest) -> HttpResponse:
    """A new address for my calendar; the one before shows nothing any more."""
    renew_feed(feed_id=new_id(request), by=actor_of(request), at=clock.now())
    return redirect(reverse("record") + "?said=calls.feed_renewed#calendar")


@require_POST
@signed_in
def end(request: HttpRequest) -> HttpResponse:
    """No address shows my shifts any more."""
    end_feed(by=actor_of(request), at=clock.now())
    return redirect(reverse("record") + "?said=calls.feed_ended#calendar")
