"""Vehicles and who drives them when; rides that are asked for; trips that carry them, stop by stop."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area


class RoadNet(Row):
    """The roads of an area as somebody loaded them; the newest of the nearest area above holds."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)  # whose data, and its licence
    digest = models.CharField(max_length=64)  # of the arrays
    arrays = models.BinaryField()  # `kernels.roads.Roads`, its kinds by number
    kinds = models.JSONField()  # the kinds' names by those numbers
    n_arcs = models.IntegerField()
    km = models.FloatField()
    at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["area", "-at"])]


class Vehicle(Row):
    """A car, coach, ambulance or lorry: a body's, or somebody's own that he offers; from when, how long."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=30)
    sealed = SealedField(holds=("plate", "phone"), scope="register", retention="standing")
    organisation_id = models.UUIDField(null=True)  # whose fleet; none: somebody's own
    account_id = models.UUIDField(null=True)  # of who offers his own car and drives it
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # where it serves
    places = models.JSONField()  # seat, wheelchair, stretcher, load (kg)
    groups = ArrayField(models.CharField(max_length=20))  # whom it may carry
    lon = models.FloatField(null=True)  # where it stands
    lat = models.FloatField(null=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    hours = models.JSONField(default=list)  # of an own car: from, until each day, HH:MM; empty: any
    carried = models.CharField(max_length=20, blank=True)  # whom it carried since it was last disinfected
    cleaned_at = models.DateTimeField(null=True)
    by = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(organisation_id=None) | Q(account_id=None), name="a_vehicle_of_one"),
        ]
        indexes = [models.Index(fields=["area", "kind"]), models.Index(fields=["account_id"])]


class Turn(Row):
    """Who drives a vehicle, or goes along, from when to when, and how well protected."""

    personal: ClassVar[tuple[str, ...]] = ()

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="turns")
    account_id = models.UUIDField()
    role = models.CharField(max_length=8)  # driver escort
    protection = models.SmallIntegerField(default=0)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(from_at__lt=F("until_at")), name="a_turn_lasts")]
        indexes = [
            models.Index(fields=["vehicle", "from_at"]),
            models.Index(fields=["account_id", "from_at"]),
        ]


class Trip(Row):
    """One vehicle with its driver, from its start until it is clean again: planned out to_clean closed cancelled."""

    personal: ClassVar[tuple[str, ...]] = ()

    number = models.BigIntegerField(unique=True)
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="trips")
    driver_id = models.UUIDField()
    group = models.CharField(max_length=20)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    incident_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="planned")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # as planned: the last stop
    free_at = models.DateTimeField()  # with the cleaning after it
    why = models.JSONField(default=dict)  # why this vehicle: what the proposal or the dispatcher said
    adopted_by = models.UUIDField()
    adopted_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cleaned_at = models.DateTimeField(null=True)
    cleaned_by = models.UUIDField(null=True)
    km = models.IntegerField(null=True)
    fuel_l = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    reminded_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["vehicle", "starts_at"], condition=~Q(state__in=("closed", "cancelled")),
                         name="trips_of_vehicle"),
            models.Index(fields=["driver_id", "-starts_at"]),
            models.Index(fields=["area", "-starts_at"]),
            models.Index(fields=["starts_at"], condition=Q(state="planned"), name="trips_ahead"),
        ]  # fmt: skip


class Ride(Row):
    """Somebody, a party or a load to be brought from a door to a place: asked assigned loaded arrived handed_over …"""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=30)
    path = models.CharField(max_length=30, blank=True)  # of care, by which vehicle, protection and ward were chosen
    group = models.CharField(max_length=20)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # where it begins: who asks, whose board
    incident_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    household_id = models.UUIDField(null=True)
    item_id = models.UUIDField(null=True)  # the work it is a part of
    plea_id = models.UUIDField(null=True)
    heads = models.SmallIntegerField(default=1)
    places = models.JSONField()
    is_direct = models.BooleanField()
    flags = ArrayField(models.CharField(max_length=12), default=list)  # child fever
    vehicles = ArrayField(models.CharField(max_length=30), default=list)  # kinds that fit; empty: any
    protection = models.SmallIntegerField(default=0)
    sealed = SealedField(holds=("words", "start", "end", "phone", "escort", "carers", "contact"), scope="incident",
                         retention="plea")  # fmt: skip
    from_place_id = models.UUIDField(null=True)
    to_place_id = models.UUIDField(null=True)
    to_class = models.CharField(max_length=20, blank=True)  # reserved there at dispatch
    stay_id = models.UUIDField(null=True)
    from_lon = models.FloatField(null=True)
    from_lat = models.FloatField(null=True)
    to_lon = models.FloatField(null=True)
    to_lat = models.FloatField(null=True)
    ready_at = models.DateTimeField()
    arrive_by = models.DateTimeField(null=True)
    outward = models.ForeignKey("self", models.PROTECT, null=True, related_name="returns")  # it brings home from
    # The leg of a load before this one: at a relay point another vehicle takes it over.
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="onward")
    trip = models.ForeignKey(Trip, models.PROTECT, null=True, related_name="rides")
    state = models.CharField(max_length=12, default="asked")
    terms = models.CharField(max_length=200, blank=True)  # agreed with another district: both must say so
    counterpart = models.CharField(max_length=120, blank=True)
    ours_at = models.DateTimeField(null=True)
    ours_by = models.UUIDField(null=True)
    theirs_at = models.DateTimeField(null=True)
    theirs_by = models.CharField(max_length=80, blank=True)  # the post that said so there
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    assigned_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=80, blank=True)  # the post that took over, not a name
    closed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # cancelled, not there
    told_at = models.DateTimeField(null=True)  # that no vehicle was found in time, or that nobody fetches him again

    @property
    def subject_id(self) -> UUID | None:
        """Whom it is about, for the record of reads."""
        return self.person_id or self.household_id

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(heads__gte=0), name="a_ride_has_no_less_than_nobody")]
        indexes = [
            models.Index(fields=["area", "state", "ready_at"]),
            models.Index(fields=["ready_at"], condition=Q(state="asked"), name="rides_unassigned"),
            models.Index(fields=["person_id", "-asked_at"], condition=~Q(person_id=None), name="rides_of_person"),
            models.Index(fields=["item_id"], condition=~Q(item_id=None), name="rides_of_item"),
            models.Index(fields=["plea_id"], condition=~Q(plea_id=None), name="rides_of_plea"),
            models.Index(fields=["incident_id", "kind", "handed_over_at"], name="rides_counted"),
        ]


class Stop(Row):
    """A trip's stop: who gets in or out, when that is planned and when it was."""

    personal: ClassVar[tuple[str, ...]] = ()

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="stops")
    ride = models.ForeignKey(Ride, models.PROTECT, related_name="stops")
    position = models.SmallIntegerField()
    what = models.CharField(max_length=3)  # in out
    planned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trip", "position"], name="one_stop_after_another"),
            models.UniqueConstraint(fields=["trip", "ride", "what"], name="in_once_and_out_once"),
        ]
