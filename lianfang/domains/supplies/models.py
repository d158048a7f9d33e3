"""Who produces what is needed, how much a day, to whom it is promised, and what each day brought."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Producer(Row):
    """A body that makes a product: capacity a day, hours its lines run, its designation, promises outside."""

    personal: ClassVar[tuple[str, ...]] = ()

    organisation_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    product = models.CharField(max_length=80)
    unit = models.CharField(max_length=20)
    daily_capacity = models.DecimalField(max_digits=14, decimal_places=3)
    lines_hours = models.DecimalField(max_digits=4, decimal_places=1)  # hours a day its lines are set to run
    designation = models.CharField(max_length=200, blank=True)
    commitments = models.JSONField(default=list)  # of {to, per_day}: promised elsewhere, in the same unit
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "product"], name="producer_once_a_product"),
            models.CheckConstraint(condition=Q(daily_capacity__gte=0), name="capacity_not_below_zero"),
        ]
        indexes = [models.Index(fields=["area", "product"])]


class ProducerDay(Row):
    """What a producer's day brought, as reported; a correction is a further version, and the newest counts."""

    personal: ClassVar[tuple[str, ...]] = ()

    producer = models.ForeignKey(Producer, models.PROTECT, related_name="days")
    on = models.DateField()
    number = models.SmallIntegerField()
    output = models.DecimalField(max_digits=14, decimal_places=3)
    stock = models.DecimalField(max_digits=14, decimal_places=3)
    hours_run = models.DecimalField(max_digits=4, decimal_places=1, null=True)  # not told: unknown
    blockers = models.CharField(max_length=300, blank=True)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["producer", "on", "number"], name="producer_day_version_once")]
