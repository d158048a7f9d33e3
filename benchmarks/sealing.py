"""What sealing and the second wall cost, and how fast a key dies: over the database of `lianfang drill shaoguan-2022`.

Each variant (all on, no wall, no sealing) runs in turn, round after round, so that the machine's noise falls on all.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from benchmarks.frame import Bench, p95, start_on_drill, timed
from benchmarks.week_pages import addresses, leave_some

ROUNDS, MOST_COST = 45, 1.15
SURNAMES, GIVEN = "王李张刘陈杨黄赵", ("伟", "静", "建国", "秀英")


@contextmanager
def no_wall() -> Iterator[None]:
    """The same pages without row-level security."""
    from django.db import connection

    from lianfang.base.walls import WALLS

    with connection.cursor() as cursor:
        for table in WALLS:
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in WALLS:
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


class Plain:
    """A cipher that leaves what it is given."""

    def seal(self, plain: bytes, associated: bytes) -> bytes:
        """The same, behind an empty nonce."""
        return bytes(12) + plain


@contextmanager
def no_sealing() -> Iterator[None]:
    """As if values stood plain in their rows: each blob is read once before, then told by heart; none is sealed."""
    from lianfang.domains.privacy import queries

    known: dict[bytes, Any] = {}
    real = queries._opened

    def by_heart(pairs: Any) -> list[dict[str, Any]]:
        fresh = [(i, b) for i, b in pairs if b not in known]
        if fresh:
            known.update(zip((b for _, b in fresh), real(fresh), strict=True))
        return [known[b] for _, b in pairs]

    with patch.object(queries, "_opened", by_heart), patch.object(queries, "_live_key", lambda *_: (0, Plain())):
        yield


VARIANTS: dict[str, tuple[Callable[[], Any], ...]] = {
    "all on": (),
    "no wall": (no_wall,),
    "no sealing": (no_sealing,),
}


def compare(bench: Bench, what: str, work: Callable[[], Any]) -> None:
    """Medians of one piece of work in each variant, and what wall and sealing cost."""
    times: dict[str, list[float]] = {v: [] for v in VARIANTS}
    names = list(VARIANTS)
    for n in range(ROUNDS):
        for name in names[n % 3 :] + names[: n % 3]:  # none is always the first, which finds the caches cold
            without = VARIANTS[name]
            with ExitStack() as stack:
                for w in without:
                    stack.enter_context(w())
                work()
                times[name].append(timed(work)[0])
    middle = {v: 1000 * statistics.median(t) for v, t in times.items()}
    for name in ("no wall", "no sealing"):
        bench.row(f"{what}: median ms", middle["all on"], peer=middle[name], peer_name=name)
        cost = middle["all on"] / middle[name]
        bench.goal(f"{what}: cost against {name}, at most {MOST_COST}", cost, cost <= MOST_COST)


def pages(bench: Bench, found: Any) -> None:
    """The roster board as its grid worker opens it."""
    from django.test import Client

    from lianfang.domains.accounts.models import Account

    for name, address, account in addresses(found)[:2]:
        Account.objects.filter(username=account).update(is_first_password=False)
        client = Client()
        client.force_login(Account.objects.get(username=account), "allauth.account.auth_backends.AuthenticationBackend")
        assert client.get(address).status_code == 200
        compare(bench, name, lambda c=client, a=address: c.get(a))  # type: ignore[misc]  # bound as they are now


def checks(bench: Bench) -> None:
    """A medic's upload of a hundred health checks, each sealed, taken under the request role and rolled back."""
    from django.db import transaction

    from lianfang.base.envelopes import EnvelopeIn, Reading
    from lianfang.base.roles import REQUEST_ROLE, acting_as
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.accounts.queries import actor_for
    from lianfang.domains.watch.models import WatchCase
    from lianfang.field.kinds import run_envelopes
    from lianfang.flows.take_envelopes import take_envelopes

    cases = list(WatchCase.objects.order_by("-opened_at", "id")[:100])
    at = max(c.opened_at for c in cases) + timedelta(hours=1)
    by = actor_for(Account.objects.get(username="demo-medic"), at=at)

    def upload() -> None:
        sent = [
            EnvelopeIn(uuid4(), "watch.check", at, n + 1, by.id, {"case": str(c.id), "celsius": 36.5, "note": "无不适"})
            for n, c in enumerate(cases)
        ]
        with transaction.atomic(), acting_as(REQUEST_ROLE, by):
            answers = take_envelopes(
                reading=Reading(uuid4(), sent, [], timedelta()), by=by, at=at,
                handle=lambda kind, some: run_envelopes(kind, some, clock_off=timedelta(), by=by, at=at),
            )  # fmt: skip
            assert {a["code"] for a in answers} == {""}, answers[:2]
            transaction.set_rollback(True)

    compare(bench, f"an upload of {len(cases)} health checks", upload)


