"""Stations of rounds that stand outdoors: for what the weather does to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.places.queries import outdoor_kinds
from lianfang.domains.rounds.models import Station

AT_WORK = ("planned", "staffed", "open")  # states of a round whose stations are, or will be, at work


def outdoor_stations(area_ids: Collection[UUID], *, from_at: datetime, until_at: datetime) -> QuerySet[Station]:
    """Stations outdoors in some areas and below that are not closed, of rounds not over that run in a span."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=list(area_ids)).values("descendant_id")
    rows = Station.objects.filter(area_id__in=below, place__kind__in=outdoor_kinds(), round__state__in=AT_WORK)
    rows = rows.filter(round__starts_at__lt=until_at, round__ends_at__gt=from_at).exclude(state="closed")
    return rows.select_related("place", "round").order_by("id")
