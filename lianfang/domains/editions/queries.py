"""Kinds, editions and the value that holds in an area at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from lianfang.base.errors import Refused
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


COMMON = "common"  # the hazard of the edition that holds for all others where they say nothing


def editions_of(hazard: str | None = None) -> list[Edition]:
    """Editions, newest first."""
    rows = Edition.objects.order_by("hazard", "-valid_from")
    return list(rows.filter(hazard=hazard) if hazard else rows)


def hazard_editions() -> list[Edition]:
    """Editions under which an incident can open, newest first."""
    return [e for e in editions_of() if not e.body.get("base")]


def common_edition() -> str:
    """The code of the edition that speaks where another is silent. Raises EditionMissing."""
    rows = Edition.objects.filter(hazard=COMMON).order_by("-valid_from").values_list("code", flat=True)
    found = once("common edition", rows.first)
    if found is None:
        raise EditionMissing(edition=COMMON)
    return found


def speaker(code: str, name: str) -> str:
    """The edition that gives a value: the one asked, or the common one. Raises ValueMissing."""
    if name in edition(code).get("values", {}):
        return code
    common = common_edition()
    if name not in edition(common).get("values", {}):
        raise ValueMissing(edition=code, name=name)
    return common


def value(code: str, name: str, *, area_id: UUID | None, at: datetime) -> Any:
    """The value of an edition in an area at a time: the nearest override above the area, else the edition's own.

    An edition that is silent speaks by the common one. Raises: EditionMissing, ValueMissing.
    """
    code = speaker(code, name)
    own = edition(code)["values"][name]
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
    asked = list(names)
    own = edition(code).get("values", {})
    if any(n not in own for n in asked):
        return {n: value(code, n, area_id=area_id, at=at) for n in asked}
    near = {a: n for n, a in enumerate(ids_above(area_id))}
    out: dict[str, Any] = {}
    for name in asked:
        out[name] = own[name]["value"]
    rows = Override.objects.filter(edition__code=code, name__in=out, area_id__in=near, from_at__lte=at)
    live = [r for r in rows if r.to_at is None or r.to_at > at]
    for r in sorted(live, key=lambda r: near[r.area_id], reverse=True):  # the nearest speaks last
        out[r.name] = r.value
    return out


def section_of(code: str, section: str) -> list[Body]:
    """A section of an edition with what the common edition adds to it; its own entry speaks before one of that name."""
    own = edition(code).get(section, [])
    common = common_edition()
    names = {e["name"] for e in own}
    added = [] if code == common else [e for e in edition(common).get(section, []) if e["name"] not in names]
    return [*own, *added]


def values_by_area(
    code: str, names: Sequence[str], areas: Iterable[UUID | None], *, at: datetime
) -> dict[UUID | None, dict[str, Any]]:
    """Several values in each of many areas: for lists; asked area by area only where something was overridden at all.

    Raises: EditionMissing, ValueMissing.
    """
    speakers = {n: speaker(code, n) for n in names}
    plain = {n: edition(s)["values"][n]["value"] for n, s in speakers.items()}
    kept = Override.objects.filter(edition__code__in=set(speakers.values()), name__in=names, from_at__lte=at)
    if not kept.exists():
        return dict.fromkeys(areas, plain)
    return {a: {n: value(code, n, area_id=a, at=at) for n in names} for a in areas}


def part(code: str, section: str, name: str, *, missing: type[Refused] = ValueMissing) -> Body:
    """One named entry of a section (zone_kinds, checklist, templates …), the common edition's where it is silent.

    Raises: ValueMissing, or what the caller names.
    """
    for entry in edition(code).get(section, []):
        if entry["name"] == name:
            found: Body = entry
            return found
    common = common_edition()
    if code != common:
        return part(common, section, name, missing=missing)
    raise missing(edition=code, name=f"{section}.{name}")


def roles() -> dict[str, Body]:
    """The catalogue of roles by name."""
    return {r.name: r.body for r in Role.objects.all()}


def ladder(name: str) -> Body:
    """A ladder of decisions: its steps in order."""
    return kind(name)
