"""Classes and their helpers: who has which class, a balanced proposal to adopt, the log of being in touch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area
from lianfang.domains.needs.planning import PairingProposal, propose_pairing
from lianfang.domains.needs.queries import hearts
from lianfang.domains.needs.services import Pair, adopt_pairing
from lianfang.domains.responders.queries import members_of, teams_of
from lianfang.domains.responders.rules import IN_TEAM
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.hearts import tabs
from lianfang.web.messages import sentence


@signed_in
def pairing(request: HttpRequest) -> HttpResponse:
    """Every class with its helper and when they were in touch; a squad shared out among the classes without one."""
    by, at = actor_of(request), clock.now()
    require(by, hearts.PAIR)
    return page(request, "hearts/pairing.html", _context(request, by, at))


def _context(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    here, team = home_id(by), uuid_in(request.GET.get("team"))
    rows = hearts.classes(here, by=by)
    loads: dict[str, list[int]] = {}
    for c in rows:
        if c.link:
            load = loads.setdefault(c.helper, [0, 0])
            load[0], load[1] = load[0] + 1, load[1] + c.heads
    return {"tabs": tabs(by, "pairing"), "area": area(here), "rows": rows, "free": [c for c in rows if not c.link],
            "heads": sum(c.heads for c in rows), "teams": teams_of(here, by=by, at=at), "team": team,
            "loads": sorted(((who, n, heads) for who, (n, heads) in loads.items()), key=lambda r: -r[2]),
            "most": max((heads for _, heads in loads.values()), default=0),
            "proposal": _proposal(here, team, by, at) if team else None}  # fmt: skip


def _proposal(here: UUID, team: UUID, by: Actor, at: datetime) -> PairingProposal | None:
    people = [m.responder_id for m in members_of(team, by=by, at=at) if m.state == IN_TEAM]
    return propose_pairing(here, people, by=by)


@require_POST
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """Adopt what was proposed, as it was changed by hand; what could not be taken is said beside its class."""
    by, at, form_id = actor_of(request), clock.now(), new_id(request)
    asked = [(uuid_in(k.removeprefix("class-")), uuid_in(str(v))) for k, v in request.POST.items() if k[:6] == "class-"]
    pairs = [Pair(uuid5(form_id, str(c)), c, h) for c, h in asked if c and h]
    done = adopt_pairing(pairs=pairs, by=by, at=at)
    refused = [o for o in done if o.code not in ("", "repeated")]
    if refused:
        said = [sentence(o.code, o.values) for o in refused]
        return page(request, "hearts/pairing.html", _context(request, by, at) | {"refused": said})
    return redirect(reverse("pairing") + "?said=hearts.paired")
