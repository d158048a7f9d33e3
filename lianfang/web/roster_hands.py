"""A roster changed by hand: people found by name and put on a place, places freed, how many of which role."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid, Refused
from lianfang.domains.calls import queries
from lianfang.domains.calls.services import free_place, put_on_shift, set_roles
from lianfang.web.crews import roles_in
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.rosters import HEALTH, REASONS, not_done, roster_context, to_roster
from lianfang.web.searches import sought


@signed_in
def find(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The roster with people found by a part of their post's name, or of a squad, to put on a place."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    context = roster_context(request, call_id, by, at)
    named, team_id = sought(request, "named")[:60], uuid_in(asked.get("squad"))
    found = queries.people_to_put(call_id, named=named, team_id=team_id, by=by, at=at)
    return page(request, "rosters/roster.html", context | {"named": named, "squad": asked.get("squad", ""),
                                                           "found": found, "is_found": True})  # fmt: skip


@require_POST
@signed_in
def put(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Somebody is put on a free place by name; with a reason also where he would have too little rest."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    shift_id, account_id = uuid_in(sent.get("shift")), uuid_in(sent.get("person"))
    if shift_id is None or account_id is None:
        raise Invalid(field="people", fix="1")
    call = queries.rhythm_seen(call_id, by=by)
    try:
        put_on_shift(claim_id=new_id(request), shift_id=shift_id, account_id=account_id, why=sent.get("why", "")[:200],
                     by=by, at=at)  # fmt: skip
    except Refused as refused:
        if refused.code not in REASONS and refused.code not in HEALTH:
            raise
        return not_done(request, refused, (shift_id, account_id), call.id, by, at)
    return to_roster(call_id, "calls.put")


@require_POST
@signed_in
def free(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Somebody's place is freed; he is told why."""
    by = actor_of(request)
    made = queries.claim_seen(claim_id, by=by)
    free_place(claim_id=claim_id, why=request.POST.get("why", "")[:200], by=by, at=clock.now())
    return to_roster(made.shift.call_id, "calls.freed")


@require_POST
@signed_in
def roles(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """How many of each shift's people have which skill."""
    set_roles(call_id=call_id, roles=roles_in(request) or [], by=actor_of(request), at=clock.now())
    return to_roster(call_id, "calls.roles_kept")
