"""What must hold before a zone is lifted, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef
from django.db.models.functions import JSONObject

from lianfang.domains.editions.queries import overrides_near, values_with
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.queries import days_without_case, with_newest_cases, zone_kind
from lianfang.domains.reports.queries.figures import Scope, edition_value
from lianfang.domains.work.models import Item


def lifting_conditions(version: ZoneVersion, *, at: datetime) -> list[dict[str, Any]]:
    """Each condition of a zone's kind: whether it holds, what is needed and what stands; the failing first."""
    return lifting_of([version], at=at)[version.id]


def lifting_of(versions: Sequence[ZoneVersion], *, at: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """The same of several versions: what they stand on is asked at once, and each figure that a condition names."""
    asked = {v.id: zone_kind(v.zone.incident, v.kind).get("lifting", []) for v in versions}
    kinds = {c["kind"] for conditions in asked.values() for c in conditions if c.get("kind")}
    facts = _facts([i for i, conditions in asked.items() if conditions], kinds, at)
    return {v.id: _judged(v, asked[v.id], facts.get(v.id), at) for v in versions}


def _facts(ids: Sequence[UUID], kinds: set[str], at: datetime) -> dict[UUID, Any]:
    """Of each version its newest cases (`case_*`), open work by kind, and the values replaced where it lies."""
    if not ids:
        return {}
    work = Item.objects.filter(incident_id=OuterRef("zone__incident_id"), kind__in=kinds, is_closed=False)
    counted = work.order_by().values("kind").annotate(n=Count("*")).values(row=JSONObject(kind="kind", n="n"))
    local = overrides_near("zone__incident__edition", "zone__area_id", at=at)
    rows = with_newest_cases(ZoneVersion.objects.filter(id__in=ids), at=at)
    return {v.id: v for v in rows.annotate(open_work=ArraySubquery(counted), local=ArraySubquery(local))}


def _judged(v: ZoneVersion, conditions: Sequence[Mapping[str, Any]], facts: Any, at: datetime) -> list[dict[str, Any]]:
    if not conditions:
        return []
    known = values_with(v.zone.incident.edition, {c["value"] for c in conditions if c.get("value")}, facts.local)
    out = []
    for c in conditions:
        needed = known[c["value"]] if c.get("value") else 0
        stands = _stands(v, c, facts, at)
        if c["test"] == "days_without_case":
            holds = stands is None or stands >= float(needed)
        elif c["test"] == "days_since_start":
            holds = stands is not None and stands >= float(needed)
        elif c["test"] == "figure_below":
            holds = stands is not None and stands < float(needed)
        else:
            holds = stands == 0
        words = {"zh": c["zh"], "en": c["en"]}
        out.append({"name": c["name"], "words": words, "needed": needed, "stands": stands, "holds": holds})
    return sorted(out, key=lambda c: c["holds"])


def _stands(v: ZoneVersion, c: Mapping[str, Any], facts: Any, at: datetime) -> float | None:
    if c["test"] == "days_without_case":
        return days_without_case(facts, at=at)
    if c["test"] == "days_since_start":
        return (at - v.from_at).days if v.from_at else 0
    if c["test"] == "figure_below":
        return edition_value(c["figure"], Scope(v.zone.area_id, at, v.zone.incident))
    return float(sum(w["n"] for w in facts.open_work if w["kind"] == c["kind"]))
