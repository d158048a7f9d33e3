"""Work items as those see them who serve in their area, or own them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Building, Household, Presence
from lianfang.domains.grid.queries import names_of
from lianfang.domains.places.models import Place
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import Standing, search_words

PAGE = 50


def items_seen(by: Actor) -> QuerySet[Item]:
    """Items in the actor's areas, or owned by the actor."""
    return Item.objects.filter(Q(area_id__in=visible_areas(by, "work.read")) | Q(owner_id=by.id))


def item_seen(item_id: UUID, *, by: Actor) -> Item:
    """One item. Raises ItemMissing."""
    found = items_seen(by).select_related("area", "parent").filter(id=item_id).first()
    if found is None:
        raise ItemMissing(item=str(item_id))
    return found


def standing_of(item: Item, by: Actor, *, last_by: UUID | None = None) -> Standing:
    """How the actor stands to an item, for the judging of moves."""
    return Standing(
        is_owner=item.owner_id == by.id,
        is_lead=may(by, "work.lead", area_id=item.area_id),
        is_in_area=may(by, "work.do", area_id=item.area_id),
        made_last_move=last_by == by.id,
        was_doer=item.done_by == by.id,
    )


def board(
    *,
    by: Actor,
    area_id: UUID | None = None,
    kind_name: str = "",
    state: str = "",
    owner: str = "",
    text: str = "",
    is_open: bool = True,
    after: tuple[datetime, UUID] | None = None,
    incident_id: UUID | None = None,
) -> tuple[list[Item], int]:
    """A page of items, most urgent first, and how many there are in all (counted up to 10,000)."""
    rows = Item.objects.filter(area_id__in=visible_areas(by, "work.read"))
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    if kind_name:
        rows = rows.filter(kind=kind_name)
    if incident_id:
        rows = rows.filter(incident_id=incident_id)
    rows = rows.filter(state=state) if state else rows.filter(is_closed=not is_open)
    if owner == "mine":
        rows = rows.filter(owner_id=by.id)
    elif owner == "none":
        rows = rows.filter(owner_id=None)
    if text:
        rows = rows.filter(words__contains=search_words(text))
    total = rows.order_by()[:10_000].count()
    if after:
        rows = rows.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], id__gt=after[1]))
    return list(rows.select_related("area").order_by("due_at", "id")[:PAGE]), total


def counts_by_kind(*, by: Actor, area_id: UUID, incident_id: UUID | None = None) -> list[dict[str, Any]]:
    """Open, overdue-free counts by kind and state, for the board's left column."""
    rows = Item.objects.filter(area_id__in=ids_below(area_id)).filter(area_id__in=visible_areas(by, "work.read"))
    if incident_id:
        rows = rows.filter(incident_id=incident_id)
    return list(
        rows.values("kind").annotate(open=Count("id", filter=Q(is_closed=False)), all=Count("id")).order_by("-open")
    )


def my_items(by: Actor, *, limit: int = 30) -> list[Item]:
    """What the actor owns and has not finished, by due time."""
    return list(
        Item.objects.filter(owner_id=by.id, is_closed=False).select_related("area").order_by("due_at", "id")[:limit]
    )


def items_about(unit_ids: Sequence[UUID], *, by: Actor, limit: int = 40) -> list[Item]:
    """Items about units (a household and its people): all that is due here, then what was done."""
    return list(
        items_seen(by).filter(unit_id__in=unit_ids).select_related("area").order_by("is_closed", "due_at")[:limit]
    )


def unit_labels(items: Sequence[Item], *, by: Actor, at: datetime, whole: bool = False) -> dict[UUID, str]:
    """The unit of each item in words: a door, a building, a place, or a person (masked unless whole is allowed)."""
    ids: dict[str, set[UUID]] = {}
    for i in items:
        if i.unit_id:
            ids.setdefault(i.unit_kind, set()).add(i.unit_id)
    out: dict[UUID, str] = {}
    for h in Household.objects.filter(id__in=ids.get("household", ())).select_related("building"):
        out[h.id] = door_label(h)
    for b in Building.objects.filter(id__in=ids.get("building", ())):
        out[b.id] = b.name
    for p in Place.objects.filter(id__in=ids.get("place", ())):
        out[p.id] = p.name
    people = ids.get("person", set())
    if people:
        names = names_of(people, by=by, at=at, whole=whole)
        for stay in Presence.objects.filter(person_id__in=people, to_on=None).select_related("household__building"):
            out[stay.person_id] = f"{names.get(stay.person_id, '')} · {door_label(stay.household)}".strip(" ·")
    return out


def door_label(h: Household) -> str:
    """沙洲花园 3 栋 2 单元 501."""
    unit = f"{h.unit} 单元 " if h.unit else ""
    return f"{h.building.name} {unit}{h.door}".strip()


def personal_values(item: Item, *, by: Actor) -> dict[str, Any]:
    """The sealed values of an item, whole, for its owner or lead; noted as read."""
    names = [f["name"] for f in kind(item.kind, item.version).get("fields", []) if f.get("personal", "none") != "none"]
    if not names or not item.sealed:
        return {}
    whole = item.owner_id == by.id or may(by, "work.lead", area_id=item.area_id)
    shown: Mapping[str, Any] = opened([item], by=by, fields=names, whole=whole, subject="unit_id")[item.id]
    return dict(shown)


def progress_of(item: Item) -> dict[str, int]:
    """Of a fanned-out item: children in all, and closed."""
    rows = Item.objects.filter(parent=item).aggregate(all=Count("id"), closed=Count("id", filter=Q(is_closed=True)))
    return {"all": rows["all"], "closed": rows["closed"]}


def spot_checks(*, by: Actor) -> QuerySet[Item]:
    """Finished items drawn for a second look, in areas the actor leads, and not the actor's own work."""
    rows = Item.objects.filter(spot_check="drawn", area_id__in=visible_areas(by, "work.lead"))
    return rows.exclude(done_by=by.id).select_related("area").order_by("closed_at")


def sums(
    *,
    kind_name: str,
    area_id: UUID,
    incident_id: UUID | None,
    cut_off_at: datetime,
    since: datetime | None = None,
    states: Sequence[str] = (),
    field: str = "",
) -> Mapping[UUID, tuple[int, float]]:
    """By area: how many items of a kind stand closed in states at a cut-off, and the sum of one number field."""
    rows = Item.objects.filter(kind=kind_name, area_id__in=ids_below(area_id), closed_at__lte=cut_off_at)
    if incident_id:
        rows = rows.filter(incident_id=incident_id)
    if since:
        rows = rows.filter(closed_at__gt=since)
    if states:
        rows = rows.filter(state__in=states)
    out: dict[UUID, tuple[int, float]] = {}
    if field:
        for area, value in rows.values_list("area_id", f"values__{field}"):
            n, total = out.get(area, (0, 0.0))
            out[area] = (n + 1, total + float(value or 0))
        return out
    for area, n, total in rows.values_list("area_id").annotate(n=Count("id"), s=Sum("counted")):
        out[area] = (n, float(total or 0))
    return out
