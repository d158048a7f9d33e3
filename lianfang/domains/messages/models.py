"""The outbox and its answers. Every message has a fate."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField


class Message(Row):
    """One message to one account or person; `fate`: waiting sent delivered read answered failed capped."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    recipient_kind = models.CharField(max_length=10)  # account person
    recipient_id = models.UUIDField()
    channel = models.CharField(max_length=20)  # page, or a channel the site has set up
    purpose = models.CharField(max_length=10)  # warn tell ask
    template = models.CharField(max_length=60)
    edition = models.CharField(max_length=40)
    sealed = SealedField(holds=("values",), scope="incident", retention="plea")
    incident_id = models.UUIDField(null=True)
    about_id = models.UUIDField(null=True)
    area_id = models.UUIDField(null=True)
    fate = models.CharField(max_length=10, default="waiting")
    why = models.CharField(max_length=60, blank=True)
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=40, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(fate="waiting"), name="message_waiting"),
            models.Index(fields=["recipient_id", "-made_at"]),
            models.Index(fields=["incident_id", "fate", "made_at"], name="message_incident_fate"),
            models.Index(fields=["area_id", "fate", "made_at"], name="message_area_fate"),
            models.Index(fields=["about_id"]),
            models.Index(fields=["made_at"], condition=Q(incident_id=None) & ~Q(sealed=b""), name="message_to_forget"),
        ]
