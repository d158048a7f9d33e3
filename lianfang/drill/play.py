"""Playing a scenario: events at their moments, work by simulated people, every step through a service or door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.errors import Refused
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building, Household, Presence
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.queries import building_ids
from lianfang.domains.incidents.services import acknowledge_signal, draft_zone, report_signal
from lianfang.domains.messages.queries import blanks_of_template as blanks_of
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.services import set_state
from lianfang.domains.reports.services import send_sheet
from lianfang.drill.scenario import count_of
from lianfang.drill.stage import Stage
from lianfang.drill.toil import do_activity
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.open_incident import open_incident
from lianfang.flows.run_due import run_due
from lianfang.flows.zones import ask_for_zone, decide_zone

TICK = timedelta(minutes=30)
EXERCISE = {"zh": "演练", "en": "exercise"}
Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Step:
    """Something that happens at a moment."""

    at: datetime
    order: int
    what: str
    run: Callable[[datetime], None]


def _words(e: dict[str, Any]) -> str:
    """What an official would write of an event: in Chinese where the scenario has it."""
    return str(e.get("text_zh", e["text"]))[:200]


def _signal(stage: Stage, e: dict[str, Any], at: datetime) -> None:
    place = stage.area_of(e.get("place", stage.scenario.incident["place"]))
    building = stage.case_building.id if e["signal"] == "case" and stage.case_building else None
    by = stage.cast.actor("duty-officer", at)
    signal = report_signal(
        signal_id=stage.id_of("signal " + e["id"]),
        kind=e["signal"],
        case_class=e["class"],
        edition_code=stage.scenario.register["edition"],
        area_id=place.id,
        building_id=building,
        count=1,
        source=_words(e),
        found_at=at,
        by=by,
        at=at,
    )
    stage.signals[e["id"]] = signal.id
    if e["class"] != stage.scenario.incident["class"]:
        # What does not open by the edition's definition is tried, refused, and leaves nothing behind.
        with suppress(Refused):
            open_incident(
                incident_id=stage.id_of("not this one"),
                signal_id=signal.id,
                area_id=stage.cast.county.id,
                is_drill=True,
                by=stage.cast.actor("command", at),
                at=at,
            )


def _acknowledge(stage: Stage, e: dict[str, Any], at: datetime) -> None:
    opening = next(
        x
        for x in stage.scenario.of("event")
        if x["kind"] == "signal" and x["class"] == stage.scenario.incident["class"]
    )
    acknowledge_signal(signal_id=stage.signals[opening["id"]], by=stage.cast.actor("duty-officer", at), at=at)
    incident = open_incident(
        incident_id=stage.id_of("incident"),
        signal_id=stage.signals[opening["id"]],
        area_id=stage.cast.county.id,
        is_drill=True,
        by=stage.cast.actor("command", at),
        at=at,
    )
    stage.incident_id = incident.id


def _ring(stage: Stage, zone: dict[str, Any], taken: set[UUID]) -> list[UUID]:
    """Buildings round the case's home, nearest first, until they hold the households the exercise names."""
    home = stage.case_building
    assert home is not None
    below = ids_below(stage.area_of(zone["place"]).id)
    near = Building.objects.filter(area_id__in=below).exclude(id__in=taken)
    sizes = dict.fromkeys(near.values_list("id", flat=True), 0)
    for b in Household.objects.filter(building_id__in=sizes).values_list("building_id", flat=True):
        sizes[b] += 1
    spots = {b.id: (((b.lon or 0) - (home.lon or 0)) ** 2 + ((b.lat or 0) - (home.lat or 0)) ** 2) for b in near}
    chosen, held, wanted = [], 0, count_of(zone, stage.share)
    for b in sorted(sizes, key=lambda i: spots[i]):
        if sizes[b] and held + sizes[b] <= wanted:
            chosen.append(b)
            held += sizes[b]
    return chosen


def _adopt(stage: Stage, e: dict[str, Any], at: datetime) -> None:
    zone = next(z for z in stage.scenario.of("zone") if z["id"] == e["zone"])
    taken = {b for v in stage.zones.values() for b in building_ids(ZoneVersion.objects.get(id=v))}
    area = stage.area_of(zone["place"])
    if zone.get("around"):
        buildings = _ring(stage, zone, taken)
    else:
        buildings = list(Building.objects.filter(area_id__in=ids_below(area.id)).values_list("id", flat=True))
    version_id, decision_id = stage.id_of("version " + zone["id"]), stage.id_of("decision " + zone["id"])
    asker, command = stage.cast.actor("county-officer", at), stage.cast.actor("command", at)
    draft_zone(
        version_id=version_id,
        zone_id=stage.id_of("zone " + zone["id"]),
        incident_id=stage.id_of("incident"),
        area_id=area.id,
        name=zone["name"],
        kind=zone["kind"],
        building_ids=buildings,
        why=_words(e),
        is_proposed=False,
        by=asker,
        at=at,
    )
    ask_for_zone(decision_id=decision_id, version_id=version_id, reason=_words(e), by=asker, at=at)
    decide_zone(
        decision_id=decision_id,
        says="grant",
        reason="演练",
        paper_number=f"演练〔{at.year}〕{len(stage.zones) + 1}号",
        by=command,
        at=at + timedelta(minutes=4),
    )
    stage.zones[zone["id"]] = version_id


