"""Weather warnings: which hold where, and what each asks of work outdoors by its edition."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.db.models.lookups import In
from django.utils.timezone import localdate

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.editions.queries import edition, guide, speaker, value
from lianfang.domains.incidents.errors import WarningMissing
from lianfang.domains.incidents.models import Incident, WarningArea, WeatherWarning
from lianfang.domains.incidents.rules.weather import WeatherRule, rule_entry, strictest

Body = Mapping[str, Any]
CARRIED = ("id", "line_id", "edition", "kind", "colour", "from_at", "until_at")
LIMITS = ("suit", "turn", "break", "outdoor")


def weather_edition(*, on: date) -> str:
    """The code of the guide to weather warnings that holds on a day. Raises EditionMissing."""
    return guide("weather", "warnings", on=on)


def warning_kinds(code: str) -> dict[str, Body]:
    """Kinds of warnings of an edition by name."""
    return {e["name"]: e for e in edition(code)["warnings"]}


def warning_colours(code: str) -> list[Body]:
    """Colours of an edition, the mildest first."""
    return list(edition(code)["warning_colours"])


def warnings_seen(by: Actor) -> QuerySet[WeatherWarning]:
    """Warnings that lie over, in or above an area of the actor's; what holds longest first."""
    own = visible_areas(by, "incidents.read")
    rows = AreaClosure.objects.filter(hierarchy=DIVISION)
    above = rows.filter(descendant_id__in=own).values("ancestor_id")
    places = WarningArea.objects.filter(Q(area_id__in=own) | Q(area_id__in=above), warning_id=OuterRef("pk"))
    found = WeatherWarning.objects.filter(Exists(places)).annotate(post=post_of("by"))
    return found.order_by(F("ended_at").desc(nulls_first=True), "-until_at", "id")


def warning_seen(warning_id: UUID, *, by: Actor) -> WeatherWarning:
    """One of these warnings. Raises WarningMissing."""
    found = warnings_seen(by).filter(id=warning_id).first()
    if found is None:
        raise WarningMissing(warning=str(warning_id))
    return found


def live_warnings(at: datetime) -> QuerySet[WeatherWarning]:
    """Warnings that hold or are to come."""
    return WeatherWarning.objects.filter(ended_at=None, until_at__gt=at).order_by("from_at", "id")


def warnings_run_out(at: datetime) -> QuerySet[WeatherWarning]:
    """Warnings whose last moment has passed and that nobody ended."""
    return WeatherWarning.objects.filter(ended_at=None, until_at__lte=at).order_by("until_at", "id")


def versions_of_warning(warning: WeatherWarning) -> list[WeatherWarning]:
    """All versions of a warning's line, the newest first, each with who entered it (`post`)."""
    return list(WeatherWarning.objects.filter(line_id=warning.line_id).annotate(post=post_of("by")).order_by("-number"))


def areas_of_warnings(warnings: Iterable[WeatherWarning]) -> dict[UUID, list[WarningArea]]:
    """By warning the areas in which it holds, in their order."""
    rows = WarningArea.objects.filter(warning_id__in=[w.id for w in warnings]).select_related("area")
    out: dict[UUID, list[WarningArea]] = {}
    for row in rows.defer("area__outline").order_by("area__position", "area__name"):
        out.setdefault(row.warning_id, []).append(row)
    return out


def warned_areas(warning_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """By warning the ids of the areas it names."""
    rows = WarningArea.objects.filter(warning_id__in=warning_ids).values_list("warning_id")
    return dict(rows.annotate(areas=ArrayAgg("area_id")))


def replaced_by(references: Sequence[tuple[str, str]], *, by: Actor) -> list[WeatherWarning]:
    """Live warnings that came with alerts of these senders and identifiers, where the actor sees them."""
    fit = Q(pk__in=[])
    for sender, source_id in references:
        fit |= Q(sender=sender, source_id=source_id)
    return list(warnings_seen(by).filter(fit, ended_at=None).order_by("at", "id"))


def warnings_over(area_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, list[WeatherWarning]]:
    """By area the live warnings that lie over it: its own, and those of the areas above it; one question."""
    asked = set(area_ids)
    above = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id=OuterRef("area_id"), descendant_id__in=asked)
    rows = WarningArea.objects.filter(Exists(above), warning__in=live_warnings(at).order_by())
    named = list(rows.select_related("warning").order_by("warning__from_at", "warning_id"))
    closure = AreaClosure.objects.filter(
        hierarchy=DIVISION, ancestor_id__in={r.area_id for r in named}, descendant_id__in=asked
    )
    out: dict[UUID, list[WeatherWarning]] = {a: [] for a in asked}
    pairs = set(closure.values_list("ancestor_id", "descendant_id")) if named else set()
    for r in named:
        for area in asked:
            if (r.area_id, area) in pairs and r.warning not in out[area]:
                out[area].append(r.warning)
    return out


def warnings_touching(area_id: UUID, *, at: datetime) -> list[WeatherWarning]:
    """Live warnings that lie over an area or in a part of it, the first to begin first: for who sees the area."""
    return list(_touching(area_id, at))


def _touching(area_id: UUID, at: datetime) -> QuerySet[WeatherWarning]:
    related = AreaClosure.objects.filter(hierarchy=DIVISION)
    over = related.filter(ancestor_id=OuterRef("area_id"), descendant_id=area_id)
    inside = related.filter(ancestor_id=area_id, descendant_id=OuterRef("area_id"))
    places = WarningArea.objects.filter(Exists(over) | Exists(inside), warning_id=OuterRef("pk"))
    return live_warnings(at).filter(Exists(places))


def carried(area_id: UUID, *, at: datetime) -> ArraySubquery:
    """What `warnings_touching` gives, for another statement to carry; `warnings_carried` takes it."""
    return ArraySubquery(_touching(area_id, at).values(row=JSONObject(**{f: f for f in CARRIED})))


