"""Writing areas: loading a division table, moving, renaming, outlines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.areas.errors import AreaRing, RowsUnfit
from lianfang.domains.areas.models import DIVISION, Area, AreaAlias, AreaClosure, AreaCode, AreaParent
from lianfang.domains.areas.queries import area, ids_above
from lianfang.kernels.names import name_key

DIVISIONS = UUID("6f1c2b1e-3f0a-5d7e-9b6b-5f1d2a7c9e10")  # namespace: a code names the same area in every installation

CLOSURE = """
WITH RECURSIVE up AS (
    SELECT id AS descendant_id, id AS ancestor_id, 0 AS depth FROM areas_area
    UNION ALL
    SELECT up.descendant_id, p.parent_id, up.depth + 1
    FROM up JOIN areas_areaparent p ON p.child_id = up.ancestor_id AND p.hierarchy = %(hierarchy)s
        AND p.valid_to IS NULL
    WHERE up.depth < 24
)
INSERT INTO areas_areaclosure (hierarchy, ancestor_id, descendant_id, depth)
SELECT %(hierarchy)s, ancestor_id, descendant_id, depth FROM up
"""


@dataclass(frozen=True)
class Division:
    """A row of a division table: 12-digit or shorter code, name, level, parent's code, outline if known."""

    code: str
    name: str
    level: str
    parent: str = ""
    name_en: str = ""
    outline: dict[str, Any] | None = None
    is_invented: bool = True


def division_id(code: str) -> UUID:
    """The id of the area that a division code names."""
    return uuid5(DIVISIONS, code)


def _unfit(rows: Sequence[Division], known: set[str]) -> list[dict[str, Any]]:
    bad = []
    codes = {r.code for r in rows} | known
    seen: set[str] = set()
    for number, r in enumerate(rows, start=1):
        if not r.code or not r.code.isdigit():
            bad.append({"row": number, "field": "code", "value": r.code, "fix": "digits"})
        if not r.name:
            bad.append({"row": number, "field": "name", "value": "", "fix": "a name"})
        if r.parent and r.parent not in codes:
            bad.append(
                {"row": number, "field": "parent", "value": r.parent, "fix": "a code of this or an earlier table"}
            )
        if r.code in seen:
            bad.append({"row": number, "field": "code", "value": r.code, "fix": "each code once"})
        seen.add(r.code)
    return bad


@service("areas.load_divisions")
def load_divisions(*, divisions: Sequence[Division], valid_from: date | None, by: Actor, at: datetime) -> list[Outcome]:
    """Add the divisions of a table that are not yet known, all or none, and rebuild the closure.

    Repeat:  a known code is left as it is (outcome "repeated").
    Raises:  RowsUnfit, naming each row, field and fix; then nothing is kept.
    """
    known = set(AreaCode.objects.filter(scheme="division", valid_to=None).values_list("code", flat=True))
    bad = _unfit(divisions, known)
    if bad:
        raise RowsUnfit(rows=bad)
    fresh = [d for d in divisions if d.code not in known]
    copy_rows(
        Area,
        ("id", "level", "name", "name_en", "key", "position", "outline", "is_outline_invented", "valid_from"),
        (
            (division_id(d.code), d.level, d.name, d.name_en, name_key(d.name), n, d.outline, d.is_invented, valid_from)
            for n, d in enumerate(fresh)
        ),
    )
    copy_rows(
        AreaCode,
        ("id", "area_id", "scheme", "code", "valid_from"),
        ((uuid5(DIVISIONS, "code " + d.code), division_id(d.code), "division", d.code, valid_from) for d in fresh),
    )
    copy_rows(
        AreaParent,
        ("id", "hierarchy", "child_id", "parent_id", "valid_from"),
        (
            (uuid5(DIVISIONS, "parent " + d.code), DIVISION, division_id(d.code), division_id(d.parent), valid_from)
            for d in fresh
            if d.parent
        ),
    )
    _rebuild(DIVISION)
    return [Outcome(division_id(d.code), "repeated" if d.code in known else "") for d in divisions]


