"""Readiness of places: lists by stream of work, what of them is ticked, and what still keeps a place from opening."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from lianfang.domains.accounts.queries import post_of
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.places.models import Place, ReadyItem


def work_streams() -> dict[str, Mapping[str, Any]]:
    """Streams of work that a site may be made ready for, by name."""
    return entries_of("work_streams")


def readiness_entries(stream: str) -> list[Mapping[str, Any]]:
    """What the editions ask of a site of a stream, in their order."""
    return [e for e in entries_of("readiness").values() if e["stream"] == stream]


def readiness_of(place: Place) -> list[ReadyItem]:
    """The items of a place that was seen, by stream, with who ticked (`done_post`) or waived them (`waived_post`)."""
    rows = ReadyItem.objects.filter(place_id=place.id).order_by("stream", "position", "name")
    return list(rows.annotate(done_post=post_of("done_by"), waived_post=post_of("waived_by")))


def readiness_in(places: Sequence[Place], *, stream: str) -> dict[UUID, list[ReadyItem]]:
    """The same of several places that were seen, of one stream, by place."""
    rows = ReadyItem.objects.filter(place_id__in=[p.id for p in places], stream=stream).order_by("position", "name")
    out: dict[UUID, list[ReadyItem]] = {p.id: [] for p in places}
    for r in rows.annotate(done_post=post_of("done_by"), waived_post=post_of("waived_by")):
        out[r.place_id].append(r)
    return out


def lacking_at(place_ids: Iterable[UUID]) -> dict[UUID, list[ReadyItem]]:
    """Mandatory items neither ticked nor waived, by place; places that lack nothing are left out."""
    rows = ReadyItem.objects.filter(place_id__in=list(place_ids), is_mandatory=True, done_at=None, waived_at=None)
    out: dict[UUID, list[ReadyItem]] = {}
    for r in rows.order_by("position", "name"):
        out.setdefault(r.place_id, []).append(r)
    return out
