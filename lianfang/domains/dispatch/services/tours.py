"""A tour is given to its carrier, each portion with the time he is at the door; it is taken off him who cannot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import labels_of, reach, require, serving
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.errors import TourUnfit
from lianfang.domains.dispatch.queries.seen import locked_driver
from lianfang.domains.dispatch.queries.tours import DELIVERY, WAITS
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import work_held
from lianfang.domains.work.services import assign_items, promise_times, take_off
from lianfang.domains.work.services.opening import raise_refusal

OFF = "tour-taken-off"


@service("dispatch.adopt_tour")
def adopt_tour(*, tour_id: UUID, carrier_id: UUID, stops: Sequence[tuple[UUID, datetime]], by: Actor,
               at: datetime) -> int:  # fmt: skip
    """Portions become a carrier's, all of them or none, each promised for a time.

    Repeat: they are his at these times. Rights: work.lead on the area of each; he serves where each goes.
    Locks: the carrier, then the items by their ids. Raises: TourUnfit (nothing chosen, somebody else has one of them by
    now, it is under way, he does not serve there, or has other doors in these hours), ItemMissing, MoveNotYours. Gives
    how many.
    """
    times, _ = dict(stops), locked_driver(carrier_id)
    rows = {i.id: i for i in Item.objects.select_for_update(of=("self",)).filter(id__in=times).order_by("id")}
    led = reach(by, "work.lead", areas={i.area_id for i in rows.values()})
    if any(not led.has(i.area_id, i.incident_id) for i in rows.values()):
        raise ItemMissing(item="")  # before anything is said of them
    if rows and all(i.owner_id == carrier_id and i.due_at == times[i.id] for i in rows.values()):
        raise Repeated(len(rows))
    wrong = [i for i in rows.values() if i.kind != DELIVERY or i.state != WAITS or i.owner_id not in (None, carrier_id)]
    if not rows or len(rows) != len(times) or wrong:
        raise TourUnfit(field="stops", n=len(wrong) or len(times) - len(rows))
    asked = {(carrier_id, i.area_id) for i in rows.values()}
    away = {a for _, a in asked - set(serving(asked, at=at))}
    if away:
        raise TourUnfit(field="carrier", n=sum(1 for i in rows.values() if i.area_id in away))
    mine = Item.objects.filter(kind=DELIVERY, owner_id=carrier_id, is_closed=False).exclude(id__in=times)
    both = mine.filter(due_at__gte=min(times.values()), due_at__lte=max(times.values())).count()
    if both:  # another desk gave him a tour of these hours meanwhile
        raise TourUnfit(field="carrier", n=both)
    for done in assign_items(item_ids=list(times), owner_id=carrier_id, by=by, at=at):
        raise_refusal(done)
    promise_times(promises=times, by=by, at=at)
    return len(rows)


@service("dispatch.end_tour")
def end_tour(*, carrier_id: UUID, area_id: UUID, by: Actor, at: datetime) -> int:
    """A carrier cannot go on: what he has not brought in an area and below is nobody's again. Gives how many.

    He hears once how many doors were taken and by whom. What he brings or has brought all the same still counts.
    Repeat: nothing is left to take. Rights: work.lead on the area. Locks: the carrier, then the items by their ids.
    Edge:   a portion that he notes as brought at this very moment is left to him: the lock shows it closed.
    """
    require(by, "work.lead", area_id=area_id)
    locked_driver(carrier_id)
    rows = Item.objects.filter(work_held(by), kind=DELIVERY, owner_id=carrier_id, is_closed=False)
    mine = [i.id for i in _locked_items(rows.filter(area_id__in=ids_below(area_id)))]
    n = take_off(item_ids=mine, by=by, at=at)
    if n and by.id != carrier_id:
        said = {"n": str(n), "post": labels_of({by.id}).get(by.id, "")}
        told = Writing(uuid5(mine[0], f"{OFF} {carrier_id} {at.isoformat()}"), "account", carrier_id, said,
                       about_id=mine[0], area_id=area_id)  # fmt: skip
        write_messages(writings=[told], edition=common_edition(), template=OFF, incident_id=None, by=by, at=at)
    return n


def _locked_items(rows: QuerySet[Item]) -> Sequence[Item]:
    """Items in the order of their ids, as they stand once nobody else writes them."""
    return list(rows.select_for_update(of=("self",)).order_by("id"))
