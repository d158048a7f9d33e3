"""Coming and leaving: confirmed, checked in by code or by the lead, out, or never come; each item has its fate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import Reach, reach_by_actor
from lianfang.domains.calls.errors import (
    ClaimMissing,
    CodeWrong,
    Fever,
    NotAssembled,
    NotClaimed,
    NotIn,
    ShiftMissing,
    TooEarly,
)
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.duty import noted_of
from lianfang.domains.calls.queries.hosts import hosts_confirming
from lianfang.domains.calls.queries.joint import areas_of, reaches, require_call
from lianfang.domains.calls.queries.seen import LOCAL, limits_of
from lianfang.domains.calls.queries.tasks import Tasks, tasks_known
from lianfang.domains.calls.rules import FIRM, Noted, assembly_missing, code_digits, has_fever, may_come, may_leave
from lianfang.domains.calls.services.places import count_places, fill_from_waitlist, locked_shifts, set_call_states
from lianfang.domains.devices.services import end_scopes
from lianfang.domains.privacy.queries import site_key
from lianfang.domains.responders.queries import skills_of

Fate = tuple[str, dict[str, Any]]
TIMES = ["state", "answer_by", "confirmed_at", "checked_in_at", "checked_out_at", "no_show_at", "hours_by", "hours_at"]


@dataclass(frozen=True)
class Presence:
    """One comes or leaves: the claim, when, who noted it; a person checking in alone gives the shift's code."""

    id: UUID
    at: datetime
    by: Actor
    code: str = ""


@dataclass(frozen=True)
class Step:
    """The same noted on a phone, maybe offline: `id` is the note's, `step` in or out."""

    id: UUID
    claim_id: UUID
    step: str
    at: datetime
    by: Actor
    code: str = ""


@dataclass
class _Roll:
    claims: dict[UUID, Claim]
    leads: dict[UUID, Reach]
    limits: dict[UUID | None, dict[str, Any]]
    noted: dict[UUID, list[Noted]]  # of claims whose call assembles its people
    skills: dict[UUID, set[str]]  # of their accounts
    tasks: Tasks | None  # read where somebody has to assemble

    def unassembled(self, claim: Claim) -> Fate:
        """What of assembly is missing before somebody is deployed; a verified skill stands for its training."""
        task, notes = self.tasks.of(claim.shift.call) if self.tasks else {}, self.noted[claim.id]
        can = self.skills.get(claim.account_id, set())
        untrained = [t for t in task.get("training", []) if t.get("skill") not in can]
        missing = assembly_missing(notes, kit=bool(claim.shift.call.kit), training=bool(untrained))
        if has_fever(notes):
            return Fever.code, {}
        return (NotAssembled.code, {"missing": missing}) if missing else ("", {})

    def minutes(self, claim: Claim, name: str) -> timedelta:
        return timedelta(minutes=self.limits[claim.shift.call.area_id][name])

    def leading(self, claim: Claim, by: Actor) -> bool:
        return reaches(self.leads[by.id], claim.shift.call)


