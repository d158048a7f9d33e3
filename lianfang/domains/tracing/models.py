"""Who was where, whom a case met, and what was decided about each. Ids only: names stay on the register."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area
from lianfang.domains.incidents.models import Incident


class Venue(Row):
    """A place where people met: a tea house, a stall, a lift, a bus."""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    building_id = models.UUIDField(null=True)
    place_id = models.UUIDField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area", "name"])]


class VisitBatch(Row):
    """Visits as one source delivered them: a scan log, a payment list, an interview."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    source = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)  # kept, repeated, and each refusal's code
    by = models.UUIDField()
    at = models.DateTimeField()


class Visit(Row):
    """One person in one venue, from a time to a time (half-open)."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField()
    person_id = models.UUIDField()
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="+", db_index=False)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    batch = models.ForeignKey(VisitBatch, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_at__gt=models.F("from_at")), name="visit_ends_after_it_begins"),
            models.UniqueConstraint(
                fields=["incident_id", "person_id", "venue", "from_at", "to_at"], name="one_visit_once"
            ),
        ]
        indexes = [models.Index(fields=["incident_id", "venue", "from_at"], name="visit_venue")]


class Trace(Row):
    """One case whose contacts are looked for, in the window that its edition opens."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    onset_at = models.DateTimeField(null=True)
    sampled_at = models.DateTimeField(null=True)
    window_from_at = models.DateTimeField()
    window_to_at = models.DateTimeField()
    edition = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default="open")  # open closed
    opened_at = models.DateTimeField()  # when the case was reported to tracing: minutes are counted from here
    opened_by = models.UUIDField()
    first_listed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)  # nobody on its lists is undecided

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "person_id"], condition=Q(state="open"), name="a_case_is_traced_once"
            )
        ]
        indexes = [models.Index(fields=["area", "state", "opened_at"])]


class Contact(Row):
    """Somebody a case met (degree 1), or whom such a contact met (degree 2), with what is known and what was decided.

    State: proposed, rejected; or confirmed and so listed, located, notified, isolated, released, each with its time.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    trace = models.ForeignKey(Trace, models.PROTECT, related_name="contacts")
    person_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    building_id = models.UUIDField(null=True)
    degree = models.SmallIntegerField()
    via_id = models.UUIDField(null=True)  # of degree 2: the close contact of the earliest exposure
    evidence = models.JSONField(default=dict)  # minutes first last venues household chains; dependants, once answered
    state = models.CharField(max_length=10, default="proposed")
    proposed_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    listed_at = models.DateTimeField(null=True)
    located_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)
    isolated_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trace", "person_id"], name="contact_once_a_trace")]
        indexes = [
            models.Index(fields=["person_id"]),
            models.Index(fields=["area", "degree", "state"]),
        ]


class CrowdVenue(Row):
    """A venue where too many were present to follow each: it is announced, with the time and the number present."""

    personal: ClassVar[tuple[str, ...]] = ()

    trace = models.ForeignKey(Trace, models.PROTECT, related_name="crowds")
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="+")
    degree = models.SmallIntegerField()  # 1: the case was there; 2: a close contact was
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    present = models.IntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trace", "venue", "degree", "from_at"], name="crowd_once_a_trace")
        ]
