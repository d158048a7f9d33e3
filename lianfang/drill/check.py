"""Whether a scenario file is whole: every key that is needed, every quantity with its hedge, every unit right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]
BOUNDS = ("exact", "over", "under", "about", "about-over", "at-most", "vague")
NEEDED = {
    "place": ("name", "level"),
    "org": ("name", "kind"),
    "team": ("kind",),
    "resource": ("kind", "n", "unit"),
    "event": ("kind", "text"),
    "activity": ("kind", "n", "unit"),
    "request": ("kind",),
    "donation": ("donor", "form"),
    "zone": ("kind", "place"),
    "site": ("kind", "place"),
}
# Units that a kind of record is counted in: another one would be played as if it were this.
UNITS = {
    "sampler": ("person",),
    "sampling-site": ("site",),
    "sampling-unit": ("unit",),
    "coordinator-cluster": ("site",),
    "production-capacity": ("tonne/day",),
    "capacity-share": ("percent",),
    "production-hours": ("hour/day",),
    "volunteer-turnout": ("person-time",),
    "call-enrolment": ("person",),
}


def _quantity(where: str, n: Any) -> Iterable[str]:
    if not isinstance(n, Mapping):
        yield f"{where}: a quantity is a table with value, printed and bound, never a bare number"
        return
    if n.get("bound") not in BOUNDS:
        yield f"{where}.bound: one of {', '.join(BOUNDS)}"
    elif n["bound"] != "vague" and (isinstance(n.get("value"), bool) or not isinstance(n.get("value"), int | float)):
        yield f"{where}.value: a number"
    if not isinstance(n.get("printed"), str):
        yield f"{where}.printed: the spelling of the report"


def _record(table: str, number: int, record: Record) -> Iterable[str]:
    where = f"{table} {record.get('id') or number}"
    if not record.get("id"):
        yield f"{where}: the key id is missing"
    for key in NEEDED.get(table, ()):
        if key not in record:
            yield f"{where}: the key {key} is missing"
    for key in ("n", "members", "applicants"):
        if key in record:
            yield from _quantity(f"{where}.{key}", record[key])
    fits = UNITS.get(str(record.get("kind")))
    if fits and record.get("unit") not in fits:
        yield f"{where}.unit: {record.get('unit')!r} is wrong, it is counted in {' or '.join(fits)}"


def _expected(expect: Record) -> Iterable[str]:
    for key, f in expect.get("figure", {}).items():
        for need in ("measure", "n", "role"):
            if need not in f:
                yield f"expect.figure.{key}: the key {need} is missing"
        if "n" in f:
            yield from _quantity(f"expect.figure.{key}.n", f["n"])
    for table in ("state", "relation"):
        for number, r in enumerate(expect.get(table, []), 1):
            if not r.get("id"):
                yield f"expect.{table} {number}: the key id is missing"
    for r in expect.get("relation", []):
        missing = [k for k in (*r.get("left", []), *r.get("right", [])) if k not in expect.get("figure", {})]
        if missing or r.get("kind") not in ("sum", "eq", "ge"):
            yield f"expect.relation {r.get('id')}: sum, eq or ge between expected figures; {missing} are none"


def problems_of(body: Record, tables: Iterable[str]) -> list[str]:
    """What is wrong with a scenario as read from its file, each with record and key; empty if it can be played."""
    out = [f"the key {k} is missing" for k in ("id", "title", "incident") if k not in body]
    for key in ("place", "first_date", "last_date"):
        if key not in body.get("incident", {}):
            out.append(f"incident: the key {key} is missing")
    seen: set[str] = set()
    for table in tables:
        for number, record in enumerate(body.get(table, []), 1):
            if table != "gap":
                out += _record(table, number, record)
            name = str(record.get("id", ""))
            if name and name in seen:
                out.append(f"{table} {name}: the id stands twice")
            seen.add(name)
    return [*out, *_expected(body.get("expect", {}))]
