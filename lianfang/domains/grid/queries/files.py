"""Register files as those see them who may import in their area: rows, differences, and whom the register has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, When

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import labels_of, visible_areas
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import areas_beside, ids_below
from lianfang.domains.grid.errors import FileMissing
from lianfang.domains.grid.models import Building, FileRow, Household, Person, Presence, RegisterFile
from lianfang.domains.privacy.queries import opened

PAGE = 50
SHOWN = ("name", "id_number", "phone")


def file_seen(file_id: UUID, *, by: Actor) -> RegisterFile:
    """A register file in an area where the actor may import. Raises FileMissing."""
    found = (
        RegisterFile.objects.select_related("area")
        .filter(id=file_id, area_id__in=visible_areas(by, "grid.import"))
        .first()
    )
    if found is None:
        raise FileMissing(file=str(file_id))
    return found


def files_of(by: Actor, *, limit: int = 20) -> list[RegisterFile]:
    """Register files in areas where the actor may import, newest first."""
    rows = RegisterFile.objects.filter(area_id__in=visible_areas(by, "grid.import"))
    return list(rows.select_related("area").order_by("-at")[:limit])


def file_rows(file: RegisterFile, *, by: Actor, only: str = "", limit: int = PAGE) -> list[dict[str, Any]]:
    """Rows of a file: those with problems ("bad"), of one difference (what waits first), or the first of all.

    Each with the register's person or, of a doubtful one, those who may be meant, and who settled it when.
    """
    rows = file.rows.order_by(Case(When(fate="waiting", then=0), default=1), "number", "id")
    if only == "bad":
        rows = rows.exclude(problems=[])
    elif only:
        rows = rows.filter(difference=only)
    shown = list(rows[:limit])
    values = opened(shown, by=by, fields=("row", "why"), whole=True, subject="person_id")
    people = _people_beside({p for r in shown for p in _meant(r)}, by=by)
    posts = labels_of({r.settled_by for r in shown if r.settled_by})
    return [
        {
            "id": r.id,
            "number": r.number,
            "row": values[r.id]["row"] or {},
            "why": values[r.id]["why"],
            "problems": r.problems,
            "difference": r.difference,
            "fate": r.fate,
            "code": r.code,
            "people": [people[p] for p in _meant(r) if p in people],
            "person_id": r.person_id,
            "settled_by": posts.get(r.settled_by, "") if r.settled_by else "",
            "settled_at": r.settled_at,
        }
        for r in shown
    ]


def _meant(row: FileRow) -> list[UUID]:
    if row.difference in ("moved", "changed", "gone"):
        return [row.person_id] if row.person_id else []
    return row.candidates


def _people_beside(person_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, dict[str, Any]]:
    """Persons of the register beside a file's rows, with the last door where they lived or which they left for a time.

    Whole for who may address people there, masked for others; of another area only that they are there.
    """
    ids = set(person_ids)
    stays = Presence.objects.filter(person_id__in=ids, kind__in=("lives", "away")).order_by(
        Case(When(to_on=None, then=1), default=0), "from_on", "id"
    )
    last = {s.person_id: s for s in stays.select_related("household__building", "area")}
    areas = {s.area_id for s in last.values()}
    seen = set(visible_areas(by, "grid.read").filter(descendant_id__in=areas))
    full = set(visible_areas(by, "grid.read_full").filter(descendant_id__in=areas))
    out: dict[UUID, dict[str, Any]] = {}
    people = list(Person.objects.filter(id__in=ids))
    for whole in (True, False):
        some = [p for p in people if (p.id in last and last[p.id].area_id in full) == whole]
        for i, v in opened(some, by=by, fields=SHOWN, whole=whole).items():
            stay = last.get(i)
            is_far = stay is not None and stay.area_id not in seen
            out[i] = {"id": i, **v, "stay": None if is_far else stay, "is_far": is_far}
    return out


def rows_waiting(file: RegisterFile, difference: str) -> list[UUID]:
    """Rows of one difference that nobody has settled."""
    rows = file.rows.filter(difference=difference, fate="waiting", problems=[]).order_by("number", "id")
    return list(rows.values_list("id", flat=True))


def difference_counts(file: RegisterFile) -> dict[str, int]:
    """How many rows of a file differ in which way."""
    return dict(FileRow.objects.filter(file=file).values_list(F("difference")).annotate(n=Count("id")))


def fate_counts(file: RegisterFile) -> dict[tuple[str, str], int]:
    """How many rows of a file differ in which way, by what became of them."""
    rows = FileRow.objects.filter(file=file).values_list("difference", "fate").annotate(n=Count("id"))
    return {(difference, fate): n for difference, fate, n in rows}


def names_unknown(file: RegisterFile) -> list[tuple[str, int]]:
    """Names of areas in a file that the register does not know below its area, with their rows."""
    counts: dict[str, int] = {}
    for problems in file.rows.exclude(problems=[]).values_list("problems", flat=True):
        for name in {p["value"] for p in problems if p["code"] in ("area_unknown", "area_beside")}:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda c: (-c[1], c[0]))


def areas_to_name(file: RegisterFile, *, by: Actor) -> list[Area]:
    """What a name in a file may mean: areas below the file's and those beside it, where the actor may import."""
    beside = areas_beside([file.area_id]).get(file.area_id, set())
    near = Area.objects.filter(Q(id__in=ids_below(file.area_id)) | Q(id__in=beside), level="committee")
    return list(near.filter(id__in=visible_areas(by, "grid.import")).order_by("position", "name"))


def area_moves(rows: Sequence[FileRow], *, by: Actor) -> list[dict[str, Any]]:
    """What rows about doors that change their area say: building, from, to, doors."""
    values = opened(list(rows), by=by, fields=("row",), whole=True, subject="person_id")
    return [values[r.id]["row"] for r in rows if values[r.id]["row"]]


def buildings_of_moves(file_id: UUID, *, by: Actor) -> list[UUID]:
    """Buildings whose doors a file would put under another area."""
    rows = FileRow.objects.filter(file_id=file_id, difference="area").exclude(fate="applied")
    return [UUID(m["building_id"]) for m in area_moves(list(rows), by=by)]


def rehoused(file_id: UUID, *, by: Actor, at: datetime) -> list[tuple[UUID, UUID, list[UUID]]]:
    """What one settling put under another area: (from, to, its units: building, doors and people behind them)."""
    rows = FileRow.objects.filter(file_id=file_id, difference="area", fate="applied", settled_at=at)
    out = []
    for m in area_moves(list(rows), by=by):
        inside = Building.objects.filter(id=m["building_id"], area_id=m["to"])
        doors = Household.objects.filter(Q(id__in=m["doors"]) | Q(building__in=inside), area_id=m["to"])
        people = Presence.objects.filter(household__in=doors, to_on=None).values_list("person_id", flat=True)
        units = [*inside.values_list("id", flat=True), *doors.values_list("id", flat=True), *people]
        out.append((UUID(m["from"]), UUID(m["to"]), units))
    return out
