"""The case of a drill and the people it met: stays are invented, delivered, traced, and adopted by a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building, Presence
from lianfang.domains.places.services import begin_stay, register_place, set_state
from lianfang.domains.tracing.models import Contact
from lianfang.domains.tracing.services import (
    Decision,
    NewVenue,
    NewVisit,
    Step,
    advance_contacts,
    import_visits,
    register_venues,
)
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.stage import Stage
from lianfang.flows.adopt_contacts import adopt_contacts
from lianfang.flows.trace_case import trace_case

HOUR = timedelta(hours=1)


def case_person(stage: Stage) -> UUID:
    """The confirmed case: who lives in the building where it was found."""
    assert stage.case_building is not None
    rows = Presence.objects.filter(building=stage.case_building, kind="lives", to_on=None, person__birth_year__lt=1995)
    return rows.order_by("person_id").values_list("person_id", flat=True)[0]


def deliver_visits(stage: Stage, at: datetime) -> int:
    """Where the case's neighbourhood was in the days before, as another office would send it. Gives the rows."""
    told, by, chance = stage.scenario.staging["tracing"], stage.cast.actor("tracer", at), stage.rng
    street = stage.area_of("xinhua")
    blocks = list(Building.objects.filter(area_id__in=ids_below(street.id)).order_by("id")[: told["venues"]])
    venues = [
        NewVenue(stage.id_of(f"venue {n}"), f"{b.name} 旁", b.area_id, building_id=b.id, lon=b.lon, lat=b.lat)
        for n, b in enumerate(blocks)
    ]
    incident = stage.id_of("incident")
    refuse_any(register_venues(venues=venues, area_id=street.id, incident_id=incident, by=by, at=at))
    rows = Presence.objects.filter(area_id__in=ids_below(street.id), kind="lives", to_on=None).order_by("person_id")
    met = list(rows.values_list("person_id", flat=True)[: max(60, round(told["people"] * stage.share))])
    case = case_person(stage)
    visits = []
    for k, person in enumerate([case, *(p for p in met if p != case)]):
        for day in range(1, told["days"] + 1):
            for n in range(told["stays_a_day"]):
                # Half of the people pass through the few places where everybody goes, the rest somewhere near.
                crowd = chance.random() < 0.5
                venue = int(chance.integers(0, told["crowded"])) if crowd else int(chance.integers(0, len(venues)))
                begun = at - timedelta(days=day) + HOUR * (8 + 5 * n) + timedelta(minutes=int(chance.integers(0, 90)))
                left = begun + timedelta(minutes=int(chance.integers(10, 120)))
                visit_id = stage.id_of(f"visit {k} {day} {n}")
                visits.append(NewVisit(visit_id, person, venues[venue].id, begun, left))
    refuse_any(import_visits(batch_id=stage.id_of("visits"), incident_id=incident, area_id=street.id,
                             source="exercise", digest=str(len(visits)), visits=visits, by=by, at=at))  # fmt: skip
    return len(visits)


def trace(stage: Stage, at: datetime) -> int:
    """The case is traced; the tracer confirms what is proposed, saying who looks after whom. Gives the contacts."""
    by, incident = stage.cast.actor("tracer", at), stage.id_of("incident")
    onset = at - timedelta(days=stage.scenario.incident["onset_days_before"])
    assert stage.case_building is not None
    found = trace_case(trace_id=stage.id_of("trace"), incident_id=incident, person_id=case_person(stage),
                       area_id=stage.case_building.area_id, onset_at=onset, sampled_at=None, by=by,
                       at=at)  # fmt: skip
    rows = list(Contact.objects.filter(trace=found, state="proposed").order_by("id").values_list("id", flat=True))
    decisions = [Decision(i, "confirm", answer="not-alone") for i in rows]
    paper = f"演练〔{at.year}〕密接"
    refuse_any(adopt_contacts(trace_id=found.id, decisions=decisions, paper_number=paper, by=by, at=at + HOUR))
    for hours, to in ((2, "located"), (3, "notified"), (6, "isolated")):
        moment = at + hours * HOUR
        steps = [Step(i, to, moment) for i in rows]
        refuse_any(advance_contacts(trace_id=found.id, steps=steps, by=stage.cast.actor("tracer", moment), at=moment))
    _give_rooms(stage, at + 6 * HOUR)
    return len(rows)


def _give_rooms(stage: Stage, at: datetime) -> None:
    """Close contacts come to an isolation site, one room each."""
    close = list(Contact.objects.filter(trace_id=stage.id_of("trace"), degree=1, state="isolated")
                 .order_by("id").values_list("person_id", flat=True))  # fmt: skip
    by = stage.cast.actor("medic", at)
    place = register_place(place_id=stage.id_of("isolation site"), kind="isolation-site", name="演练集中隔离点",
                           name_en="exercise isolation site", area_id=stage.cast.county.id,
                           capacity={"room": max(1, len(close))}, lon=None, lat=None,
                           incident_id=stage.id_of("incident"), by=by, at=at)  # fmt: skip
    set_state(place_id=place.id, state="open", by=by, at=at)
    for person in close:
        begin_stay(stay_id=uuid5(place.id, str(person)), place_id=place.id, capacity_class="room", person_id=person,
                   until_at=None, by=by, at=at)  # fmt: skip
