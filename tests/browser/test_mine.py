"""About me on an old small phone: what is held, who read it, what restricts until when; correcting and appealing."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.decisions.models import Decision
from lianfang.domains.editions.queries import edition
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.incidents.models import Incident
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import personal_values
from lianfang.web.words import moment
from tests.browser.serving import OLD_PHONE, console_errors, sign_in, slowed
from tests.browser.test_paths import held
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.browser
LEAST_TAP = 40  # px of a finger's target
SLOW = 6  # times slower than this machine
WORDS = {
    "zh-hans": {"held": "这些是关于您的记录", "reads": "谁看过您的信息", "door": "住户页", "rule": "依据",
                "paper": "文件", "restricts": "现在和过去对您的限制", "wrong": "信息有误", "this": "这不对，我要申诉"},
    "en": {"held": "this is held about you", "reads": "Who looked at your data", "door": "A door", "rule": "Rule",
           "paper": "Paper", "restricts": "What restricts you, or did", "wrong": "Something is wrong",
           "this": "This is wrong"},
}  # fmt: skip


def read_by_the_grid_worker(town: Place, person) -> None:
    """The grid worker opened the door's page, in a browser as well, and closed it."""
    other: Page = person("grid", f"/register/door/{town.households[0]}")
    expect(other.get_by_text(town.names[0]).first).to_be_visible()
    assert PersonRead.objects.filter(subjects__contains=[town.people[0]], door="household").count() == 1


def fits(page: Page) -> None:
    """Nothing lies beside the screen, and what is tapped is as large as a finger."""
    wide = page.locator("html").bounding_box()["width"]
    assert wide <= OLD_PHONE[0], wide
    for part in page.locator("main > *").all():
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= OLD_PHONE[0] + 1, part.inner_text()[:60]
    for target in page.locator("main button:visible, main summary:visible, main a.button:visible").all():
        assert target.bounding_box()["height"] >= LEAST_TAP, target.inner_text()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("scripts", [True, False], ids=["slow", "without-javascript"])
def test_a_resident_sees_what_is_held_who_read_it_and_what_restricts_until_when_by_which_rule(
    town: Place, outbreak: Incident, resident: str, person, language: str, scripts: bool
) -> None:
    version, w = held(town, outbreak), WORDS[language]
    read_by_the_grid_worker(town, person)
    (hold,) = holds_of(town.people[0], at=clock.now())
    page: Page = person(size=OLD_PHONE, language=language, scripts=scripts)
    complaints = console_errors(page)
    if scripts:
        slowed(page, SLOW)
    sign_in(page, resident, PASSWORD, to="/mine")
    main = page.locator("main")
    expect(main).to_contain_text(w["held"])
    expect(main).to_contain_text(town.names[0])
    said, lang = main.inner_text(), "en" if language == "en" else "zh"
    assert town.names[1] not in said  # nobody else's
    restricts = said[said.index(w["restricts"]) : said.index(w["reads"])]
    assert hold.words[lang] in restricts and hold.paper_number in restricts and w["paper"] in restricts
    assert edition(hold.edition)["title"][lang] in restricts and w["rule"] in restricts
    ends = version.until_at or version.review_at or hold.until_at or hold.review_at
    assert ends
    with override(language):
        assert moment(ends) in restricts  # until when
    reads = said[said.index(w["reads"]) :]
    assert town.accounts["grid"].label in reads and w["door"] in reads
    fits(page)
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_without_javascript_a_correction_and_an_appeal_are_filed_and_answered_for_on_the_page(
    town: Place, outbreak: Incident, resident: str, person, language: str
) -> None:
    held(town, outbreak)
    w = WORDS[language]
    page: Page = person(size=OLD_PHONE, language=language, scripts=False)
    sign_in(page, resident, PASSWORD, to="/mine")
    page.locator("summary", has_text=w["wrong"]).click()
    fits(page)
    page.locator("#about").select_option("phone")
    page.locator("#right").fill("13911112222")
    page.locator("form[action='/mine/correct'] button").click()
    page.wait_for_url(re.compile("said=work.correction_asked"))
    item = Item.objects.get(kind="correction")
    assert "13911112222" in personal_values(item, by=town.actor("lead", clock.now())).values()

    page.locator("summary", has_text=w["this"]).click()
    page.locator("textarea[name=says]").fill("我不住这栋楼")
    page.locator("form[action^='/mine/appeal'] button").click()
    page.wait_for_url(re.compile("said=decisions.appealed"))
    stands = page.locator(".entry .note.warn")
    expect(stands).to_be_visible()
    expect(stands).to_contain_text("等待另一" if language == "zh-hans" else "It waits for another to look at it.")
    expect(page.locator("form[action^='/mine/appeal']")).to_have_count(0)  # asked once
    assert Decision.objects.get(kind="appeal").state == "asked"
    fits(page)


def test_an_empty_appeal_is_kept_by_the_page_and_by_the_server(
    town: Place, outbreak: Incident, resident: str, person
) -> None:
    held(town, outbreak)
    page: Page = person(resident, "/mine", size=OLD_PHONE, scripts=False)
    page.locator("summary", has_text="This is wrong").click()
    page.locator("form[action^='/mine/appeal'] button").click()
    assert page.url.endswith("/mine") and not Decision.objects.filter(kind="appeal").exists()
    page.locator("textarea[name=says]").fill("   ")
    page.locator("form[action^='/mine/appeal'] button").click()
    expect(page.locator("main")).to_contain_text("What next")
    assert not Decision.objects.filter(kind="appeal").exists()
