"""Posting a call, adding places to its shifts, closing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.calls.errors import CallMissing, CallUnfit, ShiftMissing
from lianfang.domains.calls.models import Call, Claim, Shift, Wave
from lianfang.domains.calls.queries.audience import accounts_reached, default_reach
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.roles import fitting_roles
from lianfang.domains.calls.queries.tasks import inside_kinds, task_kinds
from lianfang.domains.calls.rules import roles_of
from lianfang.domains.calls.services.places import (
    count_places,
    fill_from_waitlist,
    locked_shifts,
    set_call_states,
    tell_claimants,
)
from lianfang.domains.decisions.queries import decision
from lianfang.domains.devices.services import end_scopes
from lianfang.domains.editions.queries import common_edition, entries_of, values_by_area
from lianfang.domains.messages.services import Writing, write_messages

RESPONSE = "start-response"  # the kind of decision by which a response starts
MOST_PLACES = 100_000
MOST_WAVES = 12
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class NewShift:
    """A shift to be: so many places from a time to a time."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    places: int
    title: str = ""


@dataclass(frozen=True)
class NewWave:
    """From a time on the call asks these, and so many of a hundred places of each shift may be taken."""

    opens_at: datetime
    audience: Mapping[str, Any] = field(default_factory=dict)
    percent: int = 100


@service("calls.post_call", told=("task",))
def post_call(
    *,
    call_id: UUID,
    area_id: UUID,
    task: str,
    title: Mapping[str, str],
    shifts: Sequence[NewShift],
    by: Actor,
    at: datetime,
    incident_id: UUID | None = None,
    issuer_id: UUID | None = None,
    staffs_id: UUID | None = None,
    place_id: UUID | None = None,
    where: str = "",
    kit: Sequence[Mapping[str, str]] | None = None,
    asked_area_id: UUID | None = None,
    audience: Mapping[str, Any] | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    tells: bool = False,
    joint_area_id: UUID | None = None,
    skills: Sequence[str] = (),
    cover: str = "",
    assembles: bool | None = None,
    waves: Sequence[NewWave] = (),
    inside: str = "",
    decision_id: UUID | None = None,
    fills_id: UUID | None = None,
    roles: Sequence[Mapping[str, Any]] | None = None,
) -> Call:
    """People are needed: a call with its shifts, open at once or from a time on.

    asked_area_id: who serves there or below is asked; by default the county in which the call lies.
    staffs_id:     what the people are called up for (a round), by which its page counts them.
    audience:      {bodies, kinds, people, skills, teams, homes, reserve}: who alone is asked (`rules.asked_from`). kit:
                   by default the task's own. tells: every account the call asks gets a message, at once.
    joint_area_id: a second level that posts it too: both lead it and see its list.
    assembles:     nobody serves before the ticks of assembly; by default as the edition says for the task's risk.
    inside:        the kind of closed place the post is in: it may raise the risk, and with it kit, training and tests.
    decision_id:   the granted report by which the response started that it belongs to; asked in one of its levels.
    fills_id:      a shift for whose missing people it asks others: so many of its free places are the new call's.
    roles:         {skill, heads}: of each shift's people so many have it; by default as the edition says for the task.
    waves:         whom it asks, and how much of each shift is let go, from when on; the first is its own opening.
    Repeat: same call id: the first. Raises: CallUnfit.
    Rights: calls.post on the area; to tell people, messages.send on the area asked.
    """
    require(by, "calls.post", area_id=area_id, incident_id=incident_id)
    known = Call.objects.filter(id=call_id).first()
    if known:
        raise Repeated(known)
    opens, asked = opens_at or at, asked_area_id or default_reach(area_id)
    if tells:
        require(by, "messages.send", area_id=asked, incident_id=incident_id)
    _fit_levels(area_id, joint=joint_area_id, asked=asked)
    if joint_area_id:
        require(by, "calls.post", area_id=joint_area_id, own=may(by, "calls.post", area_id=area_id))
    if inside and inside not in inside_kinds():
        raise CallUnfit(field="inside", fix=" ".join(inside_kinds()))
    if decision_id:
        _fit_decision(decision_id, {area_id, joint_area_id})
    body = _fit(task, title, shifts, opens, closes_at, at, inside)
    _fit_waves(skills, waves, opens)
    if assembles is None:
        risks = values_by_area(common_edition(), ["assembled_risks"], {area_id}, at=at)[area_id]["assembled_risks"]
        assembles = bool(body.get("assembles")) or body.get("risk") in risks
    call = Call.objects.create(
        id=call_id, incident_id=incident_id, area_id=area_id, issuer_id=issuer_id, task=task, title=dict(title),
        staffs_id=staffs_id, place_id=place_id, where=where.strip()[:200], cover=cover.strip()[:200], inside=inside,
        kit=list(body.get("kit", []) if kit is None else kit), decision_id=decision_id, assembles=assembles,
        asked_area_id=asked, audience=dict(audience or {}), joint_area_id=joint_area_id, skills=sorted(set(skills)),
        roles=fitting_roles(roles, body, min(s.places for s in shifts)),
        state="open" if opens <= at else "draft", opens_at=opens, closes_at=closes_at, posted_by=by.id, posted_at=at,
    )  # fmt: skip
    if fills_id:
        _hand_over(fills_id, max(s.places for s in shifts), call, by, at)
    Shift.objects.bulk_create(
        [Shift(id=s.id, call=call, title=s.title[:60], starts_at=s.starts_at, ends_at=s.ends_at, places=s.places)
         for s in shifts], batch_size=1000,
    )  # fmt: skip
    Wave.objects.bulk_create(
        [Wave(id=uuid5(call.id, f"wave {n}"), call=call, opens_at=w.opens_at, audience=dict(w.audience),
              percent=w.percent) for n, w in enumerate(waves)]
    )  # fmt: skip
    if tells:
        _tell(call, min(s.starts_at for s in shifts), by, at)
    return call


