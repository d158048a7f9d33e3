"""Figures computed from records, each with unit, cut-off, parts and rows; sheets as lists of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, FloatField, Q, QuerySet, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncDate
from django.utils.timezone import get_current_timezone, localtime

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.areas.queries import child_above, ids_below
from lianfang.domains.editions.queries import edition, kinds_by_name
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.grid.queries import presence_by_area
from lianfang.domains.holds.queries import held_by_area
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.messages.models import Message
from lianfang.domains.reports.errors import FigureMissing, SheetMissing
from lianfang.domains.reports.queries.asked import asked_lines
from lianfang.domains.reports.queries.week import week_lines
from lianfang.domains.reports.rules import (
    LEFT_FATES,
    Bucket,
    Line,
    Tally,
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

Tallies = dict[tuple[str, str], dict[UUID, Tally]]  # by (kind, state) and area

DAYS = 7
PEOPLE = {"zh": "人", "en": "people"}
ITEMS = {"zh": "件", "en": "items"}
GROUPS = {
    "register": {"zh": "人员", "en": "People"},
    "holds": {"zh": "管理区与管控", "en": "Zones and holds"},
    "work": {"zh": "工作", "en": "Work"},
    "messages": {"zh": "通知", "en": "Messages"},
    "index": {"zh": "指标", "en": "Indices"},
    "testing": {"zh": "核酸检测", "en": "Testing"},
    "calls": {"zh": "招募与到岗", "en": "Calls and turnout"},
    "tracing": {"zh": "流调", "en": "Tracing"},
    "asked": {"zh": "少打扰", "en": "Asked once"},
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


def counts_of(
    scope: Scope, figures: Sequence[Mapping[str, Any]] = (), *, kind: str = ""
) -> tuple[list[Bucket], Tallies]:
    """The items of the scope as of the cut-off, counted once: in buckets for work, and as what figures sum.

    kind: only items of that kind.
    """
    rows = Item.objects.filter(area_id__in=ids_below(scope.area_id), opened_at__lte=scope.cut_off_at)
    if kind:
        rows = rows.filter(kind=kind)
    if scope.incident:
        rows = rows.filter(incident_id=scope.incident.id)
    asked = sorted({(f["of"], n) for f in figures for n in (f.get("field"), (f.get("per") or {}).get("field")) if n})
    # An item that moved on after the cut-off is not counted where it was.
    stood = Q(changed_at__lte=scope.cut_off_at) & in_zones(scope)
    sums = {
        f"sum{i}": Sum(Cast(KeyTextTransform(f, "values"), FloatField()), filter=Q(kind=k) & stood)
        for i, (k, f) in enumerate(asked)
    }
    grouped: Any = (
        rows.annotate(o=TruncDate("opened_at"), c=TruncDate("closed_at"))
        .values("kind", "area_id", "o", "c", "state")
        .annotate(n=Count("id"), late=Count("id", filter=Q(closed_at__gt=scope.cut_off_at)), s=Sum("counted"))
        .annotate(stood=Count("id", filter=stood), **sums)
    )
    buckets: list[Bucket] = []
    tallied: Tallies = {}
    for r in grouped:
        buckets += _buckets(r)
        if not r["stood"]:
            continue
        values = {f: float(r[f"sum{i}"] or 0) for i, (k, f) in enumerate(asked) if k == r["kind"]}
        areas = tallied.setdefault((r["kind"], r["state"]), {})
        areas[r["area_id"]] = areas.get(r["area_id"], Tally()) + Tally(r["stood"], values)
    return buckets, tallied


def _buckets(r: Mapping[str, Any]) -> list[Bucket]:
    out = []
    early = r["n"] - r["late"]
    # What was closed after the cut-off was open at the cut-off.
    if r["late"]:
        out.append(Bucket(r["kind"], r["area_id"], r["o"], None, r["state"], r["late"], 0.0))
    if early:
        counted = float(r["s"] or 0) * early / r["n"]
        out.append(Bucket(r["kind"], r["area_id"], r["o"], r["c"], r["state"], early, counted))
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


def in_zones(scope: Scope) -> Q:
    """Items about doors, buildings and people inside zones of the scope's kind; all where it names none."""
    if not scope.zone_kind or scope.incident is None:
        return Q()
    inside = ZoneVersion.objects.filter(zone__incident=scope.incident, state="in_force", kind=scope.zone_kind)
    buildings = inside.values("buildings__building_id")
    doors = Household.objects.filter(building_id__in=buildings).values("id")
    people = Presence.objects.filter(building_id__in=buildings, to_on=None).values("person_id")
    return Q(unit_id__in=doors.union(people, buildings))


