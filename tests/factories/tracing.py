"""An outbreak to trace: a confirmed case in the first building, venues, and who was where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from lianfang.base.service import Outcome
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import report_signal
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.services import NewVenue, NewVisit, import_visits, register_venues
from lianfang.flows.open_incident import open_incident
from lianfang.flows.trace_case import trace_case
from tests.factories.place import SPACE, Place

TEA, STALL, LIFT = (uuid5(SPACE, f"venue {n}") for n in ("tea", "stall", "lift"))
NAMES = {TEA: "老街茶楼", STALL: "沙洲市场水产档", LIFT: "货运站调度室"}


@dataclass
class Outbreak:
    """Handles on what was built."""

    place: Place
    incident: Incident
    at: datetime

    def was(self, person: int, venue: UUID, begins: float, ends: float) -> NewVisit:
        """The n-th person of the place in a venue, from so many hours before now to so many."""
        return NewVisit(uuid4(), self.place.people[person], venue, self.at - timedelta(hours=begins),
                        self.at - timedelta(hours=ends))  # fmt: skip

    def bring(self, visits: Sequence[NewVisit], *, post: str = "tracer", batch: UUID | None = None) -> list[Outcome]:
        """Bring visits in, as one delivery of scans."""
        return import_visits(batch_id=batch or uuid4(), incident_id=self.incident.id, source="scan", digest="",
                             area_id=self.place.area["district"], visits=visits, by=self.place.actor(post, self.at),
                             at=self.at)  # fmt: skip

    def trace(self, person: int = 0, *, post: str = "tracer", onset_hours: float = 24) -> Trace:
        """Trace a case of the district in one call, with its onset so many hours ago."""
        return trace_case(trace_id=uuid4(), incident_id=self.incident.id, person_id=self.place.people[person],
                          area_id=self.place.area["district"], onset_at=self.at - timedelta(hours=onset_hours),
                          sampled_at=None, by=self.place.actor(post, self.at), at=self.at)  # fmt: skip

    def contact(self, trace: Trace, person: int) -> Contact:
        """The contact of a trace that is the n-th person."""
        return trace.contacts.get(person_id=self.place.people[person])


def outbreak_in(place: Place, *, edition: str = "cn-covid-8", at: datetime | None = None) -> Outbreak:
    """A confirmed case, its incident, and three venues without visits yet."""
    at = at or place.at
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code=edition,
                           area_id=place.area["committee"], building_id=place.buildings["committee"][0], count=1,
                           source="lab", found_at=at, by=place.actor("officer"), at=at)  # fmt: skip
    incident = open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=place.area["district"], is_drill=False,
                             by=place.actor("command"), at=at)  # fmt: skip
    venues = [NewVenue(v, name, place.area["committee"]) for v, name in NAMES.items()]
    register_venues(venues=venues, area_id=place.area["district"], incident_id=incident.id, by=place.actor("tracer"),
                    at=at)  # fmt: skip
    return Outbreak(place, incident, at)


def tea_house(o: Outbreak) -> list[NewVisit]:
    """The case (0) drinks tea for two hours with 3 and 6; 6 meets 9 at the stall later; 12 left before.

    The house of the fixture has three people a door: 0 1 2 live together, 3 4 5, 6 7 8, 9 10 11 and so on.
    """
    return [
        o.was(0, TEA, 30, 28),
        o.was(3, TEA, 30, 29),  # an hour
        o.was(6, TEA, 28.25, 27),  # exactly a quarter of an hour
        o.was(12, TEA, 31, 30),  # goes as the case comes
        o.was(15, TEA, 28.1, 27.9),  # six minutes
        o.was(6, STALL, 10, 9),
        o.was(9, STALL, 9.5, 8),
    ]
