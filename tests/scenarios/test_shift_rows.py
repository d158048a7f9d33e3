"""Rows of posts and risk shown through pages: kinds of task, what risk sets, inside a closed place, living inside."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from lianfang.cli.up import load_catalogue
from lianfang.domains.calls.models import Claim
from lianfang.domains.editions.services import override_value
from lianfang.domains.responders.models import Posting, Skill
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, posted, press, travel
from tests.scenarios.test_people_rows import enrol, moment, put_in, send, team_of, tick
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal, text_of

DAY = timedelta(days=1)
NAMED = ("patrol", "persuasion", "home-sampling", "registration", "medicine-buying", "gas-changing", "hand-out")
OWN = """
edition = "county-tasks-1"
hazard = "county-tasks"
base = true
title = { zh = "本县任务", en = "Tasks of this county" }
issuer = { zh = "县指挥部", en = "The county's command" }
jurisdiction = "CN"
valid_from = 2026-01-01
appeal = { zh = "向指挥部", en = "The command" }

[values.pets_a_turn]
value = 10
unit = "pet"
source = "the county"
status = "D"
words = { zh = "每班喂几只", en = "Pets a turn" }

[[tasks]]
name = "pet-feeding"
words = { zh = "喂养宠物", en = "Feeding pets" }
risk = "RISK"
forbids = []
skills = ["tibetan"]
unit = { zh = "只宠物", en = "pets fed" }
"""


def loaded(folder: Path, text: str) -> None:
    """Put a file beside the editions and bring the house up to date with it, as `lianfang up` does."""
    if not folder.exists():
        shutil.copytree(settings.EDITIONS, folder)
    (folder / "own.toml").write_text(text, encoding="utf-8")
    with override_settings(EDITIONS=folder):
        load_catalogue()


@pytest.mark.row("S1-16")
def test_kinds_of_task_are_data_and_a_new_one_comes_by_an_edition_file(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lead = client_of(place, "lead")
    form = text_of(lead.get(f"/calls/new?area={place.area['committee']}"))
    assert all(f'value="{name}"' in form for name in NAMED) and "pet-feeding" not in form
    refused = {"id": uuid4(), "task": "pet-feeding", "on": now.astimezone(LOCAL).date().isoformat(), "days": "1",
               "from": "10:00", "until": "12:00", "places": "2"}  # fmt: skip
    refusal(lead.post(f"/calls/new?area={place.area['committee']}", refused), 422, "calls.unfit")
    with pytest.raises(Exception, match=r"pet-feeding\.risk"):
        loaded(tmp_path / "editions", OWN.replace("RISK", "huge"))
    loaded(tmp_path / "editions", OWN.replace("RISK", "low"))
    assert "Feeding pets" in text_of(lead.get(f"/calls/new?area={place.area['committee']}"))

    # Shifts of it: its skill is demanded, its unit is counted, its hours stand in the ledger beside the others.
    who, unable = volunteers(place, 2)
    for v in (who, unable):
        enrol(v, place)
    send(browser_of(who), f"/people/{who.id}/skill", skill="tibetan", evidence="母语")
    send(lead, f"/people/skills/{Skill.objects.get().id}/judge", says="yes")
    shift = posted(place, "lead", 2, day=now, hours=("10:00", "12:00"), task="pet-feeding").shifts.get()
    patrol = posted(place, "lead", 2, day=now, hours=("13:00", "14:00"), task="patrol").shifts.get()
    refusal(press(unable, shift), 409, "calls.not_trained")
    mine, theirs = uuid4(), uuid4()
    assert press(who, shift, mine).status_code == press(unable, patrol, theirs).status_code == 302
    own = browser_of(who)
    for claim, s, n in ((mine, shift, (7, 5)), (theirs, patrol, (3,))):
        travel(monkeypatch, s.starts_at)
        by = browser_of(who if claim == mine else unable)
        refusal(by.post(f"/calls/claims/{claim}/note", {"kind": "count", "n": "4"}), 409, "calls.not_in")
        assert lead.post(f"/calls/claims/{claim}/present").status_code == 302
        for k in n:
            send(by, f"/calls/claims/{claim}/note", kind="count", n=str(k))
        if claim == mine:
            assert "12 pets fed" in text_of(own.get("/calls/mine"))
            refusal(by.post(f"/calls/claims/{claim}/note", {"kind": "count", "n": "0"}), 422, "calls.unfit")
            refusal(browser_of(unable).post(f"/calls/claims/{claim}/note", {"kind": "count", "n": "9"}), 403,
                    "accounts.right_missing")  # fmt: skip
        travel(monkeypatch, s.ends_at)
        assert by.post(f"/calls/claims/{claim}/leave").status_code == 302
    ledger = f"/calls/hours?by=task&area={place.area['committee']}&from={now.date()}&until={(now + DAY).date()}"
    page = text_of(lead.get(ledger))
    assert re.search(r"Feeding pets</th>(<td class=\"num\">1</td>){2}<td class=\"num\">2.*?12 pets fed", page)
    assert re.search(r"Patrol</th>(<td class=\"num\">1</td>){3}<td class=\"num\">3 rounds walked", page)
    refusal(client_of(place, "neighbour").get(ledger), 403, "accounts.right_missing")


@pytest.mark.row("S1-18")
def test_the_risk_of_a_task_sets_kit_training_hours_and_a_later_test_of_the_helper(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("high_risk_hours", 6), ("helper_test_days", [1, 3])):
        override_value(override_id=uuid4(), code="common-1", name=name, area_id=place.area["district"], to_at=None,
                       new_value=value, reason="本区规定", approved_by=place.accounts["command"].id,
                       by=place.actor("county", now), at=now - HOUR)  # fmt: skip
    (who,) = volunteers(place, 1)
    enrol(who, place)
    send(browser_of(who), f"/people/{who.id}/skill", skill="swab", evidence="执业证 1")
    lead = client_of(place, "lead")
    send(lead, f"/people/skills/{Skill.objects.get().id}/judge", says="yes")
    risky = posted(place, "lead", 1, day=now, hours=("10:00", "15:00"), task="home-sampling", cover="平安 1")
    calm = posted(place, "lead", 1, day=now + DAY, hours=("10:00", "11:00"), task="patrol")
    page = text_of(lead.get(f"/calls/{risky.id}"))  # the task names neither kit nor training: its risk does
    assert "High risk" in page and "given out: protective suit, N95 mask" in page and "Assembly table" in page
    assert "putting on and taking off the suit" in page and "protective suit" not in text_of(
        lead.get(f"/calls/{calm.id}")
    )
    [shift] = risky.shifts.all()
    mine, plain = uuid4(), uuid4()
    assert press(who, shift, mine).status_code == press(who, calm.shifts.get(), plain).status_code == 302
    more = posted(place, "lead", 1, day=now, hours=("16:00", "18:00"), task="home-sampling", cover="平安 1")
    assert "6" in refusal(press(who, more.shifts.get()), 409, "calls.too_many_hours")  # seven hours at it
    long = posted(place, "lead", 1, day=now + 2 * DAY, hours=("08:00", "16:00"), task="home-sampling", cover="平安 1")
    refusal(press(who, long.shifts.get()), 409, "calls.too_many_hours")  # and no single shift beyond it

    # Nobody goes on without kit and training; on the board the hours of the risk count.
    travel(monkeypatch, shift.starts_at)
    refusal(lead.post(f"/calls/claims/{mine}/present"), 409, "calls.not_assembled")
    tick(lead, mine, celsius="36.4", kit="1")
    refusal(lead.post(f"/calls/claims/{mine}/present"), 409, "calls.not_assembled")
    tick(lead, mine, training="1")
    assert lead.post(f"/calls/claims/{mine}/present").status_code == 302
    travel(monkeypatch, shift.starts_at + timedelta(hours=6, minutes=5))
    assert "over the limit: relief plan" in text_of(lead.get("/calls/duty"))

    # Leaving starts the tests: on the days of the edition, his own to see, the lead's to follow, once.
    assert browser_of(who).post(f"/calls/claims/{mine}/leave").status_code == 302
    for _ in range(2):
        run_due(channels={}, by=place.system, at=shift.starts_at + timedelta(hours=6, minutes=10))
    tests = list(Item.objects.filter(kind="helper-test").order_by("due_at"))
    days = [t.due_at.astimezone(LOCAL).date() - shift.starts_at.astimezone(LOCAL).date() for t in tests]
    assert days == [DAY, 3 * DAY] and {t.owner_id for t in tests} == {who.id}
    assert "Own test, day 3 after the post" in text_of(browser_of(who).get("/calls/mine"))
    assert "Own test, day 1 after the post" in text_of(lead.get(f"/work?kind=helper-test&area={risky.area_id}"))
    assert "Own test" not in text_of(client_of(place, "neighbour").get("/work?kind=helper-test"))
    send(browser_of(who), f"/work/{tests[0].id}/move", move="test")
    assert "day 1 after" not in text_of(browser_of(who).get("/calls/mine"))

    # A calm task asks for no test.
    travel(monkeypatch, calm.shifts.get().starts_at)
    lead.post(f"/calls/claims/{plain}/present")
    travel(monkeypatch, calm.shifts.get().ends_at)
    browser_of(who).post(f"/calls/claims/{plain}/leave")
    run_due(channels={}, by=place.system, at=calm.shifts.get().ends_at + HOUR)
    assert Item.objects.filter(kind="helper-test").count() == 2


@pytest.mark.row("S3-12")
def test_posts_inside_closed_places_ask_for_training_and_kit_and_coming_out_starts_the_tests(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, buddy, outside = volunteers(place, 3)
    lead = client_of(place, "lead")
    inside = {k: posted(place, "lead", 2, day=now, hours=("10:00", "13:00"), task="hand-out", inside=k, cover="平安 1")
              for k in ("sealed-zone", "isolation-site", "controlled-zone")}  # fmt: skip
    plain = posted(place, "lead", 2, day=now, hours=("10:00", "13:00"), task="hand-out")
    sent = {"id": uuid4(), "task": "hand-out", "on": now.date().isoformat(), "days": "1", "from": "10:00",
            "until": "13:00", "places": "1", "inside": "moon"}  # fmt: skip
    refusal(lead.post(f"/calls/new?area={place.area['committee']}", sent), 422, "calls.unfit")
    page = text_of(lead.get(f"/calls/{inside['sealed-zone'].id}"))  # the same task, outside a low risk
    assert "Inside a sealed zone" in page and "High risk" in page and "protective suit" in page
    page = text_of(lead.get(f"/calls/{plain.id}"))
    assert "Low risk" in page and "protective suit" not in page and "Assembly table" not in page
    claims = {who: uuid4(), buddy: uuid4(), outside: uuid4()}
    shift = inside["sealed-zone"].shifts.get()
    for v in (who, buddy):
        assert press(v, shift, claims[v]).status_code == 302
    assert press(outside, plain.shifts.get(), claims[outside]).status_code == 302

    # Entry: training and kit ticked, gear looked at by a second person.
    travel(monkeypatch, shift.starts_at)
    assert lead.post(f"/calls/claims/{claims[outside]}/present").status_code == 302
    for v in (who, buddy):
        refusal(lead.post(f"/calls/claims/{claims[v]}/present"), 409, "calls.not_assembled")
        tick(lead, claims[v], celsius="36.4", kit="1", training="1")
        tick(lead, claims[v], deploy="1")
    other = browser_of(buddy)
    refusal(other.post(f"/calls/claims/{claims[who]}/note", {"kind": "entered"}), 409, "calls.gear_unchecked")
    send(other, f"/calls/claims/{claims[who]}/note", kind="gear")
    send(other, f"/calls/claims/{claims[who]}/note", kind="entered")
    page = text_of(lead.get("/calls/duty"))
    assert re.search(r"Inside a sealed zone</span><span class=\"n\">2", page)  # by kind of place, now

    # Out again, decontaminated: his tests begin, though he stays on duty outside; nobody else's do.
    travel(monkeypatch, shift.starts_at + 2 * HOUR)
    send(other, f"/calls/claims/{claims[who]}/note", kind="left", clean="1")
    run_due(channels={}, by=place.system, at=shift.starts_at + 2 * HOUR)
    assert set(Item.objects.filter(kind="helper-test").values_list("owner_id", flat=True)) == {who.id}
    travel(monkeypatch, shift.ends_at)
    for v, c in claims.items():
        assert browser_of(v).post(f"/calls/claims/{c}/leave").status_code == 302
    run_due(channels={}, by=place.system, at=shift.ends_at)
    owners = list(Item.objects.filter(kind="helper-test").values_list("owner_id", flat=True))
    assert sorted(owners) == sorted([who.id, who.id, buddy.id, buddy.id])  # each day once, however he left
    assert Claim.objects.get(id=claims[who]).state == "done"
    hours = f"/calls/hours?by=inside&area={place.area['committee']}&from={now.date()}&until={(now + DAY).date()}"
    assert re.search(
        r"Inside a sealed zone</th>(<td class=\"num\">2</td>){2}<td class=\"num\">6", text_of(lead.get(hours))
    )
    refusal(client_of(place, "neighbour").get(f"/calls/{inside['sealed-zone'].id}"), 404, "calls.missing")


@pytest.mark.row("S3-15")
def test_a_squad_lives_and_works_inside_a_zone_with_lodging_tests_and_strength_by_hour(
    place: Place, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = at_nine().replace(hour=3)
    travel(monkeypatch, at)
    place.at = at
    people = volunteers(place, 4)
    for v in people:
        enrol(v, place, "official")
    squad = team_of(place, "执法局突击队", kind="squad")
    put_in(place, squad, *people[:3])
    lead, committee = client_of(place, "lead"), place.area["committee"]
    page = text_of(lead.get(f"/missions/inside?area={committee}"))
    [zone] = re.findall(r'<option value="([0-9a-f-]{36})">花园一栋', page)
    lodging = str(town.ward)
    assert f'value="{lodging}"' in page and "0 people live inside" in page
    sent = {"area": str(committee), "team": str(squad.id), "zone": zone, "lodging": lodging,
            "from": moment(at), "until": moment(at + 14 * DAY)}  # fmt: skip
    wrong = lead.post("/people/post", {"id": uuid4(), **sent, "zone": str(uuid4())})
    refusal(wrong, 422, "responders.unfit")
    wrong = lead.post("/people/post", {"id": uuid4(), **sent, "lodging": str(uuid4())})
    refusal(wrong, 422, "responders.unfit")
    assert Posting.objects.count() == 0
    send(lead, "/people/post", **sent)
    posted_ids = [str(p) for p in Posting.objects.order_by("id").values_list("id", flat=True)]
    assert len(posted_ids) == 3
    page = text_of(lead.get(f"/missions/inside?area={committee}"))
    assert page.count("not inside yet") == 3 and "Nobody was inside on this day." in page
    step = {"area": str(committee), "postings": posted_ids}
    refusal(lead.post("/missions/closed", {**step, "step": "out"}), 409, "responders.step_unfit")
    refusal(client_of(place, "neighbour").post("/missions/closed", {**step, "step": "in"}), 403,
            "accounts.right_missing")  # fmt: skip

    # In at five in the morning; entry, lodging, leave date stand on the list; the daily test is opened by itself.
    five = at + 2 * HOUR
    travel(monkeypatch, five)
    send(lead, "/missions/closed", **step, step="in")
    run_due(channels={}, by=place.system, at=five)
    page = text_of(lead.get(f"/missions/inside?area={committee}"))
    assert "3 people live inside" in page and all(v.label in page for v in people[:3])
    assert page.count("05:00 · day 1") == 3 and people[3].label not in page
    assert len(re.findall(r"<td>第一病区|<td>[^<]*病区", page)) == 3
    leaves = (at + 14 * DAY).astimezone(LOCAL)
    assert page.count(f"<td>{leaves:%-d %b} 03:00") == 3 or page.count("03:00</td>") == 3
    tests = Item.objects.filter(kind="helper-test")
    assert set(tests.values_list("owner_id", flat=True)) == {v.id for v in people[:3]}
    assert "Own test while living inside" in text_of(browser_of(people[0]).get("/people/card"))
    travel(monkeypatch, at + DAY + 6 * HOUR)
    run_due(channels={}, by=place.system, at=at + DAY + 6 * HOUR)
    assert tests.count() == 6
    page = text_of(lead.get(f"/missions/inside?area={committee}"))
    assert page.count('class="chip bad"') == 3 and page.count("day 2") == 3  # yesterday's was not done
    for t in tests.order_by("due_at")[:3]:
        send(lead, f"/work/{t.id}/move", move="test")
    assert 'class="chip bad"' not in text_of(lead.get(f"/missions/inside?area={committee}"))

    # One comes out at ten: the strength of every hour is as it was then, and he is asked for no further test.
    travel(monkeypatch, at + DAY + 7 * HOUR)
    send(lead, "/missions/closed", area=str(committee), postings=posted_ids[:1], step="out")

    def strength(day: datetime) -> list[int]:
        page = text_of(lead.get(f"/missions/inside?area={committee}&day={day.astimezone(LOCAL).date()}"))
        [line] = re.findall(r"</thead><tbody><tr>((?:<td class=\"num\">\d+</td>)+)</tr>", page)
        return [int(n) for n in re.findall(r">(\d+)<", line)]

    assert strength(at) == [0] * 5 + [3] * 19
    assert strength(at + DAY) == [3] * 10 + [2] * 14
    run_due(channels={}, by=place.system, at=at + 2 * DAY + 6 * HOUR)
    assert tests.count() == 8
    neighbour = client_of(place, "neighbour")
    refusal(neighbour.get(f"/missions/inside?area={committee}"), 403, "accounts.right_missing")
    assert people[0].label not in text_of(neighbour.get("/missions/inside"))
