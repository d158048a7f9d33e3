"""Hearts: a call is kept once and seen by its line alone; high risk goes on until somebody accepts; disputes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.base.errors import Refused
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.grid.models import Household
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.errors import MediatorUnfit
from lianfang.domains.needs.queries import hearts
from lianfang.domains.needs.services import give_dispute, record_call, record_dispute
from lianfang.domains.work.errors import FieldMissing, FieldUnfit, ItemMissing
from lianfang.domains.work.models import Clock, Item, Move
from lianfang.domains.work.queries import counts_by_kind, item_seen, items_seen, left_here, open_by_area
from lianfang.domains.work.services import NewItem, Note, assign_items, make_move, make_moves, open_item, run_out_clocks
from tests.factories.call import acting, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database
FIVE = timedelta(minutes=5)


@pytest.fixture
def crew(place: Place) -> tuple[Account, Account]:
    """A counsellor of the district and the line's lead."""
    [one], [head] = (volunteers(place, 1, where="district", role=r) for r in ("counsellor", "counsel-lead"))
    return one, head


def kept(place: Place, who: Account, **more: Any) -> UUID:
    told = {"topic": "sleep", "risk": "low", "next_hours": 2, "called": "", "phone": "", "words": "很怕", **more}
    return record_call(**{"item_id": uuid4(), "area_id": place.area["district"], "incident_id": None,
                          "by": acting(who, place.at), "at": place.at, **told})  # type: ignore[arg-type]  # fmt: skip


def test_a_call_sent_again_is_one_and_what_is_missing_or_unfit_is_refused(
    place: Place, crew: tuple[Account, Account]
) -> None:
    item_id = uuid4()
    assert kept(place, crew[0], item_id=item_id) == kept(place, crew[0], item_id=item_id)
    assert Move.objects.filter(item_id=item_id).count() == 2  # opened, spoken
    refused: list[tuple[dict[str, Any], type[Refused]]] = [
        ({"risk": ""}, FieldMissing), ({"topic": "weather"}, FieldUnfit), ({"next_hours": -1}, FieldUnfit)]  # fmt: skip
    for bad, error in refused:
        with pytest.raises(error):
            kept(place, crew[0], **bad)
    assert Item.objects.filter(kind="counsel-call").count() == 1
    for post in ("lead", "medic", "command", "volunteer"):
        with pytest.raises(RightMissing):
            kept(place, place.accounts[post])


def test_nobody_but_the_line_meets_a_call_in_any_list_or_count(place: Place, crew: tuple[Account, Account]) -> None:
    item_id = kept(place, crew[0])
    door = record_dispute(item_id=uuid4(), area_id=place.area["committee"], household_id=place.households[0],
                          incident_id=None, what="吵架", parties="", phone="", by=place.actor("grid"),
                          at=place.at)  # fmt: skip
    assert items_seen(acting(crew[0], place.at)).filter(id=item_id).exists()
    assert items_seen(acting(crew[1], place.at)).filter(id=item_id).exists()
    for post in ("command", "officer", "street", "medic", "above", "neighbour", "auditor", "admin"):
        by = place.actor(post)
        assert not items_seen(by).filter(id__in=[item_id, door]).exclude(id=door if post == "street" else None).exists()
        assert not counts_by_kind(by=by, area_id=place.area["district"]), post
        assert sum(n for *_, n in open_by_area(place.area["district"], by=by, at=place.at).values()) == 0
    doors = list(Household.objects.filter(id=place.households[0]))
    for d in doors:
        d.people = []  # type: ignore[attr-defined]  # of grid.doors_of
    left = left_here(doors, place.area["committee"], by=place.actor("lead"))
    assert not left.by_door and not left.by_building  # a number on the stairs would tell of the quarrel


