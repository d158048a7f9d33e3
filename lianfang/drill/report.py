"""A drill's result as one readable HTML file: what was expected, what was seen, where the time went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from lianfang.drill.pictures import Picture
from lianfang.drill.run import Result

STYLE = """body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:24px auto;max-width:1000px;color:#14202b}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:6px 10px;border-bottom:1px solid #d8dfe5}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a3231d;font-weight:600}.ok{color:#17704f}
svg{width:100%;height:auto}figure{margin:24px 0}figcaption{font-weight:600;margin-bottom:8px}"""
COLOURS = ("#12507a", "#5b8db0", "#b36a10", "#17704f", "#8fa1b0", "#33424f", "#8a4b00", "#a3231d")


def _bars(result: Result) -> str:
    total = sum(s["seconds"] for s in result.stages) or 1
    x, parts = 0.0, []
    for n, s in enumerate(result.stages):
        colour = COLOURS[n % len(COLOURS)]
        width = 1000 * s["seconds"] / total
        parts.append(
            f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="24" fill="{colour}"><title>{escape(s["name"])}'
            f" {s['seconds']} s</title></rect>"
        )
        x += width
    legend = " · ".join(f"{escape(s['name'])} {s['seconds']} s, {s['rows']:,} rows" for s in result.stages)
    return f'<svg viewBox="0 0 1000 24" role="img" aria-label="time by stage">{"".join(parts)}</svg><p>{legend}</p>'


def _figure(p: Picture) -> str:
    """A picture with its finding as title, and its numbers to be opened."""
    rows = "".join(f'<tr><td>{escape(a)}</td><td class="n">{escape(b)}</td></tr>' for a, b in p.rows)
    table = f"<details><summary>Numbers</summary><table>{rows}</table></details>" if rows else ""
    return f"<figure><figcaption>{escape(p.title)}</figcaption>{p.svg}{table}</figure>"


def _verdict(e: Mapping[str, Any]) -> str:
    if e.get("later"):
        return f"<td>not played yet ({escape(e['later'])})</td>"
    return '<td class="ok">accepted</td>' if e["accepted"] else '<td class="bad">differs</td>'


def write_report(result: Result, folder: Path, pictures: Sequence[Picture] = ()) -> Path:
    """Write report.html into a folder (made if absent) and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(
        f'<tr><td>{e["sort"]}</td><td>{escape(str(e["id"]))}</td><td class="n">{escape(str(e["printed"] or ""))}</td>'
        f'<td class="n">{escape(str(e["got"]))}</td>{_verdict(e)}</tr>'
        for e in result.expect
    )
    laws = "".join(
        f'<tr><td colspan="4">{escape(i["id"])}</td><td class="{"ok" if i["holds"] else "bad"}">'
        f"{'holds' if i['holds'] else 'broken'}</td></tr>"
        for i in result.invariants
    )
    waited = "".join(f"<li>{escape(str(k))}: {escape(str(v))}</li>" for k, v in result.waiting.items())
    verdict = "all accepted" if result.is_accepted else "not all accepted"
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(result.scenario)}</title>'
        f"<style>{STYLE}</style>"
        f"<h1>{escape(result.scenario)}: {verdict}</h1>"
        f"<p>scale {result.scale}, seed {result.seed}, {result.seconds} s, "
        f"peak {result.peak_mib} MiB. An exercise: everybody in it is invented.</p>{_bars(result)}"
        f"{''.join(map(_figure, pictures))}"
        f"<table><thead><tr><th>sort</th><th>what</th><th>expected</th><th>seen</th><th></th></tr></thead>{rows}"
        f"<tbody><tr><th colspan=5>Invariants</th></tr>{laws}</tbody></table>"
        f"{f'<h2>How long pleas waited</h2><ul>{waited}</ul>' if waited else ''}</html>"
    )
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    return file
