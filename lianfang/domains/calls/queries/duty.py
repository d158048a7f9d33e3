"""How people on duty stand: who has to rest, be relieved or come out; which posts have nobody; who eats where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.models import Claim, DutyNote, Shift
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.queries.outdoors import outdoor_tasks
from lianfang.domains.calls.queries.seen import care_of, limits_of
from lianfang.domains.calls.queries.tasks import most_of, tasks_known
from lianfang.domains.calls.rules import FIRM, DutyState, Noted, duty_state, load_of, over
from lianfang.domains.incidents.queries import WeatherLimits, weather_limits_at
from lianfang.domains.responders.models import Organisation, Responder

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
MOST_SHOWN = 500  # empty posts on a page; the alarm counts all


def noted_of(claim_ids: Iterable[UUID]) -> dict[UUID, list[Noted]]:
    """What was noted about claims so far, each in the order of time."""
    out: dict[UUID, list[Noted]] = {i: [] for i in claim_ids}
    rows = DutyNote.objects.filter(claim_id__in=list(out)).order_by("at", "id")
    for claim, kind, when, values in rows.values_list("claim_id", "kind", "at", "values"):
        out[claim].append((kind, when, values))
    return out


def _hours(claims: QuerySet[Claim], first: datetime, at: datetime) -> dict[UUID, float]:
    out: dict[UUID, float] = {}
    rows = claims.exclude(checked_in_at=None).filter(Q(checked_out_at=None) | Q(checked_out_at__gt=first))
    for who, came, left in rows.values_list("account_id", "checked_in_at", "checked_out_at"):
        span = min(left or at, at) - max(came, first) if came else timedelta()
        out[who] = out.get(who, 0.0) + max(span, timedelta()) / HOUR
    return out


def served_hours(account_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, tuple[float, float]]:
    """Hours of people in the last 24 hours and the last seven days, from check-ins alone; who served none has zeros."""
    rows = Claim.objects.filter(account_id__any=list(account_ids), checked_in_at__gt=at - WEEK - timedelta(days=2))
    rows = rows.filter(checked_in_at__lte=at)
    day, week = _hours(rows, at - timedelta(days=1), at), _hours(rows, at - WEEK, at)
    return {i: (round(day.get(i, 0.0), 1), round(week.get(i, 0.0), 1)) for i in account_ids}


@dataclass(frozen=True)
class OnPost:
    """Somebody on duty: how he stands, what is due, how much he has served (red, amber or "")."""

    claim: Claim
    state: DutyState
    break_due: bool
    turn_over: bool  # longer outdoors than the weather lets
    suit_over: bool
    suit_minutes: int
    long_job: bool
    hours: tuple[float, float]
    load: str

    @property
    def is_urgent(self) -> bool:
        """Whether a lead has to act now."""
        return bool(self.state.relief_at or self.suit_over or self.long_job or self.turn_over)


def on_posts(area_id: UUID, *, by: Actor, at: datetime, call_id: UUID | None = None) -> list[OnPost]:
    """Everybody on duty in an area and below, whose posts the actor leads: who needs something first.

    Asks a fixed number of questions, however many are on duty.
    """
    lead = of_calls(by, "calls.lead", path="shift__call__")
    rows = Claim.objects.filter(lead, state="checked_in", shift__call__area_id__in=ids_below(area_id))
    rows = rows.filter(shift__call_id=call_id) if call_id else rows
    unit = Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]
    rows = rows.select_related("shift__call__area").defer("shift__call__area__outline")
    overruns = DutyNote.objects.filter(claim_id=OuterRef("pk"), kind="overrun").annotate(post=post_of("by"))
    rows = rows.annotate(post=post_of("account_id"), unit=Subquery(unit),
                         allower=Subquery(overruns.order_by("-at").values("post")[:1]))  # fmt: skip
    claims = list(rows.order_by("checked_in_at", "id")[:2000])
    limits = care_of({c.shift.call.area_id for c in claims}, at=at)
    noted, hours = noted_of([c.id for c in claims]), served_hours({c.account_id for c in claims}, at=at)
    open_air = outdoor_tasks()
    outside = {c.shift.call.area_id for c in claims if c.shift.call.task in open_air}
    weather = weather_limits_at(outside, at=at) if outside else {}
    calm, tasks = WeatherLimits(), tasks_known()
    found = []
    for c in claims:
        call = c.shift.call
        asked = weather.get(call.area_id, calm) if call.task in open_air else calm
        risky = most_of(tasks.of(call), limits[call.area_id])
        found.append(_on_post(c, noted[c.id], limits[call.area_id], asked, hours[c.account_id], risky, at))
    return sorted(found, key=lambda p: (not p.state.relief_at, not p.is_urgent, not p.break_due, p.load != "red"))


def _on_post(claim: Claim, notes: Sequence[Noted], limits: Mapping[str, Any], weather: WeatherLimits,
             hours: tuple[float, float], risky: timedelta, at: datetime) -> OnPost:  # fmt: skip
    came = claim.checked_in_at
    assert came is not None, "only who has come is on duty"
    state = duty_state(notes, came)
    suit = timedelta(minutes=min(limits["suit_minutes"], weather.suit_minutes or limits["suit_minutes"]))
    turn = weather.turn_minutes
    is_long = over(came, at, _long_after(limits, risky)) and not _is_let_on(state, at)
    load = load_of(*hours, amber=(limits["amber_hours"], limits["amber_week_hours"]),
                   red=(limits["most_hours"], limits["week_hours"]))  # fmt: skip
    is_due = state.break_since is None and over(state.rested_at, at, timedelta(hours=limits["break_after_hours"]))
    worn = state.suit_since or state.inside_since
    minutes = int((at - worn) / timedelta(minutes=1)) if worn else 0
    turn_over = turn is not None and state.break_since is None and over(state.rested_at, at, timedelta(minutes=turn))
    return OnPost(claim, state, is_due, turn_over, over(worn, at, suit), minutes, is_long, hours, load)


@dataclass(frozen=True)
class Meals:
    """One post's meals at a time: who is there, and of them who has eaten on this duty."""

    area: str
    area_en: str
    where: str
    title: Mapping[str, str]
    people: int
    eaten: int


