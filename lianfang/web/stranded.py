"""Those whom a closure keeps from going home: who they are, what they need, who would help, and how each goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.editions.queries import common_edition, kind, value
from lianfang.domains.gates.queries import permits_of_items
from lianfang.domains.gates.services import apply_permit
from lianfang.domains.needs.queries import pleas_about
from lianfang.domains.needs.services import NewPlea, take_in
from lianfang.domains.needs.services.taking import raise_refusal
from lianfang.domains.work import queries
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.registers import register_counts, register_listed
from lianfang.domains.work.rules import AT_GATE, move_at_end
from lianfang.flows.stranded import enrol_stranded, helper_id
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.map import path_to
from lianfang.web.needs import plea_row
from lianfang.web.permits import permit_row
from lianfang.web.words import said
from lianfang.web.work import row_of

KIND, WISH = "stranded-person", "wish_to_help"


def _may_leave(item: Item) -> bool:
    return move_at_end(kind(item.kind, item.version), item.state, AT_GATE) is not None


def _rows(items: Sequence[Item], by: Actor) -> list[dict[str, Any]]:
    ids = [i.id for i in items]
    labels, told = queries.unit_labels(items, by=by, at=clock.now()), queries.personal_of(items, by=by)
    pleas, permits = pleas_about(ids, by=by), permits_of_items(ids, by=by)
    helpers = set(Account.objects.filter(id__in=[helper_id(i) for i in ids]).values_list("id", flat=True))
    return [row_of(i, labels) | {"told": told.get(i.id, {}), "since": i.values.get("since", ""),
                                 "wishes": i.values.get(WISH) is True, "can": i.values.get("can_do", ""),
                                 "serves": helper_id(i.id) if helper_id(i.id) in helpers else None,
                                 "pleas": [plea_row(p) for p in pleas.get(i.id, [])],
                                 "permit": permit_row(permits[i.id]) if i.id in permits else None,
                                 "may_leave": _may_leave(i)} for i in items]  # fmt: skip


@signed_in
def stranded(request: HttpRequest) -> HttpResponse:
    """The register of an area: by state, or who would help; what each needs, and how he goes on."""
    by, asked, path = actor_of(request), request.GET, path_to(request, actor_of(request))
    require(by, "work.read", area_id=path[-1].id)
    states = kind(KIND)["states"]
    state = asked.get("state", "") if asked.get("state") in {s["name"] for s in states} else ""
    wish = WISH if asked.get("wish") == "1" else ""
    items = register_listed(KIND, area_id=path[-1].id, by=by, state=state, wish=wish)
    counts = register_counts(KIND, area_id=path[-1].id, by=by, wish=WISH)
    context = {"area": path[-1], "path": path[:-1], "rows": _rows(items, by), "counts": counts, "state": state,
               "wish": wish, "rights_here": rights_on(by, path), "kind": KIND,
               "states": [{"s": s, "words": said(s["words"]), "n": counts.by_state.get(s["name"], 0)}
                          for s in states]}  # fmt: skip
    return page(request, "stranded/list.html", context)


def _back(item: Item, code: str) -> HttpResponse:
    return redirect(reverse("stranded") + f"?area={item.area_id}&said={code}")


@require_POST
@signed_in
def need(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """What somebody stranded needs becomes a plea, with the place where he stays: numbered, promised, routed as all."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    item = queries.item_seen(item_id, by=by)
    told = queries.personal_values(item, by=by)
    words = sent.get("words", "").strip() or str(told.get("needs", ""))
    plea = NewPlea(new_id(request), "door", words, by, at, name=str(told.get("name", "")), group="stranded",
                   phone=str(told.get("phone", "")), address=str(told.get("staying_at", "")), area_id=item.area_id,
                   incident_id=item.incident_id, about_item_id=item.id)  # fmt: skip
    raise_refusal(take_in(pleas=[plea], by=by, at=at)[0])
    return redirect(reverse("plea", args=[plea.id]) + "?said=needs.taken_in")


@require_POST
@signed_in
def enrol(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """He would help: he serves from now."""
    by = actor_of(request)
    account_id = enrol_stranded(item_id=item_id, by=by, at=clock.now())
    return redirect(reverse("person", args=[account_id]) + "?said=stranded.enrolled")


@require_POST
@signed_in
def leave(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Ask for the permit by which he leaves, one way, from now."""
    by, at = actor_of(request), clock.now()
    item = queries.item_seen(item_id, by=by)
    told = queries.personal_values(item, by=by)
    hours = float(value(common_edition(), "departure_hours", area_id=item.area_id, at=at))
    apply_permit(permit_id=new_id(request), kind="leave", person_id=None, account_id=None, plea_id=None,
                 area_id=item.area_id, purpose=said(kind(KIND)["words"]), where=str(told.get("onward", "")), plate="",
                 mode="car", from_at=at, until_at=at + timedelta(hours=hours), deadline_at=None, is_fast=False,
                 fast_why="", incident_id=item.incident_id, item_id=item.id, by=by, at=at)  # fmt: skip
    return _back(item, "gates.applied")
