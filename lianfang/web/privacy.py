"""What is kept of each incident and until when; who keeps it longer by law; what was destroyed, with its paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of, may, reach, require
from lianfang.domains.editions.queries import editions_of
from lianfang.domains.incidents.errors import IncidentMissing
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import incidents_kept
from lianfang.domains.privacy.errors import CertificateMissing, LegalHoldMissing
from lianfang.domains.privacy.models import Destruction, LegalHold
from lianfang.domains.privacy.queries import destructions_seen, legal_holds, live_classes
from lianfang.domains.privacy.services import CLASSES, lift_legal_hold, place_legal_hold, witness_destruction
from lianfang.flows.purge import BY_DATE, certificate_of, dates_of, days_kept, destroy_personal, stated
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.reads import kind_words
from lianfang.web.words import LOCAL, said, thousands

MOST = 60
WORDS = {
    "track": gettext_noop("Where a person was"),
    "contact": gettext_noop("Contacts and health watch"),
    "plea": gettext_noop("Pleas, messages, notes of work"),
    "standing": gettext_noop("What names no class"),
    "hours": gettext_noop("Hours served"),
    "money": gettext_noop("Money and goods"),
    "dose": gettext_noop("Doses"),
    "decision": gettext_noop("Decisions"),
}
HELD = {
    "work_items": gettext_noop("tasks"),
    "plans": gettext_noop("plans of what comes again"),
    "pleas": gettext_noop("pleas"),
    "permits": gettext_noop("permits"),
    "passages": gettext_noop("passages at gates"),
    "rides": gettext_noop("journeys"),
    "messages": gettext_noop("messages"),
    "health_checks": gettext_noop("health checks"),
    "appeals": gettext_noop("appeals"),
    "office_notes": gettext_noop("notes of offices"),
}


@signed_in
def kept(request: HttpRequest) -> HttpResponse:
    """Each incident of my areas: its classes, until when each is kept, legal holds, and what was destroyed."""
    by, at = actor_of(request), clock.now()
    if not may(by, "accounts.grant"):
        require(by, "audit.read")
    incidents = list(incidents_kept(by)[:MOST])
    ids = [i.id for i in incidents]
    live, holds, days = live_classes("incident", ids), legal_holds("incident", ids), days_kept(incidents, at=at)
    orders = reach(by, "accounts.grant", areas={i.area_id for i in incidents})
    by_incident = {i: [h for h in holds if h.scope_id == i] for i in ids}
    rows = [
        {"incident": i, "classes": _classes(i, live.get(i.id, set()), by_incident[i.id], days[i.id], at),
         "holds": [h for h in by_incident[i.id] if _holds(h, at)], "may_order": orders.has(i.area_id, None)}
        for i in incidents
    ]  # fmt: skip
    papers = list(destructions_seen(by)[:MOST])
    context = {"rows": rows, "papers": papers, "words": {c: gettext(WORDS[c]) for c in CLASSES}, "now": at,
               "tomorrow": (at.astimezone(LOCAL) + timedelta(days=1)).date()}  # fmt: skip
    return page(request, "privacy/kept.html", context)


def _holds(h: LegalHold, at: datetime) -> bool:
    return h.lifted_at is None and h.until_at > at


def _classes(
    i: Incident, live: set[str], holds: Sequence[LegalHold], days: Mapping[str, int], at: datetime
) -> list[dict[str, Any]]:
    """One line a class: kept for how long, until which day, and what stands against or is over."""
    due = dates_of(i, days)
    kept_by_law = {c: h for h in holds if _holds(h, at) for c in h.classes}
    return [
        {"name": c, "words": gettext(WORDS[c]), "days": days[c], "due": due.get(c), "is_live": c in live,
         "law": kept_by_law.get(c)}
        for c in WORDS
    ]  # fmt: skip


def _asked(request: HttpRequest, incident_id: UUID) -> Incident:
    found = incidents_kept(actor_of(request)).filter(id=incident_id).first()
    if found is None:
        raise IncidentMissing(incident=str(incident_id))
    return found


def _classes_asked(request: HttpRequest) -> list[str]:
    return [c for c in CLASSES if c in request.POST.getlist("class")]


@signed_in
@require_POST
def destroy(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Destroy classes before their date: it cannot be taken back, so a reason and a second yes are asked."""
    found, why = _asked(request, incident_id), request.POST.get("why", "").strip()
    if not why or not request.POST.get("sure"):
        raise Invalid(field="why" if not why else "sure", fix=gettext("a reason, and that you are sure"))
    destroy_personal(destruction_id=new_id(request), incident_id=found.id, classes=_classes_asked(request), why=why,
                     by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("privacy") + "?said=privacy.ordered")


