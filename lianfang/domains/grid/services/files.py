"""A register file: kept with its differences, then taken whole or refused whole. Nobody is deleted by absence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import areas_named, ids_below
from lianfang.domains.grid.errors import FileClosed, FileHasBadRows, FileMissing
from lianfang.domains.grid.models import Building, FileRow, Household, Person, PersonFlag, Presence, RegisterFile
from lianfang.domains.grid.queries import register_date
from lianfang.domains.grid.rules.differences import Known, compare
from lianfang.domains.grid.rules.register_sheet import RegisterRow, SheetReading
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import opened, person_tokens, same_people, sealed
from lianfang.domains.privacy.services import index_people
from lianfang.kernels.names import folded

SEX = {"male": "m", "female": "f"}
PRESENCE = {"rents": "lives", "": "lives"}
PERSONAL = ("name", "id_number", "phone", "birth_date")


def _plain(r: RegisterRow, area_id: UUID | None) -> dict[str, Any]:
    building = f"{r.place}{r.building}{'栋' if r.building.isdigit() else ''}" or r.head or r.name
    return {
        "name": r.name,
        "id_number": r.id_number,
        "phone": r.phones[0] if r.phones else "",
        "sex": SEX.get(r.sex, ""),
        "birth_date": r.birth.isoformat() if r.birth else "",
        "building": building,
        "unit": r.unit,
        "door": r.door or str(r.household),
        "presence": PRESENCE.get(r.presence, r.presence),
        "note": r.note,
        "flags": sorted(f.replace("_", "-") for f in r.flags),
        "area": str(area_id or ""),
    }


def _door_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return folded(row["building"]), row["unit"], row["door"]


def _known(rows: Sequence[Mapping[str, Any]], area_id: UUID, by: Actor) -> list[Known]:
    """Persons of the register who may be meant: all of the file's own area, and namesakes of number anywhere."""
    far = same_people([(r["name"], r["id_number"]) for r in rows])
    near = PersonIndex.objects.filter(area_id__in=ids_below(area_id)).values_list("person_id", flat=True)
    people = list(Person.objects.filter(id__in={*near, *far}))
    values = opened(people, by=by, fields=PERSONAL, whole=True)
    present = Presence.objects.filter(Q(kind="lives") | Q(kind="away"), person_id__in=values, to_on=None)
    stays = {s.person_id: s for s in present.select_related("building", "household")}
    keys = {s.building.name: folded(s.building.name) for s in stays.values()}
    out = []
    for p in people:
        s, v = stays.get(p.id), values[p.id]
        door = (keys[s.building.name], s.household.unit, s.household.door) if s else ("", "", "")
        where = (s.kind, s.source) if s else ("", "")
        out.append(Known(str(p.id), v["name"], v["id_number"], v["phone"], p.sex, door, *where))
    return out


def _candidates(rows: Sequence[Mapping[str, Any]], area_id: UUID, by: Actor) -> list[list[Known]]:
    """For each row the persons who bear its id number or its name."""
    by_number: dict[str, list[Known]] = {}
    by_name: dict[str, list[Known]] = {}
    for k in _known(rows, area_id, by):
        by_name.setdefault(k.name, []).append(k)
        if k.id_number:
            by_number.setdefault(k.id_number, []).append(k)
    out = []
    for r in rows:
        found = {k.id: k for k in (*by_number.get(r["id_number"], ()), *by_name.get(r["name"], ()))}
        out.append([found[i] for i in sorted(found)])
    return out


def _gone(area_id: UUID, met: set[str]) -> list[UUID]:
    """Persons who live in the area by the register and whom the file does not name."""
    rows = Presence.objects.filter(area_id__in=ids_below(area_id), kind="lives", to_on=None)
    return [p for p in rows.values_list("person_id", flat=True) if str(p) not in met]


