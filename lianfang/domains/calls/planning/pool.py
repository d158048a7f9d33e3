"""Everybody who could be asked beside every shift that lacks people: the gates of claiming over whole arrays.

The gates are the rules themselves. People who are alike for a gate are judged once, so that thousands of people beside
hundreds of shifts cost some thousand judgements, and the number of questions to the database does not grow with either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Exists, F, OuterRef, Q
from numpy.typing import NDArray

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.models import Claim, Shift, Wave
from lianfang.domains.calls.queries.audience import areas_reached, audiences_of, claiming, waves_of, who_they_are
from lianfang.domains.calls.queries.gates import LIMITS, LOCAL, demand_of, of_unit
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.queries.seen import taking
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.queries.tasks import most_of, risk_values, tasks_known
from lianfang.domains.calls.rules import FIRM, Room, Span, asked_from, overlaps, tired, weary
from lianfang.domains.editions.queries import common_edition, value, values_by_area
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries import abilities_of
from lianfang.domains.responders.rules import Ability, is_free, why_not

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
FAR = 99
CARE = ("rest_hours", "most_hours", "week_hours")
COSTS = ("match_step_m", "match_served_hour_m", "match_further_shift_m", "match_waits_m", "match_spare_skill_m")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Pool:
    """Shifts with free places (S,) as they are let go now; people, who may serve which (P, S),
    how many levels away (P, S), spare skills (P, S).


    waits: by account the full shift that he waits for. values: the edition's, by area.
    """

    shifts: list[Shift]
    free: Ints
    people: list[UUID]
    posts: dict[UUID, str]
    may: Mask
    steps: Ints
    spare: Ints
    waits: dict[UUID, UUID]
    values: dict[UUID | None, dict[str, Any]]


@dataclass
class _Person:
    unit: UUID | None
    post: str
    serves: set[UUID]
    home: UUID | None = None
    near: int | None = None
    free: Sequence[Any] = ()
    held: tuple[Span, ...] = ()


def pool_of(area_id: UUID, *, by: Actor | None, at: datetime, until_at: datetime, calls: Collection[UUID] = ()) -> Pool:
    """Shifts of an area and below, led by the actor, that begin before a time and lack people; and all who could come.

    by: none, if who leads them is to be told what is proposed. calls: these alone, wherever they are, if any are named.
    One that has begun is among them while enough of it is left (gap_rest_minutes): somebody has had to stop.

    A pair is left out where claiming would refuse it now, where the person is not free then or would not go so far,
    and where he has had to do with that shift before: who gave it back is not asked again.
    """
    shifts = _shifts(area_id, by, at, until_at, calls)
    areas = {s.call.area_id for s in shifts}
    values = values_by_area(common_edition(), (*LIMITS, *CARE, *COSTS, *risk_values()), areas, at=at)
    waves = waves_of({s.call_id for s in shifts})
    people = _people({s.call.asked_area_id for s in shifts}, at) if shifts else {}
    ids = list(people)
    known = _with_claims(people, shifts, at)
    _with_cards(people, areas)
    abilities = abilities_of(ids, at=at) if ids else {}
    steps, may = _near(people, shifts)
    may &= _asked(people, shifts, waves, at)
    may &= _able(people, shifts, abilities, values)
    may &= _free(people, shifts)
    may &= _rested(people, shifts, values)
    index, column = {i: n for n, i in enumerate(ids)}, {s.id: n for n, s in enumerate(shifts)}
    for account, shift in known:
        may[index[account], column[shift]] = False
    tasks = tasks_known()
    demands = [len(demand_of(s, tasks.of(s.call), values[s.call.area_id]).skills) for s in shifts]
    has = np.array([len(abilities[i].skills) for i in ids], np.int64)
    spare = np.maximum(has[:, None] - np.array(demands, np.int64)[None], 0)
    return Pool(
        shifts,
        _let_go(shifts, waves, at),
        ids,
        {i: p.post for i, p in people.items()},
        may,
        steps,
        spare,
        _waits(people, at),
        values,
    )


def _shifts(area_id: UUID, by: Actor | None, at: datetime, until_at: datetime, calls: Collection[UUID]) -> list[Shift]:
    rows = taking(Shift.objects.filter(of_calls(by, "calls.lead", path="call__")) if by else Shift.objects.all(), at)
    rows = rows.filter(call_id__in=calls) if calls else rows
    rest = timedelta(minutes=value(common_edition(), "gap_rest_minutes", area_id=area_id, at=at))
    rows = rows.filter(ends_at__gte=at + rest, starts_at__lt=until_at)
    rows = rows if calls else rows.filter(call__area_id__in=ids_below(area_id))
    rows = rows.filter(taken__lt=F("places")).select_related("call__area").defer("call__area__outline")
    return list(rows.order_by("starts_at", "id"))


def _let_go(shifts: Sequence[Shift], waves: dict[UUID, list[Wave]], at: datetime) -> Ints:
    rooms = [Room(s.id, s.starts_at, s.ends_at, s.places, s.taken, s.waiting, s.asked, s.call.opens_at,
                  s.call.closes_at, False, waves=tuple((w.opens_at, w.percent) for w in waves.get(s.call_id, [])))
             for s in shifts]  # fmt: skip
    return np.array([max(0, min(r.places, r.let_go(at)[0]) - r.taken) for r in rooms], np.int64)


def _people(asked: set[UUID], at: datetime) -> dict[UUID, _Person]:
    near = AreaClosure.objects.filter(hierarchy=DIVISION).filter(
        Q(ancestor_id__in=asked, descendant_id=OuterRef("area_id"))
        | Q(descendant_id__in=asked, ancestor_id=OuterRef("area_id"))
    )
    rows: Any = claiming(at).filter(Exists(near), account__is_active=True).order_by("account_id")
    names = ("account_id", "area_id", "account__organisation_id", "account__label")
    out: dict[UUID, _Person] = {}
    for account, area, unit, label in RoleGrant.objects.filter(id__in=rows.values("id")).values_list(*names):
        out.setdefault(account, _Person(unit, label, set())).serves.add(area)
    return dict(sorted(out.items()))


def _with_claims(people: dict[UUID, _Person], shifts: Sequence[Shift], at: datetime) -> list[tuple[UUID, UUID]]:
    """Give people the times they hold; gives who has had to do with which of the shifts before."""
    ids, since = list(people), min((s.starts_at for s in shifts), default=at) - WEEK
    firm = Claim.objects.filter(account_id__any=ids, state__in=FIRM, shift__ends_at__gt=since).order_by()
    held: dict[UUID, list[Span]] = {}
    for account, starts, ends in with_spans(firm, at).values_list("account_id", "begins", "ends"):
        held.setdefault(account, []).append((starts, ends))
    for i, spans in held.items():
        people[i].held = tuple(sorted(spans))
    here = Claim.objects.filter(shift_id__any=[s.id for s in shifts], account_id__any=ids).order_by()
    return list(here.values_list("account_id", "shift_id").distinct())


def _waits(people: dict[UUID, _Person], at: datetime) -> dict[UUID, UUID]:
    rows = Claim.objects.filter(account_id__any=list(people), state="waiting", shift__starts_at__gt=at)
    rows = rows.filter(shift__taken__gte=F("shift__places")).order_by("-claimed_at")
    return dict(rows.values_list("account_id", "shift_id"))


def _with_cards(people: dict[UUID, _Person], areas: set[UUID]) -> None:
    """Give people what their cards say: home, how far they would go, when they are free."""
    rows = Responder.objects.filter(id__any=list(people), left_at=None)
    for i, home, near, free in rows.values_list("id", "home_area_id", "near_steps", "free_times"):
        people[i].home, people[i].near, people[i].free = home, near, free
    for p in people.values():
        p.home = p.home or min(p.serves)


def _by_class(keys: Sequence[Hashable], columns: int, judge: Callable[[Any], Sequence[Any]], kind: Any) -> Any:
    """A row for each person, judged once for all who have the same key."""
    number: dict[Hashable, int] = {}
    of = np.array([number.setdefault(k, len(number)) for k in keys], np.int64)
    if not number:
        return np.zeros((0, columns), kind)
    return np.array([judge(k) for k in number], kind).reshape(len(number), columns)[of]


def _near(people: dict[UUID, _Person], shifts: Sequence[Shift]) -> tuple[Ints, Mask]:
    """How many levels above home each call's area lies, and whether the person would go so far and is asked there."""
    homes, posts = {p.home for p in people.values()}, {s.call.area_id for s in shifts}
    above: dict[UUID, dict[UUID, int]] = {}
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__any=list(homes | posts))
    for area, ancestor, depth in rows.values_list("descendant_id", "ancestor_id", "depth"):
        above.setdefault(area, {})[ancestor] = depth

    def from_home(home: UUID) -> list[int]:
        own = above.get(home, {})
        to = {a: min((d for x, d in own.items() if x in above.get(a, ())), default=FAR) for a in posts}
        return [to[s.call.area_id] for s in shifts]

    every = list(people.values())
    steps = _by_class([p.home for p in every], len(shifts), from_home, np.int64)
    far = np.array([FAR if p.near is None else p.near for p in every], np.int64)
    asked = {s.call.asked_area_id for s in shifts}
    reached = areas_reached(asked, {a for p in every for a in p.serves}) if every else set()

    def of_serving(serves: frozenset[UUID]) -> list[bool]:
        fit = {a: any((a, own) in reached for own in serves) for a in asked}
        return [fit[s.call.asked_area_id] for s in shifts]

    serve = _by_class([frozenset(p.serves) for p in every], len(shifts), of_serving, bool)
    return steps, serve & (steps <= far[:, None])


