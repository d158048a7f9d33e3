"""Comparing what the platform reports with what a scenario expects; it reads `expect` and reports, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Household, Link, PersonFlag
from lianfang.domains.holds.models import Hold
from lianfang.domains.incidents.models import Incident, Signal, ZoneVersion
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Place, Stay
from lianfang.domains.reports.queries import Scope, lines_of
from lianfang.domains.reports.rules import Line
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.rules import closed_states
from lianfang.drill.needs import compare as needs
from lianfang.drill.people import compare as people
from lianfang.drill.scenario import CannotPlay, Scenario, fits_scaled, scaled_quantity
from lianfang.drill.week import compare as week

FATES = {"sent", "delivered", "read", "answered", "failed", "capped"}
OPENED = ("work.open_items", "work.open_tested")
OUTBOX_RUNS = timedelta(minutes=30)  # a drill runs what is due as often
Filter = Mapping[str, Any]


@dataclass
class World:
    """What the comparer may ask: the incident's sheet at the cut-off, by the county officer's own rights."""

    scenario: Scenario
    share: float
    incident: Incident
    by: Actor
    at: datetime

    @property
    def later(self) -> dict[str, str]:
        """What the staging says is not played yet, with the part of the platform that will."""
        told: Mapping[str, list[str]] = self.scenario.staging.get("later", {})
        return {key: part for part, keys in told.items() for key in keys}

    def week(self) -> week.Week:
        """The same for what a report's week asks."""
        return week.Week(self.scenario, self.incident, self.by, self.at)

    def sheet(self, zone_kind: str = "") -> dict[str, Line]:
        """The lines of the daily sheet, by name."""
        return {
            x.name: x for x in lines_of(Scope(self.incident.area_id, self.at, self.incident, zone_kind), by=self.by)
        }


def _line(w: World, name: str, f: Filter) -> float | None:
    found = w.sheet(f.get("zone_kind", "")).get(name)
    return found.value if found else None


def _households(w: World, f: Filter) -> float:
    inside = ZoneVersion.objects.filter(zone__incident=w.incident, state="in_force", kind=f["zone_kind"])
    return float(Household.objects.filter(building_id__in=inside.values("buildings__building_id")).count())


def _capacity(w: World, f: Filter) -> float:
    rows = Place.objects.filter(area_id__in=ids_below(w.incident.area_id), kind=f["kind"], state="open")
    return float(sum(int(p.capacity.get(f["class"], 0)) for p in rows))


MEASURES: dict[str, tuple[frozenset[str], Callable[[World, Filter], float | None]]] = {
    "incidents.open": (
        frozenset({"hazard"}),
        lambda w, f: float(
            Incident.objects.filter(closed_at=None, **({"hazard": f["hazard"]} if "hazard" in f else {})).count()
        ),
    ),
    "incidents.cases": (
        frozenset({"case_kind"}),
        lambda w, f: float(Signal.objects.filter(incident=w.incident, kind="case", case_class=f["case_kind"]).count()),
    ),
    "incidents.zones": (frozenset({"state"}), lambda w, f: _line(w, "holds.zones", {})),
    "incidents.households": (frozenset({"zone_kind"}), _households),
    "work.done": (frozenset({"kind"}), lambda w, f: _line(w, f"work.{f['kind']}.done", f)),
    "work.open": (frozenset({"kind"}), lambda w, f: _line(w, f"work.{f['kind']}.open", f)),
    "grid.flagged": (
        frozenset({"flags"}),
        lambda w, f: float(
            PersonFlag.objects.filter(area_id__in=ids_below(w.incident.area_id), to_on=None, flag__in=f["flags"])
            .values("person_id")
            .distinct()
            .count()
        ),
    ),
    "places.open": (
        frozenset({"kind"}),
        lambda w, f: float(
            Place.objects.filter(area_id__in=ids_below(w.incident.area_id), kind=f["kind"], state="open").count()
        ),
    ),
    "places.capacity": (frozenset({"kind", "class"}), _capacity),
    "holds.persons": (frozenset(), lambda w, f: _line(w, "holds.confined", f)),
    "messages.sent": (
        frozenset({"template"}),
        lambda w, f: float(
            Message.objects.filter(
                incident_id=w.incident.id, template=f["template"], fate__in=("sent", "delivered", "read", "answered")
            ).count()
        ),
    ),
}
FIGURE_FILTERS = frozenset({"zone_kind"})


