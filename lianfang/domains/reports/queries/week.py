"""Figures of testing, calls and tracing on a sheet: from counts kept with each write, as they stood at the cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.incidents.models import Incident
from lianfang.domains.reports.rules import Line, balance, rolled_up
from lianfang.domains.rounds.models import Desk, Round, Station, Unit
from lianfang.domains.rounds.queries import Coverage, coverage_by_area, kind_of
from lianfang.domains.rounds.rules import by_sample
from lianfang.domains.sampling.models import Tube
from lianfang.domains.tracing.models import Contact

PEOPLE = {"zh": "人", "en": "people"}
TIMES = {"zh": "人次", "en": "person-times"}
SITES, UNITS, TUBES = {"zh": "个", "en": "sites"}, {"zh": "个", "en": "units"}, {"zh": "管", "en": "tubes"}
PLACES = {"zh": "个", "en": "places"}
COVERAGE = {
    "expected": {"zh": "应采", "en": "On the list"},
    "ended": {"zh": "其中有去向", "en": "of these, in a named state"},
    "sampled": {"zh": "其中已采", "en": "of these, sampled"},
    "left": {"zh": "没有去向", "en": "Without a named state"},
    "added": {"zh": "应采中的补录", "en": "of the list, added at doors and desks"},
}
PLANNED = {
    "stations": ({"zh": "采样点", "en": "Sampling sites"}, SITES),
    "desks": ({"zh": "采样单元", "en": "Sampling units"}, UNITS),
    "staff": ({"zh": "采样人员", "en": "Samplers"}, PEOPLE),
}
PROPOSED = {"zh": "（按指南建议）", "en": " (proposed by the guide)"}
RESULTS = {
    "all": {"zh": "采样管", "en": "Tubes"},
    "negative": {"zh": "其中阴性", "en": "of these, negative"},
    "positive": {"zh": "其中阳性", "en": "of these, positive"},
    "invalid": {"zh": "其中无效", "en": "of these, invalid"},
    "waiting": {"zh": "其中待结果", "en": "of these, without a result"},
}
CALLS = {
    "places": ({"zh": "招募岗位", "en": "Places called for"}, PLACES),
    "taken": ({"zh": "已接单", "en": "of these, taken"}, PLACES),
    "person_times": ({"zh": "到岗", "en": "Turnout"}, TIMES),
}
CONTACTS = {1: {"zh": "密接", "en": "Close contacts"}, 2: {"zh": "次密接", "en": "Contacts of contacts"}}
# What came to its ending after the cut-off stood without one then.
LATER = """
SELECT area_id, ending, source, count(*) FROM rounds_unit WHERE round_id = %s AND ended_at > %s GROUP BY 1, 2, 3
"""


def week_lines(area_id: UUID, incident: Incident | None, at: datetime, parents: Mapping[UUID, UUID]) -> list[Line]:
    """The lines of testing, calls and tracing of an incident's sheet; none for a sheet of no incident."""
    if incident is None:
        return []
    found = round_at(incident, at)
    testing = testing_lines(found, area_id, at, parents) if found else []
    return [*testing, *_call_lines(area_id, incident, at), *_contact_lines(area_id, incident, at)]


def round_at(incident: Incident, at: datetime) -> Round | None:
    """The newest round of an incident that had begun at a time; a re-test of some of its people is none of its own."""
    rows = Round.objects.filter(incident_id=incident.id, opened_at__lte=at, follows=None)
    return rows.order_by("-opened_at").first()


def coverage_at(found: Round, area_id: UUID, at: datetime) -> dict[UUID, Coverage]:
    """Coverage by smallest area as it stood at a time."""
    now = coverage_by_area(found, area_id=area_id)
    with connection.cursor() as cursor:
        cursor.execute(LATER, [found.id, at])
        later = cursor.fetchall()
    for area, ending, _, n in later:
        if area in now:
            endings = dict(now[area].endings)
            endings[ending] -= n
            endings[""] = endings.get("", 0) + n
            now[area] = Coverage({e: k for e, k in endings.items() if k}, now[area].added)
    return now


def testing_lines(found: Round, area_id: UUID, at: datetime, parents: Mapping[UUID, UUID]) -> list[Line]:
    """A round: who is on the list and how each stands, what works at it beside what was proposed, tubes by result."""
    areas = coverage_at(found, area_id, at)
    sampled = by_sample(kind_of(found.edition, found.kind))
    picks: dict[str, dict[UUID, float]] = {
        "expected": {a: float(c.all) for a, c in areas.items()},
        "ended": {a: float(c.ended) for a, c in areas.items()},
        "sampled": {a: float(sum(c.endings.get(e, 0) for e in sampled)) for a, c in areas.items()},
        "left": {a: float(c.left) for a, c in areas.items()},
        "added": {a: float(c.added) for a, c in areas.items()},
    }
    whole = {name: sum(by_area.values()) for name, by_area in picks.items()}
    check, gap = balance(whole["expected"], whole["ended"], whole["left"])
    lines = [
        Line(
            f"testing.{name}",
            "testing",
            COVERAGE[name],
            PEOPLE,
            whole[name],
            parts=rolled_up(by_area, parents),
            check=check if name == "expected" else "",
            check_values={**gap, "closed": whole["ended"], "open": whole["left"]} if name == "expected" else {},
            source="rounds",
        )
        for name, by_area in picks.items()
    ]
    return [*lines, *_planned_lines(found, area_id, parents), *_tube_lines(found, area_id, at)]


