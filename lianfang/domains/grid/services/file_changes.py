"""What a register file changes in the register once somebody took it: set by set, never a row at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import F, Q
from django.db.models.functions import Greatest

from lianfang.base.actor import Actor
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.errors import FileMissing
from lianfang.domains.grid.models import Answerer, Building, Household, Person, PersonFlag, Presence, RegisterFile
from lianfang.domains.grid.queries import register_date
from lianfang.domains.grid.services.file_reading import PERSONAL, FileReading
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import opened, person_tokens, sealed
from lianfang.domains.privacy.services import index_people

Values = Mapping[str, Any]
Doors = Mapping[tuple[str, str, str, str], Household]
door_of = FileReading.door_of


class FileChanges:
    """The writing hand of one file: who took it, when, and the day its facts are from."""

    def __init__(self, file: RegisterFile, *, by: Actor, at: datetime) -> None:
        self.file, self.by, self.at = file, by, at
        self.file_day, self.today = register_date(file.at), register_date(at)

    @classmethod
    def locked(cls, file_id: UUID, *, by: Actor, at: datetime) -> FileChanges:
        """The file, locked, for who may import in its area. Raises FileMissing, RightMissing."""
        file = RegisterFile.objects.select_for_update().filter(id=file_id).first()
        if file is None:
            raise FileMissing(file=str(file_id))
        require(by, "grid.import", area_id=file.area_id)
        return cls(file, by=by, at=at)

    def placed(self, rows: Iterable[Values]) -> list[Values]:
        """Rows whose door still stands in the area where the register had it, with that area."""
        given = list(rows)
        asked = [r for r in given if r.get("stands")]
        there = Household.objects.filter(
            area_id__in={UUID(r["stands"]) for r in asked}, building__key__in={door_of(r)[0] for r in asked}
        )
        still = {(str(a), *rest) for a, *rest in there.values_list("area_id", "building__key", "unit", "door")}
        return [
            {**r, "area": r["stands"]} if r.get("stands") and (r["stands"], *door_of(r)) in still else r for r in given
        ]

    def doors(self, rows: Iterable[Values]) -> dict[tuple[str, str, str, str], Household]:
        """The door of each row, made where it is not there yet, by (area, building, unit, door)."""
        wanted = {(r["area"], *door_of(r)): r for r in rows}
        names = {(a, b): r["building"] for (a, b, _, _), r in wanted.items()}
        new = [
            Building(id=uuid5(UUID(a), "building " + b), area_id=UUID(a), name=n, key=b) for (a, b), n in names.items()
        ]
        Building.objects.bulk_create(new, ignore_conflicts=True)
        there = Building.objects.filter(area_id__in={UUID(a) for a, _ in names}, key__in={b for _, b in names})
        blocks = {(str(b.area_id), b.key): b for b in there}
        Household.objects.bulk_create(
            [
                Household(
                    id=uuid5(blocks[a, b].id, f"{u} {d}"),
                    area_id=UUID(a),
                    building=blocks[a, b],
                    unit=u,
                    door=d,
                    floor=int(d[:-2]) if d.isdigit() and len(d) > 2 else None,
                )
                for a, b, u, d in wanted
            ],
            ignore_conflicts=True,
        )
        found = Household.objects.filter(building_id__in=[b.id for b in blocks.values()]).select_related("building")
        return {(str(h.area_id), h.building.key, h.unit, h.door): h for h in found}

    def _stay(self, person_id: UUID, stay_id: UUID, row: Values, doors: Doors) -> Presence:
        h = doors[(row["area"], *door_of(row))]
        where = {"household": h, "area_id": h.area_id, "building_id": h.building_id, "kind": row["presence"]}
        how = {"from_on": self.today, "source": "register", "by": self.by.id, "noted_at": self.at}
        return Presence(id=stay_id, person_id=person_id, **where, **how)

    def add(self, rows: Mapping[UUID, Values], doors: Doors) -> None:
        """Persons who are not on the register, by the id they get, with stay, flags and index."""
        if not rows:
            return
        blobs = sealed((i, {f: r[f] for f in PERSONAL}) for i, r in rows.items())
        Person.objects.bulk_create(
            [
                Person(
                    id=i,
                    sealed=b,
                    sex=r["sex"],
                    birth_year=int(r["birth_date"][:4]) if r["birth_date"] else None,
                    entered_at=self.at,
                    entered_by=self.by.id,
                )
                for b, (i, r) in zip(blobs, rows.items(), strict=True)
            ],
            batch_size=2000,
        )
        Presence.objects.bulk_create([self._stay(i, i, r, doors) for i, r in rows.items()], batch_size=2000)
        flags = [(i, f, UUID(r["area"])) for i, r in rows.items() for f in r["flags"]]
        how = {"from_on": self.today, "source": "register"}
        PersonFlag.objects.bulk_create(
            [PersonFlag(id=uuid5(i, f), person_id=i, area_id=a, flag=f, **how) for i, f, a in flags]
        )
        self._index({i: (r["area"], r) for i, r in rows.items()})

    def _index(self, people: Mapping[UUID, tuple[str, Values]]) -> None:
        entries = [(str(i), a, person_tokens(v["name"], v["id_number"], v["phone"])) for i, (a, v) in people.items()]
        index_people(entries=entries, by=self.by, at=self.at)

    def move(self, rows: Mapping[UUID, Values], doors: Doors) -> None:
        """From today these persons are at the door of the file; the earlier stay keeps its dates."""
        if not rows:
            return
        earlier = Presence.objects.filter(person_id__in=rows, to_on=None, kind__in=("lives", "away"))
        earlier.update(to_on=Greatest(self.today, F("from_on")))
        stays = [
            self._stay(p, uuid5(p, f"{r['area']} {door_of(r)} {self.at.isoformat()}"), r, doors)
            for p, r in rows.items()
        ]
        Presence.objects.bulk_create(stays, batch_size=2000)
        by_area: dict[UUID, list[UUID]] = {}
        for s in stays:
            by_area.setdefault(s.area_id, []).append(s.person_id)
        for area_id, people in by_area.items():
            PersonFlag.objects.filter(person_id__in=people, to_on=None).update(area_id=area_id)

    def not_there(self, rows: Mapping[UUID, Values], doors: Doors) -> dict[UUID, Values]:
        """Of these persons those whom the register does not have at the door of the file, as the file says."""
        stays = Presence.objects.filter(person_id__in=rows, to_on=None, kind__in=("lives", "away"))
        now = set(stays.values_list("person_id", "household_id", "kind"))
        return {p: r for p, r in rows.items() if (p, doors[(r["area"], *door_of(r))].id, r["presence"]) not in now}

    def correct(self, rows: Mapping[UUID, Values]) -> None:
        """Name, number, phone, birth date and sex as the file has them; what it leaves empty stays."""
        if not rows:
            return
        with beyond_the_wall():  # who comes from another street belongs there until the move is written
            people = {p.id: p for p in Person.objects.select_for_update().filter(id__in=rows)}
        before = opened(list(people.values()), by=self.by, fields=PERSONAL, whole=True)
        merged = {p: {f: rows[p][f] or before[p][f] for f in PERSONAL} for p in people}
        for person_id, blob in zip(merged, sealed(merged.items()), strict=True):
            people[person_id].sealed = blob
            people[person_id].sex = rows[person_id]["sex"] or people[person_id].sex
        with beyond_the_wall():
            Person.objects.bulk_update(people.values(), ["sealed", "sex"], batch_size=500)
        self._index({p: (rows[p]["area"], v) for p, v in merged.items()})

    def end(self, person_ids: Collection[UUID]) -> None:
        """These persons live here no longer from the file's day; person, history stay; flags end with the last stay."""
        inside = Presence.objects.filter(area_id__in=ids_below(self.file.area_id), person_id__in=person_ids)
        inside.filter(to_on=None, kind="lives").update(to_on=Greatest(self.file_day, F("from_on")))
        still = Presence.objects.filter(person_id__in=person_ids, to_on=None).values("person_id")
        flags = PersonFlag.objects.filter(person_id__in=person_ids, to_on=None).exclude(person_id__in=still)
        flags.update(to_on=Greatest(self.file_day, F("from_on")))

    def rehouse(self, doors: Sequence[Household], to: UUID, buildings: Mapping[UUID, UUID]) -> None:
        """These doors stand in another area from the file's day: old stays end, the same begin there, as seen before.

        buildings: the building of each door from now, by the one it had.
        """
        ids = [h.id for h in doors]
        for was, becomes in buildings.items():
            Household.objects.filter(id__in=ids, building_id=was).update(area_id=to, building_id=becomes)
        Answerer.objects.filter(household_id__in=ids, to_at=None).update(area_id=to)
        stays = list(Presence.objects.select_for_update().filter(household_id__in=ids, to_on=None))
        Presence.objects.filter(id__in=[s.id for s in stays]).update(to_on=Greatest(self.file_day, F("from_on")))
        for s in stays:
            s.id, s.area_id, s.building_id = uuid5(s.id, f"area {to}"), to, buildings[s.building_id]
            s.from_on = max(s.from_on, self.file_day)
        Presence.objects.bulk_create(stays, batch_size=2000)
        people = [s.person_id for s in stays if s.kind in ("lives", "away")]
        PersonIndex.objects.filter(person_id__in=people).update(area_id=to)
        PersonFlag.objects.filter(person_id__in=people, to_on=None).update(area_id=to)

    def newer_facts(self, person_ids: Collection[UUID]) -> dict[UUID, str]:
        """Of these persons those about whose stay something became known after the file was read, with its source.

        Edge: of stays noted before times were kept, one found at a door on the file's day or later counts as newer.
        """
        unsure = Q(noted_at=None, from_on__gte=self.file_day) & ~Q(source="register")
        rows = Presence.objects.filter(person_id__in=person_ids, to_on=None, kind__in=("lives", "away"))
        return dict(rows.filter(Q(noted_at__gt=self.file.at) | unsure).values_list("person_id", "source"))
