"""What speaks against somebody on a shift, apart from places and times: not asked, not yet, not able, not insured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lianfang.domains.calls.errors import NotAsked, NotYetOpen
from lianfang.domains.calls.models import Call, Shift, Wave
from lianfang.domains.calls.queries.audience import audiences_of, waves_of, who_they_are
from lianfang.domains.calls.queries.tasks import tasks_known
from lianfang.domains.calls.rules import Hindrance, asked_from, is_night
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.responders.queries import abilities_of
from lianfang.domains.responders.rules import NOTHING_SAID, Demand, why_not

LOCAL = ZoneInfo("Asia/Shanghai")
LIMITS = ("night_hours", "insured_risks")


def demand_of(shift: Shift, task: Mapping[str, Any], limits: Mapping[str, Any]) -> Demand:
    """What a shift demands by its task, its call and its hours; insurance unless the call covers all who come."""
    forbids = set(task.get("forbids", []))
    if is_night(shift.starts_at.astimezone(LOCAL), shift.ends_at.astimezone(LOCAL), limits["night_hours"]):
        forbids.add("no-night")
    insured = task.get("risk") in limits["insured_risks"] and not shift.call.cover
    return Demand(frozenset(task.get("skills", [])) | frozenset(shift.call.skills), frozenset(forbids), insured)


def hindrances(
    wanted: Iterable[tuple[Shift, UUID]], units: Mapping[UUID, UUID | None], *, at: datetime
) -> dict[tuple[UUID, UUID], Hindrance]:
    """By shift and account what speaks against it, the first thing alone; pairs with nothing against them are left out.

    units: by account its body. A number of questions that does not grow with the pairs.
    """
    pairs = [(s, a) for s, a in wanted if a in units]
    calls = {s.call_id: s.call for s, _ in pairs}
    waves = waves_of(calls)
    limits = values_by_area(common_edition(), LIMITS, {c.area_id for c in calls.values()}, at=at)
    shifts = {s.id: s for s, _ in pairs}
    tasks = tasks_known()
    demands = {i: demand_of(s, tasks.of(s.call), limits[s.call.area_id]) for i, s in shifts.items()}
    days = {i: s.starts_at.astimezone(LOCAL).date() for i, s in shifts.items()}
    people = {a: units[a] for _, a in pairs}
    named = any(c.audience for c in calls.values()) or waves
    who = who_they_are(people, at=at) if named else {}
    abilities = abilities_of(people, at=at)
    # Most people have said nothing, and most shifts demand nothing: nobody looks at those pairs one by one.
    free = set() if named else {i for i, d in demands.items() if not why_not(NOTHING_SAID, d, days[i])[0]}
    plain = set() if named else {a for a, able in abilities.items() if able is NOTHING_SAID}
    out: dict[tuple[UUID, UUID], Hindrance] = {}
    for s, a in pairs:
        if s.id in free and a in plain:
            continue
        code, values = _asked(s.call, waves.get(s.call_id, []), who.get(a), at)
        if not code:
            code, values = why_not(abilities[a], of_unit(demands[s.id], s.call, units[a]), days[s.id])
        if code:
            out[s.id, a] = code, values
    return out


def _asked(call: Call, waves: Sequence[Wave], who: Mapping[str, Any] | None, at: datetime) -> Hindrance:
    if who is None:
        return "", {}
    opens = asked_from(audiences_of(call, waves), who)
    if opens is None:
        return NotAsked.code, {}
    return (NotYetOpen.code, {"from": opens.isoformat()}) if opens > at else ("", {})


def of_unit(demand: Demand, call: Call, unit: UUID | None) -> Demand:
    """Whom his own unit was asked for serves as its employee, and is insured at work by it."""
    if demand.insured and unit and str(unit) in (call.audience.get("bodies") or []):
        return Demand(demand.skills, demand.forbids, False)
    return demand
