"""Helpers paired with classes: a proposal that a person adopts, one helper a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach, serving
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.needs.errors import ClassTaken, HelperUnfit
from lianfang.domains.needs.queries.hearts import CLASS, LINK, PAIR, heads_of
from lianfang.domains.places.errors import PlaceMissing
from lianfang.domains.places.models import Place
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested

EVERY = "pairing_every_days"


@dataclass(frozen=True)
class Pair:
    """One class with one helper, and the id of the link that is opened."""

    id: UUID
    place_id: UUID
    helper_id: UUID


@service("needs.adopt_pairing")
def adopt_pairing(*, pairs: Sequence[Pair], by: Actor, at: datetime) -> list[Outcome]:
    """Classes get their helpers; one outcome a pair, none raises for another.

    Repeat:  a known id: "repeated". Rights: needs.pair on the class's area.
    Refuses: right_missing, place_missing (no class), helper_unfit (serves nowhere near), class_taken.
    Locks:   the classes, so that of two who adopt at once the second is told who has it.
    """
    asked = sorted({p.place_id for p in pairs})
    places = {p.id: p for p in Place.objects.select_for_update(no_key=True).filter(id__in=asked, kind=CLASS)
              .order_by("id")}  # fmt: skip
    known = set(Item.objects.filter(id__in=[p.id for p in pairs]).values_list("id", flat=True))
    taken = set(Item.objects.filter(kind=LINK, unit_id__in=asked, is_closed=False).values_list("unit_id", flat=True))
    leads = reach(by, PAIR, areas={p.area_id for p in places.values()})
    near = serving([(p.helper_id, places[p.place_id].area_id) for p in pairs if p.place_id in places], at=at)
    every = values_by_area(common_edition(), [EVERY], {p.area_id for p in places.values()}, at=at)
    out, fresh = dict[UUID, Outcome](), list[NewItem]()
    for p in pairs:
        place = places.get(p.place_id)
        if p.id in known:
            out[p.id] = Outcome(p.id, "repeated")
        elif place is None:
            out[p.id] = Outcome(p.id, PlaceMissing.code, {"place": str(p.place_id)})
        elif not leads.has(place.area_id, None):
            out[p.id] = Outcome(p.id, RightMissing.code, {"right": PAIR, "area": str(place.area_id)})
        elif place.id in taken:
            out[p.id] = Outcome(p.id, ClassTaken.code, {"place": place.name})
        elif (p.helper_id, place.area_id) not in near:
            out[p.id] = Outcome(p.id, HelperUnfit.code, {"place": place.name})
        else:
            taken.add(place.id)
            values = {"heads": heads_of(place), "every_days": int(every[place.area_id][EVERY])}
            fresh.append(NewItem(p.id, place.area_id, "place", place.id, values=values, owner_id=p.helper_id))
    out |= {o.id: o for o in open_tested(kind_name=LINK, items=fresh, incident_id=None, by=by, at=at)}
    return [out[p.id] for p in pairs]
