"""Areas in more than one hierarchy, with dated parents, a closure, codes and aliases. No persons here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row

DIVISION = "division"  # the hierarchy of administrative divisions; sites may add others (police, school, grid …)


class Area(Row):
    """A province … committee, grid or other unit; its outline may be invented (schematic) and then says so."""

    personal: ClassVar[tuple[str, ...]] = ()

    level = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=120, db_index=True)
    position = models.IntegerField(default=0)
    outline = models.JSONField(null=True)  # GeoJSON geometry in WGS 84
    is_outline_invented = models.BooleanField(default=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["level", "position"])]


class AreaCode(Row):
    """A code of an area in a scheme; codes change, so each has its dates."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="codes")
    scheme = models.CharField(max_length=30, default="division")
    code = models.CharField(max_length=40)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], condition=Q(valid_to=None), name="code_once_at_a_time")
        ]
        indexes = [models.Index(fields=["code"])]


class AreaAlias(Row):
    """Another name people use for an area."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=120, db_index=True)


class AreaParent(Row):
    """A child's parent in one hierarchy, from a day to a day."""

    personal: ClassVar[tuple[str, ...]] = ()

    hierarchy = models.CharField(max_length=30)
    child = models.ForeignKey(Area, models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Area, models.PROTECT, related_name="children")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hierarchy", "child"], condition=Q(valid_to=None), name="one_parent_at_once"
            )
        ]


class AreaClosure(models.Model):
    """Every ancestor of every area (itself too, depth 0), computed from the parents that hold today."""

    personal: ClassVar[tuple[str, ...]] = ()

    hierarchy = models.CharField(max_length=30)
    ancestor = models.ForeignKey(Area, models.CASCADE, related_name="+")
    descendant = models.ForeignKey(Area, models.CASCADE, related_name="+")
    depth = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hierarchy", "ancestor", "descendant"], name="closure_once"),
        ]
        indexes = [models.Index(fields=["hierarchy", "descendant", "depth"])]
