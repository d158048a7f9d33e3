"""How the rows of a register file differ from the register: judged set by set, nothing of the register is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.areas.queries import areas_beside, ids_below
from lianfang.domains.grid.models import FileRow, Household, Person, Presence, RegisterFile
from lianfang.domains.grid.rules.differences import Door, Known, compare, doors_under_another_area, elsewhere
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import opened, same_people, sealed
from lianfang.kernels.names import folded

PERSONAL = ("name", "id_number", "phone", "birth_date")
Values = Mapping[str, Any]


class FileReading:
    """One file beside the register of its area, as it stands now."""

    def __init__(self, file: RegisterFile, *, by: Actor) -> None:
        self.file, self.by = file, by

    @staticmethod
    def door_of(row: Values) -> tuple[str, str, str]:
        """The building's key, unit and door a row names."""
        return folded(row["building"]), row["unit"], row["door"]

    def file_rows(
        self, numbers: Sequence[int], rows: Sequence[dict[str, Any]], problems: Mapping[int, list[Any]]
    ) -> list[FileRow]:
        """A row of the file for each row, for everybody it does not name, and for doors that changed their area.

        The last two only where no row has a problem: a file half read would call half the area gone.
        """
        candidates = self._candidates(rows)
        doors, moves = self._standing(rows, candidates)
        met: set[str] = set()
        kept: list[FileRow] = []
        for number, row, door, known in zip(numbers, rows, doors, candidates, strict=True):
            difference, people = compare(row, door, known)
            met |= set(people)
            row.pop("stands", None)
            row |= {"stands": door[0]} if door[0] != row["area"] else {}
            kept.append(
                FileRow(
                    id=uuid5(self.file.id, str(number)),
                    file=self.file,
                    number=number,
                    problems=problems.get(number, []),
                    difference="" if number in problems else difference,
                    person_id=UUID(people[0]) if len(people) == 1 else None,
                    candidates=[UUID(p) for p in people] if difference == "doubtful" else [],
                )
            )
        for n, blob in enumerate(sealed([(k.id, {"row": row}) for k, row in zip(kept, rows, strict=True)])):
            kept[n].sealed = blob
        if not problems:
            kept += [*self._gone(met), *self._area_rows(moves)]
        return kept

    def _known(self, rows: Sequence[Values]) -> list[Known]:
        """Persons who may be meant: all of the file's own area, and namesakes of number anywhere."""
        far = same_people([(r["name"], r["id_number"]) for r in rows])
        near = PersonIndex.objects.filter(area_id__in=ids_below(self.file.area_id)).values_list("person_id", flat=True)
        with beyond_the_wall():  # a namesake of number may live in another street
            people = list(Person.objects.filter(id__in={*near, *far}))
        values = opened(people, by=self.by, fields=PERSONAL, whole=True)
        present = Presence.objects.filter(Q(kind="lives") | Q(kind="away"), person_id__in=values, to_on=None)
        stays = {s.person_id: s for s in present.select_related("building", "household")}
        keys = {s.building.name: folded(s.building.name) for s in stays.values()}
        out = []
        for p in people:
            s, v = stays.get(p.id), values[p.id]
            door = (
                (str(s.area_id), keys[s.building.name], s.household.unit, s.household.door) if s else ("", "", "", "")
            )
            where = (s.kind, s.source) if s else ("", "")
            out.append(Known(str(p.id), v["name"], v["id_number"], v["phone"], p.sex, door, *where))
        return out

    def _candidates(self, rows: Sequence[Values]) -> list[list[Known]]:
        """For each row the persons who bear its id number or its name."""
        by_number: dict[str, list[Known]] = {}
        by_name: dict[str, list[Known]] = {}
        for k in self._known(rows):
            by_name.setdefault(k.name, []).append(k)
            if k.id_number:
                by_number.setdefault(k.id_number, []).append(k)
        out = []
        for r in rows:
            found = {k.id: k for k in (*by_number.get(r["id_number"], ()), *by_name.get(r["name"], ()))}
            out.append([found[i] for i in sorted(found)])
        return out

    def _standing(
        self, rows: Sequence[dict[str, Any]], candidates: Sequence[Sequence[Known]]
    ) -> tuple[list[Door], dict[Door, Door]]:
        """The register's door of each row, and the doors that the file names in the area beside the register's.

        A row of a street's file that names no community means the one below in which its door stands.
        """
        doors: list[Door] = [(r["area"], *self.door_of(r)) for r in rows]
        asked = {d for r, d, known in zip(rows, doors, candidates, strict=True) if elsewhere(d, r, known)}
        if not asked:
            return doors, {}
        areas = {UUID(d[0]) for d in asked}
        own, below = str(self.file.area_id), {str(a) for a in ids_below(self.file.area_id)} - {str(self.file.area_id)}
        beside = {str(a): {str(b) for b in found} for a, found in areas_beside(areas).items()}
        beside[own] = beside.get(own, set()) | below
        there = Household.objects.filter(area_id__in=areas, building__key__in={d[1] for d in asked})
        stand = there.values_list("area_id", "building__key", "unit", "door")
        on_register = {(str(a), key, unit, number) for a, key, unit, number in stand}
        shifted = doors_under_another_area(rows, doors, candidates, on_register=on_register, beside=beside)
        inside = {d: was for d, was in shifted.items() if d[0] == own and was[0] in below}
        for row, door in zip(rows, doors, strict=True):
            if door in inside:
                row["area"] = inside[door][0]
        return [shifted.get(d, d) for d in doors], {d: was for d, was in shifted.items() if d not in inside}

    def _gone(self, met: set[str]) -> list[FileRow]:
        """Persons who live in the area by the register and whom the file does not name."""
        rows = Presence.objects.filter(area_id__in=ids_below(self.file.area_id), kind="lives", to_on=None)
        return [
            FileRow(id=uuid5(self.file.id, f"gone {p}"), file=self.file, number=0, difference="gone", person_id=p)
            for p in rows.values_list("person_id", flat=True)
            if str(p) not in met
        ]

    def _area_rows(self, moves: Mapping[Door, Door]) -> list[FileRow]:
        """One row a building whose doors the file names in another area, with these doors."""
        there = Household.objects.filter(
            area_id__in={UUID(was[0]) for was in moves.values()}, building__key__in={was[1] for was in moves.values()}
        ).select_related("building")
        known = {(str(h.area_id), h.building.key, h.unit, h.door): h for h in there}
        told: dict[UUID, dict[str, Any]] = {}
        for door, was in moves.items():
            if was not in known:
                continue
            h = known[was]
            row_id = uuid5(self.file.id, f"area {h.building_id} {door[0]}")
            words = {"building": h.building.name, "building_id": str(h.building_id), "from": was[0], "to": door[0]}
            told.setdefault(row_id, {**words, "doors": []})["doors"].append(str(h.id))
        blobs = sealed([(i, {"row": t}) for i, t in told.items()])
        return [
            FileRow(id=i, file=self.file, number=0, difference="area", sealed=b)
            for i, b in zip(told, blobs, strict=True)
        ]
