"""Who serves when: the shifts of a call over some days and the people of a squad, as a roster with its gaps.

A day of the roster is that on which a shift begins, in local time; a kind of duty is a begin, a length and a title.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.errors import CallMissing
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries.gates import LOCAL, hindrances
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.queries.tasks import most_of, risk_values, task_of
from lianfang.domains.calls.rules import FIRM, Span, overlaps, tired
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.responders.models import Member, Responder
from lianfang.domains.responders.queries import skills_of, team_seen
from lianfang.domains.responders.rules import IN_TEAM, is_free
from lianfang.kernels import rostering
from lianfang.kernels.rostering import OFF

CARE = ("rest_hours", "most_hours", "week_hours", "run_days", "inside_days", "inside_rest_days")
SHORT, NEVER = 1000, 100_000  # what a head short costs, and what costs more than any gap: a time somebody has not
MOST_DAYS, MOST_PEOPLE = 31, 200
Kind = tuple[int, int, str, bool]  # begins at minute of the day, minutes, title, whether the skill is asked for
Cell = tuple[int, int]  # person, day


@dataclass(frozen=True)
class Wanted:
    """What is asked of a roster: the span (last day within), the squad or none, a skill of which each shift has one,
    whether the place is closed (days inside in a row, then days of rest), days off people asked for."""

    from_on: date
    until_on: date
    team_id: UUID | None = None
    skill: str = ""
    is_closed: bool = False
    days_off: frozenset[tuple[UUID, date]] = frozenset()


@dataclass(frozen=True)
class Line:
    """One person's line: by day the shift or none; hours; since when and until when inside in a row, rest until."""

    account_id: UUID
    post: str
    cells: tuple[Shift | None, ...]
    kept: tuple[bool, ...]
    hours: float
    run_days: int
    rotates_on: date | None
    rests_until: date | None


@dataclass(frozen=True)
class Gap:
    """People missing on a shift when the roster holds; is_skilled: of the skill that each shift needs one of."""

    shift: Shift
    missing: int
    is_skilled: bool = False


@dataclass(frozen=True)
class RosterProposal:
    """A roster: days, lines, gaps; its cost and what none can cost less than; rules it breaks, by person and day."""

    days: tuple[date, ...]
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    cost: int
    bound: float
    is_proven: bool
    faults: tuple[tuple[str, str, date | None], ...]


@dataclass
class _Rows:
    call: Call
    days: list[date]
    shifts: list[Shift]
    people: list[UUID]
    posts: dict[UUID, str]
    held: dict[UUID, list[tuple[UUID, Span]]]
    skilled: set[UUID]
    care: Mapping[str, Any]


def propose_roster(
    call_id: UUID, wanted: Wanted, *, by: Actor, at: datetime, seconds: float = 2.0,
    clock: Callable[[], float] = time.thread_time,
) -> RosterProposal:  # fmt: skip
    """A roster of a call's shifts for a squad, or for those who hold a place on it. Nothing is written.

    seconds: of this thread's own work, so that a busy machine gives the same roster as a quiet one, later.
    Cover first, then fair shares of hours; nobody without rest, without a skill the post demands, when he is not free,
    when he serves elsewhere or asked for a day off. What people hold already stays. Rights: calls.lead on the call.
    Raises: CallMissing, TeamMissing.
    """
    rows = _rows(call_id, wanted, by, at)
    table = _Table(rows, wanted)
    blocked = _blocked(rows, table, at)
    problem = _problem(rows, table, blocked, wanted)
    best: tuple[rostering.Problem, rostering.Proposal] | None = None
    for n, asked in enumerate(_fairer(problem, rows, table)):  # equal shares, then none above, then whatever covers
        found = rostering.propose(asked, seconds=seconds / (n + 2), seed=1, clock=clock)
        if best is None or (len(found.impossible), found.cost) < (len(best[1].impossible), best[1].cost):
            best = asked, found
        if not found.gaps and not found.impossible:
            break
    assert best is not None, "the loop has a first"
    return _told(rows, table, *best, wanted)


