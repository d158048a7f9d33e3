"""What is noted about units: an ending, or a try; by hand, by a sample, or found at a door. A million a day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.grid.models import Presence
from lianfang.domains.rounds.errors import EndedOtherwise, RoundClosed, RoundMissing, UnitMissing
from lianfang.domains.rounds.models import Round, Share, Unit
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.rules import TAKES_NOTES, Body, by_sample, comes_back, names, note_problem
from lianfang.domains.rounds.services.plans import shared_states

Key = tuple[UUID, UUID]  # round, unit
Change = tuple[UUID, UUID, str, str]  # round, area, ending, source
# Rows in one order in every transaction: two uploads never wait for each other in a ring.
TALLY = """
INSERT INTO rounds_tally (round_id, area_id, ending, source, n)
SELECT round_id, area_id, ending, source, n FROM jsonb_to_recordset(%s::jsonb)
    AS t(round_id uuid, area_id uuid, ending text, source text, n int) ORDER BY 1, 2, 3, 4
ON CONFLICT (round_id, area_id, ending, source) DO UPDATE SET n = rounds_tally.n + excluded.n
"""
# Gives only what this transaction added: of two desks that add somebody at once, one counts him.
ADD = """
INSERT INTO rounds_unit (round_id, unit_id, area_id, building_id, household_id, source, is_home, ending, reason,
    tries, tried)
SELECT round_id, unit_id, area_id, building_id, household_id, source, false, '', '', 0, ''
FROM jsonb_to_recordset(%s::jsonb)
    AS u(round_id uuid, unit_id uuid, area_id uuid, building_id uuid, household_id uuid, source text) ORDER BY unit_id
ON CONFLICT (round_id, unit_id) DO NOTHING RETURNING area_id, source
"""


@dataclass(frozen=True)
class UnitNote:
    """What somebody noted about a unit: an ending with its reason, or a try.

    shown_at: when the form it was noted on was made: the same try noted since then is this one, pressed twice.
    """

    id: UUID
    round_id: UUID
    unit_id: UUID
    says: str
    reason: str
    by: Actor
    at: datetime
    shown_at: datetime | None = None


@dataclass(frozen=True)
class Sampled:
    """A sample taken of a unit, which gives it its ending."""

    round_id: UUID
    unit_id: UUID
    ending: str
    by_id: UUID
    at: datetime


def locked_units(keys: Iterable[Key]) -> dict[Key, Unit]:
    """Units by round and person, their rows locked in one order until the transaction ends."""
    by_round: dict[UUID, list[UUID]] = {}
    for round_id, unit_id in keys:
        by_round.setdefault(round_id, []).append(unit_id)
    out: dict[Key, Unit] = {}
    for round_id in sorted(by_round):
        rows = Unit.objects.select_for_update().filter(round_id=round_id, unit_id__in=by_round[round_id])
        out |= {(round_id, u.unit_id): u for u in rows.order_by("id")}
    return out


def _keep_tally(changes: Mapping[Change, int]) -> None:
    """Add to the counts of smallest areas; called inside the transaction that changed the units."""
    rows = [
        {"round_id": str(r), "area_id": str(a), "ending": e, "source": s, "n": n}
        for (r, a, e, s), n in changes.items()
        if n
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(TALLY, [json.dumps(rows)])


def _moved(changes: dict[Change, int], u: Unit, ending: str) -> None:
    """Count a unit out of the ending it stands in and into another."""
    for name, n in ((u.ending, -1), (ending, 1)):
        key = (u.round_id, u.area_id, name, u.source)
        changes[key] = changes.get(key, 0) + n


def _may(notes: Sequence[UnitNote], units: Mapping[Key, Unit], rounds: Mapping[UUID, Round]) -> set[UUID]:
    """Notes whose author may end units there: by right in the area, or because the building is on the author's list."""
    ok: set[UUID] = set()
    by_actor: dict[UUID, list[UnitNote]] = {}
    for n in notes:
        by_actor.setdefault(n.by.id, []).append(n)
    for mine in by_actor.values():
        found = [(n, units[n.round_id, n.unit_id]) for n in mine if (n.round_id, n.unit_id) in units]
        there = reach(mine[0].by, "rounds.end", areas={u.area_id for _, u in found})
        shares = set(
            Share.objects.filter(account_id=mine[0].by.id, building__in={u.building_id for _, u in found}).values_list(
                "round_id", "building_id"
            )
        )
        for n, u in found:
            given = there.has(u.area_id, rounds[n.round_id].incident_id)
            if given or ((u.round_id, u.building_id) in shares and mine[0].by.grants):
                ok.add(n.id)
    return ok


