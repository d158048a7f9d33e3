"""About me: what is held of the person who asks, who read it, what restricts it; correcting and appealing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.audit.queries import reads_of
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import about_many
from lianfang.domains.editions.queries import edition, kind
from lianfang.domains.grid.queries import own_record
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import own_holds
from lianfang.domains.sampling.queries import own_samples
from lianfang.domains.watch.queries import own_cases
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import own_items
from lianfang.flows.appeals import appeal as ask_appeal
from lianfang.flows.correct import KIND as CORRECTION
from lianfang.flows.correct import ask_correction
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.incident_words import flag_words
from lianfang.web.knock import call_first
from lianfang.web.reads import PAGES, field_words
from lianfang.web.why import colour_shown

MOST_READS = 100
HERE = ("lives", "stays")
STANDS = {
    "asked": gettext_noop("It waits for another to look at it."),
    "granted": gettext_noop("Granted: this does not hold you any more."),
    "refused": gettext_noop("Looked at again: it stays as it is."),
    "returned": gettext_noop("More is needed. Say it again with what is asked for."),
}


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """All that is held about me, in plain words; nobody reads it here but me."""
    if getattr(request.user, "person_id", None) is None:
        return redirect("day")
    by, at = actor_of(request), clock.now()
    record = own_record(by)
    doors = [s.household_id for s in record["stays"] if s.to_on is None]
    holds = own_holds(by)
    appeals = about_many(_subject(h, by) for h in holds)
    words = field_words()
    reads = list(reads_of(record["person"].id)[:MOST_READS])
    home = next((s for s in record["stays"] if s.to_on is None and s.kind in HERE and s.household_id), None)
    context = {
        "record": record,
        "call": call_first(home.household_id, home.area_id, at) if home else None,
        "holds": [{"hold": h, "holds_now": _holds_now(h, at), "title": edition(h.edition)["title"],
                   **_appeal(appeals.get(_subject(h, by)))} for h in holds],
        "colour": colour_shown([h for h in holds if _holds_now(h, at)]),
        "cases": own_cases(by),
        "samples": own_samples(by),
        "marks": [{"words": flag_words(name), "to_on": to_on} for name, to_on in record["marks"]],
        "items": [_item(i) for i in own_items(by, household_ids=doors)],
        "reads": [{"r": r, "page": gettext(PAGES[r.door]) if r.door in PAGES else r.door,
                   "fields": gettext(", ").join(words.get(f, f) for f in r.fields)} for r in reads],
        "choices": next(f for f in kind(CORRECTION)["fields"] if f["name"] == "about")["choices"],
    }  # fmt: skip
    return page(request, "why/mine.html", context)


def _item(i: Item) -> dict[str, Any]:
    """A task about me: that it is, and how it stands."""
    body = kind(i.kind, i.version)
    return {"i": i, "words": body["words"], "state": next(s["words"] for s in body["states"] if s["name"] == i.state)}


def _subject(h: Hold, by: Actor) -> UUID:
    return uuid5(h.id, str(by.person_id))


def _holds_now(h: Hold, at: Any) -> bool:
    return h.ended_at is None and (h.until_at is None or h.until_at > at)


def _appeal(d: Decision | None) -> Mapping[str, Any]:
    """How an appeal stands: asked and until when, or answered and why."""
    if d is None:
        return {"appeal": None}
    steps = list(d.steps.all())
    voices = [v for s in steps for v in s.spoken.all()]
    return {"appeal": d, "stands": gettext(STANDS[d.state]), "due": steps[0].due_at if steps else None,
            "reason": voices[-1].reason if voices else ""}  # fmt: skip


@signed_in
@require_POST
def appeal(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """This holds me wrongly, or somebody without a phone who says so at the door: to another than who decided it."""
    by = actor_of(request)
    person_id = uuid_in(request.POST.get("person")) or by.person_id
    if person_id is None:
        return redirect("day")
    ask_appeal(decision_id=new_id(request), hold_id=hold_id, person_id=person_id, says=request.POST.get("says", ""),
               by=by, at=clock.now())  # fmt: skip
    back = reverse("mine") if person_id == by.person_id else reverse("why-person", args=[person_id])
    return redirect(f"{back}?said=decisions.appealed")


@signed_in
@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Something that is held about me is wrong."""
    given = request.POST
    ask_correction(item_id=new_id(request), about=given.get("about", ""), right=given.get("right", ""),
                   by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("mine") + "?said=work.correction_asked")
