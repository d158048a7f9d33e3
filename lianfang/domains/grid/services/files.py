"""A register file: kept with its differences, names of areas in it told, refused. Nobody is deleted by absence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.errors import AreaMissing
from lianfang.domains.areas.queries import areas_beside, areas_named, ids_below
from lianfang.domains.grid.errors import FileClosed
from lianfang.domains.grid.models import FileRow, RegisterFile
from lianfang.domains.grid.rules.register_sheet import RegisterRow, SheetReading
from lianfang.domains.grid.services.file_changes import FileChanges
from lianfang.domains.grid.services.file_reading import FileReading
from lianfang.domains.privacy.queries import opened

SEX = {"male": "m", "female": "f"}
PRESENCE = {"rents": "lives", "": "lives"}
UNNAMED = ("area_unknown", "area_beside")  # problems that a word about the name of an area settles


def _plain(r: RegisterRow, area_id: UUID) -> dict[str, Any]:
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
        "committee": r.committee,
        "area": str(area_id),
    }


def _named(names: Iterable[str], area_id: UUID) -> tuple[dict[str, UUID], dict[str, str]]:
    """The area of each name below one, and for a name not found there the code of what is wrong with it."""
    found: dict[str, UUID] = {}
    wrong: dict[str, str] = {}
    near = areas_beside([area_id]).get(area_id, set())
    for name in names:
        inside = areas_named(name, below=area_id).first()
        if inside is not None:
            found[name] = inside.id
        else:
            wrong[name] = "area_beside" if areas_named(name).filter(id__in=near).exists() else "area_unknown"
    return found, wrong


def _keep_rows(reading: FileReading, numbers: list[int], rows: list[dict[str, Any]], problems: dict[int, Any]) -> None:
    FileRow.objects.bulk_create(reading.file_rows(numbers, rows, problems), batch_size=1000)


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
    people = sorted((*reading.rows, *reading.bad), key=lambda r: r.row)
    areas, wrong = _named({r.committee for r in people if r.committee}, area_id)
    for r in people:
        if r.committee in wrong:
            told = {"column": "committee", "code": wrong[r.committee], "value": r.committee, "fix": {}}
            problems.setdefault(r.row, []).append(told)
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
    rows = [_plain(r, areas.get(r.committee, area_id)) for r in people]
    _keep_rows(FileReading(file, by=by), [r.row for r in people], rows, problems)
    return file


@service("grid.name_area")
def name_area(*, file_id: UUID, name: str, area_id: UUID, by: Actor, at: datetime) -> RegisterFile:
    """Say which area a name in this file means; its rows are read anew by that. Nothing is applied.

    The area lies below the file's, or beside it: a part of it that became an area of its own.
    Repeat:  the same word again changes nothing. Rights: grid.import on the file's area and on the named one.
    Raises:  FileMissing, FileClosed (taken or refused), AreaMissing (neither below nor beside). Locks: the file row.
    """
    file = FileChanges.locked(file_id, by=by, at=at).file
    if file.state != "read":
        raise FileClosed(state=file.state)
    if file.names.get(name) == str(area_id):
        raise Repeated(file)
    near = areas_beside([file.area_id]).get(file.area_id, set())
    if area_id not in near and area_id not in set(ids_below(file.area_id)):
        raise AreaMissing(area=str(area_id))
    require(by, "grid.import", area_id=area_id)
    file.names = {**file.names, name: str(area_id)}
    kept = list(file.rows.filter(number__gt=0).order_by("number"))
    values = opened(kept, by=by, fields=("row",), whole=True)
    rows = [{**values[k.id]["row"]} for k in kept]
    problems: dict[int, list[dict[str, Any]]] = {}
    for k, row in zip(kept, rows, strict=True):
        if row.get("committee") == name:
            row["area"] = str(area_id)
            k.problems = [p for p in k.problems if p["code"] not in UNNAMED]
        if k.problems:
            problems[k.number] = k.problems
    file.rows.all().delete()
    file.counts = {**file.counts, "bad": len(problems)}
    file.save(update_fields=["names", "counts"])
    _keep_rows(FileReading(file, by=by), [k.number for k in kept], rows, problems)
    return file


@service("grid.refuse_file")
def refuse_file(*, file_id: UUID, by: Actor, at: datetime) -> RegisterFile:
    """Do not take the file; it stays readable. Raises: FileMissing, FileClosed."""
    file = FileChanges.locked(file_id, by=by, at=at).file
    if file.state == "refused":
        raise Repeated(file)
    if file.state != "read":
        raise FileClosed(state=file.state)
    file.state = "refused"
    file.save(update_fields=["state"])
    return file
