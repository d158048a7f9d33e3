"""Daily sheets: figures frozen with their cut-off when they are sent up."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Sheet(Row):
    """One area's sheet of one day: open, sent, returned, accepted. Figures are computed while it is open."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    day = models.DateField()
    incident_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="open")
    cut_off_at = models.DateTimeField(null=True)
    draft = models.SmallIntegerField(default=1)
    note = models.CharField(max_length=400, blank=True)
    sent_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    judged_by = models.UUIDField(null=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "day", "incident_id"], nulls_distinct=False, name="one_sheet_a_day"
            ),
        ]


class Line(Row):
    """A figure of a sent sheet, as it stood at the cut-off."""

    personal: ClassVar[tuple[str, ...]] = ()

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="lines")
    draft = models.SmallIntegerField()
    figure = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    check_code = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "draft", "figure"], name="line_once")]
