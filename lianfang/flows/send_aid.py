"""Help for another area: its bodies called up by quota, gathered into a team, lent to the host, sent home again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import holders_of, require
from lianfang.domains.accounts.services import end_lent_roles, lend_roles
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.calls.models import Answer, CallOut
from lianfang.domains.calls.queries import accounts_reached
from lianfang.domains.calls.services import call_out, stand_down_call_outs
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.errors import ResponderUnfit, StepUnfit
from lianfang.domains.responders.models import Member, Mission
from lianfang.domains.responders.queries import abilities_of, mission_seen, team_seen
from lianfang.domains.responders.queries.away import is_away
from lianfang.domains.responders.rules import IN_TEAM, paired
from lianfang.domains.responders.services import (
    NewPosting,
    NewTeam,
    advance_mission,
    end_mission,
    form_team,
    form_teams,
    post_people,
    put_down,
    put_in_team,
    step_team,
)
from lianfang.flows.away import stay_apart

KIND = "medic"  # of those on a mission who are not on the register of those who serve yet
WRITE = "responders.write"
ROLES = {"sampling": "sampler", "medical": "medic"}  # what a task lets its people do in the host's area
HELP = "volunteer"
LEADS, MOST_TOLD = ("duty-officer", "county-officer", "street-lead", "committee-lead"), 6  # who is told of an end
SWAB = "swab"


def call_up_mission(*, call_out_id: UUID, mission_id: UUID, meet_at: datetime, where: str, repeat_minutes: int,
                    repeats: int, by: Actor, at: datetime) -> CallOut:  # fmt: skip
    """Ask the people of every body with a quota at once whether they come, now; the silent are asked again.

    Who takes shifts of a body is asked, and whoever of a reserve list belongs to it. Rights: responders.write and
    calls.post on the sender's area. Raises: MissionMissing, StepUnfit (not offered yet), CallUnfit.
    """
    row = mission_seen(mission_id, by=by)
    require(by, WRITE, area_id=row.sender_area_id)
    if row.state not in ("offered", "assembled"):
        raise StepUnfit(state=row.state, next="assembled")
    bodies = [str(q.organisation_id) for q in row.quotas.all() if q.people]
    asked = accounts_reached(row.sender_area_id, {"bodies": bodies}, at=at) if bodies else []
    return call_out(call_out_id=call_out_id, area_id=row.sender_area_id, incident_id=row.incident_id,
                    mission_id=row.id, account_ids=asked, words=row.title, where=where, needed=row.people,
                    meet_at=meet_at, repeat_minutes=repeat_minutes, repeats=repeats, by=by, at=at)  # fmt: skip


def assemble_mission(*, mission_id: UUID, name: str, by: Actor, at: datetime, cover: str = "") -> Mission:
    """Those who have come are the mission's team, and leave. Who serves without being registered is put down first.

    cover: the insurance of all, with whom to ring; a long mission does not leave without it.
    Rights: responders.write on the sender's area. Raises: MissionMissing, StepUnfit, ResponderUnfit (nobody has come).
    """
    row = mission_seen(mission_id, by=by)
    if row.state == "assembled":
        return row
    come = Answer.objects.filter(call_out__mission_id=row.id).exclude(arrived_at=None)
    people = sorted(set(come.values_list("account_id", flat=True)))
    if not people:
        raise ResponderUnfit(field="people", fix="1–")
    team_id = uuid5(row.id, "team")
    with transaction.atomic():
        put_down(account_ids=people, kind=KIND, by=by, at=at)
        form_team(team_id=team_id, name=name.strip()[:120] or str(row.title.get("zh", "")), name_en="", kind="medical",
                  organisation_id=None, area_id=row.sender_area_id, people=0, basis="mission",
                  incident_id=row.incident_id, by=by, at=at)  # fmt: skip
        put_in_team(team_id=team_id, responder_ids=people, role="", by=by, at=at)
        step_team(step_id=uuid5(team_id, "deployed"), team_id=team_id, state="deployed", words=name, mission=row.title,
                  by=by, at=at)  # fmt: skip
        return advance_mission(mission_id=mission_id, state="assembled", team_id=team_id, cover=cover, by=by,
                               at=at)  # fmt: skip


def offer_mission(*, mission_id: UUID, by: Actor, at: datetime) -> Mission:
    """The sender says yes: its quotas reach what was asked. Rights, raises: as responders.advance_mission."""
    return advance_mission(mission_id=mission_id, state="offered", by=by, at=at)


def host_mission(*, mission_id: UUID, by: Actor, at: datetime) -> Mission:
    """The host's command takes the team over: it tasks them, in its own area, until the mission ends.

    Their own units go on counting them: each is posted with both lines. Rights: calls.post on the receiver's area.
    """
    with transaction.atomic():
        row = advance_mission(mission_id=mission_id, state="hosted", by=by, at=at)
        people = _people(row)
        lend_roles(account_ids=people, role=ROLES.get(row.task, HELP), area_id=row.receiver_area_id,
                   until_at=row.until_at, source_id=row.id, by=by, at=at)  # fmt: skip
        post_people(postings=[NewPosting(uuid5(row.id, f"posting {p}"), p, row.receiver_area_id, at, row.until_at,
                                         row.team_id) for p in people], by=by, at=at)  # fmt: skip
    return row


def release_mission(*, mission_id: UUID, words: str, by: Actor, at: datetime) -> Mission:
    """The host lets them go: what they could do there ends, the team stands down with a summary.

    Who comes home from a long mission stays apart. Rights: calls.post and responders.write on the receiver's area.
    Raises: MissionMissing, StepUnfit, TeamMissing, ResponderUnfit (no summary).
    """
    with transaction.atomic():
        before = mission_seen(mission_id, by=by)
        if before.state == "released":
            return before
        people = _people(before)
        if before.team_id:
            step_team(step_id=uuid5(before.id, "released"), team_id=before.team_id, state="stood_down", words=words,
                      by=by, at=at)  # fmt: skip
        until = stay_apart(before, people, by=by, at=at) if is_away(before, at=at) else None
        row = advance_mission(mission_id=mission_id, state="released", apart_until_at=until, by=by, at=at)
        end_lent_roles(account_ids=people, role=ROLES.get(row.task, HELP), source_id=row.id, by=by, at=at)
    return row


def decline_mission(*, mission_id: UUID, state: str, why: str, by: Actor, at: datetime) -> Mission:
    """Nobody is sent: declined by the area asked, or taken back. Whoever was called out for it is told not to come.

    The leads of the other side are told with the reason. Rights, raises: as responders.end_mission.
    """
    with transaction.atomic():
        before = mission_seen(mission_id, by=by)
        row = end_mission(mission_id=mission_id, state=state, why=why, by=by, at=at)
        if before.state == state:
            return row
        stand_down_call_outs(mission_id=row.id, why=why, by=by, at=at)
        _tell_other_side(row, state, why, by, at)
    return row


def _tell_other_side(row: Mission, state: str, why: str, by: Actor, at: datetime) -> None:
    here, there = row.sender_area_id, row.receiver_area_id
    if state == "withdrawn":
        here, there = there, here
    names = {a.id: {"zh": a.name, "en": a.name_en or a.name} for a in Area.objects.filter(id__in=(here, there))}
    leads = dict.fromkeys(a for role in LEADS for a in holders_of(role, above=ids_above(there), at=at))
    values = {"area": names[here], "words": row.title, "why": why}
    writings = [Writing(uuid5(row.id, f"{state} {a}"), "account", a, values, about_id=row.id, area_id=there)
                for a in [*leads][:MOST_TOLD]]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template=f"mission-{state}",
                   incident_id=row.incident_id, by=by, at=at)  # fmt: skip


def _people(row: Mission) -> list[UUID]:
    inside = Member.objects.filter(team_id=row.team_id, state=IN_TEAM) if row.team_id else Member.objects.none()
    return sorted(inside.values_list("responder_id", flat=True))


def pair_up(*, team_id: UUID, by: Actor, at: datetime) -> list[Outcome]:
    """Cut a team into units of two, one who may take samples in each while there are such; an odd one out is a third.

    Repeat: the same members, the same units. Rights: who leads the team or keeps it. Raises: TeamMissing.
    """
    team = team_seen(team_id, by=by, at=at)
    people = sorted(Member.objects.filter(team_id=team_id, state=IN_TEAM).values_list("responder_id", flat=True))
    can = abilities_of(people, at=at)
    units = paired(people, {p for p in people if SWAB in can[p].skills})
    new = [NewTeam(uuid5(team_id, f"unit {n}"), f"{n}组", team.area_id, "sampling", f"Unit {n}", parent_id=team_id,
                   basis="mission") for n in range(1, len(units) + 1)]  # fmt: skip
    with transaction.atomic():
        done = form_teams(teams=new, by=by, at=at)
        for t, unit in zip(new, units, strict=True):
            put_in_team(team_id=t.id, responder_ids=unit, role="", by=by, at=at)
    return done
