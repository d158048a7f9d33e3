"""The peer of the rush's door: each claim one prepared statement and one commit, from sixteen connections."""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

OPEN = (
    "c.state <> 'closed' AND c.opens_at <= now() AND (c.closes_at IS NULL OR c.closes_at > now()) AND s.ends_at > now()"
)
GATES = {
    "call and shift open": OPEN,
    "account and session live": "EXISTS (SELECT FROM accounts_account a JOIN django_session d ON d.session_key = "
    "%(session)s AND d.expire_date > now() WHERE a.id = %(who)s AND a.is_active AND a.session_round = 0)",
    "grant live and near": "EXISTS (SELECT FROM accounts_rolegrant g JOIN areas_areaclosure x "
    "ON x.hierarchy = 'division' AND ((x.ancestor_id = g.area_id AND x.descendant_id = c.asked_area_id) OR "
    "(x.ancestor_id = c.asked_area_id AND x.descendant_id = g.area_id)) "
    "WHERE g.account_id = %(who)s AND g.role = ANY(%(roles)s) AND g.from_at <= now() "
    "AND (g.to_at IS NULL OR g.to_at > now()) AND g.incident_id IS NULL AND g.body_id IS NULL)",
    "asked": "(c.audience = '{}' OR EXISTS (SELECT FROM accounts_account b WHERE b.id = %(who)s "
    "AND c.audience->'bodies' ? b.organisation_id::text))",
    "not yet on this shift": "NOT EXISTS (SELECT FROM calls_claim m WHERE m.shift_id = s.id AND m.account_id = %(who)s "
    "AND m.state <> 'released')",
    "no collision, enough rest": "NOT EXISTS (SELECT FROM calls_claim f JOIN calls_shift t ON t.id = f.shift_id "
    "WHERE f.account_id = %(who)s AND f.state IN ('claimed', 'confirmed', 'checked_in', 'done') "
    "AND t.starts_at < s.ends_at + interval '8 hours' AND s.starts_at < t.ends_at + interval '8 hours')",
}
CLAIM = """
WITH u AS (
  UPDATE calls_shift s SET taken = s.taken + 1, asked = s.asked + 1 FROM calls_call c
  WHERE s.id = %(shift)s AND c.id = s.call_id AND s.taken < s.places {gates} RETURNING s.id, s.asked
)
INSERT INTO calls_claim (id, shift_id, account_id, state, "order", claimed_by, claimed_at, placed_at)
SELECT %(id)s, u.id, %(who)s, 'claimed', u.asked, %(who)s, now(), now() FROM u RETURNING id
"""
THREADS = 8  # in each of two processes


def statement(gates: list[str]) -> str:
    """A claim with some gates before it."""
    return CLAIM.format(gates="".join(f" AND {GATES[g]}" for g in gates))


def work(url: str, text: str, presses: list[dict[str, Any]], done: list[tuple[int, float]]) -> None:
    """One connection: its claims one after the other."""
    with psycopg.connect(url, autocommit=True) as own, own.cursor() as cursor:
        for p in presses:
            begun = time.perf_counter()
            cursor.execute(text, p, prepare=True)
            done.append((cursor.rowcount, time.perf_counter() - begun))


def main(url: str, gates: list[str], presses: list[dict[str, Any]]) -> dict[str, Any]:
    """Two processes of eight connections; seconds of the slower one."""
    parts, children = [presses[0::2], presses[1::2]], []
    for part in parts:
        read, write = os.pipe()
        if os.fork() == 0:
            done: list[tuple[int, float]] = []
            threads = [threading.Thread(target=work, args=(url, statement(gates), part[k::THREADS], done))
                       for k in range(THREADS)]  # fmt: skip
            begun = time.perf_counter()
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            told = (time.perf_counter() - begun, sum(n for n, _ in done), sorted(s for _, s in done))
            with os.fdopen(write, "wb") as out:
                pickle.dump(told, out)
            os._exit(0)
        os.close(write)
        children.append(read)
    tolds = []
    for read in children:
        with os.fdopen(read, "rb") as f:
            tolds.append(pickle.load(f))
    times = sorted(s for _, _, each in tolds for s in each)
    return {"seconds": max(t[0] for t in tolds), "given": sum(t[1] for t in tolds),
            "p50": 1000 * times[len(times) // 2], "p99": 1000 * times[len(times) * 99 // 100]}  # fmt: skip


if __name__ == "__main__":
    asked = pickle.loads(Path(sys.argv[1]).read_bytes())
    Path(sys.argv[2]).write_text(json.dumps(main(asked["url"], asked["gates"], asked["presses"])))