def _figures_of(scope: Scope) -> Sequence[Mapping[str, Any]]:
    """The figures that the incident's edition adds."""
    figures: Sequence[Mapping[str, Any]] = edition(scope.incident.edition).get("figures", []) if scope.incident else ()
    return figures


def _edition_lines(figures: Sequence[Mapping[str, Any]], counted: Tallies, parents: Mapping[UUID, UUID]) -> list[Line]:
    return [_edition_line(f, [counted.get((f["of"], state), {}) for state in f["states"]], parents) for f in figures]


def _by_area(parts: Sequence[Mapping[UUID, Tally]], field: str) -> dict[UUID, float]:
    """Counts by area (no field), or sums of a field, over several states."""
    out: dict[UUID, float] = {}
    for areas in parts:
        for area, t in areas.items():
            out[area] = out.get(area, 0.0) + (t.sums.get(field, 0.0) if field else t.n)
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
    counts: dict[str, dict[UUID, float]] = {}
    for kind, area, n, doors in presence_by_area(scope.area_id):
        counts.setdefault(kind, {})[area] = float(n)
        if kind == "lives":
            counts.setdefault("households", {})[area] = float(doors)
    return [_register_line(k, counts[k], parents) for k in REGISTER_WORDS if k in counts]


def _register_line(name: str, by_place: Mapping[UUID, float], parents: Mapping[UUID, UUID]) -> Line:
    parts, total = rolled_up(by_place, parents), sum(by_place.values())
    unit = HOUSEHOLDS if name == "households" else PEOPLE
    return Line(f"register.{name}", "register", REGISTER_WORDS[name], unit, total, (), parts, source="register")


def _hold_lines(scope: Scope, parents: Mapping[UUID, UUID], zones: int) -> list[Line]:
    incident_id = scope.incident.id if scope.incident else None
    counts = held_by_area(scope.area_id, at=scope.cut_off_at, incident_id=incident_id)
    people = [
        _people_line(k, {a: float(v[n]) for a, v in counts.items() if v[n]}, parents) for n, k in enumerate(HELD_WORDS)
    ]
    return [Line("holds.zones", "holds", ZONES, ZONE_UNIT, float(zones), source="zones"), *people]


def _people_line(name: str, by_place: Mapping[UUID, float], parents: Mapping[UUID, UUID]) -> Line:
    parts, total = rolled_up(by_place, parents), sum(by_place.values())
    return Line(name, "holds", HELD_WORDS[name], PEOPLE, total, (), parts, source="holds")


def messages_of(scope: Scope) -> QuerySet[Message]:
    """Messages of the scope up to the cut-off."""
    told = Message.objects.filter(made_at__lte=scope.cut_off_at)
    if scope.incident:
        return told.filter(incident_id=scope.incident.id)
    return told.filter(area_id__in=ids_below(scope.area_id))


def zones_of(scope: Scope) -> QuerySet[ZoneVersion]:
    """Zone versions in force at the cut-off."""
    at = scope.cut_off_at
    live = Q(ended_at=None) | Q(ended_at__gt=at)
    rows = ZoneVersion.objects.filter(live, from_at__lte=at, zone__area_id__in=ids_below(scope.area_id))
    rows = rows.exclude(state="draft")
    return rows.filter(zone__incident=scope.incident) if scope.incident else rows