def test_who_does_not_serve_is_told_that_there_is_no_such_item(place: Place, crew: tuple[Account, Account]) -> None:
    item_id, by = kept(place, crew[0]), place.actor("lead")
    with pytest.raises(ItemMissing):
        item_seen(item_id, by=by)
    for move in ("close", "nonsense"):
        done = make_moves(notes=[Note(uuid4(), item_id, move, by, place.at)], by=by, at=place.at)
        assert done[0].code == "work.item_missing"
    assert assign_items(item_ids=[item_id], owner_id=by.id, by=by, at=place.at)[0].code == "work.item_missing"
    with pytest.raises(RightMissing):
        open_item(kind_name="counsel-call", item=NewItem(uuid4(), place.area["committee"]), incident_id=None, by=by,
                  at=place.at)  # fmt: skip


def test_high_risk_is_told_once_and_goes_on_until_it_is_accepted(place: Place, crew: tuple[Account, Account]) -> None:
    item_id = kept(place, crew[0], risk="high")
    clock = Clock.objects.get(item_id=item_id, stopped_at=None)
    assert (clock.name, clock.due_at, clock.position, clock.ran_out_at) == ("accept", place.at + FIVE, 1, None)
    told = Message.objects.filter(template="counsel-high")
    assert [m.recipient_id for m in told] == [crew[1].id]
    assert run_out_clocks(limit=10, by=place.system, at=place.at + FIVE - timedelta(seconds=1)) == 0
    assert run_out_clocks(limit=10, by=place.system, at=place.at + FIVE) == 1
    assert run_out_clocks(limit=10, by=place.system, at=place.at + FIVE) == 0
    second = Item.objects.get(id=item_id).owner_id
    assert second in {place.accounts["officer"].id, place.accounts["officer2"].id} and told.all().count() == 2
    clock.refresh_from_db()
    assert clock.due_at == place.at + 2 * FIVE  # the next has as long as the first had
    who = next(p for p in ("officer", "officer2") if place.accounts[p].id == second)
    make_move(note=Note(uuid4(), item_id, "accept", place.actor(who), place.at + FIVE), by=place.actor(who),
              at=place.at + FIVE)  # fmt: skip
    assert run_out_clocks(limit=10, by=place.system, at=place.at + 3 * FIVE) == 0
    # Whoever did not accept it in time has it no more, unless he leads the line.
    with pytest.raises(ItemMissing):
        item_seen(item_id, by=place.actor("officer2" if who == "officer" else "officer"))


def test_where_nobody_leads_a_line_the_duty_officer_has_it_at_once(place: Place) -> None:
    [one] = volunteers(place, 1, where="district", role="counsellor")
    item_id = kept(place, one, risk="high")
    assert Item.objects.get(id=item_id).owner_id in {place.accounts[p].id for p in ("officer", "officer2")}


def test_a_dispute_is_given_by_its_lead_to_who_may_mediate_there(place: Place) -> None:
    ask: dict[str, Any] = {"area_id": place.area["committee"], "household_id": None, "incident_id": None,
                           "parties": "", "phone": "", "by": place.actor("grid"), "at": place.at}  # fmt: skip
    item_id = record_dispute(item_id=uuid4(), what="吵架", **ask)
    with pytest.raises(FieldMissing):
        record_dispute(item_id=uuid4(), what=" ", **ask)
    with pytest.raises(RightMissing):
        record_dispute(item_id=uuid4(), what="x", **{**ask, "by": place.actor("neighbour_grid")})
    to = {"item_id": item_id, "mediator_id": place.accounts["lead"].id, "at": place.at}
    for post in ("grid2", "neighbour", "street2", "officer"):
        with pytest.raises(ItemMissing):
            give_dispute(**to, by=place.actor(post))
    with pytest.raises(RightMissing):
        give_dispute(**to, by=place.actor("grid"))  # its mediator sees it, and does not lead it
    for wrong in ("grid2", "volunteer", "neighbour_grid"):
        with pytest.raises(MediatorUnfit):
            give_dispute(item_id=item_id, mediator_id=place.accounts[wrong].id, by=place.actor("lead"), at=place.at)
    for _ in range(2):
        give_dispute(**to, by=place.actor("street"))
    assert Item.objects.get(id=item_id).owner_id == place.accounts["lead"].id
    assert not hearts.disputes(by=place.actor("grid"))
