"""Signals, incidents with phases and modes, zones in dated versions, and weather warnings."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area
from lianfang.domains.grid.models import Building


class Incident(Row):
    """What is answered: a hazard in an area under an edition. Several may lie over one person."""

    personal: ClassVar[tuple[str, ...]] = ()

    hazard = models.CharField(max_length=40)
    edition = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    title = models.JSONField()
    phase = models.CharField(max_length=20)
    mode = models.CharField(max_length=10, default="emergency")  # routine emergency
    level = models.CharField(max_length=10, blank=True)
    alerted_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    closed_at = models.DateTimeField(null=True)
    is_drill = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["area", "closed_at"])]


class Signal(Row):
    """Something reported that may open an incident: a case, a count, an alert, an order, harm."""

    personal: ClassVar[tuple[str, ...]] = ()

    kind = models.CharField(max_length=30)
    case_class = models.CharField(max_length=30)
    hazard = models.CharField(max_length=40)
    edition = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    building = models.ForeignKey(Building, models.PROTECT, null=True, related_name="+")
    count = models.IntegerField(default=1)
    source = models.CharField(max_length=120)
    found_at = models.DateTimeField()
    received_at = models.DateTimeField()
    received_by = models.UUIDField()
    told_id = models.UUIDField(null=True)  # the duty officer told now
    told_position = models.SmallIntegerField(default=0)
    acknowledge_by = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="signals")

    class Meta:
        indexes = [
            models.Index(fields=["acknowledge_by"], condition=Q(acknowledged_at=None), name="signal_waiting"),
            models.Index(fields=["incident", "found_at"]),
        ]


class Change(Row):
    """A dated change of phase, mode or level, with its reason."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="changes")
    what = models.CharField(max_length=10)  # phase mode level
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20)
    reason = models.CharField(max_length=300)
    issuer = models.CharField(max_length=120, blank=True)  # of a response level: the body that set it …
    paper_number = models.CharField(max_length=80, blank=True)
    effective_at = models.DateTimeField(null=True)  # … and from when, where that is not when it was entered
    by = models.UUIDField()
    at = models.DateTimeField()


class Milestone(Row):
    """A day that the incident reached something, flagged once; withdrawn when a correction shows it did not."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="milestones")
    name = models.CharField(max_length=40)
    on = models.DateField()
    by = models.UUIDField()
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "name", "on"], condition=Q(withdrawn_at=None), name="milestone_once"
            )
        ]


class Measure(Row):
    """One version of a measure in an area (or for one place there): text, reason, from, until. Old ones stay."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="measures")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    place_id = models.UUIDField(null=True)  # a measure of one place; it speaks before its area's
    name = models.CharField(max_length=40)  # of the edition's catalogue
    number = models.SmallIntegerField()
    text = models.JSONField()  # words by language
    forbids = ArrayField(models.CharField(max_length=40), default=list)  # choices of the catalogue's field it rules out
    reason = models.CharField(max_length=300)
    paper_number = models.CharField(max_length=80, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "area", "place_id", "name", "number"],
                name="measure_version_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["area", "from_at"], condition=Q(ended_at=None), name="measure_area_live"),
            models.Index(fields=["incident", "name", "-number"]),
        ]


class Zone(Row):
    """A named zone; its extent and kind live in versions."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="zones")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)


class ZoneVersion(Row):
    """A zone from a time on: kind, buildings, authority and end. Old versions stay readable."""

    personal: ClassVar[tuple[str, ...]] = ()

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="versions")
    number = models.SmallIntegerField()
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default="draft")  # draft in_force replaced lifted
    is_proposed = models.BooleanField(default=False)  # by a machine; only a person adopts
    why = models.CharField(max_length=300)
    paper_number = models.CharField(max_length=80, blank=True)
    decision_id = models.UUIDField(null=True)
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=120, blank=True)
    outline = models.JSONField(null=True)  # GeoJSON (WGS 84) round its buildings as they stood when it came into force
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "number"], name="zone_version_once"),
            models.UniqueConstraint(fields=["zone"], condition=Q(state="in_force"), name="one_version_in_force"),
        ]
        indexes = [models.Index(fields=["review_at"], condition=Q(state="in_force"), name="zone_review")]


class ZoneBuilding(models.Model):
    """A building of a zone version."""

    personal: ClassVar[tuple[str, ...]] = ()

    version = models.ForeignKey(ZoneVersion, models.CASCADE, related_name="buildings")
    building = models.ForeignKey(Building, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "building"], name="zone_building_once")]


class WeatherWarning(Row):
    """One version of a weather warning: what, in which colour, from when to when. An update is the line's next one."""

    personal: ClassVar[tuple[str, ...]] = ()

    line_id = models.UUIDField()  # the id of the first version
    number = models.SmallIntegerField(default=1)
    edition = models.CharField(max_length=40)  # the guide whose kinds, colours and rules it is under
    kind = models.CharField(max_length=40)
    colour = models.CharField(max_length=20)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    headline = models.JSONField(default=dict)  # words by language, as the weather service wrote them
    advice = models.JSONField(default=dict)
    sender = models.CharField(max_length=500, blank=True)  # of an imported alert, with …
    source_id = models.CharField(max_length=500, blank=True)  # … its own identifier; empty for one typed in
    left_out = models.JSONField(default=list)  # areas an alert names that are not known, or not the importer's
    by = models.UUIDField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_id", "number"], name="warning_version_once"),
            models.UniqueConstraint(fields=["line_id"], condition=Q(ended_at=None), name="one_warning_of_a_line"),
            models.CheckConstraint(condition=Q(from_at__lt=models.F("until_at")), name="a_warning_lasts"),
        ]
        indexes = [
            models.Index(fields=["until_at"], condition=Q(ended_at=None), name="warning_live"),
            models.Index(fields=["source_id"], condition=~Q(source_id=""), name="warning_source"),
        ]


class WarningArea(models.Model):
    """An area in which a warning holds, with all that lies below it."""

    personal: ClassVar[tuple[str, ...]] = ()

    warning = models.ForeignKey(WeatherWarning, models.CASCADE, related_name="areas")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warning", "area"], name="warning_area_once")]
