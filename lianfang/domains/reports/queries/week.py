"""Figures of testing, calls and tracing on a sheet: from counts kept with each write, as they stood at the cut-off.

A unit has no time of its own adding: who was added at a door or desk after the cut-off is on that hour's list too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import ids_above, ids_below
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.incidents.models import Incident
from lianfang.domains.reports.rules import Line, balance, rolled_up
from lianfang.domains.rounds.models import Desk, Round, RoundArea, Station, Unit
from lianfang.domains.rounds.queries import Coverage, kind_of
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
# All that the lines count, in one statement: a sheet asks once. What came to its ending after the cut-off stood without
# one then, so it is counted back. Of the rounds it takes the newest one that meets the sheet's area: one of the round's
# areas is the sheet's own, or lies above or below it. A unit keeps no time of its adding: one added at a door or desk
# after the cut-off counts as expected (and without an ending) in an earlier hour's sheet too.
GATHERED = """
WITH here AS MATERIALIZED (
    SELECT descendant_id AS id FROM areas_areaclosure WHERE hierarchy = %(hierarchy)s AND ancestor_id = %(area)s
), line AS MATERIALIZED (
    SELECT id FROM here UNION
    SELECT ancestor_id FROM areas_areaclosure WHERE hierarchy = %(hierarchy)s AND descendant_id = %(area)s
), r AS MATERIALIZED (
    SELECT id, edition, kind, plan, area_id, expected FROM rounds_round x
    WHERE incident_id = %(incident)s AND opened_at <= %(at)s AND follows_id IS NULL AND EXISTS (
        SELECT 1 FROM rounds_roundarea a WHERE a.round_id = x.id AND a.area_id IN (SELECT id FROM line))
    ORDER BY opened_at DESC LIMIT 1
), s AS MATERIALIZED (
    SELECT s.id, s.places FROM calls_shift s JOIN calls_call c ON c.id = s.call_id
    WHERE c.incident_id = %(incident)s AND c.posted_at <= %(at)s AND c.area_id IN (SELECT id FROM here)
)
SELECT 'round', r.area_id, r.edition, r.kind,
    CASE WHEN r.area_id IN (SELECT id FROM here) THEN r.expected ELSE -1 END, r.plan FROM r
UNION ALL SELECT 'tally', t.area_id, t.ending, t.source, t.n, NULL FROM rounds_tally t JOIN r ON t.round_id = r.id
    WHERE t.n <> 0 AND t.area_id IN (SELECT id FROM here)
UNION ALL SELECT 'later', u.area_id, u.ending, u.source, count(*), NULL FROM rounds_unit u JOIN r ON u.round_id = r.id
    WHERE u.ended_at > %(at)s AND u.area_id IN (SELECT id FROM here) GROUP BY 2, 3, 4
UNION ALL SELECT 'stations', x.area_id, '', '', count(*), NULL FROM rounds_station x JOIN r ON x.round_id = r.id
    WHERE x.area_id IN (SELECT id FROM here) GROUP BY 2
UNION ALL SELECT 'desks', x.area_id, '', '', count(*), NULL FROM rounds_desk x JOIN r ON x.round_id = r.id
    WHERE NOT x.is_home AND x.area_id IN (SELECT id FROM here) GROUP BY 2
UNION ALL SELECT 'staff', x.area_id, '', '', sum(x.people), NULL FROM rounds_desk x JOIN r ON x.round_id = r.id
    WHERE NOT x.is_home AND x.area_id IN (SELECT id FROM here) GROUP BY 2
UNION ALL SELECT 'tubes', NULL, CASE WHEN t.resulted_at <= %(at)s THEN t.result ELSE 'waiting' END, '', count(*), NULL
    FROM sampling_tube t JOIN r ON t.round_id = r.id
    WHERE t.n > 0 AND t.opened_at <= %(at)s AND t.area_id IN (SELECT id FROM here) GROUP BY 3
