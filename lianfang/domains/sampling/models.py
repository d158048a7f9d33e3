"""Samples in tubes, tubes with their results, and the files that brought these."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area
from lianfang.domains.rounds.models import Desk, Round


class LabFile(Row):
    """A laboratory's list of results as it came: how many rows came in, and what became of each."""

    personal: ClassVar[tuple[str, ...]] = ()

    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    rows = models.IntegerField()
    counts = models.JSONField(default=dict)  # taken, repeated, refused: together the rows
    refused = models.JSONField(default=list)  # row number, tube code, code and values of each refusal
    by = models.UUIDField()
    at = models.DateTimeField()


class Tube(Row):
    """A tube of a desk: open, closed, sent, received, then negative, positive or invalid."""

    personal: ClassVar[tuple[str, ...]] = ()

    code = models.CharField(max_length=30, unique=True)
    round = models.ForeignKey(Round, models.PROTECT, related_name="tubes")
    desk = models.ForeignKey(Desk, models.PROTECT, related_name="tubes")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # the desk's: where its people were met
    takes = models.SmallIntegerField()
    n = models.SmallIntegerField(default=0)  # samples in it now
    state = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    counted = models.SmallIntegerField(null=True)  # as the desk counted at closing
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=10, blank=True)
    resulted_at = models.DateTimeField(null=True)
    file = models.ForeignKey(LabFile, models.PROTECT, null=True, related_name="tubes")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(n__gte=0) & Q(n__lte=models.F("takes")), name="tube_not_over")
        ]
        indexes = [models.Index(fields=["round", "state"]), models.Index(fields=["round", "area", "result"])]


class Sample(models.Model):
    """One person in one tube. Its place is the desk's, not where the person is registered (rule T18)."""

    personal: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True)
    round = models.ForeignKey(Round, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    tube = models.ForeignKey(Tube, models.PROTECT, db_constraint=False, related_name="samples")
    person_id = models.UUIDField()
    way = models.CharField(max_length=6)  # code roll door
    taken_at = models.DateTimeField()
    by = models.UUIDField()
    voided_at = models.DateTimeField(null=True)
    voided_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "person_id"], condition=Q(voided_at=None), name="one_sample_a_round"
            )
        ]
