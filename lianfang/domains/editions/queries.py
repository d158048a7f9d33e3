"""Kinds, editions and the value that holds in an area at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import JSONObject

from lianfang.base.errors import Refused
from lianfang.base.once import note, once, remembered
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.errors import EditionMissing, KindMissing, ValueMissing
from lianfang.domains.editions.models import Edition, Kind, Override, Role

Body = Mapping[str, Any]


_kinds: dict[tuple[str, int], Body] = {}  # a version of a kind never changes, so what was read once is kept


def _kept(rows: Iterable[Kind]) -> list[tuple[str, int]]:
    pairs = []
    for row in rows:
        _kinds[row.name, row.version] = row.body
        pairs.append((row.name, row.version))
    return pairs


def _kind_body(name: str, version: int) -> Body:
    if (name, version) not in _kinds and not _kept(Kind.objects.filter(name=name, version=version)):
        raise KindMissing(kind=name, version=version)
    return _kinds[name, version]


def catalogue() -> JSONObject:
    """Which editions and newest kinds are loaded now, for another statement to carry: `note_catalogue` takes it."""
    newest = Kind.objects.order_by("mechanism", "name", "-version").distinct("mechanism", "name")
    return JSONObject(
        editions=ArraySubquery(Edition.objects.values(row=JSONObject(code="code", digest="digest"))),
        common=Subquery(_common().values("code")[:1]),
        kinds=ArraySubquery(newest.values(row=JSONObject(mechanism="mechanism", name="name", version="version"))),
    )


def note_catalogue(loaded: Mapping[str, Any]) -> None:
    """Keep for this request what a statement told of the catalogue, so that no page asks for it again."""
    for e in loaded["editions"]:
        note(("edition", e["code"]), e["digest"])
    note("common edition", loaded["common"])
    newest: dict[str, list[tuple[str, int]]] = {}
    for k in loaded["kinds"]:
        newest.setdefault(k["mechanism"], []).append((k["name"], k["version"]))
    for mechanism, pairs in newest.items():
        note(("kinds", mechanism), sorted(pairs))


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
    pairs = once(("kinds", mechanism), lambda: _newest(mechanism))
    unread = [name for name, version in pairs if (name, version) not in _kinds]
    if unread:
        _kept(Kind.objects.filter(name__in=unread))
    return [_kinds[pair] for pair in pairs]


def _newest(mechanism: str) -> list[tuple[str, int]]:
    rows = Kind.objects.filter(mechanism=mechanism).order_by("name", "-version").distinct("name")
    return list(rows.values_list("name", "version"))


def kinds_by_name(mechanism: str = "work") -> dict[str, Body]:
    """The newest version of every kind of a mechanism, under its name."""
    return {str(body["kind"]): body for body in kinds(mechanism)}


def edition(code: str) -> Body:
    """An edition's content. Raises EditionMissing."""
    found = once(("edition", code), lambda: Edition.objects.filter(code=code).values_list("digest", flat=True).first())
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


def _common() -> QuerySet[Edition]:
    return Edition.objects.filter(hazard=COMMON).order_by("-valid_from")


def common_edition() -> str:
    """The code of the edition that speaks where another is silent. Raises EditionMissing."""
    found = once("common edition", lambda: _common().values_list("code", flat=True).first())
    if found is None:
        raise EditionMissing(edition=COMMON)
    return found


def guide(hazard: str, name: str, *, on: date) -> str:
    """The code of the guide of a hazard ("testing" …) that holds on a day, the newest. Raises EditionMissing.

    Edge: before the first guide of its name the first one speaks, since an exercise may replay any day.
    """
    rows = [e for e in editions_of(hazard) if e.body.get("guide") == name]
    held = [e for e in rows if e.valid_from <= on and (e.valid_to is None or e.valid_to > on)] or rows[-1:]
    if not held:
        raise EditionMissing(edition=f"{hazard} {name}")
    return held[0].code


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
        kept = Override.objects.filter
        rows = once(
            ("overrides", code, area_id, at),
            lambda: list(kept(edition__code=code, area_id__in=near, from_at__lte=at)),
        )
        live = [r for r in rows if r.name == name and (r.to_at is None or r.to_at > at)]
        if live:
            return min(live, key=lambda r: near[r.area_id]).value
    return own["value"]