def _roll(claim_ids: Iterable[UUID], actors: Iterable[Actor], at: datetime) -> _Roll:
    ids = set(claim_ids)
    shifts = locked_shifts(Claim.objects.filter(id__in=ids).values_list("shift_id", flat=True))
    claims = {c.id: c for c in Claim.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")}
    for c in claims.values():
        c.shift = shifts[c.shift_id]  # one object a shift, not one a claim
    areas = {c.shift.call.area_id for c in claims.values()}
    levels = areas_of(c.shift.call for c in claims.values())
    leads = reach_by_actor({a.id: a for a in actors}.values(), "calls.lead", areas=levels)
    gathered = [c for c in claims.values() if c.shift.call.assembles]
    skills = skills_of({c.account_id for c in gathered}, at=at) if gathered else {}
    return _Roll(claims, leads, limits_of(areas, at=at), noted_of([c.id for c in gathered]), skills,
                 tasks_known() if gathered else None)  # fmt: skip


def _come(roll: _Roll, claim: Claim, p: Presence) -> Fate:
    if claim.state in ("checked_in", "done"):
        return "repeated", {"claim": str(claim.id)}
    if claim.state not in FIRM:
        return NotClaimed.code, {"state": claim.state}
    span = (claim.shift.starts_at, claim.shift.ends_at)
    code, values = may_come(span, p.at, early=roll.minutes(claim, "check_in_early_minutes"))
    if code:
        return code, values
    day = claim.shift.starts_at.astimezone(LOCAL).date()
    if not roll.leading(claim, p.by) and p.code.strip() != code_digits(site_key(), claim.shift_id, day):
        return CodeWrong.code, {}
    if claim.shift.call.assembles:
        code, values = roll.unassembled(claim)
        if code:
            return code, values
    claim.state, claim.checked_in_at = "checked_in", p.at
    return "", {}


def _leave(roll: _Roll, claim: Claim, p: Presence) -> Fate:
    if claim.state == "done" and not _served_on(claim, p.at):
        return "repeated", {"claim": str(claim.id)}
    if claim.state == "done":
        claim.state, claim.hours_by, claim.hours_at = (
            "checked_in",
            None,
            None,
        )  # the hours are others than were confirmed
    if claim.state != "checked_in" or claim.checked_in_at is None:
        return NotIn.code, {"state": claim.state}
    late = roll.minutes(claim, "check_out_late_minutes")
    code, values = may_leave(claim.checked_in_at, claim.shift.ends_at, p.at, late=late)
    if not code:
        claim.state, claim.checked_out_at = "done", p.at
    return code, values


def _served_on(claim: Claim, left_at: datetime) -> bool:
    """Whether somebody says when he left whom the turnout took to have left at the end, since he was still in."""
    settled = claim.shift.turnout_at is not None and claim.checked_out_at == claim.shift.ends_at
    return settled and left_at != claim.shift.ends_at  # later; or earlier, noted on a phone that had no signal


def _confirm(roll: _Roll, claim: Claim, p: Presence) -> Fate:
    if claim.state in ("confirmed", "checked_in", "done"):
        return "repeated", {"claim": str(claim.id)}
    if claim.state != "claimed":
        return NotClaimed.code, {"state": claim.state}
    if p.at >= claim.shift.ends_at:
        return "calls.too_late", {"until": claim.shift.ends_at.isoformat()}
    claim.state, claim.confirmed_at, claim.answer_by = "confirmed", p.at, None
    return "", {}


Judge = Callable[[_Roll, Claim, Presence], Fate]


def _each(items: Sequence[tuple[UUID, Presence, Judge]], at: datetime) -> list[Outcome]:
    """Judge items in the order of their times against locked claims, and write what changed in one statement."""
    roll = _roll((p.id for _, p, _ in items), (p.by for _, p, _ in items), at)
    fates: dict[int, Fate] = {}
    changed: dict[UUID, Claim] = {}
    for n in sorted(range(len(items)), key=lambda n: items[n][1].at):
        _, p, judge = items[n]
        claim = roll.claims.get(p.id)
        if claim is None:
            fates[n] = ClaimMissing.code, {}
        elif claim.account_id != p.by.id and not roll.leading(claim, p.by):
            fates[n] = RightMissing.code, {"right": "calls.lead", "area": str(claim.shift.call.area_id)}
        else:
            fates[n] = judge(roll, claim, p)
            if not fates[n][0]:
                changed[claim.id] = claim
    update_rows(Claim, list(changed.values()), TIMES)
    return [Outcome(items[n][0], *fates[n]) for n in range(len(items))]


@service("calls.check_in")
def check_in(*, presences: Sequence[Presence], by: Actor, at: datetime) -> list[Outcome]:
    """People have come: their time counts from now.

    Repeat: whoever is in, or was: "repeated". Rights: the own claim with the shift's code, or calls.lead in its area.
    Refuses: claim_missing, right_missing, not_claimed, too_early, too_late, code_wrong; not_assembled and fever.
    Locks: the shifts, then the claims, as whoever releases and moves up does.
    """
    return _each([(p.id, p, _come) for p in presences], at)


@service("calls.check_out")
def check_out(*, presences: Sequence[Presence], by: Actor, at: datetime) -> list[Outcome]:
    """People leave: their hours are from check-in to now.

    Who was still in when the turnout was confirmed may say later when he left: his hours are then to be confirmed anew.
    Repeat: whoever has left: "repeated". Rights: the own claim, or calls.lead. Refuses: claim_missing, right_missing,
    not_in, too_early, too_late. Locks: as for check_in.
    """
    return _each([(p.id, p, _leave) for p in presences], at)


@service("calls.confirm_claims")
def confirm_claims(*, presences: Sequence[Presence], by: Actor, at: datetime) -> list[Outcome]:
    """People say that they will come, or their lead does. Repeat: "repeated". Rights and locks: as for check_out."""
    return _each([(p.id, p, _confirm) for p in presences], at)


@service("calls.note_attendance", savepoint=False)
def note_attendance(*, notes: Sequence[Step], by: Actor, at: datetime) -> list[Outcome]:
    """What phones noted of coming and leaving, in the order of its time; outcomes by the note's id.

    Repeat, rights, refusals and locks: as for check_in and check_out; a step that is neither is calls.unfit.
    """
    judges: dict[str, Judge] = {"in": _come, "out": _leave}
    good = [n for n in notes if n.step in judges]
    items = [(n.id, Presence(n.claim_id, n.at, n.by, n.code), judges[n.step]) for n in good]
    done = {n.id: o for n, o in zip(good, _each(items, at), strict=True)}
    return [done.get(n.id) or Outcome(n.id, "calls.unfit", {"field": "step", "fix": "in out"}) for n in notes]


@service("calls.mark_no_shows")
def mark_no_shows(*, claim_ids: Sequence[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """People have not come: so long after the start their places go to those who wait, or count as empty.

    Repeat: marked before: "repeated". Rights: calls.lead in the call's area. Refuses: claim_missing, right_missing,
    not_claimed (came, waits or was released), too_early. Locks: the shifts, then the claims, then who moves up.
    """
    of = Claim.objects.filter(id__in=claim_ids).values_list("shift_id", flat=True)
    shifts = locked_shifts(of)
    roll = _roll(claim_ids, [by], at)
    outcomes = [_absent(roll, i, by, at) for i in claim_ids]
    marked = {o.id: roll.claims[o.id] for o in outcomes if not o.code}
    if marked:
        _write_absent(list(marked.values()), shifts, by, at)
    return outcomes


def _absent(roll: _Roll, claim_id: UUID, by: Actor, at: datetime) -> Outcome:
    claim = roll.claims.get(claim_id)
    if claim is None:
        return Outcome(claim_id, ClaimMissing.code)
    if not roll.leading(claim, by):
        return Outcome(claim_id, RightMissing.code, {"right": "calls.lead", "area": str(claim.shift.call.area_id)})
    if claim.state == "no_show":
        return Outcome(claim_id, "repeated", {"claim": str(claim_id)})
    if claim.state not in ("claimed", "confirmed"):
        return Outcome(claim_id, NotClaimed.code, {"state": claim.state})
    due = claim.shift.starts_at + roll.minutes(claim, "no_show_minutes")
    if at < min(due, claim.shift.ends_at):
        return Outcome(claim_id, TooEarly.code, {"from": due.isoformat()})
    claim.state, claim.no_show_at = "no_show", at
    return Outcome(claim_id)


def _write_absent(claims: Sequence[Claim], shifts: dict[UUID, Shift], by: Actor, at: datetime) -> None:
    update_rows(Claim, claims, TIMES)
    for c in claims:
        shifts[c.shift_id].taken -= 1
    changed = {c.shift_id: shifts[c.shift_id] for c in claims}
    count_places(list(changed.values()))
    fill_from_waitlist(changed, by, at)
    set_call_states({s.call_id for s in changed.values()}, at)


@service("calls.confirm_turnout")
def confirm_turnout(*, shift_id: UUID, by: Actor, at: datetime) -> Shift:
    """Who asked for help says who came: all still in leave at the end of the shift, whoever never came is a no-show.

    Phones that were vouched for the shift are out, but for those who go on serving in another shift of the call.
    Nobody confirms his own hours: if he served there too, they stay open for another who leads. Those of a group at a
    shop stay open for the shop.
    Repeat: confirmed before: nothing changes. Rights: calls.lead in the call's area. Locks: the shift and its claims.
    Raises: ShiftMissing, TooEarly (the shift has not ended).
    """
    shifts = locked_shifts([shift_id])
    shift = shifts.get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.lead", shift.call)
    if shift.turnout_at is not None:
        raise Repeated(shift)
    if at < shift.ends_at:
        raise TooEarly(**{"from": shift.ends_at.isoformat()})
    rows = Claim.objects.select_for_update(no_key=True).filter(shift_id=shift_id, state__in=FIRM).order_by("id")
    served = list(rows)
    claims = [c for c in served if c.state != "done"]
    for c in claims:
        if c.state == "checked_in":
            c.state, c.checked_out_at = "done", shift.ends_at
        else:
            c.state, c.no_show_at = "no_show", at
            shift.taken -= 1
    is_hosts = bool(hosts_confirming({shift.host_id}, at=at))
    settled = [c for c in served if c.state == "done" and c.hours_at is None and c.account_id != by.id and not is_hosts]
    for c in settled:
        c.hours_by, c.hours_at = by.id, at
    update_rows(Claim, claims, TIMES)
    update_rows(Claim, settled, ["hours_by", "hours_at"])
    count_places([shift])
    shift.turnout_by, shift.turnout_at = by.id, at
    update_rows(Shift, [shift], ["turnout_by", "turnout_at"])
    end_scopes(scope_ids=[shift_id], kept=_serving_on(shift, at), by=by, at=at)
    return shift


def _serving_on(shift: Shift, at: datetime) -> list[UUID]:
    """Accounts with a place in a further shift of the same call that has not ended."""
    rows = Claim.objects.filter(shift__call_id=shift.call_id, shift__ends_at__gt=at, state__in=FIRM)
    return list(rows.exclude(shift_id=shift.id).values_list("account_id", flat=True))
