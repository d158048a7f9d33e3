"""Organisations, and the phone book of duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require, serves_at
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.queries import roles
from lianfang.domains.responders.errors import BodyKnown, DutyMissing, ParentUnfit, ResponderUnfit
from lianfang.domains.responders.models import Duty, Organisation

MOST_POSITION = 99


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
def put_on_duty(*, duty_id: UUID, role: str, area_id: UUID, account_id: UUID, position: int, by: Actor, at: datetime,
                from_at: datetime | None = None, until_at: datetime | None = None) -> Duty:  # fmt: skip
    """A line of the phone book of duty from now or from a time on; whoever stood at that position leaves it then.

    Until a time: afterwards whoever stood there before stands there again.
    Repeat: same id: the first. Rights: responders.write on the area.
    Raises: ResponderUnfit (no such role, somebody who has no post there, a span that is over, a position below 0).
    Locks:  the lines at that position.
    """
    require(by, "responders.write", area_id=area_id)
    known = Duty.objects.filter(id=duty_id).first()
    if known:
        raise Repeated(known)
    begins = max(from_at or at, at)
    if role not in roles():
        raise ResponderUnfit(field="role", fix=" ".join(roles()))
    if not serves_at(account_id, area_id, at=at):
        raise ResponderUnfit(field="account", fix="")
    if until_at is not None and until_at <= begins:
        raise ResponderUnfit(field="until", fix=begins.isoformat())
    if not 0 <= position <= MOST_POSITION:
        raise ResponderUnfit(field="position", fix=f"0–{MOST_POSITION}")
    _make_room(duty_id, role, area_id, position, begins, until_at)
    return Duty.objects.create(id=duty_id, role=role, area_id=area_id, account_id=account_id, position=position,
                               from_at=begins, to_at=until_at)  # fmt: skip


def _make_room(duty_id: UUID, role: str, area_id: UUID, position: int, begins: datetime, ends: datetime | None) -> None:
    """Whoever stands at a position meanwhile stands there before, and again afterwards; never begun is struck."""
    lines = Duty.objects.select_for_update().filter(role=role, area_id=area_id, position=position).order_by("id")
    during = lines.filter(Q(to_at=None) | Q(to_at__gt=begins))
    for line in during.filter(from_at__lt=ends) if ends else during:
        if ends and (line.to_at is None or line.to_at > ends):
            Duty.objects.create(id=uuid5(duty_id, str(line.id)), role=role, area_id=area_id, position=position,
                                account_id=line.account_id, from_at=ends, to_at=line.to_at)  # fmt: skip
        _end(line, begins)


def _end(line: Duty, at: datetime) -> None:
    if line.from_at >= at:
        line.delete()
    else:
        line.to_at = at
        line.save(update_fields=["to_at"])


@service("responders.end_duty")
def end_duty(*, duty_id: UUID, by: Actor, at: datetime) -> None:
    """A line of the phone book of duty ends now; one that has not begun is struck.

    Repeat: ended before: nothing changes. Rights: responders.write on its area. Raises: DutyMissing.
    """
    line = Duty.objects.select_for_update().filter(id=duty_id).first()
    if line is None:
        raise DutyMissing()
    require(by, "responders.write", area_id=line.area_id)
    if line.to_at is not None and line.to_at <= at:
        raise Repeated(None)
    _end(line, at)


@service("responders.end_duties", door=False)
def end_duties(*, account_id: UUID, area_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """A post has ended: its lines in the phone book of duty end with it. The ending was tested by its own service."""
    rows = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id, area_id__in=area_ids)
    return rows.update(to_at=at)
