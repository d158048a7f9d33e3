"""What a drill's report shows beside its table: a map of the areas with zones and sites, and how the round went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncHour

from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.planning import zone_shapes
from lianfang.domains.rounds.models import Round, Station, Unit
from lianfang.domains.rounds.queries import coverage_by_area, coverage_of, kind_of
from lianfang.drill.scenario import LOCAL
from lianfang.drill.stage import Stage

WIDTH, HEIGHT, PAD = 1000.0, 620.0, 12.0
RAMP = ("#e5eff6", "#b5cfe2", "#7fabcb", "#4a83ad", "#12507a")  # the more is sampled, the darker
INK, LINE, WARN = "#14202b", "#d8dfe5", "#b36a10"


@dataclass(frozen=True)
class Picture:
    """An SVG with its title, which says what is to be seen, and the numbers behind it."""

    title: str
    svg: str
    rows: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class _Frame:
    """Degrees to points of the drawing."""

    west: float
    north: float
    by_x: float
    by_y: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return PAD + (lon - self.west) * self.by_x, PAD + (self.north - lat) * self.by_y

    def path(self, ring: Iterable[Sequence[float]]) -> str:
        return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(p[0], p[1]) for p in ring)) + " Z"


def _rings(geometry: Any) -> list[Any]:
    if not geometry:
        return []
    many = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [polygon[0] for polygon in many]


def _frame(rings: Iterable[Any]) -> _Frame:
    points = [p for ring in rings for p in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    wide, high = max(east - west, 1e-9), max(north - south, 1e-9)
    return _Frame(west, north, (WIDTH - 2 * PAD) / wide, (HEIGHT - 2 * PAD) / high)


def map_of(stage: Stage) -> Picture | None:
    """The committees by the share sampled in the largest round, zones in force, and the round's sites."""
    found = Round.objects.filter(incident_id=stage.id_of("incident"), follows=None).order_by("-expected").first()
    areas = list(Area.objects.filter(id__in=ids_below(stage.cast.county.id), level="committee", outline__isnull=False))
    if not areas or found is None:
        return None
    frame = _frame(ring for a in areas for ring in _rings(a.outline))
    covered = coverage_by_area(found)
    shapes = [_tile(frame, a, covered) for a in areas]
    versions = list(ZoneVersion.objects.filter(zone__incident_id=found.incident_id, state="in_force"))
    for geometry in zone_shapes(versions).values():
        shapes += [
            f'<path d="{frame.path(r)}" fill="none" stroke="{WARN}" stroke-width="2.5" stroke-dasharray="7 4"/>'
            for r in _rings(geometry)
        ]
    for s in Station.objects.filter(round=found, place__lon__isnull=False).select_related("place"):
        x, y = frame.at(s.place.lon or 0, s.place.lat or 0)
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#fff" stroke="{INK}"/>')
    whole = coverage_of(found)
    title = (
        f"{whole.ended:,} of {whole.all:,} people in a named state; circles are sites, dashed lines zones in force. "
        "Outlines are invented."
    )
    svg = f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(title)}">{"".join(shapes)}</svg>'
    return Picture(title, svg)


def _tile(frame: _Frame, area: Area, covered: dict[UUID, Any]) -> str:
    c = covered.get(area.id)
    share = c.endings.get("sampled", 0) / c.all if c and c.all else 0.0
    fill = RAMP[min(4, int(share * 5))] if c else "#fff"
    said = f"{area.name}: {c.ended:,} / {c.all:,}" if c else area.name
    path = " ".join(frame.path(r) for r in _rings(area.outline))
    return f'<path d="{path}" fill="{fill}" stroke="{LINE}"><title>{escape(said)}</title></path>'


def pace_of_round(stage: Stage) -> Picture | None:
    """How many had come to their ending by each hour of the largest round."""
    found = Round.objects.filter(incident_id=stage.id_of("incident"), follows=None).order_by("-expected").first()
    if found is None:
        return None
    rows = Unit.objects.filter(round=found, ended_at__isnull=False).annotate(h=TruncHour("ended_at", tzinfo=LOCAL))
    hours = list(rows.order_by("h").values_list("h").annotate(n=Count("id")))
    if not hours:
        return None
    so_far, points, table = 0, [], []
    span = max((hours[-1][0] - hours[0][0]).total_seconds(), 3600.0)
    for hour, n in hours:
        so_far += n
        x = 40 + 920 * (hour - hours[0][0]).total_seconds() / span
        points.append(f"{x:.1f},{220 - 190 * so_far / found.expected:.1f}")
        table.append((f"{hour:%m-%d %H:00}", f"{so_far:,}"))
    title = f"{so_far:,} of {found.expected:,} had a named state by {hours[-1][0]:%H:00}"
    line = f'<polyline points="{" ".join(points)}" fill="none" stroke="#12507a" stroke-width="3"/>'
    dots = "".join(f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="4" fill="#12507a"/>' for p in points)
    base = f'<line x1="40" y1="220" x2="960" y2="220" stroke="{LINE}"/>'
    svg = f'<svg viewBox="0 0 1000 240" role="img" aria-label="{escape(title)}">{base}{line}{dots}</svg>'
    return Picture(title, svg, table)


def endings_of_round(stage: Stage) -> Picture | None:
    """How the people of the largest round ended, each state by its name."""
    found = Round.objects.filter(incident_id=stage.id_of("incident"), follows=None).order_by("-expected").first()
    if found is None:
        return None
    whole = coverage_of(found)
    words = {e["name"]: e["en"] for e in kind_of(found.edition, found.kind)["endings"]} | {"": "without a named state"}
    rows = sorted(whole.endings.items(), key=lambda r: -r[1])
    most = max((n for _, n in rows), default=1) or 1
    bars = "".join(
        f'<text x="0" y="{28 * k + 19}" font-size="15" fill="{INK}">{escape(words.get(name, name))}</text>'
        f'<rect x="220" y="{28 * k + 5}" width="{max(1.0, 640 * n / most):.1f}" height="18" fill="#12507a"/>'
        f'<text x="{230 + 640 * n / most:.1f}" y="{28 * k + 19}" font-size="15" fill="{INK}">{n:,}</text>'
        for k, (name, n) in enumerate(rows)
    )
    title = f"How {whole.all:,} people of the round ended"
    svg = f'<svg viewBox="0 0 1000 {28 * len(rows) + 10}" role="img" aria-label="{escape(title)}">{bars}</svg>'
    return Picture(title, svg, [(words.get(name, name), f"{n:,}") for name, n in rows])


def pictures_of(stage: Stage) -> list[Picture]:
    """All pictures that the drill gives material for."""
    return [p for p in (map_of(stage), pace_of_round(stage), endings_of_round(stage)) if p]