@service("rounds.note_units", savepoint=False)
def note_units(*, notes: Sequence[UnitNote], by: Actor, at: datetime) -> list[Outcome]:
    """Endings and tries of units, noted by hand; one outcome a note, none raises for another.

    Repeat: the ending a unit has already is "repeated", and so is what is older than what stands (the values say what
    does), or a try no newer than the last. A try that says the person comes takes an older ending back. Rights: each
    note's own author: rounds.end in the unit's area, or the building on its list. Locks: the rounds
    (shared: none closes meanwhile), then the units.
    Outcomes: rounds.unit_missing, rounds.closed, rounds.ending_unknown, rounds.not_by_hand, rounds.reason_missing,
    rounds.ended_otherwise.
    """
    shared_states(n.round_id for n in notes)
    rounds = {r.id: r for r in Round.objects.filter(id__in={n.round_id for n in notes}).defer("plan")}
    units = locked_units((n.round_id, n.unit_id) for n in notes)
    may = _may(notes, units, rounds)
    bodies = {i: kind_of(r.edition, r.kind) for i, r in rounds.items()}
    changes: dict[Change, int] = {}
    touched: dict[int, Unit] = {}
    outcomes = {}
    for n in sorted(notes, key=lambda n: n.at):
        unit = units.get((n.round_id, n.unit_id)) if n.id in may else None
        outcomes[n.id] = _judge(n, unit, rounds, bodies) or _write(n, unit, bodies[n.round_id], changes, touched)
    update_rows(Unit, list(touched.values()), FIELDS)
    _keep_tally(changes)
    return [outcomes[n.id] for n in notes]


FIELDS = ("ending", "reason", "ended_at", "ended_by", "tries", "tried", "tried_at")


def _judge(n: UnitNote, unit: Unit | None, rounds: Mapping[UUID, Round], bodies: Mapping[UUID, Body]) -> Outcome | None:
    found = rounds.get(n.round_id)
    if found is None:
        return Outcome(n.id, RoundMissing.code, {"round": str(n.round_id)})
    if unit is None:
        return Outcome(n.id, UnitMissing.code, {"unit": str(n.unit_id)})
    if found.state not in TAKES_NOTES:
        return Outcome(n.id, RoundClosed.code, {"state": found.state})
    problem = note_problem(bodies[found.id], n.says, n.reason)
    return Outcome(n.id, *problem) if problem else None


def _write(n: UnitNote, unit: Unit | None, body: Body, changes: dict[Change, int], touched: dict[int, Unit]) -> Outcome:
    assert unit is not None
    if n.says in names(body, "tries"):
        return _try(n, unit, body, changes, touched)
    if (unit.ending, unit.reason) == (n.says, n.reason):
        return Outcome(n.id, "repeated")
    if unit.ending in by_sample(body):
        return Outcome(n.id, EndedOtherwise.code, _stands(body, unit))
    if _is_older(n, unit, body):
        return Outcome(n.id, "repeated", _stands(body, unit))
    _moved(changes, unit, n.says)
    unit.ending, unit.reason, unit.ended_at, unit.ended_by = n.says, n.reason, n.at, n.by.id
    touched[unit.id] = unit
    return Outcome(n.id)


def _is_older(n: UnitNote, unit: Unit, body: Body) -> bool:
    """Whether a newer ending stands, or somebody heard later that the person comes."""
    stands_since = unit.ended_at if unit.ending else unit.tried_at if unit.tried in comes_back(body) else None
    return stands_since is not None and n.at < stands_since


def _try(n: UnitNote, unit: Unit, body: Body, changes: dict[Change, int], touched: dict[int, Unit]) -> Outcome:
    if unit.tried_at is not None:
        is_pressed_twice = unit.tried == n.says and n.shown_at is not None and n.shown_at <= unit.tried_at
        if is_pressed_twice or n.at <= unit.tried_at:
            return Outcome(n.id, "repeated")
    unit.tries, unit.tried, unit.tried_at = unit.tries + 1, n.says, n.at
    is_by_hand = bool(unit.ending) and unit.ending not in by_sample(body)
    if n.says in comes_back(body) and is_by_hand and not _is_older(n, unit, body):
        _moved(changes, unit, "")
        unit.ending, unit.reason, unit.ended_at, unit.ended_by = "", "", None, None
    touched[unit.id] = unit
    return Outcome(n.id)


