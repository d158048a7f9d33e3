"""Loading a register by the hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines, copy_text
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.grid.models import Building, Household, Link, Person, PersonFlag, PopulationBase, Presence
from lianfang.domains.privacy.queries import person_tokens, sealed
from lianfang.domains.privacy.services import index_people

NULL = "\\N"


@dataclass
class RegisterBatch:
    """Columns of new rows, each list as long as its table; ids and areas as hex text, indices point into the lists."""

    building_id: list[str] = field(default_factory=list)
    building_area: list[str] = field(default_factory=list)
    building_name: list[str] = field(default_factory=list)
    building_kind: list[str] = field(default_factory=list)
    building_lonlat: list[tuple[float, float]] = field(default_factory=list)
    household_id: list[str] = field(default_factory=list)
    household_building: list[int] = field(default_factory=list)
    household_unit: list[str] = field(default_factory=list)
    household_floor: list[int] = field(default_factory=list)
    household_door: list[str] = field(default_factory=list)
    household_collective: list[bool] = field(default_factory=list)
    person_id: list[UUID] = field(default_factory=list)
    person_household: list[int] = field(default_factory=list)
    person_sex: list[str] = field(default_factory=list)
    person_birth: list[str] = field(default_factory=list)  # YYYY-MM-DD
    person_name: list[str] = field(default_factory=list)
    person_id_number: list[str] = field(default_factory=list)
    person_phone: list[str] = field(default_factory=list)
    person_presence: list[str] = field(default_factory=list)  # lives, away …
    flags: list[tuple[int, str]] = field(default_factory=list)  # (person, flag)
    links: list[tuple[int, int, str]] = field(default_factory=list)  # (carer, cared, kind)


def _area_of_household(b: RegisterBatch) -> list[str]:
    return [b.building_area[i] for i in b.household_building]


def _load_doors(b: RegisterBatch) -> None:
    copy_lines(
        Building,
        ("id", "area_id", "name", "key", "kind", "position", "lon", "lat", "is_place_invented"),
        (
            f"{i}\t{a}\t{copy_text(n)}\t{copy_text(n.replace(' ', ''))}\t{k}\t{p}\t{ll[0]:.6f}\t{ll[1]:.6f}\tt"
            for p, (i, a, n, k, ll) in enumerate(
                zip(b.building_id, b.building_area, b.building_name, b.building_kind, b.building_lonlat, strict=True)
            )
        ),
    )
    copy_lines(
        Household,
        ("id", "area_id", "building_id", "unit", "floor", "door", "is_collective", "is_empty"),
        (
            f"{i}\t{b.building_area[h]}\t{b.building_id[h]}\t{u}\t{f}\t{copy_text(d)}\t{'t' if c else 'f'}\tf"
            for i, h, u, f, d, c in zip(
                b.household_id,
                b.household_building,
                b.household_unit,
                b.household_floor,
                b.household_door,
                b.household_collective,
                strict=True,
            )
        ),
    )


def _load_persons(b: RegisterBatch, *, by: Actor, at: datetime) -> None:
    values = (
        {"name": n, "id_number": i, "phone": p, "birth_date": d}
        for n, i, p, d in zip(b.person_name, b.person_id_number, b.person_phone, b.person_birth, strict=True)
    )
    blobs = sealed(zip(b.person_id, values, strict=True))
    rows = zip(b.person_id, blobs, b.person_sex, b.person_birth, strict=True)
    columns = ("id", "sealed", "sex", "birth_year", "language", "entered_at", "entered_by")
    tail = f"\t\t{at.isoformat()}\t{by.id}"
    copy_lines(Person, columns, (f"{i}\t\\\\x{s.hex()}\t{x}\t{d[:4]}{tail}" for i, s, x, d in rows))
    area = _area_of_household(b)
    found_by = zip(b.person_id, b.person_household, b.person_name, b.person_id_number, b.person_phone, strict=True)
    entries = ((str(i), area[h], person_tokens(n, d, p)) for i, h, n, d, p in found_by)
    index_people(entries=entries, by=by, at=at)


def _load_facts(b: RegisterBatch, *, on: date, by: Actor) -> None:
    area = _area_of_household(b)
    # One present stay a person; its id is the person's, so that a repeat of the load collides instead of doubling.
    columns = ("id", "person_id", "household_id", "area_id", "building_id", "kind", "from_on", "source", "by")
    tail = f"{on}\tregister\t{by.id}"
    stays = zip(b.person_id, b.person_household, b.person_presence, strict=True)
    copy_lines(
        Presence,
        columns,
        (
            f"{i}\t{i}\t{b.household_id[h]}\t{area[h]}\t{b.building_id[b.household_building[h]]}\t{k}\t{tail}"
            for i, h, k in stays
        ),
    )
    who = b.person_id
    copy_lines(
        PersonFlag,
        ("id", "person_id", "area_id", "flag", "from_on", "source"),
        (f"{uuid5(who[p], f)}\t{who[p]}\t{area[b.person_household[p]]}\t{f}\t{on}\tregister" for p, f in b.flags),
    )
    copy_lines(
        Link,
        ("id", "carer_id", "cared_id", "kind", "from_on"),
        (f"{uuid5(who[c], str(who[d]))}\t{who[c]}\t{who[d]}\t{k}\t{on}" for c, d, k in b.links),
    )


@service("grid.load_register")
def load_register(*, area_id: UUID, batch: RegisterBatch, on: date, by: Actor, at: datetime) -> int:
    """Add new buildings, doors and persons with their stays, flags, links and index, all or none; returns the persons.

    Rights: grid.import on the area. For registers that are not yet there; a later file is a proposal (`keep_file`).
    """
    require(by, "grid.import", area_id=area_id)
    _load_doors(batch)
    _load_persons(batch, by=by, at=at)
    _load_facts(batch, on=on, by=by)
    return len(batch.person_id)


@service("grid.enter_population_base", told=("source",))
def enter_population_base(
    *, base_id: UUID, area_id: UUID, year: int, persons: int, is_about: bool, source: str, by: Actor, at: datetime
) -> PopulationBase:
    """A printed population of an area with its source; the newest year is the denominator.

    Repeat: same id. Rights: grid.import, or incidents.phase (the command), on the area.
    """
    require(by, "grid.import", area_id=area_id, own=may(by, "incidents.phase", area_id=area_id))
    known = PopulationBase.objects.filter(id=base_id).first()
    if known:
        raise Repeated(known)
    return PopulationBase.objects.create(
        id=base_id, area_id=area_id, year=year, persons=persons, is_about=is_about, source=source
    )


@service("grid.load_population_bases")
def load_population_bases(*, bases: Sequence[PopulationBase], by: Actor, at: datetime) -> int:
    """Printed populations with source and year, each once."""
    PopulationBase.objects.bulk_create(bases, ignore_conflicts=True)
    return len(bases)
