"""Marks people carry: counts by area and day, the lists behind them, and which units somebody with a mark is behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import PersonFlag, Presence
from lianfang.domains.privacy.queries import opened


def _held_on(day: date) -> QuerySet[PersonFlag]:
    return PersonFlag.objects.filter(Q(to_on=None) | Q(to_on__gt=day), from_on__lte=day)


def marks_by_area(area_id: UUID, *, on: date) -> dict[str, dict[UUID, int]]:
    """How many people carried each mark on a day, by mark and smallest area. A person with two stands in both."""
    rows = _held_on(on).filter(area_id__in=ids_below(area_id)).values_list("flag", "area_id")
    out: dict[str, dict[UUID, int]] = {}
    for flag, area, n in rows.annotate(n=Count("person_id", distinct=True)):
        out.setdefault(flag, {})[area] = n
    return out


def people_marked(area_id: UUID, flag: str, *, on: date, by: Actor, at: datetime, limit: int) -> list[dict[str, Any]]:
    """People below an area who carried a mark on a day, with their door: masked, and only in the actor's areas."""
    rows = _held_on(on).filter(flag=flag, area_id__in=ids_below(area_id))
    seen = rows.filter(area_id__in=visible_areas(by, "grid.read")).select_related("person", "area")
    marks = list(seen.order_by("area__position", "person_id")[:limit])
    shown = opened([m.person for m in marks], by=by, fields=("name",))
    stays = Presence.objects.filter(person_id__in=shown, to_on=None, kind__in=("lives", "stays"))
    doors = {s.person_id: s for s in stays.select_related("household__building").order_by("-kind")}
    return [
        {"id": m.person_id, "name": shown[m.person_id]["name"], "since": m.from_on, "area": m.area,
         "door": doors.get(m.person_id), "age": at.year - m.person.birth_year if m.person.birth_year else None}
        for m in marks
    ]  # fmt: skip


def units_marked(units: Sequence[UUID], flags: Sequence[str]) -> set[UUID]:
    """Which of some persons and doors carry one of the marks now, or have somebody behind them who does."""
    held = PersonFlag.objects.filter(flag__in=flags, to_on=None)
    people = held.filter(person_id__in=units).values_list("person_id")
    here = Presence.objects.filter(household_id__in=units, to_on=None, person_id__in=held.values("person_id"))
    return {u for (u,) in people.union(here.values_list("household_id"))}
