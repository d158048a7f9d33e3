"""Who serves and has people depending on him at home: the note is his own, his unit hears that support is needed."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import administrators_of
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.services import note_dependants


def ask_care(*, dependants: str, needs_care: bool, by: Actor, at: datetime) -> Responder:
    """Keep one's own note, and ask one's unit for support: it hears who needs it, never the note.

    Rights: oneself. Raises: ResponderMissing. Repeat: the same again tells nobody twice.
    """
    with transaction.atomic():
        before = Responder.objects.filter(id=by.id).values_list("needs_care", flat=True).first()
        row = note_dependants(responder_id=by.id, dependants=dependants, needs_care=needs_care, by=by, at=at)
        if needs_care and not before:
            account = Account.objects.get(id=by.id)
            heads = administrators_of(account.organisation_id, at=at) if account.organisation_id else []
            told = [Writing(uuid5(row.id, f"care {h} {at.isoformat()}"), "account", h, {"post": account.label},
                            about_id=row.id, area_id=account.area_id) for h in heads]  # fmt: skip
            write_messages(writings=told, edition=common_edition(), template="care-asked", incident_id=None, by=by,
                           at=at)  # fmt: skip
    return row
