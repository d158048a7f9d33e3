"""Zones, producers, requests and sheets of a report's week."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from lianfang.domains.accounts.queries import actors_for
from lianfang.domains.areas.queries import area_of_code, ids_below
from lianfang.domains.grid.models import Building, Presence
from lianfang.domains.incidents.services import acknowledge_signal, draft_zone, report_signal
from lianfang.domains.responders.services import register_organisation
from lianfang.domains.rounds.models import Unit
from lianfang.domains.supplies.services import register_producer, report_day
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.phone import Noted
from lianfang.drill.stage import Stage
from lianfang.flows.ask_home import ask_home
from lianfang.flows.open_incident import open_incident
from lianfang.flows.zones import ask_for_zone, decide_zone

MINUTE = timedelta(minutes=1)
AT_ONCE = 500  # notes in one upload


def find_case(stage: Stage, at: datetime) -> int:
    """The case is reported at night, the duty officer has it, and the command opens the incident."""
    told = stage.scenario.incident
    assert stage.case_building is not None
    duty, count = stage.cast.actor("duty-officer", at), int(told["cases"]["value"])
    signal = report_signal(signal_id=stage.id_of("signal"), kind=told["signal"], case_class=told["case_kind"],
                           edition_code=stage.scenario.register["edition"], area_id=stage.case_building.area_id,
                           building_id=stage.case_building.id, count=count, source="疾控中心", found_at=at, by=duty,
                           at=at)  # fmt: skip
    acknowledge_signal(signal_id=signal.id, by=duty, at=at + 4 * MINUTE)
    incident = open_incident(incident_id=stage.id_of("incident"), signal_id=signal.id, area_id=stage.cast.county.id,
                             is_drill=True, by=stage.cast.actor("command", at), at=at + 20 * MINUTE)  # fmt: skip
    stage.incident_id = incident.id
    return 1


def draw_zone(stage: Stage, number: int, at: datetime, name: str = "") -> int:
    """A version of a zone: drafted, asked for, adopted; the second sets a share of its buildings free.

    name: the report's zone; its only one where none is named. Gives how many buildings it covers.
    """
    zone = stage.scenario.one("zone", name) if name else stage.scenario.of("zone")[0]
    told = stage.scenario.staging["zone"][zone["id"]]
    areas = [area_of_code(c) for p in told["places"] for c in stage.scenario.codes_of(p)]
    rows = Building.objects.filter(area_id__in=[i for a in areas for i in ids_below(a.id)]).order_by("area_id", "id")
    buildings = list(rows.values_list("id", flat=True))
    if number > 1:
        buildings = buildings[: len(buildings) - round(len(buildings) * told["released"])]
    sort = f"{name} " if name else ""
    version, decision = stage.id_of(f"version {sort}{number}"), stage.id_of(f"decision {sort}{number}")
    asker = stage.cast.actor("county-officer", at)
    draft_zone(version_id=version, zone_id=stage.id_of(f"zone {name}".strip()), incident_id=stage.id_of("incident"),
               area_id=(areas[0] if len(areas) == 1 else stage.cast.county).id, name=told["name"], kind=zone["kind"],
               building_ids=buildings, why="演练",
               is_proposed=False, by=asker, at=at)  # fmt: skip
    ask_for_zone(decision_id=decision, version_id=version, reason="演练", by=asker, at=at)
    decide_zone(decision_id=decision, says="grant", reason="演练",
                paper_number=f"演练〔{at.year}〕{sort}{number}号", by=stage.cast.actor("command", at),
                at=at + 5 * MINUTE)  # fmt: skip
    return len(buildings)


def producers(stage: Stage, at: datetime) -> int:
    """The producer as the report prints it, and others invented so that its share comes out of single records."""
    told, by = stage.scenario.staging["supplies"], stage.cast.actor("supply", at)
    made = stage.scenario.of_kind("resource", "production-capacity")[0]
    share = stage.scenario.of_kind("resource", "capacity-share")[0]
    hours = stage.scenario.of_kind("resource", "production-hours")[0]
    own = Decimal(str(made["n"]["value"]))
    rest = own * 100 / Decimal(str(share["n"]["value"])) - own
    org = stage.scenario.one("org", made["org"])
    _producer(stage, "org " + org["id"], stage.id_of("org " + org["id"]), own, Decimal(str(hours["n"]["value"])),
              org.get("place", ""), at)  # fmt: skip
    for n in range(told["others"]):
        body = register_organisation(organisation_id=stage.id_of(f"maker {n}"), name=f"演练消毒用品厂 {n + 1}",
                                     name_en="", kind="enterprise", area_id=stage.cast.county.id, by=stage.by,
                                     at=at)  # fmt: skip
        each = (rest / told["others"]).quantize(Decimal("0.001"))
        _producer(stage, f"maker {n}", body.id, each, Decimal(8), "", at)
    report_day(day_id=stage.id_of("producer day"), producer_id=stage.id_of("producer org " + org["id"]),
               on=at.date(), output=own, stock=own, hours_run=Decimal(str(hours["n"]["value"])), blockers="", by=by,
               at=at)  # fmt: skip
    return 1 + int(told["others"])


def _producer(stage: Stage, name: str, body: UUID, capacity: Decimal, hours: Decimal, place: str, at: datetime) -> None:
    told = stage.scenario.staging["supplies"]
    area = stage.area_of(place) if place else stage.cast.county
    register_producer(producer_id=stage.id_of("producer " + name), organisation_id=body, area_id=area.id,
                      product=told["product"], unit=told["unit"], daily_capacity=capacity, lines_hours=hours,
                      by=stage.cast.actor("supply", at), at=at)  # fmt: skip


def home_visits(stage: Stage, at: datetime) -> int:
    """Pregnant residents whose check-up falls into these days are visited at home."""
    told = stage.scenario.staging["requests"]["r-prenatal"]
    doors = Presence.objects.filter(area_id__in=ids_below(stage.area_of("xinhua").id), kind="lives", to_on=None)
    rows = list(
        doors.order_by("household_id").distinct("household_id").values_list("household_id", "area_id")[: told["n"]]
    )
    items = [
        NewItem(stage.id_of(f"prenatal {n}"), area, "household", door,
                values={"what": "上门产检", "sort": "other", "phone": "0000-0000000"})
        for n, (door, area) in enumerate(rows)
    ]  # fmt: skip
    refuse_any(open_items(kind_name=told["kind"], items=items, area_id=stage.cast.county.id,
                          incident_id=stage.id_of("incident"), by=stage.cast.actor("county-officer", at),
                          at=at))  # fmt: skip
    return len(items)


def ask_at_home(stage: Stage, round_id: UUID, at: datetime) -> int:
    """Elders and infants' families report ahead that they cannot come; grid workers note it for the round."""
    n, areas = 0, set(Unit.objects.filter(round_id=round_id).values_list("area_id", flat=True).distinct())
    for area_id in sorted(areas):
        workers = stage.cast.grid[area_id]
        rows = Presence.objects.filter(area_id=area_id, kind="lives", to_on=None, person__birth_year__lt=at.year - 84)
        people = list(rows.order_by("person_id").values_list("person_id", flat=True)[:5])
        if people:
            by = stage.cast.actor_of(workers[0], at)
            refuse_any(ask_home(round_id=round_id, unit_ids=people, is_home=True, by=by, at=at))
            n += len(people)
    return n


def keep_contact(stage: Stage, at: datetime) -> int:
    """Grid workers call the people they are paired with, as the day's round asks; what they find goes up at once."""
    rows = Item.objects.filter(kind="standing-contact", is_closed=False, incident_id=stage.id_of("incident"))
    by_area: dict[UUID, list[UUID]] = {}
    for item, area in rows.order_by("area_id", "id").values_list("id", "area_id"):
        by_area.setdefault(area, []).append(item)
    actors = actors_for([stage.cast.grid[a][0] for a in by_area], at=at)
    for area, items in by_area.items():
        by = actors[stage.cast.grid[area][0].id]
        said = {"move": "finish", "values": {"way": "phone", "condition": "well"}}
        when = at - timedelta(minutes=2)
        notes = [
            Noted(uuid5(i, "contact"), "work.note", when + timedelta(milliseconds=n), {"item": str(i), **said})
            for n, i in enumerate(items)
        ]
        for first in range(0, len(notes), AT_ONCE):
            stage.phones.send(by, notes[first : first + AT_ONCE], at=at)
    stage.phones.arrived()
    return sum(map(len, by_area.values()))
