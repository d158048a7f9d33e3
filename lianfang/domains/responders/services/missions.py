"""Missions of help from one area to another: asked, quotas by staff share, assembled, under the host, released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.responders.errors import MissionMissing, ResponderUnfit, StepUnfit
from lianfang.domains.responders.models import Mission, Organisation, Posting, Quota, Team
from lianfang.domains.responders.queries.away import is_away
from lianfang.domains.responders.queries.missions import concerns
from lianfang.domains.responders.rules import MISSION_ENDS, MISSION_MOVES, shared_out

WRITE, POST = "responders.write", "calls.post"
# Whose step each is: the sender says yes and gathers, the host takes over the tasking and gives it back.
SENDERS = ("offered", "assembled")
TIMES = {"offered": "offered_at", "assembled": "assembled_at", "hosted": "hosted_at", "released": "released_at"}


@service("responders.ask_mission", told=("task",))
def ask_mission(
    *,
    mission_id: UUID,
    sender_area_id: UUID,
    receiver_area_id: UUID,
    task: str,
    title: Mapping[str, str],
    people: int,
    from_at: datetime,
    until_at: datetime,
    by: Actor,
    at: datetime,
    incident_id: UUID | None = None,
    kit: Sequence[Mapping[str, Any]] = (),
) -> Mission:
    """Ask an area for people. Repeat: same id: the first.

    Rights: calls.post where help is needed, or responders.write on the area asked (its health office wrote it down).
    Raises: ResponderUnfit (nobody asked for, a span that is over, both areas the same).
    """
    known = Mission.objects.filter(id=mission_id).first()
    if known:
        raise Repeated(known)
    require(by, POST, area_id=receiver_area_id, own=may(by, WRITE, area_id=sender_area_id))
    if sender_area_id == receiver_area_id:
        raise ResponderUnfit(field="area", fix="")
    if people < 1:
        raise ResponderUnfit(field="people", fix="1–")
    if not (from_at < until_at and at < until_at):
        raise ResponderUnfit(field="until", fix=until_at.isoformat())
    if not str(title.get("zh", "")).strip():
        raise ResponderUnfit(field="title", fix="text")
    return Mission.objects.create(id=mission_id, incident_id=incident_id, sender_area_id=sender_area_id,
                                  receiver_area_id=receiver_area_id, task=task, title=dict(title), people=people,
                                  kit=[dict(k) for k in kit], from_at=from_at, until_at=until_at, asked_by=by.id,
                                  asked_at=at)  # fmt: skip


def locked_mission(mission_id: UUID, by: Actor) -> Mission:
    """A mission, locked, if it concerns the actor. Raises MissionMissing."""
    row = Mission.objects.select_for_update(of=("self",)).filter(concerns(by), id=mission_id).first()
    if row is None:
        raise MissionMissing()
    return row


@service("responders.give_quotas")
def give_quotas(*, mission_id: UUID, staff: Mapping[UUID, int], by: Actor, at: datetime,
                people: Mapping[UUID, int] | None = None) -> list[Quota]:  # fmt: skip
    """Share the people asked for among bodies by their staff for that work; what each keeps is shown.

    people: how many some bodies give whatever their share; the others share what is left.
    Repeat: the same numbers. Rights: responders.write on the sender's area.
    Raises: MissionMissing, ResponderUnfit (they have fewer together, a body gives more than it has), StepUnfit.
    """
    row = locked_mission(mission_id, by)
    require(by, WRITE, area_id=row.sender_area_id)
    if row.state not in ("asked", "offered"):
        raise StepUnfit(state=row.state, next="offered")
    bodies = set(Organisation.objects.filter(id__in=staff).values_list("id", flat=True))
    if not staff or bodies != set(staff) or any(n < 0 for n in staff.values()):
        raise ResponderUnfit(field="body", fix="")
    try:
        given = dict(people or {})
        others = {b: n for b, n in staff.items() if b not in given}
        shares = given | (shared_out(max(row.people - sum(given.values()), 0), others) if others else {})
    except ValueError:
        raise ResponderUnfit(field="staff", fix=f"≥ {row.people}") from None
    over = next((b for b, n in shares.items() if not 0 <= n <= staff.get(b, -1)), None)
    if over is not None:
        raise ResponderUnfit(field="people", fix=f"0–{staff.get(over, 0)}")
    before = {q.organisation_id: (q.staff, q.people) for q in row.quotas.all()}
    if before == {b: (staff[b], shares.get(b, 0)) for b in staff}:
        raise Repeated(list(row.quotas.order_by("-people", "id")))
    row.quotas.all().delete()
    return Quota.objects.bulk_create(
        [Quota(id=uuid5(row.id, f"{b} {at.isoformat()}"), mission=row, organisation_id=b, staff=n,
               people=shares.get(b, 0)) for b, n in sorted(staff.items(), key=lambda s: str(s[0]))]
    )  # fmt: skip


@service("responders.advance_mission", door=False, told=("state",))
def advance_mission(*, mission_id: UUID, state: str, by: Actor, at: datetime, team_id: UUID | None = None,
                    cover: str = "", apart_until_at: datetime | None = None) -> Mission:  # fmt: skip
    """The next step of a mission; called by the flow that gathers its people and sends them home.

    cover: the insurance of all who leave, with whom to ring; a long mission does not leave without.

    Hosted, the team is tasked by the area that receives it; released, by the one that sent it, and postings end.
    Repeat: it stands there. Rights: the sender offers and assembles (responders.write), the host takes over and
    releases (calls.post). Raises: MissionMissing, StepUnfit, ResponderUnfit (fewer given than asked for; no cover).
    """
    row = locked_mission(mission_id, by)
    if row.state == state:
        raise Repeated(row)
    if MISSION_MOVES.get(row.state) != state:
        raise StepUnfit(state=row.state, next=state)
    if state in SENDERS:
        require(by, WRITE, area_id=row.sender_area_id)
    else:
        require(by, POST, area_id=row.receiver_area_id)
    given = sum(row.quotas.values_list("people", flat=True))
    if state == "offered" and given < row.people:
        raise ResponderUnfit(field="people", fix=f"{row.people} ({given})")
    if state == "assembled":
        if is_away(row, at=at) and not cover.strip():
            raise ResponderUnfit(field="cover", fix="text")
        row.team_id, row.departed_at, row.cover = team_id, at, cover.strip()[:200]
    row.apart_until_at = apart_until_at
    row.state = state
    setattr(row, TIMES[state], at)
    row.save(update_fields=["state", "team_id", "departed_at", "cover", "apart_until_at", TIMES[state]])
    if state == "hosted" and row.team_id:
        Team.objects.filter(id=row.team_id).update(area_id=row.receiver_area_id, sender_area_id=row.sender_area_id)
    if state == "released" and row.team_id:
        Team.objects.filter(id=row.team_id).update(area_id=row.sender_area_id)
        Posting.objects.filter(team_id=row.team_id, from_at__lt=at, until_at__gt=at).update(until_at=at)
    return row


@service("responders.end_mission", door=False, told=("state", "why"))
def end_mission(*, mission_id: UUID, state: str, why: str, by: Actor, at: datetime) -> Mission:
    """Nobody is sent: the area asked declines, or who asked takes it back, with a reason both see.

    Called by the flow that stops asking its people. Repeat: it stands there. Rights: to decline responders.write on
    the sender's area; to take back calls.post on the receiver's, or having asked.
    Raises: MissionMissing, StepUnfit (its people have left, it has ended), ResponderUnfit (no reason).
    """
    row = locked_mission(mission_id, by)
    if row.state == state:
        raise Repeated(row)
    if row.state not in MISSION_ENDS.get(state, ()):
        raise StepUnfit(state=row.state, next=state)
    if state == "declined":
        require(by, WRITE, area_id=row.sender_area_id)
    else:
        require(by, POST, area_id=row.receiver_area_id, own=row.asked_by == by.id)
    if not why.strip():
        raise ResponderUnfit(field="reason", fix="text")
    row.state, row.why, row.ended_at = state, why.strip()[:200], at
    row.save(update_fields=["state", "why", "ended_at"])
    return row
