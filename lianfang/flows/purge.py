"""Personal data dies on its date: the keys of an incident's retention classes are destroyed; one list of holders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.services import destroy_keys, end_purposes
from lianfang.domains.watch.models import Check
from lianfang.domains.work.models import Item

# Who holds personal values of an incident: (model, what its rows are called in a certificate).
HOLDERS: tuple[tuple[Any, str], ...] = ((Item, "work items"), (Message, "messages"), (Check, "health checks"))


def purge_incident(
    *, incident_id: UUID, classes: Sequence[str], area_id: UUID, by: Actor, at: datetime
) -> dict[str, Any]:
    """Destroy the incident's keys of the named classes; counts stay, values open for nobody any more.

    Rights: accounts.grant on the area (its administrator). Gives what became unreadable, for the certificate.
    """
    require(by, "accounts.grant", area_id=area_id)
    with transaction.atomic():
        held = {
            name: model.objects.filter(incident_id=incident_id).exclude(sealed=b"").count() for model, name in HOLDERS
        }
        keys = destroy_keys(scope="incident", scope_id=incident_id, classes=list(classes), by=by, at=at)
        end_purposes(
            source_ids=list(Item.objects.filter(incident_id=incident_id).values_list("id", flat=True)), by=by, at=at
        )
    return {"incident": str(incident_id), "classes": list(classes), "keys": keys, "held": held, "at": at.isoformat()}
