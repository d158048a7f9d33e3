"""Reads of personal data: who read which fields of whom, why, when. Append-only like the log."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class PersonRead(models.Model):
    """One page or list that showed personal values, with all its subjects."""

    personal: ClassVar[tuple[str, ...]] = ()

    id = models.BigAutoField(primary_key=True)
    actor_id = models.UUIDField()
    at = models.DateTimeField()
    purpose = models.CharField(max_length=120, blank=True)
    door = models.CharField(max_length=120)
    fields = ArrayField(models.CharField(max_length=40))
    subjects = ArrayField(models.UUIDField())

    class Meta:
        indexes = [GinIndex(fields=["subjects"]), models.Index(fields=["actor_id", "-at"])]
