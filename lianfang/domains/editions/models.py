"""Kinds, policy editions, roles and ladders: everything an officer may change, loaded from TOML with its history."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Edition(Row):
    """A policy edition: who issued it, where and from when it holds; the whole text in `body`."""

    personal: ClassVar[tuple[str, ...]] = ()

    code = models.CharField(max_length=40, unique=True)
    hazard = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    supersedes = models.CharField(max_length=40, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()


class Override(Row):
    """One value of an edition, replaced in an area for a time, with reason and approver."""

    personal: ClassVar[tuple[str, ...]] = ()

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="overrides")
    name = models.CharField(max_length=80)
    area = models.ForeignKey(Area, models.PROTECT)
    value = models.JSONField()
    reason = models.CharField(max_length=300)
    approved_by = models.UUIDField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["edition", "name", "area"])]


class Kind(Row):
    """One version of a kind of work, message or place; open items keep the version they were opened under."""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=60)
    version = models.IntegerField()
    mechanism = models.CharField(max_length=20)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="kind_version_once")]


class Role(Row):
    """A role of the catalogue: its words, the level it is usually held on, and its rights."""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=40, unique=True)
    body = models.JSONField()