def values_of(code: str, names: Iterable[str], *, area_id: UUID, at: datetime) -> dict[str, Any]:
    """Several values of an edition in an area at a time, as `value` gives each, in one go.

    Raises: EditionMissing, ValueMissing.
    """
    return values_with(code, names, _near(Value(code), Value(area_id, output_field=UUIDField()), at=at))


def values_with(code: str, names: Iterable[str], local: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The same, where the values replaced near the area are known: rows of name, value and depth.

    A name on which the edition is silent is the common edition's own value.
    """
    asked = list(names)
    own = {n: edition(speaker(code, n))["values"] for n in asked}
    out: dict[str, Any] = {}
    for name in asked:
        out[name] = own[name][name]["value"]
    for r in sorted(local, key=lambda r: int(r["depth"]), reverse=True):  # the nearest speaks last
        if r["name"] in out:
            out[r["name"]] = r["value"]
    return out


def overrides_near(code: str, area: str, *, at: datetime) -> QuerySet[Override, Any]:
    """Values replaced in an area or above it, as a subquery of rows that name an edition and an area in two fields."""
    rows = _near(OuterRef(code), OuterRef(area), at=at)
    return rows.values(row=JSONObject(name="name", value="value", depth="depth"))


def _near(code: Any, area: Any, *, at: datetime) -> QuerySet[Override, Any]:
    outer = OuterRef(area) if isinstance(area, OuterRef) else area
    above = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id=OuterRef("area_id"), descendant_id=outer)
    live = Override.objects.filter(Q(to_at=None) | Q(to_at__gt=at), edition__code=code, from_at__lte=at)
    near = live.annotate(depth=Subquery(above.values("depth")[:1])).filter(depth__isnull=False)
    return near.values("name", "value", "depth")


def section_of(code: str, section: str) -> list[Body]:
    """A section of an edition with what the common edition adds to it; its own entry speaks before one of that name."""
    own = edition(code).get(section, [])
    common = common_edition()
    names = {e["name"] for e in own}
    added = [] if code == common else [e for e in edition(common).get(section, []) if e["name"] not in names]
    return [*own, *added]


def entries_of(section: str) -> dict[str, Body]:
    """All entries of a section by name, whatever the edition: the common one's first, then the newest that has it."""
    rows = Edition.objects.order_by("-valid_from", "code").values_list("code", "digest", "hazard")
    out: dict[str, Body] = {}
    for code, digest, _ in sorted(once("all editions", lambda: list(rows)), key=lambda r: r[2] != COMMON):
        for entry in _edition_body(code, digest).get(section, []):
            out.setdefault(entry["name"], entry)
    return out


def values_by_area(
    code: str, names: Sequence[str], areas: Iterable[UUID | None], *, at: datetime
) -> dict[UUID | None, dict[str, Any]]:
    """Several values in each of many areas: for lists; asked area by area only where something was overridden at all.

    Raises: EditionMissing, ValueMissing.
    """
    with remembered():
        speakers = {n: speaker(code, n) for n in names}
        plain = {n: edition(s)["values"][n]["value"] for n, s in speakers.items()}
        if not any((s, n) in _overridden(at) for n, s in speakers.items()):
            return dict.fromkeys(areas, plain)
        return {a: {n: value(code, n, area_id=a, at=at) for n in names} for a in areas}


def _overridden(at: datetime) -> set[tuple[str, str]]:
    """Edition and name of each value that an area replaced by then."""
    kept = Override.objects.filter
    return once(("overridden", at), lambda: set(kept(from_at__lte=at).values_list("edition__code", "name")))


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
    known: dict[str, Body] = once(("roles",), lambda: {r.name: r.body for r in Role.objects.all()})
    return known


def ladder(name: str) -> Body:
    """A ladder of decisions: its steps in order."""
    return kind(name)
