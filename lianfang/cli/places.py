"""Reading division tables and outline files for the `import` command."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import AreaCode
from lianfang.domains.areas.services import Division, load_divisions, set_outlines
from lianfang.drill.population import built_in_divisions
from lianfang.kernels.schematic import bd09_to_wgs84, gcj02_to_wgs84

LEVELS = {2: "province", 4: "prefecture", 6: "county", 9: "street", 12: "committee"}


def _table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as f:
        rows = list(csv.DictReader(f))
    if not rows or "code" not in rows[0] or "name" not in rows[0]:
        raise ValueError(f"{file}: line 1: expected the columns code and name of a china-division table")
    return rows


def divisions_in(file: Path, *, counties: Sequence[str]) -> list[Division]:
    """The divisions of a china-division folder: the villages table and, beside it, streets, areas and cities.

    Raises: ValueError naming the file and line.
    """
    tables = [t for n in ("provinces.csv", "cities.csv", "areas.csv", "streets.csv") if (t := file.parent / n).exists()]
    found: dict[str, Division] = {}
    for table in [*tables, file]:
        for number, r in enumerate(_table(table), start=2):
            code = r["code"].strip()
            level = LEVELS.get(len(code))
            if level is None or not code.isdigit():
                raise ValueError(f"{table}: line {number}: code {code!r} is no division code")
            if counties and not any(code.startswith(c) or c.startswith(code) for c in counties):
                continue
            parent = next((code[:n] for n in (9, 6, 4, 2) if n < len(code)), "")
            found[code] = Division(code, r["name"].strip(), level, parent)
    for code in [c[:2] for c in found]:
        found.setdefault(code, Division(code, code, "province", ""))
    return [
        found[c]
        if found[c].parent in found or not found[c].parent
        else Division(c, found[c].name, found[c].level, found[c].parent[:2])
        for c in sorted(found, key=lambda c: (len(c), c))
    ]


def import_divisions(file: Path | None, *, counties: Sequence[str], by: Actor, at: datetime) -> int:
    """Load a table (or the built-in extract); returns how many divisions are new."""
    divisions = divisions_in(file, counties=counties) if file else built_in_divisions(counties)
    done = load_divisions(divisions=divisions, valid_from=None, by=by, at=at)
    return sum(1 for o in done if not o.code)


def _shifted(geometry: Any, datum: str) -> Any:
    if datum == "wgs84":
        return geometry
    shift = gcj02_to_wgs84 if datum == "gcj02" else bd09_to_wgs84

    def walk(c: Any) -> Any:
        if isinstance(c[0], int | float):
            lon, lat = shift(np.array([c[0]]), np.array([c[1]]))
            return [round(float(lon[0]), 7), round(float(lat[0]), 7)]
        return [walk(x) for x in c]

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def import_outlines(file: Path, *, datum: str, code_property: str, by: Actor, at: datetime) -> str:
    """Load outlines whose datum is stated; those whose code is not known are listed, not dropped in silence."""
    body = json.loads(file.read_text(encoding="utf-8"))
    if body.get("type") != "FeatureCollection":
        raise ValueError(f"{file}: no GeoJSON FeatureCollection")
    codes = {str(f.get("properties", {}).get(code_property, "")): f["geometry"] for f in body["features"]}
    known = dict(AreaCode.objects.filter(scheme="division", code__in=codes).values_list("code", "area_id"))
    n = set_outlines(
        outlines=[(known[c], _shifted(g, datum)) for c, g in codes.items() if c in known],
        is_invented=False,
        by=by,
        at=at,
    )
    unknown = sorted(set(codes) - set(known))
    return f"{n} outlines loaded" + (f"; unknown codes: {', '.join(unknown[:20])}" if unknown else "")