@service("grid.keep_file", told=("file_name",))
def keep_file(
    *, file_id: UUID, area_id: UUID, file_name: str, digest: str, reading: SheetReading, by: Actor, at: datetime
) -> RegisterFile:
    """Keep a file as it was read, each row with its problems and how it differs from the register; nothing is applied.

    Repeat: same id: the first. Rights: grid.import on the area.
    """
    require(by, "grid.import", area_id=area_id)
    known = RegisterFile.objects.filter(id=file_id).first()
    if known:
        raise Repeated(known)
    problems: dict[int, list[dict[str, Any]]] = {}
    for p in reading.problems:
        problems.setdefault(p.row, []).append(
            {"column": p.column, "code": p.code, "value": p.value, "fix": p.fix_values}
        )
    areas = {
        c: areas_named(c, below=area_id).first() for c in {r.committee for r in (*reading.rows, *reading.bad)} if c
    }
    for r in reading.rows:
        if r.committee and areas[r.committee] is None:
            problems.setdefault(r.row, []).append(
                {"column": "committee", "code": "area_unknown", "value": r.committee, "fix": {}}
            )
    people = sorted((*reading.rows, *reading.bad), key=lambda r: r.row)
    rows = [_plain(r, getattr(areas.get(r.committee), "id", None) or area_id) for r in people]
    file = RegisterFile.objects.create(
        id=file_id,
        area_id=area_id,
        file_name=file_name[:200],
        digest=digest,
        state="read",
        by=by.id,
        at=at,
        columns=sorted(reading.columns),
        counts={
            "rows": len(people),
            "bad": len([r for r in people if r.row in problems]),
            "skipped": len(reading.skipped),
        },
    )
    _keep_rows(file, people, rows, problems, by)
    return file


def _keep_rows(
    file: RegisterFile,
    people: Sequence[RegisterRow],
    rows: Sequence[dict[str, Any]],
    problems: Mapping[int, Any],
    by: Actor,
) -> None:
    candidates = _candidates(rows, file.area_id, by)
    met: set[str] = set()
    kept: list[FileRow] = []
    for n, (r, row) in enumerate(zip(people, rows, strict=True)):
        difference, person = compare(row, _door_of(row), candidates[n])
        met |= {k.id for k in candidates[n] if k.id == person}
        kept.append(
            FileRow(
                id=uuid5(file.id, str(r.row)),
                file=file,
                number=r.row,
                problems=problems.get(r.row, []),
                difference="" if r.row in problems else difference,
                person_id=UUID(person) if person else None,
            )
        )
    for n, blob in enumerate(sealed([(k.id, {"row": row}) for k, row in zip(kept, rows, strict=True)])):
        kept[n].sealed = blob
    gone = _gone(file.area_id, met) if not problems else []
    kept += [
        FileRow(id=uuid5(file.id, f"gone {p}"), file=file, number=0, difference="gone", person_id=p, fate="left")
        for p in gone
    ]
    FileRow.objects.bulk_create(kept, batch_size=1000)


def _locked(file_id: UUID, by: Actor) -> RegisterFile:
    file = RegisterFile.objects.select_for_update().filter(id=file_id).first()
    if file is None:
        raise FileMissing(file=str(file_id))
    require(by, "grid.import", area_id=file.area_id)
    return file


@service("grid.refuse_file")
def refuse_file(*, file_id: UUID, by: Actor, at: datetime) -> RegisterFile:
    """Do not take the file; it stays readable. Raises: FileMissing, FileClosed."""
    file = _locked(file_id, by)
    if file.state == "refused":
        raise Repeated(file)
    if file.state != "read":
        raise FileClosed(state=file.state)
    file.state = "refused"
    file.save(update_fields=["state"])
    return file


@service("grid.apply_file")
def apply_file(*, file_id: UUID, leave: Sequence[UUID], by: Actor, at: datetime) -> RegisterFile:
    """Apply every difference of a file but those left, all or none.

    Doubtful rows and people the file does not name are left unless their row's fate was set to waiting.
    Raises:  FileMissing, FileClosed, FileHasBadRows (then nothing is applied). Locks: the file row.
    """
    file = _locked(file_id, by)
    if file.state == "applied":
        raise Repeated(file)
    if file.state != "read":
        raise FileClosed(state=file.state)
    if file.rows.exclude(problems=[]).exists():
        raise FileHasBadRows(bad=file.rows.exclude(problems=[]).count())
    rows = [
        r for r in file.rows.exclude(id__in=leave).exclude(fate="left") if r.difference in ("new", "moved", "changed")
    ]
    values = opened(rows, by=by, fields=("row",), whole=True, subject="person_id")
    doors = _doors([values[r.id]["row"] for r in rows])
    _add_new([(r.id, values[r.id]["row"]) for r in rows if r.difference == "new"], doors, by=by, at=at)
    _move(
        [(r.person_id, values[r.id]["row"]) for r in rows if r.difference == "moved" and r.person_id],
        doors,
        by=by,
        at=at,
    )
    _correct(
        [(r.person_id, values[r.id]["row"]) for r in rows if r.difference in ("changed", "moved") and r.person_id],
        by=by,
        at=at,
    )
    FileRow.objects.filter(id__in=[r.id for r in rows]).update(fate="applied")
    FileRow.objects.filter(file=file, fate="waiting").update(fate="left")
    file.state, file.applied_at = "applied", at
    file.save(update_fields=["state", "applied_at"])
    return file


