"""Permits to pass, and who passed a gate: out, back in time or flagged."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area


class Permit(Row):
    """Somebody may pass for a purpose from a time to a time, decided on by a ladder: applied issued out back …"""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=8)  # of the edition's permit_kinds: exit task vehicle leave convoy
    person_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)  # of a responder, for his task
    plea_id = models.UUIDField(null=True)  # what was asked, where it came as a plea
    item_id = models.UUIDField(null=True)  # the work that ends when its carrier has gone: somebody stranded
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # where he lives or serves: who decides first
    incident_id = models.UUIDField(null=True)
    sealed = SealedField(holds=("purpose", "where", "plate"), scope="incident", retention="plea")
    mode = models.CharField(max_length=10, default="walk")
    vehicles = models.SmallIntegerField(default=1, db_default=1)  # of a convoy
    hold_kind = models.CharField(max_length=40, blank=True)  # what it is an exception from
    ladder = models.CharField(max_length=40)
    decision_id = models.UUIDField(null=True)
    is_fast = models.BooleanField(default=False)
    fast_why = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    finding = models.CharField(max_length=200, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()  # back by then
    deadline_at = models.DateTimeField(null=True)  # to be there by then
    state = models.CharField(max_length=8, default="applied")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    out_at = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)
    gates_told_at = models.DateTimeField(null=True)  # of a convoy: that it comes
    why = models.CharField(max_length=200, blank=True)  # refused, returned, called back

    @property
    def subject_id(self) -> UUID | None:
        """Whom it is for, for the record of reads."""
        return self.person_id

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_at__lt=F("until_at")), name="a_permit_lasts"),
        ]
        indexes = [
            models.Index(fields=["area", "-asked_at"]),
            models.Index(fields=["person_id", "-asked_at"], condition=~Q(person_id=None), name="permits_of_person"),
            models.Index(fields=["account_id"], condition=~Q(account_id=None), name="permits_of_account"),
            models.Index(fields=["until_at"], condition=Q(state__in=("issued", "out")), name="permits_running"),
            models.Index(fields=["area"], condition=Q(is_fast=True, reviewed_at=None), name="permits_to_review"),
            models.Index(
                fields=["until_at"], condition=Q(state__in=("void", "out", "gone", "back")), name="permits_spent"
            ),
            models.Index(fields=["plea_id"], condition=~Q(plea_id=None), name="permits_of_plea"),
            models.Index(fields=["item_id"], condition=~Q(item_id=None), name="permits_of_item"),
        ]


class Passage(Row):
    """Somebody came to a gate: he passed, was refused or turned back; or was let out at once, his life in danger."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    permit = models.ForeignKey(Permit, models.PROTECT, null=True, related_name="passages")
    place_id = models.UUIDField(null=True)  # the gate
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    incident_id = models.UUIDField(null=True)
    way = models.CharField(max_length=3)
    verdict = models.CharField(max_length=8)  # pass refuse release; slipped: passed without signal, not rightly
    reason = models.CharField(max_length=20, blank=True)
    sealed = SealedField(holds=("words",), scope="incident", retention="plea")  # of a release: who and what, as said
    at = models.DateTimeField()
    by = models.UUIDField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    finding = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["area", "-at"]),
            models.Index(fields=["permit", "at"]),
            models.Index(
                fields=["area"],
                condition=Q(verdict__in=("release", "slipped"), reviewed_at=None),
                name="passages_to_review",
            ),
        ]


class Closure(Row):
    """A road that somebody closed: where, for whom, until when, who has the key, and when it was opened again."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    incident_id = models.UUIDField(null=True)
    road = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)  # of the edition's closure kinds
    stops = models.CharField(max_length=4)  # cars all
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    lon_to = models.FloatField(null=True)  # of a barrier from a spot to a spot
    lat_to = models.FloatField(null=True)
    guard_id = models.UUIDField(null=True)  # the post that stands there
    key_with = models.UUIDField(null=True)  # the post that opens it
    why = models.CharField(max_length=200)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    by = models.UUIDField()
    at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    opened_by = models.UUIDField(null=True)
    opened_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gt=models.F("from_at")), name="a_closure_lasts"
            ),
            models.CheckConstraint(condition=Q(stops__in=("cars", "all")), name="a_closure_stops_cars_or_all"),
        ]
        indexes = [models.Index(fields=["area", "-from_at"]),
                   models.Index(fields=["area"], condition=Q(opened_at=None), name="closures_standing")]  # fmt: skip


class Crossing(Row):
    """A gate on a convoy's way: when it is expected there, when so many of its vehicles passed, why it was late."""

    personal: ClassVar[tuple[str, ...]] = ()

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="crossings")
    position = models.SmallIntegerField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # whose gate
    gate = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    passed_at = models.DateTimeField(null=True)
    passed_by = models.UUIDField(null=True)
    vehicles = models.SmallIntegerField(default=0)  # that passed
    late_why = models.CharField(max_length=20, blank=True)  # of the edition's delay reasons
    late_words = models.CharField(max_length=200, blank=True)
    late_said_by = models.UUIDField(null=True)
    late_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["permit", "position"], name="one_gate_after_another")]
        indexes = [models.Index(fields=["area", "due_at"]),
                   models.Index(fields=["due_at"], condition=Q(passed_at=None), name="crossings_ahead")]  # fmt: skip
