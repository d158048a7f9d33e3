"""People who serve: registering, skills and who verified them, fitness, standing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import reach, require, serving
from lianfang.domains.areas.models import Area
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.privacy.queries import opened, same_caller_token, sealed
from lianfang.domains.responders.errors import (
    JudgedByOneself,
    ResponderMissing,
    ResponderUnfit,
    SkillMissing,
    StepUnfit,
)
from lianfang.domains.responders.models import Fitness, Responder, Skill, Standing
from lianfang.domains.responders.rules import FITNESS, free_times_fault

WRITE = "responders.write"
OWN = ("name", "phone", "born_year")
KEPT = (*OWN, "dependants")
SAID = ("home_area_id", "is_retired", "retired_on", "may_be_called", "near_steps", "free_times", "insured_until")


@dataclass(frozen=True)
class NewResponder:
    """Somebody to be registered under a sign-in, or what is to be changed of it.

    Of who is on the register already only what is `said` is changed: said and empty is emptied, not said stays.
    """

    account_id: UUID
    kind: str
    home_area_id: UUID | None = None
    name: str = ""
    phone: str = ""
    born_year: int | None = None
    is_retired: bool = False
    retired_on: date | None = None
    may_be_called: bool = False
    near_steps: int | None = None
    free_times: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    insured_until: date | None = None
    said: Collection[str] = SAID


def _fault(e: NewResponder, kinds: Mapping[str, Any], homes: Collection[UUID], at: datetime) -> dict[str, Any]:
    if e.kind not in kinds:
        return {"field": "kind", "fix": " ".join(kinds)}
    if e.home_area_id and e.home_area_id not in homes:
        return {"field": "home", "fix": ""}
    if e.born_year is not None and not at.year - 100 <= e.born_year <= at.year - 18:
        return {"field": "born", "fix": f"{at.year - 100}–{at.year - 18}"}
    if e.near_steps is not None and not 0 <= e.near_steps <= 6:
        return {"field": "near", "fix": "0–6"}
    wrong = free_times_fault(list(e.free_times))
    return {"field": "free", "fix": wrong} if wrong else {}


@service("responders.register_responders")
def register_responders(*, entries: Sequence[NewResponder], by: Actor, at: datetime) -> list[Outcome]:
    """Put people on the register of those who serve, or renew what stands there; one outcome each, by account id.

    Repeat:  the same again changes nothing ("repeated"). Nobody is refused for his age: only minors are.
    Rights:  oneself, or responders.write where the sign-in is kept or in the home area: the one on the register, of
             somebody new one where he serves.
    Refuses: missing (no such sign-in), right_missing, unfit with field and fix.
    """
    kinds = entries_of("responder_kinds")
    ids = {e.account_id for e in entries}
    accounts = {a.id: a for a in Account.objects.filter(id__in=ids).only("id", "area_id", "organisation_id")}
    known = {r.id: r for r in Responder.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")}
    homes = {e.home_area_id for e in entries if e.home_area_id}
    areas = {a.area_id for a in accounts.values() if a.area_id} | {r.home_area_id for r in known.values()} | homes
    reached = reach(by, WRITE, areas={a for a in areas if a})
    there = serving([(e.account_id, e.home_area_id) for e in entries if e.home_area_id], at=at)
    homes = set(Area.objects.filter(id__in=homes).values_list("id", flat=True))
    out: list[Outcome] = []
    fresh: list[Responder] = []
    changed: list[Responder] = []
    for e in entries:
        account, row = accounts.get(e.account_id), known.get(e.account_id)
        home = row.home_area_id if row else e.home_area_id if (e.account_id, e.home_area_id) in there else None
        may_write = account is not None and (
            account.id == by.id or any(a and reached.has(a, None) for a in (account.area_id, home))
        )
        wrong = _fault(e, kinds, homes, at)
        if account is None:
            out.append(Outcome(e.account_id, ResponderMissing.code))
        elif not may_write:
            out.append(Outcome(e.account_id, RightMissing.code, {"right": WRITE, "area": str(e.home_area_id or "")}))
        elif wrong:
            out.append(Outcome(e.account_id, ResponderUnfit.code, wrong))
        else:
            same = row is not None and _is_same(row, e, by)
            out.append(Outcome(e.account_id, "repeated" if same else ""))
            if not same:
                (fresh if row is None else changed).append(_filled(row, e, by, at))
    _seal([*fresh, *changed], {e.account_id: e for e in entries}, by)
    Responder.objects.bulk_create(fresh, batch_size=2000)
    Responder.objects.bulk_update(changed, [*FILLED, "sealed", "same", "left_at"], batch_size=2000)
    return out


@service("responders.put_down", door=False, told=("kind",))
def put_down(*, account_ids: Sequence[UUID], kind: str, by: Actor, at: datetime) -> int:
    """Whoever serves without being on the register is put down, at home where his sign-in is kept.

    Called by flows that have tested their right. Repeat: who is there is left. Gives how many it was new to.
    """
    known = set(Responder.objects.filter(id__in=account_ids).values_list("id", flat=True))
    homes = dict(Account.objects.filter(id__in=set(account_ids) - known).values_list("id", "area_id"))
    rows = [Responder(id=i, account_id=i, kind=kind, home_area_id=a, registered_by=by.id, registered_at=at)
            for i, a in sorted(homes.items())]  # fmt: skip
    Responder.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


FILLED = ("kind", "home_area_id", "is_retired", "retired_on", "consented_at", "near_steps", "free_times",
          "insured_until", "insured_by")  # fmt: skip


def _is_same(row: Responder, e: NewResponder, by: Actor) -> bool:
    told = opened([row], by=by, fields=OWN, whole=True)[row.id]
    same = all(_value(row, f) == _asked(e, f) for f in e.said)
    return (
        same and row.kind == e.kind and row.left_at is None and all(told[f] == (getattr(e, f) or told[f]) for f in OWN)
    )


def _value(row: Responder, name: str) -> Any:
    return row.consented_at is not None if name == "may_be_called" else getattr(row, name)


def _asked(e: NewResponder, name: str) -> Any:
    return [dict(t) for t in e.free_times] if name == "free_times" else getattr(e, name)


def _filled(row: Responder | None, e: NewResponder, by: Actor, at: datetime) -> Responder:
    r = row or Responder(id=e.account_id, account_id=e.account_id, registered_by=by.id, registered_at=at)
    r.kind, r.left_at = e.kind, None
    if "insured_until" in (SAID if row is None else e.said) and r.insured_until != e.insured_until:
        r.insured_by = by.id if e.insured_until and by.id != e.account_id else None  # nobody vouches for himself
    for f in SAID if row is None else e.said:
        if f == "may_be_called":
            r.consented_at = (r.consented_at or at) if e.may_be_called else None
        else:
            setattr(r, f, _asked(e, f))
    return r


def _seal(rows: Sequence[Responder], entries: Mapping[UUID, NewResponder], by: Actor) -> None:
    """What a renewed entry does not say of a person stays as it stood."""
    before = opened(rows, by=by, fields=KEPT, whole=True)
    values = []
    for r in rows:
        e = entries[r.id]
        said = {f: getattr(e, f) for f in OWN if getattr(e, f)}
        values.append((r.id, {k: v for k, v in before[r.id].items() if v} | said))
    for r, blob, (_, told) in zip(rows, sealed(values), values, strict=True):
        r.sealed, r.same = blob, same_caller_token(told.get("name", ""), told.get("phone", ""))


def locked_responder(responder_id: UUID, by: Actor) -> Responder:
    """Somebody who serves, locked, if the actor may write about him. Raises ResponderMissing, RightMissing."""
    row = Responder.objects.select_for_update(of=("self",), no_key=True).select_related("account").filter(
        id=responder_id).first()  # fmt: skip
    if row is None:
        raise ResponderMissing()
    areas = {a for a in (row.account.area_id, row.home_area_id) if a}
    if row.id != by.id and not any(reach(by, WRITE, areas=areas).has(a, None) for a in areas):
        require(by, WRITE, area_id=row.home_area_id or row.account.area_id)
        raise ResponderMissing()
    return row


@service("responders.state_skill", told=("skill",))
def state_skill(*, skill_id: UUID, responder_id: UUID, skill: str, evidence: str, valid_until: date | None, by: Actor,
                at: datetime) -> Skill:  # fmt: skip
    """Somebody can do something: stated with its evidence, not yet verified. One stated again takes the older's place.

    Repeat: same id: the first. Rights: oneself, or responders.write. Raises: ResponderMissing, ResponderUnfit.
    """
    row = locked_responder(responder_id, by)
    known = Skill.objects.filter(id=skill_id).first()
    if known:
        raise Repeated(known)
    if skill not in entries_of("skills"):
        raise ResponderUnfit(field="skill", fix=" ".join(entries_of("skills")))
    if not evidence.strip():
        raise ResponderUnfit(field="evidence", fix="text")
    if valid_until and valid_until < at.date():
        raise ResponderUnfit(field="until", fix=at.date().isoformat())
    Skill.objects.filter(responder=row, skill=skill, ended_at=None).update(ended_at=at)
    blob = sealed([(skill_id, {"evidence": evidence.strip()[:300]})])[0]
    return Skill.objects.create(id=skill_id, responder=row, skill=skill, sealed=blob, valid_until=valid_until,
                                stated_at=at)  # fmt: skip


@service("responders.judge_skill", told=("why",))
def judge_skill(*, skill_id: UUID, is_verified: bool, why: str, by: Actor, at: datetime) -> Skill:
    """Whoever keeps the register has seen the evidence, or refuses it with a reason.

    Repeat: judged so before. Rights: responders.write about that person, never oneself.
    Raises: SkillMissing, JudgedByOneself, ResponderUnfit (refused without a reason).
    """
    row = Skill.objects.select_for_update().filter(id=skill_id, ended_at=None).first()
    if row is None:
        raise SkillMissing()
    locked_responder(row.responder_id, by)
    if row.responder_id == by.id:
        raise JudgedByOneself()
    state = "verified" if is_verified else "refused"
    if row.state == state:
        raise Repeated(row)
    if not is_verified and not why.strip():
        raise ResponderUnfit(field="reason", fix="text")
    row.state, row.judged_by, row.judged_at, row.why = state, by.id, at, why.strip()[:200]
    row.save(update_fields=["state", "judged_by", "judged_at", "why"])
    return row


@service("responders.state_fitness", told=("state",))
def state_fitness(
    *,
    fitness_id: UUID,
    responder_id: UUID,
    state: str,
    limits: Sequence[str],
    why: str,
    until_at: datetime | None,
    by: Actor,
    at: datetime,
    source_id: UUID | None = None,
) -> Fitness:
    """What somebody is fit for from now: fit, light duty with limits, or off. Why is sealed; leads see the limits.

    Repeat: same id: the first. Rights: oneself, or responders.write. Raises: ResponderMissing, ResponderUnfit.
    """
    row = locked_responder(responder_id, by)
    return keep_fitness(fitness_id=fitness_id, responder_id=row.id, state=state, limits=limits, why=why,
                        until_at=until_at, source_id=source_id, by=by, at=at)  # fmt: skip


@service("responders.keep_fitness", door=False, told=("state",))
def keep_fitness(
    *,
    fitness_id: UUID,
    responder_id: UUID,
    state: str,
    limits: Sequence[str],
    why: str,
    until_at: datetime | None,
    source_id: UUID | None,
    by: Actor,
    at: datetime,
) -> Fitness:
    """The same for a flow that has tested its own right: harm on duty, exposure."""
    known = Fitness.objects.filter(id=fitness_id).first()
    if known:
        raise Repeated(known)
    names = entries_of("duty_limits")
    if state not in FITNESS:
        raise ResponderUnfit(field="state", fix=" ".join(FITNESS))
    if set(limits) - set(names) or (state == "light" and not limits):
        raise ResponderUnfit(field="limits", fix=" ".join(names))
    if until_at is not None and until_at <= at:
        raise ResponderUnfit(field="until", fix=at.isoformat())
    blob = sealed([(fitness_id, {"why": why.strip()[:300]} if why.strip() else {})])[0]
    return Fitness.objects.create(id=fitness_id, responder_id=responder_id, state=state, limits=sorted(set(limits)),
                                  sealed=blob, source_id=source_id, from_at=at, until_at=until_at,
                                  stated_by=by.id)  # fmt: skip


@service("responders.note_standing", told=("standing", "where"))
def note_standing(*, standing_id: UUID, responder_id: UUID, standing: str, where: str, witness_id: UUID | None,
                  by: Actor, at: datetime) -> Standing:  # fmt: skip
    """Membership standing from now on; what it was stays in the history. Applied, under review, accepted, in turn.

    Repeat: same id: the first. Rights: responders.write (oneself may only apply). Raises: ResponderMissing,
    ResponderUnfit, StepUnfit (from this standing it does not go there).
    """
    row = locked_responder(responder_id, by)
    known = Standing.objects.filter(id=standing_id).first()
    if known:
        raise Repeated(known)
    kinds = entries_of("standings")
    if standing not in kinds:
        raise ResponderUnfit(field="standing", fix=" ".join(kinds))
    last = row.standings.order_by("-from_at").values_list("standing", flat=True).first()
    after = kinds[standing].get("after")
    if last is not None and after is not None and last not in after:
        raise StepUnfit(state=last, next=standing)
    if row.id == by.id and not kinds[standing].get("own"):
        raise JudgedByOneself()
    return Standing.objects.create(id=standing_id, responder=row, standing=standing, from_at=at, place=where[:120],
                                   witness_id=witness_id, noted_by=by.id)  # fmt: skip


@service("responders.note_dependants")
def note_dependants(*, responder_id: UUID, dependants: str, needs_care: bool, by: Actor, at: datetime) -> Responder:
    """Who depends on somebody at home: his own private note. Leads see that care is needed and nothing else.

    Repeat: the same: nothing changes. Rights: oneself alone. Raises: ResponderMissing.
    """
    row = Responder.objects.select_for_update(no_key=True).filter(id=responder_id).first()
    if row is None or row.id != by.id:
        raise ResponderMissing()
    before = opened([row], by=by, fields=KEPT, whole=True)[row.id]
    said = dependants.strip()[:500]
    if row.needs_care == needs_care and before["dependants"] == said:
        raise Repeated(row)
    row.needs_care = needs_care
    row.sealed = sealed([(row.id, {k: v for k, v in before.items() if v and k != "dependants"}
                          | ({"dependants": said} if said else {}))])[0]  # fmt: skip
    row.save(update_fields=["needs_care", "sealed"])
    return row
