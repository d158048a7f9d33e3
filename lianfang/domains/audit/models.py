"""Reads of personal data, lists that left as a file, the chain that seals the log: append-only; failed sign-ins."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from lianfang.base.fields import Row


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
        indexes = [
            GinIndex(fields=["subjects"]),
            models.Index(fields=["actor_id", "-at"]),
            models.Index(fields=["-at"], name="reads_by_time"),
        ]


class Export(Row):
    """One list that left as a file: which rows by which filters, how many, with personal fields or without, and why."""

    personal: ClassVar[tuple[str, ...]] = ()

    actor_id = models.UUIDField()
    at = models.DateTimeField()
    what = models.CharField(max_length=60)
    area_id = models.UUIDField(null=True)
    filters = models.JSONField(default=dict)
    format = models.CharField(max_length=8)
    rows = models.IntegerField()
    rows_in_all = models.IntegerField()
    fields = ArrayField(models.CharField(max_length=60))
    personal_fields = ArrayField(models.CharField(max_length=60), default=list)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["actor_id", "-at"]), models.Index(fields=["area_id", "-at"])]


class ChainLink(models.Model):
    """One batch of log entries in cursor order, sealed with the digest of the batch before it."""

    personal: ClassVar[tuple[str, ...]] = ()

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    at = models.DateTimeField()
    suite = models.CharField(max_length=12)
    first_transaction = models.BigIntegerField()
    first_entry = models.BigIntegerField()
    last_transaction = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    count = models.IntegerField()
    total = models.BigIntegerField()  # entries of all links up to this one
    entries = models.BinaryField()  # transaction, id and digest of each: says which one was touched
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)


class ChainHead(models.Model):
    """The last link's digest at an hour, signed with a key that is not in the database."""

    personal: ClassVar[tuple[str, ...]] = ()

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    link = models.BigIntegerField()
    total = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    suite = models.CharField(max_length=12)
    public_key = models.BinaryField(max_length=64)
    signature = models.BinaryField(max_length=64)


class FailedSignIn(models.Model):
    """Tries to sign in that failed, counted by minute, way, name and address: an attack makes counts, not rows.

    name, address: what a key of the site makes of them; empty in the row that counts what went over a minute's rows.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    id = models.BigAutoField(primary_key=True)
    minute = models.DateTimeField()
    way = models.CharField(max_length=8)  # password code key badge portal
    name = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    account_id = models.UUIDField(null=True)  # whose name it is; none: nobody's
    n = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minute", "way", "name", "address"], name="one_count_a_minute")]
        indexes = [models.Index(fields=["account_id", "minute"])]
