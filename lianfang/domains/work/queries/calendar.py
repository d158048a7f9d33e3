"""Items that stand on a day of the calendar: exams, events, whatever kind names a date field for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, When
from django.db.models.fields.json import KeyTextTransform

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.places.models import Place
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import work_held


@dataclass(frozen=True)
class Dated:
    """An open item on its day, with the place it is about."""

    item: Item
    on: date
    place: Place | None


def dated_items(area_id: UUID, *, from_on: date, by: Actor, limit: int) -> list[Dated]:
    """Open items of an area and below whose kind stands on the calendar, from a day on, the first day first.

    An item whose date cannot be read stands on no day. Only in areas whose work the actor may read.
    """
    fields = {name: str(k["calendar"]) for name, k in kinds_by_name().items() if k.get("calendar")}
    day = Case(*(When(kind=name, then=KeyTextTransform(field, "values")) for name, field in fields.items()))
    rows = Item.objects.filter(kind__in=fields, is_closed=False, area_id__in=ids_below(area_id))
    rows = rows.filter(work_held(by)).annotate(day=day)
    found: list[tuple[date, Item]] = []
    for item in rows.filter(day__gte=from_on.isoformat()).select_related("area").order_by("day", "id")[:limit]:
        try:
            found.append((date.fromisoformat(str(item.values.get(fields[item.kind], ""))), item))
        except ValueError:
            continue
    found.sort(key=lambda f: (f[0], str(f[1].values.get("starts", "")), f[1].id))
    places = {p.id: p for p in Place.objects.filter(id__in={i.unit_id for _, i in found}).select_related("area")}
    return [Dated(i, on, places.get(i.unit_id) if i.unit_id else None) for on, i in found]
