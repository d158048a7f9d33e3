"""Paths of people through the pages, in a real browser: signing in, why, a zone, a register file, the map."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import uuid4

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.grid.models import Person
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.services import draft_zone
from lianfang.flows.zones import ask_for_zone, decide_zone
from tests.browser.serving import DESK, console_errors
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.browser
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def try_to_sign_in(page: Page, name: str, password: str) -> str:
    """What the page says after a sign-in that fails."""
    page.goto("/sign-in")
    page.locator("#login").fill(name)
    page.locator("#password").fill(password)
    with page.expect_navigation():
        page.locator("main form button").click()
    return page.get_by_role("alert").inner_text()


def test_a_wrong_password_and_a_wrong_name_read_the_same_and_the_right_ones_open_the_day(person) -> None:
    page: Page = person()
    wrong_password = try_to_sign_in(page, "grid", "not-this-one")
    expect(page.locator("#login")).to_have_value("grid")
    assert try_to_sign_in(page, "nobody-here", "not-this-one") == wrong_password != ""
    page.locator("#login").fill("grid")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").click()
    expect(page.get_by_role("region", name="To do")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/")
    assert "/sign-in" in page.url


def held(town: Place, outbreak: Incident, paper: str = "甲指〔2026〕1号") -> ZoneVersion:
    """The first building sealed, by the command."""
    now = clock.now()
    version = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=outbreak.id, area_id=town.area["committee"],
                         name="花园一栋", kind="sealed", building_ids=town.buildings["committee"][:1],
                         why="本栋有确诊病例", is_proposed=False, by=town.actor("county"), at=now)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=version.id, reason="r", by=town.actor("county"), at=now)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number=paper, by=town.actor("command"), at=now)
    return version


def test_a_resident_reads_until_when_before_why_and_who_decided_and_how_to_appeal_in_both_languages(
    town: Place, outbreak: Incident, resident: str, person
) -> None:
    held(town, outbreak)
    (hold,) = holds_of(town.people[0], at=clock.now())
    page: Page = person(resident, "/why", language="zh-hans")
    date, reason = page.locator(".date"), page.get_by_text("本栋有确诊病例")
    expect(date).to_be_visible()
    expect(page.locator("h1")).to_have_text(hold.says["zh"])
    assert date.bounding_box()["y"] + date.bounding_box()["height"] <= reason.bounding_box()["y"]
    expect(page.get_by_role("link", name="打给网格员")).to_have_attribute("href", "tel:0751-0000000")
    # Nothing an elder needs is behind a menu.
    for term, text in (("决定机关", "甲区"), ("申诉", hold.appeal["zh"]), ("文件", hold.paper_number)):
        line = page.locator(".terms div", has=page.get_by_text(term, exact=True))
        expect(line.locator("dd")).to_be_visible()
        expect(line).to_contain_text(text)

    page.get_by_role("button", name="EN").click()
    expect(page.locator("h1")).to_have_text(hold.says["en"])
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for text in (hold.paper_number, hold.appeal["en"]):
        expect(page.get_by_text(text)).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text(hold.says["zh"])


def test_nobody_held_may_go_out(town: Place, resident: str, person) -> None:
    page: Page = person(resident, "/why")
    expect(page.locator("h1")).to_have_text("Nothing holds you. You can go out.")


def test_a_zone_goes_from_the_officers_draft_over_the_commands_word_to_the_residents_page(
    town: Place, outbreak: Incident, resident: str, person
) -> None:
    officer: Page = person("officer", f"/incidents/{outbreak.id}/zones/new?area={town.area['committee']}", size=DESK)
    errors = console_errors(officer)
    officer.get_by_role("radio", name="Sealed zone").check()
    officer.get_by_role("checkbox", name="花园 1 栋").check()
    what_if = officer.locator("#what-if")
    expect(what_if).to_contain_text("12 people")
    expect(what_if).to_contain_text("1 building")
    assert holds_of(town.people[0], at=clock.now()) == []
    officer.get_by_label("Name of the zone").fill("Garden 1")
    officer.get_by_label("Why here").fill("A case lives in this building")
    officer.get_by_role("button", name="Keep the draft").click()
    expect(officer.get_by_role("status")).to_have_text("The draft is kept. Nobody is held by it.")
    officer.get_by_label("Reason for the authority").fill("by the plan")
    officer.get_by_role("button", name="Ask the authority").click()
    expect(officer.get_by_text("You asked, so you cannot decide.")).to_be_visible()
    assert errors == []

    command: Page = person("command", "/decisions", size=DESK)
    expect(command.locator("h1")).to_have_text("1 decision waits for you")
    command.get_by_role("button", name="Grant for 12 people").click()
    # Without a paper number the browser itself keeps the form: nothing was sent.
    expect(command.get_by_label("Paper number")).to_be_focused()
    command.get_by_label("Paper number").fill("No. 7 of 2026")
    command.get_by_role("button", name="Grant for 12 people").click()
    expect(command.get_by_role("status")).to_have_text("Granted. It holds from now.")

    own: Page = person(resident, "/why")
    expect(own.locator("h1")).not_to_have_text("Nothing holds you. You can go out.")
    expect(own.locator(".held .name")).to_contain_text("Garden 1")
    expect(own.get_by_text("A case lives in this building")).to_be_visible()
    expect(own.get_by_text("No. 7 of 2026")).to_be_visible()


def id_number(born: str, serial: int) -> str:
    """A number whose last digit fits, by ISO 7064 MOD 11-2: the whole taken as a number base 2 leaves 1."""
    first = f"440203{born}{serial:03}"
    rest = sum(int(d) * pow(2, 17 - n, 11) for n, d in enumerate(first)) % 11
    return first + "10X98765432"[rest]


def workbook(people: list[tuple[str, str, str]]) -> bytes:
    """A register as an office keeps it: a title over merged cells, headings in the third row, a total below."""
    book = Workbook()
    sheet = book.active
    sheet["A1"] = "沙洲社区居民登记册"
    sheet.merge_cells("A1:E1")
    for column, heading in zip("ABCDE", ("序号", "姓 名", "身份证号码", "联系电话", "楼栋单元房号"), strict=True):
        sheet[f"{column}3"] = heading
    for n, (name, number, door) in enumerate(people, start=4):
        for column, value in zip("ABCDE", (n - 3, name, number, f"1390000{n:04}", door), strict=True):
            sheet[f"{column}{n}"] = value
    sheet[f"A{len(people) + 4}"] = "合计"
    sheet[f"B{len(people) + 4}"] = f"{len(people)}人"
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def choose(page: Page, content: bytes) -> None:
    """Choose a file and have it read."""
    page.goto("/register/import")
    page.get_by_label("The file").set_input_files({"name": "名册.xlsx", "mimeType": XLSX, "buffer": content})
    page.get_by_role("button", name="Read 1 file").click()


def test_a_file_with_one_number_on_two_people_is_shown_with_both_rows_and_taken_once_it_is_corrected(
    town: Place, person
) -> None:
    one, two, three = (id_number("19800102", n) for n in (11, 13, 27))
    page: Page = person("lead", "/register/import", size=DESK)
    before = Person.objects.count()
    choose(page, workbook([("甄一", one, "9-1-101"), ("甄二", two, "9-1-101"), ("贾三", two, "9-1-102")]))
    expect(page.locator("h1")).to_have_text("2 rows have to be corrected first")
    bad = page.locator("section", has_text="bad rows").first
    for row, name in (("5", "甄二"), ("6", "贾三")):
        line = bad.locator("tbody tr", has_text=name)
        expect(line.locator("th")).to_have_text(row)
        expect(line).to_contain_text("stands twice")
        expect(line).to_contain_text("5, 6")
    expect(page.get_by_role("button", name=re.compile("^Take"))).to_have_count(0)
    assert Person.objects.count() == before

    choose(page, workbook([("甄一", one, "9-1-101"), ("甄二", two, "9-1-101"), ("贾三", three, "9-1-102")]))
    expect(page.locator("h1")).to_have_text("3 changes are ready")
    page.get_by_role("button", name="Take 3 changes").click()
    expect(page.get_by_role("status")).to_have_text("The file was taken.")
    assert Person.objects.count() == before + 3
    # Nobody is deleted because the file does not name them, and who came is found.
    page.get_by_role("searchbox", name="Search people and doors").fill("zhen er")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/register\?q="))
    assert "zhen" not in page.url and "zhen" not in page.title()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(two[-4:])


def test_the_map_page_has_its_list_first_and_complains_of_nothing(town: Place, outbreak: Incident, person) -> None:
    held(town, outbreak)
    page: Page = person("command", "/", size=DESK)
    errors = console_errors(page)
    page.goto("/map")
    expect(page.locator("#map[data-ready='1']")).to_be_attached()
    expect(page.locator("#map canvas")).to_have_attribute("role", "img")
    lists = page.get_by_role("navigation", name="List").get_by_role("link")
    expect(lists.first).to_have_attribute("aria-current", "true")
    expect(lists.first).to_contain_text("Areas")
    expect(page.locator(".list a[data-area]")).to_have_count(2)
    page.keyboard.press("Tab")
    order = page.evaluate(
        "() => document.querySelector('.list').compareDocumentPosition(document.getElementById('map'))"
    )
    assert order & 4, "the list comes before the map"
    lists.nth(1).click()
    expect(page.locator(".list a[data-zone]")).to_contain_text("花园一栋")
    assert errors == []


def test_a_screen_that_cannot_draw_the_map_still_lists_the_areas(town: Place, person) -> None:
    page: Page = person("command", "/", size=DESK)
    page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "return kind.startsWith('webgl') ? null : own.call(this, kind, ...rest); };"
    )
    page.goto("/map")
    expect(page.get_by_text("This screen cannot draw the map. The list on the left holds the same.")).to_be_visible()
    expect(page.locator(".list a[data-area]")).to_have_count(2)
    page.locator(".list a[data-area]").first.click()
    expect(page.locator("h1")).to_contain_text("街道")
