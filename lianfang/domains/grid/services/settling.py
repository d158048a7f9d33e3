"""Taking a register file, and settling one by one what was left or needs a person's word: each row once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import may
from lianfang.domains.grid.errors import (
    SETTLING,
    BuildingHeld,
    ChoiceMissing,
    DoorFactNewer,
    FileClosed,
    FileHasBadRows,
    FileNotTaken,
    FileOvertaken,
    IdNumberKnown,
    ReasonMissing,
    RowMissing,
    RowOvertaken,
    RowSettled,
)
from lianfang.domains.grid.models import Building, FileRow, Household, Person, Presence, RegisterFile
from lianfang.domains.grid.rules.differences import FOUND
from lianfang.domains.grid.services.file_changes import FileChanges, Values, door_of
from lianfang.domains.privacy.queries import opened, same_people, sealed

TAKEN = ("new", "moved", "changed", "area")  # what taking a file applies; the others need a person's word
SETTLED = (*TAKEN, "doubtful", "gone")


@dataclass(frozen=True)
class RowWord:
    """What a person says about one row; of a doubtful one, who is meant: a person of the register, or a new one."""

    id: UUID
    person_id: UUID | None = None
    is_new: bool = False


class _Applying:
    """Rows of one file applied together; those that a newer fact overtook are refused one by one."""

    def __init__(self, changes: FileChanges, held: Collection[UUID], why: str) -> None:
        self.changes, self.held, self.why = changes, set(held), why
        self.refused: dict[UUID, str] = {}

    def run(self, rows: Sequence[FileRow], chosen: Mapping[UUID, RowWord]) -> dict[UUID, str]:
        """Apply, in the order in which one rests on the other; gives the code of each row refused."""
        opened_rows = opened(rows, by=self.changes.by, fields=("row",), whole=True, subject="person_id")
        values: dict[UUID, Values] = {i: v["row"] or {} for i, v in opened_rows.items()}
        self._areas([r for r in rows if r.difference == "area"], values)
        people = {r.id: self._person(r, chosen.get(r.id)) for r in rows if r.difference != "area"}
        self._refuse_overtaken(rows, people)
        named = [r for r in rows if r.difference not in ("area", "gone") and r.id not in self.refused]
        placed = dict(zip([r.id for r in named], self.changes.placed(values[r.id] for r in named), strict=True))
        new = {r.id: placed[r.id] for r in named if people[r.id] == r.new_person_id}
        self._refuse_known(new, doubtful={r.id: r.candidates for r in named if r.difference == "doubtful"})
        fit = {people[i]: v for i, v in placed.items() if i not in self.refused}
        self._write(fit, new={people[i] for i in new})
        self.changes.end([people[r.id] for r in rows if r.difference == "gone" and r.id not in self.refused])
        self._note(rows, people)
        return self.refused

    def _person(self, row: FileRow, word: RowWord | None) -> UUID:
        if row.difference == "new" or (word is not None and word.is_new):
            return row.new_person_id
        found = word.person_id if word is not None and row.difference == "doubtful" else row.person_id
        if found is None:
            self.refused[row.id] = RowOvertaken.code
        return found or row.id

    def _refuse_overtaken(self, rows: Sequence[FileRow], people: Mapping[UUID, UUID]) -> None:
        newer = self.changes.newer_facts(people.values())
        lives = Presence.objects.filter(person_id__in=people.values(), kind="lives", to_on=None)
        living = set(lives.values_list("person_id", flat=True)) if any(r.difference == "gone" for r in rows) else set()
        for r in rows:
            person = people.get(r.id)
            if person in newer:
                self.refused[r.id] = (DoorFactNewer if newer[person] in FOUND else RowOvertaken).code
            elif r.difference == "gone" and person not in living:
                self.refused[r.id] = RowOvertaken.code

    def _refuse_known(self, new: Mapping[UUID, Values], *, doubtful: Mapping[UUID, Sequence[UUID]]) -> None:
        """Rows of new people who are on the register by now: by number anywhere, by name behind the same door."""
        ids = same_people([(r["name"], r["id_number"]) for r in new.values()])
        since = Person.objects.filter(entered_at__gt=self.changes.file.at, presences__area_id__in={
            UUID(r["area"]) for r in new.values()
        }).values_list("id", flat=True)  # fmt: skip
        meant = {p for i in new for p in doubtful.get(i, ())}
        with beyond_the_wall():
            known = list(Person.objects.filter(id__in={*ids, *since, *meant}))
        shown = opened(known, by=self.changes.by, fields=("name", "id_number"), whole=True)
        stays = Presence.objects.filter(person_id__in=shown, to_on=None).select_related("building", "household")
        found: dict[tuple[str, ...], str] = {(v["id_number"],): "" for v in shown.values() if v["id_number"]}
        for s in stays:
            person = shown[s.person_id]
            found[(str(s.area_id), s.building.key, s.household.unit, s.household.door, person["name"])] = s.source
            if person["id_number"]:
                found[(person["id_number"],)] = s.source
        for row_id, r in new.items():
            key = (r["id_number"],) if r["id_number"] else (r["area"], *door_of(r), r["name"])
            if key in found:
                code = DoorFactNewer.code if found[key] in FOUND else RowOvertaken.code
                self.refused[row_id] = IdNumberKnown.code if row_id in doubtful else code

    def _write(self, rows: Mapping[UUID, Values], *, new: Collection[UUID]) -> None:
        """Rows by the person each is about."""
        doors = self.changes.doors(rows.values())
        self.changes.add({p: r for p, r in rows.items() if p in new}, doors)
        known = {p: r for p, r in rows.items() if p not in new}
        self.changes.move(self.changes.not_there(known, doors), doors)
        self.changes.correct(known)

    def _areas(self, rows: Sequence[FileRow], values: Mapping[UUID, Values]) -> None:
        """Doors change their area: with their building where nobody stays behind in it, else into one of that name."""
        ids = {UUID(i) for r in rows for i in values[r.id]["doors"]}
        doors = {h.id: h for h in Household.objects.select_for_update().filter(id__in=ids).order_by("id")}
        staying = Household.objects.filter(building_id__in={h.building_id for h in doors.values()}).exclude(id__in=ids)
        occupied = set(
            staying.filter(presences__to_on=None, presences__isnull=False).values_list("building_id", flat=True)
        )
        named = Counter(values[r.id]["building_id"] for r in rows)
        for r in rows:
            move = values[r.id]
            some = [doors[UUID(i)] for i in move["doors"] if UUID(i) in doors]
            alone = named[move["building_id"]] == 1 and UUID(move["building_id"]) not in occupied
            self._rehouse(r.id, move, some, is_whole=alone)

    def _rehouse(self, row_id: UUID, move: Values, doors: Sequence[Household], *, is_whole: bool) -> None:
        by, building, to = self.changes.by, Building.objects.get(id=move["building_id"]), UUID(move["to"])
        there = Building.objects.filter(area_id=to, key=building.key).first()
        still = {str(h.id) for h in doors if str(h.area_id) == move["from"]}
        taken = set(there.households.values_list("unit", "door")) if there else set()
        if not may(by, "grid.import", area_id=UUID(move["from"])) or not may(by, "grid.import", area_id=to):
            self.refused[row_id] = RightMissing.code
        elif still != set(move["doors"]) or any((h.unit, h.door) in taken for h in doors):
            self.refused[row_id] = RowOvertaken.code
        elif is_whole and there is None:
            Building.objects.filter(id=building.id).update(area_id=to)
            self.changes.rehouse(list(building.households.all()), to, {building.id: building.id})
        elif building.id in self.held:
            self.refused[row_id] = BuildingHeld.code
        else:
            self.changes.rehouse(doors, to, {building.id: (there or self._same_named(building, to)).id})

    @staticmethod
    def _same_named(building: Building, area_id: UUID) -> Building:
        where = {"lon": building.lon, "lat": building.lat, "is_place_invented": building.is_place_invented}
        return Building.objects.create(
            id=uuid5(area_id, "building " + building.key),
            area_id=area_id,
            name=building.name,
            key=building.key,
            kind=building.kind,
            position=building.position,
            **where,
        )

    def _note(self, rows: Sequence[FileRow], people: Mapping[UUID, UUID]) -> None:
        """What became of each row, who said so and when; a reason is sealed with the row it is about."""
        by, at = self.changes.by, self.changes.at
        reasons = dict(zip([r.id for r in rows], sealed([(r.id, {"why": self.why}) for r in rows]), strict=True))
        for r in rows:
            r.code = self.refused.get(r.id, "")
            if not r.code:
                r.fate, r.settled_by, r.settled_at = "applied", by.id, at
                r.person_id = people.get(r.id)
                r.sealed = bytes(r.sealed) + reasons[r.id] if self.why else r.sealed
        told = ["fate", "code", "settled_by", "settled_at", "person"] + (["sealed"] if self.why else [])
        FileRow.objects.bulk_update(rows, told, batch_size=1000)


@service("grid.apply_file", door=False)
def apply_file(
    *, file_id: UUID, leave: Sequence[UUID], by: Actor, at: datetime, held_building_ids: Collection[UUID] = ()
) -> RegisterFile:
    """Take a file: apply every difference but those left, all or none, save what a newer fact overtook.

    Doubtful rows and people the file does not name wait for somebody's word (`settle_rows`), as do overtaken ones.
    Raises:  FileMissing, FileClosed, FileHasBadRows (then nothing is applied). Locks: the file row.
    """
    changes = FileChanges.locked(file_id, by=by, at=at)
    file = changes.file
    if file.state == "applied":
        raise Repeated(file)
    if file.state != "read":
        raise FileClosed(state=file.state)
    if file.rows.exclude(problems=[]).exists():
        raise FileHasBadRows(bad=file.rows.exclude(problems=[]).count())
    rows = file.rows.filter(difference__in=TAKEN, fate="waiting")
    rows.filter(id__in=leave).update(fate="left", settled_by=by.id, settled_at=at)
    _Applying(changes, held_building_ids, "").run(list(rows.filter(fate="waiting").order_by("number", "id")), {})
    file.state, file.applied_at = "applied", at
    file.save(update_fields=["state", "applied_at"])
    return file


def _refusal(row: FileRow | None, word: RowWord, do: str, why: str) -> str:
    if row is None or row.difference not in SETTLED:
        return RowMissing.code
    if do == "leave":
        return {"left": "repeated", "applied": RowSettled.code}.get(row.fate, "")
    if row.difference == "doubtful":
        meant = row.new_person_id if word.is_new else word.person_id
        if meant is None or not (word.is_new or meant in row.candidates):
            return ChoiceMissing.code
        if row.fate == "applied":
            return "repeated" if row.person_id == meant else RowSettled.code
    if row.fate == "applied":
        return "repeated"
    return ReasonMissing.code if row.difference == "gone" and not why.strip() else ""


@service("grid.settle_rows", door=False, told=("do",))
def settle_rows(
    *,
    file_id: UUID,
    do: str,
    words: Sequence[RowWord],
    why: str,
    by: Actor,
    at: datetime,
    held_building_ids: Collection[UUID] = (),
) -> list[Outcome]:
    """Apply or leave rows of a file that was taken; an outcome a row, none raises for another.

    do:      "apply" or "leave". A left row may still be applied; an applied one is settled.
    why:     asked where somebody leaves the register; kept sealed with the rows.
    Repeat:  a row settled so before is "repeated"; a whole list of them changes nothing.
    Rights:  grid.import on the file's area, and for doors that change their area on both.
    Raises:  FileMissing, FileNotTaken. Outcomes: SETTLING, RightMissing. Locks: the file row.
    """
    changes = FileChanges.locked(file_id, by=by, at=at)
    file = changes.file
    if file.state != "applied":
        raise FileNotTaken(state=file.state)
    asked = {w.id: w for w in words}
    rows = {r.id: r for r in FileRow.objects.select_for_update().filter(file=file, id__in=asked).order_by("id")}
    codes = {i: _refusal(rows.get(i), w, do, why) for i, w in asked.items()}
    later = RegisterFile.objects.filter(area_id=file.area_id, state="applied", at__gt=file.at).exists()
    fit = [rows[i] for i, code in codes.items() if not code]
    if do == "leave":
        FileRow.objects.filter(id__in=[r.id for r in fit]).update(fate="left", code="", settled_by=by.id, settled_at=at)
    elif later:
        codes |= {r.id: FileOvertaken.code for r in fit}
    elif fit:
        codes |= _Applying(changes, held_building_ids, why.strip()[:200]).run(fit, asked)
    _say_why([rows[i] for i in rows if rows[i].fate != "applied"], codes)
    return [Outcome(i, codes[i], _told(file, codes[i])) for i in asked]


def _say_why(rows: Sequence[FileRow], codes: Mapping[UUID, str]) -> None:
    """Keep on each row that stays why it does, for the page."""
    for r in rows:
        r.code = "" if codes[r.id] == "repeated" else codes[r.id]
    FileRow.objects.bulk_update(rows, ["code"], batch_size=1000)


def _told(file: RegisterFile, code: str) -> dict[str, Any]:
    return {"right": "grid.import"} if code == RightMissing.code else {"file": str(file.id)} if code else {}


def raise_refusal(outcome: Outcome) -> None:
    """Raise what an outcome refuses; a repeat is no refusal."""
    if outcome.code and outcome.code != "repeated":
        raise ({**SETTLING, RightMissing.code: RightMissing})[outcome.code](**outcome.values)
