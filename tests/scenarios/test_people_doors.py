"""What the pages of those who serve let in, keep, ask and end: by the forms as the pages give them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from lianfang.domains.responders.models import Appointment
from tests.factories.call import volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of
from tests.scenarios.test_people_rows import enrol, now, put_in, send, team_of
from tests.web.pages import client_of, refusal, text_of

__all__ = ["now"]


@pytest.mark.row("S1-08")
def test_nobody_leads_a_team_who_is_neither_in_it_nor_serves_where_it_does(place: Place, now: datetime) -> None:
    captain, member = volunteers(place, 2)
    (guest,) = volunteers(place, 1, where="neighbour")
    for who in (captain, member, guest):
        enrol(who, place, phone="13912345678")
    t, lead = team_of(place, "突击队", kind="squad"), client_of(place, "lead")
    put_in(place, t, captain, member)
    send(lead, f"/teams/{t.id}/lead", account=str(captain.id), role="lead")
    stranger, address = place.accounts["neighbour"], f"/teams/{t.id}/lead"
    for browser in (browser_of(captain), lead):
        answer = browser.post(address, {"id": str(uuid4()), "account": str(stranger.id), "role": "deputy"})
        refusal(answer, 422, "responders.unfit")
    assert client_of(place, "neighbour").get(f"/teams/{t.id}").status_code == 404
    assert not Appointment.objects.filter(account_id=stranger.id).exists()
    put_in(place, t, guest)  # whoever is in the team may stand in, wherever he comes from
    for deputy in (guest, place.accounts["grid"]):
        send(browser_of(captain), address, account=str(deputy.id), role="deputy")
    assert "13912345678" in text_of(browser_of(guest).get(f"/teams/{t.id}"))
