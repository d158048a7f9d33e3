"""The producers' register and their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.responders.queries import bodies_around
from lianfang.domains.supplies.errors import ProducerKnown, ProducerMissing, SupplyUnfit
from lianfang.domains.supplies.models import Producer, ProducerDay
from lianfang.domains.supplies.rules import DAY_HOURS, MOST, commitments_fix

LOCAL = ZoneInfo("Asia/Shanghai")  # a producer's day is a local one
WRITE = "supplies.write"


def _fit(field: str, value: Decimal, most: Decimal = MOST) -> None:
    if not value.is_finite() or not 0 <= value <= most:
        raise SupplyUnfit(field=field, fix=f"0–{most}" if most == DAY_HOURS else "a number")


def _fit_producer(capacity: Decimal, lines_hours: Decimal, commitments: Sequence[Mapping[str, Any]]) -> None:
    _fit("capacity", capacity)
    _fit("hours", lines_hours, DAY_HOURS)
    fix = commitments_fix(commitments)
    if fix:
        raise SupplyUnfit(field="commitments", fix=fix)


def _plain(commitments: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"to": str(c["to"]).strip()[:80], "per_day": str(c["per_day"])} for c in commitments]


@service("supplies.register_producer", told=("product", "unit", "designation"))
def register_producer(
    *,
    producer_id: UUID,
    organisation_id: UUID,
    area_id: UUID,
    product: str,
    unit: str,
    daily_capacity: Decimal,
    lines_hours: Decimal,
    by: Actor,
    at: datetime,
    designation: str = "",
    commitments: Sequence[Mapping[str, Any]] = (),
) -> Producer:
    """A body makes a product here: so much a day, its lines so many hours, promised so much elsewhere.

    Repeat: same id: the first. Rights: supplies.write on the area.
    Raises: SupplyUnfit (no such body here or above, no name or unit, a number out of range), ProducerKnown.
    """
    require(by, WRITE, area_id=area_id)
    known = Producer.objects.filter(id=producer_id).first()
    if known:
        raise Repeated(known)
    for field, text in (("product", product), ("unit", unit)):
        if not text.strip():
            raise SupplyUnfit(field=field, fix="text")
    if not bodies_around(area_id).filter(id=organisation_id).exists():
        raise SupplyUnfit(field="body", fix="")
    _fit_producer(daily_capacity, lines_hours, commitments)
    if Producer.objects.filter(organisation_id=organisation_id, product=product.strip()).exists():
        raise ProducerKnown(product=product.strip())
    return Producer.objects.create(
        id=producer_id, organisation_id=organisation_id, area_id=area_id, product=product.strip()[:80],
        unit=unit.strip()[:20], daily_capacity=daily_capacity, lines_hours=lines_hours,
        designation=designation.strip()[:200], commitments=_plain(commitments), changed_at=at,
    )  # fmt: skip


def _locked(producer_id: UUID, by: Actor) -> Producer:
    found = Producer.objects.select_for_update().filter(id=producer_id).first()
    if found is None:
        raise ProducerMissing(producer=str(producer_id))
    require(by, WRITE, area_id=found.area_id)
    return found


@service("supplies.change_capacity", told=("designation",))
def change_capacity(
    *,
    producer_id: UUID,
    daily_capacity: Decimal,
    lines_hours: Decimal,
    commitments: Sequence[Mapping[str, Any]],
    designation: str,
    by: Actor,
    at: datetime,
) -> Producer:
    """Another capacity, other hours, promises or designation, from now; what was before stands in the log.

    Repeat: nothing differs: nothing changes. Rights: supplies.write. Locks: the producer.
    Raises: ProducerMissing, SupplyUnfit.
    """
    producer = _locked(producer_id, by)
    _fit_producer(daily_capacity, lines_hours, commitments)
    new = (daily_capacity, lines_hours, _plain(commitments), designation.strip()[:200])
    if (producer.daily_capacity, producer.lines_hours, producer.commitments, producer.designation) == new:
        raise Repeated(producer)
    producer.daily_capacity, producer.lines_hours, producer.commitments, producer.designation = new
    producer.changed_at = at
    producer.save(update_fields=["daily_capacity", "lines_hours", "commitments", "designation", "changed_at"])
    return producer


@service("supplies.report_day", told=("blockers",))
def report_day(
    *,
    day_id: UUID,
    producer_id: UUID,
    on: date,
    output: Decimal,
    stock: Decimal,
    by: Actor,
    at: datetime,
    hours_run: Decimal | None = None,
    blockers: str = "",
) -> ProducerDay:
    """A producer's day: output and stock, hours run and what is in the way where told. Again: a further version.

    Repeat: same id: the first. Rights: supplies.write. Locks: the producer.
    Raises: ProducerMissing, SupplyUnfit (a day to come, a number out of range).
    """
    producer = _locked(producer_id, by)
    known = ProducerDay.objects.filter(id=day_id).first()
    if known:
        raise Repeated(known)
    if on > at.astimezone(LOCAL).date():
        raise SupplyUnfit(field="day", fix=on.isoformat())
    _fit("output", output)
    _fit("stock", stock)
    if hours_run is not None:
        _fit("hours", hours_run, DAY_HOURS)
    number = ProducerDay.objects.filter(producer=producer, on=on).count() + 1
    return ProducerDay.objects.create(
        id=day_id, producer=producer, on=on, number=number, output=output, stock=stock, hours_run=hours_run,
        blockers=blockers.strip()[:300], by=by.id, at=at,
    )  # fmt: skip
