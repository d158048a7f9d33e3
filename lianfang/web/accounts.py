"""Bodies, their accounts and posts: who holds what, where, until when, for which incident; granting and ending."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts import queries
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.rules import GRANTS
from lianfang.domains.accounts.services import (
    bind_portal,
    grant_role,
    open_account,
    remove_factors,
    reset_password,
    unbind_portal,
)
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import tree_below
from lianfang.domains.editions.queries import roles
from lianfang.domains.incidents.queries import incidents_to_grant
from lianfang.domains.incidents.services import grant_for_incident
from lianfang.domains.responders.queries import bodies_seen, body_seen, parents_for
from lianfang.domains.responders.services import register_organisation
from lianfang.flows.end_post import deactivate, end_post
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.portals import portal_named, subject_keyed
from lianfang.web.words import LOCAL, said

PAGE = 50
MOST_AREAS = 400
UPPER = ("province", "prefecture", "county", "street")
BODIES = {
    "bureau": gettext_noop("Bureau"),
    "court": gettext_noop("Court"),
    "company": gettext_noop("Company"),
    "school": gettext_noop("School"),
    "hospital": gettext_noop("Hospital"),
    "government": gettext_noop("Government office"),
    "health": gettext_noop("Health service"),
    "other": gettext_noop("Other body"),
}
# Sorts that are added elsewhere: by the register's page and by plays.
SORTS = {**BODIES, "branch": gettext_noop("Party branch"), "command": gettext_noop("Command")}
USERNAME = re.compile(r"[\w.-]{3,60}")


def _area_asked(request: HttpRequest, by: Actor) -> UUID:
    """The area a page is about: the one asked for, else the first one whose accounts the actor administers."""
    asked = uuid_in(request.GET.get("area") or request.POST.get("area"))
    return asked or next((g.area_id for g in by.grants_with(GRANTS) if g.area_id), None) or home_id(by)


def _role_words() -> dict[str, str]:
    return {n: said(r["words"]) for n, r in roles().items()}


def _titles(by: Actor) -> dict[str, dict[UUID, str]]:
    """Incidents near the areas administered, by id, and of these the open ones, for which a post may be granted."""
    rows = list(incidents_to_grant(by).values_list("id", "title", "closed_at")[:200])
    return {
        "titles": {i: said(t) for i, t, _ in rows},
        "open_incidents": {i: said(t) for i, t, closed_at in rows if closed_at is None},
    }


def _in_tree(top: Area, places: Sequence[Area], parent_of: Mapping[UUID, UUID]) -> list[dict[str, Any]]:
    """Areas as they lie below one another, each with its depth."""
    below: dict[UUID, list[Area]] = {}
    for a in places:
        if a.id in parent_of and a.id != top.id:
            below.setdefault(parent_of[a.id], []).append(a)
    out: list[dict[str, Any]] = []
    waiting = [(top, 0)]
    while waiting:
        a, depth = waiting.pop()
        out.append({"area": a, "indent": "\u3000" * depth})
        waiting += [(child, depth + 1) for child in reversed(below.get(a.id, []))]
    return out


def areas_offered(area_id: UUID) -> list[dict[str, Any]]:
    """An area and what lies below it, to choose from; in a large one only down to the street."""
    places, parent_of = tree_below(area_id)
    if len(places) > MOST_AREAS:
        places = [a for a in places if a.level in UPPER or a.id == area_id]
    return _in_tree(next(a for a in places if a.id == area_id), places, parent_of)


@signed_in
def accounts(request: HttpRequest) -> HttpResponse:
    """Bodies and posts of an area: who holds what, where, until when and for which incident; who holds nothing."""
    by, at, given = actor_of(request), clock.now(), request.GET
    queries.require(by, GRANTS)
    area_id, body_id = _area_asked(request, by), uuid_in(given.get("body"))
    path = queries.path_seen(area_id, by)
    bodies = list(bodies_seen(by))
    rows = queries.posts_held(by, area_id=area_id, at=at, body_id=body_id, role=given.get("role", ""),
                              text=given.get("q", "").strip())  # fmt: skip
    context = _list(rows) | {"area": path[-1], "path": path[:-1], "chosen": body_id, "roles": _role_words()}
    context |= {"bodies": _bodies(bodies, at), "names": {b.id: b for b in bodies}} | _titles(by)
    context |= {
        "idle": list(queries.without_post(by, area_id=area_id, at=at)[:PAGE]),
        "sorts": BODIES,
        "sorts_known": SORTS,
    }
    context |= {"is_whole": queries.may(by, GRANTS, area_id=area_id), "places": areas_offered(area_id)}
    if context["is_whole"]:
        context["parents"] = list(parents_for(area_id))
    return page(request, "accounts/list.html", context)


def _list(rows: QuerySet[RoleGrant]) -> dict[str, Any]:
    shown = list(rows[: PAGE + 1])
    is_cut = len(shown) > PAGE
    return {"posts": shown[:PAGE], "is_cut": is_cut, "most": PAGE, "total": rows.count() if is_cut else len(shown)}


def _bodies(bodies: Sequence[Any], at: datetime) -> list[dict[str, Any]]:
    counts = queries.bodies_counted((b.id for b in bodies), at=at)
    return [{"body": b, "accounts": counts[b.id][0], "heads": counts[b.id][1]} for b in bodies]


@signed_in
@require_POST
def add_body(request: HttpRequest) -> HttpResponse:
    """A body that takes part, below another one where it has a parent."""
    by, sent = actor_of(request), request.POST
    name, kind = sent.get("name", "").strip()[:120], sent.get("kind", "")
    if not name or kind not in BODIES:
        raise Invalid(field="name", fix="")
    made = register_organisation(organisation_id=new_id(request), name=name, kind=kind,
                                 name_en=sent.get("name_en", "").strip()[:120], area_id=_area_asked(request, by),
                                 parent_id=uuid_in(sent.get("parent")), by=by, at=clock.now())  # fmt: skip
    return redirect(f"{reverse('accounts')}?area={made.area_id}&body={made.id}&said=responders.body_added")


@signed_in
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A sign-in for a post; its first password is on the answer and nowhere else."""
    by, sent, password = actor_of(request), request.POST, secrets.token_urlsafe(12)
    username, label = sent.get("username", "").strip(), sent.get("label", "").strip()[:120]
    if not USERNAME.fullmatch(username) or not label:
        raise Invalid(field="username" if label else "label", fix="")
    body = uuid_in(sent.get("body"))
    made = open_account(account_id=new_id(request), username=username, label=label, person_id=None,
                        password_hash=make_password(password), area_id=_area_asked(request, by), by=by,
                        organisation_id=body_seen(body, by=by).id if body else None, is_first_password=True,
                        at=clock.now())  # fmt: skip
    return _password_page(request, made, password)


