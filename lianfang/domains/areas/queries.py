"""Which areas there are, what lies below what, and what people call them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery

from lianfang.base.once import once
from lianfang.domains.areas.errors import AreaMissing
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure, AreaCode, AreaParent
from lianfang.kernels.names import name_key


def area(area_id: UUID) -> Area:
    """One area. Raises AreaMissing."""
    found = Area.objects.filter(id=area_id).first()
    if found is None:
        raise AreaMissing(area=str(area_id))
    return found


def areas_of(area_ids: Iterable[UUID]) -> dict[UUID, Area]:
    """Some areas by id."""
    return {a.id: a for a in Area.objects.filter(id__in=set(area_ids))}


def area_of_code(code: str, *, on: date | None = None, scheme: str = "division") -> Area:
    """The area that carries a code on a day (default: now). An old code finds its area through its dates."""
    codes = AreaCode.objects.filter(scheme=scheme, code=code).select_related("area")
    if on is not None:
        codes = codes.filter(Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_to=None) | Q(valid_to__gt=on))
    found = codes.order_by("-valid_to").first()
    if found is None:
        raise AreaMissing(code=code)
    return found.area


def areas_named(text: str, *, below: UUID | None = None, hierarchy: str = DIVISION) -> QuerySet[Area]:
    """Areas whose name or alias is meant by a text, suffixes and variant characters aside; below one area if given."""
    key = name_key(text)
    found = Area.objects.filter(Q(key=key) | Q(aliases__key=key)).distinct()
    return found.filter(id__in=ids_below(below, hierarchy=hierarchy)) if below else found


def areas_matching(text: str, *, within: QuerySet[AreaClosure, UUID]) -> QuerySet[Area]:
    """Areas meant by a code, an id or a name, among some ids; the largest first."""
    key = name_key(text)
    fit = Q(key=key) | Q(aliases__key=key) | Q(codes__code=text.strip(), codes__valid_to=None)
    try:
        fit |= Q(id=UUID(text.strip()))
    except ValueError:
        fit |= Q(name=text.strip()) | Q(name_en__iexact=text.strip())
    depth = AreaClosure.objects.filter(descendant=OuterRef("pk"), hierarchy=DIVISION).order_by("-depth").values("depth")
    return Area.objects.filter(fit, id__in=within).distinct().order_by(Subquery(depth[:1]), "position")


def ids_below(area_id: UUID, *, hierarchy: str = DIVISION) -> QuerySet[AreaClosure, UUID]:
    """Ids of an area and all below it, as a subquery."""
    return AreaClosure.objects.filter(hierarchy=hierarchy, ancestor_id=area_id).values_list("descendant_id", flat=True)


def ids_above(area_id: UUID, *, hierarchy: str = DIVISION) -> list[UUID]:
    """The area and all above it, nearest first."""
    return list(once(("above", hierarchy, area_id), lambda: _above(area_id, hierarchy)))


def _above(area_id: UUID, hierarchy: str) -> list[UUID]:
    rows = AreaClosure.objects.filter(hierarchy=hierarchy, descendant_id=area_id).order_by("depth")
    return list(rows.values_list("ancestor_id", flat=True))


def ids_above_now(area_id: UUID, *, hierarchy: str = DIVISION) -> QuerySet[AreaClosure, UUID]:
    """Ids of an area and all above it, as a subquery."""
    return AreaClosure.objects.filter(hierarchy=hierarchy, descendant_id=area_id).values_list("ancestor_id", flat=True)


def paths_of(area_ids: Iterable[UUID], *, hierarchy: str = DIVISION) -> dict[UUID, list[Area]]:
    """Each area with its ancestors, top first, in one question."""
    rows = AreaClosure.objects.filter(hierarchy=hierarchy, descendant_id__in=set(area_ids))
    out: dict[UUID, list[Area]] = {}
    for row in rows.select_related("ancestor").order_by("-depth"):
        out.setdefault(row.descendant_id, []).append(row.ancestor)
    return out


def tree_below(area_id: UUID, *, hierarchy: str = DIVISION) -> tuple[list[Area], dict[UUID, UUID]]:
    """An area and all below it in their order, and the parent of each: one question for any adding up."""
    links = AreaParent.objects.filter(hierarchy=hierarchy, valid_to=None, child_id=OuterRef("pk"))
    rows = Area.objects.filter(id__in=ids_below(area_id, hierarchy=hierarchy))
    found = list(rows.annotate(lies_in=Subquery(links.values("parent_id")[:1])).order_by("position", "name"))
    return [*found], {a.id: a.lies_in for a in found if a.lies_in}


def child_above(area_id: UUID, level: str = "", *, hierarchy: str = DIVISION) -> dict[UUID, UUID]:
    """For everything below an area the child it lies in, or with a level the area of that level: for adding up."""
    tops = below_at(area_id, level, hierarchy=hierarchy) if level else children_of(area_id, hierarchy=hierarchy)
    rows = AreaClosure.objects.filter(hierarchy=hierarchy, ancestor_id__in=tops.order_by().values("id"))
    return dict(rows.values_list("descendant_id", "ancestor_id"))


@dataclass(frozen=True)
class Family:
    """An area, its direct children in their order, and for everything below it the child it lies in."""

    area: Area
    children: Sequence[Area]
    child_of: dict[UUID, UUID]


def family_of(area_id: UUID, *, hierarchy: str = DIVISION) -> Family:
    """An area with its children, without outlines, in one question. Raises AreaMissing."""
    links = AreaParent.objects.filter(hierarchy=hierarchy, parent_id=area_id, valid_to=None)
    below = AreaClosure.objects.filter(hierarchy=hierarchy, ancestor_id=OuterRef("pk")).values("descendant_id")
    rows = Area.objects.filter(Q(id=area_id) | Q(id__in=links.values("child_id"))).annotate(below=ArraySubquery(below))
    found = list(rows.defer("outline").order_by("position", "name"))
    own = next((a for a in found if a.id == area_id), None)
    if own is None:
        raise AreaMissing(area=str(area_id))
    children = [a for a in found if a is not own]
    return Family(own, children, {i: c.id for c in children for i in c.below})


def is_within(area_id: UUID, ancestors: Iterable[tuple[str, UUID]]) -> bool:
    """Whether the area lies in one of the (hierarchy, area) subtrees."""
    tops = tuple(ancestors)
    if any(ancestor == area_id for _, ancestor in tops):
        return True
    return once(("within", area_id, tops), lambda: _is_within(area_id, tops))


def _is_within(area_id: UUID, tops: Iterable[tuple[str, UUID]]) -> bool:
    wanted = Q(pk__in=[])
    for hierarchy, ancestor in tops:
        wanted |= Q(hierarchy=hierarchy, ancestor_id=ancestor)
    return AreaClosure.objects.filter(wanted, descendant_id=area_id).exists()


def path_of(area_id: UUID, *, hierarchy: str = DIVISION) -> list[Area]:
    """The area and its ancestors, top first: for a page's heading, never a rights test."""
    rows = AreaClosure.objects.filter(hierarchy=hierarchy, descendant_id=area_id).select_related("ancestor")
    return [row.ancestor for row in rows.order_by("-depth")]


