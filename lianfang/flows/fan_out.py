"""One order or campaign becomes an item for every place it reaches; the parent's state is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure, AreaParent
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import common_edition, kind, value
from lianfang.domains.grid.models import Answerer, Building, Household, PersonFlag, Presence
from lianfang.domains.incidents.queries import editions_by_incident
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.queries import leads_of
from lianfang.domains.work.services import NewItem, open_items

Open = Callable[..., list[Outcome]]


def _layers(area_id: UUID, level: str) -> list[list[tuple[UUID, UUID]]]:
    """(area, parent) below an area down to a level, layer by layer; only areas through which the level is reached."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id=area_id, depth__gt=0)
    aims = set(Area.objects.filter(id__in=below.values("descendant_id"), level=level).values_list("id", flat=True))
    on_the_way = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=aims).values("ancestor_id")
    depths = dict(below.filter(descendant_id__in=on_the_way).values_list("descendant_id", "depth"))
    parents = dict(
        AreaParent.objects.filter(hierarchy=DIVISION, child_id__in=depths, valid_to=None).values_list(
            "child_id", "parent_id"
        )
    )
    out: list[list[tuple[UUID, UUID]]] = [[] for _ in range(max(depths.values(), default=0))]
    for child, depth in sorted(depths.items()):
        out[depth - 1].append((child, parents[child]))
    return out


def _units(over: str, area_id: UUID, flags: Sequence[str]) -> list[tuple[UUID, UUID]]:
    below = ids_below(area_id)
    if flags:
        marked = PersonFlag.objects.filter(flag__in=flags, to_on=None, area_id__in=below).values("person_id")
        stays = Presence.objects.filter(person_id__in=marked, to_on=None, kind__in=("lives", "stays"))
        key = {"household": "household_id", "building": "building_id"}.get(over, "person_id")
        return list(stays.order_by(key).distinct(key).values_list(key, "area_id"))
    if over == "household":
        return list(Household.objects.filter(area_id__in=below, is_empty=False).values_list("id", "area_id"))
    if over == "building":
        return list(Building.objects.filter(area_id__in=below).values_list("id", "area_id"))
    stays = Presence.objects.filter(area_id__in=below, to_on=None, kind__in=("lives", "stays"))
    return list(stays.order_by("person_id").distinct("person_id").values_list("person_id", "area_id"))


def fan_out(
    *,
    parent_id: UUID,
    kind_name: str,
    area_id: UUID,
    values: Mapping[str, Any],
    title: str,
    due_at: datetime | None,
    incident_id: UUID | None,
    by: Actor,
    at: datetime,
    flags: Sequence[str] = (),
    title_en: str = "",
) -> list[Outcome]:
    """Open an item about an area and, below it, one for every unit its kind fans out over; all or nothing.

    "area:<level>" cascades: every area between is a parent of those below it and acknowledges for itself.
    flags: only people with one of these marks, and doors behind which one lives.
    Repeat: same parent id: nothing is opened twice. Rights: work.open on the area.
    """
    body = kind(kind_name)
    root = parent_id if body["fan_out"].startswith("area:") else None
    shared = NewItem(parent_id, area_id, "area", area_id, title, values, due_at=due_at, root_id=root, title_en=title_en)
    ask = partial(open_items, kind_name=kind_name, area_id=area_id, incident_id=incident_id, by=by, at=at)
    with transaction.atomic():
        head = ask(items=[replace(shared, owner_id=by.id)])
        if head[0].code not in ("", "repeated"):
            return head
        if body["fan_out"].startswith("area:"):
            return [
                *head,
                *_down_the_tree(shared, body["fan_out"].removeprefix("area:"), ask, incident_id, by=by, at=at),
            ]
        return [*head, *_to_units(shared, body, ask, flags)]


def _down_the_tree(
    shared: NewItem, level: str, ask: Open, incident_id: UUID | None, *, by: Actor, at: datetime
) -> list[Outcome]:
    done: list[Outcome] = []
    for layer in _layers(shared.area_id, level):
        leads = leads_of([a for a, _ in layer], at=at)
        items = [
            replace(
                shared,
                id=uuid5(shared.id, str(a)),
                area_id=a,
                unit_id=a,
                owner_id=leads.get(a),
                parent_id=shared.id if p == shared.area_id else uuid5(shared.id, str(p)),
                root_id=shared.id,
            )
            for a, p in layer
        ]
        done += ask(items=items)
        _tell(shared, items, incident_id, by=by, at=at)
    return done


def _tell(shared: NewItem, items: list[NewItem], incident_id: UUID | None, *, by: Actor, at: datetime) -> None:
    """Each lead is told what came down to its area, once."""
    code = editions_by_incident({incident_id})[incident_id] if incident_id else common_edition()
    names = {
        a.id: {"zh": a.name, "en": a.name_en or a.name} for a in Area.objects.filter(id__in=[i.area_id for i in items])
    }
    minutes = float(value(code, "order_confirm_minutes", area_id=shared.area_id, at=at))
    due = (shared.due_at or at + timedelta(minutes=minutes)).isoformat()
    task = {"zh": shared.title, "en": shared.title_en or shared.title}
    writings = []
    for i in items:
        if i.owner_id:
            blanks = {"area": names[i.area_id], "task": task, "due": due}
            writings.append(Writing(uuid5(i.id, "told"), "account", i.owner_id, blanks, i.id, i.area_id))
    if writings:
        write_messages(
            writings=writings, edition=code, template="order-received", incident_id=incident_id, by=by, at=at
        )


def _to_units(shared: NewItem, body: Mapping[str, Any], ask: Open, flags: Sequence[str]) -> list[Outcome]:
    workers = Answerer.objects.filter(area_id__in=ids_below(shared.area_id), household=None, to_at=None)
    owners = dict(workers.order_by("from_at").values_list("area_id", "account_id"))
    items = [
        replace(
            shared,
            id=uuid5(shared.id, str(u)),
            area_id=a,
            unit_kind=body["unit"],
            unit_id=u,
            owner_id=owners.get(a),
            parent_id=shared.id,
        )
        for u, a in _units(body["fan_out"], shared.area_id, flags)
    ]
    return ask(items=items) if items else []
