"""Hearts, plans, exams and the stranded as people use them in a browser: each from the first tap to the last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.incidents.models import Incident
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.responders.services import put_on_duty
from lianfang.domains.work.models import Item, Plan
from lianfang.web.words import LOCAL
from tests.browser.serving import DESK, console_errors
from tests.browser.test_asking import whole
from tests.browser.test_paths import held
from tests.factories.call import volunteers
from tests.factories.place import Place, hashed_password
from tests.scenarios.test_exam_rows import line_of, lived_in, room

pytestmark = pytest.mark.browser


def test_a_call_is_kept_in_three_taps_and_high_risk_stands_before_who_leads_the_line_until_it_is_accepted(
    town: Place, person
) -> None:
    one, lead = (volunteers(town, 1, where="district", role=role, password_hash=hashed_password())[0]
                 for role in ("counsellor", "counsel-lead"))  # fmt: skip
    put_on_duty(duty_id=one.id, role="counsel-lead", area_id=town.area["district"], account_id=lead.id, position=0,
                by=town.system, at=town.at)  # fmt: skip
    desk: Page = person(one.username, "/hearts/line")
    errors = console_errors(desk)
    for tap in ("Sleep", "low", "in 2 hours"):
        desk.locator(".form.three .choice", has_text=tap).first.click()
    desk.get_by_role("button", name="Keep the call").click()
    expect(desk.get_by_role("region", name="To call back and to follow up")).to_contain_text("Sleep")
    call = Item.objects.get(kind="counsel-call")
    assert (call.state, call.owner_id, call.values["topic"]) == ("spoken", one.id, "sleep") and whole(desk)
    # In danger: whoever leads tonight has it before him in the same moment, without a name, on every page of the line.
    for tap in ("Sleep", "high", "none agreed"):
        desk.locator(".form.three .choice", has_text=tap).first.click()
    desk.get_by_role("button", name="Keep the call").click()
    expect(desk.locator("h1")).to_contain_text("in danger waits for somebody")
    assert [m.recipient_id for m in Message.objects.filter(template="counsel-high")] == [lead.id]
    head: Page = person(lead.username, "/hearts/line")
    head.get_by_role("region", name="High risk: not accepted yet").get_by_role("link").click()
    head.get_by_role("button", name="I have it and call now").click()
    expect(head.locator("h1 + .chip, .title-row .chip").first).to_have_text("A professional has it")
    desk.reload()
    expect(desk.locator("h1")).not_to_contain_text("in danger")
    assert Item.objects.get(kind="counsel-call", state="handed").owner_id == lead.id
    assert errors == [] and whole(head)


def test_a_plan_for_dialysis_days_is_kept_changed_and_ended_by_its_buttons(town: Place, person) -> None:
    desk: Page = person("lead", f"/plans/new/welfare-visit?unit={town.households[0]}", size=DESK)
    errors = console_errors(desk)
    desk.locator("input[name=how][value=weekdays]").check()
    for n in (1, 3, 5):
        desk.locator(f"input[name=weekday][value='{n}']").check()
    desk.get_by_role("button", name="Keep the plan").click()
    plan = Plan.objects.get()
    assert (plan.weekdays, plan.unit_id) == ([1, 3, 5], town.households[0]) and plan.next_on is not None
    expect(desk.locator("h1")).to_contain_text("next on")
    desk.get_by_text("Change the rhythm").click()
    desk.locator("input[name=how][value=every]").check()
    desk.get_by_label("Every so many days", exact=True).fill("4")
    desk.get_by_role("button", name="Keep", exact=True).click()
    plan.refresh_from_db()
    assert (plan.weekdays, plan.every_days) == ([], 4)
    desk.goto("/plans")
    desk.locator(f"a[href*='/plans/{plan.id}']").first.click()
    desk.get_by_text("It comes no more").click()
    desk.get_by_label("Why").fill("搬到儿子家")
    desk.get_by_role("button", name="End the plan").click()
    expect(desk.locator("h1")).to_contain_text("comes no more")
    plan.refresh_from_db()
    assert plan.ended_at is not None and errors == [] and whole(desk)


def test_a_list_of_candidates_is_brought_in_and_who_lives_in_a_zone_is_found_with_what_his_plan_lacks(
    town: Place, outbreak: Incident, person
) -> None:
    held(town, outbreak)
    town.at = clock.now()
    exam = clock.now().astimezone(LOCAL) + timedelta(days=2)
    room(town)
    lines = [line_of(town, lived_in(town.buildings[c][0])[0], exam) for c in ("committee", "committee2")]
    text = "\n".join(["姓名,身份证号,考点,考试日期,开考时间", *lines, "甄无人,1,没有的考点,六月七日,09:00"])
    desk: Page = person("officer", f"/exams?area={town.area['district']}", size=DESK)
    errors = console_errors(desk)
    desk.get_by_role("link", name="Bring a list in").click()
    desk.get_by_label("Which exam").fill("高考")
    desk.get_by_label("List (a table or CSV)").set_input_files(
        {"name": "kaosheng.csv", "mimeType": "text/csv", "buffer": text.encode()})  # fmt: skip
    desk.get_by_role("button", name="Take it in").click()
    expect(desk.get_by_text("2 lines kept")).to_be_visible()
    expect(desk.get_by_text("1 line to correct")).to_be_visible()
    desk.get_by_role("link", name="To the candidates").click()
    expect(desk.locator("h1")).to_contain_text("1 candidate in a zone")
    expect(desk.locator("h1")).to_contain_text("1 plan not complete")
    expect(desk.locator("table")).to_contain_text("not asked for")
    desk.get_by_text("Make the plan").click()
    leaves = exam.replace(hour=6, minute=30)
    desk.get_by_label("Fetched from home at").fill(leaves.strftime("%Y-%m-%dT%H:%M"))
    desk.get_by_label("Who goes along").fill("班主任")
    desk.get_by_role("button", name="Ask for their own car").click()
    expect(desk.get_by_role("status")).to_contain_text("Asked.")
    desk.goto(f"/exams?area={town.area['district']}")
    expect(desk.locator("table")).not_to_contain_text("not asked for")
    assert errors == [] and whole(desk)


def test_somebody_stranded_is_put_on_the_list_given_a_place_and_what_he_needs_becomes_a_plea(
    town: Place, person
) -> None:
    lead: Page = person("lead", "/stranded")
    errors = console_errors(lead)
    lead.get_by_role("link", name="Put somebody on it").click()
    if not lead.locator("[name='f-name']").is_visible():
        lead.get_by_text("Note more").click()
    for name, words in (("name", "钟远行"), ("home_place", "湖南衡阳"), ("phone", "13955550001"),
                        ("since", "2026-07-20"), ("needs", "降压药快没了")):  # fmt: skip
        lead.locator(f"[name='f-{name}']").fill(words)
    lead.locator("[name='f-wish_to_help'][value='false']").check(force=True)
    lead.locator("main form button.primary").click()
    item = Item.objects.get(kind="stranded-person")
    assert "钟远行" not in str(item.values)  # sealed
    lead.goto("/stranded")
    expect(lead.locator("h1")).to_contain_text("1 person stranded")
    expect(lead.locator("table")).to_contain_text("钟远行")
    lead.get_by_text("A need", exact=True).click()
    expect(lead.get_by_label("What is needed")).to_have_value("降压药快没了")
    lead.get_by_role("button", name="Take it in").click()
    plea = Plea.objects.get(about_item_id=item.id)
    lead.goto("/stranded")
    expect(lead.locator("table")).to_contain_text(f"№{plea.number}")
    assert errors == [] and whole(lead)