def meals_at(area_id: UUID, when: datetime, *, by: Actor) -> list[Meals]:
    """How many meals each post of an area and below needs at a time: who holds a place then, come or not yet."""
    lead = of_calls(by, "calls.read", path="shift__call__")
    rows = Claim.objects.filter(lead, state__in=("claimed", "confirmed", "checked_in"), shift__starts_at__lte=when,
                                shift__ends_at__gt=when, shift__call__area_id__in=ids_below(area_id))  # fmt: skip
    names = ("shift__call__area__name", "shift__call__area__name_en", "shift__call__where", "shift__call__title")
    found = rows.order_by(names[0], names[2]).values_list(*names)
    eaten = Count("id", filter=Q(notes__kind="meal"), distinct=True)
    return [Meals(*r) for r in found.annotate(n=Count("id", distinct=True), eaten=eaten)]


def empty_posts(area_id: UUID | None, *, by: Actor | None, at: datetime) -> list[Shift]:
    """Shifts that run, began so long ago that nobody is expected any more, and have nobody on post: an alarm.

    by: None for the job that raises it.
    """
    here = Claim.objects.filter(shift_id=OuterRef("pk"), state="checked_in").order_by().values("shift_id")
    rows = Shift.objects.filter(starts_at__lt=at, ends_at__gt=at, places__gt=0).exclude(call__state="closed")
    rows = rows.filter(of_calls(by, "calls.read", path="call__")) if by else rows
    rows = rows.filter(call__area_id__in=ids_below(area_id)) if area_id else rows
    rows = rows.annotate(n=Subquery(here.annotate(n=Count("id")).values("n"))).filter(n=None)
    rows = rows.select_related("call__area").defer("call__area__outline").order_by("starts_at", "id")
    found = list(rows[:MOST_SHOWN] if by else rows)
    limits = limits_of({s.call.area_id for s in found}, at=at)
    late = {a: timedelta(minutes=v["no_show_minutes"]) for a, v in limits.items()}
    return [s for s in found if at >= s.starts_at + late[s.call.area_id]]


@dataclass(frozen=True)
class LongJob:
    """A shift with people on duty longer than the edition lets a job last; hours of who has been there longest."""

    shift: Shift
    people: int
    hours: float


