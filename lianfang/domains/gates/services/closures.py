"""Roads that are closed and opened again: written down by whoever closes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require, serves_at
from lianfang.domains.editions.queries import common_edition, entries_of, values_of
from lianfang.domains.gates.errors import ClosureElsewhere, ClosureMissing, ClosureUnfit
from lianfang.domains.gates.models import Closure
from lianfang.domains.gates.queries.closures import CLOSE, closures_seen, lies_within

EAST, NORTH = 180.0, 90.0
REACH = "closure_reach_m"
Spot = tuple[float, float]


@dataclass(frozen=True)
class NewClosure:
    """A road to be closed. spots: none (only named), one, or where a barrier begins and ends: (longitude, latitude).

    kind: of the edition's closure kinds, which says whom it stops. guard_id, key_with: the posts that stand
    there, and that open it.
    """

    id: UUID
    area_id: UUID
    road: str
    kind: str
    why: str
    from_at: datetime
    until_at: datetime | None = None
    spots: tuple[Spot, ...] = ()
    guard_id: UUID | None = None
    key_with: UUID | None = None
    incident_id: UUID | None = None


@service("gates.close_road")
def close_road(*, closure: NewClosure, by: Actor, at: datetime) -> Closure:
    """A road is closed from a time, until a time or until somebody opens it.

    Repeat: same id: the first. Rights: gates.close on its area. Raises: ClosureUnfit, ClosureElsewhere.
    """
    known = Closure.objects.filter(id=closure.id).first()
    if known:
        raise Repeated(known)
    require(by, CLOSE, area_id=closure.area_id)
    c, kinds = closure, entries_of("closure_kinds")
    for field, text in (("road", c.road), ("why", c.why)):
        if not text.strip():
            raise ClosureUnfit(field=field, fix="text")
    if c.kind not in kinds:
        raise ClosureUnfit(field="kind", fix=" ".join(kinds))
    if c.until_at is not None and c.until_at <= max(c.from_at, at):
        raise ClosureUnfit(field="until", fix=max(c.from_at, at).isoformat())
    if len(c.spots) > 2 or any(not (-EAST <= lon <= EAST and -NORTH <= lat <= NORTH) for lon, lat in c.spots):
        raise ClosureUnfit(field="spot", fix="113.59, 24.81")
    _fit_spots(c, by, at)
    for field, who in (("guard", c.guard_id), ("key", c.key_with)):
        if who is not None and not serves_at(who, c.area_id, at=at):
            raise ClosureUnfit(field=field, fix="id")
    (lon, lat), (lon_to, lat_to) = (*c.spots, (None, None), (None, None))[:2]
    return Closure.objects.create(
        id=c.id, area_id=c.area_id, incident_id=c.incident_id, road=c.road.strip()[:120], kind=c.kind,
        stops=kinds[c.kind]["stops"], lon=lon, lat=lat, lon_to=lon_to, lat_to=lat_to, guard_id=c.guard_id,
        key_with=c.key_with,
        why=c.why.strip()[:200], from_at=c.from_at, until_at=c.until_at, by=by.id, at=at,
    )  # fmt: skip


def _fit_spots(c: NewClosure, by: Actor, at: datetime) -> None:
    """Each spot lies in or near an area where he may close roads. Raises ClosureElsewhere."""
    metres = float(values_of(common_edition(), [REACH], area_id=c.area_id, at=at)[REACH])
    for lon, lat in c.spots:
        if not lies_within(lon, lat, c.area_id, metres=metres, by=by, incident_id=c.incident_id):
            raise ClosureElsewhere(metres=f"{metres:g}", spot="113.5901, 24.8102")


@service("gates.open_road", told=("why",))
def open_road(*, closure_id: UUID, why: str, by: Actor, at: datetime) -> Closure:
    """A closed road is open again.

    Repeat: it is. Rights: gates.close on its area. Locks: the closure. Raises: ClosureMissing, ClosureUnfit (no why).
    """
    row = closures_seen(by, CLOSE).select_for_update(of=("self",)).filter(id=closure_id).first()
    if row is None:
        raise ClosureMissing()
    if row.opened_at is not None:
        raise Repeated(row)
    if not why.strip():
        raise ClosureUnfit(field="why", fix="text")
    row.opened_at, row.opened_by, row.opened_why = at, by.id, why.strip()[:200]
    row.save(update_fields=["opened_at", "opened_by", "opened_why"])
    return row
