"""The watch list: missing checks first, a check in two taps; one case with its days, checks and all-clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import may, require, rights_on
from lianfang.domains.editions.queries import entries_of, values_of
from lianfang.domains.grid.queries import contact_of, stays_named
from lianfang.domains.watch import queries
from lianfang.domains.watch.errors import ALL, CaseMissing, CheckUnfit
from lianfang.domains.watch.models import WatchCase
from lianfang.domains.watch.rules import day_of, slot_ends
from lianfang.domains.watch.services import CheckNote, note_checks
from lianfang.flows.all_clear import give_all_clear
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.map import path_to
from lianfang.web.words import said

ROWS = 50
TAPS = ("36.2", "36.4", "36.6", "36.8", "37.0")  # what a healthy person mostly shows; anything else is typed


def _rows(cases: Sequence[WatchCase], by: Actor, at: datetime) -> list[dict[str, Any]]:
    people = {p.person_id: (p, n) for p, n in stays_named({c.person_id for c in cases}, by=by, at=at, whole=True)}
    kinds = entries_of("watch_kinds")
    return [row_of(c, people.get(c.person_id, (None, "")), kinds, at) for c in cases]


def row_of(c: Any, person: tuple[Any, str], kinds: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A case as a row: who, which day of how many, how many checks are missing, until when the next is due."""
    return {"c": c, "stay": person[0], "name": person[1], "kind": said(kinds.get(c.kind, {}).get("words")) or c.kind,
            "day": max(0, day_of(c.day0, at)), "missing": int(c.missing), "due_at": slot_ends(at, c.checks_a_day),
            "is_over": c.until_at <= at}  # fmt: skip


@signed_in
def watch(request: HttpRequest) -> HttpResponse:
    """Who is watched in an area: a fever and missing checks first, then who was not checked in this slot."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    path = path_to(request, by)
    area = path[-1]
    require(by, "watch.read", area_id=area.id)
    found = queries.watch_list(area.id, by=by, at=at, missing_only=asked.get("only") == "missing")
    first = max(0, (whole_in(asked.get("page", "")) or 1) - 1) * ROWS
    shown = list(found[first : first + ROWS + 1])
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "rows": _rows(shown[:ROWS], by, at),
               "counts": queries.watch_counts(area.id, by=by, at=at), "taps": TAPS, "asked": asked,
               "next": first // ROWS + 2 if len(shown) > ROWS else 0, "rights_here": rights_on(by, path)}  # fmt: skip
    return page(request, "watch/list.html", context)


@signed_in
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One watched person: day n of m, what is missing, every check, and the all-clear."""
    by, at = actor_of(request), clock.now()
    found = queries.case_seen(case_id, by=by, at=at)
    who = contact_of(found.person_id, by=by, at=at)
    shown = row_of(found, (who["stay"], who["name"]), entries_of("watch_kinds"), at)
    fever = values_of(found.edition, ["fever_alert_celsius"], area_id=found.area_id, at=at)
    can = {n: may(by, f"watch.{n}", area_id=found.area_id, incident_id=found.incident_id) for n in ("check", "lead")}
    context = {"r": shown, "who": who, "checks": queries.checks_of(found, by=by), "taps": TAPS, "can": can,
               "fever_from": fever["fever_alert_celsius"]}  # fmt: skip
    return page(request, "watch/case.html", context)


def _celsius(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise CheckUnfit(field="celsius", fix="33–43 °C") from None


@require_POST
@signed_in
def check(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Note one check, made now."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    note = CheckNote(new_id(request), case_id, by, at, _celsius(sent.get("other") or sent.get("celsius", "")),
                     bool(sent.get("unwell")), sent.get("note", ""))  # fmt: skip
    if note.celsius is None and not note.is_unwell and not note.note.strip():
        raise CheckUnfit(field="celsius", fix="33–43 °C")
    done = note_checks(notes=[note], by=by, at=at)[0]
    if done.code in ALL:
        raise ALL[done.code](**done.values)
    fever = queries.case_seen(case_id, by=by, at=at).has_fever  # type: ignore[attr-defined]  # annotated
    back = reverse("watch-case", args=[case_id]) if sent.get("back") == "case" or fever else reverse("watch")
    return redirect(f"{back}?said={'watch.fever' if fever else 'watch.checked'}")


@require_POST
@signed_in
def free(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give one person the all-clear."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    found = queries.case_seen(case_id, by=by, at=at)
    done = give_all_clear(incident_id=found.incident_id, case_ids=[case_id], why=sent.get("why", "")[:120],
                          paper_number=sent.get("paper", "")[:80], by=by, at=at)[0]  # fmt: skip
    if done.code not in ("", "repeated"):
        raise {e.code: e for e in (CaseMissing, RightMissing)}[done.code](**done.values)
    return redirect(reverse("watch-case", args=[case_id]) + "?said=watch.freed")
