"""Organisations, teams and the phone book of duty."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.responders.models import Duty, Organisation, Team


@service("responders.register_organisation", told=("name", "name_en"))
def register_organisation(
    *, organisation_id: UUID, name: str, name_en: str, kind: str, area_id: UUID, by: Actor, at: datetime
) -> Organisation:
    """A body that takes part. Rights: responders.write on the area. Repeat: same id: the first."""
    require(by, "responders.write", area_id=area_id)
    known = Organisation.objects.filter(id=organisation_id).first()
    if known:
        raise Repeated(known)
    return Organisation.objects.create(id=organisation_id, name=name, name_en=name_en, kind=kind, area_id=area_id)


@service("responders.form_team", told=("name", "name_en"))
def form_team(
    *,
    team_id: UUID,
    name: str,
    name_en: str,
    kind: str,
    organisation_id: UUID | None,
    area_id: UUID,
    people: int,
    by: Actor,
    at: datetime,
) -> Team:
    """A team for a time. Rights: responders.write on the area. Repeat: same id: the first."""
    require(by, "responders.write", area_id=area_id)
    known = Team.objects.filter(id=team_id).first()
    if known:
        raise Repeated(known)
    return Team.objects.create(
        id=team_id,
        name=name,
        name_en=name_en,
        kind=kind,
        organisation_id=organisation_id,
        area_id=area_id,
        people=people,
        formed_at=at,
    )


@service("responders.put_on_duty")
def put_on_duty(
    *, duty_id: UUID, role: str, area_id: UUID, account_id: UUID, position: int, by: Actor, at: datetime
) -> Duty:
    """A line of the phone book of duty from now; whoever stood at that position before leaves it."""
    require(by, "responders.write", area_id=area_id)
    known = Duty.objects.filter(id=duty_id).first()
    if known:
        raise Repeated(known)
    Duty.objects.filter(role=role, area_id=area_id, position=position, to_at=None).update(to_at=at)
    return Duty.objects.create(
        id=duty_id, role=role, area_id=area_id, account_id=account_id, position=position, from_at=at
    )
