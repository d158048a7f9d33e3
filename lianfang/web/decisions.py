"""Decisions: what waits for me with its evidence as it was frozen, and what I asked and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import asked_by, decision, waiting_for
from lianfang.domains.editions.queries import editions_of
from lianfang.domains.gates.services import decide_permit
from lianfang.domains.gates.services.permits import SUBJECT as PERMIT
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.queries import versions_named
from lianfang.domains.privacy.queries import opened
from lianfang.flows.appeals import KIND as APPEAL
from lianfang.flows.appeals import decide_appeal
from lianfang.flows.override import decide_override
from lianfang.flows.start_response import KIND as RESPONSE
from lianfang.flows.start_response import decide_response
from lianfang.flows.zones import decide_zone
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.words import said
from lianfang.web.zones import stand_of

CODES = {"grant": "decisions.granted", "refuse": "decisions.refused", "return": "decisions.returned"}


@signed_in
def decisions(request: HttpRequest) -> HttpResponse:
    """What waits for my word, by its clock, and what I asked."""
    by = actor_of(request)
    steps = list(waiting_for(by)[:40])
    mine = asked_by(by)
    zones = {v.id: v for v in versions_named([d.subject_id for d in (*(s.decision for s in steps), *mine)])}
    spoken = {x.by for d in mine for s in d.steps.all() for x in s.spoken.all()}
    posts = labels_of({s.decision.asked_by for s in steps} | spoken)
    bodies = {e.code: e.body for e in editions_of()} if steps or mine else {}
    appeals = [s.decision for s in steps if s.decision.kind == APPEAL]
    says = opened(appeals, by=by, fields=("says",), whole=True, subject="person_id")
    waiting = [
        {**_shown(s.decision, zones, bodies), **says.get(s.decision.id, {}), "due": s.due_at,
         "asker": posts.get(s.decision.asked_by, "")}
        for s in steps
    ]  # fmt: skip
    asked = [{**_shown(d, zones, bodies), **stand_of(d, by=by, posts=posts)} for d in mine]
    return page(request, "decisions/list.html", {"waiting": waiting, "asked": asked})


def _shown(d: Decision, zones: Mapping[UUID, ZoneVersion], bodies: Mapping[str, Any]) -> dict[str, Any]:
    """A decision in words: what it is about, its evidence as it was when asked."""
    v = zones.get(d.subject_id)
    body = bodies.get(v.zone.incident.edition if v else str(d.evidence.get("edition", "")), {})
    row: dict[str, Any] = {
        "decision": d,
        "words": gettext(w.DECISIONS.get(d.kind, d.kind)),
        "v": v,
        "evidence": d.evidence,
    }
    if d.kind == APPEAL:
        row |= {"hold_words": said(d.evidence.get("words")), "title": said(body.get("title"))}
    elif d.kind == PERMIT:
        row |= {"permit": d.subject_id, "value": f"№{d.evidence['number']}"}
    elif d.kind == RESPONSE:
        row |= {"report": d.evidence["words"], "people": d.evidence["people"], "value": d.evidence["words"]}
    elif v:
        overlaps = [said(o["words"]) for o in d.evidence.get("overlaps", [])]
        row |= {
            "kind": w.kind_shown(body, v.kind),
            "flags": w.flags_shown(d.evidence.get("flags", {})),
            "overlaps": overlaps,
        }
    else:
        found = body.get("values", {}).get(d.evidence.get("name", ""), {})
        row |= {"value": said(found.get("words")) or d.evidence.get("name", ""), "unit": found.get("unit", ""),
                "title": said(body.get("title"))}  # fmt: skip
    return row


def _next(request: HttpRequest, fallback: str) -> str:
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else fallback


@signed_in
@require_POST
def say(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The authority's word: grant, refuse or return. A granted zone is in force at once."""
    by, given, at = actor_of(request), request.POST, clock.now()
    says, reason = given.get("says", ""), given.get("reason", "").strip()[:300]
    if says not in CODES:
        raise Invalid(field="says", fix=" ".join(CODES))
    kind = decision(decision_id).kind
    if kind == PERMIT:
        decide_permit(decision_id=decision_id, says=says, reason=reason, by=by, at=at)
    elif kind == RESPONSE:
        decide_response(decision_id=decision_id, says=says, reason=reason, by=by, at=at)
    elif kind == APPEAL:
        decide_appeal(decision_id=decision_id, says=says, reason=reason, by=by, at=at)
    elif decision(decision_id).subject_kind == "edition_value":
        decide_override(decision_id=decision_id, says=says, reason=reason, by=by, at=at)
    else:
        paper = given.get("paper_number", "").strip()[:80]
        decide_zone(decision_id=decision_id, says=says, reason=reason, paper_number=paper, by=by, at=at)
    return redirect(f"{_next(request, reverse('decisions'))}?said={CODES[says]}")
