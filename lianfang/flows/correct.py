"""Somebody says that what is held about him is wrong: whoever answers for the area checks it in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.grid.models import Presence
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested, raise_refusal

KIND = "correction"


def ask_correction(*, item_id: UUID, about: str, right: str, by: Actor, at: datetime) -> UUID:
    """Open a correction about the actor itself, in the area where it lives or stays; gives the item.

    Rights: one's own person alone. Repeat: same id. Raises: PersonMissing, and what the kind asks of its fields.
    """
    homes = Presence.objects.filter(person_id=by.person_id, to_on=None, kind__in=("lives", "stays"))
    home = homes.order_by("kind").first() if by.person_id else None
    if home is None or by.person_id is None:
        raise PersonMissing(person=str(by.person_id or ""))
    item = NewItem(item_id, home.area_id, "person", by.person_id, values={"about": about, "right": right})
    with transaction.atomic():
        raise_refusal(open_tested(kind_name=KIND, items=[item], incident_id=None, by=by, at=at)[0])
    return item_id
