"""Single pleas a report tells of: an elder's medicine from hand to hand, the gas cards of an estate before closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Presence
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import NewPlea, accept_plea, end_plea, route_plea, take_in
from lianfang.domains.work.services import end_run, start_run
from lianfang.drill.needs.hands import MINUTE, Hands
from lianfang.drill.needs.pleas import Branches, Home
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import host_of
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]


def home_of(stage: Stage, area_id: UUID, born_until: int) -> Home:
    """A door of an area behind which somebody of that age or older lives; elsewhere where a small register has none."""
    rows = Presence.objects.filter(kind="lives", to_on=None, person__birth_year__lte=born_until)
    rows = rows.order_by("person__birth_year", "person_id")
    near = rows.filter(area_id=area_id).first() or rows.filter(area_id__in=ids_below(stage.cast.county.id))[0]
    assert near.household_id is not None, "whoever lives here lives behind a door"
    return Home(near.household_id, near.person_id, near.area_id)


def medicine(stage: Stage, hands: Hands, told: Told, at: datetime) -> int:
    """An elder has none left: a helper at the pharmacy buys it, the community's worker brings it to the elder."""
    host = host_of(stage, told["place"])
    home = home_of(stage, host.id, at.year - 70)
    plea, item = stage.id_of("plea r-medicine"), stage.id_of("work r-medicine")
    desk, worker = hands.desk(home.area_id, at), stage.cast.grid[home.area_id][0].id
    buyer = Branches(stage, told).people[told["team"]][0]
    refuse_any(take_in(pleas=[NewPlea(plea, "message", told["words"], desk, at, phone="0000-7000001",
                                      household_id=home.household_id, person_id=home.person_id, kind="medicine",
                                      danger="life", incident_id=stage.id_of("incident"))], by=desk,
                       at=at))  # fmt: skip
    accept_plea(plea_id=plea, by=desk, at=at + 2 * MINUTE)
    route_plea(plea_id=plea, item_id=item, kind_name="medicine", values=told["values"], owner_id=buyer, by=desk,
               at=at + 4 * MINUTE)  # fmt: skip
    hands.note(buyer, item, "buy", {"bought_at": told["pharmacy"], "cost": 86}, at + 15 * MINUTE)
    hands.then(at + 25 * MINUTE, lambda now: hands.after_upload(
        now, lambda then: hands.note(worker, item, "take-on", {}, then)))  # fmt: skip
    hands.then(at + 60 * MINUTE, lambda now: hands.note(worker, item, "deliver", {}, now))
    hands.then(at + 61 * MINUTE, lambda now: hands.after_upload(
        now + 5 * MINUTE, lambda then: end_plea(plea_id=plea, end="confirmed", why="", by=desk, at=then)))  # fmt: skip
    return 1


def gas_cards(stage: Stage, hands: Hands, told: Told, at: datetime) -> int:
    """One of the branch goes on foot with all cards that wait, and is at the counter before it closes."""
    runner = Branches(stage, told).people[told["team"]][0]
    pleas = [stage.id_of(f"plea {told['sort']} {told['team']} {n}") for n in range(1, told["cards"] + 1)]
    rows = list(Plea.objects.filter(id__in=pleas, item__isnull=False).select_related("area").order_by("number"))
    closes = stage.scenario.moment(at.astimezone(stage.scenario.end().tzinfo).date(), told["closes"])
    run = stage.id_of("gas run")
    start_run(run_id=run, item_ids=[r.item_id for r in rows if r.item_id], area_id=rows[0].area_id,
              where=told["counter"], closes_at=closes, by=hands.actor(runner, at), at=at)  # fmt: skip
    for n, r in enumerate(rows):
        assert r.item_id is not None, "filtered"
        when = at + n * MINUTE
        hands.note(runner, r.item_id, "collect", {"card": f"演练{n:04}"}, when)
        hands.note(runner, r.item_id, "top-up", {"receipt": f"演练{n:04}"}, when + timedelta(hours=1))
        hands.note(runner, r.item_id, "return", {}, when + timedelta(hours=2))
        hands.then(at + timedelta(hours=3) + n * MINUTE, lambda now, r=r: end_plea(
            plea_id=r.id, end="confirmed", why="", by=hands.desk(r.area_id, now), at=now))  # fmt: skip
    back = at + timedelta(hours=3, minutes=30)
    hands.then(back, lambda now: end_run(run_id=run, by=hands.actor(runner, now), at=now))
    return len(rows)