def _planned_lines(found: Round, area_id: UUID, parents: Mapping[UUID, UUID]) -> list[Line]:
    below = ids_below(area_id)
    by_area: dict[str, dict[UUID, float]] = {
        "stations": _counted(Station.objects.filter(round=found, area_id__in=below), Count("id")),
        "desks": _counted(Desk.objects.filter(round=found, is_home=False, area_id__in=below), Count("id")),
        "staff": _counted(Desk.objects.filter(round=found, is_home=False, area_id__in=below), Sum("people")),
    }
    lines = []
    proposed = found.plan.get("proposed", {})
    for name, (words, unit) in PLANNED.items():
        mine = by_area[name]
        lines.append(
            Line(f"testing.{name}", "testing", words, unit, sum(mine.values()), parts=rolled_up(mine, parents),
                 source="rounds")
        )  # fmt: skip
        if proposed and area_id == found.area_id:
            said = {t: words[t] + PROPOSED[t] for t in ("zh", "en")}
            value = float(sum(p[name] for p in proposed.values()))
            lines.append(Line(f"testing.{name}.proposed", "testing", said, unit, value, source="plan"))
    return lines


def _counted(rows: QuerySet[Any], what: Any) -> dict[UUID, float]:
    return {a: float(n or 0) for a, n in rows.order_by().values_list("area_id").annotate(n=what)}


def tubes_at(found: Round, area_id: UUID, at: datetime) -> QuerySet[Tube]:
    """Tubes of a round with somebody in them that had been opened at a time."""
    return Tube.objects.filter(round=found, area_id__in=ids_below(area_id), n__gt=0, opened_at__lte=at)


def tubes_with(rows: QuerySet[Tube], result: str, at: datetime) -> QuerySet[Tube]:
    """Of these, the ones with a result ("waiting": without one) at a time."""
    if result == "all":
        return rows
    known = Q(resulted_at__lte=at)
    return rows.exclude(known) if result == "waiting" else rows.filter(known, result=result)


def _tube_lines(found: Round, area_id: UUID, at: datetime) -> list[Line]:
    known = Q(resulted_at__lte=at)
    picks = {n: Count("id", filter=known & Q(result=n)) for n in ("negative", "positive", "invalid")}
    counts = tubes_at(found, area_id, at).aggregate(all=Count("id"), waiting=Count("id", filter=~known), **picks)
    if not counts["all"]:
        return []
    return [
        Line(f"testing.tubes.{n}", "testing", words, TUBES, float(counts[n]), source="rounds")
        for n, words in RESULTS.items()
    ]


def shifts_at(area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Shift]:
    """Shifts of calls of an incident in an area, posted by a time."""
    return Shift.objects.filter(call__incident_id=incident.id, call__area_id__in=ids_below(area_id),
                                call__posted_at__lte=at)  # fmt: skip


def claims_at(name: str, area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Claim]:
    """Claims that hold a place at a time ("taken"), or check-ins up to it ("person_times")."""
    rows = Claim.objects.filter(shift__in=shifts_at(area_id, incident, at).values("id"))
    if name == "person_times":
        return rows.filter(checked_in_at__lte=at)
    return rows.filter(Q(released_at=None) | Q(released_at__gt=at), placed_at__lte=at).exclude(state="no_show")


def _call_lines(area_id: UUID, incident: Incident, at: datetime) -> list[Line]:
    places = shifts_at(area_id, incident, at).aggregate(n=Sum("places"))["n"]
    if not places:
        return []
    values = {"places": places} | {n: claims_at(n, area_id, incident, at).count() for n in ("taken", "person_times")}
    return [
        Line(f"calls.{n}", "calls", words, unit, float(values[n]), source="calls") for n, (words, unit) in CALLS.items()
    ]


def contacts_at(degree: int, area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Contact]:
    """People that somebody adopted as contacts of a degree by a time."""
    rows = Contact.objects.filter(trace__incident=incident, degree=degree, listed_at__lte=at)
    return rows.filter(area_id__in=ids_below(area_id)).exclude(state="rejected")


def _contact_lines(area_id: UUID, incident: Incident, at: datetime) -> list[Line]:
    counts = {d: contacts_at(d, area_id, incident, at).count() for d in CONTACTS}
    if not any(counts.values()):
        return []
    return [
        Line(f"tracing.{d}", "tracing", words, PEOPLE, float(counts[d]), source="tracing")
        for d, words in CONTACTS.items()
    ]


def week_rows(line: Line, area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Any]:
    """The records that a line of these groups counts."""
    group, _, name = line.name.partition(".")
    if group == "calls":
        return shifts_at(area_id, incident, at) if name == "places" else claims_at(name, area_id, incident, at)
    if group == "tracing":
        return contacts_at(int(name), area_id, incident, at)
    found = round_at(incident, at)
    if found is None:
        return Unit.objects.none()
    if name.startswith("tubes."):
        return tubes_with(tubes_at(found, area_id, at), name.removeprefix("tubes."), at)
    below = ids_below(area_id)
    if name == "stations":
        return Station.objects.filter(round=found, area_id__in=below)
    if name in ("desks", "staff"):
        return Desk.objects.filter(round=found, is_home=False, area_id__in=below)
    return _units(name, found, Unit.objects.filter(round=found, area_id__in=below), at)


def _units(name: str, found: Round, rows: QuerySet[Unit], at: datetime) -> QuerySet[Unit]:
    ended = Q(ended_at__lte=at)
    if name == "sampled":
        return rows.filter(ended, ending__in=by_sample(kind_of(found.edition, found.kind)))
    picks = {"ended": ended, "left": ~ended | Q(ended_at=None), "added": ~Q(source="register")}
    return rows.filter(picks[name]) if name in picks else rows
