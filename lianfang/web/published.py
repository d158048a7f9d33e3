"""What everybody may see without signing in: the list and map of a kind of work that its data publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from lianfang.base import clock
from lianfang.domains.areas.queries import areas_of
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.queries import middles_of
from lianfang.domains.work.queries.published import Published, published_kind, published_of
from lianfang.domains.work.rules import field_of, state_of
from lianfang.kernels.hulls import middle
from lianfang.web.door import page
from lianfang.web.kind_forms import shown_value
from lianfang.web.released import column_shown, count_shown, smallest_shown
from lianfang.web.words import day, named, said

Body = Mapping[str, Any]
TONES = {"done": 0, "doing": 1, "todo": 2, "tried": 3, "other": 4}


def _value(body: Body, name: str, value: Any) -> str:
    if (field_of(body, name) or {}).get("type") == "whole":
        return str(value)  # in words already
    if (field_of(body, name) or {}).get("type") == "date":
        try:
            return day(date.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    return shown_value(body, name, value)


def _values(body: Body, values: Body) -> list[tuple[str, str]]:
    return [(said((field_of(body, n) or {}).get("words")), _value(body, n, v)) for n, v in values.items()]


def _state(p: Published, name: str) -> Body:
    return state_of(kind(name, p.version), p.state)


def _counts(found: Sequence[Published], body: Body, below: int) -> tuple[dict[str, list[str]], list[dict[str, str]]]:
    """Whole numbers among what is published: each in words by place, "" where none is, and each column's total."""
    cells, totals = {}, []
    for name in (n for n in body["public"] if (field_of(body, n) or {}).get("type") == "whole"):
        numbers = [int(p.values.get(name) or 0) for p in found]
        shown, total = column_shown(numbers, below=below)
        cells[name] = [s if name in p.values else "" for s, p in zip(shown, found)]
        totals.append({"words": said((field_of(body, name) or {}).get("words")), "total": total})
    return cells, totals


def _rows(found: Sequence[Published], body: Body, cells: Mapping[str, Sequence[str]],
          below: int) -> list[dict[str, Any]]:  # fmt: skip
    rows = []
    for n, p in enumerate(found):
        state, now = _state(p, body["kind"]), {k: cells[k][n] if k in cells else v for k, v in p.values.items()}
        before = [{k: count_shown(int(v), below=below) if k in cells else v for k, v in e.items()} for e in p.earlier]
        rows.append({"p": p, "state": p.state, "words": said(state["words"]), "tone": state["tone"],
                     "values": _values(body, now), "earlier": [_values(body, v) for v in before]})  # fmt: skip
    return rows


def _groups(rows: Sequence[dict[str, Any]], body: Body) -> list[dict[str, Any]]:
    """Rows by state: those that have met it first, in the order of the kind within a tone."""
    order = sorted(body["states"], key=lambda s: TONES[s["tone"]])
    names = [s["name"] for s in order]
    names += sorted({r["state"] for r in rows} - set(names))
    groups = [{"name": n, "rows": [r for r in rows if r["state"] == n]} for n in names]
    return [{**g, "words": g["rows"][0]["words"], "tone": g["rows"][0]["tone"]} for g in groups if g["rows"]]


def _criteria(body: Body) -> list[dict[str, Any]]:
    asked = [(f, f["criterion"]) for f in body.get("fields", []) if f.get("criterion")]
    return [{"words": said(f["words"]), "at_least": c.get("at_least"), "unit": f.get("unit", "")} for f, c in asked]


def published(request: HttpRequest, kind_name: str) -> HttpResponse:
    """The public list of a kind: areas by state with the dates it publishes, what it takes, and the map on demand."""
    body = published_kind(kind_name)
    found, below = published_of(body), smallest_shown(None, at=clock.now())
    cells, totals = _counts(found, body, below)
    rows = _rows(found, body, cells, below)
    context = {"body": body, "groups": _groups(rows, body), "total": len(rows), "criteria": _criteria(body),
               "totals": totals}  # fmt: skip
    return page(request, "published.html", context)


def published_json(request: HttpRequest, kind_name: str) -> HttpResponse:
    """The same areas for the map: outlines where there are any, else a point amid their buildings."""
    body = published_kind(kind_name)
    found = published_of(body)
    outlines = areas_of({p.area.id for p in found} | {p.within.id for p in found if p.within})
    points = middles_of([p.area.id for p in found if not outlines[p.area.id].outline])
    shapes, marks = [], []
    for p in found:
        state, outline = _state(p, kind_name), outlines[p.area.id].outline
        about = {"id": str(p.area.id), "name": named(p.area), "state": said(state["words"]), "tone": state["tone"]}
        at = middle(outline) if outline else points.get(p.area.id)
        if outline:
            shapes.append({"type": "Feature", "geometry": outline, "properties": about})
        if at:
            marks.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": about})
    frames = {p.within.id: outlines[p.within.id].outline for p in found if p.within}
    frame = [{"type": "Feature", "geometry": o, "properties": {}} for o in frames.values() if o]
    answer = {k: {"type": "FeatureCollection", "features": v}
              for k, v in (("shapes", shapes), ("points", marks), ("frame", frame))}  # fmt: skip
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
