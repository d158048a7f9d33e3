"""Whatever restricts, exempts or endangers a person or an area: with rule, evidence, authority and end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.grid.models import Building, Person


class Hold(Row):
    """One hold on a person, or on all who live in its buildings. It ends by itself or comes up for review."""

    personal: ClassVar[tuple[str, ...]] = ()

    kind = models.CharField(max_length=40)
    effect = models.CharField(max_length=10, default="restrict")  # restrict exempt danger
    rank = models.SmallIntegerField()
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="holds")
    area_id = models.UUIDField()
    incident_id = models.UUIDField(null=True)
    source_id = models.UUIDField(null=True)  # the zone version, watch case … that placed it
    edition = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    rules = models.JSONField(default=dict)  # leave_home, leave_zone, gather: yes no permit
    words = models.JSONField(default=dict)
    says = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    authority = models.CharField(max_length=120)
    decided_by = models.UUIDField()
    decision_id = models.UUIDField(null=True)
    paper_number = models.CharField(max_length=80)
    appeal = models.JSONField(default=dict)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__isnull=False) | Q(review_at__isnull=False), name="hold_has_an_end_or_a_review"
            ),
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(ended_at=None), name="hold_person_now"),
            models.Index(fields=["source_id"]),
            models.Index(fields=["incident_id"]),
            models.Index(fields=["review_at"], condition=Q(ended_at=None), name="hold_review"),
        ]


class HoldBuilding(models.Model):
    """A building inside the extent of an area hold."""

    personal: ClassVar[tuple[str, ...]] = ()

    hold = models.ForeignKey(Hold, models.CASCADE, related_name="buildings")
    building = models.ForeignKey(Building, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "hold"], name="hold_building_once")]
