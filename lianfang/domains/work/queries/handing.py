"""Who has asked to take over a task that somebody holds."""

from __future__ import annotations

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, post_of
from lianfang.domains.work.models import Item, Transfer
from lianfang.domains.work.queries.reading import right_on


def transfer_asked(item: Item, *, by: Actor) -> Transfer | None:
    """What waits for its holder's answer, with the post that asked (`asker`); for whoever does that work there."""
    does = may(by, right_on(item.kind, "do"), area_id=item.area_id, incident_id=item.incident_id)
    if item.is_closed or not does:
        return None
    return Transfer.objects.filter(item=item, state="asked").annotate(asker=post_of("asked_by")).first()
