"""Who is in a team: applying, screening with reasons, being put in, moving from group to group, leaving."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import serves_at
from lianfang.domains.responders.errors import (
    JudgedByOneself,
    MemberMissing,
    NotTaken,
    ResponderMissing,
    ResponderUnfit,
    StepUnfit,
    TeamMissing,
)
from lianfang.domains.responders.models import Appointment, Member, Responder, Team
from lianfang.domains.responders.queries.abilities import abilities_of
from lianfang.domains.responders.queries.people import near_team, postable_by
from lianfang.domains.responders.rules import IN_TEAM, taken_fault
from lianfang.domains.responders.services.teams import locked_team

DECIDED = ("in", "reserve", "out")


@service("responders.apply_to_team")
def apply_to_team(*, member_id: UUID, team_id: UUID, by: Actor, at: datetime) -> Member:
    """Somebody asks to be in a team; its lead screens. Repeat: asked before, or in it.

    Rights: oneself, on the register, with a post where the team serves, above it or below.
    Raises: TeamMissing, StepUnfit (stood down), ResponderMissing, NotTaken (by what).
    """
    team = Team.objects.filter(id=team_id).first()
    if team is None or not serves_at(by.id, team.area_id, at=at):
        raise TeamMissing()
    me = Responder.objects.filter(id=by.id, left_at=None).first()
    if me is None:
        raise ResponderMissing()
    known = Member.objects.filter(team=team, responder=me).exclude(state="left").first()
    if known:
        raise Repeated(known)
    if team.ended_at is not None:
        raise StepUnfit(state=team.state, next="applied")
    wrong = taken_fault(team.criteria, me.kind, abilities_of([me.id], at=at)[me.id].skills)
    if wrong:
        raise NotTaken(**wrong)
    return Member.objects.create(id=member_id, team=team, responder=me, state="applied", asked_at=at)


@service("responders.decide_member", told=("state", "why"))
def decide_member(*, member_id: UUID, state: str, why: str, by: Actor, at: datetime) -> Member:
    """Screen one who applied: into the team, kept in reserve, or out; the reason is kept and he sees it.

    Repeat: decided so before. Rights: who leads the team or keeps it, never about oneself.
    Raises: MemberMissing, TeamMissing, JudgedByOneself, ResponderUnfit (out or reserve without a reason), StepUnfit.
    """
    row = Member.objects.filter(id=member_id).first()
    if row is None:
        raise MemberMissing()
    team = locked_team(row.team_id, by, at)
    row = Member.objects.select_for_update().get(id=member_id)
    if row.responder_id == by.id:
        raise JudgedByOneself()
    if row.state == state:
        raise Repeated(row)
    if state not in DECIDED:
        raise ResponderUnfit(field="state", fix=" ".join(DECIDED))
    if row.state == "left" or team.ended_at is not None:
        raise StepUnfit(state=row.state, next=state)
    if state != IN_TEAM and not why.strip():
        raise ResponderUnfit(field="reason", fix="text")
    row.state, row.why, row.decided_by = state, why.strip()[:200], by.id
    row.from_at, row.until_at = (at, None) if state == IN_TEAM else (row.from_at, row.from_at and at)
    row.save(update_fields=["state", "why", "decided_by", "from_at", "until_at"])
    return row


@service("responders.put_in_team", told=("role",))
def put_in_team(*, team_id: UUID, responder_ids: Sequence[UUID], role: str, by: Actor, at: datetime) -> list[Outcome]:
    """Put people in a team: by invitation, from a unit, or because they live there; one outcome each, by responder.

    Repeat:  who is in it: "repeated", with the role as asked. Rights: who leads the team or keeps it; of people who are
             the actor's to send, serve or live in a county of the team, or were sent there: a team shows phones.
    Refuses: missing (nobody who serves, or a stranger), step_unfit (the team stood down). Raises: TeamMissing.
    """
    team = locked_team(team_id, by, at)
    known = set(Responder.objects.filter(id__in=responder_ids, left_at=None).values_list("id", flat=True))
    known &= postable_by(known, by=by) | near_team(known, team, at=at)
    there = {m.responder_id: m for m in team.members.select_for_update().exclude(state="left")}
    out, fresh, changed = [], [], []
    for i in dict.fromkeys(responder_ids):
        row = there.get(i)
        if i not in known:
            out.append(Outcome(i, ResponderMissing.code))
        elif team.ended_at is not None:
            out.append(Outcome(i, StepUnfit.code, {"state": team.state, "next": IN_TEAM}))
        elif row is not None:
            out.append(Outcome(i, "repeated" if row.state == IN_TEAM and row.role == role else ""))
            row.from_at = row.from_at if row.state == IN_TEAM else at
            row.state, row.role, row.decided_by, row.until_at = IN_TEAM, role[:30], by.id, None
            changed.append(row)
        else:
            fresh.append(Member(id=uuid5(team.id, f"{i} {at.isoformat()}"), team=team, responder_id=i, role=role[:30],
                                state=IN_TEAM, asked_at=at, from_at=at, decided_by=by.id))  # fmt: skip
            out.append(Outcome(i))
    Member.objects.bulk_create(fresh, batch_size=2000)
    Member.objects.bulk_update(changed, ["state", "role", "decided_by", "from_at", "until_at"], batch_size=2000)
    return out


@service("responders.leave_team", told=("why",))
def leave_team(*, member_id: UUID, why: str, by: Actor, at: datetime) -> Member:
    """Somebody leaves a team and its groups, takes back his asking, or is taken out with a reason; the history stays.

    What he led there he leads no more. Repeat: he has left. Rights: oneself; who leads the team or keeps it.
    Locks: the team, unless it is oneself, then the member. Raises: MemberMissing, TeamMissing, ResponderUnfit (taken
    out without a reason).
    """
    row = Member.objects.filter(id=member_id).first()
    if row is None:
        raise MemberMissing()
    own = row.responder_id == by.id
    if not own:
        locked_team(row.team_id, by, at)
    row = Member.objects.select_for_update().get(id=member_id)
    if row.state == "left":
        raise Repeated(row)
    if not own and not why.strip():
        raise ResponderUnfit(field="reason", fix="text")
    said = {"state": "left", "why": why.strip()[:200], "decided_by": by.id, "until_at": at}
    teams = [row.team_id, *Team.objects.filter(parent_id=row.team_id).values_list("id", flat=True)]
    Member.objects.filter(team_id__in=teams, responder_id=row.responder_id).exclude(state="left").update(**said)
    Appointment.objects.filter(team_id__in=teams, account_id=row.responder_id, to_at=None).update(to_at=at)
    return Member.objects.get(id=member_id)


@service("responders.move_members", door=False)
def move_members(*, from_team_id: UUID, to_team_id: UUID, responder_ids: Sequence[UUID], by: Actor,
                 at: datetime) -> list[Outcome]:  # fmt: skip
    """Move people from one group to another of the same team; called by the flow that tells them.

    Repeat: who is there already: "repeated". Rights: who leads the whole team or keeps it. Refuses: member_missing.
    Raises: TeamMissing, StepUnfit (groups of different teams, or stood down).
    """
    first, second = sorted([from_team_id, to_team_id], key=str)
    rows = {t.id: t for t in (locked_team(first, by, at), locked_team(second, by, at))}
    source, target = rows[from_team_id], rows[to_team_id]
    whole = {source.parent_id or source.id} & {target.parent_id or target.id}
    if not whole or target.ended_at is not None:
        raise StepUnfit(state=source.state, next=target.state)
    here = {m.responder_id: m for m in source.members.select_for_update().filter(state=IN_TEAM)}
    there = {m.responder_id: m for m in target.members.select_for_update().exclude(state="left")}
    out, leaving, fresh, again = [], [], [], []
    for i in dict.fromkeys(responder_ids):
        if i in there and there[i].state == IN_TEAM and i not in here:
            out.append(Outcome(i, "repeated"))
        elif i not in here:
            out.append(Outcome(i, MemberMissing.code))
        else:
            out.append(Outcome(i))
            if source.id != target.parent_id:  # out of the whole into one of its parts one stays in the whole
                leaving.append(here[i])
            if i in there:
                again.append(there[i])
            elif target.id != source.parent_id:
                fresh.append(Member(id=uuid5(here[i].id, str(target.id)), team=target, responder_id=i,
                                    role=here[i].role, state=IN_TEAM, asked_at=at, from_at=at,
                                    decided_by=by.id))  # fmt: skip
    for m in leaving:
        m.state, m.until_at = "left", at
    for m in again:
        m.state, m.from_at, m.until_at, m.decided_by = IN_TEAM, m.from_at or at, None, by.id
    Member.objects.bulk_update([*leaving, *again], ["state", "from_at", "until_at", "decided_by"], batch_size=2000)
    Member.objects.bulk_create(fresh, batch_size=2000)
    return out