def warnings_carried(rows: Sequence[Mapping[str, Any]]) -> list[WeatherWarning]:
    """The warnings that a statement carried, as far as a chip needs them."""
    times = ("from_at", "until_at")
    return [WeatherWarning(**{k: datetime.fromisoformat(v) if k in times else v for k, v in r.items()}) for r in rows]


def warnings_of_incidents(incident_ids: Sequence[UUID]) -> QuerySet[WeatherWarning]:
    """Warnings that lay in or over an incident's area while it was open, as a subquery: for its timeline."""
    open_then = Q(closed_at=None) | Q(closed_at__gt=OuterRef("warning__from_at"))
    related = AreaClosure.objects.filter(hierarchy=DIVISION)
    inside = related.filter(descendant_id=OuterRef(OuterRef("area_id")), ancestor_id=OuterRef("area_id"))
    over = related.filter(ancestor_id=OuterRef(OuterRef("area_id")), descendant_id=OuterRef("area_id"))
    incidents = Incident.objects.filter(open_then, id__in=incident_ids, opened_at__lt=OuterRef("warning__until_at"))
    touched = incidents.filter(Exists(inside) | Exists(over))
    rows = WarningArea.objects.filter(Exists(touched)).values_list("warning_id")
    return WeatherWarning.objects.filter(id__in=rows.values("warning_id")).order_by()


def told_here(incident_ids: Sequence[UUID]) -> Q:
    """Entries of the log about warnings that tell of the incidents' own ground: a warning may lie over more than that.

    What was chosen at a post is told where the post stands; how many were flagged, of the incident's or of none.
    """
    own = Incident.objects.filter(id__in=incident_ids).values("area_id")
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=own).values("descendant_id")
    area = Cast(KeyTextTransform("area_id", "told"), UUIDField())
    fit = Q(service="work.note_check") & In(area, below)
    whose = Q(told__incident_id=None) | Q(told__incident_id__in=[str(i) for i in incident_ids])
    return fit | Q(service="work.flag_posts") & whose | ~Q(service__in=("work.note_check", "work.flag_posts"))


def rule_of(warning: WeatherWarning, *, area_id: UUID | None, at: datetime) -> WeatherRule | None:
    """What a warning asks of work outdoors in an area, with the source of each number; None where it asks nothing."""
    body = edition(warning.edition)
    colours = warning_kinds(warning.edition)[warning.kind]["colours"]
    entry = rule_entry(body.get("weather_rules", []), colours, warning.kind, warning.colour)
    if entry is None:
        return None
    names = {n: entry[f"{n}_value"] for n in (*LIMITS, "closed") if entry.get(f"{n}_value")}
    numbers = {n: value(warning.edition, v, area_id=area_id, at=at) for n, v in names.items()}
    per_hour = {i["per_hour_value"] for i in entry.get("items", []) if i.get("per_hour_value")}
    hourly = {v: float(value(warning.edition, v, area_id=area_id, at=at)) for v in per_hour}
    items = tuple(
        {**i, "per_hour": hourly[i["per_hour_value"]]} if i.get("per_hour_value") else i for i in entry.get("items", [])
    )
    closed = numbers.get("closed")
    return WeatherRule(
        name=entry["name"],
        kind=warning.kind,
        colour=warning.colour,
        words=entry["words"],
        until_at=warning.until_at,
        stops=bool(entry.get("stops")),
        closed_hours=(float(closed[0]), float(closed[1])) if closed else None,
        items=items,
        sources={v: str(edition(speaker(warning.edition, v))["values"][v]["source"]) for v in names.values()},
        suit_minutes=_whole(numbers.get("suit")),
        turn_minutes=_whole(numbers.get("turn")),
        break_minutes=_whole(numbers.get("break")),
        outdoor_minutes=_whole(numbers.get("outdoor")),
    )


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


@dataclass(frozen=True)
class WeatherLimits:
    """The strictest of what all warnings in force ask of work outdoors in an area; each rule with until and source."""

    rules: tuple[WeatherRule, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether work in the open stops, but for what saves life."""
        return any(r.stops for r in self.rules)

    @property
    def suit_minutes(self) -> int | None:
        """The longest turn in a suit."""
        return strictest(r.suit_minutes for r in self.rules)

    @property
    def turn_minutes(self) -> int | None:
        """The longest turn outdoors."""
        return strictest(r.turn_minutes for r in self.rules)

    @property
    def outdoor_minutes(self) -> int | None:
        """The most time outdoors a day."""
        return strictest(r.outdoor_minutes for r in self.rules)

    @property
    def break_minutes(self) -> int | None:
        """The shortest break after a turn: the longest that any rule asks."""
        return max((r.break_minutes for r in self.rules if r.break_minutes is not None), default=None)


def weather_limits_at(area_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, WeatherLimits]:
    """By area what the warnings in force there at a moment ask of work outdoors; without any, no limit at all."""
    out: dict[UUID, WeatherLimits] = {}
    for area, over in warnings_over(area_ids, at=at).items():
        found = [rule_of(w, area_id=area, at=at) for w in over if w.from_at <= at]
        out[area] = WeatherLimits(tuple(r for r in found if r is not None))
    return out


def heat_rule_at(area_id: UUID, at: datetime) -> WeatherLimits:
    """What heat warnings in force in an area at a moment ask: limits, rule, until when, and the source of each."""
    found = weather_limits_at([area_id], at=at)[area_id]
    return WeatherLimits(tuple(r for r in found.rules if r.kind == "heat"))


def today_edition(at: datetime) -> str:
    """The guide to weather warnings that holds on the local day of a moment."""
    return weather_edition(on=localdate(at))