def search(bench: Bench) -> None:
    """Names in a register of a million, asked by the command of the city."""
    from django.test import Client

    from lianfang.domains.accounts.models import Account
    from lianfang.domains.grid.models import Person
    from lianfang.web.searches import seal_search

    client = Client()
    Account.objects.filter(username="demo-command").update(is_first_password=False)
    client.force_login(
        Account.objects.get(username="demo-command"), "allauth.account.auth_backends.AuthenticationBackend"
    )
    client.post("/glass", {"id": str(uuid4()), "why": "a measurement of the search"})
    by_id, times = Account.objects.get(username="demo-command").id, []
    for name in (s + g for s in SURNAMES for g in GIVEN):
        asked = {"q": seal_search(name, by_id=by_id)}
        seconds, answer = timed(lambda a=asked: client.get("/register", a))  # type: ignore[misc]  # as it is now
        assert answer.status_code == 200 and b'name="why"' not in answer.content
        times.append(seconds)
    bench.row(f"a name among {Person.objects.count():,} persons: p95 ms", p95(times), limit=300.0)
    bench.goal("name search under 300 ms at p95", p95(times), p95(times) < 300)


def death(bench: Bench) -> None:
    """The order that ends an incident's classes, and the files' end; the order is rolled back, the keys are spare."""
    from django.db import transaction

    from lianfang.base.keystore import key_store
    from lianfang.cli.up import system_actor
    from lianfang.domains.incidents.models import Incident
    from lianfang.domains.privacy.queries import new_key
    from lianfang.flows.purge import HOLDERS, destroy_personal

    incident = Incident.objects.earliest("opened_at")
    held = sum(m.objects.filter(incident_id=incident.id).exclude(sealed=b"").count() for _, m in HOLDERS)
    over = incident.opened_at + timedelta(days=30)
    store, keys = key_store(), [uuid4() for _ in range(8)]
    for k in keys:
        store.put(k, new_key(k, "world"))
    with transaction.atomic():
        Incident.objects.filter(id=incident.id).update(closed_at=over)
        order, _ = timed(lambda: destroy_personal(
            destruction_id=uuid4(), incident_id=incident.id, classes=["track", "contact", "plea", "standing"],
            why="a measurement", by=system_actor(), at=over + timedelta(days=1)))  # fmt: skip
        transaction.set_rollback(True)
    files, _ = timed(lambda: [store.destroy(k) for k in keys])
    bench.row(f"an order over {held:,} sealed records: seconds", order)
    bench.row("eight keys gone from the store: seconds", files)
    bench.goal("the end of an incident's keys under 1 s", order + files, order + files < 1)


def main() -> None:
    """Come up, prepare, measure."""
    bench, file = start_on_drill("sealing")
    pages(bench, leave_some())
    checks(bench)
    search(bench)
    death(bench)
    bench.show(file)


if __name__ == "__main__":
    main()