def _asked(people: dict[UUID, _Person], shifts: Sequence[Shift], waves: dict[UUID, list[Wave]], at: datetime) -> Mask:
    """Whether the audience of each call, or one of its waves by now, holds the person."""
    calls = {s.call_id: audiences_of(s.call, waves.get(s.call_id, [])) for s in shifts}
    if not any(a for audiences in calls.values() for _, a in audiences):
        opened = [min(opens for opens, _ in calls[s.call_id]) <= at for s in shifts]
        return np.broadcast_to(np.array(opened, bool), (len(people), len(shifts)))
    who = who_they_are({i: p.unit for i, p in people.items()}, at=at)
    facts = [tuple(sorted((n, v if isinstance(v, bool) else frozenset(v)) for n, v in who[i].items())) for i in people]

    def one(own: tuple[tuple[str, Any], ...]) -> list[bool]:
        opens = {c: asked_from(audiences, dict(own)) for c, audiences in calls.items()}
        return [(o := opens[s.call_id]) is not None and o <= at for s in shifts]

    return np.asarray(_by_class(facts, len(shifts), one, bool))


def _able(
    people: dict[UUID, _Person],
    shifts: Sequence[Shift],
    abilities: dict[UUID, Ability],
    values: dict[UUID | None, dict[str, Any]],
) -> Mask:
    """Whether skills, fitness and insurance suffice for each shift."""
    tasks = tasks_known()
    demands = [demand_of(s, tasks.of(s.call), values[s.call.area_id]) for s in shifts]
    bodies = {str(b) for s in shifts for b in s.call.audience.get("bodies") or []}
    days = [s.starts_at.astimezone(LOCAL).date() for s in shifts]

    def one(key: tuple[Ability, UUID | None]) -> list[bool]:
        ability, unit = key
        known: dict[Any, bool] = {}
        out = []
        for s, demand, day in zip(shifts, demands, days, strict=True):
            wanted = of_unit(demand, s.call, unit)
            if (wanted, day) not in known:
                known[wanted, day] = not why_not(ability, wanted, day)[0]
            out.append(known[wanted, day])
        return out

    keys = [(abilities[i], p.unit if str(p.unit) in bodies else None) for i, p in people.items()]
    return np.asarray(_by_class(keys, len(shifts), one, bool))


