"""Rows that every domain rests on: the log of writes, received envelopes, other systems' ids."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Q

from lianfang.base.fields import Row, SealedField


class CurrentTransaction(Func):
    """The server's number of the running transaction, the first migration's default; another server begins anew."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class LoggedTransaction(Func):
    """The number of the running transaction in the log: higher than all before, on a server restored into as well."""

    template = "(lianfang_transactions_before() + pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class LogEntry(models.Model):
    """One write: who, what, when, about what, with canonical bytes and their digest. Append-only (trigger)."""

    personal: ClassVar[tuple[str, ...]] = ()

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=LoggedTransaction())
    service = models.CharField(max_length=80)
    actor_id = models.UUIDField()
    device = models.UUIDField(null=True)
    purpose = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    about = ArrayField(models.UUIDField(), default=list)
    told = models.JSONField(default=dict)
    canonical = models.BinaryField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["transaction", "id"]),
            GinIndex(fields=["about"]),
            models.Index(fields=["actor_id", "-at"]),
        ]


class Envelope(Row):
    """A message a device sent: received once, with its fate. A refused one waits to be settled; none is dropped."""

    personal: ClassVar[tuple[str, ...]] = ("body",)

    kind = models.CharField(max_length=60)
    version = models.SmallIntegerField(default=1)
    device = models.UUIDField()
    seq = models.BigIntegerField()
    actor_id = models.UUIDField()
    made_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_signed = models.BooleanField(default=False)
    clock_off_seconds = models.IntegerField(default=0)
    body_digest = models.BinaryField(max_length=32)
    body = SealedField(holds=("body",), scope="register", retention="plea")
    fate = models.CharField(max_length=12)  # accepted refused quarantined settled
    code = models.CharField(max_length=60, blank=True)
    values = models.JSONField(default=dict)
    settled_by = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "seq"], name="envelope_once_a_device_and_seq")]
        # A million accepted ones a day: only what waits to be settled is found, by its actor or its phone.
        indexes = [
            models.Index(fields=["actor_id", "-received_at"], condition=Q(fate="refused"), name="to_settle"),
            models.Index(fields=["device"], condition=Q(fate="quarantined"), name="quarantined"),
        ]


class ExternalRef(Row):
    """The id that another system gives to a thing of ours."""

    personal: ClassVar[tuple[str, ...]] = ()

    system = models.CharField(max_length=60)
    value = models.CharField(max_length=120)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "subject_kind", "value"], name="external_ref_once")]
        indexes = [models.Index(fields=["subject_id"])]


class Tries(models.Model):
    """How many tries were counted under a key until when. Not logged by the server: after a crash counts begin anew."""

    personal: ClassVar[tuple[str, ...]] = ()

    key = models.CharField(max_length=64, primary_key=True)
    n = models.IntegerField()
    until_at = models.DateTimeField(db_index=True)
