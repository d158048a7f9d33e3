"""Claiming: asks of any number of people on any number of shifts, judged in the order of time, in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.service import Outcome, Repeated, service, tell
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach, require
from lianfang.domains.calls.errors import (
    AllowedByOneself,
    CallClosed,
    ClaimMissing,
    Collides,
    NotAsked,
    NotRegistered,
    OffArea,
    ReasonMissing,
    ShiftOver,
    raise_refusal,
)
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.audience import areas_claimed, areas_reached, is_asked, kinds_of_bodies
from lianfang.domains.calls.queries.seen import limits_of
from lianfang.domains.calls.rules import FIRM, LIVE, Room, Standing, Verdict, Wish, judge_wishes
from lianfang.domains.calls.services.places import Asker, count_places, locked_accounts, locked_shifts, set_call_states

DAY = timedelta(days=1)  # so far back a shift may still ask for rest
COLUMNS = (
    "id",
    "shift_id",
    "account_id",
    "organisation_id",
    "state",
    "order",
    "claimed_by",
    "claimed_at",
    "placed_at",
    "asked_why",
)


@dataclass(frozen=True)
class Ask:
    """One ask for a place: its id is the claim's, so a phone may send it again. waits: onto the waitlist if full."""

    id: UUID
    shift_id: UUID
    account_id: UUID
    at: datetime
    by: Actor
    waits: bool = True
    why: str = ""  # asks to be let serve in spite of too little rest or too many hours


@service("calls.claim_shifts")
def claim_shifts(*, asks: Sequence[Ask], by: Actor, at: datetime) -> list[Outcome]:
    """Give places to people in the order of their asking; who finds a shift full waits, and is told at which place.

    Gives:   "" with values state (claimed, waiting, or asking the lead for an exception) and, waiting, the place in the
             queue; a refusal's code and why.
    Repeat:  a claim id that is known, or the same person on the same shift: "repeated" with the first claim.
    Rights:  the own claim of an account whose role takes shifts (calls.claim), as its grants stand now; for others
             calls.lead in the call's area. The call has to ask the person.
    Locks:   shifts in the order of their ids, then accounts, before anything is read; the call if it fills.
    """
    shifts = locked_shifts({a.shift_id for a in asks})
    accounts = locked_accounts({a.account_id for a in asks})
    care = limits_of({s.call.area_id for s in shifts.values()}, at=at)
    rooms = {s.id: _room(s, care[s.call.area_id]) for s in shifts.values()}
    wishes = [Wish(a.id, a.shift_id, a.account_id, a.at, a.waits, a.why.strip()) for a in asks]
    verdicts = judge_wishes(wishes, rooms, _standing(asks, shifts, accounts, at))
    if any(a.by.id != by.id for a in asks):
        tell(askers=[str(a.by.id) for a in asks])  # a door that hands in presses of many: the log names each
    given = [(a, v) for a, v in zip(asks, verdicts, strict=True) if v.state]
    if given:
        _keep(given, accounts)
        _count(shifts, rooms, {v.wish.shift_id for _, v in given}, at)
    return [Outcome(v.wish.id, v.code, v.values) for v in verdicts]


def claim_shift(
    *, claim_id: UUID, shift_id: UUID, account_id: UUID, by: Actor, at: datetime, waits: bool = False, why: str = ""
) -> Claim:
    """The list with one ask, raising its refusal; full is a refusal unless the person waits.

    Raises: ShiftMissing, ShiftFull, ShiftOver, CallClosed, NotYetOpen, Collides, TooLittleRest, TooManyHours, OffArea,
            NotAsked, NotRegistered, ClaimDiffers, RightMissing.
    """
    ask = Ask(claim_id, shift_id, account_id, at, by, waits, why)
    done = claim_shifts(asks=[ask], by=by, at=at)[0]
    raise_refusal(done)
    return Claim.objects.get(id=done.values.get("claim", claim_id))


@service("calls.allow_claim", told=("reason",))
def allow_claim(*, claim_id: UUID, is_allowed: bool, reason: str, by: Actor, at: datetime) -> Claim:
    """The lead lets somebody serve who asked to in spite of too little rest or too many hours, or does not.

    Allowed, the person has a place if one is free, else the next on the waitlist. Who allowed it and why is kept.
    Repeat: settled before. Rights: calls.lead in the call's area, and never for oneself.
    Locks:  the shift, then the account, as claiming does; the claim.
    Raises: ClaimMissing, AllowedByOneself, ReasonMissing; ShiftOver, CallClosed, Collides for what came between.
    """
    shift_id = Claim.objects.filter(id=claim_id).values_list("shift_id", flat=True).first()
    shift = locked_shifts({shift_id}).get(shift_id) if shift_id else None
    asker = Claim.objects.filter(id=claim_id).values_list("account_id", flat=True).first()
    locked_accounts({asker} if asker else set())
    claim = Claim.objects.select_for_update().filter(id=claim_id).first()
    if claim is None or shift is None:
        raise ClaimMissing(claim=str(claim_id))
    require(by, "calls.lead", area_id=shift.call.area_id, incident_id=shift.call.incident_id)
    if claim.account_id == by.id:
        raise AllowedByOneself()
    if claim.state != "asking":
        raise Repeated(claim)
    if not reason.strip():
        raise ReasonMissing()
    claim.allowed_by, claim.allowed_why = by.id, reason.strip()[:200]
    if not is_allowed:
        claim.state, claim.released_at = "released", at
    else:
        _refuse_late(claim, shift, at)
        _place(claim, shift, at)
    claim.save(update_fields=["state", "order", "placed_at", "released_at", "allowed_by", "allowed_why"])
    return claim


