"""People to shifts from rows to an answer: reading, gates over arrays, the kernel; and again after cancellations.

What is invented, by a seed: a county's volunteers with homes, free hours, how far they would go and a skill here and
there; calls of four hours over two days, some of which demand the skill. All through the real tables.
"""

from __future__ import annotations

import statistics
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np

from benchmarks.frame import Bench, start, timed

COUNTY = "440203"
FREE = (
    [],
    [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "18:00", "until": "23:00"}],
    [{"days": [5, 6], "from": "07:00", "until": "22:00"}],
    [{"days": [0, 1, 2, 3, 4], "from": "08:00", "until": "13:00"}],
    [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "13:00", "until": "18:00"}],
)


def prepare(people: int, shifts: int) -> UUID:
    """The county, its volunteers on the register of who serves, and its calls. Gives the county."""
    from lianfang.base import clock
    from lianfang.base.roles import refresh_statistics
    from lianfang.cli.up import SYSTEM, system_actor
    from lianfang.domains.accounts.models import Account, RoleGrant
    from lianfang.domains.areas.models import AreaClosure
    from lianfang.domains.areas.queries import area_of_code
    from lianfang.domains.calls.services import NewShift, post_call
    from lianfang.domains.responders.models import Responder, Skill
    from lianfang.drill.population import load_places

    at, by, rng = clock.now(), system_actor(), np.random.default_rng(1)
    load_places([COUNTY], by=by, at=at)
    county = area_of_code(COUNTY)
    below = AreaClosure.objects.filter(hierarchy="division", ancestor_id=county.id, descendant__level="committee")
    homes = list(below.order_by("descendant_id").values_list("descendant_id", flat=True))
    accounts = [Account(id=uuid4(), username=f"b{n}", label=f"b{n}", password="!") for n in range(people)]
    Account.objects.bulk_create(accounts, batch_size=5000)
    home = [homes[int(n)] for n in rng.integers(0, len(homes), people)]
    RoleGrant.objects.bulk_create(
        [RoleGrant(id=uuid4(), account=a, role="volunteer", hierarchy="division", area_id=h, from_at=at,
                   granted_by=SYSTEM) for a, h in zip(accounts, home, strict=True)], batch_size=5000)  # fmt: skip
    free, near = rng.choice(len(FREE), people, p=[0.3, 0.3, 0.1, 0.15, 0.15]), rng.choice([0, 1, 2, 9], people)
    Responder.objects.bulk_create(
        [Responder(id=a.id, account=a, kind="volunteer", home_area_id=h, free_times=FREE[int(f)], registered_by=SYSTEM,
                   near_steps=None if n == 9 else int(n), registered_at=at)
         for a, h, f, n in zip(accounts, home, free, near, strict=True)], batch_size=5000)  # fmt: skip
    Skill.objects.bulk_create(
        [Skill(id=uuid4(), responder_id=a.id, skill="swab", state="verified", stated_at=at)
         for a in accounts[::4]], batch_size=5000)  # fmt: skip
    for n in range(shifts // 10):
        new = [NewShift(uuid4(), at + timedelta(hours=2 + int(h)), at + timedelta(hours=6 + int(h)), int(p))
               for h, p in zip(rng.integers(0, 40, 10), rng.integers(2, 12, 10), strict=True)]  # fmt: skip
        post_call(call_id=uuid4(), area_id=homes[n % len(homes)], task="registration", shifts=new,
                  asked_area_id=county.id, skills=["swab"] if n % 5 == 0 else [],
                  title={"zh": "登记"}, by=by, at=at)  # fmt: skip
    refresh_statistics()
    return county.id


def measure(bench: Bench, people: int, shifts: int, goal: float, runs: int) -> None:
    """One size: from rows to answer; then all adopted, fifty give their places back, and the answer is asked again."""
    from django.db import transaction

    from lianfang.base import clock
    from lianfang.base.once import remembered
    from lianfang.cli.up import system_actor
    from lianfang.domains.calls.models import Claim
    from lianfang.domains.calls.planning import propose_matches
    from lianfang.domains.calls.planning.pool import pool_of
    from lianfang.domains.calls.services import Ask, claim_shifts, release_claims

    county, by, at = prepare(people, shifts), system_actor(), clock.now()
    name = f"{people:,} x {shifts}"

    def once() -> tuple[float, object]:
        with remembered(), transaction.atomic():
            return timed(lambda: propose_matches(county, by=by, at=at))

    times = [once() for _ in range(runs + 1)][1:]  # the first compiles and fills caches
    found = times[-1][1]
    with remembered(), transaction.atomic():
        pool_s, _ = timed(lambda: pool_of(county, by=by, at=at, until_at=at + timedelta(hours=48)))
    seconds = statistics.median(t for t, _ in times)
    bench.row(f"{name}: eligible pairs", found.pairs)
    bench.row(f"{name}: proposed", len(found.matches))
    bench.row(f"{name}: of it rows to arrays, s", pool_s)
    bench.goal(f"{name}: from rows to answer, s (<= {goal})", seconds, seconds <= goal)
    asks = [Ask(uuid4(), m.shift.id, m.account_id, at, by, waits=False) for m in found.matches]
    adopt_s, done = timed(lambda: claim_shifts(asks=asks, by=by, at=at))
    refused = sum(bool(o.code) for o in done)
    bench.row(f"{name}: adopting all of it, s", adopt_s)
    bench.goal(f"{name}: proposals that a gate refuses", refused, refused == 0)
    full = list(Claim.objects.filter(state="claimed").order_by("id").values_list("id", flat=True)[:50])
    release_claims(claim_ids=full, by=by, at=at)
    again = [once() for _ in range(runs)]
    seconds = statistics.median(t for t, _ in again)
    bench.row(f"{name}: pairs after 50 cancellations", again[-1][1].pairs)
    bench.goal(f"{name}: from rows again after 50 cancellations, s (<= 0.3)", seconds, seconds <= 0.3)


if __name__ == "__main__":
    bench, chosen = start("matching_rows")
    if chosen.quick:
        measure(bench, 5000, 300, 1.0, 3)
    else:
        measure(bench, 20_000, 800, 6.0, 3)
    bench.show(chosen.json)