UNION ALL SELECT 'calls', NULL, 'places', '', sum(places), NULL FROM s HAVING count(*) > 0
UNION ALL SELECT 'calls', NULL, 'taken', '', count(*), NULL FROM calls_claim c WHERE c.shift_id IN (SELECT id FROM s)
    AND (c.released_at IS NULL OR c.released_at > %(at)s) AND c.placed_at <= %(at)s AND c.state <> 'no_show'
UNION ALL SELECT 'calls', NULL, 'person_times', '', count(*), NULL FROM calls_claim c
    WHERE c.shift_id IN (SELECT id FROM s) AND c.checked_in_at <= %(at)s
UNION ALL SELECT 'contacts', NULL, c.degree::text, '', count(DISTINCT c.person_id), NULL FROM tracing_contact c
    JOIN tracing_trace t ON t.id = c.trace_id WHERE t.incident_id = %(incident)s AND c.listed_at <= %(at)s
    AND c.state <> 'rejected' AND c.area_id IN (SELECT id FROM here) GROUP BY 3
"""
Row = tuple[UUID | None, str, str, int, Any]


def _gathered(area_id: UUID, incident: Incident, at: datetime) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GATHERED, {"hierarchy": DIVISION, "area": area_id, "incident": incident.id, "at": at})
        for what, area, one, other, n, body in cursor.fetchall():
            out.setdefault(what, []).append((area, one, other, int(n or 0), body))
    return out


def week_lines(area_id: UUID, incident: Incident | None, at: datetime, parents: Mapping[UUID, UUID]) -> list[Line]:
    """The lines of testing, calls and tracing of an incident's sheet; none for a sheet of no incident."""
    if incident is None:
        return []
    found = _gathered(area_id, incident, at)
    testing = _testing_lines(found, area_id, parents) if "round" in found else []
    return [*testing, *_call_lines(found), *_contact_lines(found)]


def round_at(incident: Incident, area_id: UUID, at: datetime) -> Round | None:
    """The newest round of an incident that meets an area and had begun at a time; a re-test is none of its own."""
    meets = Q(area_id__in=ids_below(area_id)) | Q(area_id__in=ids_above(area_id))
    rows = Round.objects.filter(incident_id=incident.id, opened_at__lte=at, follows=None)
    return rows.filter(id__in=RoundArea.objects.filter(meets).values("round_id")).order_by("-opened_at").first()


def _covered(found: Mapping[str, list[Row]]) -> dict[UUID, Coverage]:
    """Coverage by smallest area as it stood at the cut-off."""
    endings: dict[UUID, dict[str, int]] = {}
    added: dict[UUID, int] = {}
    for area, ending, source, n, _ in found.get("tally", []):
        assert area is not None
        mine = endings.setdefault(area, {})
        mine[ending] = mine.get(ending, 0) + n
        added[area] = added.get(area, 0) + (n if source != "register" else 0)
    for area, ending, _, n, _ in found.get("later", []):
        mine = endings[area]  # type: ignore[index]  # who ended was counted
        mine[ending] -= n
        mine[""] = mine.get("", 0) + n
    return {a: Coverage({e: k for e, k in mine.items() if k}, added[a]) for a, mine in endings.items()}


def _testing_lines(found: Mapping[str, list[Row]], area_id: UUID, parents: Mapping[UUID, UUID]) -> list[Line]:
    """A round: who is on the list and how each stands, what works at it beside what was proposed, tubes by result."""
    top, edition_code, kind, listed, plan = found["round"][0]
    areas = _covered(found)
    sampled = by_sample(kind_of(edition_code, kind))
    picks: dict[str, dict[UUID, float]] = {
        "expected": {a: float(c.all) for a, c in areas.items()},
        "ended": {a: float(c.ended) for a, c in areas.items()},
        "sampled": {a: float(sum(c.endings.get(e, 0) for e in sampled)) for a, c in areas.items()},
        "left": {a: float(c.left) for a, c in areas.items()},
        "added": {a: float(c.added) for a, c in areas.items()},
    }
    whole = {name: sum(by_area.values()) for name, by_area in picks.items()}
    # What the list held when it opened, beside the counts kept since: told for the whole round, not for a part of it.
    is_whole = listed >= 0
    check, gap = balance(listed + whole["added"], whole["ended"], whole["left"]) if is_whole else ("", {})
    lines = [
        Line(
            f"testing.{name}",
            "testing",
            COVERAGE[name],
            PEOPLE,
            whole[name],
            parts=rolled_up(by_area, parents),
            check=check if name == "expected" else "",
            check_values={**gap, "closed": whole["ended"], "open": whole["left"]}
            if name == "expected" and is_whole
            else {},
            source="rounds",
        )
        for name, by_area in picks.items()
    ]
    proposed = json.loads(plan).get("proposed", {}) if isinstance(plan, str) else plan.get("proposed", {})
    return [*lines, *_planned_lines(found, proposed if top == area_id else {}, parents), *_tube_lines(found)]


