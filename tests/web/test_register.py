"""The register by area and the search: parts add up, vacancies are named, a search too short says so."""

from __future__ import annotations

from lianfang.base import clock
from lianfang.domains.grid.services import move_person
from tests.web.conftest import Town
from tests.web.pages import client_of, masked, refusal, sought, text_of


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
    found = client.get(f"/register?q={sought(town.place, 'grid2', name)}")
    assert [p["name"] for p in found.context["people"]] == []
    own = town.place.names[24]  # the second committee's first
    found = client.get(f"/register?q={sought(town.place, 'grid2', own)}")
    assert [p["name"] for p in found.context["people"]] == [masked(own)]
    short = client.get(f"/register?q={sought(town.place, 'grid2', '7')}")
    assert short.status_code == 200 and 'title="privacy.search_too_short"' in text_of(short)
    doors = client_of(town.place, "grid").get(f"/register?q={sought(town.place, 'grid', '花园1栋 101')}")
    assert [d.id for d in doors.context["doors"]] == [town.place.households[0]]


def test_the_search_is_for_those_who_read_the_register(town: Town) -> None:
    for post in ("volunteer", "publicity", "auditor"):
        refusal(
            client_of(town.place, post).get(f"/register?q={sought(town.place, post, 'zhao')}"),
            403,
            "accounts.right_missing",
        )


def test_a_roster_says_which_presence_it_counts_and_another_can_be_chosen(town: Town) -> None:
    client, place = client_of(town.place, "command"), town.place
    street = place.area["street"]
    page = client.get(f"/register?area={street}")
    assert page.context["people"] == 48 and "48 people living here" in text_of(page)
    assert "who only is registered, works or stays here is not in it" in text_of(page)
    move_person(person_id=place.people[0], household_id=place.households[3], presence="stays", source="door",
                by=place.actor("grid"), at=clock.now())  # fmt: skip
    stays = client.get(f"/register?area={street}&presence=stays")
    assert stays.context["people"] == sum(c["people"] for c in stays.context["children"]) == 1
    assert "1 person staying here for now" in text_of(stays) and "Counts who stays here for now" in text_of(stays)
    assert f"?area={place.area['committee']}&presence=stays" in text_of(stays)
    below = client_of(place, "grid").get(f"/register?area={place.area['committee']}&presence=stays")
    assert sorted(b["people"] for b in below.context["buildings"]) == [0, 1]
    for other in ("registered", "works"):
        assert client.get(f"/register?area={street}&presence={other}").context["people"] == 0
    assert client.get(f"/register?area={street}&presence=nonsense").context["people"] == 47
    chinese = text_of(client_of(place, "command", "zh-hans").get(f"/register?area={street}"))
    assert "现住 47 人" in chinese and "只是户籍在此、在此上班或暂住的不计" in chinese


def test_building_door_search_print_and_sheet_say_it_too(town: Town) -> None:
    place = town.place
    building, door = place.buildings["committee"][0], place.households[0]
    lives = "who only is registered, works or stays there is not in it"
    pages = {
        f"/register/building/{building}?door={door}": ("12 living here", lives, "all who live, are registered"),
        f"/register/door/{door}": ("all who live, are registered, work or stay here, or are away",),
        f"/register?q={sought(place, 'grid', place.names[0])}": ("each with one present stay, and which", "lives here"),
        f"/work/print/returnee-check?area={place.area['committee']}": ("at the door where the person lives",),
        f"/work/print/door-survey?area={place.area['committee']}": ("one task a door",),
    }
    for address, words in pages.items():
        page = text_of(client_of(place, "grid").get(address))
        assert [w for w in words if w not in page] == [], address
    zone = text_of(client_of(place, "command").get(f"/zones/{town.zone}"))
    chosen = {"area": place.area["committee"], "kind": "sealed", "buildings": building}
    asked = client_of(place, "county").post(f"/incidents/{town.incident.id}/zones/what-if", chosen)
    assert lives in zone and "12 people inside" in text_of(asked) and lives in text_of(asked)
    sheet = text_of(client_of(place, "command").get(f"/sheet?incident={town.incident.id}"))
    assert "living or staying there" in sheet
