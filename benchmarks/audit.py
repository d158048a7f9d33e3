"""What the log's chain costs a write, with the sealer keeping up beside it; and how fast the whole log is verified."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from multiprocessing.synchronize import Event
from typing import Any
from uuid import uuid4

from benchmarks.frame import Bench, start, timed

PAIRS = 16
SEAL_EVERY_SECONDS = 1  # twenty times as often as the jobs do
WRITERS = 2


def write_on(count: Any, stop: Event) -> None:
    """One writer: a service with one row and one entry a transaction, as a door calls it."""
    import django

    django.setup()
    from lianfang.base import clock
    from lianfang.base.actor import Actor
    from lianfang.base.roles import REQUEST_ROLE, acting_as
    from lianfang.domains.privacy.services import assign_purposes

    by = Actor(uuid4(), purpose="a benchmark")
    while not stop.is_set():
        asked = [(by.id, "person", uuid4(), uuid4())]
        with acting_as(REQUEST_ROLE, by):
            assign_purposes(purposes=asked, why="a benchmark", until_at=None, by=by, at=clock.now())
        count.value += 1


def seal_on(wanted: Event, stop: Event) -> None:
    """The sealer as the jobs run it, again and again while it is wanted."""
    import django

    django.setup()
    while not stop.is_set():
        if wanted.wait(0.1):
            seal()
            stop.wait(SEAL_EVERY_SECONDS)


def seal() -> int:
    """One run of the job."""
    from lianfang.base import clock
    from lianfang.base.roles import JOB_ROLE, acting_as
    from lianfang.cli.up import system_actor
    from lianfang.flows.run_due import seal_log

    by = system_actor()
    with acting_as(JOB_ROLE, by):
        return seal_log(by=by, at=clock.now())


def caught_up() -> None:
    """Link all that waits."""
    while seal():
        pass


def rate(counts: Sequence[Any], seconds: float) -> float:
    """Writes a second of all writers together in the next seconds."""
    before, begun = sum(c.value for c in counts), time.perf_counter()
    time.sleep(seconds)
    return (sum(c.value for c in counts) - before) / (time.perf_counter() - begun)


def cost_of_a_write(bench: Bench, seconds: float) -> None:
    """Writers go on all the time; windows with the sealer beside them and without it, in pairs, each first in turn.

    What a window without it left is linked between the windows, so that each window's sealer has its own writes.
    """
    spawn = multiprocessing.get_context("spawn")
    stop, wanted = spawn.Event(), spawn.Event()
    counts = [spawn.Value("q", 0) for _ in range(WRITERS)]
    crowd = [spawn.Process(target=write_on, args=(c, stop)) for c in counts]
    crowd.append(spawn.Process(target=seal_on, args=(wanted, stop)))
    for p in crowd:
        p.start()
    rate(counts, 4)  # until all are at work
    pairs: list[dict[bool, float]] = []
    for n in range(PAIRS):
        pair = {}
        for sealed in (False, True) if n % 2 else (True, False):
            wanted.clear()
            caught_up()
            if sealed:
                wanted.set()
            pair[sealed] = rate(counts, seconds)
        pairs.append(pair)
    wanted.clear()
    caught_up()
    plain = rate(counts, seconds)
    stop.set()
    for p in crowd:
        p.join()
    ratios = sorted(p[False] / p[True] - 1 for p in pairs)
    with_it, without = (statistics.median(p[k] for p in pairs) for k in (True, False))
    bench.row("writes a second, the sealer beside them (median)", with_it, peer=without, peer_name="no sealer")
    bench.row(f"cost of a pair, lower and upper quarter of {PAIRS}: lower", ratios[PAIRS // 4])
    bench.row(f"cost of a pair, lower and upper quarter of {PAIRS}: upper", ratios[-1 - PAIRS // 4])
    cost = statistics.median(ratios)
    bench.goal("cost of the chain a write, median of pairs, at most 0.05", cost, cost <= 0.05)
    spent, count = timed(seal)
    bench.row("seconds of sealing for what is written in a second", spent / count * plain)


def fill(entries: int) -> None:
    """So many entries as the service writes them, by COPY, 5,000 a transaction."""
    from django.db import connection, transaction

    from lianfang.base import clock
    from lianfang.base.service import canonical

    now, actors = clock.now(), [uuid4() for _ in range(200)]
    columns = "service, actor_id, device, purpose, at, about, told, canonical, digest"
    for first in range(0, entries, 5000):
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy(f"COPY base_logentry ({columns}) FROM STDIN") as out,
        ):
            for n in range(first, min(first + 5000, entries)):
                about, at, actor = [uuid4(), uuid4()], now + timedelta(milliseconds=n), actors[n % 200]
                told = {"item_id": str(about[0]), "move": "done", "fields": 3, "state": "open", "note": "…",
                        "outcomes": [[str(about[1]), ""]]}  # fmt: skip
                body = canonical({"service": "work.make_moves", "actor": actor, "device": None, "purpose": "a round",
                                  "at": at, "about": about, "told": told})  # fmt: skip
                ids = "{" + ",".join(map(str, about)) + "}"
                out.write_row(["work.make_moves", actor, None, "a round", at, ids, canonical(told).decode(), body,
                               hashlib.sha256(body).digest()])  # fmt: skip


def plain_read() -> int:
    """The same rows out of the database and thrown away: what any verification has to pay."""
    from django.db import connection

    with (
        connection.cursor() as cursor,
        cursor.copy("COPY (SELECT * FROM base_logentry ORDER BY transaction, id) TO STDOUT (FORMAT BINARY)") as out,
    ):
        return sum(len(block) for block in out)


def verifying(bench: Bench, entries: int) -> None:
    """Fill, link, verify with one process and with two, beside reading the rows alone."""
    from lianfang.base.roles import refresh_statistics
    from lianfang.domains.audit.planning import verify_log

    fill(entries)
    refresh_statistics()
    seconds, linked = timed(lambda: sum(iter(seal, 0)))
    bench.row("entries linked a minute, million", linked / seconds * 60 / 1e6)
    rates = {}
    for processes in (1, 2):
        runs = []
        for _ in range(3):
            seconds, verdict = timed(lambda p=processes: verify_log(processes=p))
            assert verdict.is_sound, verdict.faults[:3]
            runs.append(verdict.entries / seconds * 60 / 1e6)
        rates[processes] = statistics.median(runs)
    floor = statistics.median(verdict.entries / timed(plain_read)[0] * 60 / 1e6 for _ in range(3))
    bench.row(
        "entries verified a minute, million, one process", rates[1], peer=floor, peer_name="COPY of the rows alone"
    )
    bench.row(f"entries verified a minute, million, two processes, {os.cpu_count()} cores", rates[2], peer=floor,
              peer_name="COPY of the rows alone")  # fmt: skip
    bench.goal("entries verified a minute, million, at least 10", rates[2], rates[2] >= 10)


def main(bench: Bench, quick: bool) -> None:
    """Both measurements."""
    cost_of_a_write(bench, 2 if quick else 4)
    verifying(bench, 200_000 if quick else 1_500_000)


if __name__ == "__main__":
    benchmark, asked = start("audit")
    main(benchmark, asked.quick)
    benchmark.show(asked.json)