def _password_page(request: HttpRequest, account: Account, password: str) -> HttpResponse:
    """The password, unless the form came twice: then the one that holds was on the first answer."""
    holds = check_password(password, account.password)
    context = {"account": account, "password": password if holds else ""}
    return page(request, "accounts/password.html", context)


@signed_in
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """One account: its posts now and before, and the forms that grant, end, reset and close."""
    by, at = actor_of(request), clock.now()
    queries.require(by, GRANTS)
    found = queries.account_seen(account_id, by=by)
    grants = list(queries.grants_seen(by).filter(account_id=found.id).order_by("-from_at", "id"))
    live = [g for g in grants if g.to_at is None or g.to_at > at]
    context = {"account": found, "live": live, "past": [g for g in grants if g not in live], "roles": _role_words(),
               "endable": queries.endable(by, live), "is_own": found.id == by.id,
               "may_keep": queries.may_keep(by, found, at=at)} | _titles(by)  # fmt: skip
    context["body"] = bodies_seen(by).filter(id=found.organisation_id).first() if found.organisation_id else None
    if found.is_active and found.id != by.id:
        context |= _offers(request, found, by) | _portals(found)
    return page(request, "accounts/account.html", context)


def _portals(found: Account) -> dict[str, Any]:
    """Portals through which the account is signed in, and those to which it may be bound."""
    bound, words = list(queries.bindings_of(found)), {p.name: said(p.words) for p in settings.PORTALS}
    taken = {b.portal for b in bound}
    return {"bound": [{"b": b, "words": words.get(b.portal, b.portal)} for b in bound],
            "portals": {n: w for n, w in words.items() if n not in taken}}  # fmt: skip