def _fates_and_zones(scope: Scope) -> tuple[dict[str, int], int]:
    """How many messages have which fate, and how many zones were in force at the cut-off: two counts, asked at once."""
    fates = messages_of(scope).order_by().values_list("fate").annotate(n=Count("*"))
    name = Value("", output_field=CharField())
    rows = fates.union(zones_of(scope).order_by().values_list(name).annotate(n=Count("*")), all=True)
    counted = {str(k): int(n) for k, n in rows}
    return counted, counted.pop("", 0)


def _message_lines(fates: Mapping[str, int]) -> list[Line]:
    total = float(sum(fates.values()))
    left = float(sum(n for f, n in fates.items() if f in LEFT_FATES))
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


def _asked_lines(scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    """What was asked twice is counted over all work of an area: who asks for one incident may be the second to ask."""
    if scope.incident is not None:
        return []
    return asked_lines(scope.area_id, scope.day, scope.cut_off_at, DAYS, parents)


def _refuse(scope: Scope, by: Actor) -> None:
    incident_id = scope.incident.id if scope.incident else None
    if not may(by, "reports.read", area_id=scope.area_id, incident_id=incident_id):
        raise SheetMissing(area=str(scope.area_id))


def lines_of(scope: Scope, *, by: Actor, child_of: Mapping[UUID, UUID] | None = None) -> list[Line]:
    """Every figure of a sheet, computed from records; parts on the page sum to the whole on the page.

    child_of: for everything below the area the child it lies in, where the caller knows it.
    """
    _refuse(scope, by)
    parents = child_above(scope.area_id) if child_of is None else child_of
    figures = _figures_of(scope)
    buckets, tallied = counts_of(scope, figures)
    fates, zones = _fates_and_zones(scope)
    return [
        *_register_lines(scope, parents),
        *_hold_lines(scope, parents, zones),
        *_work_lines(scope, buckets, parents),
        *_edition_lines(figures, tallied, parents),
        *_message_lines(fates),
        *_asked_lines(scope, parents),
        *week_lines(scope.area_id, scope.incident, scope.cut_off_at, parents),
    ]


def figure(name: str, scope: Scope, *, by: Actor, child_of: Mapping[UUID, UUID] | None = None) -> Line:
    """One figure by name, and no other is computed. Raises SheetMissing, FigureMissing."""
    _refuse(scope, by)
    parents = child_above(scope.area_id) if child_of is None else child_of
    for line in _lines_about(name, scope, parents):
        if line.name == name:
            return line
    raise FigureMissing(figure=name)


def _lines_about(name: str, scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    """The lines among which a figure stands."""
    group, _, rest = name.partition(".")
    if group == "register":
        return _register_lines(scope, parents)
    if group == "holds":
        return _hold_lines(scope, parents, _fates_and_zones(scope)[1])
    if group == "work":
        return _work_lines(scope, counts_of(scope, kind=rest.rpartition(".")[0])[0], parents)
    if group == "figures":
        return _edition_figure(rest, scope, parents)
    if group == "asked":
        return _asked_lines(scope, parents)
    if group in ("testing", "calls", "tracing"):
        return week_lines(scope.area_id, scope.incident, scope.cut_off_at, parents)
    return _message_lines(_fates_and_zones(scope)[0])


def _edition_figure(name: str, scope: Scope, parents: Mapping[UUID, UUID]) -> list[Line]:
    figures = [f for f in _figures_of(scope) if f["name"] == name]
    return _edition_lines(figures, counts_of(scope, figures, kind=figures[0]["of"])[1], parents) if figures else []


def edition_value(name: str, scope: Scope) -> float | None:
    """The value of a figure that the incident's edition adds; None for one it does not have."""
    return next((line.value for line in _edition_figure(name, scope, {})), None)
