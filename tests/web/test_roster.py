"""The board of those left: sums, two taps a door, who sees names, lists between pairs, paper."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.grid.models import Household
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.rounds.models import Round, Share, Unit
from lianfang.domains.rounds.queries import tally_problems
from lianfang.domains.rounds.services import split_list
from tests.factories.rounds import Testing
from tests.web.pages import (
    client_of,
    last_entry,
    masked,
    names_in,
    refusal,
    services_since,
    statements,
    text_of,
)
from tests.web.round_pages import board, sample, sent_from

MOST_STATEMENTS = 12


def test_the_board_says_who_is_left_by_building_and_door_and_its_sums_agree(testing: Testing) -> None:
    answer = board(testing)
    page = text_of(answer)
    assert "24 people without a named state" in page and "24 to meet = register 24 + added 0" in page
    assert [r["n"] for r in answer.context["blocks"]] == [12, 12] and answer.context["sum"] == 24
    assert sum(u["left"] for u in answer.context["units"]) == answer.context["standing"].left == 12
    assert page.count('class="door todo" href') == 4  # each of the building's doors, named in full
    assert 'aria-label="unit 1, 201: 3 people left, not tried yet"' in page
    zh = text_of(board(testing, language="zh-hans"))
    assert "还差 24 人没有去向" in zh and "还差 3 人，未上门" in zh


def test_a_door_is_noted_in_two_taps_and_shows_what_was_noted(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}"
    form = text_of(board(testing, building=testing.place.buildings["committee"][0], door=testing.place.households[0]))
    # One tap opens the ending, the second is its reason and sends.
    assert re.search(r"<details name=\"ending\"><summary[^>]*>away</summary>", form)
    assert 'name="says" value="away left-city" aria-label="away: has left the city"' in form
    mark = last_entry()
    answer = grid.post(f"{url}/note", sent_from(testing, [0, 1, 2], says="away left-city"))
    assert answer.status_code == 302 and services_since(mark) == ["rounds.note_units"]
    page = text_of(grid.get(answer.headers["Location"]))
    assert "21 people without a named state" in page and 'class="door other"' in page
    assert "away · has left the city" in page and "Nobody left" in page
    assert tally_problems(testing.round) == 0


def test_a_try_is_one_tap_leaves_the_door_on_the_list_and_shows_it_dashed(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}/note"
    sent = sent_from(testing, [0, 1, 2], says="no-answer")
    for _ in range(2):  # a second press is the same try
        answer = grid.post(url, sent)
    page = text_of(grid.get(answer.headers["Location"]))
    assert 'class="door tried"' in page and "unit 1, 101: 3 people left, tried" in page and "24 people" in page
    assert 'class="chip tried">nobody opened' in page
    assert set(Unit.objects.filter(tries__gt=0).values_list("unit_id", flat=True)) == set(testing.place.people[:3])


def test_a_form_pressed_twice_is_one_try_and_a_new_form_the_next(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}/note"
    for tries in (1, 2):
        form = board(testing, building=testing.place.buildings["committee"][0], door=testing.place.households[0])
        (shown,) = re.findall(r'name="shown" value="([^"]+)"', text_of(form))
        for _ in range(2):
            sent = sent_from(testing, [0, 1, 2], says="no-answer", shown=shown)
            assert grid.post(url, sent).status_code == 302
        assert set(Unit.objects.filter(unit_id__in=testing.place.people[:3]).values_list("tries", flat=True)) == {tries}
    # What is no time is no time, and says nothing.
    assert grid.post(url, sent_from(testing, [0], says="no-answer", shown="soon")).status_code == 302


def test_what_cannot_be_noted_changes_nothing_of_the_door_and_says_why(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}/note"
    neighbour = testing.place.people[-1]
    refusal(grid.post(url, sent_from(testing, [0, 1], says="away")), 422, "rounds.reason_missing")
    refusal(grid.post(url, sent_from(testing, [0], says="sampled")), 422, "rounds.not_by_hand")
    refusal(grid.post(url, sent_from(testing, [], says="no-answer")), 404, "rounds.unit_missing")
    mixed = sent_from(testing, [0], says="away left-city")
    mixed["unit"] = [testing.place.people[0], neighbour]
    refusal(grid.post(url, mixed), 404, "rounds.unit_missing")
    other = client_of(testing.place, "grid2")  # serves in the committee beside
    refusal(other.post(url, sent_from(testing, [0], says="away left-city")), 404, "rounds.unit_missing")
    assert not Unit.objects.exclude(ending="").exists() and not Unit.objects.filter(tries__gt=0).exists()


def test_names_are_whole_for_the_grid_worker_masked_for_the_lead_and_the_read_is_kept(testing: Testing) -> None:
    building, door = testing.place.buildings["committee"][0], testing.place.households[0]
    names = testing.place.names[:3]
    whole = text_of(board(testing, building=building, door=door))
    assert all(n in whole for n in names)
    (read,) = PersonRead.objects.filter(door="roster")
    assert set(read.subjects) == set(testing.place.people[:3])
    command = text_of(board(testing, "command", building=building, door=door))
    assert all(masked(n) in command and n not in command for n in names)
    assert PersonRead.objects.filter(door="roster").count() == 1


def test_the_door_alone_comes_as_a_part(testing: Testing) -> None:
    building, door = testing.place.buildings["committee"][0], testing.place.households[0]
    address = f"/rounds/{testing.round.id}/board?area={testing.place.area['committee']}&building={building}&door={door}"
    answer = client_of(testing.place, "grid").get(address, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    part = text_of(answer)
    assert "<html" not in part and "data-announce" in part and testing.place.names[0] in part
    # A door of another building is not shown under this one.
    far = testing.place.households[-1]
    part_of = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = client_of(testing.place, "grid").get(address.replace(str(door), str(far)), headers=part_of)
    assert names_in(answer, testing.place) == set()


def test_a_door_of_another_committee_is_not_shown_under_ones_own_area(testing: Testing) -> None:
    place = testing.place
    door = Household.objects.filter(building_id=place.buildings["committee2"][0]).first()
    assert door is not None
    part_of = {"HX-Request": "true", "HX-Request-Type": "partial"}

    def page(post: str, where: str, headers: dict[str, str]) -> str:
        query = f"area={place.area[where]}&building={door.building_id}&door={door.id}"
        return text_of(client_of(place, post).get(f"/rounds/{testing.round.id}/board?{query}", headers=headers))

    for headers in (part_of, {}):
        assert "people to meet here" not in page("grid", "committee", headers)
        assert "3 people to meet here" in page("street", "committee2", headers)


def test_a_pair_reads_whole_names_of_its_list_until_the_time_given_and_while_the_round_runs(testing: Testing) -> None:
    place, shown = testing.place, {"building": testing.place.buildings["committee"][0]}
    split_list(round_id=testing.round.id, area_id=place.area["committee"], account_ids=[place.accounts["sampler"].id],
               by=place.actor("lead"), at=clock.now())  # fmt: skip

    def names_seen() -> set[str]:
        return names_in(board(testing, "sampler", door=place.households[0], **shown), place)

    assert names_seen() == set(place.names[:3])
    Round.objects.filter(id=testing.round.id).update(state="sampling-closed")
    assert names_seen() == set()
    Round.objects.filter(id=testing.round.id).update(state="open")
    assert names_seen() == set(place.names[:3])
    assert Purpose.objects.filter(why="rounds.share").update(to_at=clock.now()) == 2
    assert names_seen() == set()


def test_who_is_added_at_a_door_has_a_sex_of_the_register_or_none(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}/found"
    refusal(grid.post(url, sent_from(testing, [], name="新来的", sex="female")), 422, "base.invalid")
    assert grid.post(url, sent_from(testing, [], name="新来的", sex="f")).status_code == 302


def test_who_is_to_be_met_at_home_is_asked_filtered_and_printed(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}"
    assert grid.post(f"{url}/home", sent_from(testing, [0], is_home="1")).status_code == 302
    answer = board(testing, home="1")
    assert answer.context["sum"] == 1 and len(answer.context["floors"]) == 1
    page = text_of(answer)
    assert "unit 1, 101" in page and "unit 1, 201" not in page
    paper = text_of(grid.get(f"{url}/paper?area={testing.place.area['committee']}&home=1"))
    assert testing.place.names[0] in paper and testing.place.names[1] not in paper
    assert grid.post(f"{url}/home", sent_from(testing, [0], is_home="0")).status_code == 302
    assert not Unit.objects.filter(is_home=True).exists()


def test_the_paper_lists_doors_from_the_top_down_and_leaves_out_who_has_a_state(testing: Testing) -> None:
    grid, url = client_of(testing.place, "grid"), f"/rounds/{testing.round.id}"
    grid.post(f"{url}/note", sent_from(testing, [0, 1, 2], says="away left-city"))
    answer = grid.get(f"{url}/paper?area={testing.place.area['committee']}")
    doors = [r["d"].household for r in answer.context["rows"]]
    assert [d.floor for d in doors[:3]] == [2, 2, 1] and len(doors) == 7 and answer.context["left"] == 21
    page = text_of(answer)
    assert testing.place.names[0] not in page and testing.place.names[3] in page and page.count("□") == 21


def test_the_list_is_split_between_pairs_and_no_building_is_on_two(testing: Testing) -> None:
    lead, url = (
        client_of(testing.place, "lead"),
        f"/rounds/{testing.round.id}/split?area={testing.place.area['committee']}",
    )
    pair = [testing.place.accounts[n].id for n in ("sampler", "volunteer")]
    assert "24 on nobody's list" in text_of(lead.get(url))
    assert lead.post(url, {"account": pair}).status_code == 302
    page = lead.get(url)
    rows = {r["a"].id: (r["buildings"], r["left"]) for r in page.context["rows"]}
    assert rows[pair[0]] == rows[pair[1]] == (1, 12) and "on nobody's list" not in text_of(page)
    assert Share.objects.count() == 2 == Share.objects.values("building").distinct().count()
    refusal(lead.post(url, {"account": []}), 422, "rounds.unfit")
    refusal(lead.post(url, {"account": [testing.place.accounts["neighbour_grid"].id]}), 422, "rounds.unfit")
    refusal(client_of(testing.place, "command").post(url, {"account": pair}), 403, "accounts.right_missing")


def test_a_larger_area_is_shown_by_its_parts(testing: Testing) -> None:
    answer = board(testing, "command", "street")
    assert answer.status_code == 302 and f"area={testing.place.area['street']}" in answer.headers["Location"]


def test_who_is_sampled_shows_tube_and_time_on_the_board(testing: Testing) -> None:
    sample(testing, [0])
    building, door = testing.place.buildings["committee"][0], testing.place.households[0]
    address = f"/rounds/{testing.round.id}/board?area={testing.place.area['committee']}&building={building}&door={door}"
    grid = client_of(testing.place, "grid")
    grid.get(address)
    with CaptureQueriesContext(connection) as seen:
        page = text_of(grid.get(address))
    assert len(statements(seen)) <= MOST_STATEMENTS
    assert 'class="chip done">sampled' in page and "tube SG-0001" in page and page.count('name="unit"') == 2
