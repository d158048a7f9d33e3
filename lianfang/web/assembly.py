"""The assembly table of a shift: a whole group measured, given its kit and shown how in one form, and on post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.calls import queries
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.rules import TICKS, assembly_missing, has_fever
from lianfang.domains.calls.services import NewNote, check_in
from lianfang.domains.calls.services.attendance import Presence
from lianfang.domains.responders.queries import names_of
from lianfang.flows.stop_duty import assemble
from lianfang.web.calls import hours_text, kit_words
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.kept import noted_at
from lianfang.web.messages import sentence

HERE = ("claimed", "confirmed", "checked_in")
KEPT = ("", "repeated")
PARTLY = 207  # kept, but not of everybody: the page itself is the answer, and says of whom not
MOST_NAMED = 8  # refusals that are spelt out; the others are counted


def tick_words() -> dict[str, str]:
    """The ticks of assembly in words."""
    return {"temperature": gettext("temperature"), "kit": gettext("kit"), "training": gettext("training")}


def celsius_of(text: str) -> float | None:
    """A temperature as typed at a table, with gloves on: 36.5, 36,5 or 365; anything else that is typed is refused."""
    text = text.strip().replace(",", ".").replace("。", ".").removesuffix("℃")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return 0.0  # no temperature of anybody: the service names the field and the span
    return value / 10 if 330 <= value <= 430 else value


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def assembly(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Who comes, by unit; temperature, kit, training of all of them kept at once, who is ready put on post.

    What is refused of one person is said by name; what others were given is kept all the same.
    """
    by, at = actor_of(request), clock.now()
    shift = queries.shift_seen(shift_id, by=by)
    claims = [c for c in queries.roster_of([shift_id], by=by)[shift_id] if c.state in HERE]
    unit = request.GET.get("unit", "")
    if request.method != "POST":
        return _shown(request, shift, claims, unit, {}, by, at)
    told = _take(request, shift, [c for c in claims if not unit or c.unit == unit], by, noted_at(request))
    if not told:
        asked = QueryDict(mutable=True)
        asked.update({"said": "calls.noted"} | ({"unit": unit} if unit else {}))
        return redirect(f"{reverse('assembly', args=[shift_id])}?{asked.urlencode()}")
    here = [c for c in queries.roster_of([shift_id], by=by)[shift_id] if c.state in HERE]
    return _shown(request, shift, here, unit, {c: told[c.id] for c in claims if c.id in told}, by, at, status=PARTLY)


def _take(request: HttpRequest, shift: Shift, claims: Sequence[Claim], by: Actor, at: datetime) -> dict[UUID, str]:
    """Keep what was typed and ticked; put who is ready on post where that was asked; at: when it was noted.

    Gives by claim why it was refused, or that a fever sent him home.
    """
    sent, first = request.POST, new_id(request)
    noted = queries.noted_of([c.id for c in claims])
    waiting = [c for c in claims if c.state != "checked_in"]
    notes = [n for c in waiting for n in _notes(sent, c, noted[c.id], first, by, at)]
    done = assemble(notes=notes, by=by, at=clock.now()) if notes else []
    told = {n.claim_id: _why(o) for n, o in zip(notes, done, strict=True) if o.code not in KEPT}
    told |= {n.claim_id: gettext("fever: sent home") for n, o in zip(notes, done, strict=True) if o.values.get("fever")}
    if sent.get("go") == "post":
        ready = [r["c"] for r in _rows(waiting, shift) if r["is_ready"] and r["c"].id not in told]
        here = [Presence(c.id, at, by) for c in ready]
        came = check_in(presences=here, by=by, at=clock.now()) if here else []
        told |= {o.id: _why(o) for o in came if o.code not in KEPT}
    return told


def _why(refused: Outcome) -> str:
    """The reason of a refusal, which names field and fix; what happened, where it has none."""
    said = sentence(refused.code, refused.values)
    return said.why or said.what


def _notes(
    sent: Mapping[str, str], claim: Claim, before: Sequence[Any], first: UUID, by: Actor, at: datetime
) -> list[NewNote]:
    """What a form says of one person: his temperature, and what was given to him or to all who are measured."""
    celsius = celsius_of(sent.get(f"celsius-{claim.id}", ""))
    is_measured = celsius is not None or any(n[0] == "temperature" for n in before)
    source = uuid5(first, str(claim.id))
    notes = []
    if celsius is not None:
        notes.append(NewNote(uuid5(source, "temperature"), claim.id, "temperature", at, by, {}, celsius))
    for kind in ("kit", "training"):
        has = any(n[0] == kind for n in before)
        if not has and (sent.get(f"{kind}-{claim.id}") == "1" or (is_measured and sent.get(f"all-{kind}") == "1")):
            notes.append(NewNote(uuid5(source, kind), claim.id, kind, at, by, {}))
    return notes


def _rows(claims: Sequence[Claim], shift: Shift) -> list[dict[str, Any]]:
    """Each person with the ticks that are still missing; whoever still needs something first."""
    task = queries.task_of(shift.call)
    noted, words = queries.noted_of([c.id for c in claims]), tick_words()
    rows = []
    for c in claims:
        missing = assembly_missing(noted[c.id], kit=bool(shift.call.kit), training=bool(task.get("training")))
        hot = has_fever(noted[c.id])
        rows.append({"c": c, "missing": [words[m] for m in missing], "has": [t for t in TICKS if t not in missing],
                     "is_ready": not missing and not hot and c.state != "checked_in", "fever": hot})  # fmt: skip
    return sorted(rows, key=lambda r: (r["c"].state == "checked_in", r["is_ready"]))


def _shown(request: HttpRequest, shift: Shift, claims: Sequence[Claim], unit: str, told: Mapping[Claim, str],
           by: Actor, at: datetime, *, status: int = 200) -> HttpResponse:  # fmt: skip
    """The table; told: what is said of some of its people, who may have left it."""
    units = Counter(c.unit for c in claims if c.unit)
    some = [c for c in claims if not unit or c.unit == unit]
    names = names_of([c.account_id for c in {*some, *told}], by=by, whole=True)
    why = {c.id: words for c, words in told.items()}
    rows = [r | names.get(r["c"].account_id, {}) | {"why": why.get(r["c"].id, "")} for r in _rows(some, shift)]
    named = [(names.get(c.account_id, {}).get("name") or c.post, words) for c, words in told.items()]
    context = {"shift": shift, "hours": hours_text(shift), "ticks": tick_words(), "at": at, "unit": unit,
               "waiting": [r for r in rows if r["c"].state != "checked_in"], "kit": kit_words(shift.call),
               "come": [r for r in rows if r["c"].state == "checked_in"], "all": len(rows),
               "units": sorted(units.items()), "told": named[:MOST_NAMED],
               "more_told": max(len(named) - MOST_NAMED, 0)}  # fmt: skip
    return page(request, "people/assembly.html", context, status=status)
