"""Work items as those see them who serve in their area, or own them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, TruncDate

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, post_of, reach
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Building, Household, Presence
from lianfang.domains.grid.queries import stays_named
from lianfang.domains.places.models import Place
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Clock, Item, Move
from lianfang.domains.work.queries.calendar import Dated as Dated
from lianfang.domains.work.queries.calendar import dated_items as dated_items
from lianfang.domains.work.queries.cascades import cascade_of as cascade_of
from lianfang.domains.work.queries.cascades import relatives_of as relatives_of
from lianfang.domains.work.queries.reading import is_seen as is_seen
from lianfang.domains.work.queries.reading import items_seen as items_seen
from lianfang.domains.work.queries.reading import kind_held as kind_held
from lianfang.domains.work.queries.reading import private_kinds as private_kinds
from lianfang.domains.work.queries.reading import right_on as right_on
from lianfang.domains.work.queries.reading import work_held as work_held
from lianfang.domains.work.queries.walks import in_walk_order as in_walk_order
from lianfang.domains.work.rules import HOUSE_MOVES, Standing, opening_right, personal_fields, search_words

PAGE = 50
OUT = 1000  # items opened and named together on their way into a file


def item_seen(item_id: UUID, *, by: Actor) -> Item:
    """One item with its owner's post (`owner_label`) and its running clocks (`running`). Raises ItemMissing."""
    clocks = Clock.objects.filter(item_id=OuterRef("id"), stopped_at=None).order_by("due_at")
    told = clocks.values(json=JSONObject(name="name", due="due_at"))
    rows = items_seen(by).annotate(owner_label=post_of("owner_id"), running=ArraySubquery(told))
    found = rows.select_related("area", "parent", "raised_from").defer("area__outline").filter(id=item_id).first()
    if found is None:
        raise ItemMissing(item=str(item_id))
    return found


def work_due(item_id: UUID) -> datetime | None:
    """When an item falls due: its own time, else the first of its clocks to run out; none where none runs."""
    first = Clock.objects.filter(item_id=OuterRef("id"), stopped_at=None).order_by("due_at").values("due_at")[:1]
    return Item.objects.filter(id=item_id).values_list(Coalesce("due_at", Subquery(first)), flat=True).first()


def may_on(item: Item, what: str, *, by: Actor) -> bool:
    """Whether the actor holds the right to do or lead an item where it lies."""
    return may(by, right_on(item.kind, what), area_id=item.area_id, incident_id=item.incident_id)


def standing_of(item: Item, by: Actor, *, last_by: UUID | None = None) -> Standing:
    """How the actor stands to an item, for the judging of moves."""
    return Standing(
        is_owner=by.id in (item.owner_id, item.before_id),
        is_lead=may_on(item, "lead", by=by),
        is_in_area=may_on(item, "do", by=by),
        made_last_move=last_by == by.id,
        was_doer=item.done_by == by.id,
    )


def rows_asked(
    *,
    by: Actor,
    area_id: UUID | None = None,
    kind_name: str = "",
    state: str = "",
    owner: str = "",
    is_priority: bool = False,
    text: str = "",
    is_open: bool = True,
    incident_id: UUID | None = None,
) -> QuerySet[Item]:
    """Items in the actor's areas by the board's filters. owner: mine, none, or the id of whoever has them."""
    rows = Item.objects.filter(work_held(by))
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    if kind_name:
        rows = rows.filter(kind=kind_name)
    if incident_id:
        rows = rows.filter(incident_id=incident_id)
    rows = rows.filter(state=state) if state else rows.filter(is_closed=not is_open)
    if is_priority:
        rows = rows.filter(is_priority=True)
    if owner == "mine":
        rows = rows.filter(owner_id=by.id)
    elif owner == "none":
        rows = rows.filter(owner_id=None)
    elif owner:
        rows = rows.filter(owner_id=UUID(owner))
    return rows.filter(words__contains=search_words(text)) if text else rows


def _most_urgent_first(rows: QuerySet[Item]) -> QuerySet[Any]:
    return rows.select_related("area").annotate(owner_label=post_of("owner_id")).order_by("due_at", "id")


def board(
    *,
    by: Actor,
    after: tuple[datetime | None, UUID] | None = None,
    limit: int = PAGE,
    **asked: Any,
) -> tuple[list[Item], int]:
    """A page of items by the filters of `rows_asked`, most urgent first, and how many in all (up to 10,000)."""
    rows = rows_asked(by=by, **asked)
    total = rows.order_by()[:10_000].count()
    if after and after[0]:
        # Items without a due time come last.
        rows = rows.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], id__gt=after[1]) | Q(due_at=None))
    elif after:
        rows = rows.filter(due_at=None, id__gt=after[1])
    return list(_most_urgent_first(rows)[:limit]), total


