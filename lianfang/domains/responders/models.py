"""Organisations, teams, and the phone book of duty."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Organisation(Row):
    """A body that takes part: bureau, company, school, hospital …"""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=30)
    area = models.ForeignKey(Area, models.PROTECT)
    parent = models.ForeignKey("self", models.PROTECT, null=True)


class Team(Row):
    """People under one lead for a time: formed, commissioned, deployed, stood down."""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=30)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    area = models.ForeignKey(Area, models.PROTECT)
    people = models.IntegerField(default=0)
    state = models.CharField(max_length=12, default="formed")
    formed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Duty(Row):
    """One line of the phone book of duty: who answers for a role in an area, in which order, from when to when."""

    personal: ClassVar[tuple[str, ...]] = ()

    role = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT)
    account_id = models.UUIDField()
    position = models.SmallIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["role", "area", "position"])]
