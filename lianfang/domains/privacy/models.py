"""Why somebody may look at whom, the keys that seal personal values, and the index of keyed tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField


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
    """That there is a key of one scope and retention class; the key lies in the key store under this id.

    `number` stands at the head of what it sealed. Destroying it ends what it sealed, in every copy of the database.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    number = models.PositiveIntegerField(unique=True)
    scope = models.CharField(max_length=20)
    scope_id = models.UUIDField(null=True)
    retention = models.CharField(max_length=20)
    suite = models.CharField(max_length=8, default="world")  # by whose cipher it seals (`base.suites`)
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


class Destruction(Row):
    """Keys ordered to be destroyed, and the certificate once they are: what became unreadable, what had left before.

    held: rows that hold sealed values, by what they are called. copies: what left the house and is not provably
    destroyed: lists taken out, printed lists, what phones took along.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    scope = models.CharField(max_length=20)
    scope_id = models.UUIDField(null=True)
    title = models.JSONField(default=dict)  # what the scope is, in words
    area_id = models.UUIDField(null=True)
    classes = ArrayField(models.CharField(max_length=20))
    keys = ArrayField(models.UUIDField())
    why = models.CharField(max_length=200)
    small_count = models.SmallIntegerField(default=0, db_default=0)  # below it no count is stated; 0: each is
    held = models.JSONField(default=dict)
    copies = models.JSONField(default=dict)
    ordered_by = models.UUIDField()
    ordered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    witnessed_by = models.UUIDField(null=True)
    witnessed_at = models.DateTimeField(null=True)
    # The certificate as it was signed when the keys were gone: by which suite, whose key, over which bytes.
    suite = models.CharField(max_length=8, blank=True)
    public_key = models.BinaryField(default=b"")
    signature = models.BinaryField(default=b"")

    class Meta:
        indexes = [
            models.Index(fields=["scope_id"]),
            models.Index(fields=["ordered_at"], condition=Q(done_at=None), name="destructions_underway"),
        ]


class BrokenGlass(Row):
    """Somebody who reads a wide area searched by name without a task about anybody: why, how long, and what was found.

    Reviewed on the next day by who reads the log.
    """

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    actor_id = models.UUIDField()
    area_id = models.UUIDField()
    sealed = SealedField(holds=("why",), scope="register", retention="decision")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    finding = models.CharField(max_length=12, blank=True)  # fit unfit
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "-until_at"]),
            models.Index(fields=["area_id", "from_at"], condition=Q(reviewed_at=None), name="glass_to_review"),
        ]


class LegalHold(Row):
    """An authority asks that classes of a scope be kept past their date: who, why, until when."""

    personal: ClassVar[tuple[str, ...]] = ()

    scope = models.CharField(max_length=20)
    scope_id = models.UUIDField(null=True)
    classes = ArrayField(models.CharField(max_length=20))
    holder = models.CharField(max_length=120)  # the office, and the paper it wrote
    why = models.CharField(max_length=300)
    placed_by = models.UUIDField()
    placed_at = models.DateTimeField()
    until_at = models.DateTimeField()
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["scope_id"])]


class PersonIndex(models.Model):
    """Keyed tokens by which a person is found: the values themselves cannot be read from it."""

    personal: ClassVar[tuple[str, ...]] = ()

    person_id = models.UUIDField(primary_key=True)
    area_id = models.UUIDField()
    tokens = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["tokens"], name="person_index_tokens"), models.Index(fields=["area_id"])]
