"""Pleas: intake to owner at a hundred a second, and the desk's board over a hundred thousand open ones.

`python -m benchmarks.needs [--quick]`. The peer is one plea a transaction through the same service, in the same run;
the limit is the bare insertion of the same rows.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from benchmarks.frame import p95, start, timed

A_SECOND, RUNS, BOARD_MS, INTAKE_S = 100, 7, 300, 1.0
WORDS = ("家里老人心脏病药吃完了", "煤气用完了做不了饭", "女儿被狗咬了，明天下午3点前要打第二针", "请问什么时候解封",
         "每周三次透析，怎么去医院", "奶粉快没了，孩子六个月大", "楼上天天吵", "睡不着，很害怕")  # fmt: skip


def main() -> None:
    """Measure and print."""
    bench, chosen = start("needs")
    from django.db import connection, transaction

    from lianfang.base import clock
    from lianfang.base.bulk import insert_rows
    from lianfang.domains.needs.models import Plea
    from lianfang.domains.needs.queries import books_of, desk, known_of
    from lianfang.domains.needs.services import NewPlea, hand_on, take_in
    from tests.factories.place import small_place

    at = clock.now()
    place = small_place(at=at - timedelta(days=1))
    by = place.actor("street", at)
    areas = [place.area["committee"], place.area["committee2"]]

    def new(n: int) -> NewPlea:
        return NewPlea(uuid4(), "phone", f"{WORDS[n % 8]} {n}", by, at, phone=f"139{n % 10**8:08}",
                       area_id=areas[n % 2], household_id=place.households[n % 8] if n % 3 == 0 else None)  # fmt: skip

    whole, single, bare = [], [], []
    for r in range(RUNS):
        some = [new(r * 1000 + n) for n in range(A_SECOND)]
        whole.append(timed(lambda some=some: take_in(pleas=some, by=by, at=at))[0])
        few = [new(r * 1000 + 500 + n) for n in range(10)]
        single.append(timed(lambda few=few: [take_in(pleas=[p], by=by, at=at) for p in few])[0] * A_SECOND / 10)
        rows = list(Plea.objects.order_by("-number")[:A_SECOND])
        for row in rows:
            row.id, row.number = uuid4(), row.number + 10**9
        with transaction.atomic():
            bare.append(timed(lambda rows=rows: insert_rows(Plea, rows))[0])
            transaction.set_rollback(True)
    half = RUNS // 2
    bench.row("a hundred pleas to their owners, s", sorted(whole)[half], peer=sorted(single)[half],
              peer_name="one by one", limit=sorted(bare)[half])  # fmt: skip
    bench.goal(f"intake to owner under {INTAKE_S} s at {A_SECOND} a second", max(whole), max(whole) < INTAKE_S)
    held = Plea.objects.filter(holder_id=None).count()
    bench.goal("pleas without an owner", held, held == 0)

    many = 4_000 if chosen.quick else 100_000
    for n in range(0, many, 5000):
        take_in(pleas=[new(10_000 + n + k) for k in range(min(5000, many - n))], by=by, at=at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times: dict[str, list[float]] = {"board": [], "board of a danger": [], "next page": [], "known": [], "books": []}
    for n in range(30):
        page, _ = (t := timed(lambda: desk(by=by, area_id=place.area["street"])))[1]
        times["board"].append(t[0])
        times["board of a danger"].append(
            timed(lambda: desk(by=by, area_id=areas[0], danger="life", kind="medicine"))[0]
        )
        last = page[-1]
        times["next page"].append(timed(lambda last=last: desk(by=by, after=(last.rank, last.next_at, last.id)))[0])
        times["known"].append(timed(lambda n=n: known_of(phone=f"139{10_000 + n:08}", household_id=place.households[0],
                                                         by=by, at=at, hours=72))[0])  # fmt: skip
    for _ in range(5):
        times["books"].append(timed(lambda: books_of(place.area["street"], at.date(), by=by, at=at))[0])
    for name, found in times.items():
        bench.row(f"{name} over {many:,} pleas, p95 ms", p95(found))
    bench.goal(f"board of {many:,} p95 under {BOARD_MS} ms", p95(times["board"]), p95(times["board"]) < BOARD_MS)
    later = at + timedelta(hours=1)
    seconds, moved = timed(lambda: hand_on(limit=2000, by=place.system, at=later))
    bench.row("2,000 handed on, s", seconds)
    assert moved <= 2000
    bench.show(chosen.json)


if __name__ == "__main__":
    main()