def _free(people: dict[UUID, _Person], shifts: Sequence[Shift]) -> Mask:
    """Whether the times somebody says he is free hold the whole shift."""
    spans = [(s.starts_at.astimezone(LOCAL), s.ends_at.astimezone(LOCAL)) for s in shifts]
    said = {repr(p.free): p.free for p in people.values()}

    def one(key: str) -> list[bool]:
        known = {span: is_free(said[key], *span) for span in set(spans)}
        return [known[span] for span in spans]

    return np.asarray(_by_class([repr(p.free) for p in people.values()], len(shifts), one, bool))


def _rested(people: dict[UUID, _Person], shifts: Sequence[Shift], values: dict[UUID | None, dict[str, Any]]) -> Mask:
    """Whether what somebody holds leaves room and rest for each shift."""
    asked, tasks = [], tasks_known()
    for s in shifts:
        care = values[s.call.area_id]
        most = min(care["most_hours"], most_of(tasks.of(s.call), care) / timedelta(hours=1))
        asked.append((s.starts_at, s.ends_at, care["rest_hours"], most, care["week_hours"]))

    def one(held: tuple[Span, ...]) -> list[bool]:
        known = {a: _has_room(held, a) for a in set(asked)} if held else {}
        return [not held or known[a] for a in asked]

    return np.asarray(_by_class([p.held for p in people.values()], len(shifts), one, bool))


def _has_room(held: tuple[Span, ...], asked: tuple[datetime, datetime, float, float, float]) -> bool:
    starts, ends, rest, most, week = asked
    near = [s for s in held if s[1] > starts - WEEK and s[0] < ends + WEEK]
    if any(overlaps(s, (starts, ends)) for s in near):
        return False
    if tired(near, (starts, ends), rest=timedelta(hours=rest), most=timedelta(hours=most))[0]:
        return False
    return not weary(near, (starts, ends), week=timedelta(hours=week))[0]
