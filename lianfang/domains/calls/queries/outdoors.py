"""Calls whose people stand outdoors: for what the weather does to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries.tasks import task_kinds


def outdoor_tasks() -> list[str]:
    """Names of tasks that are done outdoors, as the editions say."""
    return [name for name, task in task_kinds().items() if task.get("outdoors")]


def outdoor_calls(area_ids: Collection[UUID], *, from_at: datetime, until_at: datetime, at: datetime) -> QuerySet[Call]:
    """Calls for tasks outdoors in some areas and below with a shift that runs in a span (half-open) and is not over."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=list(area_ids)).values("descendant_id")
    shifts = Shift.objects.filter(call_id=OuterRef("pk"), starts_at__lt=until_at, ends_at__gt=max(from_at, at))
    rows = Call.objects.filter(Exists(shifts), area_id__in=below, task__in=outdoor_tasks())
    return rows.exclude(state="closed").select_related("area").defer("area__outline").order_by("id")
