"""Which pages may stay on a phone, and what the worker that keeps them is told."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.calls.models import Claim
from lianfang.domains.responders.services import NewTeam, form_teams
from lianfang.web.kept import HEADER
from tests.factories.call import called, shift_of, volunteers
from tests.factories.place import Place, small_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    """The small district, now."""
    return small_place(at=clock.now())


def browser_of(account) -> Client:
    """Somebody's browser, signed in."""
    client = Client()
    client.force_login(account)
    return client


def test_pages_of_whoever_serves_may_be_kept_and_what_is_said_of_one_press_may_not(here: Place) -> None:
    [who] = volunteers(here, 1)
    shift = shift_of(called(here, 2))
    mine = browser_of(who)
    for address in ("/calls", "/calls?tab=all", "/calls/mine", "/calls/record", f"/calls/{shift.call_id}"):
        assert mine.get(address).headers[HEADER] == "1", address
    for address in ("/calls/mine?said=calls.claimed", "/calls/mine?code=123456", "/people/card"):
        assert HEADER not in mine.get(address).headers, address
    refused = mine.post(f"/calls/shifts/{uuid4()}/claim", {"id": uuid4()})
    assert refused.status_code >= 400 and HEADER not in refused.headers


def test_who_sees_a_roster_or_other_people_s_phones_has_them_on_no_phone(here: Place) -> None:
    team, now = uuid4(), clock.now()
    new = [NewTeam(team, "夜班队", here.area["committee"], "squad")]
    assert [o.code for o in form_teams(teams=new, by=here.actor("lead", now), at=now)] == [""]
    shift = shift_of(called(here, 2))
    lead = browser_of(here.accounts["lead"])
    for address in (f"/teams/{team}", f"/calls/{shift.call_id}"):
        answer = lead.get(address)
        assert answer.status_code == 200 and HEADER not in answer.headers, address


def test_the_worker_may_serve_beside_its_folder_and_names_nobody(here: Place) -> None:
    answer = Client().get("/calls/sw.js")
    text = answer.content.decode()
    assert answer.headers["Service-Worker-Allowed"] == "/" and HEADER in text
    # As another module names it, without a fingerprint: else a page that imports it does not open without signal.
    assert all(f'"/static/{f}"' in text for f in ("js/kept.mjs", "js/token.mjs", "js/permit.mjs", "field/draw.mjs"))


def test_a_press_that_comes_again_is_answered_as_its_place_stands_by_then(here: Place) -> None:
    [who] = volunteers(here, 1)
    shift, press = shift_of(called(here, 2)), {"id": str(uuid4())}
    mine, address = browser_of(who), f"/calls/shifts/{shift.id}/claim"
    assert mine.post(address, press).headers["Location"].endswith("said=calls.claimed")
    assert mine.post(address, press).headers["Location"].endswith("said=calls.claimed")
    claim = Claim.objects.get()
    mine.post(f"/calls/claims/{claim.id}/release")
    assert mine.post(address, press).headers["Location"].endswith("said=calls.released")
    assert Claim.objects.count() == 1
