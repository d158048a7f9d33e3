"""Goods to doors through pages: carriers and depots chosen, tours proposed door by door, given, and brought."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.grid.models import Household
from lianfang.domains.messages.models import Message
from lianfang.domains.places.services import register_place, set_state
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, assign_items, open_items
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, travel
from tests.scenarios.test_trip_rows import crewed, vehicle
from tests.web.pages import client_of, refusal, text_of

Patch = pytest.MonkeyPatch


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def depot(place: Place, name: str = "保供货架") -> UUID:
    """An open shelf with a spot on the map, beside the first building."""
    door = Household.objects.select_related("building").get(id=place.households[0])
    assert door.building is not None
    made = register_place(place_id=uuid4(), kind="shop", name=name, name_en="", area_id=place.area["committee"],
                          capacity={}, lon=door.building.lon, lat=door.building.lat, incident_id=None,
                          by=place.actor("county"), at=place.at)  # fmt: skip
    set_state(place_id=made.id, state="open", by=place.actor("county"), at=place.at)
    return made.id


def portions(place: Place, doors: Sequence[UUID], *, due: timedelta | None = None, **values: Any) -> list[UUID]:
    """Portions for these doors, as the street opened them."""
    areas = dict(Household.objects.filter(id__in=doors).values_list("id", "area_id"))
    new = [NewItem(uuid4(), areas[d], "household", d, values=values, due_at=place.at + due if due else None)
           for d in doors]  # fmt: skip
    done = open_items(kind_name="delivery", items=new, area_id=place.area["street"], incident_id=None,
                      by=place.actor("street"), at=place.at)  # fmt: skip
    assert [o.code for o in done] == [""] * len(new)
    return [n.id for n in new]


def behind(place: Place, where: str) -> list[UUID]:
    """The doors of a committee."""
    rows = Household.objects.filter(area_id=place.area[where]).order_by("building__position", "floor", "id")
    return list(rows.values_list("id", flat=True))


def proposed(browser: Client, place: Place, shelf: UUID, carriers: dict[str, int],
             **more: str) -> tuple[str, list[dict[str, Any]]]:  # fmt: skip
    """The proposal's page, and each tour's form as the page gives it."""
    page = text_of(browser.get(f"/tours?area={place.area['street']}"))
    held = dict(re.findall(r'name="n-([0-9a-f-]{36})" inputmode="numeric" value="(\d+)"', page))
    ids = {str(place.accounts[p].id) if p in place.accounts else p: n for p, n in carriers.items()}
    assert set(ids) <= set(held), "everybody named stands on the page"
    sent = {f"n-{i}": str(n) for i, n in ids.items()}
    answer = browser.post("/tours/propose", {"area": str(place.area["street"]), "depot": str(shelf),
                                             "who": list(ids), **sent, **more})  # fmt: skip
    assert answer.status_code == 200, text_of(answer)
    text = text_of(answer)
    forms = []
    for body in re.findall(r'<form method="post" action="/tours/adopt">(.*?)</form>', text, re.S):
        pairs = re.findall(r'name="([a-z]+)" value="([^"]*)"', body)
        forms.append({k: [v for n, v in pairs if n == k] for k, _ in pairs})
    return text, forms


def in_order(form: dict[str, Any]) -> list[tuple[UUID, datetime]]:
    """Items with their times, as a form sends them."""
    return [(UUID(s.partition("|")[0]), datetime.fromisoformat(s.partition("|")[2])) for s in form["stop"]]


def test_portions_are_proposed_door_by_door_within_what_each_carries_given_once_and_brought_by_phone(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    shelf, doors = depot(place), behind(place, "committee")
    assert len(doors) >= 5
    items, n = portions(place, doors, due=4 * HOUR), len(doors)
    [elsewhere] = portions(place, behind(place, "committee2")[:1])
    desk = client_of(place, "street")
    page = text_of(desk.get(f"/tours?area={place.area['street']}"))
    assert f"{n + 1} portions to bring" in page and f"{n + 1} with nobody" in page and "保供货架" in page
    text, forms = proposed(desk, place, shelf, {"volunteer": 2, "grid": 2})
    # Every portion once, over the tours; nobody carries more than he said before he is back for more.
    told = [i for f in forms for i, _ in in_order(f)]
    assert sorted(told) == sorted(items)
    assert "1 portion is left" in text and "nobody may" in text and str(elsewhere) in text  # neither serves there
    for f in forms:
        times = [t for _, t in in_order(f)]
        assert times == sorted(times) and now <= times[0] and times[-1] <= now + 4 * HOUR
        assert len(times) <= 2 * (1 + text.count("Back for more"))
    assert text.count("Back for more") >= 1  # four hands, and more doors
    # Not for who does not lead there, nor from outside.
    assert client_of(place, "volunteer").get(f"/tours?area={place.area['street']}").status_code == 403
    away = client_of(place, "neighbour")
    for f in forms:
        assert away.post("/tours/adopt", f).status_code == 404
    assert Item.objects.filter(id__in=items, owner_id=None).count() == n
    for f in forms:
        for _ in range(2):  # pressed twice
            answer = desk.post("/tours/adopt", f)
            assert answer.status_code == 302, text_of(answer)
    rows = Item.objects.in_bulk(items)
    assert all(rows[i].due_at == t and str(rows[i].owner_id) == f["carrier"][0] for f in forms for i, t in in_order(f))
    # Another desk had the same proposal on its screen: it comes too late, and nothing changes.
    late = forms[0] | {"id": [str(uuid4())], "carrier": [str(place.accounts["lead"].id)]}
    refusal(desk.post("/tours/adopt", late), 409, "dispatch.tour_unfit")
    # Nor does he get other doors in the same hours from a screen that did not know of his tour.
    [more] = portions(place, doors[:1], due=6 * HOUR)
    same = {"carrier": forms[0]["carrier"], "stop": [f"{more}|{in_order(forms[0])[0][1].isoformat()}"]}
    refusal(desk.post("/tours/adopt", same | {"id": str(uuid4())}), 409, "dispatch.tour_unfit")
    # A new portion moves nobody's promise: whoever has a tour takes it after his last door.
    _, again = proposed(desk, place, shelf, {"volunteer": 2})
    [f] = again
    [(item, at)] = in_order(f)
    mine = [t for g in forms if g["carrier"] == [str(place.accounts["volunteer"].id)] for _, t in in_order(g)]
    assert item == more and (not mine or at > max(mine))
    assert {i: r.due_at for i, r in Item.objects.in_bulk(items).items()} == {i: r.due_at for i, r in rows.items()}
    # At the door: his list is in the order of the tour, and each hand-over is noted on his phone.
    first = min((g for g in forms if g["carrier"] == [str(place.accounts["grid"].id)]), key=lambda g: in_order(g)[0][1])
    bundle = client_of(place, "grid").get("/field/bundle.json").json()
    assert {str(i) for i, _ in in_order(first)} <= {i["id"] for i in bundle["items"]}
    sent = {"id": str(uuid4()), "move": "deliver", "f-parcels": "1", "f-left_at": "hand"}
    brought = in_order(first)[0][0]
    assert client_of(place, "grid").post(f"/work/{brought}/move", sent).status_code == 302
    assert Item.objects.get(id=brought).state == "delivered"


def test_a_car_carries_what_it_holds_and_what_nobody_can_bring_in_time_is_named_with_its_reason(
    place: Place, now: datetime
) -> None:
    shelf, desk = depot(place), client_of(place, "street")
    doors = behind(place, "committee")
    portions(place, doors[:4], due=3 * HOUR)
    [big] = portions(place, doors[4:5], parcels=9000)
    car = vehicle(place, "truck")
    driver = crewed(place, car, now, hours=8)
    page = text_of(desk.get(f"/tours?area={place.area['street']}"))
    assert re.search(rf'value="{driver.id}" checked', page) and 'value="600"' in page  # 3,000 kg of 5 kg each
    text, forms = proposed(desk, place, shelf, {str(driver.id): 600})
    [f] = forms
    assert len(in_order(f)) == 4 and "more than anybody carries" in text and str(big) in text
    assert desk.post("/tours/adopt", f).status_code == 302
    # Typed nonsense is refused by name, and no depot is no tour.
    bad = {"area": str(place.area["street"]), "depot": str(shelf), "who": [str(driver.id)], f"n-{driver.id}": "0"}
    assert desk.post("/tours/propose", bad).status_code == 422
    assert desk.post("/tours/propose", bad | {"depot": ""}).status_code == 422


def test_who_cannot_go_on_is_taken_off_and_a_new_tour_brings_the_late_doors_too_after_loading(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    shelf, desk, doors = depot(place), client_of(place, "street"), behind(place, "committee")[:4]
    items = portions(place, doors, due=timedelta(minutes=20))
    _, [f] = proposed(desk, place, shelf, {"volunteer": 4})
    times = in_order(f)
    assert times[0][1] >= now + timedelta(minutes=5)  # he takes up first: the edition's five minutes
    assert desk.post("/tours/adopt", f).status_code == 302
    sent = {"id": str(uuid4()), "move": "deliver", "f-parcels": "1", "f-left_at": "hand"}
    assert client_of(place, "volunteer").post(f"/work/{times[0][0]}/move", sent).status_code == 302
    travel(monkeypatch, now + timedelta(minutes=30))
    page = text_of(desk.get(f"/tours?area={place.area['street']}"))
    row = page[page.index('aria-label="Under way"') :]
    assert "3 late" in row and "with nobody" not in page
    who, area = str(place.accounts["volunteer"].id), str(place.area["street"])
    listed = text_of(desk.get(f"/work?kind=delivery&owner={who}"))
    assert str(times[1][0]) in listed and str(times[0][0]) not in listed
    # Not by who does not lead there; from the neighbour's desk nothing is taken, even for the neighbour's own area.
    end = {"carrier": who, "area": area}
    assert client_of(place, "grid").post("/tours/end", end | {"id": str(uuid4())}).status_code == 403
    away = {"carrier": who, "area": str(place.area["street2"])}
    client_of(place, "neighbour").post("/tours/end", away | {"id": str(uuid4())})
    assert Item.objects.filter(owner_id=who, is_closed=False, id__in=items).count() == 3
    assert desk.post("/tours/end", end | {"id": str(uuid4())}).status_code == 302
    assert Item.objects.filter(id__in=items, is_closed=False, owner_id=None).count() == 3
    # Pressed once more there is nothing to take; he heard once, how many doors and by whom.
    assert desk.post("/tours/end", end | {"id": str(uuid4())}).status_code == 302
    [told] = Message.objects.filter(template="tour-taken-off")
    own = text_of(client_of(place, "volunteer").get("/"))
    assert str(told.recipient_id) == who and f"{place.accounts['street'].label} has taken back the 3 doors" in own
    assert "Taken off whoever had it" in text_of(desk.get(f"/work/{times[1][0]}"))
    # What he brought meanwhile without signal still counts; the rest goes with somebody else.
    sent["id"] = str(uuid4())
    assert client_of(place, "volunteer").post(f"/work/{times[1][0]}/move", sent).status_code == 302
    history = text_of(desk.get(f"/work/{times[1][0]}"))
    assert "noted after it had been taken off him" in history
    assert "noted after" not in text_of(desk.get(f"/work/{times[0][0]}"))  # brought while it was his
    # Nor is it refused once another has it: his phone had no signal, and the door has its portion.
    [extra] = portions(place, doors[3:], due=5 * HOUR)
    for post in ("volunteer", "grid"):
        assert assign_items(item_ids=[extra], owner_id=place.accounts[post].id, by=place.actor("street"),
                            at=place.at)[0].code == ""  # fmt: skip
        if post == "volunteer":
            desk.post("/tours/end", end | {"id": str(uuid4())})
    note = {
        "id": str(uuid4()),
        "kind": "work.note",
        "actor": who,
        "made_at": (now + timedelta(minutes=31)).isoformat(),
        "seq": 1,
        "body": {"item": str(extra), "move": "deliver", "values": {"parcels": 1, "left_at": "hand"}},
    }
    batch = {"device": str(uuid4()), "sent_at": clock.now().isoformat(), "envelopes": [note]}
    phone = client_of(place, "volunteer")
    answer = phone.post("/field/envelopes", json.dumps(batch), content_type="application/json").json()
    assert [a["code"] for a in answer["answers"]] == [""] and Item.objects.get(id=extra).state == "delivered"
    # Two more are due sooner than anybody takes up: named, and brought all the same where the desk says so.
    soon = portions(place, doors[:2], due=timedelta(minutes=33))
    text, forms = proposed(desk, place, shelf, {"grid": 9})
    assert text.count("nobody is there in time, not even alone") == 2
    assert {i for f in forms for i, _ in in_order(f)} == {i for i, _ in times[2:]}
    text, forms = proposed(desk, place, shelf, {"grid": 9}, late="1")
    assert {i for f in forms for i, _ in in_order(f)} == {*soon, *(i for i, _ in times[2:])}
    assert "in time" not in text