def measured(w: World, record: Mapping[str, Any]) -> float | None:
    """What the platform reports for a figure. Raises CannotPlay for an unknown measure or filter key, never 0."""
    measure, f = record["measure"], record.get("filter", {})
    known: frozenset[str]
    ask: Callable[[World, Filter], float | None]
    if measure.startswith("figures."):
        known, ask = FIGURE_FILTERS, lambda w, f: _line(w, measure, f)
    elif measure in MEASURES:
        known, ask = MEASURES[measure]
    elif measure in (told_by := {**week.MEASURES, **people.MEASURES, **needs.MEASURES}):
        known, told = told_by[measure]
        ask = lambda w, f: told(w.week(), record, f)  # noqa: E731  one line among its kind
    else:
        raise CannotPlay(f"no figure of the platform answers the measure {measure}")
    if set(f) - known:
        raise CannotPlay(f"the measure {measure} knows no filter {sorted(set(f) - known)}")
    return ask(w, f)


def _checklist_owned(w: World) -> bool:
    items = Item.objects.filter(incident_id=w.incident.id, unit_kind="incident")
    return items.exists() and not items.filter(Q(owner_id=None) | Q(due_at=None)).exists()


def _zones_in_force(w: World) -> bool:
    wanted = len([e for e in w.scenario.of("event") if e["kind"] == "zone-adopted"])
    return ZoneVersion.objects.filter(zone__incident=w.incident, state="in_force").count() == wanted


def _flagged_reached(w: World) -> bool:
    """Each flagged person has a finished item for every slot of the rounds that the scenario's events name."""
    flags = {f for c in w.scenario.of("count") for f in [c.get("flag")] if f}
    rounds = [e["routine"] for e in w.scenario.of("event") if e["kind"] == "routine"]
    people = set(PersonFlag.objects.filter(flag__in=flags, to_on=None).values_list("person_id", flat=True))
    done = Item.objects.filter(incident_id=w.incident.id, routine__in=rounds, is_closed=True, unit_id__in=people)
    finished = dict(done.values_list("unit_id").annotate(n=Count("id")))
    return bool(people) and all(finished.get(p, 0) >= len(rounds) for p in people)


def sums_hold(lines: Mapping[str, Line]) -> bool:
    """Whether every line's parts sum to the line, and every cross-check of the sheet agrees."""
    parted = [x for x in lines.values() if x.parts and x.value is not None]
    return all(abs(sum(x.parts.values()) - (x.value or 0)) < 1e-6 for x in parted) and all(
        x.check != "differs" for x in lines.values()
    )


STATES: dict[str, Callable[[World], bool]] = {
    "incident-open": lambda w: (
        Signal.objects.filter(incident=w.incident).count() == 1
        and Incident.objects.count() == 1
        and Signal.objects.filter(incident=None).count() >= 1
    ),
    "all-checklist-owned": _checklist_owned,
    "zone-in-force": _zones_in_force,
    "zone-has-end": lambda w: (
        not ZoneVersion.objects.filter(
            zone__incident=w.incident, state="in_force", until_at=None, review_at=None
        ).exists()
    ),
    "nobody-confined": lambda w: (_line(w, "holds.confined", {}) or 0) == 0 and Hold.objects.exists(),
    "every-flagged-person-called-or-visited": _flagged_reached,
    "sheet-sums": lambda w: sums_hold(w.sheet()),
}


def _one_ending(w: World) -> bool:
    """Every closed item stands in one closed state, every open one in none; each has exactly one closing move.

    What hangs over others may have none: it stands done when all of them do.
    """
    for name, state, closed in Item.objects.values_list("kind", "state", "is_closed").distinct():
        if (state in closed_states(kind(name))) != closed:
            return False
    last = (
        Move.objects.filter(item__is_closed=True)
        .values("item_id")
        .annotate(n=Count("id", filter=Q(to_state=F("item__state"))))
        .exclude(n=1)
        .exclude(Exists(Item.objects.filter(parent_id=OuterRef("item_id"))), n=0)
    )
    return not last.exists()


def _logged(w: World) -> bool:
    """Signals, incidents, zone versions, holds and stays are each named by the log; items and moves count the same."""
    opened = moved = 0
    for service, told in LogEntry.objects.filter(service__in=(*OPENED, "work.make_moves")).values_list(
        "service", "told"
    ):
        done = sum(1 for _, code in told.get("outcomes", []) if not code)
        opened, moved = (opened + done, moved) if service in OPENED else (opened, moved + done)
    # Services that move what they find (a zone, an errand's end) tell how many.
    counted = LogEntry.objects.filter(Q(told__has_key="moved") | Q(told__has_key="opened"))
    for told in counted.values_list("told", flat=True):
        opened, moved = opened + told.get("opened", 0), moved + told.get("moved", 0)
    named: set[UUID] = {
        i
        for about in LogEntry.objects.exclude(service__startswith="work.").values_list("about", flat=True)
        for i in about
    }
    # A list service names its items in what it tells, not in what it is about.
    held = LogEntry.objects.filter(service="holds.hold_people").values_list("told", flat=True)
    named |= {UUID(i) for told in held for i, code in told.get("outcomes", []) if not code}
    rows = [
        *Incident.objects.values_list("id", flat=True),
        *ZoneVersion.objects.values_list("id", flat=True),
        *Hold.objects.values_list("id", flat=True),
        *Signal.objects.values_list("id", flat=True),
        *Stay.objects.values_list("id", flat=True),
    ]
    return (
        opened == Item.objects.count()
        and moved == Move.objects.exclude(move="open").count()
        and all(r in named for r in rows)
    )