def _offers(request: HttpRequest, found: Account, by: Actor) -> dict[str, Any]:
    """What the form of a new post offers: areas, roles, open incidents, and roles a body's administrator may get."""
    places = areas_offered(_area_asked(request, by))
    body = found.organisation_id
    offered = queries.roles_to_grant(by, area=places[0]["area"], body_id=body)
    whole = queries.may(by, GRANTS, area_id=places[0]["area"].id)
    if not whole:
        given = {r for g in by.grants_with(GRANTS) if g.body_id == body for r in g.delegates}
        offered = [n for n in roles() if n in given]
    hands_on = [n for n, r in roles().items() if r["rights"] and not r.get("reserved")] if whole and body else []
    return {"places": places, "offered": offered, "hands_on": hands_on}


def until_of(text: str) -> datetime | None:
    """The end of a post typed as its last day: the midnight after it; nothing for none. Raises Invalid."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), LOCAL)
    except (ValueError, OverflowError):
        raise Invalid(field="until", fix="") from None


@signed_in
@require_POST
def grant(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """A role on an area, until a day, for one incident alone where one is chosen, or over one body alone."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    found, incident = queries.account_seen(account_id, by=by), uuid_in(sent.get("incident"))
    given: dict[str, Any] = {"grant_id": new_id(request), "account_id": found.id, "role": sent.get("role", ""),
                             "area_id": _area_asked(request, by), "until_at": until_of(sent.get("until", "")),
                             "by": by, "at": at}  # fmt: skip
    if incident:
        grant_for_incident(incident_id=incident, **given)
    else:
        of_body = found.organisation_id if sent.get("of_body") else None
        grant_role(**given, body_id=of_body, delegates=sent.getlist("delegates") if of_body else ())
    return _back(found.id, "accounts.granted")


@signed_in
@require_POST
def end(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """A post ends now: its rights, and the work that only it could do goes back to the board."""
    end_post(grant_id=uuid_in(request.POST.get("grant")) or account_id, by=actor_of(request), at=clock.now())
    return _back(account_id, "accounts.ended")


@signed_in
@require_POST
def password(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """A new password, on the answer and nowhere else; the old one and all open sessions end."""
    by, fresh = actor_of(request), secrets.token_urlsafe(12)
    found = queries.account_seen(account_id, by=by)
    kept = reset_password(account_id=found.id, password_hash=make_password(fresh), by=by, at=clock.now())
    return _password_page(request, kept, fresh)


@signed_in
@require_POST
def factors(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The second factors of a sign-in are taken off: a phone was lost; all open sessions end."""
    by = actor_of(request)
    remove_factors(account_id=queries.account_seen(account_id, by=by).id, by=by, at=clock.now())
    return _back(account_id, "accounts.factors_removed")


@signed_in
@require_POST
def bind(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """From now the account's holder signs in through a portal, whose word for the holder is typed and kept keyed."""
    by, portal = actor_of(request), portal_named(request.POST.get("portal", ""))
    subject = request.POST.get("subject", "").strip()
    if not 0 < len(subject) <= 255:
        raise Invalid(field="subject", fix="")
    bind_portal(binding_id=new_id(request), account_id=queries.account_seen(account_id, by=by).id, portal=portal.name,
                subject=subject_keyed(portal, subject), by=by, at=clock.now())  # fmt: skip
    return _back(account_id, "accounts.bound")


@signed_in
@require_POST
def unbind(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Nobody signs in as the account through the portal any more; its sessions end at once."""
    by = actor_of(request)
    unbind_portal(account_id=queries.account_seen(account_id, by=by).id, portal=request.POST.get("portal", ""),
                  by=by, at=clock.now())  # fmt: skip
    return _back(account_id, "accounts.unbound")


@signed_in
@require_POST
def close(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Nobody signs in by this account any more; all its posts end."""
    by = actor_of(request)
    deactivate(account_id=queries.account_seen(account_id, by=by).id, by=by, at=clock.now())
    return _back(account_id, "accounts.closed")


def _back(account_id: UUID, said_code: str) -> HttpResponse:
    return redirect(reverse("account", args=[account_id]) + f"?said={said_code}")
