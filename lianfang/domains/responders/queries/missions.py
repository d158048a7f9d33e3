"""Missions, postings and offers as somebody may see them, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import bodies_administered, post_of, visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.responders.errors import MissionMissing
from lianfang.domains.responders.models import Mission, Offer, Posting, Quota

LOCAL = ZoneInfo("Asia/Shanghai")
READ = "responders.read"


def concerns(by: Actor) -> Q:
    """Missions that concern the actor: his area sends or receives, or his body gives people."""
    areas = visible_areas(by, READ)
    given = Quota.objects.filter(organisation_id__in=bodies_administered(by)).values("mission_id")
    return Q(sender_area_id__in=areas) | Q(receiver_area_id__in=areas) | Q(id__in=given)


def missions_seen(by: Actor, *, limit: int = 60) -> list[Mission]:
    """Missions that concern the actor, the newest first."""
    rows = Mission.objects.filter(concerns(by)).select_related("sender_area", "receiver_area", "team")
    return list(rows.defer("sender_area__outline", "receiver_area__outline").order_by("-asked_at")[:limit])


def mission_seen(mission_id: UUID, *, by: Actor) -> Mission:
    """One of these with its quotas, the largest first (`quotas_here`). Raises MissionMissing."""
    rows = Mission.objects.filter(concerns(by)).select_related("sender_area", "receiver_area", "team")
    found = rows.defer("sender_area__outline", "receiver_area__outline").filter(id=mission_id).first()
    if found is None:
        raise MissionMissing()
    found.quotas_here = list(found.quotas.select_related("organisation").order_by("-people", "organisation__name"))  # type: ignore[attr-defined]  # for the page
    return found


def offers_to(by: Actor, *, states: tuple[str, ...] = ("offered", "reserve")) -> QuerySet[Offer]:
    """Offers to the areas in which the actor posts calls, the oldest first, with the post of who is offered."""
    rows = Offer.objects.filter(area_id__in=visible_areas(by, "calls.post"), state__in=states)
    rows = rows.select_related("area", "team", "team__organisation").defer("area__outline")
    return rows.annotate(post=post_of("responder_id")).order_by("offered_at", "id")


def my_offers(by: Actor, *, limit: int = 30) -> list[Offer]:
    """Offers the actor made, with their answers, the newest first."""
    rows = Offer.objects.filter(Q(offered_by=by.id) | Q(responder_id=by.id)).select_related("area", "team")
    return list(rows.defer("area__outline").order_by("-offered_at")[:limit])


@dataclass(frozen=True)
class Strength:
    """So many people of a unit posted to a host on a day."""

    unit: str
    host: str
    people: int


def _on(day: date) -> tuple[datetime, datetime]:
    first = datetime.combine(day, time(), LOCAL)
    return first, first + timedelta(days=1)


def _posted(by: Actor) -> QuerySet[Posting]:
    fit = Q(area_id__in=visible_areas(by, READ)) | Q(organisation_id__in=bodies_administered(by))
    return Posting.objects.filter(fit)


def posted_on(day: date, *, by: Actor, area_id: UUID | None = None) -> list[Strength]:
    """Headcount of a day by unit and host, the largest first; a person counts once a unit and host."""
    first, last = _on(day)
    rows = _posted(by).filter(Q(until_at=None) | Q(until_at__gt=first), from_at__lt=last)
    rows = rows.filter(area_id__in=ids_below(area_id)) if area_id else rows
    counted = rows.order_by().values_list("organisation__name", "area__name")
    found = counted.annotate(n=Count("responder_id", distinct=True)).order_by("-n", "organisation__name", "area__name")
    return [Strength(unit or "", host, n) for unit, host, n in found]


def people_posted(day: date, *, by: Actor, area_id: UUID | None = None, inside: bool | None = None) -> int:
    """How many people are posted on a day, each once; inside: only those in closed zones, or only the others."""
    first, last = _on(day)
    rows = _posted(by).filter(Q(until_at=None) | Q(until_at__gt=first), from_at__lt=last)
    rows = rows.filter(area_id__in=ids_below(area_id)) if area_id else rows
    rows = rows.filter(zone_id__isnull=not inside) if inside is not None else rows
    return rows.aggregate(n=Count("responder_id", distinct=True))["n"] or 0


def living_inside(*, at: datetime) -> list[Posting]:
    """Everybody who lives and works inside a zone now, whoever asks: for the job that opens their tests."""
    return list(Posting.objects.filter(left_at=None).exclude(zone_id=None).exclude(entered_at=None).order_by("id"))


def inside_by_hour(zone_id: UUID, *, by: Actor, from_at: datetime, hours: int) -> list[tuple[datetime, int]]:
    """How many live and work inside a zone at each full hour."""
    rows = _posted(by).filter(zone_id=zone_id).values_list("entered_at", "left_at")
    spans = [(i, o) for i, o in rows if i is not None]
    out = []
    for n in range(hours):
        at = from_at + timedelta(hours=n)
        out.append((at, sum(i <= at and (o is None or o > at) for i, o in spans)))
    return out


def strength_by_hour(
    area_id: UUID, *, by: Actor, from_at: datetime, hours: int = 24
) -> dict[UUID, list[tuple[datetime, int]]]:
    """By zone how many live and work inside at each full hour, of postings to an area and below; in one question."""
    last = from_at + timedelta(hours=hours)
    rows = _posted(by).filter(area_id__in=ids_below(area_id), entered_at__lt=last).exclude(zone_id=None)
    spans: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    for zone, i, o in rows.filter(Q(left_at=None) | Q(left_at__gt=from_at)).values_list(
            "zone_id", "entered_at", "left_at"):  # fmt: skip
        if zone and i:  # both are, by the filter
            spans.setdefault(zone, []).append((i, o))
    ticks = [from_at + timedelta(hours=n) for n in range(hours)]
    return {z: [(t, sum(i <= t and (o is None or o > t) for i, o in some)) for t in ticks] for z, some in spans.items()}


def closed_postings(by: Actor, *, area_id: UUID, at: datetime) -> list[Any]:
    """Who is, or is to be, in a closed loop of an area, with day inside and post; the longest inside first."""
    rows = _posted(by).filter(Q(until_at=None) | Q(until_at__gt=at), area_id__in=ids_below(area_id))
    rows = rows.exclude(zone_id=None).filter(left_at=None).select_related("area", "organisation", "team")
    found = list(rows.defer("area__outline").annotate(post=post_of("responder_id")).order_by("entered_at", "from_at"))
    for p in found:
        p.days_inside = (at - p.entered_at).days + 1 if p.entered_at else 0  # type: ignore[attr-defined]  # for the page
    return found
