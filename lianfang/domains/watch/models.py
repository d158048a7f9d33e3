"""A person followed for so many days, checked so many times a day. A missing check is a flag, never a zero."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area


class WatchCase(Row):
    """Why, since when and until when somebody is watched; day 0 is the last exposure. State: open released ended."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField()
    person_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)  # of the edition's watch kinds
    source_id = models.UUIDField(null=True)  # the contact … it came from
    edition = models.CharField(max_length=40)
    day0 = models.DateField()
    days = models.SmallIntegerField()
    checks_a_day = models.SmallIntegerField()
    place_stay_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(checks_a_day__gte=1), name="watched_at_least_once_a_day"),
            models.CheckConstraint(condition=Q(state="open") | Q(ended_at__isnull=False), name="watch_end_has_a_time"),
        ]
        indexes = [
            models.Index(fields=["area", "until_at"], condition=Q(state="open"), name="watch_area_open"),
            models.Index(fields=["person_id"], name="watch_person"),
            models.Index(fields=["source_id"], name="watch_source"),
        ]


class Check(Row):
    """One look at a watched person: its slot, who made it, and what was found, sealed."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    case = models.ForeignKey(WatchCase, models.PROTECT, related_name="checks")
    incident_id = models.UUIDField()
    slot_at = models.DateTimeField()  # the beginning of the slot it counts for
    at = models.DateTimeField()
    by = models.UUIDField()
    sealed = SealedField(holds=("celsius", "note"), scope="incident", retention="contact")
    is_fever = models.BooleanField(default=False)  # at or above the edition's value
    is_unwell = models.BooleanField(default=False)

    @property
    def subject_id(self) -> UUID:
        """Whom it was about, for the record of reads."""
        return self.case.person_id

    class Meta:
        indexes = [
            models.Index(fields=["case", "slot_at"], name="check_slot"),
            models.Index(fields=["case", "at"], condition=Q(is_fever=True), name="check_fever"),
        ]
