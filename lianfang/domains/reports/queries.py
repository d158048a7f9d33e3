"""Figures computed from records, each with unit, cut-off, parts and rows; sheets as lists of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.timezone import get_current_timezone, localtime

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, visible_areas
from lianfang.domains.areas.queries import child_above, children_of, ids_below
from lianfang.domains.editions.queries import edition, kinds_by_name, values_of
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import live_holds
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.queries import building_ids, days_without_case, zone_kind
from lianfang.domains.messages.models import Message
from lianfang.domains.reports.errors import FigureMissing, SheetMissing
from lianfang.domains.reports.models import Sheet
from lianfang.domains.reports.rules import (
    Bucket,
    Line,
    balance,
    by_area,
    finished,
    rate,
    received,
    rolled_up,
    still_open,
    work_done,
)
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import Tally, tallies

DAYS = 7
PEOPLE = {"zh": "人", "en": "people"}
ITEMS = {"zh": "件", "en": "items"}
GROUPS = {
    "register": {"zh": "人员", "en": "People"},
    "holds": {"zh": "管理区与管控", "en": "Zones and holds"},
    "work": {"zh": "工作", "en": "Work"},
    "messages": {"zh": "通知", "en": "Messages"},
    "index": {"zh": "指标", "en": "Indices"},
}
ZONES, ZONE_UNIT = {"zh": "生效的管理区", "en": "Zones in force"}, {"zh": "处", "en": "zones"}
HOUSEHOLDS = {"zh": "户", "en": "households"}
REGISTER_WORDS = {
    "households": {"zh": "有人住的户", "en": "Households lived in"},
    "lives": {"zh": "现住", "en": "Living here"},
    "away": {"zh": "外出", "en": "Away"},
    "stays": {"zh": "暂住", "en": "Staying"},
}
HELD_WORDS = {
    "holds.persons": {"zh": "管理区内人员", "en": "People in zones"},
    "holds.confined": {"zh": "其中不能外出", "en": "of these, confined"},
}
WORK_PICKS = (
    ("received", {"zh": "收到", "en": "received"}),
    ("done", {"zh": "完成", "en": "done"}),
    ("open", {"zh": "未完", "en": "open"}),
)


@dataclass(frozen=True)
class Scope:
    """What a sheet covers: an area and below, an incident or all, up to a cut-off."""

    area_id: UUID
    cut_off_at: datetime
    incident: Incident | None = None
    zone_kind: str = ""  # only what lies inside zones of this kind (figures of the edition)

    @property
    def day(self) -> date:
        """The local day of the cut-off."""
        return localtime(self.cut_off_at).date()


def end_of(day: date) -> datetime:
    """The last moment of a local day (exclusive)."""
    return datetime.combine(day + timedelta(days=1), time(), get_current_timezone())


def buckets_of(scope: Scope) -> list[Bucket]:
    """All items of the scope, counted by kind, area, day opened, day closed and end state, as of the cut-off."""
    rows = Item.objects.filter(area_id__in=ids_below(scope.area_id), opened_at__lte=scope.cut_off_at)
    if scope.incident:
        rows = rows.filter(incident_id=scope.incident.id)
    counted = (
        rows.annotate(o=TruncDate("opened_at"), c=TruncDate("closed_at"))
        .values_list("kind", "area_id", "o", "c", "state")
        .annotate(n=Count("id"), late=Count("id", filter=Q(closed_at__gt=scope.cut_off_at)), s=Sum("counted"))
    )
    out = []
    for k, a, o, c, state, n, late, s in counted:
        # What was closed after the cut-off was open at the cut-off.
        if late:
            out.append(Bucket(k, a, o, None, state, late, 0.0))
        if n - late:
            out.append(Bucket(k, a, o, c, state, n - late, float(s or 0) * (n - late) / n))
    return out


def _work_lines(scope: Scope, buckets: Sequence[Bucket], parents: Mapping[UUID, UUID]) -> list[Line]:
    lines = []
    days = [scope.day - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    bodies = kinds_by_name()
    for name in sorted({b.kind for b in buckets}):
        body = bodies[name]
        mine = [b for b in buckets if b.kind == name]
        measure: dict[str, Any] = {"received": received, "done": work_done, "open": still_open}
        code, gap = balance(
            received(mine, name, until=scope.day),
            finished(mine, name, until=scope.day),
            still_open(mine, name, until=scope.day),
        )
        for pick, words in WORK_PICKS:
            history = [measure[pick](mine, name, until=d) for d in days]
            unit = {"zh": body["counted"]["zh"], "en": body["counted"]["en"]} if pick == "done" else ITEMS
            lines.append(
                Line(
                    f"work.{name}.{pick}",
                    "work",
                    {t: f"{body['words'][t]} · {words[t]}" for t in ("zh", "en")},
                    unit,
                    history[-1],
                    history,
                    rolled_up(by_area(mine, name, pick, until=scope.day), parents),
                    code if pick == "received" else "",
                    {
                        **gap,
                        "closed": finished(mine, name, until=scope.day),
                        "open": still_open(mine, name, until=scope.day),
                    },
                    name,
                )
            )
    return lines


def _units_in_zones(scope: Scope) -> QuerySet[Any] | None:
    """Ids of doors, buildings and people inside zones of the scope's kind, or None for everywhere."""
    if not scope.zone_kind or scope.incident is None:
        return None
    inside = ZoneVersion.objects.filter(zone__incident=scope.incident, state="in_force", kind=scope.zone_kind)
    buildings = inside.values("buildings__building_id")
    return (
        Household.objects.filter(building_id__in=buildings)
        .values("id")
        .union(Presence.objects.filter(building_id__in=buildings, to_on=None).values("person_id"), buildings)
    )


