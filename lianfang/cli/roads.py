"""Reading a file of roads (GeoJSON lines) for the `import` command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.dispatch.queries.kinds import road_kinds
from lianfang.domains.dispatch.services import load_roads
from lianfang.kernels.roads import Line
from lianfang.kernels.schematic import bd09_to_wgs84, gcj02_to_wgs84

ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}
SHOWN = 12


@dataclass
class Read:
    """Lines that can be used, how many of each kind nobody knows were left out, and what is wrong by feature."""

    lines: list[Line] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def roads_in_file(file: Path, *, datum: str) -> Read:
    """Lines of a GeoJSON FeatureCollection; their kind stands in the property highway (or kind), oneway as usual.

    Raises: ValueError where the file is none.
    """
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: no GeoJSON ({error})") from error
    if not isinstance(body, dict) or body.get("type") != "FeatureCollection":
        raise ValueError(f"{file}: no GeoJSON FeatureCollection")
    numbers = {name: n for n, k in enumerate(road_kinds().values()) for name in k["names"]}
    found = Read()
    for n, feature in enumerate(body.get("features") or [], start=1):
        told = (feature.get("properties") or {}) if isinstance(feature, dict) else {}
        kind = str(told.get("highway") or told.get("kind") or "")
        if kind not in numbers:
            found.unknown[kind or "?"] += 1
            continue
        one_way = ONE_WAY.get(str(told.get("oneway", "")).lower(), int(kind.startswith("motorway")))
        try:
            found.lines += [Line(_spots(c, datum), numbers[kind], one_way) for c in _coordinates(feature["geometry"])]
        except (TypeError, ValueError, KeyError, IndexError):
            found.wrong.append(f"feature {n}: geometry: a LineString of [longitude, latitude] is needed")
    return found


def _coordinates(geometry: Any) -> Iterator[Any]:
    if geometry["type"] == "LineString":
        yield geometry["coordinates"]
    elif geometry["type"] == "MultiLineString":
        yield from geometry["coordinates"]
    else:
        raise ValueError(geometry["type"])


def _spots(coordinates: Any, datum: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    spots = np.array([c[:2] for c in coordinates], float)
    if len(spots) < 2 or not np.isfinite(spots).all() or (np.abs(spots) > (180.0, 90.0)).any():
        raise ValueError("spots")
    if datum != "wgs84":
        shift = gcj02_to_wgs84 if datum == "gcj02" else bd09_to_wgs84
        spots = np.column_stack(shift(spots[:, 0], spots[:, 1]))
    return spots


def import_roads(file: Path, *, datum: str, code: str, source: str, by: Actor, at: datetime) -> str:
    """Load the roads of an area; what was left out is said by kind and by feature."""
    found = roads_in_file(file, datum=datum)
    if not found.lines:
        raise ValueError(f"{file}: no road of a known kind; found: {', '.join(found.unknown) or 'nothing'}")
    net_id = uuid4()
    made = load_roads(net_id=net_id, area_id=area_of_code(code).id, lines=found.lines, source=source, by=by, at=at)
    said = f"{len(found.lines)} roads, {made.km:.0f} km" if made.id == net_id else "these roads are loaded already"
    for words, some in (("left out", [f"{n} of kind {k!r}" for k, n in found.unknown.most_common()]),
                        ("wrong", found.wrong)):  # fmt: skip
        if some:
            said += f"; {words}: {', '.join(some[:SHOWN])}" + (f" and {len(some) - SHOWN} more" * (len(some) > SHOWN))
    return said