def _doors(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str, str], Household]:
    """The door of each row, made where it is not there yet, by (area, building, unit, door)."""
    wanted = {(r["area"], *_door_of(r)): r for r in rows}
    names = {(a, b): r["building"] for (a, b, _, _), r in wanted.items()}
    Building.objects.bulk_create(
        [Building(id=uuid5(UUID(a), "building " + b), area_id=UUID(a), name=n, key=b) for (a, b), n in names.items()],
        ignore_conflicts=True,
    )
    blocks = {
        (str(b.area_id), b.key): b
        for b in Building.objects.filter(area_id__in={UUID(a) for a, _ in names}, key__in={b for _, b in names})
    }
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


Doors = Mapping[tuple[str, str, str, str], Household]


def _stay(person_id: UUID, stay_id: UUID, row: Mapping[str, Any], doors: Doors, on: date, by: Actor) -> Presence:
    h = doors[(row["area"], *_door_of(row))]
    return Presence(
        id=stay_id,
        person_id=person_id,
        household=h,
        area_id=h.area_id,
        building_id=h.building_id,
        kind=row["presence"],
        from_on=on,
        source="register",
        by=by.id,
    )


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    return {f: row[f] for f in PERSONAL}


def _add_new(rows: Sequence[tuple[UUID, Mapping[str, Any]]], doors: Doors, *, by: Actor, at: datetime) -> None:
    if not rows:
        return
    today = register_date(at)
    ids = [uuid5(row_id, "person") for row_id, _ in rows]
    blobs = sealed(zip(ids, (_values(r) for _, r in rows), strict=True))
    Person.objects.bulk_create(
        [
            Person(
                id=i,
                sealed=b,
                sex=r["sex"],
                birth_year=int(r["birth_date"][:4]) if r["birth_date"] else None,
                entered_at=at,
                entered_by=by.id,
            )
            for i, b, (_, r) in zip(ids, blobs, rows, strict=True)
        ],
        batch_size=2000,
    )
    Presence.objects.bulk_create(
        [_stay(i, i, r, doors, today, by) for i, (_, r) in zip(ids, rows, strict=True)], batch_size=2000
    )
    PersonFlag.objects.bulk_create(
        [
            PersonFlag(id=uuid5(i, f), person_id=i, area_id=UUID(r["area"]), flag=f, from_on=today, source="register")
            for i, (_, r) in zip(ids, rows, strict=True)
            for f in r["flags"]
        ]
    )
    index_people(
        entries=[
            (str(i), r["area"], person_tokens(r["name"], r["id_number"], r["phone"]))
            for i, (_, r) in zip(ids, rows, strict=True)
        ],
        by=by,
        at=at,
    )


def _move(rows: Sequence[tuple[UUID, Mapping[str, Any]]], doors: Doors, *, by: Actor, at: datetime) -> None:
    today = register_date(at)
    ids = [p for p, _ in rows]
    Presence.objects.filter(person_id__in=ids, to_on=None, kind__in=("lives", "away")).update(to_on=today)
    Presence.objects.bulk_create(
        [_stay(p, uuid5(p, f"{r['area']} {_door_of(r)} {at.isoformat()}"), r, doors, today, by) for p, r in rows],
        batch_size=2000,
    )
    for p, r in rows:
        PersonFlag.objects.filter(person_id=p, to_on=None).update(area_id=UUID(r["area"]))


def _correct(rows: Sequence[tuple[UUID, Mapping[str, Any]]], *, by: Actor, at: datetime) -> None:
    people = {p.id: p for p in Person.objects.select_for_update().filter(id__in=[p for p, _ in rows])}
    before = opened(list(people.values()), by=by, fields=PERSONAL, whole=True)
    merged = [(p, {f: r[f] or before[p][f] for f in PERSONAL}) for p, r in rows]
    for (person_id, _), blob in zip(merged, sealed(merged), strict=True):
        people[person_id].sealed = blob
    for person_id, r in rows:
        people[person_id].sex = r["sex"] or people[person_id].sex
    Person.objects.bulk_update(people.values(), ["sealed", "sex"], batch_size=500)
    index_people(
        entries=[
            (str(p), r["area"], person_tokens(v["name"], v["id_number"], v["phone"]))
            for (p, v), (_, r) in zip(merged, rows, strict=True)
        ],
        by=by,
        at=at,
    )