def _edition_lines(scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    """The figures an edition adds, from one count of the items they are about."""
    figures = edition(scope.incident.edition).get("figures", []) if scope.incident else []
    if not figures or scope.incident is None:
        return []
    fields: dict[str, list[str]] = {}
    for f in figures:
        names = [f.get("field", ""), (f.get("per") or {}).get("field", "")]
        fields.setdefault(f["of"], []).extend(n for n in names if n)
    counted = tallies(
        fields_of=fields,
        area_id=scope.area_id,
        incident_id=scope.incident.id,
        cut_off_at=scope.cut_off_at,
        within=_units_in_zones(scope),
    )
    return [_edition_line(f, [counted.get((f["of"], state), {}) for state in f["states"]], parents) for f in figures]


def _by_area(parts: Sequence[Mapping[UUID, Tally]], field: str) -> dict[UUID, float]:
    """Counts by area (no field), or sums of a field, over several states."""
    out: dict[UUID, float] = {}
    for areas in parts:
        for area, t in areas.items():
            out[area] = out.get(area, 0.0) + (t.sums[field] if field else t.n)
    return out


def _edition_line(f: Mapping[str, Any], parts: Sequence[Mapping[UUID, Tally]], parents: Mapping[UUID, UUID]) -> Line:
    top = _by_area(parts, f["field"] if f["measure"] == "sum" else "")
    name, per = f"figures.{f['name']}", f.get("per")
    if not per:
        return Line(
            name, "index", f["words"], f["unit"], sum(top.values()), (), rolled_up(top, parents), source=f["of"]
        )
    bottom = sum(_by_area(parts, per.get("field", "")).values())
    value_ = rate(sum(top.values()), bottom, times=per.get("times", 1))
    return Line(name, "index", f["words"], f["unit"], value_, source=f["of"])


def _register_lines(scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    rows = Presence.objects.filter(area_id__in=ids_below(scope.area_id), to_on=None)
    counts: dict[str, dict[UUID, float]] = {}
    for k, a, n, doors in rows.values_list("kind", "area_id").annotate(
        n=Count("id"), doors=Count("household_id", distinct=True)
    ):
        counts.setdefault(k, {})[a] = float(n)
        if k == "lives":
            counts.setdefault("households", {})[a] = float(doors)
    return [_register_line(k, counts[k], parents) for k in REGISTER_WORDS if k in counts]


def _register_line(name: str, by_place: Mapping[UUID, float], parents: Mapping[UUID, UUID]) -> Line:
    parts, total = rolled_up(by_place, parents), sum(by_place.values())
    unit = HOUSEHOLDS if name == "households" else PEOPLE
    return Line(f"register.{name}", "register", REGISTER_WORDS[name], unit, total, (), parts, source="register")


def _held(holds: QuerySet[Hold]) -> Q:
    """Present stays of persons that holds are on, by their building or by name."""
    return Q(building_id__in=holds.filter(person=None).values("buildings__building_id")) | Q(
        person_id__in=holds.filter(person__isnull=False).values("person_id")
    )


def _zones_at(scope: Scope) -> int:
    at = scope.cut_off_at
    zones = ZoneVersion.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), from_at__lte=at, zone__area_id__in=ids_below(scope.area_id)
    ).exclude(state="draft")
    return (zones.filter(zone__incident=scope.incident) if scope.incident else zones).count()


