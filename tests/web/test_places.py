"""Pages of places: lists with filters, who stays as far as one may see, parts of the count, forms that are refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.places.models import Opening, Passage, Place, PlaceDay, Stay
from lianfang.domains.places.services import register_place
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, masked, names_in, refusal, services_since, sought, text_of


def admitted(town: Town, person: UUID, *, post: str = "medic", **more: object) -> int:
    sent = {"id": uuid4(), "person": person, "class": "bed", **more}
    return client_of(town.place, post).post(f"/places/{town.ward}/admit", sent).status_code


def test_the_list_filters_by_kind_and_state_and_shows_free_and_inside(town: Town) -> None:
    client = client_of(town.place, "grid")
    page = text_of(client.get("/places"))
    assert "花园便利店" in page and "<b>7</b> / 8 beds" in page and "<b>0</b> / 20" in page
    assert "花园便利店" not in text_of(client.get("/places?kind=hospital-ward"))
    assert "No place fits these filters." in text_of(client.get("/places?kind=shop&state=closed"))
    assert "花园便利店" in text_of(client.get("/places?state=nonsense&page=x"))
    assert "New place" not in page and "New place" in text_of(client_of(town.place, "lead").get("/places"))


def test_a_long_list_comes_in_pages_and_none_is_left_out(town: Town) -> None:
    p = town.place
    for n in range(60):
        register_place(place_id=uuid4(), kind="hotel", name=f"旅店 {n:02}", name_en="", area_id=p.area["committee"],
                       capacity={}, lon=None, lat=None, incident_id=None, by=p.actor("lead"),
                       at=clock.now())  # fmt: skip
    pages = [text_of(client_of(p, "lead").get(f"/places?kind=hotel&page={n}")) for n in (1, 2)]
    seen = [{n for n in range(60) if f"旅店 {n:02}" in page} for page in pages]
    assert len(seen[0]) == 50 and seen[0] | seen[1] == set(range(60)) and not seen[0] & seen[1]
    assert "Next page" in pages[0] and "Next page" not in pages[1]


def test_who_stays_is_shown_as_far_as_the_post_may_see_and_the_read_is_recorded(town: Town) -> None:
    name = town.place.names[1]
    address = f"/places/{town.ward}"
    assert name in text_of(client_of(town.place, "medic").get(address))
    assert PersonRead.objects.filter(subjects__contains=[town.place.people[1]]).count() == 1
    command = text_of(client_of(town.place, "command").get(address))
    assert masked(name) in command and name not in command
    volunteer = client_of(town.place, "volunteer").get(address)  # sees places, and no register
    assert "name not for your post" in text_of(volunteer) and names_in(volunteer, town.place) == set()


def test_a_person_is_found_admitted_once_counted_by_day_and_released(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, medic = town.place, client_of(town.place, "medic")
    page = text_of(medic.get(f"/places/{town.ward}/admit?q={sought(p, 'medic', p.names[0])}"))
    assert masked(p.names[0]) in page and str(p.people[0]) in page
    assert "stays somewhere already" in text_of(
        medic.get(f"/places/{town.ward}/admit?q={sought(p, 'medic', p.names[1])}")
    )
    assert "Nobody found." in text_of(medic.get(f"/places/{town.ward}/admit?q={sought(p, 'medic', p.names[-1] + 'x')}"))
    sent = {"id": uuid4(), "person": p.people[0], "class": "bed", "until": ""}
    for _ in range(2):
        assert medic.post(f"/places/{town.ward}/admit", sent).status_code == 302
    assert Stay.objects.filter(person_id=p.people[0]).count() == 1
    assert admitted(town, p.people[0]) == 409 and admitted(town, p.people[2], post="grid") == 403
    assert admitted(town, p.people[-1]) == 404  # the neighbour's
    refusal(medic.post(f"/places/{town.ward}/admit", {"class": "bed"}), 422, "places.unfit")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=4))
    assert text_of(medic.get(f"/places/{town.ward}")).count("day 5") == 2
    stay = Stay.objects.get(person_id=p.people[0])
    refusal(client_of(p, "neighbour").post(f"/stays/{stay.id}/release"), 404, "places.stay_missing")
    for _ in range(2):
        assert medic.post(f"/stays/{stay.id}/release").status_code == 302
    assert "1 person stays here" in text_of(medic.get(f"/places/{town.ward}"))


def test_a_tap_answers_with_the_part_alone_and_a_refusal_with_its_part(town: Town) -> None:
    client, address = client_of(town.place, "volunteer"), f"/places/{town.venue}/count"
    tap = {"id": str(uuid4()), "change": "20"}
    mark = last_entry()
    for _ in range(2):
        part = client.post(address, tap, headers={"HX-Request": "true"})
        assert part.status_code == 200 and "<html" not in text_of(part) and "let nobody in until" in text_of(part)
    assert services_since(mark) == ["places.count_passage"]
    said = refusal(client.post(address, {**tap, "id": str(uuid4())}, headers={"HX-Request": "true"}), 409,
                   "places.at_limit")  # fmt: skip
    assert "<html" not in said
    for change in ("", "much", "1.5"):
        refusal(client.post(address, {"id": uuid4(), "change": change}), 422, "base.invalid")
    assert Passage.objects.count() == 1
    assert "20" in text_of(client.get(address)) and client.get(f"/places/{town.venue}/recount").status_code == 405


def test_the_page_of_a_venue_has_two_large_buttons_for_who_counts_and_none_for_who_does_not(town: Town) -> None:
    counts = text_of(client_of(town.place, "volunteer").get(f"/places/{town.venue}"))
    assert counts.count('class="tap in"') == counts.count('class="tap out"') == 1 and "js/count.mjs" in counts
    reads = text_of(client_of(town.place, "command").get(f"/places/{town.venue}"))
    assert 'class="tap' not in reads and "count.mjs" not in reads and "Close it" not in reads
    refused = client_of(town.place, "tracer").post(f"/places/{town.venue}/count", {"id": uuid4(), "change": "1"})
    refusal(refused, 403, "accounts.right_missing")


def test_closing_needs_a_reason_and_it_stands_on_the_page(town: Town) -> None:
    lead = client_of(town.place, "lead")
    refusal(lead.post(f"/places/{town.venue}/close", {"reason": " "}), 422, "places.unfit")
    assert lead.post(f"/places/{town.venue}/close", {"reason": "排查"}).status_code == 302
    assert "排查" in text_of(lead.get(f"/places/{town.venue}"))
    sent = {"id": uuid4(), "opens_on": "", "percent": "30", "reason": "复开"}
    assert lead.post(f"/places/{town.venue}/open", sent).status_code == 302
    page = text_of(lead.get(f"/places/{town.venue}"))
    assert "复开" in page and "排查" not in page and "limit 6" in page
    assert lead.post(f"/places/{town.venue}/change", {"n-person": "10"}).status_code == 302
    assert "limit 3" in text_of(lead.get(f"/places/{town.venue}"))


def test_a_new_place_needs_a_kind_a_name_and_numbers(town: Town) -> None:
    lead, before = client_of(town.place, "lead"), Place.objects.count()
    assert "Step" not in text_of(lead.get("/places/new")) and "Isolation site" in text_of(lead.get("/places/new"))
    form = text_of(lead.get("/places/new?kind=isolation-site"))
    assert "step-free rooms" in form and "nobody leaves it" in form
    for sent, status, code in (
        ({"kind": "castle", "name": "a"}, 422, "places.unfit"),
        ({"kind": "shop", "name": ""}, 422, "places.unfit"),
        ({"kind": "shop", "name": "a", "n-person": "many"}, 422, "base.invalid"),
    ):
        refusal(lead.post("/places/new", {"id": uuid4(), **sent}), status, code)
    assert Place.objects.count() == before
    sent = {"id": uuid4(), "kind": "isolation-site", "name": "隔离点", "n-room": "3", "level": "strict"}
    for _ in range(2):
        assert lead.post("/places/new", sent).status_code == 302
    page = text_of(lead.get(f"/places/{sent['id']}"))
    assert "level: Strict" in page and "nobody leaves it" in page and "of 3 rooms free" in page
    assert Place.objects.count() == before + 1


@pytest.mark.parametrize("post", ["neighbour", "neighbour_grid"])
def test_a_neighbours_official_changes_nothing_by_any_form(town: Town, post: str) -> None:
    p, client = town.place, client_of(town.place, post)
    stay, committee = Stay.objects.get(), p.area["committee"]

    def standing() -> list[object]:
        tables = (Place, Stay, Passage, Opening, PlaceDay)
        return [sorted(map(str, t.objects.values_list())) for t in tables]

    before = standing()
    forms: list[tuple[str, dict[str, object]]] = [
        (f"/places/new?area={committee}", {"kind": "shop", "name": "a"}),
        (f"/places/open?area={committee}", {"kind": "shop", "percent": "10", "reason": "r"}),
        (f"/places/{town.venue}/open", {"percent": "10", "reason": "r"}),
        (f"/places/{town.venue}/close", {"reason": "r"}),
        (f"/places/{town.venue}/change", {"n-person": "1"}),
        (f"/places/{town.venue}/count", {"change": "1"}),
        (f"/places/{town.venue}/recount", {"inside": "9"}),
        (f"/places/{town.ward}/admit", {"person": p.people[0], "class": "bed"}),
        (f"/places/{town.ward}/day", {"active": "0"}),
        (f"/stays/{stay.id}/release", {}),
    ]
    for address, sent in forms:
        answer = client.post(address, {"id": uuid4(), **sent})
        assert answer.status_code in (403, 404) and names_in(answer, p) == set(), address
        assert "花园" not in text_of(answer), address
    assert standing() == before


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_place_stands_in_the_bar_for_those_with_the_right(town: Town, language: str) -> None:
    words = {"en": "Places", "zh-hans": "场所"}[language]
    shown = {post: f'href="/places">{words}<' in text_of(client_of(town.place, post, language).get("/"))
             for post in ("command", "medic", "auditor")}  # fmt: skip
    assert shown == {"command": True, "medic": True, "auditor": False}
