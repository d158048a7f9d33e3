"""The page on which institutions are called up for a round: from the plan's need to who has come."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import check_in_code
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Round
from tests.factories.call import unit, volunteers
from tests.factories.place import Place
from tests.web.conftest import Town
from tests.web.pages import BACKEND, client_of, inline_in, refusal, text_of


def planned_by_page(town: Town) -> Round:
    """A round over the whole district that has begun, planned on the page."""
    p, now = town.place, clock.now().astimezone(LOCAL).replace(tzinfo=None)
    sent = {"id": uuid4(), "incident": town.incident.id, "kind": "mass-test",
            "areas": [p.area["street"], p.area["street2"]], "from": f"{now:%Y-%m-%dT%H:%M}",
            "until": f"{now + timedelta(hours=9):%Y-%m-%dT%H:%M}"}  # fmt: skip
    assert client_of(p, "command").post("/rounds/new", sent).status_code == 302
    return Round.objects.get(id=sent["id"])


def adopt(town: Town, found: Round, samplers: int) -> None:
    """The plan with two sites and so many samplers in the first street."""
    p, own = town.place, f"/rounds/{found.id}"
    sent = {f"desks-{p.area['street']}": 2, f"staff-{p.area['street']}": samplers, "reason": "steep lanes"}
    assert client_of(p, "command").post(f"{own}/plan", sent).status_code == 302


def comes(place: Place, account: Account) -> None:
    """One sampler's way: finds the call, takes the place, checks in by the code of the post."""
    client, shift = Client(), Shift.objects.get()
    client.force_login(account, BACKEND)
    assert client.post(f"/calls/shifts/{shift.id}/claim", {"id": uuid4()}).status_code == 302
    claim = Claim.objects.get(account_id=account.id)
    code = check_in_code(shift, by=place.system)
    assert client.post(f"/calls/claims/{claim.id}/come", {"code": code}).status_code == 302


@pytest.mark.row("S0-44")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_samplers_are_planned_called_up_by_institution_and_the_shortfall_follows_who_comes(
    town: Town, language: str
) -> None:
    p, found = town.place, planned_by_page(town)
    own, command = f"/rounds/{found.id}", client_of(p, "command", language)
    # people, sites, sampling units, samplers: what the guide makes of 72 people in two streets
    rows = command.get(f"{own}/plan").context["rows"]
    assert sorted([c["n"] for c in r["cells"][:4]] for r in rows) == [[24, 1, 1, 1], [48, 1, 1, 1]]
    adopt(town, found, 4)
    hospital, empty = unit(p, "县人民医院", "hospital", "district"), unit(p, "无人医院", "hospital", "district")
    nurses = volunteers(p, 3, unit=hospital, role="sampler")
    page = command.get(f"{own}/people")
    assert (page.context["needed"], page.context["lacking"], page.context["not_asked"]) == (5, 5, 5)
    assert [r["body"].id for r in page.context["rows"]] == [hospital] and inline_in(page) == []
    asked = {f"n-{hospital}": "3", f"n-{empty}": ""}
    for _ in range(2):
        assert command.post(f"{own}/people", asked).status_code == 302
    assert Call.objects.count() == 1
    for nurse in nurses[:2]:
        comes(p, nurse)
    row = command.get(f"{own}/people").context["rows"][0]
    assert (row["has"], row["c"].asked, row["c"].taken, row["c"].come) == (3, 3, 2, 2)
    page = command.get(f"{own}/people")
    assert (page.context["lacking"], page.context["not_asked"]) == (3, 2)
    said = "3 of 5 samplers are still lacking" if language == "en" else "5 名采样人员中还缺 3 名"
    assert said in text_of(page) and f"/calls/{Call.objects.get().id}" in text_of(page)
    _opens(town, found, hospital)


def _opens(town: Town, found: Round, hospital: UUID) -> None:
    """The round opens: the plan is frozen, and what stands is shown beside it."""
    p, own, command = town.place, f"/rounds/{found.id}", client_of(town.place, "command")
    site = register_place(place_id=uuid4(), kind="test-site", name="体育馆", name_en="", lon=None, lat=None,
                          area_id=p.area["committee"], incident_id=None, by=p.actor("lead"), capacity={},
                          at=clock.now())  # fmt: skip
    made = {"id": uuid4(), "place": site.id, "desks": "1", "people": "2", "area": p.area["street"]}
    assert command.post(f"{own}/stations/add", made).status_code == 302
    for state in ("staffed", "open"):
        assert command.post(f"{own}/step", {"state": state}).status_code == 302
    refusal(command.post(f"{own}/plan", {f"staff-{p.area['street']}": 9, "reason": "late"}), 409, "rounds.not_ready")
    lines = {line["name"]: line for line in command.get(own).context["lines"]}
    assert (lines["staff"]["proposed"], lines["staff"]["adopted"], lines["staff"]["actual"]) == (2, 5, 2)
    refusal(command.post(f"{own}/people", {f"n-{hospital}": "1"}), 422, "calls.unfit")


@pytest.mark.parametrize("post", ["neighbour", "grid", "sampler", "laboratory"])
def test_who_may_not_plan_sees_no_call_up(town: Town, post: str) -> None:
    found = planned_by_page(town)
    answer = client_of(town.place, post).get(f"/rounds/{found.id}/people")
    assert answer.status_code in (403, 404)
