"""Pages of the week at full scale, over the database that `lianfang drill shaoguan-2022` left: statements and p95.

The round of the week is over when a drill ends; here it is opened again with some people left, as at half past eight in
the evening. Run the drill first: nothing is played here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from benchmarks.frame import Bench, p95, start_on_drill, timed

BUDGET, LIMIT_MS = 12, 300
LEFT_EACH = 40  # of every committee, people without a named state


def leave_some() -> Any:
    """The mass round as it stood in the evening: open, some people of each committee still to come."""
    from django.db import connection

    from lianfang.domains.rounds.models import Round

    found = Round.objects.filter(follows=None).order_by("-expected").first()
    if found is None:
        raise SystemExit("play the week first: lianfang drill shaoguan-2022")
    Round.objects.filter(id=found.id).update(state="open")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rounds_unit SET ending = '', ended_at = NULL WHERE id IN (SELECT id FROM (SELECT id, row_number() "
            "OVER (PARTITION BY area_id ORDER BY id) AS n FROM rounds_unit WHERE round_id = %s) u WHERE n <= %s)",
            [found.id, LEFT_EACH],
        )
        cursor.execute("DELETE FROM rounds_tally WHERE round_id = %s", [found.id])
        cursor.execute(
            "INSERT INTO rounds_tally (round_id, area_id, ending, source, n) SELECT round_id, area_id, ending, source, "
            "count(*) FROM rounds_unit WHERE round_id = %s GROUP BY 1, 2, 3, 4",
            [found.id],
        )
        cursor.execute("ANALYZE rounds_unit")
    found.refresh_from_db()
    return found


def addresses(found: Any) -> list[tuple[str, str, str]]:
    """(page, address, account) of the pages that the issue names, and their neighbours."""
    from django.urls import reverse

    from lianfang.domains.accounts.models import Account
    from lianfang.domains.calls.models import Call
    from lianfang.domains.rounds.models import Unit
    from lianfang.domains.tracing.models import Trace

    worker = Account.objects.get(username="demo-grid-worker")
    home: UUID = worker.grants.get().area_id
    unit = Unit.objects.filter(round=found, area_id=home, ending="").first()
    assert unit
    board = reverse("roster", args=[found.id])
    trace, call = Trace.objects.first(), Call.objects.order_by("posted_at").first()
    assert trace and call
    return [
        ("roster board, a committee", f"{board}?area={home}", "demo-grid-worker"),
        ("roster board, a door open", f"{board}?area={home}&building={unit.building_id}&door={unit.household_id}",
         "demo-grid-worker"),
        ("round, the city", reverse("round", args=[found.id]), "demo-command"),
        ("rounds", reverse("rounds"), "demo-command"),
        ("stations", reverse("round-stations", args=[found.id]), "demo-command"),
        ("results", reverse("results"), "demo-laboratory"),
        ("map with coverage", reverse("map"), "demo-command"),
        ("map areas", reverse("map-areas"), "demo-command"),
        ("wall", reverse("wall"), "demo-command"),
        ("daily sheet", reverse("sheet") + f"?incident={found.incident_id}", "demo-county-officer"),
        ("find a shift", reverse("calls"), "demo-volunteer"),
        ("a call", reverse("call", args=[call.id]), "demo-command"),
        ("tracer desk", reverse("trace", args=[trace.id]), "demo-tracer"),
        ("watch list", reverse("watch"), "demo-tracer"),
    ]  # fmt: skip


def measure(bench: Bench, found: Any, times_each: int) -> None:
    """Open each page several times as its post; count its statements once."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from lianfang.domains.accounts.models import Account

    over, slow = [], []
    for name, address, account in addresses(found):
        Account.objects.filter(username=account).update(is_first_password=False)
        client = Client()
        client.force_login(Account.objects.get(username=account), "allauth.account.auth_backends.AuthenticationBackend")
        answer = client.get(address)
        assert answer.status_code == 200, (name, answer.status_code)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        doors = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET LOCAL", "SELECT set_config")
        asked = [q for q in seen if not q["sql"].startswith(doors)]
        times = [timed(lambda c=client, a=address: c.get(a))[0] for _ in range(times_each)]  # type: ignore[misc]  # bound as they are now
        bench.row(f"{name}: p95 ms, {len(asked)} statements", p95(times), limit=float(LIMIT_MS))
        over += [f"{name} {len(asked)}"] if len(asked) > BUDGET else []
        slow += [name] if p95(times) > LIMIT_MS else []
    bench.goal("pages over 12 statements: " + (", ".join(over) or "none"), len(over), not over)
    bench.goal("pages over 300 ms at p95: " + (", ".join(slow) or "none"), len(slow), not slow)


def main() -> None:
    """Come up, prepare, measure."""
    bench, file = start_on_drill("week_pages")
    measure(bench, leave_some(), 25)
    bench.show(file)


if __name__ == "__main__":
    main()
