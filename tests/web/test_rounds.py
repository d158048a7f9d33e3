"""Pages of a round: coverage that adds up, the plan, sites and steps, and the statement for the public."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.editions.services import override_value
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.services import UnitNote, note_units
from lianfang.domains.sampling.models import Tube
from tests.factories.rounds import Testing
from tests.web.conftest import Town
from tests.web.pages import (
    client_of,
    inline_in,
    names_in,
    refusal,
    statements,
    text_of,
)
from tests.web.round_pages import close_tube, sample, sent_from, upload

MOST_STATEMENTS = 12


def pages(t: Testing) -> list[tuple[str, str]]:
    p, r = t.place, f"/rounds/{t.round.id}"
    area, block, door = p.area["committee"], p.buildings["committee"][0], p.households[0]
    return [
        ("command", "/rounds"),
        ("command", r),
        ("street", f"{r}?area={p.area['street']}"),
        ("command", f"{r}/plan"),
        ("command", f"{r}/stations"),
        ("command", "/rounds/new"),
        ("command", f"/rounds/new?incident={t.incident.id}"),
        ("grid", f"{r}/board"),
        ("grid", f"{r}/board?area={area}&building={block}"),
        ("grid", f"{r}/board?area={area}&building={block}&door={door}"),
        ("lead", f"{r}/split?area={area}"),
        ("grid", f"{r}/paper?area={area}"),
        ("laboratory", "/sampling/results"),
        ("resident", "/code"),
        ("grid", f"/codes/{door}"),
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_rounds_opens_without_inline_code_and_within_its_statements(
    testing: Testing, language: str
) -> None:
    for post, address in pages(testing):
        client = client_of(testing.place, post, language)
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
        assert answer.status_code == 200, address
        assert inline_in(answer) == [], address
        assert len(statements(seen)) <= MOST_STATEMENTS, (post, address, len(statements(seen)), statements(seen))


@pytest.mark.parametrize("post", ["neighbour", "neighbour_grid"])
def test_the_neighbour_opens_no_page_of_the_round_and_reads_no_name(testing: Testing, post: str) -> None:
    for _, address in pages(testing):
        if address in ("/rounds", "/rounds/new", "/sampling/results", "/code"):
            continue
        answer = client_of(testing.place, post).get(address)
        assert answer.status_code in (403, 404), address
        assert names_in(answer, testing.place) == set()
    assert "round 1" not in text_of(client_of(testing.place, post).get("/rounds"))


def number(text: str) -> int:
    return int(text.replace(",", ""))


def table_of(page: str, head: str) -> list[list[int]]:
    """Rows of numbers of the table under a heading; the last is the sum."""
    part = page[page.index(f'id="{head}"') :]
    body = part[part.index("<tbody>") : part.index("</table>")]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[number(n) for n in re.findall(r'<td class="num[^"]*">([\d,]+)</td>', r)] for r in rows]


def test_coverage_is_shown_by_part_what_is_left_first_and_adds_up(testing: Testing) -> None:
    sample(testing, [0, 1, 2, 3])
    grid = client_of(testing.place, "grid")
    grid.post(f"/rounds/{testing.round.id}/note", sent_from(testing, [4], says="refused no-wish"))
    answer = client_of(testing.place, "command").get(f"/rounds/{testing.round.id}")
    page = text_of(answer)
    assert "67 people without a named state" in page and "5 people in the last hour" in page
    rows = table_of(page, "cover")
    # left, sampled, does not want to, to meet: the street, the other street, the sum
    assert rows == [[43, 4, 1, 48], [24, 0, 0, 24], [67, 4, 1, 72]]
    for row in rows:
        assert sum(row[:-1]) == row[-1]
    assert f"/rounds/{testing.round.id}?area={testing.place.area['street']}" in page
    street = text_of(client_of(testing.place, "street").get(f"/rounds/{testing.round.id}"))
    assert table_of(street, "cover") == [[24, 0, 0, 24], [19, 4, 1, 24], [43, 4, 1, 48]]
    assert f"/rounds/{testing.round.id}/board?area={testing.place.area['committee']}" in street
    assert "西街道" not in street


def test_a_round_is_planned_adopted_staffed_and_opened_through_its_pages(town: Town) -> None:
    p, command = town.place, client_of(town.place, "command")
    form = command.get(f"/rounds/new?incident={town.incident.id}")
    assert form.context["whole"] == 72 and [r["n"] for r in form.context["parts"]] == [48, 24]
    now = clock.now().astimezone(LOCAL).replace(tzinfo=None)
    asked = {"id": uuid4(), "incident": town.incident.id, "kind": "mass-test", "areas": [p.area["street"]],
             "from": f"{now:%Y-%m-%dT%H:%M}", "until": f"{now + timedelta(hours=9):%Y-%m-%dT%H:%M}"}  # fmt: skip
    for _ in range(2):
        planned = command.post("/rounds/new", asked)
        assert planned.status_code == 302
    found = Round.objects.get()
    assert f"/rounds/{found.id}/plan" in planned.headers["Location"]
    refusal(command.post("/rounds/new", asked | {"id": uuid4(), "areas": []}), 422, "rounds.unfit")
    refusal(command.post("/rounds/new", asked | {"id": uuid4(), "until": asked["from"]}), 422, "rounds.unfit")
    refusal(client_of(p, "lead").post("/rounds/new", asked | {"id": uuid4()}), 403, "accounts.right_missing")

    own, street = f"/rounds/{found.id}", p.area["street"]
    assert "48 people need 1 sites, 1 sampling units, 1 samplers" in text_of(command.get(f"{own}/plan"))
    refusal(command.post(f"{own}/step", {"state": "staffed"}), 409, "rounds.not_ready")
    adopted = {f"stations-{street}": "1", f"desks-{street}": "2", f"staff-{street}": "4", "reason": "steep lanes"}
    assert command.post(f"{own}/plan", adopted).status_code == 302
    refusal(command.post(f"{own}/plan", adopted | {f"staff-{street}": "1"}), 422, "rounds.unfit")
    assert command.post(f"{own}/stations/add", _site(town) | {"area": p.area["street"]}).status_code == 302
    for state in ("staffed", "open"):
        assert command.post(f"{own}/step", {"state": state}).status_code == 302
    page = text_of(command.get(own))
    assert "steep lanes" in page and table_of(page, "plan")[:4] == [[48, 48, 48], [1, 1, 1], [1, 2, 2], [1, 4, 4]]
    assert "frozen" in page and "not counted" in page


def _site(town: Town) -> dict[str, object]:
    """What the form sends that puts a place to work with two units of two."""
    p = town.place
    site = register_place(place_id=uuid4(), kind="test-site", name="体育馆", name_en="", lon=None, lat=None,
                          area_id=p.area["committee"], incident_id=None, by=p.actor("lead"),
                          capacity={}, at=clock.now())  # fmt: skip
    return {"id": uuid4(), "place": site.id, "desks": "2", "people": "2", "cluster": "一组"}


def test_sites_are_moved_one_by_one_or_all_at_once_with_who_and_when(testing: Testing, town: Town) -> None:
    command, own = client_of(testing.place, "command"), f"/rounds/{testing.round.id}/stations"
    made = _site(town)
    assert command.post(f"{own}/add", made).status_code == 302
    refusal(command.post(f"{own}/add", made | {"id": uuid4()}), 422, "rounds.unfit")  # at work already
    page = command.get(own)
    assert "1 of 3 sites is not open" in text_of(page) and "1 of 5 sampling units have somebody" in text_of(page)
    assert command.post(f"{own}/move", {"station": made["id"], "state": "setting-up"}).status_code == 302
    refusal(command.post(f"{own}/move", {"station": made["id"], "state": "notified"}), 409, "rounds.not_ready")
    refusal(command.post(f"{own}/move", {"state": "open"}), 404, "rounds.station_missing")
    part = text_of(command.get(f"{own}?cluster=一组"))
    assert "体育馆" in part and "采样点 committee" not in part and "setting up" in part and "command district" in part
    everything = {"all": "1", "state": "open", "area": testing.place.area["district"]}
    assert command.post(f"{own}/move", everything).status_code == 302
    assert "All 3 sites are open" in text_of(command.get(own))
    refused = client_of(testing.place, "street2").post(f"{own}/move", {"station": made["id"], "state": "closed"})
    refusal(refused, 404, "rounds.station_missing")


def test_sampling_does_not_close_while_people_are_left_and_the_refusal_leads_to_their_board(testing: Testing) -> None:
    command, own = client_of(testing.place, "command"), f"/rounds/{testing.round.id}"
    page = refusal(command.post(f"{own}/step", {"state": "sampling-closed"}), 409, "rounds.units_open")
    way = re.search(r'class="button primary" href="([^"]+)"', page)
    assert way and "72 people" in page
    board_page = command.get(way.group(1))
    assert board_page.status_code == 200 and "24 people without a named state" in text_of(board_page)
    refusal(command.post(f"{own}/step", {"state": "results-in"}), 409, "rounds.not_ready")  # by results alone
    refusal(client_of(testing.place, "grid").post(f"{own}/step", {"state": "closed"}), 403, "accounts.right_missing")


def test_all_negative_results_make_a_statement_in_both_languages_and_one_positive_none(testing: Testing) -> None:
    command, own = client_of(testing.place, "command"), f"/rounds/{testing.round.id}"
    sample(testing, [0, 1])
    close_tube(testing, "SG-0001", 2)
    rest = list(Unit.objects.filter(ending="").values_list("unit_id", flat=True))
    by, at = testing.place.actor("street"), clock.now()
    for post in ("street", "street2"):
        notes = [
            UnitNote(uuid4(), testing.round.id, u, "away", "left-city", testing.place.actor(post), at) for u in rest
        ]
        note_units(notes=notes, by=by, at=at)
    assert "may be published" not in text_of(command.get(own))
    assert command.post(f"{own}/step", {"state": "sampling-closed"}).status_code == 302
    assert "may be published" not in text_of(command.get(own))
    upload(testing, [("SG-0001", "阴性")])
    page = text_of(command.get(own))
    assert "甲区第 1 轮全员核酸检测共采样 不到 5 人、不到 5 管，检测结果均为阴性。" in page
    assert "samples of fewer than 5 people in fewer than 5 tubes were tested. All results are negative." in page
    override_value(override_id=uuid4(), code=common_edition(), area_id=testing.place.area["district"], new_value=2,
                   name="small_count", reason="r", approved_by=by.id, to_at=None, by=by, at=at)  # fmt: skip
    page = text_of(command.get(own))
    assert "samples of 2 people in 1 tubes were tested. All results are negative." in page
    assert command.post(f"{own}/step", {"state": "closed"}).status_code == 302
    Tube.objects.update(result="positive")
    assert "may be published" not in text_of(command.get(own))
