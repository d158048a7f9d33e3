"""The gate's page: what a phone takes along, and what was noted without signal and has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.queries import pass_text
from lianfang.domains.gates.services import apply_permit, decide_permit, pass_gate
from lianfang.web.kept import HEADER
from tests.factories.permit import issued_pass
from tests.factories.place import Place
from tests.scenarios.test_call_rows import travel
from tests.web.pages import client_of, inline_in, text_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def at(place: Place, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A time at which everything happens."""
    when = datetime.now(LOCAL).replace(second=0, microsecond=0)
    travel(monkeypatch, when)
    return when


def test_the_gates_page_stays_on_the_phone_and_a_verdict_or_what_is_said_of_a_press_does_not(
    place: Place, at: datetime
) -> None:
    permit = issued_pass(place, at)
    gate = client_of(place, "volunteer")
    plain = gate.get("/gate")
    assert plain.headers[HEADER] == "1" and inline_in(plain) == []
    for address in ("/gate?said=gates.out", f"/gate?pass={permit.number}"):
        assert HEADER not in gate.get(address).headers, address
    assert HEADER not in gate.post("/gate", {"pass": str(permit.number)}).headers
    assert client_of(place, "command").get("/gate").status_code == 403
    told = plain.context["told"]
    assert not {"purpose", "送药"} & set(str(told).split()) and told["spent"] == {}


@pytest.mark.parametrize("noted", [timedelta(0), -HOUR, -20 * HOUR, HOUR, None])
def test_a_release_noted_at_any_time_is_taken_and_never_as_of_later_or_before_a_shift(
    place: Place, at: datetime, noted: timedelta | None
) -> None:
    told = (at + noted).isoformat() if noted is not None else "gestern"
    sent = {"id": str(uuid4()), "way": "release", "noted_at": told}
    for _ in range(2):
        answer = client_of(place, "volunteer").post("/gate/pass", sent)
        assert answer["Location"].startswith("/gate?said=gates.released")
    assert Passage.objects.get(verdict="release").at == at + max(min(noted or 0 * HOUR, 0 * HOUR), -12 * HOUR)


def test_who_comes_back_late_shows_his_square_and_is_let_in(place: Place, at: datetime, monkeypatch) -> None:
    permit, gate = issued_pass(place, at), client_of(place, "volunteer")
    square = pass_text(permit, by=place.actor("grid"), at=at)
    pass_gate(passage_id=uuid4(), permit_id=permit.id, way="out", place_id=None, area_id=place.area["committee"],
              by=place.actor("volunteer"), at=at)  # fmt: skip
    travel(monkeypatch, at + 3 * HOUR)
    page = text_of(gate.post("/gate", {"pass": square.lower()}))
    assert "Out: lets in" in page and "1 h late" in page and "Lets out</button>" not in page.split("<template")[0]


def test_the_gate_sees_the_plate_and_a_square_bears_it_only_for_who_may_see_it_whole(
    place: Place, at: datetime
) -> None:
    asked = apply_permit(
        permit_id=uuid4(), kind="vehicle", person_id=None, account_id=None, plea_id=None,
        area_id=place.area["committee"], purpose="送药", where="市一医院", plate="粤F67890", mode="car", from_at=at,
        until_at=at + HOUR, deadline_at=None, is_fast=False, fast_why="", incident_id=None,
        by=place.actor("grid"), at=at,
    )  # fmt: skip
    assert asked.decision_id is not None
    permit = decide_permit(decision_id=asked.decision_id, says="grant", reason="", by=place.actor("street"), at=at)
    look = text_of(client_of(place, "volunteer").post("/gate", {"pass": str(permit.number)}))
    assert "by car · 粤F67890" in look and "送药" not in look
    whole, less = (pass_text(permit, by=place.actor(p), at=at) for p in ("grid", "volunteer"))
    assert len(whole) > len(less)


def test_turned_back_stays_in_and_a_press_of_a_gate_without_signal_is_told_when_it_was_not_right(
    place: Place, at: datetime, monkeypatch
) -> None:
    permit, gate = issued_pass(place, at), client_of(place, "volunteer")
    sent = {"permit": str(permit.id), "area": str(place.area["committee"])}
    turned = gate.post("/gate/pass", sent | {"id": str(uuid4()), "way": "turned"})
    assert turned["Location"] == "/gate?why=turned&said=gates.refused"
    assert Permit.objects.get(id=permit.id).state == "issued"
    travel(monkeypatch, at + 3 * HOUR)
    late = gate.post("/gate/pass", sent | {"id": str(uuid4()), "way": "out", "noted_at": clock.now().isoformat()})
    assert late["Location"] == "/gate?why=over&said=gates.slipped"
    assert "Its time is over." in text_of(gate.get(late["Location"]))
    lead = client_of(place, "lead")
    assert f"Passed without signal: №{permit.number}" in text_of(lead.get("/permits"))
    assert "passed without signal" in text_of(lead.get(f"/permits/{permit.id}"))
