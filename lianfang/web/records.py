"""My record of service: hours by month, task and host; what can be handed out, checked by anybody, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import override as in_language
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.throttle import Limit, give_back, take_try
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import raise_refusal
from lianfang.domains.calls.models import ServiceRecord
from lianfang.domains.calls.rules.records import Total, Turn, month_in, totals
from lianfang.domains.calls.services import NewNote, make_record, note_duty, revoke_record
from lianfang.domains.responders.queries import own_card
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.kept import kept_page
from lianfang.web.papers import paper, square_of
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day
from lianfang.web.words import LOCAL, in_fours, is_english, said

NAMES = Limit("name on a record", 8, 600)
SPEAK_DAYS = 14  # so long after a turn one is asked how it was


def hours_of(minutes: int) -> float:
    """Minutes in hours, to the tenth."""
    return round(minutes / 60, 1)


def number_of(record: ServiceRecord) -> str:
    """A record's number as it is read out."""
    return in_fours(record.id.hex[:12].upper())


def _sums(found: dict[Any, Total]) -> list[dict[str, Any]]:
    return [{"word": w, "turns": t.turns, "hours": hours_of(t.minutes), "open": hours_of(t.unsigned)}
            for w, t in found.items()]  # fmt: skip


def _month_words(month: tuple[int, int]) -> str:
    year, n = month
    return f"{year}-{n:02d}" if is_english() else f"{year}年{n}月"


@signed_in
def record(request: HttpRequest) -> HttpResponse:
    """What I have served: in all, by month, task and host, each turn with who signed it; papers; my calendar."""
    by, at = actor_of(request), clock.now()
    turns = queries.turns_of(by.id, by=by)
    spoken = queries.claims_spoken_of(by)
    months = {_month_words(m): t for m, t in totals(turns, month_in(LOCAL)).items()}
    tasks = named_of("tasks")
    sums = [(gettext("Hours by month"), _sums(months)),
            (gettext("Hours by task"), _sums(totals(turns, lambda t: tasks.get(t.task, t.task)))),
            (gettext("Hours by host"), _sums(totals(turns, lambda t: said(t.host))))]  # fmt: skip
    all_ = totals(turns, lambda _: "").get("", Total())
    feed = queries.feed_of(by)
    calendar = request.build_absolute_uri(reverse("calendar-feed", args=[feed])) if feed else ""
    context = {"turns": [_line(t, at, spoken) for t in turns[:60]], "sums": sums, "all": all_,
               "hours": hours_of(all_.minutes), "signed": hours_of(all_.minutes - all_.unsigned),
               "open": hours_of(all_.unsigned), "records": _records(request, queries.own_records(by)),
               "first": today().replace(month=1, day=1), "today": today(),
               "calendar": calendar}  # fmt: skip
    return kept_page(request, "calls/record.html", context)


def _line(t: Turn, at: datetime, spoken: set[UUID]) -> dict[str, Any]:
    may_speak = t.left_at is not None and t.claim_id not in spoken and at - t.left_at < timedelta(days=SPEAK_DAYS)
    return {"t": t, "hours": hours_of(t.minutes), "may_speak": may_speak}


def _records(request: HttpRequest, found: Sequence[ServiceRecord]) -> list[dict[str, Any]]:
    return [{"r": r, "number": number_of(r), "hours": hours_of(sum(n["minutes"] for n in r.lines)),
             "address": reverse("record-shown", args=[queries.record_text(r)])} for r in found]  # fmt: skip


@require_POST
@signed_in
def make(request: HttpRequest) -> HttpResponse:
    """Hand out a record of my confirmed turns of some days."""
    sent = request.POST
    make_record(record_id=new_id(request), from_on=typed_day(sent.get("from", ""), date(today().year, 1, 1)),
                until_on=typed_day(sent.get("until", ""), today()), by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("record") + "?said=calls.record_made#papers")


