"""Rows of testing rounds shown through pages: sites set up, three districts, no door missed, what is left at 20:30."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Round, Step, Unit
from lianfang.domains.rounds.queries import tally_problems
from lianfang.domains.rounds.services import add_home_desk
from lianfang.domains.sampling.models import Sample
from tests.factories.place import Place
from tests.factories.rounds import Testing
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal, text_of
from tests.web.round_pages import board, close_tube, sample, sent_from, upload


def site_in(place: Place, where: str, name: str) -> str:
    """A place that may serve as a sampling site; gives its id."""
    made = register_place(place_id=uuid4(), kind="test-site", name=name, name_en="", area_id=place.area[where],
                          capacity={}, lon=None, lat=None, incident_id=None, by=system_actor(),
                          at=clock.now())  # fmt: skip
    return str(made.id)


def planned(town: Town, *areas: str, post: str = "command", incident: object = None) -> tuple[Client, str, Round]:
    """A round planned by its page; gives the browser, the address and the round."""
    client = client_of(town.place, post)
    now = clock.now().astimezone(LOCAL).replace(tzinfo=None)
    sent = {"id": uuid4(), "incident": incident or town.incident.id, "kind": "mass-test",
            "areas": [town.place.area[a] for a in areas], "from": f"{now:%Y-%m-%dT%H:%M}",
            "until": f"{now + timedelta(hours=12):%Y-%m-%dT%H:%M}"}  # fmt: skip
    answer = client.post("/rounds/new", sent)
    assert answer.status_code == 302, text_of(answer)
    found = Round.objects.get(id=sent["id"])
    return client, f"/rounds/{found.id}", found


def step(client: Client, own: str, state: str) -> None:
    assert client.post(f"{own}/step", {"state": state}).status_code == 302, state


def chips(page: HttpResponse) -> list[str]:
    return re.findall(r'<span class="chip [a-z]+">([^<]+)</span>', text_of(page))


@pytest.mark.row("S0-19")
def test_a_site_goes_from_planned_to_closed_each_step_with_its_time_and_who_took_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, own, _ = planned(town, "street")
    tail = {"id": uuid4(), "place": site_in(town.place, "committee", "沙洲尾小广场"), "desks": "2", "people": "2"}
    assert client.post(f"{own}/stations/add", tail).status_code == 302
    assert chips(client.get(f"{own}/stations")) == ["planned"]
    begin = clock.now()
    who = [("notified", "command"), ("setting-up", "lead"), ("open", "lead"), ("closed", "lead")]
    for n, (state, post) in enumerate(who, 1):
        monkeypatch.setattr(clock, "now", lambda n=n: begin + timedelta(minutes=10 * n))
        moved = client_of(town.place, post).post(f"{own}/stations/move", {"station": tail["id"], "state": state})
        assert moved.status_code == 302
    steps = Step.objects.filter(station=tail["id"]).order_by("at")
    assert [s.state for s in steps] == ["planned", "notified", "setting-up", "open", "closed"]
    assert [s.at - begin for s in steps[1:]] == [timedelta(minutes=10 * n) for n in range(1, 5)]
    page = text_of(client.get(f"{own}/stations"))
    assert "site closed" in page and page.count("committee-lead committee") == 3 and page.count("command district") >= 2
    refusal(client.post(f"{own}/stations/move", {"station": tail["id"], "state": "notified"}), 409, "rounds.not_ready")
    neighbour = client_of(town.place, "neighbour")
    refusal(neighbour.post(f"{own}/stations/move", {"station": tail["id"], "state": "open"}), 404, "rounds.missing")


@pytest.mark.row("S0-36")
def test_a_round_over_two_districts_counts_down_by_district_street_community_and_building(town: Town) -> None:
    p = town.place
    client, own, found = planned(town, "district", "neighbour", post="above")
    assert found.area_id == p.area["city"]
    assert client.post(f"{own}/plan", {"reason": ""}).status_code == 302
    sent = {"id": uuid4(), "place": site_in(p, "committee", "广场"), "desks": "1", "people": "1"}
    assert client.post(f"{own}/stations/add", sent).status_code == 302
    step(client, own, "staffed")
    step(client, own, "open")
    found.refresh_from_db()
    assert found.expected == 96  # 4 communities x 2 buildings x 4 doors x 3 people, from the register
    grid = client_of(p, "grid")
    sent = {"id": uuid4(), "area": p.area["committee"], "unit": p.people[:6], "says": "away works-away"}
    assert grid.post(f"{own}/note", sent).status_code == 302
    left = {}
    for area in ("city", "district", "street"):
        rows = client.get(f"{own}?area={p.area[area]}").context["parts"]
        left[area] = [(r.area.name, r.c.left) for r in rows]
    assert left["city"] == [("甲区", 66), ("乙区", 24)]
    assert left["district"] == [("东街道", 42), ("西街道", 24)]
    assert left["street"] == [("金洲社区居委会", 24), ("沙洲社区居委会", 18)]
    houses = client.get(f"{own}/board?area={p.area['committee']}").context["blocks"]
    assert [r["n"] for r in houses] == [12, 6] and sum(r["n"] for r in houses) == 18
    refusal(client.post(f"{own}/step", {"state": "sampling-closed"}), 409, "rounds.units_open")
    everybody = list(Unit.objects.filter(round=found, ending="").values_list("unit_id", "area_id"))
    for post, area in (("street", "committee"), ("street", "committee2"), ("street2", "committee3")):
        mine = [u for u, a in everybody if a == p.area[area]]
        noted = {"id": uuid4(), "area": p.area[area], "unit": mine, "says": "away left-city"}
        assert client_of(p, post).post(f"{own}/note", noted).status_code == 302
    mine = [u for u, a in everybody if a == p.area["neighbour_committee"]]
    noted = {"id": uuid4(), "area": p.area["neighbour_committee"], "unit": mine, "says": "away left-city"}
    assert client_of(p, "neighbour_grid").post(f"{own}/note", noted).status_code == 302
    step(client, own, "sampling-closed")
    step(client, own, "closed")  # no tube waits for its result: nobody was sampled
    assert [s["step"].state for s in client.get(own).context["steps"]] == [
        "planned",
        "staffed",
        "open",
        "sampling-closed",
        "results-in",
        "closed",
    ]


@pytest.mark.row("S1-20")
def test_a_house_is_walked_floor_by_floor_people_are_ticked_and_who_is_on_no_list_is_added(testing: Testing) -> None:
    p, own = testing.place, f"/rounds/{testing.round.id}"
    building, door = p.buildings["committee"][0], p.households[0]
    grid = client_of(p, "grid")
    walk = grid.get(f"{own}/paper?area={p.area['committee']}").context["rows"]
    floors = [r["d"].household.floor for r in walk if r["d"].household.building_id == building]
    assert floors == sorted(floors, reverse=True) and len(floors) == 4
    # One of the door is sampled, one is noted by a tap and its reason; the third keeps the door amber.
    sample(testing, [0])
    assert grid.post(f"{own}/note", sent_from(testing, [1], says="away hospital")).status_code == 302
    page = text_of(board(testing, building=building, door=door))
    assert "unit 1, 101: 1 person left, not tried yet" in page
    # Somebody lives there whom no list knew.
    new = {"id": uuid4(), "area": p.area["committee"], "building": building, "door": door, "name": "欧阳租客"}
    for _ in range(2):
        assert grid.post(f"{own}/found", new).status_code == 302
    page = text_of(board(testing, building=building, door=door))
    assert "欧阳租客" in page and "added on the spot" in page and "unit 1, 101: 2 people left" in page
    assert "25 to meet = register 24 + added 1" in page and "23 people without a named state" in page
    refusal(client_of(p, "neighbour_grid").post(f"{own}/found", new | {"id": uuid4()}), 404, "rounds.missing")
    refusal(client_of(p, "grid2").post(f"{own}/found", new | {"id": uuid4()}), 403, "accounts.right_missing")
    refusal(grid.post(f"{own}/found", new | {"id": uuid4(), "name": " "}), 422, "base.invalid")
    unit = {"id": uuid4(), "area": p.area["committee"], "unit": [new["id"], p.people[2]], "says": "refused no-wish"}
    assert grid.post(f"{own}/note", unit).status_code == 302
    page = text_of(board(testing, building=building, door=door))
    assert 'class="door other"' in page and "unit 1, 101: does not want to" in page
    assert tally_problems(testing.round) == 0


@pytest.mark.row("S1-21")
def test_what_is_left_is_known_with_its_pace_and_a_relief_pair_takes_half_without_sampling_twice(
    testing: Testing, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, own = testing.place, f"/rounds/{testing.round.id}"
    sample(testing, [0, 1, 2, 3, 4, 5, 6, 7])
    answer = board(testing)
    page = text_of(answer)
    assert "16 people without a named state" in page and "8 people in the last hour" in page
    assert [r["n"] for r in answer.context["blocks"]] == [12, 4]
    # 16 left at 8 an hour: two hours
    assert abs(answer.context["done_at"] - clock.now() - timedelta(hours=2)) < timedelta(minutes=1)
    lead, split = client_of(p, "lead"), f"{own}/split?area={p.area['committee']}"
    pair = [p.accounts[n].id for n in ("grid", "volunteer")]
    assert lead.post(split, {"account": pair[:1]}).status_code == 302
    assert lead.post(split, {"account": pair}).status_code == 302  # a relief pair joins
    rows = {r["a"].id: (r["buildings"], r["left"]) for r in lead.get(split).context["rows"] if r["buildings"]}
    assert rows == {pair[0]: (1, 12), pair[1]: (1, 4)}
    sample(testing, [8], tube="SG-0002")
    again = client_of(p, "grid").post(f"{own}/note", sent_from(testing, [8], says="away left-city"))
    refusal(again, 409, "rounds.ended_otherwise")
    assert Sample.objects.filter(person_id=p.people[8], voided_at=None).count() == 1
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "no end in sight at this pace" in text_of(board(testing))


@pytest.mark.row("S3-10")
def test_nobody_is_missed_each_not_sampled_is_listed_by_building_with_a_reason_and_unknown_is_never_a_percentage(
    testing: Testing,
) -> None:
    p, own = testing.place, f"/rounds/{testing.round.id}"
    grid = client_of(p, "grid")
    sample(testing, [0, 1])
    told = {2: "away left-city", 3: "refused no-wish", 4: "exempt medical", 5: "not-found not-living"}
    for person, says in told.items():
        assert grid.post(f"{own}/note", sent_from(testing, [person], says=says)).status_code == 302
    answer = grid.get(f"{own}/paper?area={p.area['committee']}&missed=1")
    shown = {x["name"]: x["state"] for r in answer.context["rows"] for x in r["people"]}
    assert len(shown) == 22 and p.names[0] not in shown and p.names[1] not in shown
    assert [shown[p.names[n]] for n in told] == [
        "away · has left the city",
        "does not want to · does not want it",
        "exempt by rule · a doctor advises against it",
        "not found · does not live here, nobody knows where",
    ]
    assert shown[p.names[6]] == "no state yet" and 'class="late">no state yet' in text_of(answer)
    page = text_of(client_of(p, "lead").get(f"{own}?area={p.area['committee']}"))
    assert "18 people without a named state" in page and "%" not in page[page.index("<main") :].split("</main>")[0]
    close_tube(testing, "SG-0001", 2)
    upload(testing, [("SG-0001", "阴性")])
    assert "18 people without a named state" in text_of(client_of(p, "lead").get(f"{own}?area={p.area['committee']}"))


@pytest.mark.row("S0-27")
def test_who_reports_ahead_is_met_at_the_door_and_the_next_round_knows_it(testing: Testing) -> None:
    p, own, at = testing.place, f"/rounds/{testing.round.id}", clock.now()
    grid, people = client_of(p, "grid"), p.people[:3]
    sent = sent_from(testing, [0, 1, 2], is_home="1")
    refusal(client_of(p, "grid2").post(f"{own}/home", sent), 404, "rounds.unit_missing")
    assert grid.post(f"{own}/home", sent).status_code == 302
    # The list by building, for the pair that goes there.
    paper = grid.get(f"{own}/paper?area={p.area['committee']}&home=1")
    assert {x["name"] for r in paper.context["rows"] for x in r["people"]} == set(p.names[:3])
    desk = add_home_desk(desk_id=uuid4(), round_id=testing.round.id, area_id=p.area["committee"],
                         account_id=p.accounts["grid"].id, people=2, by=p.actor("lead"), at=at)  # fmt: skip
    roll = grid.get("/field/sampler.json").json()
    assert {x["id"] for x in roll["roll"] if x["home"]} == {str(i) for i in people}
    # Done, missed, refused: one sampled at home, one not met and tried again, one who does not want to.
    scan = {"desk": str(desk.id), "tube": "H-0001", "person": str(people[0])}
    notes = [("sampling.scan", scan), ("rounds.note", {"says": "no-answer", "person": str(people[1])}),
             ("rounds.note", {"says": "refused", "reason": "no-wish", "person": str(people[2])})]  # fmt: skip
    envelopes = [
        {"id": str(uuid4()), "kind": k, "made_at": at.isoformat(), "seq": n, "actor": str(p.accounts["grid"].id),
         "body": {"round": str(testing.round.id), **body}}
        for n, (k, body) in enumerate(notes, 1)
    ]  # fmt: skip
    batch = {"device": str(uuid4()), "sent_at": at.isoformat(), "envelopes": envelopes}
    answers = grid.post("/field/envelopes", json.dumps(batch), content_type="application/json").json()["answers"]
    assert {a["code"] for a in answers} == {""}
    stands = dict(Unit.objects.filter(round=testing.round, is_home=True).values_list("unit_id", "ending"))
    assert stands == {people[0]: "home", people[1]: "", people[2]: "refused"}
    command, again, found = planned(Town(p, testing.incident, *[uuid4()] * 7), "street")
    adopt = {f"{p.area['street']}-{n}": "" for n in ("stations", "desks", "staff")}
    assert command.post(f"{again}/plan", adopt | {"reason": ""}).status_code == 302
    site = site_in(p, "committee", "广场")
    assert command.post(f"{again}/stations/add", {"place": site, "desks": "1", "people": "2"}).status_code == 302
    for state in ("staffed", "open"):
        step(command, again, state)
    assert set(Unit.objects.filter(round=found, is_home=True).values_list("unit_id", flat=True)) == set(people)


@pytest.mark.row("S0-46")
def test_results_come_by_tube_a_positive_pool_has_its_recall_list_and_all_negative_may_be_published(
    testing: Testing,
) -> None:
    p, own = testing.place, f"/rounds/{testing.round.id}"
    command = client_of(p, "command")
    sample(testing, [0, 1, 2])
    sample(testing, [3, 4], tube="SG-0002")
    close_tube(testing, "SG-0001", 3)
    close_tube(testing, "SG-0002", 2)
    assert upload(testing, [("SG-0001", "阳性"), ("SG-0002", "阴性")]).status_code == 302
    page = command.get(own)
    (again,) = page.context["follow_ups"]
    assert "may be published" not in text_of(page)
    recalled = client_of(p, "grid").get(f"/rounds/{again.id}/board?area={p.area['committee']}")
    assert "3 people without a named state" in text_of(recalled)
    units = Unit.objects.filter(round=again)
    assert set(units.values_list("unit_id", flat=True)) == set(p.people[:3])
    refusal(client_of(p, "neighbour").get(f"/rounds/{again.id}"), 404, "rounds.missing")
    # Each area's own tubes: they sum to the whole.
    counts = [part.results.tubes for part in page.context["parts"]]
    assert {n: sum(c.get(n, 0) for c in counts) for n in ("positive", "negative")} == {"positive": 1, "negative": 1}