def _planned_lines(
    found: Mapping[str, list[Row]], proposed: Mapping[str, Any], parents: Mapping[UUID, UUID]
) -> list[Line]:
    lines = []
    for name, (words, unit) in PLANNED.items():
        mine = {a: float(n) for a, _, _, n, _ in found.get(name, []) if a}
        lines.append(
            Line(f"testing.{name}", "testing", words, unit, sum(mine.values()), parts=rolled_up(mine, parents),
                 source="rounds")
        )  # fmt: skip
        if proposed:
            said = {t: words[t] + PROPOSED[t] for t in ("zh", "en")}
            value = float(sum(p[name] for p in proposed.values()))
            lines.append(Line(f"testing.{name}.proposed", "testing", said, unit, value, source="plan"))
    return lines


def tubes_at(found: Round, area_id: UUID, at: datetime) -> QuerySet[Tube]:
    """Tubes of a round with somebody in them that had been opened at a time."""
    return Tube.objects.filter(round=found, area_id__in=ids_below(area_id), n__gt=0, opened_at__lte=at)


def tubes_with(rows: QuerySet[Tube], result: str, at: datetime) -> QuerySet[Tube]:
    """Of these, the ones with a result ("waiting": without one) at a time."""
    if result == "all":
        return rows
    known = Q(resulted_at__lte=at)
    return rows.exclude(known) if result == "waiting" else rows.filter(known, result=result)


def _tube_lines(found: Mapping[str, list[Row]]) -> list[Line]:
    counts = {result: n for _, result, _, n, _ in found.get("tubes", [])}
    if not counts:
        return []
    counts["all"] = sum(counts.values())
    return [
        Line(f"testing.tubes.{n}", "testing", words, TUBES, float(counts.get(n, 0)), source="rounds")
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


def _call_lines(found: Mapping[str, list[Row]]) -> list[Line]:
    values = {name: n for _, name, _, n, _ in found.get("calls", [])}
    if "places" not in values:
        return []
    return [
        Line(f"calls.{n}", "calls", words, unit, float(values[n]), source="calls") for n, (words, unit) in CALLS.items()
    ]


def contacts_at(degree: int, area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Contact]:
    """People that somebody adopted as contacts of a degree by a time; who is in two traces stands once, as first."""
    rows = Contact.objects.filter(trace__incident=incident, degree=degree, listed_at__lte=at)
    here = rows.filter(area_id__in=ids_below(area_id)).exclude(state="rejected")
    first = here.order_by("person_id", "listed_at", "id").distinct("person_id")
    return Contact.objects.filter(id__in=first.values("id"))


def _contact_lines(found: Mapping[str, list[Row]]) -> list[Line]:
    counts = {int(degree): n for _, degree, _, n, _ in found.get("contacts", [])}
    if not counts:
        return []
    return [
        Line(f"tracing.{d}", "tracing", words, PEOPLE, float(counts.get(d, 0)), source="tracing")
        for d, words in CONTACTS.items()
    ]


def week_rows(line: Line, area_id: UUID, incident: Incident, at: datetime) -> QuerySet[Any]:
    """The records that a line of these groups counts."""
    group, _, name = line.name.partition(".")
    if group == "calls":
        return shifts_at(area_id, incident, at) if name == "places" else claims_at(name, area_id, incident, at)
    if group == "tracing":
        return contacts_at(int(name), area_id, incident, at)
    found = round_at(incident, area_id, at)
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
