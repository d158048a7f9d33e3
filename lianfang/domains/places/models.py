"""Places with a capacity by class, and who stays in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Place(Row):
    """A site, room, shelter, cooling place, shop …; kinds are data."""

    personal: ClassVar[tuple[str, ...]] = ()

    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    area = models.ForeignKey(Area, models.PROTECT)
    building_id = models.UUIDField(null=True)
    capacity = models.JSONField(default=dict)  # class -> number
    state = models.CharField(max_length=10, default="planned")  # planned open closed
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    incident_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area", "kind", "state"])]


class Stay(Row):
    """A person's reservation or stay in one class of a place."""

    personal: ClassVar[tuple[str, ...]] = ()

    place = models.ForeignKey(Place, models.PROTECT, related_name="stays")
    capacity_class = models.CharField(max_length=20)
    person_id = models.UUIDField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id"], condition=Q(ended_at=None), name="nobody_in_two_beds"),
        ]
        indexes = [models.Index(fields=["place", "capacity_class"], condition=Q(ended_at=None), name="stay_now")]