def _open_sites(stage: Stage, at: datetime) -> None:
    for s in stage.scenario.of("site"):
        for place_id in stage.places.get(s["id"], []) if s.get("from") else []:
            set_state(place_id=place_id, state="open", by=stage.cast.actor("supply", at), at=at)


def _audience(stage: Stage, notice: dict[str, Any]) -> Iterable[tuple[UUID, UUID]]:
    """(person, area) of those a notice is for: people with a flag, or one grown person a household of a zone."""
    flagged = [p for a in notice["audience"] for p in stage.flags.get(a, [])]
    if flagged:
        rows = Presence.objects.filter(person_id__in=flagged, to_on=None)
        return rows.order_by("person_id").distinct("person_id").values_list("person_id", "area_id")
    buildings = [
        b
        for a in notice["audience"]
        if a in stage.zones
        for b in building_ids(ZoneVersion.objects.get(id=stage.zones[a]))
    ]
    rows = Presence.objects.filter(building_id__in=buildings, to_on=None)
    return (
        rows.order_by("household_id", "person__birth_year").distinct("household_id").values_list("person_id", "area_id")
    )


def _notify(stage: Stage, notice: dict[str, Any], at: datetime) -> None:
    incident = Incident.objects.get(id=stage.id_of("incident"))
    given = dict.fromkeys(blanks_of(notice["template"], incident.edition), EXERCISE)
    blanks = given | {"area": stage.cast.county.name, "from": at.isoformat(), "until": stage.scenario.end().isoformat()}
    writings = [
        Writing(uuid5(stage.id_of("notice " + notice["id"]), str(p)), "person", p, blanks, incident.id, a)
        for p, a in list(_audience(stage, notice))[: count_of(notice, stage.share)]
    ]
    write_messages(
        writings=writings,
        edition=incident.edition,
        template=notice["template"],
        incident_id=incident.id,
        by=stage.cast.actor("publicity", at),
        at=at,
    )


def _phase(stage: Stage, e: dict[str, Any], at: datetime) -> None:
    enter_phase(
        incident_id=stage.id_of("incident"),
        phase=e["phase"],
        reason=_words(e),
        by=stage.cast.actor("command", at),
        at=at,
    )


def _sheet(stage: Stage, e: dict[str, Any], at: datetime) -> None:
    send_sheet(
        sheet_id=stage.id_of("sheet " + e["id"]),
        area_id=stage.cast.county.id,
        day=at.astimezone(stage.scenario.end().tzinfo).date(),
        incident_id=stage.id_of("incident"),
        cut_off_at=at,
        note="",
        by=stage.cast.actor("county-officer", at),
        at=at,
    )


EVENTS: dict[str, Callable[[Stage, dict[str, Any], datetime], None]] = {
    "signal": _signal,
    "acknowledge": _acknowledge,
    "zone-adopted": _adopt,
    "phase": _phase,
    "sheet": _sheet,
}


def steps_of(stage: Stage) -> list[Step]:
    """Everything that happens, in order: events, notices, rounds of work, and every half hour what is due."""
    s = stage.scenario
    steps: list[Step] = []
    for e in s.of("event"):
        act = EVENTS.get(e["kind"])
        if act:
            steps.append(Step(s.moment(e["date"], e["time"]), 1, e["kind"], lambda at, act=act, e=e: act(stage, e, at)))  # type: ignore[misc]
    for n in s.of("notice"):
        if n["kind"] == "message":
            steps.append(Step(s.moment(n["date"], n["time"]), 2, "notice", lambda at, n=n: _notify(stage, n, at)))  # type: ignore[misc]
    opening = min((x.get("opens") for x in s.of("site") if x.get("opens")), default=None)
    first = s.incident["first_date"]
    if opening:
        steps.append(Step(s.moment(first, opening), 2, "sites", lambda at: _open_sites(stage, at)))
    elif s.of("site"):
        steps.append(
            Step(
                s.moment(first, s.of("event")[-1]["time"].replace(hour=9)),
                2,
                "sites",
                lambda at: _open_sites(stage, at),
            )
        )
    for a in s.of("activity"):
        steps += do_activity(stage, a, Step)
    at = s.moment(first, s.of("event")[0]["time"].replace(minute=0))
    while at <= s.end():
        steps.append(Step(at, 0, "due", lambda now: _run_due(stage, now)))
        at += TICK
    return sorted(steps, key=lambda x: (x.at, x.order))


def _run_due(stage: Stage, at: datetime) -> None:
    # The outbox of a drill is sealed: no channel is given, so nothing leaves the house.
    run_due(channels={}, by=stage.by, at=at)


def play(stage: Stage, *, say: Say) -> None:
    """Play all steps in order."""
    steps = steps_of(stage)
    for n, step in enumerate(steps):
        say(step.what, n + 1, len(steps))
        step.run(step.at)
