"""What a phone sent under doubt, settled by a lead: run under the lead's own name, or left as it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, EnvelopeMissing, settle_quarantined
from lianfang.base.once import remembering
from lianfang.base.service import Outcome, one_log
from lianfang.domains.devices.queries import quarantined
from lianfang.domains.privacy.queries import opened

Handle = Callable[[str, Sequence[EnvelopeIn]], list[Outcome]]


def settle_doubtful(*, envelope_id: UUID, take: bool, handle: Handle, by: Actor, at: datetime) -> Outcome:
    """Settle one envelope that came under doubt. Taken, it is run as the lead's own note, at the time it was noted.

    handle: runs envelopes of a kind under the lead's name. What its service refuses stays where it is.
    Rights: devices.vouch where the phone or its holder is. Raises: EnvelopeMissing.
    """
    with transaction.atomic(), one_log(), remembering():
        row = quarantined(by).filter(id=envelope_id).first()
        if row is None:
            raise EnvelopeMissing(envelope=str(envelope_id))
        if take:
            body = opened([row], by=by, fields=("body",), whole=True, subject="actor_id")[row.id]["body"] or {}
            again = EnvelopeIn(row.id, row.kind, row.made_at, row.seq, by.id, body, row.version)
            (done,) = handle(row.kind, [again])
            if done.code not in ("", "repeated"):
                return done
        settle_quarantined(envelope_id=envelope_id, how="taken" if take else "left", by=by, at=at)
    return Outcome(envelope_id)
