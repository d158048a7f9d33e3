"""What every benchmark shares: its arguments, its sandbox database, its table and its JSON."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATABASE = "lianfang_bench"


@dataclass
class Bench:
    """Rows of what was measured, and the goals."""

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)

    def row(
        self, what: str, ours: float, *, peer: float | None = None, peer_name: str = "", limit: float | None = None
    ) -> None:
        """One measurement; the ratio is ours to the peer (or to the limit, where there is no peer)."""
        base = peer if peer is not None else limit
        self.rows.append(
            {
                "what": what,
                "ours": round(ours, 4),
                "peer": None if peer is None else round(peer, 4),
                "peer_name": peer_name,
                "limit": None if limit is None else round(limit, 4),
                "ratio": round(ours / base, 3) if base else None,
            }
        )

    def goal(self, goal: str, value: float, met: bool) -> None:
        """One goal with the value reached."""
        self.goals.append({"goal": goal, "value": round(value, 3), "met": met})

    def show(self, file: Path | None) -> None:
        """Print the table, and write the JSON if a file is named."""
        print(f"\n{self.name}")
        for r in self.rows:
            peer = f"  {r['peer_name']}: {r['peer']}" if r["peer"] is not None else ""
            limit = f"  limit: {r['limit']}" if r["limit"] is not None else ""
            print(
                f"  {r['what']:58} {r['ours']:>12}{peer}{limit}"
                + (f"  ratio {r['ratio']}" if r["ratio"] is not None else "")
            )
        for g in self.goals:
            print(f"  {'met    ' if g['met'] else 'MISSED '} {g['goal']}: {g['value']}")
        if file:
            file.write_text(
                json.dumps({"name": self.name, "rows": self.rows, "goals": self.goals}, indent=1), encoding="utf-8"
            )


def start(name: str, *, fresh: bool = True) -> tuple[Bench, argparse.Namespace]:
    """Read the arguments and bring up a sandbox database of the benchmarks' own."""
    parser = argparse.ArgumentParser(prog=f"benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="a small copy, under three minutes")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", action="store_true", help="use the database of the last run as it is")
    chosen = parser.parse_args()
    os.environ["LIANFANG_DATABASE"] = "lianfang_bench" if not chosen.quick else "lianfang_bench_quick"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    os.environ.setdefault("LIANFANG_STATIC", "django.contrib.staticfiles.storage.StaticFilesStorage")
    import django

    from lianfang.site.database import EmbeddedServer
    from lianfang.site.settings import EMBEDDED_DATABASE

    assert isinstance(EMBEDDED_DATABASE, EmbeddedServer)
    if fresh and not chosen.keep:
        EMBEDDED_DATABASE.fresh_database(os.environ["LIANFANG_DATABASE"])
    django.setup()
    from lianfang.cli.up import go_up

    go_up(lambda _: None)
    return Bench(name), chosen


def start_on_drill(name: str) -> tuple[Bench, Path | None]:
    """Read the arguments and come up over the database that a drill left, as it stands; and the file for the JSON."""
    parser = argparse.ArgumentParser(prog=f"benchmarks.{name}")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    os.environ.setdefault("LIANFANG_DATABASE", "lianfang_drill")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    os.environ.setdefault("LIANFANG_STATIC", "django.contrib.staticfiles.storage.StaticFilesStorage")
    import django

    django.setup()
    return Bench(name), chosen.json


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of one run, and what it gave."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def p95(times: list[float]) -> float:
    """The 95th percentile of times, in milliseconds."""
    return 1000 * statistics.quantiles(times, n=20)[18] if len(times) > 1 else 1000 * times[0]
