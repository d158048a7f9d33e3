"""What the platform answers to the measures and states of a report's week: asked of its own figures and queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Sum

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import enrolments, person_times
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.grid.models import Household
from lianfang.domains.holds.models import Hold
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.queries import difference
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.places.models import Place, Stay
from lianfang.domains.reports.queries import Scope, figure
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.queries import coverage_of, kind_of, round_areas, stations_of, tally_problems
from lianfang.domains.rounds.rules import by_sample
from lianfang.domains.sampling.models import Sample, Tube
from lianfang.domains.sampling.queries import results_of, tubes_waiting
from lianfang.domains.supplies.queries import capacity_share, daily_capacity
from lianfang.domains.tracing.models import Contact
from lianfang.domains.work.models import Item
from lianfang.drill.cast import id_of
from lianfang.drill.scenario import Scenario

NOT_OVER = ("planned", "staffed", "open")
Filter = Mapping[str, Any]


class Week:
    """What the comparer asks with: the incident, the officer's rights, and a moment."""

    def __init__(self, scenario: Scenario, incident: Incident, by: Actor, at: datetime) -> None:
        self.scenario, self.incident, self.by, self.at = scenario, incident, by, at

    def id_of(self, what: str) -> UUID:
        """The id of a thing of the drill."""
        return id_of(self.scenario.name, what)

    def end_of(self, day: date) -> datetime:
        """The end of a day, or the cut-off if that is earlier."""
        return min(self.scenario.moment(day + timedelta(days=1), time()), self.at)

    def until(self, record: Mapping[str, Any]) -> datetime:
        """The end of the day a figure is told for; the cut-off where it names none."""
        return self.end_of(record["as_of"]) if "as_of" in record else self.at

    def figure(self, name: str, record: Mapping[str, Any]) -> float | None:
        """A figure of the sheet as of the record's day."""
        return figure(name, Scope(self.incident.area_id, self.until(record), self.incident), by=self.by).value