def _rebuild(hierarchy: str) -> None:
    AreaClosure.objects.filter(hierarchy=hierarchy).delete()
    with connection.cursor() as cursor:
        cursor.execute(CLOSURE, {"hierarchy": hierarchy})


@service("areas.add_area", door=False, told=("name",))
def add_area(*, area_id: UUID, parent_id: UUID, level: str, name: str, name_en: str, by: Actor, at: datetime) -> Area:
    """A further area below one, as a grid or group of a committee; it holds from today.

    Repeat: same id: the first. Rights: the flow's. Raises: AreaMissing, RowsUnfit (no name, or one taken).
    """
    known = Area.objects.filter(id=area_id).first()
    if known:
        raise Repeated(known)
    above = area(parent_id)
    key = name_key(name)
    same = AreaParent.objects.filter(hierarchy=DIVISION, parent_id=parent_id, valid_to=None, child__key=key)
    if not key or same.exists():
        raise RowsUnfit(rows=[{"row": 1, "field": "name", "fix": "a name that no other area here has"}])
    position = AreaParent.objects.filter(parent=above).count()
    made = Area.objects.create(
        id=area_id, level=level, name=name, name_en=name_en, key=key, position=position, valid_from=at.date()
    )
    AreaParent.objects.create(
        id=uuid5(area_id, f"{DIVISION} {parent_id}"),
        hierarchy=DIVISION,
        child=made,
        parent=above,
        valid_from=at.date(),
    )
    lies_in = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=parent_id).values_list(
        "ancestor_id", "depth"
    )
    AreaClosure.objects.bulk_create(
        [
            AreaClosure(hierarchy=DIVISION, ancestor_id=a, descendant_id=area_id, depth=d)
            for a, d in [(area_id, 0), *((a, d + 1) for a, d in lies_in)]
        ]
    )
    return made


@service("areas.move_area")
def move_area(*, area_id: UUID, parent_id: UUID, hierarchy: str, on: date, by: Actor, at: datetime) -> Area:
    """Give an area another parent from a day on; the old parent keeps its dates. Raises AreaRing."""
    moved = area(area_id)
    if area_id in ids_above(parent_id, hierarchy=hierarchy):
        raise AreaRing(area=moved.name)
    AreaParent.objects.filter(hierarchy=hierarchy, child_id=area_id, valid_to=None).update(valid_to=on)
    AreaParent.objects.create(
        id=uuid5(area_id, f"{hierarchy} {parent_id} {on}"),
        hierarchy=hierarchy,
        child_id=area_id,
        parent_id=parent_id,
        valid_from=on,
    )
    _rebuild(hierarchy)
    return moved


@service("areas.change_code")
def change_code(*, area_id: UUID, new_code: str, on: date, by: Actor, at: datetime) -> AreaCode:
    """Give an area a new code from a day on; the old one still finds it for days before."""
    AreaCode.objects.filter(Q(area_id=area_id), scheme="division", valid_to=None).update(valid_to=on)
    return AreaCode.objects.create(
        id=uuid5(area_id, f"code {new_code}"), area_id=area_id, scheme="division", code=new_code, valid_from=on
    )


@service("areas.add_aliases", told=("name",))
def add_aliases(*, aliases: Iterable[tuple[UUID, str]], by: Actor, at: datetime) -> int:
    """Other names people use. Repeat: a name an area has already is left."""
    rows = [AreaAlias(id=uuid5(a, "alias " + name), area_id=a, name=name, key=name_key(name)) for a, name in aliases]
    AreaAlias.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@service("areas.set_outlines")
def set_outlines(*, outlines: Iterable[tuple[UUID, dict[str, Any]]], is_invented: bool, by: Actor, at: datetime) -> int:
    """Replace the outlines of areas (GeoJSON geometry, WGS 84). An invented one never replaces a loaded one."""
    given = dict(outlines)
    rows = list(Area.objects.filter(id__in=given))
    fit = [r for r in rows if not (is_invented and r.outline and not r.is_outline_invented)]
    for r in fit:
        r.outline, r.is_outline_invented = given[r.id], is_invented
    Area.objects.bulk_update(fit, ["outline", "is_outline_invented"], batch_size=500)
    return len(fit)
