"""What was said of rides without an incident is gone when its time is over; the rows stay."""

from __future__ import annotations

from datetime import datetime

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.dispatch.models import Ride, Vehicle


@service("dispatch.forget_rides", door=False)
def forget_rides(*, over_before: datetime, limit: int, by: Actor, at: datetime) -> int:
    """Words, doors and phones of rides that ended before a time, and plates of vehicles that served until then.

    An incident's words die with its key. At most `limit` of each. Gives how many.
    """
    over = Ride.objects.filter(incident_id=None, ready_at__lt=over_before, state__in=("closed", "absent", "cancelled"))
    ids = list(over.exclude(sealed=b"").order_by("ready_at").values_list("id", flat=True)[:limit])
    gone = Vehicle.objects.filter(until_at__lt=over_before).exclude(sealed=b"")
    plates = list(gone.order_by("until_at").values_list("id", flat=True)[:limit])
    done = Ride.objects.filter(id__in=ids).update(sealed=b"")
    return done + Vehicle.objects.filter(id__in=plates).update(sealed=b"")
