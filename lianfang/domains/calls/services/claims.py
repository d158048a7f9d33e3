"""Claiming: asks of any number of people on any number of shifts, judged in the order of time, in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.fields import braced
from lianfang.base.once import remembered
from lianfang.base.service import Outcome, Repeated, service, tell
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach
from lianfang.domains.calls.errors import (
    AllowedByOneself,
    CallClosed,
    ClaimMissing,
    Collides,
    NotRegistered,
    OffArea,
    ReasonMissing,
    ShiftMissing,
    ShiftOver,
    raise_refusal,
)
from lianfang.domains.calls.models import Claim, Shift, Wave
from lianfang.domains.calls.queries.audience import areas_claimed, areas_reached, waves_of
from lianfang.domains.calls.queries.gates import hindrances
from lianfang.domains.calls.queries.joint import areas_of, reaches, require_call
from lianfang.domains.calls.queries.roles import heads_by_role
from lianfang.domains.calls.queries.seen import care_of
from lianfang.domains.calls.queries.standing import claims_known, live_claims, spans_held
from lianfang.domains.calls.queries.tasks import Tasks, most_of, tasks_known
from lianfang.domains.calls.rules import FIRM, Heads, Room, Standing, Verdict, Wish, judge_wishes
from lianfang.domains.calls.services.places import Asker, count_places, locked_accounts, locked_shifts, set_call_states
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.queries import skills_of
from lianfang.domains.responders.rules import IN_TEAM

WEEK = timedelta(days=7)  # so far back a shift may still count
NOTHING = "\\N"
NOWHERE: frozenset[UUID] = frozenset()
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
    "team_id",
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
    why: str = ""  # asks to be let serve in spite of too little rest, too many hours, or light duty
    team_id: UUID | None = None  # with which team


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
    with remembered():
        verdicts = _judged(asks, at)
    if any(a.by.id != by.id for a in asks):
        tell(askers=[str(a.by.id) for a in asks])  # a door that hands in presses of many: the log names each
    return [Outcome(v.wish.id, v.code, v.values) for v in verdicts]


def _judged(asks: Sequence[Ask], at: datetime) -> list[Verdict]:
    """Lock what the asks are about, judge them, write what was given."""
    shifts = locked_shifts({a.shift_id for a in asks})
    accounts = locked_accounts({a.account_id for a in asks})
    care = care_of({s.call.area_id for s in shifts.values()}, at=at)
    waves = waves_of({s.call_id for s in shifts.values()})
    tasks = tasks_known()
    heads = heads_by_role(shifts.values(), at=at)
    rooms = {s.id: _room(s, tasks, care[s.call.area_id], waves.get(s.call_id, []), heads.get(s.id))
             for s in shifts.values()}  # fmt: skip
    wishes = [Wish(a.id, a.shift_id, a.account_id, a.at, a.waits, a.why.strip()) for a in asks]
    verdicts = judge_wishes(wishes, rooms, _standing(asks, shifts, accounts, bool(heads), at))
    given = [(a, v) for a, v in zip(asks, verdicts, strict=True) if v.state]
    if given:
        _keep(given, accounts)
        _count(shifts, rooms, {v.wish.shift_id for _, v in given}, at)
    return verdicts


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


@service("calls.claim_first")
def claim_first(*, claim_id: UUID, shift_ids: Sequence[UUID], account_id: UUID, by: Actor, at: datetime) -> Claim:
    """Any place will do: the first of these shifts that can be had, in the order given, and no other.

    Repeat: same claim id: the first. Rights: as for claiming. Raises: what speaks against the last of them.
    """
    known = Claim.objects.filter(id=claim_id, account_id=account_id).first()
    if known:
        raise Repeated(known)
    done: Outcome | None = None
    for shift_id in shift_ids:
        done = claim_shifts(asks=[Ask(claim_id, shift_id, account_id, at, by, waits=False)], by=by, at=at)[0]
        if not done.code or done.code == "repeated":
            return Claim.objects.get(id=done.values.get("claim", claim_id))
    raise_refusal(done or Outcome(claim_id, ShiftMissing.code, {"shift": ""}))
    raise AssertionError("a refusal was raised")


@service("calls.place_team")
def place_team(*, shift_id: UUID, team_id: UUID, by: Actor, at: datetime) -> list[Outcome]:
    """A whole squad takes places of a shift: each member in, judged as if he had asked; one outcome each, by account.

    Repeat: who has a place there: "repeated". Rights: calls.lead on the call. Refuses: as for claiming, full too.
    """
    people = sorted(Member.objects.filter(team_id=team_id, state=IN_TEAM).values_list("responder_id", flat=True))
    asks = [Ask(uuid5(shift_id, f"{team_id} {p}"), shift_id, p, at, by, waits=False, team_id=team_id) for p in people]
    return [Outcome(a.account_id, o.code, o.values) for a, o in
            zip(asks, claim_shifts(asks=asks, by=by, at=at), strict=True)]  # fmt: skip


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
    require_call(by, "calls.lead", shift.call)
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
    heads = heads_by_role([shift], at=at).get(shift.id)
    if heads and claim.state == "claimed":
        own = skills_of([claim.account_id], at=at).get(claim.account_id, ())
        claim.state = "waiting" if heads.is_kept(own, shift.places - shift.taken) else "claimed"
    if claim.state == "claimed":
        shift.taken, claim.placed_at = shift.taken + 1, at
    else:
        shift.waiting += 1
    count_places([shift])
    if shift.taken >= shift.places:
        set_call_states({shift.call_id}, at)


def _room(s: Shift, tasks: Tasks, care: Mapping[str, Any], waves: Sequence[Wave], heads: Heads | None) -> Room:
    c = s.call
    # An institution called up for a round shares out its hours itself: who sits at a desk when is the round's matter.
    risky = timedelta.max if c.staffs_id else most_of(tasks.of(c), care)
    return Room(s.id, s.starts_at, s.ends_at, s.places, s.taken, s.waiting, s.asked, c.opens_at, c.closes_at,
                c.state == "closed", timedelta(hours=care["rest_hours"]),
                timedelta(hours=care["most_hours"]), risky, timedelta(hours=care["week_hours"]),
                tuple((w.opens_at, w.percent) for w in waves), heads)  # fmt: skip


def _standing(asks: Sequence[Ask], shifts: Mapping[UUID, Shift], accounts: Mapping[UUID, Asker], has_roles: bool,
              at: datetime) -> Standing:  # fmt: skip
    people, first = braced(accounts), min((s.starts_at for s in shifts.values()), default=at)
    known, mine = claims_known(braced(a.id for a in asks)), live_claims(braced(shifts), people)
    held = spans_held(people, since=first - WEEK, at=at)
    skills = skills_of(accounts, at=at) if has_roles else {}
    return Standing(known, mine, held, _unfit(asks, shifts, accounts, at), skills)


def _unfit(asks: Sequence[Ask], shifts: Mapping[UUID, Shift], accounts: Mapping[UUID, Asker],
           at: datetime) -> dict[UUID, tuple[str, dict[str, Any]]]:  # fmt: skip
    """Whom a call does not ask, or who may not ask for another: by wish, with the refusal's code."""
    areas = areas_of(s.call for s in shifts.values())
    others = {a.by.id: a.by for a in asks if a.by.id != a.account_id}
    asked_by = {i: reach(b, "calls.lead", areas=areas) for i, b in others.items()}
    serves = areas_claimed(accounts, at=at)
    near: dict[UUID, set[UUID]] = {}
    for asked, served in areas_reached(
        {s.call.asked_area_id for s in shifts.values()}, {g for own in serves.values() for g in own}
    ):
        near.setdefault(asked, set()).add(served)
    units = {a.id: a.organisation_id for a in accounts.values()}
    wanted = [(shifts[a.shift_id], a.account_id) for a in asks if a.shift_id in shifts]
    hindered = hindrances(wanted, units, at=at)
    out: dict[UUID, tuple[str, dict[str, Any]]] = {}
    for a in asks:
        shift, account = shifts.get(a.shift_id), accounts.get(a.account_id)
        if shift is None:
            continue
        call, own = shift.call, serves.get(a.account_id)
        if others and a.by.id != a.account_id and not reaches(asked_by[a.by.id], call):
            out[a.id] = RightMissing.code, {"right": "calls.lead", "area": str(call.area_id)}
        elif account is None or not account.is_active or not own:
            out[a.id] = NotRegistered.code, {}
        elif near.get(call.asked_area_id, NOWHERE).isdisjoint(own):
            out[a.id] = OffArea.code, {}
        elif hindered and (a.shift_id, a.account_id) in hindered:
            out[a.id] = hindered[a.shift_id, a.account_id]
    return out


def _keep(given: Iterable[tuple[Ask, Verdict]], accounts: Mapping[UUID, Asker]) -> None:
    lines = []
    for a, v in given:
        unit, who, asked = accounts[a.account_id].organisation_id or NOTHING, str(a.account_id), a.at.isoformat()
        placed, by = asked if v.state == "claimed" else NOTHING, who if a.by.id == a.account_id else str(a.by.id)
        lines.append(
            f"{a.id}\t{a.shift_id}\t{who}\t{unit}\t{v.state}\t{v.order}\t{by}\t{asked}\t{placed}"
            f"\t{_line(a.why) if v.state == 'asking' else ''}\t{a.team_id or NOTHING}"
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
