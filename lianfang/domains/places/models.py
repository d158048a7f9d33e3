"""Places with a capacity by class, who stays in them, who goes in and out, and what they count each day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area


class Opening(Row):
    """A dated rule that opened all places of a kind in an area, or one place: from when, how full, and why."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    place_id = models.UUIDField(null=True)  # of an opening of one place only
    opens_on = models.DateField()
    limit_percent = models.SmallIntegerField(default=100)
    reason = models.CharField(max_length=300)
    n_places = models.IntegerField(default=0)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["area", "kind", "-at"])]


class Place(Row):
    """A site, room, shelter, cooling place, shop …; kinds are data."""

    personal: ClassVar[tuple[str, ...]] = ()

    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    area = models.ForeignKey(Area, models.PROTECT)
    building_id = models.UUIDField(null=True)
    capacity = models.JSONField(default=dict)  # class -> number
    level = models.CharField(max_length=20, blank=True, db_default="")  # of the kind's levels: which rules hold inside
    state = models.CharField(max_length=10, default="planned")  # planned open closed
    state_why = models.CharField(max_length=300, blank=True, db_default="")
    opening = models.ForeignKey(Opening, models.PROTECT, null=True, related_name="places")
    opens_on = models.DateField(null=True)
    limit_percent = models.SmallIntegerField(default=100, db_default=100)
    inside = models.IntegerField(default=0, db_default=0)  # the sum of its passages, kept under the row's lock
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    incident_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(inside__gte=0), name="nobody_less_than_nobody_inside")]
        indexes = [models.Index(fields=["area", "kind", "state"])]


class ReadyItem(Row):
    """One thing that has to be ready at a place for a stream of work: ticked by whom, or waived with the reason."""

    personal: ClassVar[tuple[str, ...]] = ()

    place = models.ForeignKey(Place, models.CASCADE, related_name="readiness")
    stream = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    position = models.SmallIntegerField()
    words = models.JSONField()  # {zh, en}, as the list said when it was laid
    is_mandatory = models.BooleanField()
    laid_by = models.UUIDField()
    laid_at = models.DateTimeField()
    done_by = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    waived_by = models.UUIDField(null=True)  # who opened the place without it
    waived_at = models.DateTimeField(null=True)
    waived_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="laid_once_a_place")]
        indexes = [
            models.Index(
                fields=["place"], condition=Q(is_mandatory=True, done_at=None, waived_at=None), name="ready_lacking"
            )
        ]


class Stay(Row):
    """A person's reservation or stay in one class of a place."""

    personal: ClassVar[tuple[str, ...]] = ()

    place = models.ForeignKey(Place, models.PROTECT, related_name="stays")
    capacity_class = models.CharField(max_length=20)
    person_id = models.UUIDField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id"], condition=Q(ended_at=None), name="nobody_in_two_beds"),
        ]
        indexes = [models.Index(fields=["place", "capacity_class"], condition=Q(ended_at=None), name="stay_now")]


class Passage(Row):
    """One tap at a door: so many went in (more than 0) or out, and how many were inside then. Append-only."""

    personal: ClassVar[tuple[str, ...]] = ()

    place = models.ForeignKey(Place, models.PROTECT, related_name="passages")
    change = models.SmallIntegerField()
    inside = models.IntegerField()  # after it
    is_correction = models.BooleanField(default=False)  # counted anew, not seen at the door
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["place", "-at"])]


class PlaceDay(Row):
    """Cases of a place on a day as its post counted them; a correction is a further version. Append-only."""

    personal: ClassVar[tuple[str, ...]] = ()

    place = models.ForeignKey(Place, models.PROTECT, related_name="days")
    on = models.DateField()
    number = models.SmallIntegerField()
    admitted = models.IntegerField()
    discharged = models.IntegerField()
    moved = models.IntegerField()
    died = models.IntegerField()
    active = models.IntegerField()
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "on", "number"], name="place_day_version_once")]
