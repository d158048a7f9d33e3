"""A need for people: calls, their shifts with places, and the claims on them with waitlist and attendance.

No names here: a claim holds ids of accounts and bodies. `title`, `where` and `kit` are about the work, never a person.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.base.fields import Row
from lianfang.domains.areas.models import Area
from lianfang.domains.calls.rules import FIRM


class Call(Row):
    """People are needed for a task: who asks whom, where, from when. draft open full closed."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    issuer_id = models.UUIDField(null=True)  # the body that asks, where it is not the area itself
    staffs_id = models.UUIDField(null=True)  # what its people are called up for: a round
    task = models.CharField(max_length=40)
    title = models.JSONField(default=dict)  # {zh, en}
    place_id = models.UUIDField(null=True)
    where = models.CharField(max_length=200, blank=True)
    kit = models.JSONField(default=list)  # of {zh, en}
    asked_area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # who serves here or below is asked
    audience = models.JSONField(default=dict)  # kinds of bodies and bodies: without, all who serve in the asked area
    state = models.CharField(max_length=6, default="open")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True)
    posted_by = models.UUIDField()
    posted_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["asked_area"], condition=~Q(state="closed"), name="call_asks"),
            models.Index(fields=["area", "-posted_at"]),
            models.Index(fields=["issuer_id"], condition=~Q(issuer_id=None), name="call_issuer"),
            models.Index(fields=["staffs_id"], condition=~Q(staffs_id=None), name="call_staffs"),
        ]


class Shift(Row):
    """So many places from a time to a time. The three counters follow its claims, under the row's lock."""

    personal: ClassVar[tuple[str, ...]] = ()

    call = models.ForeignKey(Call, models.PROTECT, related_name="shifts")
    title = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.IntegerField()
    taken = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)  # claims ever made: the order of the last one
    turnout_by = models.UUIDField(null=True)
    turnout_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("places")), name="no_more_claims_than_places"
            ),
            models.CheckConstraint(condition=Q(waiting__gte=0), name="nobody_less_than_nobody_waits"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="a_shift_lasts"),
        ]
        indexes = [models.Index(fields=["ends_at", "starts_at"]), models.Index(fields=["call", "starts_at"])]


class Claim(Row):
    """One person on one shift: claimed waiting asking confirmed checked_in done released no_show."""

    personal: ClassVar[tuple[str, ...]] = ()

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="claims")
    account_id = models.UUIDField()
    organisation_id = models.UUIDField(null=True)  # the account's own unit, when it claimed
    state = models.CharField(max_length=10)
    order = models.IntegerField()  # of asking, on this shift
    claimed_by = models.UUIDField()
    claimed_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)  # when it got its place: at once, or moved up from the waitlist
    confirmed_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    no_show_at = models.DateTimeField(null=True)
    asked_why = models.CharField(max_length=200, default="", db_default="")  # in spite of too little rest
    allowed_by = models.UUIDField(null=True)  # who let it be in spite of too little rest or too many hours
    allowed_why = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "account_id"], condition=~Q(state="released"), name="one_claim_a_shift_and_account"
            ),
        ]
        indexes = [
            models.Index(fields=["shift", "order"], condition=Q(state="waiting"), name="claims_waiting"),
            models.Index(fields=["account_id"], condition=Q(state__in=FIRM), name="claims_firm"),
            models.Index(fields=["account_id", "-claimed_at"], name="claims_of_account"),
            models.Index(fields=["organisation_id", "checked_in_at"], name="claims_of_unit"),
            models.Index(fields=["checked_in_at"], condition=~Q(checked_in_at=None), name="claims_come"),
        ]
