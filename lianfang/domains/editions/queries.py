"""Kinds, editions and the value that holds in an area at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from lianfang.base.once import once
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.errors import EditionMissing, KindMissing, ValueMissing
from lianfang.domains.editions.models import Edition, Kind, Override, Role

Body = Mapping[str, Any]


@lru_cache(maxsize=4096)
def _kind_body(name: str, version: int) -> Body:
    found = Kind.objects.filter(name=name, version=version).first()
    if found is None:
        raise KindMissing(kind=name, version=version)
    body: Body = found.body
    return body


def kind(name: str, version: int | None = None) -> Body:
    """The kind's content; the newest version if none is named. A version never changes, so it is kept in memory."""
    if version is None:
        newest = Kind.objects.filter(name=name).order_by("-version").values_list("version", flat=True).first()
        if newest is None:
            raise KindMissing(kind=name)
        version = newest
    return _kind_body(name, version)


def kinds(mechanism: str = "work") -> list[Body]:
    """The newest version of every kind of a mechanism, by name."""
    rows = Kind.objects.filter(mechanism=mechanism).order_by("name", "-version").distinct("name")
    return [r.body for r in rows]


def kinds_by_name(mechanism: str = "work") -> dict[str, Body]:
    """The newest version of every kind of a mechanism, under its name: one query for a page that shows many."""
    return once(("kinds", mechanism), lambda: {str(body["kind"]): body for body in kinds(mechanism)})


def edition(code: str) -> Body:
    """An edition's content. Raises EditionMissing."""
    rows = Edition.objects.filter(code=code).values_list("digest", flat=True)
    found = once(("edition", code), rows.first)
    if found is None:
        raise EditionMissing(edition=code)
    return _edition_body(code, found)


@lru_cache(maxsize=256)
def _edition_body(code: str, digest: str) -> Body:
    body: Body = Edition.objects.get(code=code, digest=digest).body
    return body


def editions_of(hazard: str | None = None) -> list[Edition]:
    """Editions, newest first."""
    rows = Edition.objects.order_by("hazard", "-valid_from")
    return list(rows.filter(hazard=hazard) if hazard else rows)


def value(code: str, name: str, *, area_id: UUID | None, at: datetime) -> Any:
    """The value of an edition in an area at a time: the nearest override above the area, else the edition's own.

    Raises: EditionMissing, ValueMissing.
    """
    own = edition(code).get("values", {}).get(name)
    if own is None:
        raise ValueMissing(edition=code, name=name)
    if area_id is not None:
        near = {a: n for n, a in enumerate(ids_above(area_id))}
        kept = Override.objects.filter(edition__code=code, area_id__in=near, from_at__lte=at)
        rows = once(("overrides", code, area_id, at), lambda: list(kept))
        live = [r for r in rows if r.name == name and (r.to_at is None or r.to_at > at)]
        if live:
            return min(live, key=lambda r: near[r.area_id]).value
    return own["value"]


def values_of(code: str, names: Iterable[str], *, area_id: UUID, at: datetime) -> dict[str, Any]:
    """Several values of an edition in an area at a time, as `value` gives each, in one go.

    Raises: EditionMissing, ValueMissing.
    """
    own = edition(code).get("values", {})
    near = {a: n for n, a in enumerate(ids_above(area_id))}
    out: dict[str, Any] = {}
    for name in names:
        if name not in own:
            raise ValueMissing(edition=code, name=name)
        out[name] = own[name]["value"]
    rows = Override.objects.filter(edition__code=code, name__in=out, area_id__in=near, from_at__lte=at)
    live = [r for r in rows if r.to_at is None or r.to_at > at]
    for r in sorted(live, key=lambda r: near[r.area_id], reverse=True):  # the nearest speaks last
        out[r.name] = r.value
    return out


def part(code: str, section: str, name: str) -> Body:
    """One named entry of a section (zone_kinds, checklist, templates …). Raises ValueMissing."""
    for entry in edition(code).get(section, []):
        if entry["name"] == name:
            found: Body = entry
            return found
    raise ValueMissing(edition=code, name=f"{section}.{name}")


def roles() -> dict[str, Body]:
    """The catalogue of roles by name."""
    return {r.name: r.body for r in Role.objects.all()}


def ladder(name: str) -> Body:
    """A ladder of decisions: its steps in order."""
    return kind(name)
