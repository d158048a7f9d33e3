"""What moves are held against beside their kind: values of editions, and registers that are kept as work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.timezone import localtime

from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.queries import common_edition, edition, kind, kinds_by_name, speaker, values_by_area
from lianfang.domains.incidents.queries import editions_by_incident, weather_limits_at
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import NOTHING, Against, Body, Bound, Listed

Asked = tuple[UUID, Item, Mapping[str, Any], datetime]


def _criteria(body: Body, ask: str) -> list[tuple[str, str]]:
    """Fields of a kind with a criterion of a sort, each with what it asks."""
    pairs = ((f["name"], f.get("criterion") or {}) for f in body.get("fields", []))
    return [(name, str(asked[ask])) for name, asked in pairs if ask in asked]


def against(asked: Sequence[Asked]) -> dict[UUID, Against]:
    """By note, what its move is held against, for (note, item, values, time); one question a value and a register."""
    out = {n: NOTHING for n, *_ in asked}
    some = [
        a for a in asked if any(_criteria(kind(a[1].kind, a[1].version), c) for c in ("at_most_value", "registered"))
    ]
    if not some:
        return out
    bounds = _bounds(some)
    lists = _lists(some)
    return out | {n: Against(bounds[i.id], lists[n], localtime(at).date()) for n, i, _, at in some}


def _bounds(asked: Iterable[Asked]) -> dict[UUID, dict[str, Bound]]:
    """By item, the bounds that its incident's edition, or the common one, sets in its area; in heat shorter."""
    asked = list(asked)
    editions = editions_by_incident({i.incident_id for _, i, _, _ in asked if i.incident_id})
    out: dict[UUID, dict[str, Bound]] = {}
    for _, i, _, at in asked:
        code = editions[i.incident_id] if i.incident_id else common_edition()
        names = [name for _, name in _criteria(kind(i.kind, i.version), "at_most_value")]
        told = values_by_area(code, names, {i.area_id}, at=at)[i.area_id] if names else {}
        said = {n: edition(speaker(code, n))["values"][n] for n in names}
        out[i.id] = {n: Bound(float(told[n]), v["unit"], v.get("rule", ""), v["source"]) for n, v in said.items()}
        out[i.id] |= _in_weather(i, out[i.id], at)
    return out


def _in_weather(i: Item, bounds: Mapping[str, Bound], at: datetime) -> dict[str, Bound]:
    """Bounds that a weather warning in force makes shorter: by the strictest rule, with its own source."""
    asked = (f.get("criterion") or {} for f in kind(i.kind, i.version).get("fields", []))
    by_limit = {str(c["at_most_value"]): f"{c['in_weather']}_minutes" for c in asked if "in_weather" in c}
    out: dict[str, Bound] = {}
    for name, limit in by_limit.items():
        rules = [r for r in weather_limits_at([i.area_id], at=at)[i.area_id].rules if getattr(r, limit) is not None]
        first = min(rules, key=lambda r: int(getattr(r, limit)), default=None)
        if first is not None and getattr(first, limit) < bounds[name].most:
            source = next((s for v, s in (first.sources or {}).items() if v.endswith(limit)), "")
            out[name] = Bound(float(getattr(first, limit)), bounds[name].unit, first.words, source)
    return out


def _lists(asked: Iterable[Asked]) -> dict[UUID, dict[tuple[str, str], Listed]]:
    """By note, what registers kept in its area or above say of the keys that it names."""
    out: dict[UUID, dict[tuple[str, str], Listed]] = {}
    for note, i, values, _ in asked:
        out[note] = {}
        for name, register in _criteria(kind(i.kind, i.version), "registered"):
            key = str(values.get(name, "")).strip()
            listed = _listed(register, key, i.area_id) if key else None
            if listed:
                out[note][register, key] = listed
    return out


def _listed(register: str, key: str, area_id: UUID) -> Listed | None:
    """The entry of a register with a key: of several, the one that holds longest."""
    told = kinds_by_name()[register]["register"]
    rows = Item.objects.filter(kind=register, is_closed=False, state__in=told["states"], area_id__in=ids_above(area_id))
    entries = [_entry(v, told) for v in rows.filter(**{f"values__{told['key']}": key}).values_list("values", flat=True)]
    return max((e for e in entries if e), key=lambda e: e.until, default=None)


def _entry(values: Mapping[str, Any], told: Body) -> Listed | None:
    try:
        return Listed(str(values.get(told["name"], "")), date.fromisoformat(str(values.get(told["until"], ""))))
    except ValueError:
        return None