def _stands(body: Body, unit: Unit) -> dict[str, Any]:
    words = next(({t: e[t] for t in ("zh", "en")} for e in body["endings"] if e["name"] == unit.ending), {})
    return {"ending": words, "time": unit.ended_at.isoformat() if unit.ended_at else ""}


@service("rounds.end_sampled", door=False, savepoint=False)
def end_sampled(*, samples: Sequence[Sampled], units: Mapping[Key, Unit], by: Actor, at: datetime) -> int:
    """Give units the ending of the samples that `sampling` took, whatever was noted by hand before.

    Called with the units it locked. Gives how many moved.
    """
    changes: dict[Change, int] = {}
    rows = []
    for s in samples:
        unit = units[s.round_id, s.unit_id]
        _moved(changes, unit, s.ending)
        unit.ending, unit.reason, unit.ended_at, unit.ended_by = s.ending, "", s.at, s.by_id
        rows.append(unit)
    update_rows(Unit, rows, ("ending", "reason", "ended_at", "ended_by"))
    _keep_tally(changes)
    return len(rows)


@service("rounds.reopen_units", door=False, savepoint=False)
def reopen_units(*, keys: Sequence[Key], by: Actor, at: datetime) -> int:
    """Samples were taken back: their units are on the list again. Called by `sampling`."""
    changes: dict[Change, int] = {}
    units = list(locked_units(keys).values())
    for unit in units:
        _moved(changes, unit, "")
        unit.ending, unit.reason, unit.ended_at, unit.ended_by = "", "", None, None
    update_rows(Unit, units, ("ending", "reason", "ended_at", "ended_by"))
    _keep_tally(changes)
    return len(units)


@service("rounds.add_units", door=False, savepoint=False)
def add_units(*, round_id: UUID, people: Sequence[tuple[UUID, str]], by: Actor, at: datetime) -> int:
    """People met who are not on the list yet, each with where he was met (door, desk): 补录, counted by themselves.

    Where they belong is where they live or stay now; whoever is on the list is left. Called by the flows that met them.
    Gives how many of them are on the list now, whoever added them.
    """
    source = dict(people)
    stays = Presence.objects.filter(person_id__in=source, to_on=None, kind__in=("lives", "stays"))
    met = {p.person_id: p for p in stays.order_by("person_id", "kind")}  # who stays somewhere is met there
    rows = [
        {"round_id": str(round_id), "unit_id": str(i), "area_id": str(p.area_id), "building_id": str(p.building_id),
         "household_id": str(p.household_id), "source": source[i]}
        for i, p in met.items()
    ]  # fmt: skip
    changes: dict[Change, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(ADD, [json.dumps(rows)])
        for area_id, way in cursor.fetchall():
            key = (round_id, area_id, "", way)
            changes[key] = changes.get(key, 0) + 1
    _keep_tally(changes)
    return len(rows)


@service("rounds.ask_home", door=False)
def ask_home(*, round_id: UUID, unit_ids: Sequence[UUID], is_home: bool, by: Actor, at: datetime) -> list[Outcome]:
    """These are to be met at their door (or no longer). Rights: rounds.end in the unit's area. Locks: the units.

    Called by the flow that keeps it for the next rounds.
    Outcomes: rounds.unit_missing; "repeated" for one that is already so.
    """
    units = locked_units((round_id, i) for i in unit_ids)
    there = reach(by, "rounds.end", areas={u.area_id for u in units.values()})
    incident = Round.objects.filter(id=round_id).values_list("incident_id", flat=True).first()
    outcomes, rows = [], []
    for i in unit_ids:
        u = units.get((round_id, i))
        if u is None or not there.has(u.area_id, incident):
            outcomes.append(Outcome(i, UnitMissing.code, {"unit": str(i)}))
        elif u.is_home == is_home:
            outcomes.append(Outcome(i, "repeated"))
        else:
            u.is_home = is_home
            rows.append(u)
            outcomes.append(Outcome(i))
    update_rows(Unit, rows, ("is_home",))
    return outcomes
