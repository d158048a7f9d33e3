"""Named posts opened in bulk from one template, their shifts coming again every day until they are ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls.errors import CallMissing, CallUnfit, ShiftMissing, TooLate
from lianfang.domains.calls.models import Call, Claim, Rhythm, Shift
from lianfang.domains.calls.queries.audience import default_reach
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.roles import fitting_roles
from lianfang.domains.calls.queries.seen import LOCAL
from lianfang.domains.calls.queries.tasks import task_kinds
from lianfang.domains.calls.rules import Turn, turns_fault, turns_on
from lianfang.domains.calls.services.places import count_places, locked_shifts, set_call_states, tell_claimants
from lianfang.domains.devices.services import end_scopes
from lianfang.domains.editions.queries import common_edition, values_by_area

MOST_POSTS = 400


@dataclass(frozen=True)
class NewPost:
    """A post to be, by its name."""

    id: UUID
    name: str
    name_en: str = ""


@service("calls.open_posts", told=("task",))
def open_posts(
    *,
    posts: Sequence[NewPost],
    area_id: UUID,
    task: str,
    turns: Sequence[Turn],
    from_on: date,
    until_on: date | None,
    by: Actor,
    at: datetime,
    incident_id: UUID | None = None,
    place_id: UUID | None = None,
    asked_area_id: UUID | None = None,
    audience: Mapping[str, Any] | None = None,
    skills: Sequence[str] = (),
    roles: Sequence[Mapping[str, Any]] | None = None,
) -> list[Outcome]:
    """A call for each of these posts with the same turns on every day, from a day until another or until it is ended.

    Gives:   "" or "repeated" by post. Shifts stand some days ahead (roster_ahead_days); the job makes the next.
    roles:   as for posting a call.
    Repeat:  a post's id that is known. Rights: calls.post on the area. Raises: CallUnfit.
    """
    require(by, "calls.post", area_id=area_id, incident_id=incident_id)
    body = _fit(posts, task, turns, from_on, until_on, at)
    known = set(Call.objects.filter(id__in=[p.id for p in posts]).values_list("id", flat=True))
    limits = values_by_area(common_edition(), ["assembled_risks", "roster_ahead_days"], {area_id}, at=at)[area_id]
    asked = asked_area_id or default_reach(area_id)
    wanted = fitting_roles(roles, body, min(t.places for t in turns))
    fresh = [
        Call(id=p.id, incident_id=incident_id, area_id=area_id, task=task, place_id=place_id, asked_area_id=asked,
             title={"zh": p.name.strip()[:60], "en": (p.name_en or p.name).strip()[:60]}, kit=list(body.get("kit", [])),
             where=p.name.strip()[:200], audience=dict(audience or {}), skills=sorted(set(skills)), roles=wanted,
             assembles=body.get("risk") in limits["assembled_risks"], opens_at=at, posted_by=by.id, posted_at=at)
        for p in posts if p.id not in known
    ]  # fmt: skip
    Call.objects.bulk_create(fresh, batch_size=500)
    plain = [t.plain() for t in turns]
    rhythms = [Rhythm(id=c.id, call=c, turns=plain, from_on=from_on, until_on=until_on, made_until=from_on,
                      set_by=by.id) for c in fresh]  # fmt: skip
    Rhythm.objects.bulk_create(rhythms, batch_size=500)
    _make_shifts(rhythms, {r.id: int(limits["roster_ahead_days"]) for r in rhythms}, at)
    return [Outcome(p.id, "repeated" if p.id in known else "") for p in posts]


def _fit(posts: Sequence[NewPost], task: str, turns: Sequence[Turn], from_on: date, until_on: date | None,
         at: datetime) -> Mapping[str, Any]:  # fmt: skip
    body = task_kinds().get(task)
    if body is None:
        raise CallUnfit(field="task", fix=task)
    if not posts or len(posts) > MOST_POSTS or any(not p.name.strip() for p in posts):
        raise CallUnfit(field="posts", fix=f"1–{MOST_POSTS}")
    if len({p.id for p in posts}) < len(posts) or len({p.name.strip() for p in posts}) < len(posts):
        raise CallUnfit(field="posts", fix=next(p.name for p in posts))
    wrong = turns_fault(turns)
    if wrong:
        raise CallUnfit(field="turns", fix=wrong)
    today = at.astimezone(LOCAL).date()
    if from_on < today or (until_on is not None and until_on < from_on):
        raise CallUnfit(field="day", fix=max(today, from_on).isoformat())
    return body


def _make_shifts(rhythms: Sequence[Rhythm], ahead_days: Mapping[UUID, int], at: datetime) -> int:
    """Shifts of rhythms up to so many days ahead; a day that stands already is left alone."""
    today, made = at.astimezone(LOCAL).date(), []
    for r in rhythms:
        last = max(today, r.from_on) + timedelta(days=ahead_days[r.id])
        until = min(last, r.until_on + timedelta(days=1)) if r.until_on else last
        turns = [Turn.of(t) for t in r.turns]
        for n in range((until - r.made_until).days):
            made += [
                Shift(id=t.id_on(r.call_id, first.date()), call_id=r.call_id, title=t.title, places=t.places,
                      starts_at=first, ends_at=end)
                for t, first, end in turns_on(turns, r.made_until + timedelta(days=n), LOCAL) if end > at
            ]  # fmt: skip
        r.made_until = max(until, r.made_until)
    Shift.objects.bulk_create(made, batch_size=1000, ignore_conflicts=True)
    update_rows(Rhythm, rhythms, ["made_until"])
    set_call_states({s.call_id for s in made}, at)
    return len(made)


@service("calls.extend_rhythms", door=False)
def extend_rhythms(*, by: Actor, at: datetime) -> int:
    """Shifts of the days that have come within reach, for every post that goes on. Gives how many; harmless twice."""
    today = at.astimezone(LOCAL).date()
    rows = Rhythm.objects.select_for_update(of=("self",), no_key=True).filter(ended_at=None)
    rows = rows.exclude(call__state="closed").filter(made_until__lte=today + timedelta(days=62))
    going = [r for r in rows.select_related("call").order_by("id") if not r.until_on or r.made_until <= r.until_on]
    areas: Iterable[UUID] = {r.call.area_id for r in going}
    limits = values_by_area(common_edition(), ["roster_ahead_days"], areas, at=at)
    days = {r.id: int(limits[r.call.area_id]["roster_ahead_days"]) for r in going}
    due = [r for r in going if r.made_until < today + timedelta(days=days[r.id])]
    return _make_shifts(due, days, at) if due else 0


@service("calls.end_rhythm")
def end_rhythm(*, call_id: UUID, last_on: date, by: Actor, at: datetime) -> Rhythm:
    """The post is served until a day and no longer: shifts that begin later are taken back, who held them is told.

    Repeat:  ended at that day before. Rights: calls.post on the call. Raises: CallMissing, CallUnfit (a day before
             today). Locks: the shifts that begin later, then the rhythm.
    """
    call = Call.objects.filter(id=call_id, rhythm__isnull=False).first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.post", call)
    if last_on < at.astimezone(LOCAL).date():
        raise CallUnfit(field="day", fix=at.astimezone(LOCAL).date().isoformat())
    after = datetime.combine(last_on + timedelta(days=1), datetime.min.time(), LOCAL)
    shifts = locked_shifts(Shift.objects.filter(call_id=call_id, starts_at__gte=after).values_list("id", flat=True))
    rhythm = Rhythm.objects.select_for_update(no_key=True).get(call_id=call_id)
    if rhythm.ended_at and rhythm.until_on == last_on:
        raise Repeated(rhythm)
    rhythm.until_on, rhythm.ended_at = last_on, at
    rhythm.save(update_fields=["until_on", "ended_at"])
    _take_back(shifts, by, at)
    return rhythm


@service("calls.call_off", told=("why",))
def call_off(*, shift_id: UUID, why: str, by: Actor, at: datetime) -> UUID:
    """A shift will not be: whoever holds a place on it, waits for one or asks for one is told why, and need not come.

    Gives:   its call. Repeat: a shift without places: nothing changes. Rights: calls.post on the call.
    Raises:  ShiftMissing, CallUnfit (no reason), TooLate (it is over, or somebody is on it already).
    Locks:   the shift, then its claims.
    """
    shifts = locked_shifts([shift_id])
    shift = shifts.get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.post", shift.call)
    if shift.places == 0:
        raise Repeated(shift.call_id)
    if not why.strip():
        raise CallUnfit(field="reason", fix="text")
    if at >= shift.ends_at or Claim.objects.filter(shift_id=shift_id, state__in=("checked_in", "done")).exists():
        raise TooLate(until=min(at, shift.ends_at).isoformat())
    shift.asked = max(shift.asked, 1)  # it stays for the record, though nobody asked for it
    _take_back(shifts, by, at, template="shift-called-off", why=why.strip()[:200])
    set_call_states([shift.call_id], at)
    return shift.call_id


def _take_back(shifts: Mapping[UUID, Shift], by: Actor, at: datetime, *, template: str = "rhythm-ended",
               why: str = "") -> None:  # fmt: skip
    """Shifts that will not be: those nobody ever asked for go, the others stay for the record with no places."""
    ahead = ("claimed", "confirmed", "waiting", "asking")
    rows = list(
        Claim.objects.select_for_update(no_key=True).filter(shift_id__in=shifts, state__in=ahead).order_by("id")
    )
    tell_claimants(template, rows, shifts, by, at, why=why)
    for c in rows:
        c.state, c.released_at = "released", at
    update_rows(Claim, rows, ["state", "released_at"])
    end_scopes(scope_ids=sorted({c.shift_id for c in rows}), account_ids=[c.account_id for c in rows], by=by, at=at)
    asked = [s for s in shifts.values() if s.asked]
    for s in asked:
        s.taken, s.waiting, s.places = 0, 0, 0
    count_places(asked)
    update_rows(Shift, asked, ["places"])
    Shift.objects.filter(id__in=[s.id for s in shifts.values() if not s.asked]).delete()
