"""The register by area and the search: parts add up, vacancies are named, a search too short says so."""

from __future__ import annotations

from tests.web.conftest import Town
from tests.web.pages import client_of, masked, refusal, text_of


def test_parts_add_up_to_the_whole_and_vacant_communities_are_named(town: Town) -> None:
    answer = client_of(town.place, "command").get("/register")
    assert sum(c["people"] for c in answer.context["children"]) == answer.context["people"] == 72
    page = text_of(answer)
    assert "1 community has nobody who answers for it:" in page and "柳林村委会" in page


def test_a_community_lists_its_buildings_with_what_is_left(town: Town) -> None:
    answer = client_of(town.place, "grid").get(f"/register?area={town.place.area['committee']}")
    rows = [(r["building"].name, r["people"], r["left"]) for r in answer.context["buildings"]]
    assert rows == [("花园 1 栋", 12, 3), ("花园 2 栋", 12, 0)]
    assert "grid-worker committee" in text_of(answer)


def test_a_search_finds_only_own_people_masked_and_says_when_it_is_too_short(town: Town) -> None:
    client, name = client_of(town.place, "grid2"), town.place.names[0]
    found = client.get(f"/register?q={name}")
    assert [p["name"] for p in found.context["people"]] == []
    own = town.place.names[24]  # the second committee's first
    found = client.get(f"/register?q={own}")
    assert [p["name"] for p in found.context["people"]] == [masked(own)]
    short = client.get("/register?q=7")
    assert short.status_code == 200 and 'title="privacy.search_too_short"' in text_of(short)
    doors = client_of(town.place, "grid").get("/register?q=花园1栋+101")
    assert [d.id for d in doors.context["doors"]] == [town.place.households[0]]


def test_the_search_is_for_those_who_read_the_register(town: Town) -> None:
    for post in ("volunteer", "publicity", "auditor"):
        refusal(client_of(town.place, post).get("/register?q=zhao"), 403, "accounts.right_missing")
