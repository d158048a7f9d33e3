"""Rows of waste shown through pages and phones: points cleared in the kit, in time, for who is licensed."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.domains.responders.services import judge_skill, state_skill
from lianfang.domains.work.models import Item, Move
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR
from tests.factories.people import serving, skilled
from tests.factories.place import Place
from tests.flows.test_weather import storm
from tests.scenarios.test_call_rows import at_nine, travel
from tests.scenarios.test_place_rows import entered
from tests.scenarios.test_work_rows import moved, opened
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal, text_of

Patch = pytest.MonkeyPatch
KIT = ("kit_protective_suit", "kit_n95", "kit_face_shield", "kit_double_gloves", "kit_boots")
ON = dict.fromkeys(KIT, True)
DRESSED = {f"f-{k}": "true" for k in KIT}


@pytest.fixture
def evening(town: Town, monkeypatch: Patch) -> datetime:
    """Seven in the evening, an incident open."""
    at = at_nine() + 10 * HOUR
    travel(monkeypatch, at)
    trained(town.place, "grid")
    return at


def trained(place: Place, post: str) -> None:
    """On the register of those who serve, with the training that waste asks for, seen by somebody else."""
    serving(place, place.accounts[post])
    for skill in ("infectious-waste", "suit"):
        skilled(place, place.accounts[post], skill)


def licensed(place: Place, name: str, number: str, until: datetime, *, where: str = "committee") -> UUID:
    """Entered by one official, checked by another who saw the licence."""
    first, second = ("grid", "street") if where == "committee" else ("neighbour_grid", "")
    fields = {"f-carrier": name, "f-licence": number, "f-licence_until": until.astimezone(LOCAL).date().isoformat()}
    carrier = opened(place, first, "waste-carrier", area=place.area[where], **fields)
    if second:
        moved(place, second, carrier, "check", seen="true")
    return carrier


def press(place: Place, post: str, item: UUID, move: str, **fields: object) -> Any:
    sent = {"id": uuid4(), "move": move, **{f"f-{k}": v for k, v in fields.items()}}
    return client_of(place, post).post(f"/work/{item}/move", sent)


def noted(place: Place, post: str, *notes: tuple[UUID, str, dict[str, Any]], at: datetime, seq: int) -> list[str]:
    """Steps pressed on a phone without signal, sent twice afterwards: the codes of the first answer."""
    envelopes = [{"id": str(uuid4()), "kind": "work.note", "made_at": at.isoformat(), "seq": seq + n,
                  "actor": str(place.accounts[post].id), "body": {"item": str(i), "move": m, "values": v}}
                 for n, (i, m, v) in enumerate(notes)]  # fmt: skip
    batch = {"device": str(uuid4()), "sent_at": at.isoformat(), "envelopes": envelopes}
    phone = client_of(place, post)
    answers = [phone.post("/field/envelopes", json.dumps(batch), content_type="application/json").json()["answers"]
               for _ in range(2)]  # fmt: skip
    assert [b["code"] for b in answers[1]] == [a["code"] or "repeated" for a in answers[0]]
    return [a["code"] for a in answers[0]]


@pytest.mark.row("S3-16")
def test_nine_points_of_an_evening_are_cleared_in_the_kit_in_time_and_handed_to_a_licensed_carrier(
    town: Town, evening: datetime, monkeypatch: Patch
) -> None:
    place, carriers = town.place, {}
    sites = [entered(place, "waste-point", f"{n} 号点", point=1) for n in range(1, 10)]
    points = [opened(place, "grid", "waste-point", unit=s, incident=town.incident.id, **{"f-where": "楼后"})
              for s in sites]  # fmt: skip
    for p in points:
        assert client_of(place, "grid").post(f"/work/{p}/take", {}).status_code == 302
    # The register of carriers: one in order, one whose licence ended yesterday, one that nobody has checked.
    carriers["old"] = licensed(place, "旧清运公司", "GD-OLD-1", evening - timedelta(days=1))
    carriers["good"] = licensed(place, "绿洁环保公司", "GD-OK-2", evening + timedelta(days=90))
    unchecked = opened(place, "lead", "waste-carrier", area=place.area["committee"],
                       **{"f-carrier": "某公司", "f-licence": "GD-NEW-3", "f-licence_until": "2099-01-01"})  # fmt: skip
    refusal(press(place, "lead", unchecked, "check", seen="true"), 403, "work.needs_another")  # never by who entered it
    licensed(place, "邻区公司", "GD-AWAY-4", evening + timedelta(days=90), where="neighbour_committee")
    first = points[0]
    # Without the kit nothing is begun: what is missing is named, piece by piece, and nothing was noted.
    said = refusal(press(place, "grid", first, "seal", bags="4", method="double", **{
        k: "false" if k in ("kit_n95", "kit_boots") else "true" for k in KIT}), 422, "work.kit_missing")  # fmt: skip
    assert "N95 on, tried for leaks" in said and "Boots and covers on" in said and "Face shield on" not in said
    assert press(place, "grid", first, "seal", bags="4", method="double").status_code == 422  # nothing ticked
    assert Item.objects.get(id=first).state == "found" and not Move.objects.filter(item_id=first, move="seal").exists()
    # The phone holds the form with every piece, and works without signal; the kit is said anew at each step.
    bundle = client_of(place, "grid").get("/field/bundle.json").json()
    assert {str(p) for p in points} <= {i["id"] for i in bundle["items"]}
    form = next(k for name, k in bundle["kinds"].items() if name.startswith("waste-point"))
    assert [f["name"] for f in form["fields"] if f.get("anew") and "seal" in f["required_at"]] == list(KIT)
    sealed = {"bags": 4, "method": "double", **ON}
    steps = [(p, "seal", sealed) for p in points]
    assert noted(place, "grid", *steps, at=evening + HOUR / 2, seq=1) == [""] * 9
    later = evening + HOUR
    travel(monkeypatch, later)
    took = {"suit_minutes": 95, **ON}
    codes = noted(place, "grid", (first, "collect", {"suit_minutes": 95}), *((p, "collect", took) for p in points[:8]),
                  (points[8], "collect", took | {"suit_minutes": 241}), at=later, seq=20)  # fmt: skip
    assert codes == ["work.kit_missing", *[""] * 8, "work.bound_passed"]
    # Longer than the rule allows: refused on the page too, with rule and source; a lead alone notes it, with why.
    late = points[8]
    over = refusal(press(place, "grid", late, "collect", suit_minutes="241", **dict.fromkeys(KIT, "true")), 422,
                   "work.bound_passed")  # fmt: skip
    assert "240" in over and "241" in over and "V5" in over and "Time since the suit was put on" in over
    refusal(press(place, "grid", late, "collect-over", suit_minutes="241", over_why="x"), 403, "work.move_not_yours")
    assert press(place, "lead", late, "collect-over", suit_minutes="241").status_code == 422  # why is needed
    moved(place, "lead", late, "collect-over", suit_minutes="241", over_why="暴雨，替换的人没到，李科长同意")
    assert "替换的人没到" in text_of(client_of(place, "lead").get(f"/work/{late}"))
    # Handed over only to whom the register lists, checked and in date; never to a name that somebody types.
    for number, code in (("GD-OLD-1", "work.listing_over"), ("GD-NEW-3", "work.not_listed"),
                         ("GD-AWAY-4", "work.not_listed"), ("绿洁环保公司", "work.not_listed")):  # fmt: skip
        text = refusal(press(place, "grid", first, "hand-over", weight="31.5", licence=number), 422, code)
    assert "绿洁环保公司" in text
    assert "旧清运公司" in refusal(press(place, "grid", first, "hand-over", weight="31.5", licence="GD-OLD-1"), 422,
                              "work.listing_over")  # fmt: skip
    typed = {"weight": 30.5, "licence": "GD-OK-2", "carrier": "随便写的"}
    assert noted(place, "grid", (first, "hand-over", typed), at=later, seq=40) == ["work.field_unfit"]
    later += HOUR / 3
    travel(monkeypatch, later)
    handed = [(p, "hand-over", {"weight": 30.5, "licence": "GD-OK-2"}) for p in points]
    assert noted(place, "grid", *handed, at=later, seq=50) == [""] * 9
    assert {i.values["carrier"] for i in Item.objects.filter(id__in=points)} == {"绿洁环保公司"}
    # One list of the evening: where each stands, its bags, its weight and who took it; on paper too.
    board = text_of(client_of(place, "lead").get("/work?kind=waste-point"))
    assert board.count("Handed over</span>") >= 9 and board.count("<td>30.5 千克</td>") == 9
    assert all(f"{n} 号点" in board for n in range(1, 10)) and board.count("<td>绿洁环保公司</td>") == 9
    paper = text_of(client_of(place, "lead").get(f"/work/print/waste-point?area={place.area['committee']}"))
    assert paper.count("绿洁环保公司") == 9
    # Disinfected in the kit; then each is counted once, as a point, and the sheet says nine.
    later += HOUR / 3
    travel(monkeypatch, later)
    clean = [(p, "disinfect", {"chemical_litres": 12, **ON}) for p in points]
    bare = (first, "disinfect", {"chemical_litres": 12})
    assert noted(place, "grid", bare, *clean, at=later, seq=70) == ["work.kit_missing", *[""] * 9]
    assert [i.counted for i in Item.objects.filter(id__in=points)] == [1] * 9
    sheet = text_of(client_of(place, "lead").get(f"/sheet?incident={town.incident.id}"))
    row = re.search(r"Waste points cleared.*?</tr>", sheet, re.S)
    assert row and re.search(r">\s*9\s*<", row.group(0)), row and row.group(0)
    # Every step with its time and who did it; the neighbour sees nothing of it and moves nothing.
    page = text_of(client_of(place, "grid").get(f"/work/{first}"))
    steps_shown = ["Spot disinfected", "Hand to the carrier", "Collect", "Seal this point"]
    assert list(re.findall(r"<span>([A-Z][a-z ]+?) →", page)) == steps_shown
    assert client_of(place, "neighbour_grid").get(f"/work/{first}").status_code == 404
    away = press(place, "neighbour_grid", first, "seal", bags="1", method="double", **ON)
    assert away.status_code == 404
    assert noted(place, "neighbour_grid", (late, "disinfect", ON), at=later, seq=1) != [""]
    # A new licence seen by a lead: who was out of date may take the next load.
    moved(place, "street", carriers["old"], "renew", licence_until="2099-01-01", seen="true")
    extra = opened(place, "grid", "waste-point", unit=sites[0], incident=town.incident.id)
    third = [(extra, "seal", sealed), (extra, "collect", took), (extra, "hand-over", typed_out("GD-OLD-1"))]
    assert noted(place, "grid", *third, at=later, seq=90) == ["", "", ""]
    assert Item.objects.get(id=extra).values["carrier"] == "旧清运公司"


def typed_out(number: str) -> dict[str, Any]:
    return {"weight": 12.0, "licence": number}


def test_in_the_heat_the_time_in_a_suit_is_shorter_and_the_refusal_names_the_warnings_rule(
    town: Town, evening: datetime
) -> None:
    place = town.place
    site = entered(place, "waste-point", "1 号点", point=1)
    point = opened(place, "grid", "waste-point", unit=site, incident=town.incident.id)
    assert client_of(place, "grid").post(f"/work/{point}/take", {}).status_code == 302
    moved(place, "grid", point, "seal", bags="2", method="double", **dict.fromkeys(KIT, "true"))
    place.at = evening
    storm(place, kind="heat", colour="yellow")
    took = dict.fromkeys(KIT, "true")
    said = refusal(press(place, "grid", point, "collect", suit_minutes="61", **took), 422, "work.bound_passed")
    assert "60" in said and "61" in said and "240" not in said
    moved(place, "grid", point, "collect", suit_minutes="60", **took)
    assert Item.objects.get(id=point).state == "collected"


def test_a_step_at_a_waste_point_is_handed_to_and_made_by_nobody_without_the_training(
    town: Town, evening: datetime
) -> None:
    place = town.place
    site = entered(place, "waste-point", "1 号点", point=1)
    point = opened(place, "grid", "waste-point", unit=site, incident=town.incident.id)
    # Taking it, and a step pressed by who does not have it: what is missing is named, and where it is noted.
    said = refusal(client_of(place, "volunteer").post(f"/work/{point}/take", {}), 409, "work.owner_unskilled")
    assert "Handling infectious waste" in said and "Putting on and taking off the suit" in said and "My card" in said
    sealed = {"bags": "2", "method": "double", **dict.fromkeys(KIT, "true")}
    refusal(press(place, "lead", point, "seal", **sealed), 409, "work.owner_unskilled")
    phone = {"bags": 2, "method": "double", **ON}
    assert noted(place, "volunteer", (point, "seal", phone), at=evening, seq=1) == ["work.owner_unskilled"]
    assert noted(place, "neighbour_grid", (point, "seal", phone), at=evening, seq=1) == ["work.move_not_yours"]
    assert Item.objects.get(id=point).state == "found"
    # Stated by himself alone it is not enough; once somebody else has seen it, he takes it and makes the step.
    volunteer = place.accounts["volunteer"]
    serving(place, volunteer)
    skilled(place, volunteer, "suit")
    mine = state_skill(skill_id=uuid4(), responder_id=volunteer.id, skill="infectious-waste", evidence="院感科培训",
                       valid_until=None, by=place.actor("volunteer"), at=place.at)  # fmt: skip
    assert noted(place, "volunteer", (point, "seal", phone), at=evening, seq=9) == ["work.owner_unskilled"]
    judge_skill(skill_id=mine.id, is_verified=True, why="", by=place.system, at=place.at)
    assert client_of(place, "volunteer").post(f"/work/{point}/take", {}).status_code == 302
    moved(place, "volunteer", point, "seal", **sealed)
    assert Item.objects.get(id=point).state == "sealed"
