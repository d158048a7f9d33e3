"""Offices without an account: asked for one thing by a signed link; what each said; and the page behind the link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.numerals import whole_in
from lianfang.base.roles import name_actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import may
from lianfang.domains.decisions.queries import link_by, link_token, links_seen
from lianfang.domains.decisions.services import ACTS, issue_link, revoke_link
from lianfang.domains.privacy.queries import opened
from lianfang.domains.sampling.errors import FileUnreadable
from lianfang.domains.sampling.planning import read_lab_file
from lianfang.flows.office_words import answer, office_actor, send_file
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.sampling import refused_rows

MOST, HOURS = 60, (2, 12, 24, 72)
WORDS = {"confirm": gettext_noop("to confirm or decline"), "file": gettext_noop("to send a laboratory's results")}
SAID = {"confirmed": gettext_noop("confirmed"), "declined": gettext_noop("declined"), "sent": gettext_noop("sent")}


@signed_in
def offices(request: HttpRequest) -> HttpResponse:
    """Whom I may ask, what was asked and what came of it; the newest link with its square, to be handed over."""
    by, at = actor_of(request), clock.now()
    acts = [a for a, right in ACTS.items() if may(by, right)]
    if not acts:
        raise RightMissing(right=ACTS["confirm"])
    links = list(links_seen(by, rights={ACTS[a] for a in acts})[:MOST])
    notes = opened([k for k in links if k.sealed], by=by, fields=("note",), whole=True, subject="id")
    rows = [{"link": k, "words": WORDS[k.act], "said": SAID.get(k.said, ""), "is_open": _is_open(k, at),
             "note": notes.get(k.id, {}).get("note", "")} for k in links]  # fmt: skip
    chosen = next((k for k in links if k.id == uuid_in(request.GET.get("link")) and _is_open(k, at)), None)
    context = {"rows": rows, "acts": [(a, WORDS[a]) for a in acts], "hours": HOURS, "chosen": chosen,
               **(_drawn(request, chosen) if chosen else {})}  # fmt: skip
    return page(request, "decisions/offices.html", context)


def _is_open(link: Any, at: Any) -> bool:
    return not link.said and link.revoked_at is None and at < link.until_at


def _drawn(request: HttpRequest, link: Any) -> dict[str, str]:
    address = request.build_absolute_uri(reverse("office", args=[link_token(link)]))
    return {"address": address, "image": segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4)}


@signed_in
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask an office for one thing, here, until a time."""
    by, given, at = actor_of(request), request.POST, clock.now()
    hours = whole_in(given.get("hours", ""))
    hours = hours if hours in HOURS else HOURS[0]
    made = issue_link(link_id=new_id(request), office=given.get("office", ""), act=given.get("act", ""),
                      asks=given.get("asks", ""), area_id=uuid_in(given.get("area")) or home_id(by), incident_id=None,
                      until_at=at + timedelta(hours=hours), by=by, at=at)  # fmt: skip
    return redirect(f"{reverse('offices')}?link={made.id}&said=decisions.link_made")


@signed_in
@require_POST
def revoke(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """The link opens nothing any more."""
    revoke_link(link_id=link_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("offices") + "?said=decisions.link_revoked")


def office(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link, for whoever holds it: what is asked, by whom, until when; one answer. No sign-in."""
    at = clock.now()
    link = link_by(token, at=at)
    name_actor(office_actor(link))
    if request.method == "POST":
        return _answered(request, link, token)
    return page(request, "decisions/office.html", {"link": link, "said": SAID.get(link.said, "")})


def _answered(request: HttpRequest, link: Any, token: str) -> HttpResponse:
    at = clock.now()
    if link.act == "confirm":
        answer(link=link, says=request.POST.get("says", ""), note=request.POST.get("note", ""), at=at)
        return redirect("office", token)
    sent = request.FILES.get("file")
    if sent is None:
        raise FileUnreadable(fix="empty")
    table = read_lab_file(sent.read())
    file = send_file(link=link, file_name=sent.name, digest=table.digest, rows=table.rows, at=at)
    link.refresh_from_db()
    context = {"link": link, "said": SAID.get(link.said, ""), "file": file, "refused": refused_rows(file)}
    return page(request, "decisions/office.html", context)