def _hand_over(shift_id: UUID, places: int, filler: Call, by: Actor, at: datetime) -> None:
    """Places of a shift that nobody took are asked for by another call from now on: its gap is that call's.

    So are the heads of a role whose skill that call demands of all who come.
    """
    shift = locked_shifts([shift_id]).get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.post", shift.call)
    shift.places -= min(places, shift.places - shift.taken)
    asked = {s: n for s, n in roles_of(shift.call.roles, shift.handed).items() if s in filler.skills}
    shift.handed = shift.handed | {s: shift.handed.get(s, 0) + min(n, places) for s, n in asked.items()}
    update_rows(Shift, [shift], ["places", "handed"])
    set_call_states([shift.call_id], at)


def _fit(task: str, title: Mapping[str, str], shifts: Sequence[NewShift], opens: datetime, closes: datetime | None,
         at: datetime, inside: str) -> Mapping[str, Any]:  # fmt: skip
    body = task_kinds(inside).get(task)
    if body is None:
        raise CallUnfit(field="task", fix=task)
    if not str(title.get("zh", "")).strip():
        raise CallUnfit(field="title", fix="text")
    if not shifts or len({s.id for s in shifts}) < len(shifts):
        raise CallUnfit(field="shifts", fix="1")
    for s in shifts:
        if not 1 <= s.places <= MOST_PLACES:
            raise CallUnfit(field="places", fix=f"1–{MOST_PLACES}")
        if not s.starts_at < s.ends_at <= s.starts_at + LONGEST:
            raise CallUnfit(field="until", fix=s.ends_at.isoformat())
        if s.ends_at <= at:
            raise CallUnfit(field="from", fix=s.starts_at.isoformat())
    if closes is not None and closes <= opens:
        raise CallUnfit(field="closes", fix=closes.isoformat())
    return body


def _fit_levels(area_id: UUID, **levels: UUID | None) -> None:
    """Only levels over a place or in it: of another place nobody here may ask or bind anybody."""
    for name, level in levels.items():
        if level and level not in ids_above(area_id) and area_id not in ids_above(level):
            raise CallUnfit(field=name, fix=str(area_id))


def _fit_decision(decision_id: UUID, levels: set[UUID | None]) -> None:
    found = decision(decision_id)
    if found.kind != RESPONSE or found.state != "granted" or found.area_id not in levels:
        raise CallUnfit(field="decision", fix=found.state)


def _fit_waves(skills: Sequence[str], waves: Sequence[NewWave], opens: datetime) -> None:
    if set(skills) - set(entries_of("skills")):
        raise CallUnfit(field="skills", fix=" ".join(entries_of("skills")))
    if waves and (len(waves) > MOST_WAVES or waves[0].opens_at != opens):
        raise CallUnfit(field="waves", fix=f"1–{MOST_WAVES}")
    for before, w in pairwise(waves):
        if w.opens_at <= before.opens_at or w.percent < before.percent:
            raise CallUnfit(field="waves", fix=before.opens_at.isoformat())
    if any(not 1 <= w.percent <= 100 for w in waves) or (waves and waves[-1].percent != 100):
        raise CallUnfit(field="percent", fix="100")


