"""The daily sheet as a row: pre-filled, sent up, returned, accepted, summed, the missing named."""

from __future__ import annotations

import re

import pytest
from django.utils.timezone import localdate

from lianfang.base import clock
from lianfang.domains.reports.models import Sheet
from tests.factories.place import Place
from tests.scenarios.test_work_rows import moved, opened
from tests.web.pages import client_of, refusal, text_of


def sent(place: Place, post: str, where: str, note: str = "") -> Sheet:
    """Send a place's sheet of today up by its page."""
    form = {"area": place.area[where], "day": localdate(clock.now()).isoformat(), "incident": "", "note": note}
    assert client_of(place, post).post("/sheet/send", form).status_code == 302
    return Sheet.objects.get(area_id=place.area[where])


def judged(place: Place, post: str, sheet: Sheet, do: str, note: str = "") -> int:
    """Accept or return a sheet by the page of the level above; gives the status of the answer."""
    form = {"area": place.area["street"], "day": sheet.day.isoformat(), "incident": "", "do": do, "note": note}
    return client_of(place, post).post(f"/sheet/{sheet.id}/judge", form).status_code


@pytest.mark.row("S2-18")
def test_the_days_sheet_fills_itself_goes_up_comes_back_is_accepted_and_summed_with_the_missing_named(
    place: Place,
) -> None:
    item = opened(place, "grid", "errand", unit=place.households[0],
                  **{"f-what": "买菜", "f-sort": "food", "f-phone": "1"})  # fmt: skip
    page = text_of(client_of(place, "lead").get(f"/sheet?area={place.area['committee']}"))
    assert re.search(r"Errand · received.*?>1</a>", page, re.S)  # nobody typed it
    assert "2 are missing" in text_of(client_of(place, "street").get(f"/sheet?area={place.area['street']}"))
    first = sent(place, "lead", "committee", "已核")
    assert first.state == "sent"
    refusal(
        client_of(place, "lead").post("/sheet/send", {"area": place.area["committee"]}), 409, "reports.sheet_locked"
    )
    assert judged(place, "street", first, "return", "少了一户") == 302
    assert "少了一户" in text_of(client_of(place, "lead").get(f"/sheet?area={place.area['committee']}"))
    moved(place, "grid", item, "take")
    moved(place, "grid", item, "finish", outcome="full")
    again = sent(place, "lead", "committee", "补了")
    assert (again.state, again.draft) == ("sent", 2)
    for _ in range(2):
        assert judged(place, "street", again, "accept") == 302
    assert Sheet.objects.get(id=again.id).state == "accepted"
    page = text_of(client_of(place, "street").get(f"/sheet?area={place.area['street']}"))
    assert "1 is missing" in page and "From accepted sheets" in page
    row = re.search(r"Errand · done.*?</tr>", page, re.S)
    assert row and re.search(r">1<br><small[^>]*>1 of 2<", row.group(0))  # one accepted sheet of two is in the sum
    lives = re.search(r"Living here.*?</tr>", page, re.S)
    assert lives and ">24<br>" in lives.group(0)
    assert judged(place, "neighbour", again, "return") in (403, 404)
    assert Sheet.objects.get(id=again.id).state == "accepted"
