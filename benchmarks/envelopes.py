"""Two hundred phones come back with five thousand offline notes, in any order, some twice: each counts once."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from benchmarks.frame import Bench, p95, start, timed

NOW = datetime(2026, 7, 21, 9, 0, tzinfo=UTC)
DEVICES, EACH = 200, 25


def main(bench: Bench, quick: bool) -> None:
    """Play it, then copy as many rows plainly."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection, transaction

    from lianfang.base.envelopes import read_batch
    from lianfang.cli.up import system_actor
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.accounts.queries import actor_for
    from lianfang.domains.accounts.services import grant_role, open_account
    from lianfang.domains.areas.queries import area_of_code
    from lianfang.domains.grid.models import Household
    from lianfang.domains.work.models import Item, Move
    from lianfang.domains.work.services import NewItem, open_items
    from lianfang.drill.population import invent_county, load_places
    from lianfang.field.kinds import run_envelopes
    from lianfang.flows.take_envelopes import take_envelopes

    by = system_actor()
    load_places(["440204"], by=by, at=NOW)
    invent_county("440204", share=0.05 if quick else 0.2, seed=1, by=by, at=NOW)
    county = area_of_code("440204")
    homes = list(Household.objects.values_list("id", "area_id")[: DEVICES * EACH])
    items = [NewItem(uuid4(), area, "household", home, due_at=NOW + timedelta(hours=9)) for home, area in homes]
    for k in range(DEVICES * EACH - len(items)):
        home, area = homes[k % len(homes)]
        items.append(NewItem(uuid4(), area, "household", home, due_at=NOW))
    done = open_items(kind_name="door-survey", items=items, area_id=county.id, incident_id=None, by=by, at=NOW)
    assert not [o for o in done if o.code], done[:2]
    accounts = []
    for n in range(DEVICES):
        account = open_account(
            account_id=uuid4(),
            username=f"phone{n}",
            label="phone",
            password_hash=make_password(None),
            person_id=None,
            area_id=county.id,
            by=by,
            at=NOW,
        )
        grant_role(
            grant_id=uuid4(), account_id=account.id, role="grid-worker", area_id=county.id, until_at=None, by=by, at=NOW
        )
        accounts.append(account.id)
    uploads = _uploads(accounts, [i.id for i in items])
    times = []

    def one(actor_id: UUID, raw: bytes) -> None:
        actor = actor_for(Account.objects.get(id=actor_id), at=NOW)
        with transaction.atomic():
            reading = read_batch(raw, at=NOW)
            take_envelopes(
                reading=reading,
                by=actor,
                at=NOW,
                handle=lambda kind, sent: run_envelopes(kind, sent, clock_off=reading.clock_off, by=actor, at=NOW),
            )

    for actor_id, raw in uploads:
        times.append(timed(lambda a=actor_id, r=raw: one(a, r))[0])  # type: ignore[misc]
    moves = Move.objects.exclude(move="open").count()
    closed = Item.objects.filter(is_closed=True).count()
    total = sum(times)

    def plain() -> None:
        text = io.StringIO()
        for m in Move.objects.exclude(move="open")[:5000]:
            text.write(
                f"{uuid4()}\t{m.move}\t{m.from_state}\t{m.to_state}\t{m.by}\t{m.at.isoformat()}\t{{}}\t{m.item_id}\n"
            )
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY work_move (id, move, from_state, to_state, by, at, told, item_id) FROM STDIN") as copy,
        ):
            copy.write(text.getvalue())

    limit, _ = timed(plain)
    bench.row(
        "5,000 notes from 200 phones, 1.2 times each: notes per second",
        moves / total,
        peer=moves / limit,
        peer_name="plain COPY",
    )
    bench.row("one upload of some 30 notes, p95 ms", p95(times))
    bench.goal("every note counted once (moves stored)", moves, moves == DEVICES * EACH)
    bench.goal("every item closed once", closed, closed == DEVICES * EACH)


def _uploads(accounts: list[UUID], items: list[UUID]) -> list[tuple[UUID, bytes]]:
    import msgspec

    chance = random.Random(3)
    out = []
    for n, actor in enumerate(accounts):
        device = uuid5(actor, "phone")
        mine = items[n * EACH : (n + 1) * EACH]
        sent = [
            {
                "id": uuid5(i, "note"),
                "kind": "work.note",
                "made_at": NOW - timedelta(minutes=90 - k),
                "seq": k,
                "actor": actor,
                "body": {"item": i, "move": "finish", "values": {"persons_home": 2, "residence": "own"}},
            }
            for k, i in enumerate(mine)
        ]
        parts = [sent[:15], sent[10:], sent[:3]]
        for part in parts:
            chance.shuffle(part)
            out.append((actor, msgspec.json.encode({"device": device, "sent_at": NOW, "envelopes": part})))
    chance.shuffle(out)
    return out


if __name__ == "__main__":
    benchmark, asked = start("envelopes")
    main(benchmark, asked.quick)
    benchmark.show(asked.json)