def _rows(call_id: UUID, wanted: Wanted, by: Actor, at: datetime) -> _Rows:
    call = Call.objects.filter(id=call_id).select_related("area").first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.lead", call)
    n = min(max((wanted.until_on - wanted.from_on).days + 1, 1), MOST_DAYS)
    days = [wanted.from_on + timedelta(days=d) for d in range(n)]
    first = datetime.combine(days[0], datetime.min.time(), LOCAL)
    last = first + timedelta(days=n)
    shifts = list(Shift.objects.filter(call=call, places__gt=0, starts_at__gte=max(first, at), starts_at__lt=last)
                  .order_by("starts_at", "title", "id"))  # fmt: skip
    for s in shifts:
        s.call = call
    if wanted.team_id:
        team_seen(wanted.team_id, by=by, at=at)
        ids: Any = Member.objects.filter(team_id=wanted.team_id, state=IN_TEAM).values("responder_id")
    else:
        ids = Claim.objects.filter(shift__call=call, state__in=(*FIRM, "waiting")).values("account_id")
    named = Account.objects.filter(id__in=ids, is_active=True).order_by("label", "id").values_list("id", "label")
    posts = dict(named[:MOST_PEOPLE])
    firm = Claim.objects.filter(account_id__in=list(posts), state__in=FIRM)
    firm = firm.filter(shift__ends_at__gt=first - timedelta(days=35), shift__starts_at__lt=last + timedelta(days=7))
    held: dict[UUID, list[tuple[UUID, Span]]] = {}
    for who, shift, a, b in with_spans(firm, at).values_list("account_id", "shift_id", "begins", "ends"):
        held.setdefault(who, []).append((shift, (a, b)))
    skilled = {i for i, own in skills_of(list(posts), at=at).items() if wanted.skill in own}
    care = values_by_area(common_edition(), [*CARE, *risk_values()], {call.area_id}, at=at)[call.area_id]
    return _Rows(call, days, shifts, list(posts), posts, held, skilled, care)


class _Table:
    """Where each shift lies in the roster: its day and its kind; with a skill asked for, a kind for it and one beside.

    Edge: two shifts of one day and kind (a further group) are one cell; who is put there goes to the first with room.
    """

    def __init__(self, rows: _Rows, wanted: Wanted) -> None:
        self.of_day = {d: n for n, d in enumerate(rows.days)}
        self.kinds: list[Kind] = []
        self.cells: dict[tuple[int, int], list[Shift]] = {}
        self.at: dict[UUID, tuple[int, list[int]]] = {}
        for s in rows.shifts:
            begins = s.starts_at.astimezone(LOCAL)
            minutes = int((s.ends_at - s.starts_at) / timedelta(minutes=1))
            day, own = self.of_day[begins.date()], []
            for is_skilled in (True, False) if wanted.skill else (False,):
                kind = (begins.hour * 60 + begins.minute, minutes, s.title, is_skilled)
                if kind not in self.kinds:
                    self.kinds.append(kind)
                own.append(self.kinds.index(kind))
                self.cells.setdefault((day, own[-1]), []).append(s)
            self.at[s.id] = day, own

    def heads(self, day: int, kind: int, rows: _Rows, has_skill: bool) -> int:
        """People wanted in a cell: one with the skill for each shift, the rest beside him; others' places apart."""
        inside = {(w, s) for w, own in rows.held.items() for s, _ in own}
        out = 0
        for s in self.cells[day, kind]:
            mine = sum((w, s.id) in inside for w in rows.people)
            places = max(s.places - (s.taken - mine), 0)
            out += min(1, places) if self.kinds[kind][3] else max(places - has_skill, 0)
        return out


