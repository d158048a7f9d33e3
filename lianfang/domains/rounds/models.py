"""Rounds over an area: stations and desks, and a million units of which each comes to one named ending."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area
from lianfang.domains.grid.models import Building, Household
from lianfang.domains.places.models import Place


class Round(Row):
    """One round of a kind: where, when, by which guide; the plan as proposed and as adopted stand side by side."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    edition = models.CharField(max_length=40)  # the guide whose kind and values it runs on
    number = models.SmallIntegerField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # in which all its areas lie
    state = models.CharField(max_length=16, default="planned")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    plan = models.JSONField(default=dict)  # proposed, adopted: what by area; who adopted and when
    expected = models.IntegerField(default=0)  # units on the list when it opened, frozen
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    opened_at = models.DateTimeField(null=True)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident_id", "number"], name="round_once_a_number")]
        indexes = [models.Index(fields=["area", "-starts_at"])]


class RoundArea(models.Model):
    """An area over which a round runs, with all that lies below it."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.CASCADE, related_name="areas")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "area"], name="round_area_once")]


class Station(Row):
    """A place at work in a round: planned, notified, setting up, open, closed. Some are led together, as a cluster."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.PROTECT, related_name="stations")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, default="planned")
    cluster = models.CharField(max_length=60, blank=True)
    lead_id = models.UUIDField(null=True)  # the account that coordinates it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="station_once_a_round")]
        indexes = [models.Index(fields=["round", "area"])]


class Step(Row):
    """A state that a round, or one of its stations, came to: when, and by whom."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.CASCADE, related_name="steps")
    station = models.ForeignKey(Station, models.CASCADE, null=True, related_name="steps")
    state = models.CharField(max_length=16)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["round", "at"])]


class Desk(Row):
    """Where units are met: a desk of a station, or a pair that goes from door to door. Somebody signs in to it."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.PROTECT, related_name="desks")
    station = models.ForeignKey(Station, models.PROTECT, null=True, related_name="desks")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    number = models.SmallIntegerField()
    is_home = models.BooleanField(default=False)
    people = models.SmallIntegerField(default=0)  # who work at it (samplers)
    account_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "station", "number"], name="desk_once_a_station"),
            models.UniqueConstraint(
                fields=["round", "account_id"], condition=~Q(account_id=None), name="one_desk_a_person"
            ),
        ]
        indexes = [models.Index(fields=["account_id"]), models.Index(fields=["round", "area"])]


class Unit(models.Model):
    """One of those a round must account for. `ending` is "" while nobody knows; a try leaves it there.

    No foreign key is checked by the database here: a million rows come from the register in one statement.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(Round, models.PROTECT, db_constraint=False, db_index=False, related_name="units")
    unit_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    building = models.ForeignKey(Building, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    source = models.CharField(max_length=8, default="register")  # register door desk
    is_home = models.BooleanField(default=False)  # to be met at the door
    ending = models.CharField(max_length=16, default="")
    reason = models.CharField(max_length=16, default="")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    tries = models.SmallIntegerField(default=0)
    tried = models.CharField(max_length=16, default="")
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "unit_id"], name="unit_once_a_round")]
        indexes = [
            models.Index(fields=["round", "building"], name="unit_building"),
            models.Index(fields=["round", "area", "building"], condition=Q(ending=""), name="unit_left"),
            models.Index(
                fields=["round", "ended_at"],
                include=["area", "ending", "source"],
                condition=~Q(ended_at=None),
                name="unit_pace",
            ),
        ]


class Tally(models.Model):
    """How many units of a smallest area stand in an ending: kept with each write, so that no page counts a million."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.CASCADE, related_name="tallies")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    ending = models.CharField(max_length=16)  # "" for those still to come
    source = models.CharField(max_length=8, default="register")
    n = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "area", "ending", "source"], name="tally_once")]


class Share(Row):
    """A building on a pair's list: two pairs in one building never go to the same door."""

    personal: ClassVar[tuple[str, ...]] = ()

    round = models.ForeignKey(Round, models.CASCADE, related_name="shares")
    building = models.ForeignKey(Building, models.PROTECT, related_name="+")
    account_id = models.UUIDField()
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "building"], name="one_pair_a_building")]
        indexes = [models.Index(fields=["account_id", "round"])]
