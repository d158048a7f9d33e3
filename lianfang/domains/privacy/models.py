"""Why somebody may look at whom, the keys that seal personal values, and the index of keyed tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row


class Purpose(Row):
    """An actor is assigned a person, door or list from a time to a time: the dated purpose of reading it."""

    personal: ClassVar[tuple[str, ...]] = ()

    actor_id = models.UUIDField()
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    why = models.CharField(max_length=120)
    source_id = models.UUIDField(null=True)  # the item, post or case that gave it
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["actor_id", "subject_id"]), models.Index(fields=["source_id"])]


class DataKey(Row):
    """A key of one scope and retention class, wrapped by the site's key; destroying it ends what it sealed."""

    personal: ClassVar[tuple[str, ...]] = ()

    number = models.PositiveIntegerField(unique=True)
    scope = models.CharField(max_length=20)
    scope_id = models.UUIDField(null=True)
    retention = models.CharField(max_length=20)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "scope_id", "retention"],
                condition=Q(destroyed_at=None),
                nulls_distinct=False,
                name="one_live_key_a_class",
            ),
        ]


class PersonIndex(models.Model):
    """Keyed tokens by which a person is found: the values themselves cannot be read from it."""

    personal: ClassVar[tuple[str, ...]] = ()

    person_id = models.UUIDField(primary_key=True)
    area_id = models.UUIDField()
    tokens = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["tokens"], name="person_index_tokens"), models.Index(fields=["area_id"])]
