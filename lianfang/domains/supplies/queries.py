"""Producers, what they can make, which share of an area's capacity that is, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.responders.models import Organisation
from lianfang.domains.supplies.errors import ProducerMissing, SupplyUnfit
from lianfang.domains.supplies.models import Producer, ProducerDay
from lianfang.domains.supplies.rules import MOST, days_of_cover, net_capacity, share_percent


def producers_seen(by: Actor) -> QuerySet[Producer]:
    """Producers in the actor's areas, each with the name of its body (`body`)."""
    body = Organisation.objects.filter(id=OuterRef("organisation_id"))
    rows = Producer.objects.filter(area_id__in=visible_areas(by, "supplies.read")).select_related("area")
    rows = rows.annotate(body=Subquery(body.values("name")[:1]), body_en=Subquery(body.values("name_en")[:1]))
    return rows.defer("area__outline")


def producer_seen(producer_id: UUID, *, by: Actor) -> Producer:
    """One of these producers. Raises ProducerMissing."""
    found = producers_seen(by).filter(id=producer_id).first()
    if found is None:
        raise ProducerMissing(producer=str(producer_id))
    return found


@dataclass(frozen=True)
class Standing:
    """A producer beside the others of its product in an area: capacity, share, what is left, its newest day."""

    producer: Producer
    share: Decimal | None
    net: Decimal
    day: dict[str, Any] | None
    is_missing: bool  # nothing reported for the day asked about


def producers_of(area_id: UUID, *, by: Actor, on: date, product: str = "") -> list[Standing]:
    """Producers of an area and below: those whose report of the day is missing first, then the largest."""
    days = ProducerDay.objects.filter(producer_id=OuterRef("pk"), on__lte=on).order_by("-on", "-number")
    newest = days.values(row=JSONObject(on="on", output="output", stock="stock", hours_run="hours_run",
                                        blockers="blockers", number="number"))[:1]  # fmt: skip
    rows = producers_seen(by).filter(area_id__in=ids_below(area_id)).annotate(newest=ArraySubquery(newest))
    found = list(rows.filter(product=product) if product else rows)
    whole: dict[tuple[str, str], Decimal] = {}
    for p in found:
        whole[p.product, p.unit] = whole.get((p.product, p.unit), Decimal(0)) + p.daily_capacity
    out = [_standing(p, whole[p.product, p.unit], on) for p in found]
    return sorted(out, key=lambda s: (not s.is_missing, s.producer.product, -s.producer.daily_capacity))


def _standing(p: Producer, whole: Decimal, on: date) -> Standing:
    day = next(iter(p.newest), None)  # type: ignore[attr-defined]  # annotated
    if day:
        day = {**day, "on": date.fromisoformat(day["on"])}
    is_missing = day is None or day["on"] != on
    net = net_capacity(p.daily_capacity, p.commitments)
    return Standing(p, share_percent(p.daily_capacity, whole), net, day, is_missing)


def daily_capacity(organisation_id: UUID, product: str, *, by: Actor) -> Decimal | None:
    """What a body can make of a product a day, in the producer's unit; None for one that is not on the register."""
    rows = producers_seen(by).filter(organisation_id=organisation_id, product=product)
    return rows.values_list("daily_capacity", flat=True).first()


def capacity_share(organisation_id: UUID, product: str, area_id: UUID, *, by: Actor) -> Decimal | None:
    """A body's share of what all producers of an area and below can make of a product: percent, one decimal.

    Only capacities in the body's own unit are added up. None for a body that is not a producer there.
    """
    rows = producers_seen(by).filter(area_id__in=ids_below(area_id), product=product)
    found = list(rows.values_list("organisation_id", "unit", "daily_capacity"))
    own = next(((u, c) for o, u, c in found if o == organisation_id), None)
    if own is None:
        return None
    return share_percent(own[1], sum((c for _, u, c in found if u == own[0]), Decimal(0)))


@dataclass(frozen=True)
class Cover:
    """A product in an area: capacity, what is left of it after promises, stock last reported, days it covers a use."""

    unit: str
    capacity: Decimal
    net: Decimal
    stock: Decimal
    days: Decimal | None
    is_met: bool


def cover(area_id: UUID, product: str, unit: str, *, use_per_day: Decimal, by: Actor, on: date) -> Cover:
    """How far an area's own producers meet a forecast use of a product a day, from their newest reports.

    Edge: a producer that never reported adds capacity and no stock. Raises SupplyUnfit for a use that is no amount.
    """
    rows = [s for s in producers_of(area_id, by=by, on=on, product=product) if s.producer.unit == unit]
    capacity = sum((s.producer.daily_capacity for s in rows), Decimal(0))
    net = sum((s.net for s in rows), Decimal(0))
    stock = sum((Decimal(str(s.day["stock"])) for s in rows if s.day), Decimal(0))
    if not use_per_day.is_finite() or not 0 <= use_per_day <= MOST:
        raise SupplyUnfit(field="use", fix="a number")
    days = days_of_cover(stock, net, use_per_day)
    return Cover(unit, capacity, net, stock, days, days is None)


def days_of(producer: Producer, *, limit: int = 14) -> list[ProducerDay]:
    """The newest version of each of a producer's last days, the newest day first."""
    rows = producer.days.order_by("-on", "-number").distinct("on")
    return list(rows[:limit])
