"""Programs that read and report by the interface: made here, their token shown once, renewed, revoked."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts import queries
from lianfang.domains.accounts.errors import ProgramUnfit
from lianfang.domains.accounts.models import Program
from lianfang.domains.accounts.rules import GRANTS, READS, WRITES, token_of
from lianfang.domains.accounts.services import (
    NewProgram,
    NewSecret,
    give_key,
    open_program,
    renew_secret,
    revoke_program,
)
from lianfang.domains.audit.queries import last_calls
from lianfang.domains.responders.queries import bodies_seen, body_seen
from lianfang.web.accounts import areas_offered, until_of
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.messages import WORDS

MOST = 100
OVERLAPS = (0, 1, 24, 168)  # hours that the old secret may still serve


def _scopes(names: tuple[str, ...] | list[str]) -> list[dict[str, str]]:
    return [{"name": n, "words": WORDS[n]} for n in names]


@signed_in
def programs(request: HttpRequest) -> HttpResponse:
    """The programs of the areas administered, those that serve first; the form that makes one."""
    by, at = actor_of(request), clock.now()
    area_id = next((g.area_id for g in by.grants_with(GRANTS) if g.area_id), None) or home_id(by)
    queries.require(by, GRANTS, area_id=area_id)
    found = list(queries.programs_seen(by)[:MOST])
    rows = [{"p": p, "is_live": is_live(p), "scopes": _scopes(p.held or [])} for p in found]
    context = {"rows": rows, "live": sum(1 for r in rows if r["is_live"]), "bodies": list(bodies_seen(by)),
               "places": areas_offered(area_id), "area_id": area_id, "reads": _scopes(READS),
               "writes": _scopes(WRITES), "longest": queries.longest_until(at), "shortest": at}  # fmt: skip
    return page(request, "programs/list.html", context)


def is_live(p: Program) -> bool:
    """Whether its next call would be answered."""
    return p.revoked_at is None and p.until_at > clock.now()


@signed_in
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A program; its token is on the answer and nowhere else."""
    by, sent, secret = actor_of(request), request.POST, secrets.token_hex(32)
    until_at, body = until_of(sent.get("until", "")), uuid_in(sent.get("body"))
    if until_at is None:
        raise ProgramUnfit(field="until", fix="")
    program_id, at = new_id(request), clock.now()
    longest = queries.longest_until(at)
    until_at = longest if longest < until_at <= longest + timedelta(days=1) else until_at  # the last day offered
    new = NewProgram(sent.get("name", ""), body_seen(body, by=by).id if body else None, sent.get("why", ""),
                     sent.getlist("scopes"), until_at)  # fmt: skip
    first = NewSecret(uuid5(program_id, "first secret"), queries.secret_digest(secret))
    made = open_program(program_id=program_id, program=new, secret=first, area_id=uuid_in(sent.get("area")) or
                        home_id(by), by=by, at=at)  # fmt: skip
    kept = made.secrets.get(id=first.id).digest
    return _token_page(request, made.id, secret, holds=bytes(kept) == first.digest)


def _token_page(request: HttpRequest, program_id: UUID, secret: str, *, holds: bool) -> HttpResponse:
    """The token, unless the form came twice: then the one that holds was on the first answer."""
    context = {"program_id": program_id, "token": token_of(program_id, secret) if holds else ""}
    return page(request, "programs/token.html", context)


@signed_in
def program(request: HttpRequest, program_id: UUID) -> HttpResponse:
    """One program: what it may, until when, its last calls, and the forms that renew and revoke."""
    by, at = actor_of(request), clock.now()
    queries.require(by, GRANTS)
    found = queries.program_seen(program_id, by=by)
    context = {"program": found, "is_live": is_live(found), "scopes": _scopes(found.held or []),
               "old_ends": sorted(t for t in found.secret_ends if t > at), "calls": last_calls(found.id),
               "overlaps": OVERLAPS}  # fmt: skip
    return page(request, "programs/program.html", context)


@signed_in
@require_POST
def renew(request: HttpRequest, program_id: UUID) -> HttpResponse:
    """A new token, on the answer and nowhere else; the old one ends at the chosen time."""
    by, at, secret = actor_of(request), clock.now(), secrets.token_hex(32)
    hours = next((h for h in OVERLAPS if str(h) == request.POST.get("hours")), 0)
    new = NewSecret(new_id(request), queries.secret_digest(secret))
    kept = renew_secret(program_id=queries.program_seen(program_id, by=by).id, secret=new,
                        old_until_at=at + timedelta(hours=hours), by=by, at=at)  # fmt: skip
    return _token_page(request, program_id, secret, holds=bytes(kept.digest) == new.digest)


@signed_in
@require_POST
def give(request: HttpRequest, program_id: UUID) -> HttpResponse:
    """From now the program signs its calls by the key whose public half was typed."""
    by, sent = actor_of(request), request.POST
    try:
        public = bytes.fromhex("".join(sent.get("key", "").split()))
    except ValueError:
        raise ProgramUnfit(field="key", fix=gettext("128 hexadecimal digits: x, then y")) from None
    found = queries.program_seen(program_id, by=by)
    give_key(program_id=found.id, suite=sent.get("suite", ""), public_key=public, by=by, at=clock.now())
    return redirect(reverse("program", args=[program_id]) + "?said=accounts.program_signs")


@signed_in
@require_POST
def revoke(request: HttpRequest, program_id: UUID) -> HttpResponse:
    """The program's next call is refused."""
    by = actor_of(request)
    revoke_program(program_id=queries.program_seen(program_id, by=by).id, by=by, at=clock.now())
    return redirect(reverse("program", args=[program_id]) + "?said=accounts.program_revoked_now")