def _hold_lines(scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    holds = live_holds(scope.cut_off_at).filter(effect="restrict")
    if scope.incident:
        holds = holds.filter(incident_id=scope.incident.id)
    # Only what keeps somebody at home or inside an area confines; a watch area does not.
    confining = holds.exclude(rules__leave_home="yes", rules__leave_zone="yes")
    inside = Presence.objects.filter(area_id__in=ids_below(scope.area_id), to_on=None, kind__in=("lives", "stays"))
    rows = (
        inside.filter(_held(holds))
        .values_list("area_id")
        .annotate(n=Count("person_id", distinct=True), c=Count("person_id", filter=_held(confining), distinct=True))
    )
    counts = {a: (float(n), float(c)) for a, n, c in rows}
    zones = Line("holds.zones", "holds", ZONES, ZONE_UNIT, float(_zones_at(scope)), source="zones")
    people = [_people_line(k, {a: v[n] for a, v in counts.items() if v[n]}, parents) for n, k in enumerate(HELD_WORDS)]
    return [zones, *people]


def _people_line(name: str, by_place: Mapping[UUID, float], parents: Mapping[UUID, UUID]) -> Line:
    parts, total = rolled_up(by_place, parents), sum(by_place.values())
    return Line(name, "holds", HELD_WORDS[name], PEOPLE, total, (), parts, source="holds")


def _message_lines(scope: Scope) -> list[Line]:
    rows = Message.objects.filter(made_at__lte=scope.cut_off_at)
    rows = (
        rows.filter(incident_id=scope.incident.id)
        if scope.incident
        else rows.filter(area_id__in=ids_below(scope.area_id))
    )
    fates = dict(rows.values_list("fate").annotate(n=Count("id")))
    total = float(sum(fates.values()))
    left = float(sum(n for f, n in fates.items() if f in ("sent", "delivered", "read", "answered")))
    known = left + fates.get("waiting", 0) + fates.get("failed", 0) + fates.get("capped", 0)
    unit = {"zh": "条", "en": "messages"}
    check, gap = balance(total, left, known - left)
    return [
        Line(
            "messages.made",
            "messages",
            {"zh": "通知", "en": "Messages"},
            unit,
            total,
            check=check,
            check_values={**gap, "closed": left, "open": known - left},
            source="messages",
        ),
        Line("messages.sent", "messages", {"zh": "已发出", "en": "Sent"}, unit, left, source="messages"),
    ]


def lines_of(scope: Scope, *, by: Actor) -> list[Line]:
    """Every figure of a sheet, computed from records; parts on the page sum to the whole on the page."""
    if not may(by, "reports.read", area_id=scope.area_id):
        raise SheetMissing(area=str(scope.area_id))
    parents = child_above(scope.area_id)
    return [
        *_register_lines(scope, parents),
        *_hold_lines(scope, parents),
        *_work_lines(scope, buckets_of(scope), parents),
        *_edition_lines(scope, parents),
        *_message_lines(scope),
    ]


def figure(name: str, scope: Scope, *, by: Actor) -> Line:
    """One figure by name. Raises FigureMissing."""
    for line in lines_of(scope, by=by):
        if line.name == name:
            return line
    raise FigureMissing(figure=name)


def rows_of(line: Line, scope: Scope, *, by: Actor) -> QuerySet[Any]:
    """The records a figure counts, so that it can be opened to its rows; as many as the figure says."""
    below = ids_below(scope.area_id)
    if line.source in ("register", "holds"):
        rows = Presence.objects.filter(area_id__in=below, area__in=visible_areas(by, "grid.read"), to_on=None)
        if line.source == "register":
            if line.name == "register.households":
                return rows.filter(kind="lives").order_by("household_id").distinct("household_id")
            return rows.filter(kind=line.name.split(".")[1])
        holds = Hold.objects.filter(Q(until_at=None) | Q(until_at__gt=scope.cut_off_at), ended_at=None, person=None)
        if line.name == "holds.confined":
            holds = holds.exclude(rules__leave_home="yes", rules__leave_zone="yes")
        return rows.filter(kind__in=("lives", "stays"), building_id__in=holds.values("buildings__building_id"))
    if line.source == "zones":
        return ZoneVersion.objects.filter(state="in_force", zone__area_id__in=below)
    if line.source == "messages":
        return Message.objects.filter(incident_id=scope.incident.id if scope.incident else None)
    items = Item.objects.filter(area_id__in=below, kind=line.source, opened_at__lte=scope.cut_off_at).filter(
        area_id__in=visible_areas(by, "work.read")
    )
    if scope.incident:
        items = items.filter(incident_id=scope.incident.id)
    if line.name.endswith(".open"):
        return items.filter(Q(closed_at=None) | Q(closed_at__gt=scope.cut_off_at))
    if line.name.endswith(".done") or line.name.startswith("figures."):
        return items.filter(closed_at__lte=scope.cut_off_at, counted__isnull=False)
    return items


def sheet_of(area_id: UUID, day: date, incident_id: UUID | None) -> Sheet | None:
    """The stored sheet of a day, if one was begun."""
    return Sheet.objects.filter(area_id=area_id, day=day, incident_id=incident_id).first()


def sheets_below(area_id: UUID, day: date, incident_id: UUID | None) -> list[tuple[Any, Sheet | None]]:
    """Each child area with its sheet of the day: the missing are named."""
    children = list(children_of(area_id))
    sheets = {
        s.area_id: s
        for s in Sheet.objects.filter(area_id__in=[c.id for c in children], day=day, incident_id=incident_id)
    }
    return [(c, sheets.get(c.id)) for c in children]


def lifting_conditions(version: ZoneVersion, *, at: datetime) -> list[dict[str, Any]]:
    """Each condition of a zone's kind: whether it holds, what is needed and what stands; the failing first."""
    incident, area_id = version.zone.incident, version.zone.area_id
    conditions = zone_kind(incident, version.kind).get("lifting", [])
    asked = {c["value"] for c in conditions if c.get("value")}
    known = values_of(incident.edition, asked, area_id=area_id, at=at) if asked else {}
    out = []
    for c in conditions:
        needed = known[c["value"]] if c.get("value") else 0
        stands: float | None
        if c["test"] == "days_without_case":
            stands = days_without_case(incident, at=at, buildings=building_ids(version))
            holds = stands is None or stands >= float(needed)
        elif c["test"] == "days_since_start":
            stands = (at - version.from_at).days if version.from_at else 0
            holds = stands >= float(needed)
        elif c["test"] == "figure_below":
            stands = _figure_value(c["figure"], incident, version.zone.area_id, at)
            holds = stands is not None and stands < float(needed)
        else:
            stands = float(Item.objects.filter(incident_id=incident.id, kind=c["kind"], is_closed=False).count())
            holds = stands == 0
        out.append(
            {
                "name": c["name"],
                "words": {"zh": c["zh"], "en": c["en"]},
                "needed": needed,
                "stands": stands,
                "holds": holds,
            }
        )
    return sorted(out, key=lambda c: c["holds"])


def _figure_value(name: str, incident: Incident, area_id: UUID, at: datetime) -> float | None:
    scope = Scope(area_id, at, incident)
    return next((ln.value for ln in _edition_lines(scope, {}) if ln.name == f"figures.{name}"), None)