def _refuse_late(claim: Claim, shift: Shift, at: datetime) -> None:
    """Who asked holds no place meanwhile: the shift may be over, the call closed, the time given to another shift."""
    if shift.ends_at <= at:
        raise ShiftOver(until=shift.ends_at.isoformat())
    if shift.call.state == "closed":
        raise CallClosed()
    firm = Claim.objects.filter(account_id=claim.account_id, state__in=FIRM, shift__starts_at__lt=shift.ends_at)
    other = firm.filter(shift__ends_at__gt=shift.starts_at).select_related("shift").first()
    if other:
        raise Collides(**{"from": other.shift.starts_at.isoformat(), "until": other.shift.ends_at.isoformat()})


def _place(claim: Claim, shift: Shift, at: datetime) -> None:
    shift.asked += 1
    claim.order, claim.state = shift.asked, "claimed" if shift.taken < shift.places else "waiting"
    if claim.state == "claimed":
        shift.taken, claim.placed_at = shift.taken + 1, at
    else:
        shift.waiting += 1
    count_places([shift])
    if shift.taken >= shift.places:
        set_call_states({shift.call_id}, at)


def _room(s: Shift, care: Mapping[str, Any]) -> Room:
    c = s.call
    return Room(s.id, s.starts_at, s.ends_at, s.places, s.taken, s.waiting, s.asked, c.opens_at, c.closes_at,
                c.state == "closed", timedelta(hours=care["rest_hours"]),
                timedelta(hours=care["most_hours"]))  # fmt: skip


def _standing(asks: Sequence[Ask], shifts: Mapping[UUID, Shift], accounts: Mapping[UUID, Asker],
              at: datetime) -> Standing:  # fmt: skip
    ids, people = [a.id for a in asks], list(accounts)
    known = {i: (s, a) for i, s, a in Claim.objects.filter(id__any=ids).values_list("id", "shift_id", "account_id")}
    live = Claim.objects.filter(shift_id__any=shifts, account_id__any=people, state__in=LIVE)
    mine = {(s, a): i for i, s, a in live.values_list("id", "shift_id", "account_id")}
    held: dict[UUID, list[tuple[datetime, datetime]]] = {}
    first = min((s.starts_at for s in shifts.values()), default=at)
    firm = Claim.objects.filter(account_id__any=people, state__in=FIRM, shift__ends_at__gt=first - DAY)
    for account, starts, ends in firm.values_list("account_id", "shift__starts_at", "shift__ends_at"):
        held.setdefault(account, []).append((starts, ends))
    return Standing(known, mine, held, _unfit(asks, shifts, accounts, at))


def _unfit(asks: Sequence[Ask], shifts: Mapping[UUID, Shift], accounts: Mapping[UUID, Asker],
           at: datetime) -> dict[UUID, tuple[str, dict[str, Any]]]:  # fmt: skip
    """Whom a call does not ask, or who may not ask for another: by wish, with the refusal's code."""
    areas = {s.call.area_id for s in shifts.values()}
    others = {a.by.id: a.by for a in asks if a.by.id != a.account_id}
    leads = {i: reach(b, "calls.lead", areas=areas) for i, b in others.items()}
    serves = areas_claimed(accounts, at=at)
    near = areas_reached({s.call.asked_area_id for s in shifts.values()}, {g for own in serves.values() for g in own})
    kinds = kinds_of_bodies({a.organisation_id for a in accounts.values() if a.organisation_id})
    out: dict[UUID, tuple[str, dict[str, Any]]] = {}
    for a in asks:
        shift, account = shifts.get(a.shift_id), accounts.get(a.account_id)
        if shift is None:
            continue
        call = shift.call
        if a.by.id != a.account_id and not leads[a.by.id].has(call.area_id, call.incident_id):
            out[a.id] = RightMissing.code, {"right": "calls.lead", "area": str(call.area_id)}
        elif account is None or not account.is_active or not serves.get(account.id):
            out[a.id] = NotRegistered.code, {}
        elif not any((call.asked_area_id, g) in near for g in serves[account.id]):
            out[a.id] = OffArea.code, {}
        elif not is_asked(call, body_id=account.organisation_id, kinds=kinds):
            out[a.id] = NotAsked.code, {}
    return out


def _keep(given: Iterable[tuple[Ask, Verdict]], accounts: Mapping[UUID, Asker]) -> None:
    lines = []
    for a, v in given:
        unit = accounts[a.account_id].organisation_id or "\\N"
        placed = a.at.isoformat() if v.state == "claimed" else "\\N"
        lines.append(
            f"{a.id}\t{a.shift_id}\t{a.account_id}\t{unit}\t{v.state}\t{v.order}\t{a.by.id}\t{a.at.isoformat()}"
            f"\t{placed}\t{_line(a.why) if v.state == 'asking' else ''}"
        )
    copy_lines(Claim, COLUMNS, lines)


def _line(text: str) -> str:
    """A text as one field of a line that is copied in."""
    return " ".join(text.replace("\\", "/").split())[:200]


def _count(shifts: Mapping[UUID, Shift], rooms: Mapping[UUID, Room], changed: set[UUID], at: datetime) -> None:
    for i in changed:
        shifts[i].taken, shifts[i].waiting, shifts[i].asked = rooms[i].taken, rooms[i].waiting, rooms[i].asked
    count_places([shifts[i] for i in changed])
    filled = {shifts[i].call_id for i in changed if rooms[i].taken >= rooms[i].places}
    due = {shifts[i].call_id for i in changed if shifts[i].call.state == "draft"}
    set_call_states(filled | due, at)
