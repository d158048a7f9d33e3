"""Posting a call, adding places to its shifts, closing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls.errors import CallMissing, CallUnfit, ShiftMissing
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries.audience import accounts_reached, default_reach
from lianfang.domains.calls.queries.seen import task_kinds
from lianfang.domains.calls.services.places import (
    count_places,
    fill_from_waitlist,
    locked_shifts,
    set_call_states,
    tell_claimants,
)
from lianfang.domains.devices.services import end_scopes
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

MOST_PLACES = 100_000
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class NewShift:
    """A shift to be: so many places from a time to a time."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    places: int
    title: str = ""


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
) -> Call:
    """People are needed: a call with its shifts, open at once or from a time on.

    asked_area_id: who serves there or below is asked; by default the county in which the call lies.
    staffs_id:     what the people are called up for (a round), by which its page counts them.
    audience:      {kinds, bodies}: accounts of bodies of these kinds, or of these bodies, alone. kit: by default the
                   task's own. tells: every account the call asks gets a message, at once.
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
    body = _fit(task, title, shifts, opens, closes_at, at)
    call = Call.objects.create(
        id=call_id, incident_id=incident_id, area_id=area_id, issuer_id=issuer_id, task=task, title=dict(title),
        staffs_id=staffs_id, place_id=place_id, where=where.strip()[:200],
        kit=list(body.get("kit", []) if kit is None else kit),
        asked_area_id=asked, audience=dict(audience or {}),
        state="open" if opens <= at else "draft", opens_at=opens, closes_at=closes_at, posted_by=by.id, posted_at=at,
    )  # fmt: skip
    Shift.objects.bulk_create(
        [Shift(id=s.id, call=call, title=s.title[:60], starts_at=s.starts_at, ends_at=s.ends_at, places=s.places)
         for s in shifts], batch_size=1000,
    )  # fmt: skip
    if tells:
        _tell(call, min(s.starts_at for s in shifts), by, at)
    return call


def _fit(task: str, title: Mapping[str, str], shifts: Sequence[NewShift], opens: datetime, closes: datetime | None,
         at: datetime) -> Mapping[str, Any]:  # fmt: skip
    body = task_kinds().get(task)
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


def _tell(call: Call, first: datetime, by: Actor, at: datetime) -> None:
    area = call.area
    values = {"area": {"zh": area.name, "en": area.name_en or area.name}, "task": call.title, "from": first.isoformat()}
    writings = [
        Writing(uuid5(call.id, f"posted {a}"), "account", a, values, about_id=call.id, area_id=call.area_id)
        for a in accounts_reached(call.asked_area_id, call.audience, at=at)
        if a != by.id
    ]
    write_messages(writings=writings, edition=common_edition(), template="call-posted", incident_id=call.incident_id,
                   by=by, at=at)  # fmt: skip


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
    require(by, "calls.post", area_id=shift.call.area_id, incident_id=shift.call.incident_id)
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
    require(by, "calls.post", area_id=call.area_id, incident_id=call.incident_id)
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