def _fairer(problem: rostering.Problem, rows: _Rows, table: _Table) -> list[rostering.Problem]:
    """The problem with everybody's share within one turn of the others', with no share above that, and as it is."""
    lengths = [k[1] for k in table.kinds] or [0]
    turns, n = sum(s.places for s in rows.shifts), max(len(rows.people), 1)
    most, least = -(-turns // n) * max(lengths), turns // n

    def at_least(p: rostering.Person) -> int:
        can = (problem.days - len(p.days_off)) // 2  # a turn every other day leaves rest, whatever the hours
        return min(least, max(can, 0)) * min(lengths)

    bounded = [replace(p, max_minutes=min(p.max_minutes, most)) for p in problem.people]
    equal = [replace(p, min_minutes=min(at_least(p), p.max_minutes)) for p in bounded]
    return [replace(problem, people=tuple(equal)), replace(problem, people=tuple(bounded)), problem]


def _blocked(rows: _Rows, table: _Table, at: datetime) -> dict[tuple[int, int, int], bool]:
    """Cells (person, day, kind) that cannot be: hindered by a gate, not free then, or serving elsewhere."""
    units = dict(Account.objects.filter(id__in=rows.people).values_list("id", "organisation_id"))
    hindered = hindrances([(s, p) for s in rows.shifts for p in rows.people], units, at=at)
    free = dict(Responder.objects.filter(id__in=rows.people).values_list("id", "free_times"))
    rest, most = (timedelta(hours=rows.care[n]) for n in ("rest_hours", "most_hours"))
    risky = most_of(task_of(rows.call), rows.care)  # how long the task's risk lets anybody serve
    own_shifts = set(table.at)
    out: dict[tuple[int, int, int], bool] = {}
    for n, p in enumerate(rows.people):
        elsewhere = [span for shift, span in rows.held.get(p, []) if shift not in own_shifts]
        for s in rows.shifts:
            span = (s.starts_at, s.ends_at)
            local = [t.astimezone(LOCAL) for t in span]
            no = (s.id, p) in hindered or not is_free(free.get(p) or [], local[0], local[1])
            no = no or any(overlaps(o, span) for o in elsewhere)
            no = no or span[1] - span[0] > risky or bool(tired(elsewhere, span, rest=rest, most=min(most, risky))[0])
            day, kinds = table.at[s.id]
            for k in kinds:
                lacks = table.kinds[k][3] and p not in rows.skilled
                out[n, day, k] = out.get((n, day, k), True) and (no or lacks)
    return out


def _problem(rows: _Rows, table: _Table, blocked: Mapping[tuple[int, int, int], bool],
             wanted: Wanted) -> rostering.Problem:  # fmt: skip
    rest = round(rows.care["rest_hours"] * 60)
    kinds = tuple(
        rostering.Shift(title or str(begin), minutes,
                        frozenset(n for n, k in enumerate(table.kinds) if k[0] + 1440 - (begin + minutes) < rest))
        for begin, minutes, title, _ in table.kinds
    )  # fmt: skip
    needs = tuple(
        rostering.Need(day, kind, heads, SHORT, SHORT)
        for day, kind in table.cells
        for heads in [table.heads(day, kind, rows, bool(wanted.skill))]
    )
    kept = _kept(rows, table)
    fixed = {(k.person, k.day) for k in kept}
    never = tuple(
        rostering.Request(n, day, kind, NEVER, on=False)
        for (n, day, kind), no in blocked.items()
        if no and (n, day) not in fixed
    )
    people = tuple(_person(rows, table, n, p, blocked, fixed, wanted) for n, p in enumerate(rows.people))
    return rostering.Problem(len(rows.days), kinds, people, needs, never, kept, rows.days[0].weekday())


def _kept(rows: _Rows, table: _Table) -> tuple[rostering.Kept, ...]:
    """What people hold already, one cell a person and day."""
    out: dict[Cell, int] = {}
    for n, p in enumerate(rows.people):
        for shift, _ in rows.held.get(p, []):
            if shift in table.at:
                day, kinds = table.at[shift]
                fit = [k for k in kinds if not table.kinds[k][3] or p in rows.skilled]
                out.setdefault((n, day), fit[0])
    return tuple(rostering.Kept(n, day, kind) for (n, day), kind in out.items())


def _person(rows: _Rows, table: _Table, n: int, who: UUID, blocked: Mapping[tuple[int, int, int], bool],
            fixed: Collection[Cell], wanted: Wanted) -> rostering.Person:  # fmt: skip
    cells = [(day, kind) for day, kind in table.cells if (n, day) not in fixed]
    off = {d for d in range(len(rows.days)) if (own := [c for c in cells if c[0] == d])
           and all(blocked[n, d, k] for _, k in own)}  # fmt: skip
    off |= {d for d, day in enumerate(rows.days) if (who, day) in wanted.days_off and (n, d) not in fixed}
    days_before, last = _before(rows, table, who)
    weeks = -(-len(rows.days) // 7)
    run = rows.care["inside_days"] if wanted.is_closed else rows.care["run_days"]
    return rostering.Person(
        rows.posts[who], max_minutes=round(weeks * rows.care["week_hours"] * 60), max_run=max(int(run), 1),
        min_rest=max(int(rows.care["inside_rest_days"]), 1) if wanted.is_closed else 1, days_off=frozenset(off),
        last_shift=last, days_worked=min(days_before, int(run)) if last != OFF else 0,
    )  # fmt: skip


def _before(rows: _Rows, table: _Table, who: UUID) -> tuple[int, int]:
    """How many days in a row somebody has served up to the day before the span, and the last kind if it is here."""
    served = {span[0].astimezone(LOCAL).date(): span for _, span in rows.held.get(who, [])}
    day, n = rows.days[0] - timedelta(days=1), 0
    while day - timedelta(days=n) in served:
        n += 1
    if not n:
        return 0, OFF
    begins = served[day][0].astimezone(LOCAL)
    minutes = int((served[day][1] - served[day][0]) / timedelta(minutes=1))
    like = [i for i, k in enumerate(table.kinds) if k[:2] == (begins.hour * 60 + begins.minute, minutes)]
    return n, like[0] if like else OFF


def _told(rows: _Rows, table: _Table, problem: rostering.Problem, found: rostering.Proposal,
          wanted: Wanted) -> RosterProposal:  # fmt: skip
    room = {s.id: s.places - s.taken for s in rows.shifts}
    mine = {(w, s) for w, own in rows.held.items() for s, _ in own}
    lines = [_line(rows, table, n, p, found.roster[n], room, mine, wanted) for n, p in enumerate(rows.people)]
    gaps = [Gap(table.cells[g.day, g.shift][0], g.missing, table.kinds[g.shift][3]) for g in found.gaps
            if g.missing > 0]  # fmt: skip
    broken = tuple((f.rule, rows.posts[rows.people[f.person]], rows.days[f.day] if f.day >= 0 else None)
                   for f in rostering.faults(problem, found.roster))  # fmt: skip
    return RosterProposal(tuple(rows.days), tuple(lines), tuple(gaps), found.cost, found.bound, found.proven, broken)


def _line(rows: _Rows, table: _Table, n: int, who: UUID, own: Sequence[int] | np.ndarray, room: dict[UUID, int],
          mine: set[tuple[UUID, UUID]], wanted: Wanted) -> Line:  # fmt: skip
    cells: list[Shift | None] = []
    for day, kind in enumerate(own):
        some = table.cells.get((day, int(kind)), []) if kind != OFF else []
        held = next((s for s in some if (who, s.id) in mine), None)
        shift = held or next((s for s in some if room[s.id] > 0), None)
        if shift and not held:
            room[shift.id] -= 1
        cells.append(shift)
    spans = [(s.ends_at - s.starts_at) / timedelta(hours=1) for s in cells if s]
    run, rotates, rests = _rotation(rows, table, who, cells, wanted)
    return Line(who, rows.posts[who], tuple(cells), tuple(bool(s and (who, s.id) in mine) for s in cells),
                round(sum(spans), 1), run, rotates, rests)  # fmt: skip


def _rotation(rows: _Rows, table: _Table, who: UUID, cells: Sequence[Shift | None],
              wanted: Wanted) -> tuple[int, date | None, date | None]:  # fmt: skip
    """The first run of days: how long with what lies before, the first day after it, and until when rest is due."""
    before, _ = _before(rows, table, who)
    on = [c is not None for c in cells]
    first = 0 if before else next((d for d, x in enumerate(on) if x), None)
    if first is None:
        return before, None, None
    end = next((d for d in range(first, len(on)) if not on[d]), len(on))
    days = before + end - first
    rotates = rows.days[0] + timedelta(days=end) if end < len(on) else None
    rest = int(rows.care["inside_rest_days"]) if wanted.is_closed else 1
    return days, rotates, rotates + timedelta(days=rest) if rotates else None
