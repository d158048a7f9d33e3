"""Asked, stepped through, granted or refused; never by the asker; with the evidence as it was."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField


class Decision(Row):
    """A question to an authority, its evidence frozen at the asking."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    sealed = SealedField(holds=("says",), scope="incident", retention="decision")  # an appeal in the person's own words
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    area_id = models.UUIDField()
    incident_id = models.UUIDField(null=True)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="asked")  # asked granted refused returned withdrawn
    is_fast = models.BooleanField(default=False)
    paper_number = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    @property
    def person_id(self) -> UUID | None:
        """Whom an appeal is for, for the record of reads."""
        told = self.evidence.get("person")
        return UUID(told) if told else None

    class Meta:
        indexes = [models.Index(fields=["subject_id"]), models.Index(fields=["area_id", "state"])]


class Step(Row):
    """One step of a ladder: which right decides on which area, how many voices, until when, and what then."""

    personal: ClassVar[tuple[str, ...]] = ()

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="steps")
    position = models.SmallIntegerField()
    right = models.CharField(max_length=40)
    area_id = models.UUIDField()
    voices = models.SmallIntegerField(default=1)
    due_at = models.DateTimeField(null=True)
    at_timeout = models.CharField(max_length=10, default="deputy")  # deputy refuse
    is_escalated = models.BooleanField(default=False)
    is_beside = models.BooleanField(default=False, db_default=False)  # decided beside the step before it, not after
    state = models.CharField(max_length=10, default="waiting")  # waiting granted refused

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "position"], name="step_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="step_due")]


class Voice(Row):
    """One official's word on a step."""

    personal: ClassVar[tuple[str, ...]] = ()

    step = models.ForeignKey(Step, models.CASCADE, related_name="spoken")
    by = models.UUIDField()
    at = models.DateTimeField()
    says = models.CharField(max_length=10)  # grant refuse return
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "by"], name="one_voice_each")]


class OfficeLink(Row):
    """One thing that an office without an account is asked for, by a signed link: once, until a time, as its word."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    office = models.CharField(max_length=120)  # the hospital, laboratory or district; never a person's name
    act = models.CharField(max_length=12)  # confirm file
    asks = models.CharField(max_length=300)  # what it is asked, without names
    area_id = models.UUIDField()
    incident_id = models.UUIDField(null=True)
    issued_by = models.UUIDField()
    issued_at = models.DateTimeField()
    until_at = models.DateTimeField()
    said = models.CharField(max_length=12, blank=True)  # confirmed declined sent
    said_at = models.DateTimeField(null=True)
    sealed = SealedField(holds=("note",), scope="incident", retention="decision")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area_id", "-issued_at"])]
