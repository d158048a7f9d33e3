"""Pages of weather warnings: forms that are refused, who sees and enters what, hostile files, both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.incidents.rules.cap import MOST_BYTES
from lianfang.domains.incidents.services import WarningText
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import CHECK
from lianfang.flows.weather import warn
from tests.factories.alerts import HOUR, alert, code_area, info
from tests.factories.call import called, shift_of, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, press
from tests.web.pages import client_of, inline_in, last_entry, names_in, refusal, services_since, statements, text_of

SAMPLES = Path(__file__).parents[1] / "data" / "cap"


@pytest.fixture
def here(place: Place) -> Place:
    """The small place, its calls posted now: pages read the clock."""
    place.at = clock.now()
    return place


def storm(place: Place, kind: str = "rainstorm", colour: str = "yellow", where: str = "district") -> WeatherWarning:
    at = clock.now()
    says = WarningText(kind, colour, at, at + 6 * HOUR, [place.area[where]])
    return warn(warning_id=uuid4(), says=says, by=place.actor("officer", at), at=at)


def check_of(unit: UUID) -> Item:
    return Item.objects.get(kind=CHECK, unit_id=unit)


def sent_file(data: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("a.xml", data)}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_speaks_both_languages_runs_no_inline_code_and_names_nobody(here: Place, language: str) -> None:
    called(here, 2)
    warning = storm(here, "heat", "orange")
    for post, url in (("lead", "/weather"), ("lead", "/weather/new"), ("lead", "/weather/checks"),
                      ("command", f"/weather/{warning.id}")):  # fmt: skip
        answer = client_of(here, post, language).get(url)
        assert answer.status_code == 200 and inline_in(answer) == [] and not names_in(answer, here)
    page = text_of(client_of(here, "command", language).get(f"/weather/{warning.id}"))
    assert ("高温橙色" if language == "zh-hans" else "Heat, orange") in page and "360" in page and "12:00" in page
    assert "art. 8" in page


def test_what_a_form_lacks_is_refused_in_four_parts_and_nothing_is_kept(here: Place) -> None:
    client = client_of(here, "officer")
    good = {"id": uuid4(), "warning": "rainstorm yellow", "area": here.area["district"]}
    refusal(client.post("/weather/new", {**good, "warning": ""}), 422, "incidents.warning_unknown")
    refusal(client.post("/weather/new", {**good, "warning": "hail blue"}), 422, "incidents.warning_unknown")
    refusal(client.post("/weather/new", {**good, "area": ""}), 422, "incidents.warning_unfit")
    refusal(client.post("/weather/new", {**good, "until_at": "2020-01-01T00:00"}), 422, "incidents.warning_unfit")
    refusal(client.post("/weather/new", {**good, "area": here.area["neighbour"]}), 403, "accounts.right_missing")
    refusal(client.post("/weather/import", {}), 422, "incidents.warning_unfit")
    assert not WeatherWarning.objects.exists()
    mark = last_entry()
    assert client.post("/weather/new", good).status_code == 302  # without hours: from now, as long as the edition says
    made = WeatherWarning.objects.get()
    assert made.until_at - made.from_at == timedelta(hours=12) and services_since(mark) == ["incidents.raise_warning"]
    refusal(client.post(f"/weather/{made.id}/cancel", {"why": " "}), 422, "incidents.warning_unfit")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("data", "element"),
    [
        ((SAMPLES / "xee.cap").read_bytes(), "DOCTYPE"),
        (b"<a" * (MOST_BYTES // 2 + 9), "alert"),
        (b"\xff\xd8\xff\xe0 a picture", "line 1"),
        ((SAMPLES / "canada.cap").read_bytes(), "colour"),
    ],
    ids=["external entities", "too big", "no XML", "no colour of ours"],
)
def test_a_file_that_cannot_be_taken_says_where_and_what_to_do(
    here: Place, data: bytes, element: str, language: str
) -> None:
    client = client_of(here, "officer", language)
    if element == "colour":  # a real alert of another country: of a kind we know, over ground that is not ours
        refusal(client.post("/weather/import", sent_file(data)), 422, "incidents.alert_elsewhere", language)
    else:
        page = refusal(client.post("/weather/import", sent_file(data)), 422, "incidents.alert_unreadable", language)
        assert f"“{element}”" in page
    assert not WeatherWarning.objects.exists()


def test_strangers_neither_see_nor_answer_nor_end_a_warning(here: Place) -> None:
    call = called(here, 2)
    warning = storm(here, where="street")
    check = check_of(call.id)
    for post in ("neighbour", "neighbour_grid", "street2"):
        client = client_of(here, post)
        assert "Rainstorm" not in text_of(client.get("/weather"))
        refusal(client.get(f"/weather/{warning.id}"), 404, "incidents.warning_missing")
        refusal(client.get(f"/weather/checks?item={check.id}"), 404, "work.item_missing")
        refusal(client.post(f"/weather/checks/{check.id}/answer", {"choice": "pause"}), 404, "work.item_missing")
    refusal(client_of(here, "grid").post(f"/weather/checks/{check.id}/answer", {"choice": "pause"}), 403,
            "work.move_not_yours")  # fmt: skip
    refusal(client_of(here, "lead").post(f"/weather/checks/{check.id}/answer", {"choice": "x"}), 422,
            "work.field_unfit")  # fmt: skip
    refusal(client_of(here, "volunteer").get("/weather"), 403, "accounts.right_missing")
    assert "No post of yours" in text_of(client_of(here, "volunteer").get("/weather/checks"))
    page = text_of(client_of(here, "lead").get(f"/weather/{warning.id}"))
    assert "Rainstorm" in page and "What you can do" not in page  # it holds for the whole street


def test_a_check_opens_from_the_day_and_board_and_its_change_of_mind_shows(here: Place) -> None:
    call = called(here, 2)
    storm(here)
    check, lead = check_of(call.id), client_of(here, "lead")
    assert f"/work/{check.id}" in text_of(lead.get("/"))
    assert lead.get(f"/work/{check.id}").url == f"/weather/checks?item={check.id}"
    for choice, words in (("pause", "Pause"), ("re-time", "Another time")):
        assert lead.post(f"/weather/checks/{check.id}/answer", {"id": uuid4(), "choice": choice}).status_code == 302
        page = text_of(lead.get("/weather/checks"))
        assert f"✓ {words}" in page and page.count("✓") == 1
    assert "Open the call to change its shifts" in page and f"/calls/{call.id}" in page
    assert lead.post(f"/weather/checks/{check.id}/resume").status_code == 302
    assert "No post of yours" in text_of(lead.get("/weather/checks"))
    assert "Rainstorm" not in text_of(lead.get(f"/calls/{call.id}"))


def test_a_pause_is_told_to_who_looks_for_work_and_who_holds_a_place(here: Place) -> None:
    [who] = volunteers(here, 1)
    call = called(here, 2)
    press(who, shift_of(call))
    storm(here)
    client_of(here, "lead").post(f"/weather/checks/{check_of(call.id).id}/answer", {"choice": "pause"})
    for url in ("/calls/mine", "/calls?tab=all"):
        assert "Paused by committee-lead committee" in text_of(browser_of(who).get(url))
    assert "Paused by" in text_of(client_of(here, "lead").get("/calls/led"))


def test_a_call_in_the_heat_says_what_to_have_for_the_people_of_each_shift(here: Place) -> None:
    people = volunteers(here, 2)
    call = called(here, 4, 4)
    for who in people:
        press(who, shift_of(call))
    indoors = called(here, 2, task="medical")
    storm(here, "heat", "orange")
    page = text_of(client_of(here, "lead").get(f"/calls/{call.id}"))
    assert "in a suit at most 45 min" in page and "drinking water (litres) 4" in page and "cooling vests 2" in page
    assert page.count("drinking water") == 1  # nobody has claimed the second shift
    assert "What the weather asks" not in text_of(client_of(here, "lead").get(f"/calls/{indoors.id}"))


def test_lists_ask_a_few_questions_however_many_posts(here: Place) -> None:
    def asked(url: str) -> int:
        client = client_of(here, "command")
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return len(statements(seen))

    called(here, 1)
    warning = storm(here)
    urls = ("/weather", f"/weather/{warning.id}", "/calls/led")
    few = [asked(u) for u in urls]
    for _ in range(12):
        called(here, 1)
    storm(here, "gale", "blue")
    assert [asked(u) for u in urls] <= [n + 1 for n in few] and max(few) <= 30


def test_an_alert_with_places_left_out_says_so_on_its_page(here: Place) -> None:
    at = clock.now()
    data = alert(at, info(at, [code_area("990101"), code_area("990102", "乙区"), code_area("1", "火星")]))
    answer = client_of(here, "officer").post("/weather/import", sent_file(data))
    page = text_of(client_of(here, "officer").get(answer.url))
    assert "The alert was taken" in page and "乙区, 火星" in page and "发布暴雨黄色预警信号" in page
