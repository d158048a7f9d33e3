"""What the site has signed, on the command line: the log's newest head, all of the log, certificates."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, time
from pathlib import Path

from django.utils.timezone import make_aware

from lianfang.domains.audit.planning import Verdict, head_of_row, verify_log
from lianfang.domains.audit.queries import last_head
from lianfang.domains.audit.rules import Head, head_text, read_head
from lianfang.flows.purge import certificate_problem


def log_head(_: argparse.Namespace) -> int:
    """Print the newest signed head, to be kept where nobody who runs the site can change it."""
    row = last_head()
    if row is None:
        print("lianfang log-head: nothing is signed yet: the jobs sign once an hour", file=sys.stderr)
        return 1
    print(head_text(head_of_row(row)))
    return 0


def verify(chosen: argparse.Namespace) -> int:
    """Verify the log, and print every fault; exit status 0 only if there is none."""
    from_at = make_aware(datetime.combine(chosen.since, time())) if chosen.since else None
    verdict = verify_log(from_at=from_at, published=[_head_in(f) for f in chosen.head], processes=chosen.processes)
    print(_counts(verdict))
    for fault in sorted(verdict.faults):
        print(fault)
    print("sound" if verdict.is_sound else f"NOT SOUND: {len(verdict.faults)} faults")
    return 0 if verdict.is_sound else 1


def verify_certificate(chosen: argparse.Namespace) -> int:
    """Say whether this site signed exactly what a certificate states; exit status 0 only if so."""
    try:
        paper = json.loads(chosen.file.read_bytes())
    except ValueError as e:
        raise ValueError(f"{chosen.file} is no certificate: {e}") from e
    problem = certificate_problem(paper if isinstance(paper, dict) else {})
    print(f"NOT SOUND: {problem}" if problem else f"sound: {', '.join(paper['states']['classes'])} destroyed")
    return 1 if problem else 0


def _head_in(file: Path) -> Head:
    try:
        return read_head(file.read_bytes())
    except ValueError as e:
        raise ValueError(f"{file} is no published head: {e}") from e


def _counts(v: Verdict) -> str:
    said = [f"{v.entries:,} entries", f"{v.links:,} links", f"{v.waiting:,} entries not yet linked"]
    said += [f"{v.heads:,} signed heads", f"{v.rows:,} reads and exports"]
    if v.rows_before:
        said.append(f"{v.rows_before:,} reads and exports from before their digests were kept")
    return ", ".join(said)
