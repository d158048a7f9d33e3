"""Plans as those see them who serve in their area: what comes again, what of it is open, and for whom none is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, may, post_of, visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import PersonFlag, Presence
from lianfang.domains.grid.queries import stays_named
from lianfang.domains.incidents.models import ZoneBuilding
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.errors import PlanMissing
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.queries.reading import private_kinds
from lianfang.domains.work.rules import opening_right, personal_fields, routine_of

MOST = 200
HERE = ("lives", "stays")


def plans_seen(by: Actor) -> QuerySet[Plan]:
    """Plans of the actor's areas."""
    return Plan.objects.filter(held(by, "work.read"))


def plan_seen(plan_id: UUID, *, by: Actor) -> Plan:
    """One plan with the posts of its owner and of who ended it (`owner_label`, `ender`). Raises PlanMissing."""
    rows = plans_seen(by).select_related("area").defer("area__outline")
    found = rows.annotate(owner_label=post_of("owner_id"), ender=post_of("ended_by")).filter(id=plan_id).first()
    if found is None:
        raise PlanMissing()
    return found


def plan_values(plan: Plan, *, by: Actor) -> dict[str, Any]:
    """What its items take along; the sealed values whole for its owner or whom the kind opens them to. Noted."""
    body = kind(plan.kind)
    names = personal_fields(body)
    if not names or not plan.sealed:
        return dict(plan.values)
    lead = may(by, opening_right(body), area_id=plan.area_id, incident_id=plan.incident_id)
    shown = opened([plan], by=by, fields=names, whole=lead or plan.owner_id == by.id, subject="unit_id")[plan.id]
    return {**plan.values, **shown}


def _in_zones() -> QuerySet[ZoneBuilding, Any]:
    """Buildings of zones in force of responses that are open."""
    rows = ZoneBuilding.objects.filter(version__state="in_force", version__zone__incident__closed_at=None)
    return rows.values("building_id")


def _zoned_stays() -> QuerySet[Presence]:
    return Presence.objects.filter(to_on=None, kind__in=HERE, building_id__in=_in_zones())


def plans_listed(area_id: UUID, *, by: Actor, kind_name: str = "", in_zones: bool = False) -> list[Plan]:
    """Running plans of an area and below, those due first; in_zones: of people and doors inside zones in force."""
    rows = plans_seen(by).filter(area_id__in=ids_below(area_id), ended_at=None)
    rows = rows.filter(kind=kind_name) if kind_name else rows
    if in_zones:
        stays = _zoned_stays()
        people, doors = stays.values("person_id"), stays.exclude(household=None).values("household_id")
        rows = rows.filter(Q(unit_kind="person", unit_id__in=people) | Q(unit_kind="household", unit_id__in=doors))
    rows = rows.select_related("area").defer("area__outline", "sealed").annotate(owner_label=post_of("owner_id"))
    return list(rows.order_by(F("next_on").asc(nulls_last=True), "id")[:MOST])


def plans_about(unit_ids: Sequence[UUID], *, by: Actor, until: date) -> list[Plan]:
    """Running plans about a household and its people whose next time is due by a day, the first first."""
    rows = plans_seen(by).filter(unit_id__in=unit_ids, ended_at=None, next_on__lte=until)
    rows = rows.exclude(kind__in=list(private_kinds())).annotate(owner_label=post_of("owner_id"))
    return list(rows.defer("sealed").order_by("next_on", "id")[:20])


def counts_of_plans(area_id: UUID, *, by: Actor) -> list[str]:
    """Kinds of which plans run in an area."""
    rows = plans_seen(by).filter(area_id__in=ids_below(area_id), ended_at=None)
    return list(rows.order_by("kind").values_list("kind", flat=True).distinct())


def tasks_of(plans: Sequence[Plan]) -> dict[UUID, Item]:
    """By plan what of it is open now, or was done last: about its unit and of its kind, whoever opened it."""
    of_unit: dict[tuple[str, UUID | None], UUID] = {(p.kind, p.unit_id): p.id for p in plans if p.unit_id}
    of_none = {routine_of(p.id): p.id for p in plans if not p.unit_id}
    fit = Q(unit_id__in=[u for _, u in of_unit], kind__in=[k for k, _ in of_unit])
    if of_none:
        areas, kinds = {p.area_id for p in plans}, {p.kind for p in plans}
        fit |= Q(routine__in=list(of_none), area_id__in=areas, kind__in=kinds)
    rows = Item.objects.filter(fit).defer("sealed").annotate(owner_label=post_of("owner_id"))
    out: dict[UUID, Item] = {}
    for i in rows.order_by("-is_closed", "opened_at"):  # of several the last open one is shown
        plan_id = of_unit.get((i.kind, i.unit_id)) or of_none.get(i.routine)
        if plan_id:
            out[plan_id] = i
    return out


def items_of_plan(plan: Plan, *, limit: int = 20) -> list[Item]:
    """What a plan has opened, newest first."""
    rows = Item.objects.filter(routine=routine_of(plan.id), kind=plan.kind, unit_id=plan.unit_id, area_id=plan.area_id)
    return list(rows.defer("sealed").annotate(owner_label=post_of("owner_id")).order_by("-opened_at")[:limit])


def without_plan(
    kind_name: str, area_id: UUID, *, on: date, by: Actor, at: datetime, in_zones: bool = False
) -> list[tuple[Presence, str]]:
    """People whom a kind is meant for by their marks, and for whom no such plan runs: their stay and masked name."""
    flags: Mapping[str, Any] = kind(kind_name).get("plan") or {}
    marked = PersonFlag.objects.filter(
        Q(to_on=None) | Q(to_on__gt=on), flag__in=flags.get("flags", []), from_on__lte=on
    )
    marked = marked.filter(area_id__in=ids_below(area_id)).filter(area_id__in=visible_areas(by, "grid.read"))
    kept = Plan.objects.filter(kind=kind_name, ended_at=None, unit_id__isnull=False)
    marked = marked.exclude(person_id__in=kept.values("unit_id"))
    if in_zones:
        marked = marked.filter(person_id__in=_zoned_stays().values("person_id"))
    people = list(marked.order_by("area__position", "person_id").values_list("person_id", flat=True)[:MOST])
    return [(s, n) for s, n in stays_named(people, by=by, at=at) if s.kind in HERE]
