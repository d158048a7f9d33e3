"""My day: the next duty, what is mine by due time, what I was told, and how many decisions wait."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts.queries import may
from lianfang.domains.calls.queries import my_call_outs
from lianfang.domains.decisions.queries import waiting_for
from lianfang.domains.incidents.queries import measures_at
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words, inbox
from lianfang.domains.messages.services import take_answer
from lianfang.domains.responders.queries import duties_of
from lianfang.domains.work.queries import my_items, unit_labels
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.measures import measure_rows
from lianfang.web.work import row_of

MESSAGES = 12
# Messages that ask for something another page does: its words, its route, and whether it is of the message's area.
REPLACE, FILL, MINE = gettext_noop("Who could replace"), gettext_noop("Who could fill it"), gettext_noop("My shifts")
NEXT = {
    **dict.fromkeys(("duty-stopped", "replacement-found", "replacement-none"), (REPLACE, "matches", True)),
    "post-empty": (FILL, "matches", True),
    "posts-empty": (FILL, "matches", True),
    **dict.fromkeys(("call-moved-up", "call-offered", "roster-adopted"), (MINE, "calls-mine", False)),
}

OF_CALL = ("replacement-found", "replacement-none")  # about one call: its page is narrowed to it


def _recipients(request: HttpRequest) -> list[UUID]:
    own = getattr(request.user, "person_id", None)
    return [actor_of(request).id, *([own] if own else [])]


def _next(message: Message) -> dict[str, str]:
    """The page on which what a message asks for is done, if there is one."""
    words, route, is_of_area = NEXT.get(message.template, ("", "", False))
    if not route or (is_of_area and message.area_id is None):
        return {"next": "", "next_words": ""}
    where = f"?area={message.area_id}" if is_of_area else ""
    where += f"&call={message.about_id}" if message.template in OF_CALL else ""
    return {"next": reverse(route) + where, "next_words": gettext(words)}


@signed_in
def day(request: HttpRequest) -> HttpResponse:
    """What this person has before it today; an empty page says why."""
    by, at = actor_of(request), clock.now()
    items = my_items(by) if may(by, "work.do") or may(by, "work.lead") else []
    labels = unit_labels(items, by=by, at=at)
    told = [m | _next(m["message"]) for m in in_words(inbox(_recipients(request), limit=MESSAGES), by=by)]
    decides = may(by, "decisions.decide") or may(by, "zones.adopt")
    home = next((g.area_id for g in by.grants if g.area_id), None)
    context = {
        "rows": [row_of(i, labels) for i in items],
        "messages": told,
        "waiting": waiting_for(by).count() if decides else 0,
        "duties": duties_of(by.id, at=at) if may(by, "work.read") else [],
        "measures": measure_rows(measures_at(home, at=at), at) if home else [],
        "called_out": my_call_outs(by, at=at) if may(by, "calls.claim") else [],
        "own_person": getattr(request.user, "person_id", None),
    }
    return page(request, "day/day.html", context)


@require_POST
@signed_in
def answer(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One tap answers a message."""
    take_answer(
        message_id=message_id,
        answer=request.POST.get("answer", ""),
        recipient_ids=_recipients(request),
        by=actor_of(request),
        at=clock.now(),
    )
    return redirect(reverse("day") + "?said=messages.answered")