@dataclass(frozen=True)
class Row:
    """An item as it leaves: its unit in words, its owner's post, and the values this actor may have."""

    item: Item
    unit: str
    owner: str
    values: Mapping[str, Any]


def rows_out(rows: QuerySet[Item], *, by: Actor, at: datetime, is_personal: bool, limit: int) -> Iterator[Row]:
    """Items of `rows_asked` in the board's order, a thousand at a time, as list and item show them to this actor.

    is_personal: personal values too, and names of units, each whole where the item's page shows it whole, else masked.
    """
    found = _most_urgent_first(rows)[:limit].iterator(chunk_size=OUT)
    while some := list(islice(found, OUT)):
        labels = unit_labels(some, by=by, at=at, whole=is_personal)
        hidden = personal_of(some, by=by) if is_personal else {}
        for i in some:
            unit = labels.get(i.unit_id, "") if i.unit_id else ""
            yield Row(i, unit, i.owner_label or "", {**i.values, **hidden.get(i.id, {})})


def versions_of(rows: QuerySet[Item]) -> list[int]:
    """The versions of a kind under which items were opened, newest first."""
    return list(rows.order_by("-version").values_list("version", flat=True).distinct())


def personal_of(items: Sequence[Item], *, by: Actor) -> dict[UUID, dict[str, Any]]:
    """Sealed values of many items as `personal_values` shows each: whole for its owner or lead, noted as read."""
    with_sealed = [i for i in items if i.sealed]
    areas = {i.area_id for i in with_sealed}
    out: dict[UUID, dict[str, Any]] = {}
    for names, some in _by_personal_fields(with_sealed):
        led = reach(by, opening_right(kind(some[0].kind, some[0].version)), areas=areas)
        for whole in (True, False):
            part = [i for i in some if (i.owner_id == by.id or led.has(i.area_id, i.incident_id)) == whole]
            out |= opened(part, by=by, fields=names, whole=whole, subject="unit_id")
    return out


def _by_personal_fields(items: Sequence[Item]) -> list[tuple[list[str], list[Item]]]:
    by_version: dict[tuple[str, int], list[Item]] = {}
    for i in items:
        by_version.setdefault((i.kind, i.version), []).append(i)
    return [(personal_fields(kind(*version)), some) for version, some in by_version.items()]


def counts_by_kind(*, by: Actor, area_id: UUID, incident_id: UUID | None = None) -> list[dict[str, Any]]:
    """How many items of each kind are open and in all, and the newest version met: for the board's left column."""
    rows = Item.objects.filter(work_held(by), area_id__in=ids_below(area_id))
    if incident_id:
        rows = rows.filter(incident_id=incident_id)
    counted = rows.values("kind").annotate(
        open=Count("id", filter=Q(is_closed=False)), all=Count("id"), version=Max("version")
    )
    return [{**r} for r in counted.order_by("-open", "kind")]


def checklist_of(incident_id: UUID, *, by: Actor) -> list[Item]:
    """The items about an incident itself, as far as the actor sees them: open ones first, by due time."""
    rows = items_seen(by).filter(incident_id=incident_id, unit_kind="incident", unit_id=incident_id)
    return [*rows.annotate(owner_label=post_of("owner_id")).order_by("is_closed", "due_at", "title")]


def owners_of(items: Sequence[Item]) -> list[tuple[UUID, str]]:
    """The posts that own items read with `owner_label`."""
    return [(i.owner_id, getattr(i, "owner_label", "")) for i in items if i.owner_id]


