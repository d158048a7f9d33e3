"""Relief goods rushed through: the way cleared once, each gate expecting them, late ones told and explained."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.gates.models import Crossing, Passage, Permit
from lianfang.domains.messages.models import Message
from lianfang.flows.run_due import run_due
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import travel
from tests.scenarios.test_people_rows import send
from tests.scenarios.test_permit_rows import MINUTE, decided, moment
from tests.web.pages import client_of, refusal, text_of

Patch = pytest.MonkeyPatch


def convoy_form(place: Place, at: datetime, **typed: Any) -> dict[str, Any]:
    """Three lorries with masks, by the committee's gate and then the neighbour street's."""
    gates = {"gate": ["北门", "大桥卡口"], "gate_area": [str(place.area["committee"]), str(place.area["street2"])],
             "due": [moment(at + 2 * HOUR), moment(at + 3 * HOUR)]}  # fmt: skip
    return {"id": str(uuid4()), "goods": "口罩 20 万只、氧气瓶", "where": "市一医院", "vehicles": "3",
            "plates": "粤F12345 粤F12346", "why": "医院今晚断货", "from": moment(at), "until": moment(at + 12 * HOUR),
            **gates, **typed}  # fmt: skip


def announced(browser: Client, place: Place, at: datetime, **typed: Any) -> Permit:
    """Asked for on the page, pressed twice: one convoy."""
    sent = convoy_form(place, at, **typed)
    for _ in range(2):
        answer = browser.post("/convoys/new", sent)
        assert answer.status_code == 302, text_of(answer)
    return Permit.objects.get(id=sent["id"])


def crossing(permit: Permit, n: int) -> Crossing:
    return Crossing.objects.get(permit=permit, position=n)


def through(browser: Client, c: Crossing, vehicles: str = "3", **more: str) -> Any:
    return browser.post(f"/convoys/{c.id}/pass", {"id": more.get("id", str(uuid4())), "vehicles": vehicles})


@pytest.mark.row("S4-30")
def test_a_convoys_way_is_cleared_once_every_gate_expects_it_and_why_it_was_late_is_written_down(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    street, gate, command = (client_of(place, p) for p in ("street", "volunteer", "command"))
    permit = announced(street, place, at)
    assert (permit.kind, permit.state, permit.ladder, permit.vehicles) == ("convoy", "applied", "convoy-pass", 3)
    assert Message.objects.filter(template="permit-asked", recipient_id=place.accounts["command"].id).count() == 1
    # Nobody who asked clears it himself, and until it is cleared no gate expects it or lets it through.
    refusal(decided(street, permit), 403, "decisions.asker_decides")
    assert "北门" not in text_of(gate.get("/gate"))
    first, second = crossing(permit, 0), crossing(permit, 1)
    assert "said=gates.refused" in through(gate, first)["Location"]
    assert Passage.objects.get(permit=permit).reason == "not_issued"
    assert decided(command, permit).status_code == 302
    run_due(channels={}, by=place.system, at=at)
    run_due(channels={}, by=place.system, at=at)
    told = Message.objects.filter(template="convoy-comes", recipient_id=place.accounts["lead"].id)
    assert told.count() == 1 and "3 vehicles. Its way is cleared" in text_of(client_of(place, "lead").get("/"))
    # The guard sees when, what, how many and which plates, and no gate that is not his.
    page = text_of(gate.get("/gate"))
    assert "北门" in page and "粤F12345" in page and "口罩 20 万只" in page and "大桥卡口" not in page
    refusal(through(client_of(place, "neighbour_grid"), first), 404, "gates.crossing_missing")
    refusal(through(gate, second), 404, "gates.crossing_missing")
    # It is late: who asked, the gate's lead and the command hear, once; the guard is asked why.
    travel(monkeypatch, at + 2 * HOUR + 40 * MINUTE)
    for _ in range(2):
        run_due(channels={}, by=place.system, at=at + 2 * HOUR + 40 * MINUTE)
    late = {m.recipient_id for m in Message.objects.filter(template="convoy-late")}
    assert {place.accounts[p].id for p in ("street", "lead", "command")} <= late
    assert not {place.accounts[p].id for p in ("neighbour", "neighbour_grid", "street2")} & late
    assert Message.objects.filter(template="convoy-late").count() == len(late)
    assert "40 minutes late" in text_of(gate.get("/gate"))
    press = {"id": str(uuid4())}
    assert [through(gate, first, **press).status_code for _ in range(2)] == [302, 302]
    first.refresh_from_db()
    assert first.passed_at == at + 2 * HOUR + 40 * MINUTE and first.vehicles == 3
    page = text_of(gate.get("/gate"))
    assert "why late?" in page and "Lets it through" not in page
    refusal(gate.post(f"/convoys/{first.id}/delay", {"why": "no-such"}), 422, "gates.permit_unfit")
    send(gate, f"/convoys/{first.id}/delay", why="gate", words="上一个卡口查了半小时")
    assert "why late?" not in text_of(gate.get("/gate"))
    # The second gate, an hour later in time; then it is through.
    send(client_of(place, "street2"), f"/convoys/{second.id}/pass", vehicles="2")
    permit.refresh_from_db()
    assert (permit.state, permit.out_at) == ("back", at + 2 * HOUR + 40 * MINUTE)
    listed = text_of(street.get("/convoys"))
    assert re.search(r"北门.*40 minutes late.*Held at another gate · 上一个卡口查了半小时", listed)
    assert "through its last gate" in listed and re.search(r"大桥卡口.*2 vehicles", listed)
    refusal(gate.post(f"/convoys/{second.id}/delay", {"why": "road"}), 404, "gates.crossing_missing")


def test_a_convoy_that_went_round_a_gate_is_let_through_where_it_comes_and_is_no_alarm_where_it_did_not(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    permit = announced(client_of(place, "street"), place, at)
    assert decided(client_of(place, "command"), permit).status_code == 302
    # By its number, at a gate that is none of its way.
    other = client_of(place, "neighbour_grid")
    assert "May pass" in text_of(other.post("/gate", {"pass": str(permit.number)}))
    sent = {"id": str(uuid4()), "permit": str(permit.id), "way": "in", "area": str(place.area["neighbour_committee"])}
    assert "said=gates.in" in other.post("/gate/pass", sent)["Location"]
    permit.refresh_from_db()
    assert (permit.state, permit.out_at) == ("out", at)
    travel(monkeypatch, at + 3 * HOUR)
    send(client_of(place, "street2"), f"/convoys/{crossing(permit, 1).id}/pass", vehicles="3")
    run_due(channels={}, by=place.system, at=at + 4 * HOUR)
    assert not Message.objects.filter(template__in=("convoy-late", "permit-late")).exists()


def test_a_convoy_is_refused_with_the_field_and_what_was_typed_stays(place: Place, monkeypatch: Patch) -> None:
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    street = client_of(place, "street")
    wrong: list[dict[str, Any]] = [
        {"vehicles": "0"}, {"vehicles": "²"}, {"goods": " "}, {"why": ""}, {"until": moment(at - HOUR)},
        {"due": [moment(at + 3 * HOUR), moment(at + 2 * HOUR)]}, {"due": ["", moment(at + HOUR)]},
        {"due": [moment(at + 20 * HOUR), ""], "gate": ["北门", ""]}, {"gate": ["", ""], "due": ["", ""]},
        {"gate_area": [str(place.area["province"]), str(place.area["street2"])]}, {"gate_area": ["x", "y"]},
    ]  # fmt: skip
    for typed in wrong:
        answer = street.post("/convoys/new", convoy_form(place, at, **typed))
        assert answer.status_code in (400, 422), (typed, answer.status_code)
        assert typed.get("where", "市一医院") in answer.content.decode()
    assert not Permit.objects.filter(kind="convoy").exists()
    # Who may not send anything anywhere sees no such page; nobody asks by the permits' own form.
    assert client_of(place, "sampler").get("/convoys/new").status_code == 403
    later = timedelta(hours=5)
    sent = {"id": str(uuid4()), "kind": "convoy", "purpose": "x", "where": "x", "mode": "car", "from": moment(at),
            "until": moment(at + later)}  # fmt: skip
    refusal(street.post("/permits/new", sent), 422, "gates.permit_unfit")


def test_a_convoy_under_way_is_called_back_and_the_gates_ahead_of_it_hear_and_turn_it_round(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    street = client_of(place, "street")
    permit = announced(street, place, at)
    assert decided(client_of(place, "command"), permit).status_code == 302
    run_due(channels={}, by=place.system, at=at)
    assert through(client_of(place, "volunteer"), crossing(permit, 0)).status_code == 302
    assert "Call the convoy back" in text_of(street.get(f"/permits/{permit.id}"))
    refusal(client_of(place, "neighbour").post(f"/permits/{permit.id}/void", {"why": "x"}), 404, "gates.permit_missing")
    for _ in range(2):
        send(street, f"/permits/{permit.id}/void", why="道路塌方")
    permit.refresh_from_db()
    assert permit.state == "void"
    told = set(Message.objects.filter(template="convoy-off").values_list("recipient_id", flat=True))
    assert told and place.accounts["lead"].id not in told  # it has passed his gate
    ahead = client_of(place, "street2")
    assert f"/convoys/{crossing(permit, 1).id}/pass" not in text_of(ahead.get("/gate"))
    assert through(ahead, crossing(permit, 1)).status_code == 302
    assert crossing(permit, 1).passed_at is None  # turned back, its pass not holding
