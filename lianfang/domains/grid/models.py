"""The register: buildings, households, persons, and dated facts about them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid5

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area

PRESENCES = ("lives", "registered", "works", "stays", "away")


class Building(Row):
    """A house, block or compound with a number; its place may be invented and then says so."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="buildings")
    name = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, default="dwelling")  # dwelling workplace school site home
    position = models.IntegerField(default=0)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    is_place_invented = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "key"], name="building_once_in_an_area")]


class Household(Row):
    """A door and who lives behind it; collective ones are dormitories, sites and homes."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    building = models.ForeignKey(Building, models.PROTECT, related_name="households")
    unit = models.CharField(max_length=10, blank=True)
    floor = models.SmallIntegerField(null=True)
    door = models.CharField(max_length=20, blank=True)
    is_collective = models.BooleanField(default=False)
    is_empty = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "unit", "door"], name="household_once_a_door")]
        indexes = [models.Index(fields=["area", "building"])]


class Person(Row):
    """Somebody on the register. Name, id number, phone and birth date are sealed; found only by privacy's index."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    sealed = SealedField(holds=("name", "id_number", "phone", "birth_date"), scope="register", retention="standing")
    sex = models.CharField(max_length=1, blank=True)  # m f
    birth_year = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=10, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.UUIDField()
    merged_into = models.ForeignKey("self", models.PROTECT, null=True)


class Presence(Row):
    """Where a person lives, is registered, works, stays tonight, or is away from, from a day to a day."""

    personal: ClassVar[tuple[str, ...]] = ()

    person = models.ForeignKey(Person, models.CASCADE, related_name="presences")
    household = models.ForeignKey(Household, models.PROTECT, related_name="presences")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    building = models.ForeignKey(Building, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    source = models.CharField(max_length=20)  # register door survey returnee; a fact found at the door outranks a file
    by = models.UUIDField()
    noted_at = models.DateTimeField(null=True)  # when it became known: whether a file or a door is newer

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(kind="lives", to_on=None), name="lives_in_one_place"
            ),
        ]
        indexes = [
            models.Index(fields=["household"], condition=Q(to_on=None), name="presence_household_now"),
            models.Index(fields=["to_on"], condition=~Q(to_on=None), name="presence_ended"),
            # Counts of a district read these alone, in their order, and no row.
            models.Index(
                fields=["building", "kind"], include=["person"], condition=Q(to_on=None), name="presence_building_kind"
            ),
            models.Index(
                fields=["area", "kind", "household"],
                include=["building", "person"],
                condition=Q(to_on=None),
                name="presence_area_kind",
            ),
        ]


class PersonFlag(Row):
    """Something others must know to help: elder alone, bedridden, pregnant, dialysis, infant, returned …"""

    personal: ClassVar[tuple[str, ...]] = ()

    person = models.ForeignKey(Person, models.CASCADE, related_name="flags")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    flag = models.CharField(max_length=24)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    source = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "flag"], condition=Q(to_on=None), name="flag_once")]
        indexes = [
            models.Index(fields=["area", "flag"], condition=Q(to_on=None), name="flag_area_now"),
            models.Index(fields=["area", "flag", "from_on"], name="flag_area_day"),
        ]


class Link(Row):
    """One person cares for, or is guardian of, another, from a day to a day."""

    personal: ClassVar[tuple[str, ...]] = ()

    carer = models.ForeignKey(Person, models.CASCADE, related_name="cares_for")
    cared = models.ForeignKey(Person, models.CASCADE, related_name="cared_by")
    kind = models.CharField(max_length=20)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["cared"]), models.Index(fields=["carer"])]


class Answerer(Row):
    """The account that answers for an area (grid worker) or a block of households (linked-household head)."""

    personal: ClassVar[tuple[str, ...]] = ()

    role = models.CharField(max_length=30)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="answerers")
    account_id = models.UUIDField()
    phone = models.CharField(max_length=30, blank=True)  # a duty phone, not a private one
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area", "role"]), models.Index(fields=["household"])]


class PopulationBase(Row):
    """A printed population of an area, with source and year: a denominator, marked "about" where it is one."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    persons = models.IntegerField()
    is_about = models.BooleanField(default=False)
    is_invented = models.BooleanField(default=False)
    source = models.CharField(max_length=200)


class RegisterFile(Row):
    """A register as a street office sent it: read, shown, then taken or refused; what is left is settled row by row."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12)  # read applied refused
    counts = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    names = models.JSONField(
        default=dict, db_default={}
    )  # names of areas as typed in this file, and the area that is meant
    by = models.UUIDField()
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)


class FileRow(Row):
    """One row of a register file: what it says, what is wrong with it, how it differs from the register."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    file = models.ForeignKey(RegisterFile, models.CASCADE, related_name="rows")
    number = models.IntegerField()
    sealed = SealedField(holds=("row", "why"), scope="register", retention="standing")
    problems = models.JSONField(default=list)
    difference = models.CharField(max_length=10, blank=True)  # new moved gone changed doubtful same area
    person = models.ForeignKey(Person, models.SET_NULL, null=True)
    candidates = ArrayField(
        models.UUIDField(), default=list, db_default=[]
    )  # doubtful: who on the register may be meant
    fate = models.CharField(max_length=10, default="waiting")  # waiting applied left
    code = models.CharField(max_length=60, blank=True, db_default="")  # why it could not be applied when last tried
    settled_by = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["file", "number"]), models.Index(fields=["file", "difference"])]

    @property
    def new_person_id(self) -> UUID:
        """The id of the person whom this row would enter: the same at every try."""
        return uuid5(self.id, "person")
