"""Thousands press at once: claims a second through HTTP with every check, beside one statement a claim; and a rush."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from benchmarks.claims_peer import GATES
from benchmarks.frame import Bench, start

COUNTY = "440203"
SHIFTS, PLACES = 200, 100_000
LINES, RUSH_RATE = 1500, 2250
ROUNDS = 3


@dataclass
class Scene:
    """Who presses, and for what."""

    people: list[tuple[UUID, str, str]]  # account, key of its session, ticket
    days: list[list[UUID]]  # shifts by day: so far apart that one may serve on each
    hot: UUID
    at: datetime


def prepare(people: int) -> Scene:
    """A county's volunteers, each signed in with a page open; calls of a few days; one shift that everybody wants."""
    from lianfang.base import clock
    from lianfang.base.roles import refresh_statistics
    from lianfang.cli.up import system_actor
    from lianfang.domains.areas.models import AreaClosure
    from lianfang.domains.areas.queries import area_of_code
    from lianfang.domains.calls.models import Shift
    from lianfang.domains.calls.services import NewShift, post_call
    from lianfang.drill.population import load_places

    at, by = clock.now(), system_actor()
    load_places([COUNTY], by=by, at=at)
    county = area_of_code(COUNTY)
    below = AreaClosure.objects.filter(hierarchy="division", ancestor_id=county.id)
    homes = list(
        below.filter(descendant__level="committee").order_by("descendant_id").values_list("descendant_id", flat=True)
    )
    days: list[list[UUID]] = []
    for day in range(4):
        begins, made = at + timedelta(days=2 * day + 2), []
        for n in range(10):
            shifts = [NewShift(uuid4(), begins, begins + timedelta(hours=4), PLACES) for _ in range(SHIFTS // 10)]
            post_call(call_id=uuid4(), area_id=homes[n % len(homes)], task="registration", shifts=shifts,
                      title={"zh": "扫码登记", "en": "Registration"}, by=by, at=at)  # fmt: skip
            made += [s.id for s in shifts]
        days.append(made)
    hot = NewShift(uuid4(), at + timedelta(days=30), at + timedelta(days=30, hours=4), PLACES)
    post_call(call_id=uuid4(), area_id=homes[0], task="registration", shifts=[hot], title={"zh": "扫码登记", "en": ""},
              by=by, at=at)  # fmt: skip
    assert Shift.objects.count() == 4 * SHIFTS + 1
    scene = Scene(signed_in(people, homes, at), days, hot.id, at)
    refresh_statistics()
    return scene


def signed_in(people: int, homes: list[UUID], at: datetime) -> list[tuple[UUID, str, str]]:
    """Accounts that may take shifts, each with a session and the ticket of its page."""
    from django.contrib.sessions.models import Session

    from lianfang.cli.up import SYSTEM
    from lianfang.domains.accounts.models import Account, RoleGrant
    from lianfang.domains.accounts.rules import Ticket, session_stamp, ticket_text
    from lianfang.domains.privacy.queries import site_key

    accounts = [Account(id=uuid4(), username=f"b{n}", label=f"b{n}", password="!", sessions=["benchmarked1"])
                for n in range(people)]  # fmt: skip
    Account.objects.bulk_create(accounts, batch_size=5000)
    RoleGrant.objects.bulk_create(
        [RoleGrant(id=uuid4(), account=a, role="volunteer", hierarchy="division", area_id=homes[n % len(homes)],
                   from_at=at, granted_by=SYSTEM) for n, a in enumerate(accounts)], batch_size=5000)  # fmt: skip
    until, keys = at + timedelta(hours=6), [uuid4().hex for _ in accounts]
    Session.objects.bulk_create(
        [Session(session_key=k, session_data="", expire_date=until) for k in keys], batch_size=5000)  # fmt: skip
    key, stamp, until_s = site_key(), session_stamp("!", 0), int(until.timestamp())
    return [(a.id, k, ticket_text(Ticket(a.id, stamp, "benchmarked1", None, until_s), session=k, key=key))
            for a, k in zip(accounts, keys, strict=True)]  # fmt: skip


def request(session: str, ticket: str, claim: UUID, shift: UUID) -> bytes:
    """A press as a browser sends it."""
    body = json.dumps({"ticket": ticket, "id": str(claim), "shift": str(shift), "language": "zh-hans"}).encode()
    return (f"POST /calls/rush HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: */*\r\n"
            f"Cookie: csrftoken={'a' * 32}; sessionid={session}; django_language=zh-hans\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body  # fmt: skip


class Site:
    """The site as it is served, over the benchmark's database."""

    def __init__(self) -> None:
        from lianfang.cli.commands import server_command

        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = int(s.getsockname()[1])
        self.process = subprocess.Popen(server_command("127.0.0.1", self.port), env=dict(os.environ))
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=1).request("GET", "/healthz")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the site did not come up")

    def cpu_s(self) -> float:
        """Processor seconds of the server, its worker and the judge."""
        parents, spent = {}, {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(folder.name)], spent[int(folder.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
        ours = {self.process.pid}
        for _ in range(3):
            ours |= {child for child, parent in parents.items() if parent in ours}
        return sum(spent.get(p, 0) for p in ours) / os.sysconf("SC_CLK_TCK")

    def press(self, presses: list[bytes], *, lines: int, rate: float = 0) -> dict[str, Any]:
        """Send them by the other process."""
        with tempfile.TemporaryDirectory() as folder:
            file, out = Path(folder) / "presses", Path(folder) / "told"
            file.write_bytes(pickle.dumps(presses))
            cpu = self.cpu_s()
            subprocess.run([sys.executable, "-m", "benchmarks.claims_load", str(self.port), str(lines), str(rate),
                            str(file), str(out)], check=True)  # fmt: skip
            told: dict[str, Any] = json.loads(out.read_text())
            told["server"] = (self.cpu_s() - cpu) / told["seconds"]
            return told


def forget() -> None:
    """All shifts empty again, and the tables as after a night's vacuum."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE calls_claim CASCADE")  # and what was noted of them
        cursor.execute("UPDATE calls_shift SET taken = 0, waiting = 0, asked = 0")
        cursor.execute("UPDATE calls_call SET state = 'open'")
        for table in ("calls_claim", "calls_shift", "calls_call", "base_logentry"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    connection.close()


def wrong_counts() -> int:
    """Shifts whose counter is not the number of their claims, or above their places."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM calls_shift s WHERE taken > places OR taken <> (SELECT count(*) FROM "
                       "calls_claim c WHERE c.shift_id = s.id AND c.state = 'claimed')")  # fmt: skip
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def by_peer(presses: list[tuple[tuple[UUID, str, str], UUID]], gates: list[str]) -> dict[str, Any]:
    """The same presses by one statement each."""
    from django.conf import settings

    roles = ["volunteer"]
    rows = [{"id": uuid4(), "who": who, "session": session, "shift": shift, "roles": roles}
            for (who, session, _), shift in presses]  # fmt: skip
    url = settings.OWN_DATABASE_URL or settings.EMBEDDED_DATABASE.url(database=settings.DATABASE_NAME)
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "asked", Path(folder) / "told"
        file.write_bytes(pickle.dumps({"url": url, "gates": gates, "presses": rows}))
        subprocess.run([sys.executable, "-m", "benchmarks.claims_peer", str(file), str(out)], check=True)
        told: dict[str, Any] = json.loads(out.read_text())
        return told


def compare(bench: Bench, site: Site, scene: Scene, quick: bool) -> None:
    """Spread over shifts, then all on one; peer and ours in turn, medians."""
    every = list(GATES)
    for name, goal, peers, shifts in (("spread over 200 shifts", 3, len(scene.people), scene.days[0]),
                                      ("all on one shift", 8, len(scene.people) // 4, [scene.hot])):  # fmt: skip
        presses = [(who, shifts[n % len(shifts)]) for n, who in enumerate(scene.people)]
        ours, peer, tolds = [], [], []
        for _ in range(ROUNDS):
            forget()
            told = by_peer(presses[:peers], every)
            assert told["given"] == peers, told
            peer.append(peers / told["seconds"])
            forget()
            sent = [request(session, ticket, uuid4(), shift) for (_, session, ticket), shift in presses]
            mine = site.press(sent, lines=LINES)
            assert mine["codes"] == {"claimed": len(sent)} and wrong_counts() == 0, mine["codes"]
            ours.append(len(sent) / mine["seconds"])
            tolds.append((mine, told))
        print(f"  {name}: ours {[round(x) for x in ours]}, peer {[round(x) for x in peer]} a second")
        ratio = statistics.median(ours) / statistics.median(peer)
        bench.row(f"claims a second through HTTP, {name}", statistics.median(ours), peer=statistics.median(peer),
                  peer_name="one statement a claim, 16 connections")  # fmt: skip
        for p in ("p50", "p99"):
            bench.row(f"  {p} ms at {LINES} connections, {name}", statistics.median(m["waits"][p] for m, _ in tolds),
                      peer=statistics.median(t[p] for _, t in tolds), peer_name="at 16")  # fmt: skip
        bench.row("  of one core: the phones' process", statistics.median(m["cpu"] for m, _ in tolds))
        bench.row("  of one core: the server and its judge", statistics.median(m["server"] for m, _ in tolds))
        bench.goal(f"claims beside the peer, {name}, at least {goal}", ratio, ratio >= goal)


def ceiling(bench: Bench, site: Site, scene: Scene) -> None:
    """Unscored: what this machine can take and answer at all, phones and server on it: presses refused unjudged."""
    sent = [request(session, "none", uuid4(), scene.hot) for _, session, _ in scene.people]
    told = site.press(sent, lines=LINES)
    assert set(told["codes"]) == {"accounts.ticket_over"}, told["codes"]
    bench.row("unscored: presses read and refused without a judge, a second", len(sent) / told["seconds"])
    bench.row("  of one core: the phones' process", told["cpu"])
    bench.row("  of one core: the server", told["server"])


def gates(bench: Bench, scene: Scene) -> None:
    """Unscored: what the bare statement does, and what each gate alone costs it."""
    presses = [(who, scene.days[0][n % SHIFTS]) for n, who in enumerate(scene.people[:8000])]
    forget()
    bare = by_peer(presses, [])["seconds"]
    bench.row("unscored: the bare statement, claims a second", len(presses) / bare)
    for gate in GATES:
        forget()
        took = by_peer(presses, [gate])["seconds"]
        bench.row(f"  with one gate: {gate}", len(presses) / took, peer=len(presses) / bare, peer_name="bare")


def last_place(bench: Bench, site: Site, scene: Scene) -> None:
    """Four thousand on one last place, each press sent three times."""
    from lianfang.domains.calls.models import Claim, Shift

    forget()
    Shift.objects.filter(id=scene.hot).update(places=1)
    each = [request(session, ticket, uuid4(), scene.hot) for _, session, ticket in scene.people[:4000]]
    told = site.press(each * 3, lines=LINES)
    winners = [n % 4000 for n, code in enumerate(told["answers"]) if code in ("claimed", "repeated")]
    given = Claim.objects.filter(shift_id=scene.hot, state="claimed").count()
    Shift.objects.filter(id=scene.hot).update(places=PLACES)
    bench.goal("4,000 people on one last place, three times each: places given", given, given == 1)
    bench.goal("  people told that it is theirs", len(set(winners)), len(set(winners)) == 1 and len(winners) == 3)
    bench.goal("  told that it is full, of 11,997", told["codes"].get("calls.full", 0),
               told["codes"].get("calls.full", 0) == 11_997)  # fmt: skip


def rush(bench: Bench, site: Site, scene: Scene, seconds: int) -> None:
    """So many presses a second for so long, every fifth sent twice; each is a person's first of a day."""
    forget()
    asked = [(who, day[n % SHIFTS]) for day in scene.days for n, who in enumerate(scene.people)]
    sent: list[bytes] = []
    for n, ((_, session, ticket), shift) in enumerate(asked):
        sent.append(request(session, ticket, uuid4(), shift))
        if n % 5 == 4:
            sent.append(sent[-1])
    sent = sent[: RUSH_RATE * seconds]
    told = site.press(sent, lines=LINES, rate=RUSH_RATE)
    codes = Counter(told["codes"])
    bench.row(f"rush: presses a second for {seconds} s", len(sent) / told["seconds"], limit=RUSH_RATE)
    for p in ("p50", "p99", "max"):
        bench.row(f"  {p} ms until an answer", told["waits"][p])
    bench.row("  max ms until the last answer of a press that was shed", told["totals"]["max"])
    bench.row("  shed, and came back by themselves", told["shed"])
    bench.row("  of one core: the phones' process", told["cpu"])
    bench.row("  of one core: the server and its judge", told["server"])
    bench.goal("rush: the longest wait for an answer, ms, at most 2,000", told["waits"]["max"],
               told["waits"]["max"] <= 2000)  # fmt: skip
    bench.goal("rush: every press answered in the end", sum(codes[c] for c in ("claimed", "repeated")),
               set(codes) <= {"claimed", "repeated"} and sum(codes.values()) == len(sent))  # fmt: skip
    wrong = wrong_counts()
    bench.goal("rush: shifts with a wrong count", wrong, wrong == 0)


def main(bench: Bench, quick: bool, *, only_rush: bool) -> None:
    """The scene, then each part of it."""
    from django.db import connection

    scene = prepare(10_000 if quick else 40_000)
    connection.close()
    site = Site()
    try:
        first = [request(session, ticket, uuid4(), scene.days[-1][0]) for _, session, ticket in scene.people[:200]]
        site.press(first, lines=20)  # until the judge stands
        if not only_rush:
            compare(bench, site, scene, quick)
            last_place(bench, site, scene)
            ceiling(bench, site, scene)
            gates(bench, scene)
        rush(bench, site, scene, 10 if quick else 60)
    finally:
        site.process.terminate()
        site.process.wait()


if __name__ == "__main__":
    only = "--rush" in sys.argv
    sys.argv = [a for a in sys.argv if a != "--rush"]
    benchmark, asked = start("claims")
    main(benchmark, asked.quick, only_rush=only)
    benchmark.show(asked.json)