def long_jobs(*, at: datetime) -> list[LongJob]:
    """Shifts whose people have been on duty too long without a lead's leave for it: an alarm, the longest first."""
    rows = Claim.objects.filter(state="checked_in", checked_in_at__lt=at).select_related("shift__call__area")
    claims = list(rows.defer("shift__call__area__outline").order_by("checked_in_at", "id"))
    tasks, limits = tasks_known(), care_of({c.shift.call.area_id for c in claims}, at=at)
    worn = []
    for c in claims:
        own = limits[c.shift.call.area_id]
        if over(c.checked_in_at, at, _long_after(own, most_of(tasks.of(c.shift.call), own))):
            worn.append(c)
    noted = noted_of([c.id for c in worn])
    found: dict[UUID, list[Claim]] = {}
    for c in worn:
        assert c.checked_in_at is not None, "only who has come is on duty"
        if not _is_let_on(duty_state(noted[c.id], c.checked_in_at), at):
            found.setdefault(c.shift_id, []).append(c)
    return [LongJob(some[0].shift, len(some), round((at - some[0].checked_in_at) / HOUR, 1))  # type: ignore[operator]  # asserted above
            for some in found.values()]  # fmt: skip


def _long_after(limits: Mapping[str, Any], risky: timedelta) -> timedelta:
    """How long a job may last before somebody answers for it; risky: the most that its task's risk lets one serve."""
    return min(timedelta(hours=limits["long_job_hours"]), risky)


def _is_let_on(state: DutyState, at: datetime) -> bool:
    """Whether a lead has allowed a long job to go on, with a reason, until later than now."""
    return state.overrun_until is not None and state.overrun_until > at


def late_people(area_id: UUID, *, by: Actor, at: datetime) -> list[Claim]:
    """Who holds a place on a shift that has begun and has not come, the longest late first, with post and unit."""
    lead = of_calls(by, "calls.lead", path="shift__call__")
    rows = Claim.objects.filter(
        lead, state__in=("claimed", "confirmed"), shift__starts_at__lt=at, shift__ends_at__gt=at
    )
    rows = rows.filter(shift__call__area_id__in=ids_below(area_id)).select_related("shift__call__area")
    unit = Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]
    rows = rows.defer("shift__call__area__outline").annotate(post=post_of("account_id"), unit=Subquery(unit))
    return list(rows.order_by("shift__starts_at", "id")[:500])


def mates_of(claims: Iterable[Claim]) -> dict[UUID, list[Claim]]:
    """By claim who else is on duty on the same shift, with their posts, where gear is checked by a second person."""
    some = [c for c in claims if c.state == "checked_in" and (c.shift.call.inside or c.shift.call.assembles)]
    if not some:
        return {}
    rows = Claim.objects.filter(shift_id__in={c.shift_id for c in some}, state="checked_in")
    beside: dict[UUID, list[Claim]] = {}
    for c in rows.annotate(post=post_of("account_id")).order_by("order"):
        beside.setdefault(c.shift_id, []).append(c)
    return {c.id: [m for m in beside[c.shift_id] if m.account_id != c.account_id] for c in some}


def standby_for(shift_ids: Sequence[UUID]) -> dict[UUID, list[Claim]]:
    """Who waits for shifts, the first three of each with their posts: whom to call when somebody does not come."""
    out: dict[UUID, list[Claim]] = {}
    rows = Claim.objects.filter(shift_id__in=shift_ids, state="waiting").annotate(post=post_of("account_id"))
    for c in rows.order_by("shift_id", "order"):
        if len(out.setdefault(c.shift_id, [])) < 3:
            out[c.shift_id].append(c)
    return out


def attendance_by_kind(area_id: UUID, *, by: Actor, from_at: datetime, until_at: datetime) -> list[dict[str, Any]]:
    """By post and kind of people: places claimed, come, late and not come, of shifts that began in a span."""
    lead = of_calls(by, "calls.read", path="shift__call__")
    rows = Claim.objects.filter(lead, shift__starts_at__gte=from_at, shift__starts_at__lt=until_at,
                                shift__call__area_id__in=ids_below(area_id)).order_by()  # fmt: skip
    kind = Subquery(Responder.objects.filter(id=OuterRef("account_id")).values("kind")[:1])
    came = ~Q(checked_in_at=None)
    found = rows.annotate(kind=kind).values("shift__call__area__name", "shift__call__title", "kind").annotate(
        claimed=Count("id", filter=Q(state__in=(*FIRM, "no_show"))), come=Count("id", filter=came),
        absent=Count("id", filter=Q(state="no_show")),
    )  # fmt: skip
    return [dict(r) for r in found.order_by("shift__call__area__name", "kind")]


def near_misses(area_id: UUID, *, by: Actor, from_at: datetime, until_at: datetime) -> int:
    """How often relief was asked for in an area and below: each is kept as a near miss."""
    lead = of_calls(by, "calls.read", path="claim__shift__call__")
    rows = DutyNote.objects.filter(lead, kind="relief", at__gte=from_at, at__lt=until_at)
    return rows.filter(claim__shift__call__area_id__in=ids_below(area_id)).count()
