"""Open tasks and plans whose people live behind another door by now, or nowhere on the register."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate

from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.grid.models import Presence
from lianfang.domains.work.models import Item, Move, Plan
from lianfang.domains.work.queries.reading import private_kinds
from lianfang.domains.work.rules import MOVED_AWAY

HERE = ("lives", "stays")
LOOKS_BACK = timedelta(days=60)  # a stay that ended before is known of by now, whatever a late file's day


@dataclass(frozen=True)
class Stay:
    """Where somebody lives or stays, from a day to a day."""

    person_id: UUID
    household_id: UUID
    area_id: UUID
    kind: str
    from_on: date
    to_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it was so on a day."""
        return self.from_on <= day and (self.to_on is None or self.to_on >= day)


@dataclass(frozen=True)
class Whither:
    """Where those whom a task or plan is about live now: behind which door of which area; none is nowhere known."""

    area_id: UUID | None = None
    household_id: UUID | None = None


def items_left_behind(at: datetime, *, limit: int) -> dict[UUID, Whither]:
    """Open items about people or households that have moved since they were opened; never of a private kind.

    Edge: what is about the door itself stays there (`stays_with_door`), and so does what was opened where its person
    never lived; of several who went to different doors, none is the new one.
    """
    stays = [*private_kinds(), *_of_doors()]
    rows = (
        Item.objects.annotate(since_on=TruncDate("opened_at"))
        .filter(_moved(at), is_closed=False)
        .exclude(kind__in=stays)
    )
    told = Move.objects.filter(item_id=OuterRef("id"), move=MOVED_AWAY)
    found = rows.annotate(is_told=Exists(told)).order_by("id")
    items = list(found.values_list("id", "unit_kind", "unit_id", "area_id", "opened_at", "is_told")[:limit])
    out = _whither((i, k, u, a, localdate(t)) for i, k, u, a, t, _ in items if u)
    told_of = {i for i, *_, is_told in items if is_told}
    return {i: w for i, w in out.items() if w.area_id or i not in told_of}


def plans_left_behind(at: datetime, *, fault: str, limit: int) -> dict[UUID, Whither]:
    """The same of running plans; those that bear the fault already only where there is a new door."""
    rows = (
        Plan.objects.annotate(since_on=TruncDate("made_at"))
        .filter(_moved(at), ended_at=None)
        .exclude(kind__in=[*private_kinds(), *_of_doors()])
    )
    plans = list(rows.order_by("id").values_list("id", "unit_kind", "unit_id", "area_id", "made_at", "fault")[:limit])
    out = _whither((i, k, u, a, localdate(t)) for i, k, u, a, t, _ in plans if u)
    told_of = {i for i, *_, said in plans if said == fault}
    return {i: w for i, w in out.items() if w.area_id or i not in told_of}


def _of_doors() -> list[str]:
    return [name for name, body in kinds_by_name().items() if body.get("stays_with_door")]


def _moved(at: datetime) -> Q:
    """About somebody, or a door, of whom a stay has ended; not where he, or anybody of `since_on`, still is."""
    ended = Presence.objects.filter(to_on__gte=localdate(at) - LOOKS_BACK, kind__in=HERE)
    still = Presence.objects.filter(to_on=None, kind__in=HERE)
    here = still.filter(person_id=OuterRef("unit_id"), area_id=OuterRef("area_id"))
    of_then = still.filter(household_id=OuterRef("unit_id"), from_on__lte=OuterRef("since_on"))
    return (Q(unit_kind="person", unit_id__in=ended.values("person_id")) & ~Exists(here)
            | Q(unit_kind="household", unit_id__in=ended.values("household_id")) & ~Exists(of_then))  # fmt: skip


def _whither(rows: Iterable[tuple[UUID, str, UUID, UUID, date]]) -> dict[UUID, Whither]:
    """By id, of (id, sort of unit, unit, area, day since when it is about them): only those that have moved."""
    asked = list(rows)
    people = {u for _, k, u, _, _ in asked if k == "person"}
    doors = {u for _, k, u, _, _ in asked if k == "household"}
    behind = _stays(Q(household_id__in=doors))
    people |= {s.person_id for s in behind}
    own: dict[UUID, list[Stay]] = {}
    for s in _stays(Q(person_id__in=people)):
        own.setdefault(s.person_id, []).append(s)
    areas = {a for *_, a, _ in asked} | {s.area_id for some in own.values() for s in some}
    over: dict[UUID, set[UUID]] = {}
    county: dict[UUID, UUID] = {}
    links = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__any=areas)
    for a, above, level in links.values_list("descendant_id", "ancestor_id", "ancestor__level"):
        over.setdefault(a, set()).add(above)
        county |= {a: above} if level == "county" else {}
    out = {}
    for i, unit_kind, unit, area, day in asked:
        if unit_kind == "person":
            here = [s for s in own.get(unit, []) if area in over[s.area_id]]
        else:
            here = [s for s in behind if s.household_id == unit and s.holds_on(day)]
        if any(s.to_on is None for s in here) or not any(s.holds_on(day) for s in here):
            continue
        out[i] = _new_door({s.person_id for s in here}, own)
    return _within_the_county(out, {i: a for i, _, _, a, _ in asked}, county)


def _within_the_county(
    found: Mapping[UUID, Whither], was: Mapping[UUID, UUID], county: Mapping[UUID, UUID]
) -> dict[UUID, Whither]:
    """Another district has its own desks and its own right to know: what it takes over, a person says to it."""
    return {i: w if w.area_id and county.get(w.area_id) == county.get(was[i]) else Whither() for i, w in found.items()}


def _new_door(people: Collection[UUID], own: Mapping[UUID, list[Stay]]) -> Whither:
    """The one door behind which all of them who are on the register live now."""
    now = [min(s, key=lambda x: x.kind) for p in people if (s := [x for x in own.get(p, []) if x.to_on is None])]
    doors = {(s.area_id, s.household_id) for s in now}
    return Whither(*doors.pop()) if len(doors) == 1 else Whither()


def _stays(which: Q) -> list[Stay]:
    rows = Presence.objects.filter(which, kind__in=HERE).exclude(to_on__lt=F("from_on"))
    fields = ("person_id", "household_id", "area_id", "kind", "from_on", "to_on")
    return [Stay(*r) for r in rows.values_list(*fields)]