@signed_in
def printed(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A record of mine as a PDF, in Chinese and English, with the square by which anybody checks it."""
    by = actor_of(request)
    found = queries.own_record_of_service(record_id, by=by)
    _, told = own_card(by, at=clock.now())
    name = told.get("name", "") if queries.is_named(found, told.get("name", "")) else ""
    address = request.build_absolute_uri(reverse("record-shown", args=[queries.record_text(found)]))
    post = request.user.label  # type: ignore[union-attr]  # signed in
    body = paper("record", _told(found, name=name, post=post, address=address))
    answer = HttpResponse(body, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="record-{found.id.hex[:12]}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _both(words: Any) -> str:
    """A text of ours in both languages: a paper is read by people who share none with its holder."""
    with in_language("zh-hans"):
        zh = str(words())
    with in_language("en"):
        en = str(words())
    return zh if zh == en else f"{zh} {en}"


def _two(text: dict[str, str]) -> str:
    zh, en = text.get("zh") or "", text.get("en") or ""
    return zh if zh == en or not en else f"{zh} {en}".strip()


def _told(r: ServiceRecord, *, name: str, post: str, address: str) -> dict[str, Any]:
    """What the paper says, in words."""
    minutes = sum(n["minutes"] for n in r.lines)
    rows = [[n["on"], _two(n["title"]), _two(n["host"]), f"{hours_of(n['minutes']):g}",
             f"{n['signed_by']} {n['signed_on']}"] for n in r.lines]  # fmt: skip
    facts = [(_both(lambda: gettext("Name")), name or "–"), (_both(lambda: gettext("Post")), post),
             (_both(lambda: gettext("Days")), f"{r.from_on.isoformat()} – {r.until_on.isoformat()}"),
             (_both(lambda: gettext("Confirmed hours")), f"{hours_of(minutes):g}"),
             (_both(lambda: gettext("Record number")), number_of(r)),
             (_both(lambda: gettext("Made on")), r.made_at.astimezone(LOCAL).date().isoformat())]  # fmt: skip
    heads = [_both(lambda: gettext("Date")), _both(lambda: gettext("Task")), _both(lambda: gettext("Host")),
             _both(lambda: gettext("Hours")), _both(lambda: gettext("Signed by, on"))]  # fmt: skip
    return {
        "title": _both(lambda: gettext("Record of service")), "site": _both(lambda: gettext("Lianfang")), "lang": "zh",
        "subtitle": _both(lambda: gettext("Hours from check-in to check-out that a post lead has confirmed.")),
        "facts": facts, "heads": heads, "rows": rows, "number": number_of(r), "address": address,
        "sum": _both(lambda: gettext("%(n)d turns, %(h)s hours in all.")
                     % {"n": len(rows), "h": f"{hours_of(minutes):g}"}),
        "check": _both(lambda: gettext("Scan the square: the page tells whether this record is genuine and holds.")),
        "square": square_of(address), "square_words": _both(lambda: gettext("Square with the address of the check")),
    }  # fmt: skip


def shown(request: HttpRequest, token: str) -> HttpResponse:
    """Whether a record is genuine, of which days and hours: for anybody, without a name; a typed name is compared."""
    found = queries.record_shown(token)
    typed = request.POST.get("name", "").strip()[:60] if request.method == "POST" else ""
    may_try = not typed or take_try(NAMES, str(found.id), at=clock.now())
    is_named = queries.is_named(found, typed) if typed and may_try else None
    if is_named:
        give_back(NAMES, str(found.id))
    may_revoke = request.user.is_authenticated and queries.may_revoke(found, by=actor_of(request))
    lines = [n | {"hours": hours_of(n["minutes"])} for n in found.lines]
    context = {"r": found, "number": number_of(found), "lines": lines, "is_named": is_named, "may_try": may_try,
               "hours": hours_of(sum(n["minutes"] for n in found.lines)), "may_revoke": may_revoke}  # fmt: skip
    return page(request, "calls/record_shown.html", context)


@require_POST
@signed_in
def revoke(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A record holds no more."""
    made = revoke_record(record_id=record_id, reason=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("record-shown", args=[queries.record_text(made)]) + "?said=calls.record_revoked")


@require_POST
@signed_in
def speak(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """What I say of a turn I have served, to who led it."""
    by, at = actor_of(request), clock.now()
    note = NewNote(new_id(request), claim_id, "feedback", at, by, words=request.POST.get("words", ""))
    raise_refusal(note_duty(notes=[note], by=by, at=at)[0])
    return redirect(reverse("record") + "?said=calls.spoken")
