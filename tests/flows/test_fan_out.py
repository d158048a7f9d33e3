"""An order goes down the tree, a campaign to every door; the whole shows what is left."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import progress_of
from lianfang.domains.work.services import Note, make_move
from lianfang.flows.fan_out import fan_out
from tests.factories.place import PASSWORD, Place


def test_an_order_reaches_every_street_and_committee_and_nobody_else(place: Place) -> None:
    ask = {
        "parent_id": uuid4(),
        "kind_name": "order",
        "area_id": place.area["district"],
        "values": {"what": "全面摸排"},
        "title": "全面摸排",
        "due_at": None,
        "incident_id": None,
        "at": place.at,
    }
    fan_out(**ask, by=place.actor("command"))  # type: ignore[arg-type]
    fan_out(**ask, by=place.actor("command"))  # type: ignore[arg-type]
    items = {i.area_id: i for i in Item.objects.filter(kind="order")}
    inside = ("district", "street", "street2", "committee", "committee2", "committee3")
    assert set(items) == {place.area[a] for a in inside}
    assert items[place.area["committee"]].parent_id == items[place.area["street"]].id
    assert items[place.area["street"]].parent_id == ask["parent_id"]
    assert items[place.area["street"]].owner_id == place.accounts["street"].id
    with pytest.raises(RightMissing):
        fan_out(**{**ask, "parent_id": uuid4()}, by=place.actor("neighbour"))  # type: ignore[arg-type]


@pytest.mark.row("S2-08")
def test_a_survey_reaches_every_door_and_each_ends_in_a_named_state(place: Place, client: Client) -> None:
    """Through the pages: the committee's lead opens the campaign, the worker finds nobody, comes again, and is done."""
    client.login(username="lead", password=PASSWORD)
    answer = client.post(
        reverse("work-new", args=["door-survey"]), {"id": str(uuid4()), "area": str(place.area["committee"])}
    )
    assert answer.status_code == 302
    parent = Item.objects.get(kind="door-survey", unit_kind="area")
    doors = list(Item.objects.filter(parent=parent).order_by("id"))
    assert len(doors) == 8 and all(d.owner_id == place.accounts["grid"].id for d in doors)
    client.login(username="grid", password=PASSWORD)
    done = {"f-persons_home": "3", "f-residence": "own"}
    client.post(reverse("work-move", args=[doors[0].id]), {"id": str(uuid4()), "move": "no-answer"})
    assert Item.objects.get(id=doors[0].id).state == "no-answer"
    again = client.get(reverse("work") + "?kind=door-survey&state=no-answer").content.decode()
    assert str(doors[0].id) in again and str(doors[1].id) not in again  # the list of doors to come back to
    for d in doors:
        client.post(reverse("work-move", args=[d.id]), {"id": str(uuid4()), "move": "finish", **done})
    assert progress_of(Item.objects.get(id=parent.id)) == {"all": 8, "closed": 8, "left": 0}
    assert Item.objects.get(id=parent.id).is_closed and Item.objects.get(id=doors[0].id).attempts == 1
    client.login(username="street", password=PASSWORD)
    sheet = client.get(reverse("sheet") + f"?area={place.area['street']}").content.decode()
    # Totals of households and people of the street's two committees: 8 doors each, three behind each.
    assert re.search(r"有人住的户.*?>16<.*?户", sheet, re.S) and re.search(r"现住.*?>48<.*?人", sheet, re.S)


def test_the_head_of_a_campaign_is_done_with_its_last_door(place: Place) -> None:
    head = uuid4()
    fan_out(
        parent_id=head,
        kind_name="door-survey",
        area_id=place.area["committee"],
        values={},
        title="",
        due_at=None,
        incident_id=None,
        by=place.actor("lead"),
        at=place.at,
    )
    grid = place.actor("grid")
    for n, item in enumerate(Item.objects.filter(parent_id=head)):
        assert not Item.objects.get(id=head).is_closed
        values = {"persons_home": 2, "residence": "own"}
        make_move(note=Note(uuid4(), item.id, "finish", grid, place.at, n, values), by=grid, at=place.at)
    assert Item.objects.get(id=head).is_closed
