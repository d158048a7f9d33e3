"""Pleas: every word in which somebody asks for help, by whatever way it comes, with a number and an ending."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area
from lianfang.domains.work.models import Item


class Plea(Row):
    """What somebody asks for: taken in once, routed to a piece of work, ended by its asker or with a reason."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    number = models.BigIntegerField(unique=True)  # from a sequence: what the asker is told and asks by
    channel = models.CharField(max_length=8)
    incident_id = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # of the door, else of the desk that took it in
    is_placed = models.BooleanField(default=False)  # whether area is where it is, not only who took it in
    household_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    about_item_id = models.UUIDField(null=True)  # on whose entry it was asked: somebody stranded, a group of pupils
    account_id = models.UUIDField(null=True)  # of its asker, where he is signed in
    sealed = SealedField(holds=("words", "name", "phone", "address", "outcome"), scope="incident", retention="plea")
    caller = models.BigIntegerField(null=True)  # keyed token of the phone: the same caller, whoever took it in
    tongue = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    danger = models.CharField(max_length=10)
    group = models.CharField(max_length=20, blank=True)
    # What the cues proposed: {kind, danger, group, margin, cues}; never the words by which they were found.
    proposed = models.JSONField(default=dict)
    decided_by = models.UUIDField(null=True)  # who set kind and danger; none: only proposed so far
    deadline_at = models.DateTimeField(null=True)  # a hard one: exam, clinic, counter
    act_by = models.DateTimeField(null=True)  # back from the deadline: less the way, less the asking for leave
    deadline_told_at = models.DateTimeField(null=True)  # when it was told that the deadline is in danger
    deadline_where = models.CharField(max_length=120, blank=True)
    rank = models.SmallIntegerField(default=3)  # of the danger, the worst 0
    next_at = models.DateTimeField(null=True)  # what of it is due first
    state = models.CharField(max_length=8, default="received")
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+")  # what it has become
    items = ArrayField(models.UUIDField(), default=list)  # earlier ones, where it was not solved the first time
    same_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="doubles")
    received_at = models.DateTimeField()
    taken_in_by = models.UUIDField(null=True)  # who typed it in, where that was not its asker
    reply_by = models.DateTimeField()
    holder_id = models.UUIDField(null=True)  # who looks after it until it is work: asked, until he says so
    position = models.SmallIntegerField(default=0)  # of the holder on the list of those who may be asked
    accept_by = models.DateTimeField(null=True)  # then it goes on to the next, at last upward
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    late_told_at = models.DateTimeField(null=True)  # when the shift's lead was told that the promise was broken
    done_told_at = models.DateTimeField(null=True)  # when asker and taker were told that it is done
    end = models.CharField(max_length=10, blank=True)
    why = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    rating = models.SmallIntegerField(null=True)  # the asker's: 1 to 5

    @property
    def subject_id(self) -> UUID | None:
        """Whose words these are, for the record of reads."""
        return self.person_id or self.household_id

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state="ended", ended_at__isnull=False)
                                   | (~Q(state="ended") & Q(ended_at=None)), name="a_plea_ends_with_a_time"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["rank", "next_at", "id"], condition=~Q(state="ended"), name="plea_open"),
            models.Index(fields=["area", "rank", "next_at"], condition=~Q(state="ended"), name="plea_open_here"),
            models.Index(fields=["area", "-received_at"], name="plea_received"),
            models.Index(fields=["household_id", "-received_at"], condition=~Q(household_id=None), name="plea_door"),
            models.Index(fields=["caller", "-received_at"], condition=~Q(caller=None), name="plea_caller"),
            models.Index(
                fields=["reply_by"], condition=Q(acknowledged_at=None, late_told_at=None), name="plea_promise"
            ),
            models.Index(fields=["accept_by"], condition=Q(state="received", acknowledged_at=None), name="plea_accept"),
            models.Index(fields=["act_by"], condition=~Q(state="ended") & ~Q(act_by=None), name="plea_deadline"),
            models.Index(fields=["holder_id", "reply_by"], condition=Q(state="received"), name="plea_holder"),
            models.Index(fields=["item"], condition=~Q(item=None), name="plea_item"),
            models.Index(fields=["about_item_id"], condition=~Q(about_item_id=None), name="plea_about_item"),
            models.Index(fields=["incident_id", "-received_at"], name="plea_incident"),
            models.Index(fields=["ended_at"], condition=Q(incident_id=None) & ~Q(sealed=b""), name="plea_to_forget"),
        ]
