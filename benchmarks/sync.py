"""Phones of sampling desks upload scans through HTTP, each batch one commit, beside plain COPY of the same rows."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks.frame import Bench, p95, start, timed

CLIENTS, BATCH = 8, 100
TOKEN = "a" * 32


def prepare(people: int) -> tuple[list[dict[str, Any]], Any]:
    """A district with an open round; gives each desk with its session, its person and what it will scan."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from lianfang.base import clock
    from lianfang.base.roles import refresh_statistics
    from lianfang.cli.up import system_actor
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.rounds.models import Desk, Unit
    from lianfang.domains.sampling.queries import code_of
    from lianfang.drill.scenario import read_scenario
    from lianfang.drill.stage import set_stage
    from lianfang.drill.week.rest import find_case
    from lianfang.drill.week.testing import Testing

    scenario = read_scenario("shaoguan-2022")
    stage = set_stage(scenario, share=min(1.0, people / 1_028_460), seed=1, by=system_actor())
    now = clock.now()
    find_case(stage, now - timedelta(hours=3))
    desks = max(CLIENTS, people // 700)
    round_ = Testing(stage, "mass", now - timedelta(hours=1), now + timedelta(hours=12), ["districts"],
                     max(3, desks // 6), desks, desks * 2)  # fmt: skip
    round_.plan(now - timedelta(hours=2))
    round_.open(now - timedelta(hours=1))
    refresh_statistics()
    units = list(Unit.objects.filter(round_id=round_.id).order_by("area_id", "id").values_list("unit_id", flat=True))
    out = []
    rows = list(Desk.objects.filter(round_id=round_.id).order_by("area_id", "id"))
    each = len(units) // len(rows)
    for n, desk in enumerate(rows):
        account = Account.objects.get(id=desk.account_id)
        Account.objects.filter(id=account.id).update(is_first_password=False)
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.create()
        mine = units[n * each : (n + 1) * each]
        codes = [code_of(p, name="", tail="", at=clock.now(), until=now + timedelta(days=1)) for p in mine]
        out.append({"desk": desk.id, "account": account.id, "session": session.session_key, "codes": codes, "at": now})
    return out, round_


def bodies_of(desk: dict[str, Any]) -> list[bytes]:
    """The uploads of one phone, a hundred scans each."""
    device, made, out = str(uuid4()), [], []
    for n, code in enumerate(desk["codes"]):
        at = desk["at"] - timedelta(minutes=30) + timedelta(milliseconds=n)
        body = {"desk": str(desk["desk"]), "tube": f"B-{str(desk['desk'])[:8].upper()}-{n // 10:03}", "code": code}
        made.append({"id": str(uuid4()), "kind": "sampling.scan", "made_at": at.isoformat(), "seq": n + 1,
                     "actor": str(desk["account"]), "body": body})  # fmt: skip
    for first in range(0, len(made), BATCH):
        batch = {"device": device, "sent_at": desk["at"].isoformat(), "envelopes": made[first : first + BATCH]}
        out.append(json.dumps(batch).encode())
    return out


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def serve(port: int) -> subprocess.Popen[bytes]:
    """The site as it is served, over the benchmark's database."""
    from lianfang.cli.commands import server_command

    process = subprocess.Popen(server_command("127.0.0.1", port), env=dict(os.environ))
    for _ in range(100):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/healthz")
            return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the site did not come up")


def upload(port: int, jobs: list[tuple[str, bytes]], times: list[float], bad: list[str]) -> None:
    """One client: its uploads one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for session, body in jobs:
        headers = {"Content-Type": "application/json", "X-CSRFToken": TOKEN,
                   "Cookie": f"sessionid={session}; csrftoken={TOKEN}"}  # fmt: skip
        begun = time.perf_counter()
        connection.request("POST", "/field/envelopes", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        times.append(time.perf_counter() - begun)
        if answer.status != 200:
            bad.append(f"{answer.status} {told[:200]!r}")
        else:
            bad += [a["code"] for a in json.loads(told)["answers"] if a["code"]]


def plain_copy() -> float:
    """The same rows by COPY, a hundred a commit, into a table with the same keys: seconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_sample (LIKE sampling_sample INCLUDING ALL)")
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT id, round_id, tube_id, person_id, way, taken_at, by FROM sampling_sample) TO STDOUT"
        ) as out,
    ):
        lines = b"".join(bytes(b) for b in out).split(b"\n")[:-1]

    def load() -> None:
        for first in range(0, len(lines), BATCH):
            with (
                connection.cursor() as cursor,
                cursor.copy(
                    "COPY bench_sample (id, round_id, tube_id, person_id, way, taken_at, by) FROM STDIN"
                ) as copy,
            ):
                copy.write(b"\n".join(lines[first : first + BATCH]) + b"\n")

    return timed(load)[0]


def main(bench: Bench, quick: bool) -> None:
    """Upload, count, then copy."""
    from django.db import connection

    from lianfang.domains.rounds.models import Round
    from lianfang.domains.rounds.queries import tally_problems
    from lianfang.domains.sampling.models import Sample

    desks, round_ = prepare(20_000 if quick else 100_000)
    jobs = [(d["session"], body) for d in desks for body in bodies_of(d)]
    total = sum(len(d["codes"]) for d in desks)
    connection.close()
    port = free_port()
    site = serve(port)
    times: list[float] = []
    bad: list[str] = []
    try:
        clients = [threading.Thread(target=upload, args=(port, jobs[k::CLIENTS], times, bad)) for k in range(CLIENTS)]
        begun = time.perf_counter()
        for c in clients:
            c.start()
        for c in clients:
            c.join()
        seconds = time.perf_counter() - begun
    finally:
        site.terminate()
        site.wait()
    stored = Sample.objects.filter(round_id=round_.id).count()
    copied = plain_copy()
    bench.row("samples a second through HTTP, each upload one commit", stored / seconds, peer=stored / copied,
              peer_name="plain COPY, 100 a commit")  # fmt: skip
    bench.row(f"one upload of {BATCH} scans, p95 ms", p95(times))
    bench.goal("every scan counted once", stored, stored == total and not bad)
    wrong = tally_problems(Round.objects.get(id=round_.id))
    bench.goal("counts kept that differ from the units", wrong, wrong == 0)
    if bad:
        print(bad[:3])


if __name__ == "__main__":
    benchmark, asked = start("sync")
    main(benchmark, asked.quick)
    benchmark.show(asked.json)
