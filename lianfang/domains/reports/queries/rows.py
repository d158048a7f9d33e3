"""The records behind a figure: as many as the figure says, as far as the actor may see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import edition
from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.queries import live_holds
from lianfang.domains.reports.queries.asked import asked_twice_items
from lianfang.domains.reports.queries.figures import Scope, in_zones, messages_of, zones_of
from lianfang.domains.reports.queries.week import week_rows
from lianfang.domains.reports.rules import LEFT_FATES, Line
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import work_held


def rows_of(line: Line, scope: Scope, *, by: Actor) -> QuerySet[Any]:
    """The records a figure counts, so that it can be opened to its rows; as many as the figure says.

    A figure that sums a field opens to the records summed. Where the actor may not read some area, to fewer.
    """
    if line.source == "register":
        return _stays(line, scope, by)
    if line.source == "holds":
        return _held(line, scope, by)
    if line.source == "zones":
        return zones_of(scope)
    if line.source == "messages":
        told = messages_of(scope)
        return told.filter(fate__in=LEFT_FATES) if line.name == "messages.sent" else told
    if line.source == "asked":
        twice = asked_twice_items(scope.area_id, scope.day, scope.cut_off_at)
        return Item.objects.filter(work_held(by), id__in=twice)
    if line.source in ("rounds", "calls", "tracing"):
        assert scope.incident is not None  # only an incident's sheet has these
        return week_rows(line, scope.area_id, scope.incident, scope.cut_off_at)
    return _items(line, scope, by)


def _stays(line: Line, scope: Scope, by: Actor) -> QuerySet[Presence]:
    rows = _here(scope, by)
    if line.name == "register.households":
        return rows.filter(kind="lives").order_by("household_id").distinct("household_id")
    return rows.filter(kind=line.name.split(".")[1])


def _here(scope: Scope, by: Actor) -> QuerySet[Presence]:
    below = ids_below(scope.area_id)
    return Presence.objects.filter(area_id__in=below, area__in=visible_areas(by, "grid.read"), to_on=None)


def _held(line: Line, scope: Scope, by: Actor) -> QuerySet[Presence]:
    """Stays of people whom a restriction holds at the cut-off, by their building or by name; each once an area."""
    holds = live_holds(scope.cut_off_at).filter(effect="restrict")
    if scope.incident:
        holds = holds.filter(incident_id=scope.incident.id)
    if line.name == "holds.confined":
        holds = holds.exclude(rules__leave_home="yes", rules__leave_zone="yes")
    by_building = Q(building_id__in=holds.filter(person=None).values("buildings__building_id"))
    by_name = Q(person_id__in=holds.filter(person__isnull=False).values("person_id"))
    held = _here(scope, by).filter(by_building | by_name, kind__in=("lives", "stays"))
    # Who lives and stays in one area, both held, is one person there: the stay of the lower id is left out.
    same = held.filter(area_id=OuterRef("area_id"), person_id=OuterRef("person_id"), id__gt=OuterRef("id"))
    return held.filter(~Exists(same.order_by()))


def _items(line: Line, scope: Scope, by: Actor) -> QuerySet[Item]:
    rows = Item.objects.filter(area_id__in=ids_below(scope.area_id), kind=line.source)
    rows = rows.filter(work_held(by), opened_at__lte=scope.cut_off_at)
    if scope.incident:
        rows = rows.filter(incident_id=scope.incident.id)
    if line.name.startswith("figures."):
        return _of_figure(rows, line.name.removeprefix("figures."), scope)
    if line.name.endswith(".open"):
        return rows.filter(Q(closed_at=None) | Q(closed_at__gt=scope.cut_off_at))
    if line.name.endswith(".done"):
        return rows.filter(closed_at__lte=scope.cut_off_at, counted__isnull=False)
    return rows


def _of_figure(rows: QuerySet[Item], name: str, scope: Scope) -> QuerySet[Item]:
    """Items that a figure of the edition counts or sums: in its states, as they stood at the cut-off."""
    assert scope.incident is not None  # only an incident's edition adds figures
    spec = next(f for f in edition(scope.incident.edition)["figures"] if f["name"] == name)
    return rows.filter(in_zones(scope), state__in=spec["states"], changed_at__lte=scope.cut_off_at)


def first_stays(found: QuerySet[Presence], area_id: UUID, *, limit: int) -> list[Presence]:
    """The first of the stays that `rows_of` gave, in the order of areas; only areas that are needed are read.

    Where one stay stands for a household, in the order of households.
    """
    if not found.query.distinct:
        here = found.filter(area_id=OuterRef("pk")).order_by()
        areas = Area.objects.filter(Exists(here), id__in=ids_below(area_id)).order_by("position")
        shown = areas.annotate(first=ArraySubquery(here.order_by("id").values("id")[:limit]))[:limit]
        ids = [i for first in shown.values_list("first", flat=True) for i in first][:limit]
        found = Presence.objects.filter(id__in=ids).order_by("area__position", "id")
    return [*found.select_related("person", "household__building", "area").defer("area__outline")[:limit]]
