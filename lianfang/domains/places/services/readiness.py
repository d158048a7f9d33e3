"""Readiness lists of places: laid for a stream of work, ticked on the spot, waived by who opens in spite of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.places.errors import NotReady, PlaceMissing, PlaceUnfit, ReadyItemMissing
from lianfang.domains.places.models import Place, ReadyItem
from lianfang.domains.places.queries import lacking_at, readiness_entries, work_streams

WRITE = "places.write"


@service("places.lay_readiness", told=("stream",))
def lay_readiness(*, place_id: UUID, stream: str, by: Actor, at: datetime) -> int:
    """A place has to be ready for a stream of work: the items of its list are laid. Gives how many.

    Repeat: laid before: nothing changes. Rights: places.write. Raises: PlaceMissing, PlaceUnfit. Locks: the place.
    """
    place = Place.objects.select_for_update(no_key=True).filter(id=place_id).first()
    if place is None:
        raise PlaceMissing(place=str(place_id))
    require(by, WRITE, area_id=place.area_id)
    if stream not in work_streams():
        raise PlaceUnfit(field="stream", fix=" ".join(work_streams()))
    known = set(place.readiness.values_list("name", flat=True))
    rows = [ReadyItem(id=uuid5(place.id, f"ready {e['name']}"), place=place, stream=stream, name=e["name"], position=n,
                      words=dict(e["words"]), is_mandatory=e["mandatory"], laid_by=by.id, laid_at=at)
            for n, e in enumerate(readiness_entries(stream)) if e["name"] not in known]  # fmt: skip
    if not rows:
        raise Repeated(0)
    ReadyItem.objects.bulk_create(rows)
    return len(rows)


@service("places.tick_readiness")
def tick_readiness(*, place_id: UUID, item_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """These items are ready. Gives how many were ticked now.

    Repeat: all ticked before: nothing changes. Rights: places.write. Raises: PlaceMissing, ReadyItemMissing (none
    named, or one of another place). Locks: the items.
    """
    place = Place.objects.filter(id=place_id).first()
    if place is None:
        raise PlaceMissing(place=str(place_id))
    require(by, WRITE, area_id=place.area_id)
    rows = list(ReadyItem.objects.select_for_update().filter(place=place, id__in=item_ids).order_by("id"))
    if not rows or len(rows) < len(set(item_ids)):
        raise ReadyItemMissing()
    fresh = [r for r in rows if r.done_at is None]
    if not fresh:
        raise Repeated(0)
    for r in fresh:
        r.done_by, r.done_at = by.id, at
    update_rows(ReadyItem, fresh, ["done_by", "done_at"])
    return len(fresh)


def waive_lacking(place: Place, in_spite: str, by: Actor, at: datetime) -> None:
    """What a locked place lacks is waived with the reason, and kept so. Raises: NotReady without one.

    Called by the services that open a place, in their transaction.
    """
    lacking = lacking_at([place.id]).get(place.id, [])
    if lacking and not in_spite.strip():
        raise NotReady(readiness=[r.name for r in lacking])
    for r in lacking:
        r.waived_by, r.waived_at, r.waived_why = by.id, at, in_spite.strip()[:300]
    update_rows(ReadyItem, lacking, ["waived_by", "waived_at", "waived_why"])