def open_by_incident(incident_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """By incident how many items are open and how many there are. Counts only."""
    rows = Item.objects.filter(incident_id__in=incident_ids).values_list("incident_id")
    counted = rows.annotate(left=Count("id", filter=Q(is_closed=False)), n=Count("id"))
    return {incident: (left, n) for incident, left, n in counted}


def open_by_area(area_id: UUID, *, by: Actor, at: datetime) -> dict[UUID, tuple[int, int, int]]:
    """By smallest area of the actor's: items open, of these overdue, and all. Counts only."""
    rows = Item.objects.filter(work_held(by), area_id__in=ids_below(area_id))
    still = Q(is_closed=False)
    counted = rows.values_list("area_id").annotate(
        left=Count("id", filter=still), late=Count("id", filter=still & Q(due_at__lt=at)), n=Count("id")
    )
    return {area: (left, late, n) for area, left, late, n in counted}


def untaken(*, by: Actor, area_id: UUID, at: datetime) -> list[dict[str, Any]]:
    """Open items past their time that nobody owns, alike ones of one area together; the longest late first."""
    rows = Item.objects.filter(work_held(by), area_id__in=ids_below(area_id))
    rows = rows.filter(is_closed=False, owner_id=None, due_at__lt=at)
    alike = rows.values("kind", "version", "title", "title_en", "area__name", "area__name_en")
    return [dict(g) for g in alike.annotate(n=Count("id"), due=Min("due_at")).order_by("due", "area__name")[:500]]


@dataclass(frozen=True)
class Left:
    """What is left to do: by door items open, tried (with an attempt) and closed; by building items open."""

    by_door: Mapping[UUID, Mapping[str, int]]
    by_building: Mapping[UUID, int]


def left_here(doors: Sequence[Household], area_id: UUID, *, by: Actor, kind_name: str = "") -> Left:
    """Items about doors (of `grid.doors_of`) and their people, and how many are open in each building of the area.

    Both counts are asked at once; each building's is what its doors' open ones add up to.
    """
    door_of = {unit: d.id for d in doors for unit in (d.id, *d.people)}  # type: ignore[attr-defined]  # annotated
    rows = _about(list(door_of), by=by, kind_name=kind_name)
    blocks = _in_buildings(area_id, by=by, kind_name=kind_name)
    by_door: dict[UUID, dict[str, int]] = {}
    by_building: dict[UUID, int] = {}
    for found, left, tried, closed in rows.union(*blocks, all=True):
        if closed < 0:
            by_building[found] = by_building.get(found, 0) + left
            continue
        door = by_door.setdefault(door_of[found], {"left": 0, "tried": 0, "closed": 0})
        for name, n in (("left", left), ("tried", tried), ("closed", closed)):
            door[name] += n
    return Left(by_door, by_building)


def _about(units: Sequence[UUID], *, by: Actor, kind_name: str) -> QuerySet[Any, Any]:
    seen = Item.objects.filter(work_held(by))
    if kind_name:
        seen = seen.filter(kind=kind_name)
    return (
        seen.filter(unit_id__in=units)
        .values_list("unit_id")
        .annotate(
            left=Count("id", filter=Q(is_closed=False)),
            tried=Count("id", filter=Q(is_closed=False, attempts__gt=0)),
            closed=Count("id", filter=Q(is_closed=True)),
        )
    )


def _in_buildings(area_id: UUID, *, by: Actor, kind_name: str) -> list[QuerySet[Any, Any]]:
    """Rows (building, open items, 0, -1) of an area's doors and of their people: the last says what sort of row."""
    items = Item.objects.filter(work_held(by), is_closed=False)
    if kind_name:
        items = items.filter(kind=kind_name)
    doors = Household.objects.filter(area_id__in=ids_below(area_id))
    stays = Presence.objects.filter(area_id__in=ids_below(area_id), to_on=None, kind__in=("lives", "away"))
    counted = []
    for rows, key in ((doors, "id"), (stays, "person_id")):
        about = items.filter(unit_id=OuterRef(key)).order_by().values("unit_id").annotate(n=Count("id")).values("n")
        some = rows.annotate(n=Subquery(about)).filter(n__gt=0).values_list("building_id")
        whole = IntegerField()
        sums = {"left": Cast(Sum("n"), whole), "tried": Value(0, output_field=whole)}
        counted.append(some.annotate(**sums, closed=Value(-1, output_field=whole)))
    return counted


def left_by_building(area_id: UUID, *, by: Actor, kind_name: str = "") -> dict[UUID, int]:
    """By building of an area: open items about its doors and their people, as `left_here` counts them."""
    doors, stays = _in_buildings(area_id, by=by, kind_name=kind_name)
    out: dict[UUID, int] = {}
    for building, n, *_ in doors.union(stays, all=True):
        out[building] = out.get(building, 0) + n
    return out


def moves_about(items: Sequence[Item], *, limit: int = 12) -> list[Move]:
    """The newest moves of some items, each with the post that made it (`who`)."""
    known = {i.id: i for i in items}
    rows = Move.objects.filter(item_id__in=known).exclude(move__in=HOUSE_MOVES).annotate(who=post_of("by"))
    moves = [*rows.order_by("-at", "-id")[:limit]]
    for m in moves:
        m.item = known[m.item_id]
    return [*moves]


def my_items(by: Actor, *, limit: int = 30) -> list[Item]:
    """What the actor owns and has not finished, by due day; of one day those about people who come first, first."""
    return list(
        items_seen(by)
        .filter(owner_id=by.id, is_closed=False)
        .select_related("area")
        .order_by(TruncDate("due_at"), "-is_priority", "due_at", "id")[:limit]
    )


def items_about(unit_ids: Sequence[UUID], *, by: Actor, limit: int = 40) -> list[Item]:
    """Items about units (a household and its people): all that is due here, then what was done."""
    return list(
        items_seen(by).filter(unit_id__in=unit_ids).select_related("area").order_by("is_closed", "due_at")[:limit]
    )


def own_items(by: Actor, *, household_ids: Sequence[UUID], limit: int = 40) -> list[Item]:
    """Items about the actor itself or its door, newest first: that they are, of which kind and how they stand."""
    about = [*household_ids, by.person_id] if by.person_id else []
    return list(Item.objects.filter(unit_id__in=about).order_by("-changed_at", "id")[:limit])


def unit_labels(items: Sequence[Item], *, by: Actor, at: datetime, whole: bool = False) -> dict[UUID, str]:
    """The unit of each item in words: a door, a building, a place, or a person (masked unless whole is allowed)."""
    ids: dict[str, set[UUID]] = {}
    for i in items:
        if i.unit_id:
            ids.setdefault(i.unit_kind, set()).add(i.unit_id)
    none = Value("", output_field=CharField())
    households, buildings, places = (ids.get(k, set()) for k in ("household", "building", "place"))
    rows = Household.objects.filter(id__in=households).values_list("id", "building__name", "unit", "door")
    rows = rows.union(
        Building.objects.filter(id__in=buildings).values_list("id", "name", none, none),
        Place.objects.filter(id__in=places).values_list("id", "name", none, none),
        all=True,
    )
    asked = rows if households or buildings or places else ()
    out = {unit_id: _door_words(building, unit, door).strip() for unit_id, building, unit, door in asked}
    # Where somebody lives comes last, so that it wins over where he works or stays.
    for stay, name in stays_named(ids.get("person", ()), by=by, at=at, whole=whole):
        out[stay.person_id] = f"{name} · {door_label(stay.household)}".strip(" ·")
    return out


def _door_words(building: str, unit: str, door: str) -> str:
    return f"{building} {f'{unit} 单元 ' if unit else ''}{door}".strip()


def door_label(h: Household) -> str:
    """沙洲花园 3 栋 2 单元 501."""
    return _door_words(h.building.name, h.unit, h.door)


def personal_values(item: Item, *, by: Actor) -> dict[str, Any]:
    """The sealed values of an item, whole, for its owner or whom the kind opens them to; noted as read."""
    body = kind(item.kind, item.version)
    names = personal_fields(body)
    if not names or not item.sealed:
        return {}
    right = opening_right(body)
    whole = item.owner_id == by.id or may(by, right, area_id=item.area_id, incident_id=item.incident_id)
    shown: Mapping[str, Any] = opened([item], by=by, fields=names, whole=whole, subject="unit_id")[item.id]
    return dict(shown)


def moves_of(item: Item, *, by: Actor) -> list[Move]:
    """What was done with an item, newest first, each with the post that did it (`who`), and who wrote it on paper.

    Where a kind opens its values to one right alone, the first post may be whom it is about: shown by that right too.
    """
    rows = item.moves.annotate(who=post_of("by"), writer=post_of("written_by"))
    found: list[Move] = [*rows.order_by("-at", "-id")]
    body = kind(item.kind, item.version)
    opens = item.owner_id == by.id or may(by, opening_right(body), area_id=item.area_id, incident_id=item.incident_id)
    if "personal_right" in body and not opens:
        for m in found:
            m.who = m.writer = ""  # type: ignore[attr-defined]  # annotated
    return found


def progress_of(item: Item) -> dict[str, int]:
    """Of a fanned-out item: children in all, closed, and left."""
    rows = Item.objects.filter(parent=item).aggregate(all=Count("id"), closed=Count("id", filter=Q(is_closed=True)))
    return {"all": rows["all"], "closed": rows["closed"], "left": rows["all"] - rows["closed"]}


def spot_checks(*, by: Actor) -> QuerySet[Item]:
    """Finished items drawn for a second look, in areas the actor leads, and not the actor's own work."""
    rows = Item.objects.filter(work_held(by, "work.lead"), spot_check="drawn")
    return rows.exclude(done_by=by.id).select_related("area").order_by("closed_at")
