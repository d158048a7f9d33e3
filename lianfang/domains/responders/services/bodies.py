"""Organisations, and the phone book of duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.responders.errors import BodyKnown, ParentUnfit
from lianfang.domains.responders.models import Duty, Organisation


@service("responders.register_organisation", told=("name", "name_en"))
def register_organisation(
    *,
    organisation_id: UUID,
    name: str,
    name_en: str,
    kind: str,
    area_id: UUID,
    by: Actor,
    at: datetime,
    parent_id: UUID | None = None,
) -> Organisation:
    """A body that takes part, below another one if it has a parent. Repeat: same id: the first.

    Rights: responders.write on the area, or accounts.grant, since who gives a body its accounts may add the body.
    Raises: ParentUnfit (not of this area or one above it), BodyKnown (the name stands in this area).
    """
    require(by, "responders.write", area_id=area_id, own=may(by, "accounts.grant", area_id=area_id))
    known = Organisation.objects.filter(id=organisation_id).first()
    if known:
        raise Repeated(known)
    if parent_id and not Organisation.objects.filter(id=parent_id, area_id__in=ids_above(area_id)).exists():
        raise ParentUnfit()
    if Organisation.objects.filter(name=name, area_id=area_id).exists():
        raise BodyKnown(name=name)
    return Organisation.objects.create(
        id=organisation_id, name=name, name_en=name_en, kind=kind, area_id=area_id, parent_id=parent_id
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


@service("responders.end_duties", door=False)
def end_duties(*, account_id: UUID, area_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """A post has ended: its lines in the phone book of duty end with it. The ending was tested by its own service."""
    rows = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id, area_id__in=area_ids)
    return rows.update(to_at=at)
