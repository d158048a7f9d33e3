"""Why somebody is held: date before reason, who decided, paper and appeal; own page and the officials' view."""

from __future__ import annotations

from django.test import Client

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import holds_of
from lianfang.web.words import clock_of, day_text, local
from tests.factories.place import PASSWORD
from tests.web.conftest import Town
from tests.web.pages import client_of, masked, refusal, text_of


def test_the_date_stands_before_the_reason_and_all_terms_are_open(town: Town) -> None:
    page = text_of(client_of(town.place, "resident", "zh-hans").get("/why"))
    (hold,) = holds_of(town.place.people[0], at=clock.now())
    ends = hold.until_at or hold.review_at
    date = f'<p class="date" data-spoken>{day_text(ends, local(clock.now()).date())} {clock_of(ends)}</p>'
    assert date in page
    order = [page.index(t) for t in (hold.says["zh"], date, "a case lives there", hold.appeal["zh"])]
    assert order == sorted(order)
    assert "甲区" in page and "<details" not in page
    assert 'href="tel:0751-0000000"' in page


def test_a_resident_reads_the_own_name_whole_and_an_official_as_the_post_says(town: Town) -> None:
    person, name = town.place.people[0], town.place.names[0]
    assert f"{name}, hello" in text_of(client_of(town.place, "resident").get("/why"))
    grid, command = (text_of(client_of(town.place, post).get(f"/why/{person}")) for post in ("grid", "command"))
    assert name in grid and name not in command and masked(name) in command


def test_an_officials_whole_look_is_recorded_with_the_persons_id(town: Town) -> None:
    client_of(town.place, "grid").get(f"/why/{town.place.people[0]}", headers={"X-Purpose": "asked at the door"})
    (read,) = PersonRead.objects.filter(actor_id=town.place.accounts["grid"].id)
    assert (read.subjects, read.door, read.purpose) == ([town.place.people[0]], "why-person", "asked at the door")


def test_who_is_not_held_reads_so_first(town: Town) -> None:
    free = town.place.people[12]  # the second building
    page = text_of(client_of(town.place, "grid").get(f"/why/{free}"))
    assert "Nothing holds this person now." in page and "Appeal" not in page


def test_a_resident_sees_nobody_elses_page(town: Town) -> None:
    refusal(client_of(town.place, "resident").get(f"/why/{town.place.people[1]}"), 404, "grid.person_missing")


def test_an_official_without_a_person_of_its_own_is_led_to_the_day(town: Town) -> None:
    answer = client_of(town.place, "grid").get("/why")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def page_of(town: Town, post: str, n: int = 0) -> str:
    """Why the n-th person is held, as a post reads it."""
    return text_of(client_of(town.place, post).get(f"/why/{town.place.people[n]}"))


def test_the_person_sees_the_colour_with_reason_since_and_review(town: Town) -> None:
    hold = Hold.objects.get(source_id=town.zone)
    for address, language, words in (("/mine", "en", "Health code: red"), ("/why", "zh-hans", "健康码：红码")):
        client = Client(HTTP_ACCEPT_LANGUAGE=language)
        assert client.login(username="resident", password=PASSWORD)
        text = text_of(client.get(address))
        shown = text[text.index("code-colour") :].split("</p>")[0]
        assert words in shown and hold.words["en" if language == "en" else "zh"] in shown
        assert ("looked at again by" if language == "en" else "前再次评估") in shown
    assert not PersonRead.objects.filter(fields__contains=["colour"]).exists()  # the own colour is nobody's look


def test_who_needs_it_for_care_sees_it_each_time_on_record_and_nobody_else(town: Town) -> None:
    assert "Health code: red" in page_of(town, "grid")
    read = PersonRead.objects.get(fields__contains=["colour"])
    assert read.subjects == [town.place.people[0]] and read.actor_id == town.place.accounts["grid"].id
    assert "code-colour" not in page_of(town, "command")
    assert "code-colour" not in page_of(town, "neighbour_grid")
    assert PersonRead.objects.filter(fields__contains=["colour"]).count() == 1


def test_the_colour_goes_with_what_made_it(town: Town) -> None:
    Hold.objects.filter(source_id=town.zone).update(ended_at=clock.now())
    assert "Health code: green" in page_of(town, "grid") and "Health code: red" not in page_of(town, "grid")