def _enrolled(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    return float(enrolments(w.id_of("org " + f["issuer"]), by=w.by, until_at=w.until(record)))


def _sites(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    if "cluster" not in f:
        return w.figure("testing.stations", record)
    found = Round.objects.filter(incident_id=w.incident.id, opened_at__lte=w.until(record)).order_by("-opened_at")[0]
    return float(stations_of(found, by=w.by, cluster=f["cluster"]).count())


def _areas(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    found = Round.objects.filter(incident_id=w.incident.id, opened_at__lte=w.until(record)).order_by("-opened_at")[0]
    return float(len(round_areas(found)))


def _turnout(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    kinds = [f["unit_kind"]] if "unit_kind" in f else []
    return float(person_times(by=w.by, until_at=w.until(record), unit_kinds=kinds))


def _capacity(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    found = daily_capacity(w.id_of("org " + f["org"]), f["item"], by=w.by)
    return float(found) if found is not None else None


def _share(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    found = capacity_share(w.id_of("org " + f["org"]), f["item"], w.incident.area_id, by=w.by)
    return float(found) if found is not None else None


Ask = Callable[[Week, Mapping[str, Any], Filter], float | None]
MEASURES: dict[str, tuple[frozenset[str], Ask]] = {
    "calls.enrolments": (frozenset({"issuer"}), _enrolled),
    "testing.sites": (frozenset({"cluster"}), _sites),
    "testing.round_areas": (frozenset(), _areas),
    "testing.samplers": (frozenset(), lambda w, r, f: w.figure("testing.staff", r)),
    "testing.units": (frozenset(), lambda w, r, f: w.figure("testing.desks", r)),
    "shifts.person_times": (frozenset({"unit_kind"}), _turnout),
    "supplies.daily_capacity": (frozenset({"org", "item"}), _capacity),
    "supplies.capacity_share": (frozenset({"org", "item"}), _share),
}


def _call_full(w: Week, day: date) -> bool:
    """The League's call stands full for one group at least, and somebody waits, at the end of its day."""
    shifts = Shift.objects.filter(call__issuer_id=w.id_of("org league"), taken=F("places"), taken__gt=0)
    waiting = Claim.objects.filter(shift__in=shifts, claimed_at__lt=w.end_of(day), state="waiting")
    return shifts.exists() and waiting.exists()


def _labour_over(w: Week, day: date) -> bool:
    """Her plea is confirmed, its work closed by a hand-over; an ambulance brought her, she is in the isolation ward."""
    items = Item.objects.filter(incident_id=w.incident.id, kind="emergency-transfer", closed_at__lt=w.end_of(day))
    wards = Place.objects.filter(kind="hospital-ward", state="open")
    stays = Stay.objects.filter(place__in=wards, capacity_class="labour-room", ended_at=None)
    people = set(items.filter(state="handed-over").values_list("unit_id", flat=True))
    rides = Ride.objects.filter(incident_id=w.incident.id, kind="emergency", handed_over_at__lt=w.end_of(day))
    ended = Plea.objects.filter(item__in=items, end="confirmed").count() == items.count()
    brought = set(rides.values_list("person_id", flat=True))
    return bool(people) and ended and people <= brought and people <= set(stays.values_list("person_id", flat=True))


def _posts_full(w: Week, day: date) -> bool:
    """No gate post lacks anybody at the end of the day."""
    call = Call.objects.filter(issuer_id=w.id_of("org transport-bureau"), posted_at__lt=w.end_of(day)).first()
    return call is not None and not call.shifts.filter(taken__lt=F("places")).exists() and call.shifts.exists()


def _all_negative(w: Week, day: date) -> bool:
    """The round has every result, none of them positive, by the end of the day."""
    found = Round.objects.get(id=w.id_of("round mass"))
    late = Tube.objects.filter(round=found, resulted_at__gte=w.end_of(day)).exists()
    results = results_of(found)
    return not late and not tubes_waiting(found) and results.all > 0 and set(results.tubes) == {"negative"}


def _zone_redrawn(w: Week, day: date) -> bool:
    """A second version is in force and the first lists households that it let go."""
    rows = ZoneVersion.objects.filter(zone__incident=w.incident, number=2, state="in_force")
    version = rows.filter(from_at__lt=w.end_of(day)).first()
    if version is None:
        return False
    before = ZoneVersion.objects.get(zone=version.zone, number=1)
    released = difference(before, list(version.buildings.values_list("building_id", flat=True)))["released"]
    return before.state == "replaced" and Household.objects.filter(building_id__in=released).exists()


STATES: dict[str, dict[str, Callable[[Week, date], bool]]] = {
    "shaoguan-2022": {
        "state-1": _call_full,
        "state-2": _labour_over,
        "state-3": _posts_full,
        "state-4": _all_negative,
        "state-5": _zone_redrawn,
    }
}


def _ended_once(incident_id: UUID) -> bool:
    """Every unit of a round has one ending, its counts are those of its rows, who was sampled is in one tube.

    The units are counted from their rows, beside what the list held when it opened and who was added. A round of the
    incident's own list (not a re-test) that is still open at the end fails, as does one over with somebody left.
    """
    return all(_round_ended_once(found) for found in Round.objects.filter(incident_id=incident_id))


def _round_ended_once(found: Round) -> bool:
    covered, rows = coverage_of(found), Unit.objects.filter(round=found)
    all_rows, added = rows.count(), rows.exclude(source="register").count()
    if tally_problems(found) or not covered.all == all_rows == found.expected + added or covered.added != added:
        return False
    is_over = found.state not in NOT_OVER
    if (found.follows_id is None and not is_over) or (is_over and rows.filter(ending="").exists()):
        return False
    sampled = rows.filter(ending__in=by_sample(kind_of(found.edition, found.kind))).count()
    return sampled == Sample.objects.filter(round=found, voided_at=None).count()


def _in_is_out(incident_id: UUID) -> bool:
    """Samples in tubes are as many as tubes say, and tubes with a result and without are all tubes."""
    for found in Round.objects.filter(incident_id=incident_id):
        results = results_of(found)
        if results.samples != Sample.objects.filter(round=found, voided_at=None).count():
            return False
    return True


def _watched_are_held(incident_id: UUID) -> bool:
    """No personal hold without an end."""
    rows = Hold.objects.filter(incident_id=incident_id, person__isnull=False)
    return not rows.filter(until_at=None, review_at=None).exists()


def _done_in(service: str) -> int:
    """How many items of a list service the log tells were done."""
    told = LogEntry.objects.filter(service=service).values_list("told", flat=True)
    return sum(1 for t in told.iterator(chunk_size=500) for _, code in t.get("outcomes", []) if not code)


def _by_hand(incident_id: UUID) -> int:
    """Units whose ending was noted by hand, and tries at doors."""
    n = 0
    for found in Round.objects.filter(incident_id=incident_id):
        rows = Unit.objects.filter(round=found)
        noted = rows.exclude(ending__in=["", *by_sample(kind_of(found.edition, found.kind))]).count()
        n += noted + (rows.aggregate(n=Sum("tries"))["n"] or 0)
    return n


def _log_counts(incident_id: UUID) -> bool:
    """Samples, claims, adopted contacts, closed tubes, messages: as many as the log says; endings by hand no more."""
    return (
        _done_in("sampling.take_scans") == Sample.objects.count()
        and _done_in("sampling.close_tubes") == Tube.objects.exclude(closed_at=None).count()
        and _done_in("rounds.note_units") >= _by_hand(incident_id)
        and _done_in("calls.claim_shifts") == Claim.objects.count()
        and _done_in("messages.write_messages") == Message.objects.count()
        and _done_in("tracing.decide_contacts") == Contact.objects.exclude(decided_at=None).count()
    )


INVARIANTS: dict[str, Callable[[UUID], bool]] = {
    "one-ending-a-unit-of-a-round": _ended_once,
    "samples-in-are-samples-out": _in_is_out,
    "no-personal-hold-without-end": _watched_are_held,
    "the-log-counts-what-lists-took": _log_counts,
}