@signed_in
@require_POST
def hold(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """An authority asks that classes be kept longer."""
    found, given = _asked(request, incident_id), request.POST
    try:
        until = datetime.combine(date.fromisoformat(given.get("until", "")), time(), LOCAL)
    except ValueError:
        raise Invalid(field="until", fix=gettext("a day")) from None
    place_legal_hold(hold_id=new_id(request), scope="incident", scope_id=found.id, area_id=found.area_id,
                     classes=_classes_asked(request), holder=given.get("holder", ""), why=given.get("why", ""),
                     until_at=until, by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("privacy") + "?said=privacy.held")


@signed_in
@require_POST
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """The authority lets go."""
    found = LegalHold.objects.filter(id=hold_id).first()
    if found is None or found.scope_id is None:
        raise LegalHoldMissing(hold=str(hold_id))
    incident = _asked(request, found.scope_id)
    lift_legal_hold(hold_id=hold_id, area_id=incident.area_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("privacy") + "?said=privacy.lifted")


def _paper(request: HttpRequest, destruction_id: UUID) -> Destruction:
    found = destructions_seen(actor_of(request)).filter(id=destruction_id).first()
    if found is None:
        raise CertificateMissing(destruction=str(destruction_id))
    return found


@signed_in
def certificate(request: HttpRequest, destruction_id: UUID) -> HttpResponse:
    """The paper of a destruction: what became unreadable, by which rule, who was there, what had left before."""
    by, found = actor_of(request), _paper(request, destruction_id)
    states = stated(found)
    paper = states["not_provably_destroyed"]
    posts: Mapping[UUID, str] = labels_of({i for i in (found.ordered_by, found.witnessed_by) if i})
    files = [f | {"words": kind_words(f["what"]), "when": datetime.fromisoformat(f["at"])} for f in paper["files"]]
    context = {"d": found, "files": files, "why": _why(found), "classes": [gettext(WORDS[c]) for c in found.classes],
               "posts": posts,
               "held": [(gettext(HELD[n]), _said(k)) for n, k in states["unreadable"].items()],
               "prints": _said(paper["prints"]), "phones": _said(paper["phones"]),
               "may_witness": found.done_at and not found.witnessed_by and found.ordered_by != by.id
               and may(by, "audit.read", area_id=found.area_id)}  # fmt: skip
    return page(request, "privacy/certificate.html", context)


def _said(n: int | str) -> str:
    """A count of a certificate in words, a small one as the paper states it."""
    return n if isinstance(n, str) else thousands(n)


def _why(d: Destruction) -> str:
    """By which rule: the edition's title where its date did it, else the administrator's own words."""
    code = d.why.removeprefix(BY_DATE)
    if code == d.why:
        return d.why
    return next((said(e.body["title"]) for e in editions_of() if e.code == code), code)


@signed_in
def certificate_file(request: HttpRequest, destruction_id: UUID) -> HttpResponse:
    """The same for a machine, signed, to be kept elsewhere."""
    found = _paper(request, destruction_id)
    if found.done_at is None:
        raise CertificateMissing(destruction=str(destruction_id))
    return JsonResponse(certificate_of(found), json_dumps_params={"ensure_ascii": False, "indent": 1})


@signed_in
@require_POST
def witness(request: HttpRequest, destruction_id: UUID) -> HttpResponse:
    """I was there."""
    witness_destruction(destruction_id=destruction_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("certificate", args=[destruction_id]))
