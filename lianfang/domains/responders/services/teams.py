"""Teams: formed one by one or in bulk, led by dated appointment, stepping from state to state, with their log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import may, reach, require, serves_at
from lianfang.domains.areas.queries import ids_above_now
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.responders.errors import ResponderUnfit, StepUnfit, TeamMissing
from lianfang.domains.responders.models import Appointment, Member, Organisation, Posting, Team, TeamNote, TeamStep
from lianfang.domains.responders.queries.teams import leads
from lianfang.domains.responders.rules import BASES, IN_TEAM, TEAM_MOVES, may_become

WRITE = "responders.write"
MOST_TEAMS = 500
LEADS = ("lead", "deputy")
NOTES = ("log", "contact")


@dataclass(frozen=True)
class NewTeam:
    """A team to be: for an area (its host), of a sort, on a basis, part of another team or not."""

    id: UUID
    name: str
    area_id: UUID
    kind: str
    name_en: str = ""
    basis: str = "area"
    organisation_id: UUID | None = None
    parent_id: UUID | None = None
    place_id: UUID | None = None
    incident_id: UUID | None = None
    sender_area_id: UUID | None = None
    people: int = 0
    criteria: Mapping[str, Any] = field(default_factory=dict)


@service("responders.form_teams")
def form_teams(*, teams: Sequence[NewTeam], by: Actor, at: datetime) -> list[Outcome]:
    """Form teams, in bulk from a template or one in a minute; one outcome each.

    Repeat:  same id: "repeated". Rights: responders.write on each team's area; the lead of a team forms its parts.
    Refuses: right_missing, unfit (no name, unknown basis or body, a part elsewhere than its whole, more than 500).
    """
    if len(teams) > MOST_TEAMS:
        raise ResponderUnfit(field="teams", fix=f"1–{MOST_TEAMS}")
    known = set(Team.objects.filter(id__in=[t.id for t in teams]).values_list("id", flat=True))
    wholes = {t.id: t for t in Team.objects.filter(id__in={t.parent_id for t in teams if t.parent_id})}
    bodies = set(Organisation.objects.filter(id__in={t.organisation_id for t in teams}).values_list("id", flat=True))
    reached = reach(by, WRITE, areas={t.area_id for t in teams})
    led = leads(by, wholes, at=at)
    out, fresh = [], []
    for t in teams:
        whole = wholes.get(t.parent_id) if t.parent_id else None
        wrong = _fault(t, whole, bodies)
        if t.id in known:
            out.append(Outcome(t.id, "repeated"))
        elif not reached.has(t.area_id, t.incident_id) and (whole is None or whole.id not in led):
            out.append(Outcome(t.id, RightMissing.code, {"right": WRITE, "area": str(t.area_id)}))
        elif wrong:
            out.append(Outcome(t.id, ResponderUnfit.code, wrong))
        else:
            known.add(t.id)
            fresh.append(t)
            out.append(Outcome(t.id))
    Team.objects.bulk_create([_row(t, at) for t in fresh], batch_size=500)
    TeamStep.objects.bulk_create(
        [TeamStep(id=uuid5(t.id, "formed"), team_id=t.id, state="formed", at=at, by=by.id) for t in fresh],
        batch_size=500,
    )
    return out


def _fault(t: NewTeam, whole: Team | None, bodies: Collection[UUID]) -> dict[str, Any]:
    if not t.name.strip():
        return {"field": "name", "fix": "text"}
    if t.basis not in BASES:
        return {"field": "basis", "fix": " ".join(BASES)}
    if t.parent_id and (whole is None or whole.area_id != t.area_id or whole.ended_at is not None):
        return {"field": "parent", "fix": ""}
    if t.organisation_id and t.organisation_id not in bodies:
        return {"field": "body", "fix": ""}
    return {} if t.people >= 0 else {"field": "people", "fix": "0–"}


def _row(t: NewTeam, at: datetime) -> Team:
    return Team(
        id=t.id, name=t.name.strip()[:120], name_en=t.name_en.strip()[:120], kind=t.kind, area_id=t.area_id,
        basis=t.basis, organisation_id=t.organisation_id, parent_id=t.parent_id, place_id=t.place_id,
        incident_id=t.incident_id, sender_area_id=t.sender_area_id, people=t.people, criteria=dict(t.criteria),
        formed_at=at,
    )  # fmt: skip


def form_team(*, team_id: UUID, name: str, name_en: str, kind: str, organisation_id: UUID | None, area_id: UUID,
              people: int, by: Actor, at: datetime, **more: Any) -> Team:  # fmt: skip
    """The list with one team, raising its refusal."""
    new = NewTeam(team_id, name, area_id, kind, name_en, organisation_id=organisation_id, people=people, **more)
    done = form_teams(teams=[new], by=by, at=at)[0]
    if done.code == RightMissing.code:
        raise RightMissing(**done.values)
    if done.code == ResponderUnfit.code:
        raise ResponderUnfit(**done.values)
    return Team.objects.get(id=team_id)


def locked_team(team_id: UUID, by: Actor, at: datetime) -> Team:
    """A team, locked, if the actor leads it or keeps the teams of its area or its sender. Raises TeamMissing."""
    row = Team.objects.select_for_update(no_key=True).filter(id=team_id).first()
    if row is None:
        raise TeamMissing()
    keeps = [a for a in (row.area_id, row.sender_area_id) if a and may(by, WRITE, area_id=a)]
    if not keeps and row.id not in leads(by, [row.id], at=at):
        raise TeamMissing()
    return row


@service("responders.appoint", told=("role",))
def appoint(*, appointment_id: UUID, team_id: UUID, account_id: UUID, role: str, words: str, by: Actor,
            at: datetime) -> Appointment:  # fmt: skip
    """Somebody leads a team from now, or stands in for its lead. Who led before hands over and stays in the history.

    Whoever leads reads the members' phones, so he is one of them, has a post where the team serves or comes from, or
    was sent to serve there.
    Repeat: same id: the first. Rights: responders.write on the team's area or its sender's; a lead names deputies.
    Locks:  the team. Raises: TeamMissing, ResponderUnfit (no such role, a stranger), StepUnfit (stood down).
    """
    team = locked_team(team_id, by, at)
    known = Appointment.objects.filter(id=appointment_id).first()
    if known:
        raise Repeated(known)
    if role not in LEADS:
        raise ResponderUnfit(field="role", fix=" ".join(LEADS))
    if role == "lead" and not any(a and may(by, WRITE, area_id=a) for a in (team.area_id, team.sender_area_id)):
        require(by, WRITE, area_id=team.area_id)
    if team.ended_at is not None:
        raise StepUnfit(state=team.state, next=role)
    if not _may_lead(team, account_id, at):
        raise ResponderUnfit(field="account", fix=team.name)
    live = Appointment.objects.filter(team=team, to_at=None)
    live.filter(account_id=account_id).update(to_at=at, words=words.strip()[:1000])
    if role == "lead":
        live.filter(role="lead").update(to_at=at, words=words.strip()[:1000])
    return Appointment.objects.create(id=appointment_id, team=team, account_id=account_id, role=role, from_at=at,
                                      appointed_by=by.id)  # fmt: skip


def _may_lead(team: Team, account_id: UUID, at: datetime) -> bool:
    inside = Member.objects.filter(team_id__in={team.id, team.parent_id}, responder_id=account_id, state=IN_TEAM)
    areas = [a for a in (team.area_id, team.sender_area_id) if a]
    sent = Posting.objects.filter(Q(until_at=None) | Q(until_at__gt=at), responder_id=account_id, from_at__lte=at)
    sent = sent.filter(area_id__in=ids_above_now(team.area_id))
    return inside.exists() or any(serves_at(account_id, a, at=at) for a in areas) or sent.exists()


@service("responders.end_appointments", door=False)
def end_appointments(*, account_id: UUID, area_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """A post has ended: what its account led there it leads no more, and those teams show that nobody leads them.

    Gives how many. Harmless twice. The ending was tested by its own service.
    """
    rows = Appointment.objects.filter(
        Q(to_at=None) | Q(to_at__gt=at), account_id=account_id, team__area_id__in=area_ids
    )
    return rows.update(to_at=at)


@service("responders.step_team", told=("state", "words"))
def step_team(*, step_id: UUID, team_id: UUID, state: str, words: str, by: Actor, at: datetime,
              mission: Mapping[str, str] | None = None) -> Team:  # fmt: skip
    """A team goes on: commissioned with its mission, on standby, called, deployed, resting, stood down.

    Stood down, it and its parts end: appointments and memberships with it; the words are the summary and hand-over.
    Repeat: same id, or the state it has. Rights: its lead, or responders.write on its area or its sender's.
    Raises: TeamMissing, StepUnfit (from here it does not go there), ResponderUnfit (no mission, no summary).
    """
    team = locked_team(team_id, by, at)
    if TeamStep.objects.filter(id=step_id).exists() or team.state == state:
        raise Repeated(team)
    if state not in TEAM_MOVES:
        raise ResponderUnfit(field="state", fix=" ".join(TEAM_MOVES))
    if not may_become(team.state, state):
        raise StepUnfit(state=team.state, next=state)
    if state == "commissioned" and not str((mission or team.mission).get("zh", "")).strip():
        raise ResponderUnfit(field="mission", fix="text")
    if state == "stood_down" and not words.strip():
        raise ResponderUnfit(field="summary", fix="text")
    if mission:
        team.mission = {k: str(v).strip()[:300] for k, v in mission.items()}
    parts = list(Team.objects.select_for_update(no_key=True).filter(parent=team, ended_at=None).order_by("id"))
    ending = [team, *parts] if state == "stood_down" else [team]
    for t in ending:
        t.state = state
        t.ended_at = at if state == "stood_down" else None
    Team.objects.bulk_update(ending, ["state", "ended_at", "mission"])
    TeamStep.objects.bulk_create(
        [TeamStep(id=step_id if t is team else uuid5(step_id, str(t.id)), team=t, state=state,
                  words=words.strip()[:1000], at=at, by=by.id) for t in ending]
    )  # fmt: skip
    if state == "stood_down":
        Appointment.objects.filter(team__in=ending, to_at=None).update(to_at=at)
        for t in ending:
            t.members.filter(state="in").update(state="left", until_at=at)
    return team


@service("responders.note_for_team")
def note_for_team(*, note_id: UUID, team_id: UUID, kind: str, words: str, phone: str, by: Actor,
                  at: datetime) -> TeamNote:  # fmt: skip
    """A line of a team's log, or somebody outside it to be reached. Rights: who leads it. Repeat: same id: the first.

    Raises: TeamMissing, ResponderUnfit (nothing said).
    """
    team = locked_team(team_id, by, at)
    known = TeamNote.objects.filter(id=note_id).first()
    if known:
        raise Repeated(known)
    if kind not in NOTES or not words.strip():
        raise ResponderUnfit(field="words", fix="text")
    said = {"words": words.strip()[:500]} | ({"phone": phone.strip()[:30]} if phone.strip() else {})
    return TeamNote.objects.create(id=note_id, team=team, kind=kind, sealed=sealed([(note_id, said)])[0], at=at,
                                   by=by.id)  # fmt: skip
