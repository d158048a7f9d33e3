"""One thing to do: its kind is data, its moves are rows, its clocks run out to somebody."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area


class Item(Row):
    """An item of work of one kind and version, about one unit, with an owner and a due time."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    kind = models.CharField(max_length=60)
    version = models.IntegerField()
    title = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)  # where the plan or round has it in English too
    incident_id = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    unit_kind = models.CharField(max_length=12)
    unit_id = models.UUIDField(null=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    root_id = models.UUIDField(
        null=True, db_index=True
    )  # the head of a cascade, or the weather warning that flagged a post
    raised_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="raised")  # whose move opened it
    routine = models.CharField(max_length=60, blank=True)
    slot_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=30)
    is_closed = models.BooleanField(default=False)
    owner_id = models.UUIDField(null=True)
    before_id = models.UUIDField(null=True)  # whom a clock took it from: what he notes of it still counts
    owner_role = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True)
    values = models.JSONField(default=dict)
    sealed = SealedField(holds=("values",), scope="incident", retention="plea")
    words = ArrayField(models.CharField(max_length=40), default=list)  # plain words of open fields, for the search
    counted = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    is_priority = models.BooleanField(default=False)  # about somebody whose mark asks to be first
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)  # after an attempt: the next one, at another hour of the day
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    closed_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField()
    spot_check = models.CharField(max_length=8, blank=True)  # drawn agrees differs
    spot_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident_id", "routine", "slot_at", "unit_id"],
                condition=~Q(routine=""),
                name="one_item_a_routine_slot_and_unit",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "kind", "state"]),
            models.Index(fields=["owner_id", "due_at"], condition=Q(is_closed=False), name="item_owner_open"),
            models.Index(fields=["before_id"], condition=Q(is_closed=False) & ~Q(before_id=None), name="item_before"),
            models.Index(fields=["area", "due_at", "id"], condition=Q(is_closed=False), name="item_area_open"),
            models.Index(fields=["unit_id", "kind"]),
            models.Index(fields=["parent"]),
            models.Index(fields=["incident_id", "kind", "is_closed"]),
            models.Index(fields=["closed_at"], condition=Q(incident_id=None) & ~Q(sealed=b""), name="item_to_forget"),
            GinIndex(fields=["words"]),
            models.Index(fields=["done_by", "closed_at"], condition=Q(is_closed=True), name="item_done_by"),
            models.Index(fields=["area", "kind"], condition=Q(spot_check="drawn"), name="item_spot_drawn"),
        ]


class Plan(Row):
    """What comes again: for whom, of which kind, in which rhythm, until when. Each time, an item is opened ahead."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    kind = models.CharField(max_length=60)
    incident_id = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    unit_kind = models.CharField(max_length=12)
    unit_id = models.UUIDField(null=True)
    parent = models.ForeignKey(Item, models.PROTECT, null=True, related_name="plans")  # under which its items hang
    title = models.CharField(max_length=200, blank=True)
    values = models.JSONField(default=dict)
    sealed = SealedField(holds=("values",), scope="incident", retention="plea")
    weekdays = ArrayField(models.SmallIntegerField(), default=list)  # 1 Monday … 7 Sunday; none: no days of the week
    every_days = models.SmallIntegerField(null=True)
    at_time = models.TimeField(null=True)  # of the day on which it is due; none: within that day
    next_on = models.DateField(null=True)  # the day for which the next item is opened; none: nobody has said it yet
    opens_on = models.DateField(null=True)  # next_on less the lead time that held when it was set
    lead_days = models.SmallIntegerField(null=True)  # its own; none: as the edition says
    until_on = models.DateField(null=True)  # the last day
    owner_id = models.UUIDField(null=True)  # who is given its items
    last_on = models.DateField(null=True)  # the day for which the last item was opened
    fault = models.CharField(max_length=40, blank=True)  # why the next item could not be opened: a refusal's code
    made_at = models.DateTimeField()
    made_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekdays=[]) | Q(every_days=None), name="a_plan_has_one_rhythm"),
        ]
        indexes = [
            models.Index(fields=["opens_on"], condition=Q(ended_at=None), name="plan_to_open"),
            models.Index(fields=["area", "kind", "next_on"], condition=Q(ended_at=None), name="plans_running"),
            models.Index(fields=["unit_id", "kind"]),
            models.Index(fields=["ended_at"], condition=Q(incident_id=None) & ~Q(sealed=b""), name="plan_to_forget"),
        ]


class Move(Row):
    """One move of an item, by somebody, from a state to a state; a device's note carries its envelope."""

    personal: ClassVar[tuple[str, ...]] = ()

    item = models.ForeignKey(Item, models.CASCADE, related_name="moves")
    move = models.CharField(max_length=40)
    from_state = models.CharField(max_length=30, blank=True)
    to_state = models.CharField(max_length=30)
    by = models.UUIDField()
    written_by = models.UUIDField(null=True)  # who noted it on paper, where `by` typed it in
    at = models.DateTimeField()
    told = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["item", "at"]), models.Index(fields=["by", "-at"])]


class Transfer(Row):
    """That somebody asked to take an item over from its owner: given, kept, or granted by itself at its deadline."""

    personal: ClassVar[tuple[str, ...]] = ()

    item = models.ForeignKey(Item, models.CASCADE, related_name="transfers")
    owner_id = models.UUIDField()  # of whom it was asked
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()  # until then the owner may say no
    state = models.CharField(max_length=8, default="asked")  # asked given kept granted over
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item"], condition=Q(state="asked"), name="one_asks_at_a_time")]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="asked"), name="transfer_waiting")]


class Clock(Row):
    """A running clock of an item: when it runs out, the next on the duty list is told and becomes owner."""

    personal: ClassVar[tuple[str, ...]] = ()

    item = models.ForeignKey(Item, models.CASCADE, related_name="clocks")
    name = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    receiver = models.CharField(max_length=40)
    position = models.SmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)
    ran_out_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "name"], name="clock_once_an_item")]
        indexes = [models.Index(fields=["due_at"], condition=Q(stopped_at=None), name="clock_running")]


class PrintedPage(Row):
    """A page of a list as it was printed: its rows in their order, found again by its code until it is too old."""

    personal: ClassVar[tuple[str, ...]] = ()

    code = models.CharField(max_length=12, unique=True)
    print_id = models.UUIDField()  # of all pages printed together
    number = models.SmallIntegerField()
    pages = models.SmallIntegerField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # for which it was printed
    kind = models.CharField(max_length=60, blank=True)  # of the work on it; "" for a page of a round
    round_id = models.UUIDField(null=True)
    incident_id = models.UUIDField(null=True)  # of the round
    rows = ArrayField(models.UUIDField())  # items, or people of the round
    printed_at = models.DateTimeField()
    printed_by = models.UUIDField()
    until_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["print_id", "number"], name="printed_page_once")]


class PageTyping(Row):
    """That rows of a printed page were typed in: which, by whom, and who had written on it."""

    personal: ClassVar[tuple[str, ...]] = ()

    page = models.ForeignKey(PrintedPage, models.PROTECT, related_name="typings")
    rows = ArrayField(models.UUIDField())
    written_by = models.UUIDField()
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["page", "at"])]
