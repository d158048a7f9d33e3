"""Who serves when: the shifts of a call over some days and the people of a squad, as a roster with its gaps.

A day of the roster is that on which a shift begins, in local time; a kind of duty is a begin, a length and a title.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.planning.roster_rows import Cell, Rows, Table, Wanted, rows_of
from lianfang.domains.calls.planning.wishes import Unmet, Wish, unmet_wishes, wished
from lianfang.domains.calls.queries.gates import LOCAL, hindrances
from lianfang.domains.calls.queries.skies import Barred
from lianfang.domains.calls.queries.tasks import most_of, task_of
from lianfang.domains.calls.rules import Span, overlaps, tired
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.rules import is_free
from lianfang.kernels import rostering
from lianfang.kernels.rostering import OFF

SHORT = 1000  # what a head short costs at least; a time that somebody has not costs more than any gap
DEAR = 100  # so many heads short


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
    unmet: tuple[Unmet, ...] = ()  # wishes of his that the roster does not keep


@dataclass(frozen=True)
class Gap:
    """People missing on a shift when the roster holds; role: the skill of which the shift needs so many."""

    shift: Shift
    missing: int
    role: str = ""


@dataclass(frozen=True)
class RosterProposal:
    """A roster: days, lines, gaps; its cost and what none can cost less than; rules it breaks, by person and day.

    barred: shifts for which nobody is proposed in the weather that is warned of.
    """

    days: tuple[date, ...]
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    cost: int
    bound: float
    is_proven: bool
    faults: tuple[tuple[str, str, date | None], ...]
    barred: tuple[tuple[Shift, Barred], ...] = ()


def propose_roster(
    call_id: UUID, wanted: Wanted, *, by: Actor, at: datetime, seconds: float = 2.0,
    clock: Callable[[], float] = time.thread_time,
) -> RosterProposal:  # fmt: skip
    """A roster of a call's shifts for a squad, or for those who hold a place on it. Nothing is written.

    seconds: of this thread's own work, so that a busy machine gives the same roster as a quiet one, later.
    Cover first, then fair shares of hours; nobody without rest, without a skill the post demands, when he is not free,
    when he serves elsewhere or has a day off. What people hold already stays. Wishes are kept where that leaves no gap.
    Rights: calls.lead on the call.
    Raises: CallMissing, TeamMissing.
    """
    rows = rows_of(call_id, wanted, by, at)
    table = Table(rows)
    blocked = _blocked(rows, table, at)
    wishes = wished(rows, table)
    problem = _problem(rows, table, blocked, wishes, wanted)
    best: tuple[rostering.Problem, rostering.Proposal] | None = None
    for n, asked in enumerate(_fairer(problem, rows, table)):  # equal shares, then none above, then whatever covers
        found = rostering.propose(asked, seconds=seconds / (n + 2), seed=1, clock=clock)
        if best is None or (len(found.impossible), found.cost) < (len(best[1].impossible), best[1].cost):
            best = asked, found
        if not found.gaps and not found.impossible:
            break
    assert best is not None, "the loop has a first"
    return _told(rows, table, *best, wishes, wanted)


def _fairer(problem: rostering.Problem, rows: Rows, table: Table) -> list[rostering.Problem]:
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


def _blocked(rows: Rows, table: Table, at: datetime) -> dict[tuple[int, int, int], bool]:
    """Cells (person, day, kind) that cannot be: hindered by a gate, not free then, or serving elsewhere."""
    units = dict(Account.objects.filter(id__in=rows.people).values_list("id", "organisation_id"))
    hindered = hindrances([(s, p) for s in rows.shifts for p in rows.people], units, at=at)
    free = dict(Responder.objects.filter(id__in=rows.people).values_list("id", "free_times"))
    rest, most = (timedelta(hours=rows.care[n]) for n in ("rest_hours", "most_hours"))
    risky = most_of(task_of(rows.call), rows.care)  # how long the task's risk lets anybody serve
    own_shifts = set(table.at)
    task, out = task_of(rows.call), dict[tuple[int, int, int], bool]()
    for n, p in enumerate(rows.people):
        elsewhere = [span for shift, span in rows.held.get(p, []) if shift not in own_shifts]
        for s in rows.shifts:
            span = (s.starts_at, s.ends_at)
            local = [t.astimezone(LOCAL) for t in span]
            no = (s.id, p) in hindered or not is_free(free.get(p) or [], local[0], local[1])
            no = no or any(overlaps(o, span) for o in elsewhere)
            no = no or span[1] - span[0] > risky or bool(tired(elsewhere, span, rest=rest, most=min(most, risky))[0])
            no = no or (bool(task.get("suit")) and _in_suit(rows, p, span, own_shifts) > risky)
            day, kinds = table.at[s.id]
            for k in kinds:
                out[n, day, k] = out.get((n, day, k), True) and (no or not table.fits(rows, p, k))
    return out


def _in_suit(rows: Rows, who: UUID, span: Span, own_shifts: Collection[UUID]) -> timedelta:
    """How long somebody would be in protective clothing on the day of a shift, with what he serves elsewhere."""
    day = span[0].astimezone(LOCAL).date()
    elsewhere = [b - a for shift, (a, b) in rows.suited.get(who, [])
                 if shift not in own_shifts and a.astimezone(LOCAL).date() == day]  # fmt: skip
    return sum(elsewhere, span[1] - span[0])


def _problem(rows: Rows, table: Table, blocked: Mapping[tuple[int, int, int], bool],
             wishes: Sequence[Wish], wanted: Wanted) -> rostering.Problem:  # fmt: skip
    rest = round(rows.care["rest_hours"] * 60)
    kinds = tuple(
        rostering.Shift(title or str(begin), minutes,
                        frozenset(n for n, k in enumerate(table.kinds) if k[0] + 1440 - (begin + minutes) < rest))
        for begin, minutes, title, _ in table.kinds
    )  # fmt: skip
    short = _short(wishes)
    needs = tuple(rostering.Need(day, kind, heads, short, short) for (day, kind), heads in table.wanted.items())
    kept = _kept(rows, table)
    fixed = {(k.person, k.day) for k in kept}
    never = tuple(
        rostering.Request(n, day, kind, DEAR * short, on=False)
        for (n, day, kind), no in blocked.items()
        if no and (n, day) not in fixed
    )
    people = tuple(_person(rows, table, n, p, blocked, fixed, wanted) for n, p in enumerate(rows.people))
    asked = tuple(w.request for w in wishes if (w.request.person, w.request.day) not in fixed)
    return rostering.Problem(len(rows.days), kinds, people, needs, never + asked, kept, rows.days[0].weekday())


def _short(wishes: Sequence[Wish]) -> int:
    """What a head short costs: more than all wishes together, so that none ever leaves a gap."""
    return max(SHORT, 1 + sum(w.request.weight for w in wishes))


def _kept(rows: Rows, table: Table) -> tuple[rostering.Kept, ...]:
    """What people hold already, one cell a person and day: in a role that he fills while one of it is wanted."""
    left, out = dict(table.wanted), dict[Cell, int]()
    for n, p in enumerate(rows.people):
        for shift, _ in rows.held.get(p, []):
            if shift in table.at:
                day, kinds = table.at[shift]
                fit = [k for k in kinds if table.fits(rows, p, k)]
                kind = next((k for k in fit if left[day, k] > 0), fit[-1])
                left[day, kind] -= (n, day) not in out
                out.setdefault((n, day), kind)
    return tuple(rostering.Kept(n, day, kind) for (n, day), kind in out.items())


def _person(rows: Rows, table: Table, n: int, who: UUID, blocked: Mapping[tuple[int, int, int], bool],
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


def _before(rows: Rows, table: Table, who: UUID) -> tuple[int, int]:
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


def _told(rows: Rows, table: Table, problem: rostering.Problem, found: rostering.Proposal,
          wishes: Sequence[Wish], wanted: Wanted) -> RosterProposal:  # fmt: skip
    room = {s.id: s.places - s.taken for s in rows.shifts}
    mine = {(w, s) for w, own in rows.held.items() for s, _ in own}
    lines = [_line(rows, table, n, p, found.roster[n], room, mine, wanted) for n, p in enumerate(rows.people)]
    missed = unmet_wishes(rows, wishes, found.unmet)
    lines = [replace(x, unmet=missed[n]) if n in missed else x for n, x in enumerate(lines)]
    gaps = [Gap(table.cells[g.day, g.shift][0], g.missing, table.kinds[g.shift][3]) for g in found.gaps
            if g.missing > 0]  # fmt: skip
    broken = tuple((f.rule, rows.posts[rows.people[f.person]], rows.days[f.day] if f.day >= 0 else None)
                   for f in rostering.faults(problem, found.roster))  # fmt: skip
    return RosterProposal(tuple(rows.days), tuple(lines), tuple(gaps), found.cost, found.bound, found.proven, broken,
                          tuple(rows.barred))  # fmt: skip


def _line(rows: Rows, table: Table, n: int, who: UUID, own: Sequence[int] | np.ndarray, room: dict[UUID, int],
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


def _rotation(rows: Rows, table: Table, who: UUID, cells: Sequence[Shift | None],
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