def ancestor_at(area_id: UUID, level: str, *, hierarchy: str = DIVISION) -> Area | None:
    """The ancestor (or the area itself) of one level."""
    rows = AreaClosure.objects.filter(hierarchy=hierarchy, descendant_id=area_id, ancestor__level=level)
    found = rows.select_related("ancestor").first()
    return found.ancestor if found else None


def children_of(area_id: UUID, *, hierarchy: str = DIVISION) -> QuerySet[Area]:
    """Direct children, in their order."""
    return Area.objects.filter(
        parents__hierarchy=hierarchy, parents__parent_id=area_id, parents__valid_to=None
    ).order_by("position", "name")


def below_at(area_id: UUID, level: str, *, hierarchy: str = DIVISION) -> QuerySet[Area]:
    """All areas of a level below an area."""
    return Area.objects.filter(id__in=ids_below(area_id, hierarchy=hierarchy), level=level).order_by("position", "name")


def areas_near(area_id: UUID) -> list[Area]:
    """An area, those beside it in its street (or directly below it), its street and county: to choose where one means.

    Without outlines, the smallest first.
    """
    street = ancestor_at(area_id, "street")
    beside = children_of(street.id if street else area_id).order_by().values("id")
    above = Q(id__in=ids_above_now(area_id), level__in=("street", "county"))
    rows = Area.objects.filter(Q(id=area_id) | Q(id__in=beside) | above).defer("outline")
    return list(rows.order_by("level", "position", "name"))  # committee, county, street as their words go


def areas_beside(area_ids: Iterable[UUID], *, hierarchy: str = DIVISION) -> dict[UUID, set[UUID]]:
    """By area those with which it has, or once had, a parent in common: where a part of it may have come from."""
    ids = set(area_ids)
    rows = AreaParent.objects.filter(hierarchy=hierarchy)
    parents = list(rows.filter(child_id__in=ids).values_list("child_id", "parent_id"))
    below: dict[UUID, set[UUID]] = {}
    for parent, child in rows.filter(parent_id__in={p for _, p in parents}).values_list("parent_id", "child_id"):
        below.setdefault(parent, set()).add(child)
    out: dict[UUID, set[UUID]] = {}
    for child, parent in parents:
        out.setdefault(child, set()).update(below[parent] - {child})
    return out