def _tell(call: Call, first: datetime, by: Actor, at: datetime) -> None:
    area = call.area
    values = {"area": {"zh": area.name, "en": area.name_en or area.name}, "task": call.title, "from": first.isoformat()}
    writings = [
        Writing(uuid5(call.id, f"posted {a}"), "account", a, values, about_id=call.id, area_id=call.area_id)
        for a in accounts_reached(call.asked_area_id, _first_asked(call), at=at)
        if a != by.id
    ]
    write_messages(writings=writings, edition=common_edition(), template="call-posted", incident_id=call.incident_id,
                   by=by, at=at)  # fmt: skip


def _first_asked(call: Call) -> Mapping[str, Any]:
    first: Wave | None = call.waves.order_by("opens_at").first()
    return dict(first.audience if first else call.audience)


@service("calls.open_group", told=("title",))
def open_group(*, shift_id: UUID, group_id: UUID, places: int, title: str, by: Actor, at: datetime) -> Shift:
    """A further group beside a full one: the same hours, places of its own; who waits moves into it in one step.

    Repeat: same group id: the first. Rights: calls.post on the call. Locks: the shift, then accounts that move.
    Raises: ShiftMissing, CallUnfit (places, the shift is over, the call closed).
    """
    shift = locked_shifts([shift_id]).get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.post", shift.call)
    known = Shift.objects.filter(id=group_id).first()
    if known:
        raise Repeated(known)
    if not 1 <= places <= MOST_PLACES:
        raise CallUnfit(field="places", fix=f"1–{MOST_PLACES}")
    if at >= shift.ends_at or shift.call.state == "closed":
        raise CallUnfit(field="until", fix=shift.ends_at.isoformat())
    group = Shift.objects.create(id=group_id, call=shift.call, title=title.strip()[:60], starts_at=shift.starts_at,
                                 ends_at=shift.ends_at, places=places)  # fmt: skip
    moving = list(Claim.objects.select_for_update().filter(shift=shift, state="waiting").order_by("order"))
    for n, c in enumerate(moving, 1):
        c.shift_id, c.order = group.id, n
    update_rows(Claim, moving, ["shift", "order"])
    shift.waiting, group.waiting, group.asked = 0, len(moving), len(moving)
    count_places([shift, group])
    fill_from_waitlist({group.id: group}, by, at)
    set_call_states([shift.call_id], at)
    return group


@service("calls.add_places")
def add_places(*, shift_id: UUID, places: int, by: Actor, at: datetime) -> Shift:
    """A shift gets more places, so many in all; who waits moves up into them and is told.

    Repeat: it has so many: nothing changes. Rights: calls.post on the call's area. Locks: the shift, then accounts.
    Raises: ShiftMissing, CallUnfit (fewer than there are, or the shift has ended).
    """
    shifts = locked_shifts([shift_id])
    shift = shifts.get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.post", shift.call)
    if shift.places == places:
        raise Repeated(shift)
    if not shift.places < places <= MOST_PLACES:
        raise CallUnfit(field="places", fix=f"{shift.places + 1}–{MOST_PLACES}")
    if at >= shift.ends_at:
        raise CallUnfit(field="until", fix=shift.ends_at.isoformat())
    shift.places = places
    update_rows(Shift, [shift], ["places"])
    fill_from_waitlist(shifts, by, at)
    set_call_states([shift.call_id], at)
    return shift


@service("calls.close_call", told=("why",))
def close_call(*, call_id: UUID, why: str, by: Actor, at: datetime) -> Call:
    """The call takes nobody any more, and no phone that was vouched for its shifts opens anything any more.

    Claims stand, so that turnout and hours can be settled; who waits is let go and told.
    Repeat: closed: nothing changes. Rights: calls.post on the call's area. Raises: CallMissing, CallUnfit (no reason).
    Locks: its shifts, then the call.
    """
    call = Call.objects.filter(id=call_id).first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.post", call)
    shifts = locked_shifts(Shift.objects.filter(call_id=call_id).values_list("id", flat=True))
    call = Call.objects.select_for_update(no_key=True).get(id=call_id)
    if call.state == "closed":
        raise Repeated(call)
    if not why.strip():
        raise CallUnfit(field="reason", fix="text")
    waiting = list(Claim.objects.filter(shift_id__in=shifts, state="waiting"))
    for c in waiting:
        c.state, c.released_at = "released", at
        shifts[c.shift_id].waiting -= 1
    update_rows(Claim, waiting, ["state", "released_at"])
    count_places(list(shifts.values()))
    tell_claimants("call-closed", waiting, shifts, by, at)
    call.state, call.why, call.closed_at = "closed", why.strip()[:200], at
    call.save(update_fields=["state", "why", "closed_at"])
    end_scopes(scope_ids=sorted(shifts), by=by, at=at)
    return call
