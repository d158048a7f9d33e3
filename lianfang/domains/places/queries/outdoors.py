"""Places that stand outdoors: for what the weather does to them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.places.models import Place


def outdoor_kinds() -> list[str]:
    """Names of kinds of places that stand outdoors, as the editions say."""
    return [name for name, entry in entries_of("place_kinds").items() if entry.get("outdoors")]


def outdoor_places(area_ids: Collection[UUID]) -> QuerySet[Place]:
    """Open places outdoors of some areas and below."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=list(area_ids)).values("descendant_id")
    return Place.objects.filter(area_id__in=below, kind__in=outdoor_kinds(), state="open").order_by("id")
