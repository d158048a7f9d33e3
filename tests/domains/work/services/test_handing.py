"""From hand to hand: asked for, given, kept, granted by itself, put back; all of a door taken at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.work.models import Item, Transfer
from lianfang.domains.work.services import NewItem, open_items
from lianfang.flows.run_due import run_due
from tests.factories.call import volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def held(place: Place, kind: str = "door-survey", n: int = 0, owner: str = "grid") -> Item:
    who = place.accounts[owner].id if owner else None
    new = NewItem(uuid4(), place.area["committee"], "household", place.households[n], owner_id=who)
    [done] = open_items(kind_name=kind, items=[new], area_id=place.area["committee"], incident_id=None,
                        by=place.actor("lead"), at=place.at)  # fmt: skip
    assert done.code == ""
    return Item.objects.get(id=new.id)


def asked(place: Place, item: Item, post: str) -> Transfer:
    """By the button of the item's page, pressed twice."""
    browser, address = client_of(place, post), f"/work/{item.id}/ask-over"
    form = form_of(browser.get(f"/work/{item.id}"), address)
    for _ in range(2):
        assert browser.post(address, form).status_code == 302
    return Transfer.objects.get(item=item, state="asked")


def told(template: str) -> list[UUID]:
    return [m.recipient_id for m in Message.objects.filter(template=template)]


def run(place: Place, at: datetime) -> None:
    assert place.system is not None
    run_due(channels={}, by=place.system, at=at)


def test_who_is_silent_loses_a_task_to_whoever_asked_at_its_deadline_and_not_before(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    item = held(place)
    waits = asked(place, item, "lead")
    assert told("task-asked-for") == [place.accounts["grid"].id] and waits.due_at == now + 60 * MINUTE
    page = text_of(client_of(place, "grid").get(f"/work/{item.id}"))
    assert "would take this task over" in page and "Give it over" in page
    refusal(client_of(place, "lead").post(f"/work/{item.id}/ask-over", {"id": str(uuid4())}), 409,
            "work.transfer_unfit")  # fmt: skip
    run(place, now + 59 * MINUTE)
    assert Item.objects.get(id=item.id).owner_id == place.accounts["grid"].id
    for _ in range(2):
        run(place, now + 60 * MINUTE)
    item.refresh_from_db()
    lead, grid = place.accounts["lead"].id, place.accounts["grid"].id
    assert (item.owner_id, item.before_id) == (lead, grid)  # what he has done already may still be noted
    assert told("task-granted") == [grid] and told("task-given") == [lead]
    assert Purpose.objects.filter(source_id=item.id, to_at=None).values_list("actor_id", flat=True).get() == lead
    travel(monkeypatch, now + 61 * MINUTE)
    refusal(client_of(place, "grid").post(f"/work/transfers/{waits.id}/answer", {"says": "keep"}), 409,
            "work.transfer_unfit")  # fmt: skip


def test_its_holder_keeps_a_task_or_gives_it_or_puts_it_back(place: Place, now: datetime) -> None:
    item, grid = held(place), client_of(place, "grid")
    first = asked(place, item, "lead")
    assert grid.post(f"/work/transfers/{first.id}/answer", {"says": "keep"}).status_code == 302
    run(place, now + 90 * MINUTE)
    assert Item.objects.get(id=item.id).owner_id == place.accounts["grid"].id
    assert told("task-kept") == [place.accounts["lead"].id]
    second = asked(place, item, "lead")
    for _ in range(2):
        assert grid.post(f"/work/transfers/{second.id}/answer", {"says": "give"}).status_code == 302
    assert Item.objects.get(id=item.id).owner_id == place.accounts["lead"].id
    # Who cannot do it puts it back: nobody's, unless somebody has asked for it.
    lead = client_of(place, "lead")
    assert "I cannot do it: put it back" in text_of(lead.get(f"/work/{item.id}"))
    assert lead.post(f"/work/{item.id}/put-back").status_code == 302
    item.refresh_from_db()
    assert item.owner_id is None and not Purpose.objects.filter(source_id=item.id, to_at=None).exists()
    other = held(place, n=1)
    asked(place, other, "lead")
    assert grid.post(f"/work/{other.id}/put-back").status_code == 302
    assert Item.objects.get(id=other.id).owner_id == place.accounts["lead"].id


def test_nobody_asks_for_what_is_free_his_own_or_not_in_his_area(place: Place, now: datetime) -> None:
    free, own, done = held(place, owner=""), held(place, n=1, owner="lead"), held(place, n=2)
    Item.objects.filter(id=done.id).update(is_closed=True, closed_at=now)
    lead = client_of(place, "lead")
    for item in (free, own, done):
        refusal(lead.post(f"/work/{item.id}/ask-over", {"id": str(uuid4())}), 409, "work.transfer_unfit")
    theirs = held(place, n=3)
    for post in ("neighbour_grid", "grid2"):
        away = client_of(place, post)
        refusal(away.post(f"/work/{theirs.id}/ask-over", {"id": str(uuid4())}), 404, "work.item_missing")
        refusal(away.post(f"/work/{theirs.id}/put-back"), 404, "work.item_missing")
    waits = asked(place, theirs, "lead")
    refusal(client_of(place, "neighbour_grid").post(f"/work/transfers/{waits.id}/answer", {"says": "give"}), 404,
            "work.item_missing")  # fmt: skip
    refusal(client_of(place, "lead").post(f"/work/{theirs.id}/put-back"), 404, "work.item_missing")
    assert not Transfer.objects.exclude(id=waits.id).exists()


def test_whose_post_ended_meanwhile_is_granted_nothing_and_a_night_is_no_silence(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    [helper] = volunteers(place, 1, role="grid-worker")
    item = held(place)
    address = f"/work/{item.id}/ask-over"
    browser = browser_of(helper)
    assert browser.post(address, {"id": str(uuid4())}).status_code == 302
    Account.objects.get(id=helper.id).grants.update(to_at=now + 10 * MINUTE)
    run(place, now + 60 * MINUTE)
    assert Item.objects.get(id=item.id).owner_id == place.accounts["grid"].id
    assert Transfer.objects.get(item=item).state == "over"
    night = now + timedelta(hours=14, minutes=30)  # half past eleven: its holder sleeps
    travel(monkeypatch, night)
    place.at = night
    late = asked(place, item, "lead")
    assert late.due_at >= night + timedelta(hours=7)


def test_all_that_nobody_holds_behind_a_door_is_taken_at_once_whatever_its_kind(place: Place, now: datetime) -> None:
    door = place.households[0]
    survey, visit, mine = held(place, owner=""), held(place, "vector-inspection", owner=""), held(place)
    person = NewItem(uuid4(), place.area["committee"], "person", place.people[0])
    open_items(kind_name="prenatal-visit", items=[person], area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=now)  # fmt: skip
    lead = client_of(place, "lead")
    assert "tasks that nobody has" in text_of(lead.get(f"/register/door/{door}/due"))
    for _ in range(2):
        assert lead.post(f"/register/door/{door}/take").status_code == 302
    owners = dict(Item.objects.values_list("id", "owner_id"))
    assert {owners[survey.id], owners[visit.id]} == {place.accounts["lead"].id}
    assert owners[mine.id] == place.accounts["grid"].id
    assert owners.get(person.id) is None  # it asks for a nurse
    refusal(client_of(place, "neighbour_grid").post(f"/register/door/{door}/take"), 404, "grid.household_missing")
