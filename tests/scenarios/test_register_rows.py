"""Rows of the register shown through pages: marks, organisation, grids, movements, points, populations."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import localdate

from lianfang.base import clock
from lianfang.domains.grid.models import Answerer, Household, PersonFlag, Presence
from lianfang.domains.work.models import Item
from tests.factories.place import Place
from tests.scenarios.test_work_rows import moved, opened
from tests.web.pages import client_of, masked, refusal, text_of

UNIT = {"f-what": "米和油", "f-every_days": "7"}


def flag(place: Place, post: str, n: int, name: str, end: str = "") -> None:
    """Set or end a mark of the n-th person by the page of its door."""
    stay = Presence.objects.get(person_id=place.people[n], to_on=None)
    sent = {"person": place.people[n], "flag": name, "end": end}
    answer = client_of(place, post).post(f"/register/door/{stay.household_id}/flag", sent)
    assert answer.status_code == 302, text_of(answer)


@pytest.mark.row("S1-14")
def test_people_with_marks_come_first_get_standing_deliveries_and_visits_and_only_serving_roles_see_them(
    place: Place,
) -> None:
    flag(place, "grid", 3, "hardship")
    marked, other = place.households[1], place.households[2]
    listed = text_of(client_of(place, "street").get(f"/register/marks/hardship?area={place.area['street']}"))
    assert masked(place.names[3]) in listed and place.names[3] not in listed  # who serves sees them masked
    for post in ("volunteer", "publicity", "neighbour", "neighbour_grid"):
        answer = client_of(place, post).get(f"/register/marks/hardship?area={place.area['street']}")
        assert answer.status_code == 403 and masked(place.names[3]) not in text_of(answer)
    street = client_of(place, "street")
    sent = {"id": uuid4(), "area": place.area["street"], "kind": "standing-delivery", **UNIT}
    for _ in range(2):
        assert street.post("/register/marks/hardship/round", sent).status_code == 302
    delivery = Item.objects.get(kind="standing-delivery", unit_kind="household")
    assert delivery.unit_id == marked and delivery.owner_id == place.accounts["grid"].id
    assert delivery.due_at == delivery.opened_at + timedelta(days=7)
    moved(place, "grid", delivery.id, "bring")
    assert not Item.objects.get(id=delivery.id).is_closed and Item.objects.get(id=delivery.id).due_at > delivery.due_at
    sent = {"id": uuid4(), "area": place.area["street"], "kind": "welfare-visit"}
    assert street.post("/register/marks/hardship/round", sent).status_code == 302
    assert Item.objects.get(kind="welfare-visit", unit_kind="household").unit_id == marked
    for door in (other, marked):
        opened(place, "grid", "errand", unit=door, **{"f-what": "买药", "f-sort": "fetch", "f-phone": "1"})
    first = text_of(client_of(place, "grid").get("/work?kind=errand&first=1"))
    errands = {i.unit_id: i.id for i in Item.objects.filter(kind="errand")}
    assert f"/work/{errands[marked]}" in first and f"/work/{errands[other]}" not in first
    day = text_of(client_of(place, "lead").get("/"))
    assert "first" in text_of(client_of(place, "lead").get("/work?kind=errand")) and day


@pytest.mark.row("S2-20")
def test_movements_are_counted_by_day_and_township_and_never_added_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag(place, "grid", 0, "returned")
    flag(place, "grid", 0, "home-isolated")  # one person carries two
    flag(place, "grid", 3, "returned")
    flag(place, "street2", 50, "gone-out")
    page = text_of(client_of(place, "county").get("/register/marks?sort=moves"))
    east, west, total = (page.split(f">{n}</a></th>")[1].split("</tr>")[0] for n in ("东街道", "西街道", "东街道"))
    assert "3" not in east.replace("-3", "") or ">2</a>" in east
    row = page.split("<tfoot>")[1]
    assert [row.count(">2</a>"), row.count(">1</a>")] == [1, 2]  # returned 2, isolated 1, gone out 1, no sum of all
    assert ">2</a>" in east and ">1</a>" in west and total
    today = localdate(clock.now())
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=3))
    flag(place, "grid", 3, "returned", end="1")
    after = text_of(client_of(place, "county").get("/register/marks?sort=moves")).split("<tfoot>")[1]
    assert after.count(">1</a>") == 3  # one fewer now …
    then = text_of(client_of(place, "county").get(f"/register/marks?sort=moves&on={today}")).split("<tfoot>")[1]
    assert then.count(">2</a>") == 1  # … and as it was on that day
    listed = text_of(client_of(place, "grid").get(f"/register/marks/returned?on={today}"))
    assert masked(place.names[0]) in listed and masked(place.names[3]) in listed


@pytest.mark.row("S2-03")
def test_the_tree_goes_down_to_villagers_groups_each_with_a_lead_and_work_and_people_roll_up(place: Place) -> None:
    lead, area = client_of(place, "lead"), place.area["committee"]
    survey = opened(place, "lead", "door-survey", area=area)
    group = uuid4()
    sent = {"id": group, "area": area, "level": "group", "name": "一组", "buildings": [place.buildings["committee"][0]]}
    for _ in range(2):
        assert lead.post("/register/answers/divide", sent).status_code == 302
    rest = {**sent, "id": uuid4(), "name": "二组", "buildings": [place.buildings["committee"][1]]}
    assert lead.post("/register/answers/divide", rest).status_code == 302
    other = {**sent, "id": uuid4(), "name": "三组", "buildings": [place.buildings["committee2"][0]]}
    refusal(lead.post("/register/answers/divide", other), 409, "grid.building_elsewhere")
    refusal(lead.post("/register/answers/divide", {**sent, "id": uuid4(), "buildings": []}), 422, "areas.rows_unfit")
    put = {"id": uuid4(), "area": group, "role": "grid-worker", "account": place.accounts["grid"].id, "phone": "0751-1"}
    assert lead.post("/register/answers/put", put).status_code == 302
    doors = Household.objects.filter(building__in=place.buildings["committee"])
    smallest = {d.area_id for d in doors}
    assert smallest == {group, rest["id"]} and area not in smallest  # every household in one smallest node
    page = text_of(client_of(place, "street").get(f"/register?area={area}"))
    assert "一组" in page and "二组" in page and ">24<" in page.replace("24 people", ">24<")
    tree = text_of(client_of(place, "street").get(f"/register/answers?area={area}"))
    assert "grid-worker committee" in tree and "1 part has nobody" in tree
    assert "3" in text_of(client_of(place, "county").get(f"/register?area={place.area['street']}"))
    door = Item.objects.get(parent_id=survey, unit_id=place.households[0])
    assert door.area_id == group  # open work went along
    moved(place, "grid", door.id, "finish", persons_home="3", residence="own")
    for up in ("street", "district"):
        sheet = text_of(client_of(place, "county").get(f"/sheet?area={place.area[up]}&figure=work.door-survey.done"))
        assert "Door survey" in sheet
    assert "7 of 8 parts left" in text_of(lead.get(f"/work/{survey}"))


@pytest.mark.row("S2-12")
def test_each_grid_has_its_worker_each_block_a_head_and_every_household_shows_who_answers(place: Place) -> None:
    lead, area = client_of(place, "lead"), place.area["committee"]
    page = text_of(client_of(place, "street").get(f"/register/answers?area={place.area['street']}"))
    assert "8 without" in page and "grid-worker committee" in page
    block = place.households[:3]
    sent = {"id": uuid4(), "area": area, "role": "household-head", "account": place.accounts["volunteer"].id,
            "phone": "0751-222", "doors": [str(h) for h in block]}  # fmt: skip
    for _ in range(2):
        assert lead.post("/register/answers/put", sent).status_code == 302
    assert Answerer.objects.filter(role="household-head", to_at=None).count() == 3
    door = text_of(client_of(place, "grid").get(f"/register/door/{block[0]}"))
    assert "volunteer committee" in door and "0751-222" in door and "grid-worker committee" in door
    without = text_of(client_of(place, "grid").get(f"/register/door/{place.households[5]}"))
    assert "volunteer committee" not in without and "grid-worker committee" in without
    page = text_of(client_of(place, "street").get(f"/register/answers?area={place.area['street']}"))
    assert "3 / 8" in page and "5 without" in page
    end = {"area": area, "account": place.accounts["grid"].id, "role": "grid-worker"}
    assert lead.post("/register/answers/end", end).status_code == 302
    page = text_of(client_of(place, "street").get(f"/register?area={place.area['street']}"))
    assert "1 community has nobody who answers for it:" in page and "沙洲社区" in page
    far = {**sent, "id": uuid4(), "doors": [str(place.households[20])]}
    refusal(lead.post("/register/answers/put", far), 404, "grid.household_missing")
    assert client_of(place, "neighbour_grid").post("/register/answers/put", sent).status_code == 403
    stranger = place.accounts["neighbour_grid"].id  # who answers may read who lives there: no post from elsewhere
    refusal(
        lead.post("/register/answers/put", {**sent, "id": uuid4(), "account": stranger}), 422, "grid.answerer_unfit"
    )
    whole = {"id": uuid4(), "area": area, "role": "grid-worker", "account": stranger}
    refusal(lead.post("/register/answers/put", whole), 422, "grid.answerer_unfit")


@pytest.mark.row("S2-29")
def test_a_townships_organisation_is_counted_by_kind_with_squads_from_branches_and_gaps(place: Place) -> None:
    street, area = client_of(place, "street"), place.area["street"]
    for n in range(2):
        branch = {"id": uuid4(), "area": area, "kind": "branch", "name": f"第{n + 1}支部"}
        assert street.post("/register/answers/organise", branch).status_code == 302
        squad = {"id": uuid4(), "area": area, "kind": "squad", "name": f"先锋队{n + 1}", "body": branch["id"],
                 "people": str(10 + n)}  # fmt: skip
        for _ in range(2):
            assert street.post("/register/answers/organise", squad).status_code == 302
    page = text_of(street.get(f"/register/answers?area={area}"))
    assert "Squad</dt><dd>2<small>21 people" in page and "Branches and bodies</dt><dd>2<" in page
    assert page.index("第1支部") < page.index("先锋队1") < page.index("第2支部") < page.index("先锋队2")
    assert "Grid workers</dt><dd>2<" in page and "Heads of linked households</dt><dd>0<" in page
    end = {"area": place.area["committee2"], "account": place.accounts["grid2"].id, "role": "grid-worker"}
    assert street.post("/register/answers/end", end).status_code == 302
    page = text_of(street.get(f"/register/answers?area={area}"))
    assert "1 part has nobody" in page and "Grid workers</dt><dd>1<" in page
    assert client_of(place, "neighbour").get(f"/register/answers?area={area}").status_code == 403


@pytest.mark.row("S2-57")
def test_the_printed_population_is_the_denominator_with_its_source_and_says_about(place: Place) -> None:
    command, area = client_of(place, "command"), place.area["district"]
    sent = {"id": uuid4(), "area": area, "persons": "740000", "year": "2020", "about": "1", "source": "州政府公报"}
    for _ in range(2):
        assert command.post("/register/base", sent).status_code == 302
    page = text_of(command.get(f"/register?area={area}"))
    assert "population base 740,000 (2020)" in page and "about" in page and "州政府公报" in page
    assert f"{72 / 740000 * 100:.1f} %" in page  # 72 people of the register of it
    sheet = text_of(command.get("/sheet"))
    assert "740,000" in sheet and f"{72 / 740000 * 100:.1f} %" in sheet
    newer = {**sent, "id": uuid4(), "persons": "72", "year": "2025", "about": ""}
    assert command.post("/register/base", newer).status_code == 302
    assert "100.0 %" in text_of(command.get(f"/register?area={area}"))
    assert client_of(place, "neighbour").post("/register/base", {**sent, "id": uuid4()}).status_code == 403
    bad = command.post("/register/base", {**sent, "persons": "many"})
    assert bad.status_code == 422


@pytest.mark.row("S2-19")
def test_the_completeness_check_scores_each_township_by_the_points_that_are_clear(place: Place) -> None:
    head = opened(place, "command", "completeness-check", area=place.area["district"])
    node = {i.area_id: i.id for i in Item.objects.filter(root_id=head)}
    item = Item.objects.get(id=node[place.area["committee"]])
    from lianfang.domains.editions.queries import kind

    points = kind(item.kind, item.version)["score"]
    assert len(points) == 12
    clear = dict.fromkeys(points[:-2], "true") | dict.fromkeys(points[-2:], "false")
    moved(place, "grid", item.id, "submit", **clear, evidence="逐户核对表")
    page = text_of(client_of(place, "command").get(f"/work/{head}"))
    east = page.split("Points clear")[1].split("东街道</th>")[1].split("</tr>")[0]
    west = page.split("Points clear")[1].split("西街道</th>")[1].split("</tr>")[0]
    assert "10 / 24" in east and "0 / 12" in west  # two communities in the east, one in the west
    assert "逐户核对表" in text_of(client_of(place, "lead").get(f"/work/{item.id}"))
    own = client_of(place, "grid").post(f"/work/{item.id}/move", {"id": uuid4(), "move": "accept"})
    refusal(own, 403, "work.needs_another")
    moved(place, "lead", item.id, "accept")
    assert Item.objects.get(id=item.id).state == "accepted"


def test_a_mark_that_nobody_knows_is_not_set(place: Place) -> None:
    stay = Presence.objects.get(person_id=place.people[0], to_on=None)
    before = PersonFlag.objects.count()
    sent = {"person": place.people[0], "flag": "left-handed"}
    answer = client_of(place, "grid").post(f"/register/door/{stay.household_id}/flag", sent)
    refusal(answer, 422, "grid.flag_unknown")
    assert PersonFlag.objects.count() == before