def _fated(w: World) -> bool:
    """Every message has come to its fate, or waits for an hour that the outbox's last run had not reached."""
    open_ones = Message.objects.exclude(fate__in=FATES)
    return not open_ones.exclude(fate="waiting", due_at__gt=w.at - OUTBOX_RUNS).exists()


INVARIANTS: dict[str, Callable[[World], bool]] = {
    "one-ending-a-unit": _one_ending,
    "received-is-closed-plus-open": lambda w: all(x.check != "differs" for x in w.sheet().values()),
    "no-hold-past-its-end": lambda w: not Hold.objects.filter(ended_at=None, until_at__lt=w.at).exists(),
    "nobody-in-two-beds": lambda w: (
        not Stay.objects.filter(ended_at=None).values("person_id").annotate(n=Count("id")).filter(n__gt=1).exists()
    ),
    "every-message-has-a-fate": _fated,
    "parts-are-wholes": lambda w: sums_hold(w.sheet()),
    "the-log-names-every-signal-zone-hold-stay-and-move": _logged,
    "nobody-cares-for-himself": lambda w: not Link.objects.filter(carer_id__isnull=False, carer=F("cared")).exists(),
}


def _row(sort: str, name: str, got: Any, accepted: bool) -> dict[str, Any]:
    return {
        "id": name,
        "sort": sort,
        "role": None,
        "printed": None,
        "bound": None,
        "value": None,
        "got": got,
        "accepted": accepted,
    }


def _later(key: str, sort: str, w: World) -> dict[str, Any]:
    """What no part of the platform plays yet: said with the part that will, neither accepted nor held against it."""
    return _row(sort, key, None, False) | {"later": w.later[key]}


def _figure_rows(w: World, got: dict[str, float | None]) -> list[dict[str, Any]]:
    rows = []
    for key, record in w.scenario.expect.get("figure", {}).items():
        if w.share < record.get("from_share", 0):
            continue
        if key in w.later:
            rows.append(_later(key, "figure", w) | {"printed": record["n"]["printed"], "bound": record["n"]["bound"]})
            continue
        n, x = scaled_quantity(record, w.share), measured(w, record)
        got[key] = x
        rows.append(
            {
                "id": key,
                "sort": "figure",
                "role": record.get("role"),
                "printed": n["printed"],
                "bound": n["bound"],
                "value": n.get("value"),
                "got": x,
                "accepted": fits_scaled(record, w.share, x),
            }
        )
    return rows


def _relation_rows(w: World, got: Mapping[str, float | None]) -> list[dict[str, Any]]:
    rows = []
    for r in w.scenario.expect.get("relation", []):
        if w.share < r.get("from_share", 0) or not all(k in got for k in (*r["left"], *r["right"])):
            continue
        left, right = (sum(got[k] or 0 for k in r[side]) for side in ("left", "right"))
        fits = {"sum": left == right, "eq": left == right, "ge": left >= right}[r["kind"]]
        rows.append(_row("relation", r["id"], [left, right], fits))
    return rows


def compare(w: World) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every expected figure, state and relation, and every invariant, each with what was seen and whether it holds."""
    got: dict[str, float | None] = {}
    rows = _figure_rows(w, got)
    for state in w.scenario.expect.get("state", []):
        if state["id"] in w.later:
            rows.append(_later(state["id"], "state", w))
            continue
        seen = _state(w, state)
        rows.append(_row("state", state["id"], seen, seen))
    rows += _relation_rows(w, got)
    laws = {name: bool(check(w)) for name, check in INVARIANTS.items()}
    more = {**week.INVARIANTS, **people.INVARIANTS}
    laws |= {name: bool(check(w.incident.id)) for name, check in more.items()}
    return rows, [{"id": name, "holds": holds} for name, holds in laws.items()]


def _state(w: World, state: Mapping[str, Any]) -> bool:
    own = {k: ask for part in (week, people, needs) for k, ask in part.STATES.get(w.scenario.name, {}).items()}
    if state["id"] in own:
        return own[state["id"]](w.week(), state.get("date", w.scenario.incident["last_date"]))
    if state["id"] not in STATES:
        raise CannotPlay(f"no check answers the state {state['id']}")
    return STATES[state["id"]](w)
