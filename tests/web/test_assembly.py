"""The assembly table: a group in one form; who is ready is on post, who is not is named, nobody else waits for it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.calls.models import Claim, DutyNote, Shift
from lianfang.domains.calls.services import claim_shift
from lianfang.web.assembly import celsius_of
from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
from tests.factories.place import Place
from tests.web.pages import client_of, refusal, text_of


@pytest.fixture
def here(place: Place) -> Place:
    """The small place, its calls posted now: pages read the clock."""
    place.at = clock.now()
    return place


def gathered(here: Place, n: int, **who: object) -> tuple[Shift, list[Claim]]:
    """A shift that begins at once with so many people who hold a place on it."""
    call = called(here, n + 2, task="disinfection", cover="平安 2026-1", begins=HOUR / 6, where="committee")
    shift = shift_of(call)
    return shift, [claim_of(here, shift, **who) for _ in range(n)]


def claim_of(here: Place, shift: Shift, **who: object) -> Claim:
    [account] = volunteers(here, 1, **who)  # type: ignore[arg-type]  # a test's own mixture
    return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=account.id, by=acting(account, here.at),
                       at=here.at)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"), [("36.5", 36.5), ("36,5", 36.5), ("365", 36.5), (" 37.4℃", 37.4), ("", None), ("x", 0.0)]
)
def test_a_temperature_is_read_as_gloves_type_it(typed: str, read: float | None) -> None:
    assert celsius_of(typed) == read


def test_a_group_is_kept_and_put_on_post_in_one_form_sent_twice(here: Place) -> None:
    shift, claims = gathered(here, 5)
    lead, address = client_of(here, "lead"), f"/calls/shifts/{shift.id}/assembly"
    sent = {"id": uuid4(), "go": "post", "all-kit": "1", "all-training": "1"}
    sent |= {f"celsius-{c.id}": "365" for c in claims[:4]}
    for _ in range(2):
        answer = lead.post(address, sent)
        assert answer.status_code == 302 and answer.url == f"{address}?said=calls.noted"
    assert Claim.objects.filter(state="checked_in").count() == 4
    assert DutyNote.objects.count() == 12  # three ticks each, sent twice; who was not measured got nothing
    page = text_of(lead.get(address))
    assert "4 of 5 on post" in page and f'name="celsius-{claims[4].id}"' in page
    assert f'name="celsius-{claims[0].id}"' not in page


def test_what_is_refused_of_one_is_said_by_name_and_the_others_are_on_post(here: Place) -> None:
    shift, claims = gathered(here, 3)
    lead, address = client_of(here, "lead"), f"/calls/shifts/{shift.id}/assembly"
    typed = dict(zip([f"celsius-{c.id}" for c in claims], ["36.4", "3.65", "39.1"], strict=True))
    answer = lead.post(address, {"id": uuid4(), "go": "post", "all-kit": "1", "all-training": "1", **typed})
    page = text_of(answer)
    assert answer.status_code == 207 and "Kept, but not for these:" in page and "1 of 2 on post" in page
    assert page.count('<li class="urgent">') == 1
    states = dict(Claim.objects.values_list("id", "state"))
    assert [states[c.id] for c in claims[:2]] == ["checked_in", "claimed"]
    assert states[claims[2].id] not in ("claimed", "checked_in") and "fever: sent home" in page
    assert "33–43" in page


def test_a_table_takes_one_unit_and_no_other(here: Place) -> None:
    bodies = {n: unit(here, n) for n in ("市财政局", "第一医院")}
    shift, claims = gathered(here, 2, unit=bodies["市财政局"])
    claims += [claim_of(here, shift, unit=bodies["第一医院"])]
    lead, address = client_of(here, "lead"), f"/calls/shifts/{shift.id}/assembly"
    page = text_of(lead.get(f"{address}?unit=市财政局"))
    assert "市财政局 · 2" in page and "第一医院 · 1" in page and page.count("celsius-") == 2
    sent = {"id": uuid4(), "go": "post", "all-kit": "1", "all-training": "1"}
    lead.post(f"{address}?unit=市财政局", sent | {f"celsius-{c.id}": "36.5" for c in claims})
    assert set(Claim.objects.filter(state="checked_in").values_list("id", flat=True)) == {c.id for c in claims[:2]}


def test_the_table_costs_as_many_questions_for_thirty_people_as_for_three(here: Place) -> None:
    lead, costs = client_of(here, "lead"), []
    for n in (3, 30):
        shift, claims = gathered(here, n)
        address = f"/calls/shifts/{shift.id}/assembly"
        lead.get(address)
        with CaptureQueriesContext(
            connection,
        ) as shown:
            lead.get(address)
        sent = {"id": uuid4(), "go": "post", "all-kit": "1", "all-training": "1"}
        with CaptureQueriesContext(connection) as kept:
            lead.post(address, sent | {f"celsius-{c.id}": "36.5" for c in claims})
        costs.append((len(shown), len(kept)))
    assert costs[0] == costs[1] and costs[0][0] <= 20 and costs[0][1] <= 60, costs


def test_nobody_else_keeps_the_table(here: Place) -> None:
    shift, claims = gathered(here, 1)
    address = f"/calls/shifts/{shift.id}/assembly"
    sent = {"id": uuid4(), "go": "post", f"celsius-{claims[0].id}": "36.5"}
    for post in ("neighbour", "volunteer"):
        assert client_of(here, post).post(address, sent).status_code in (403, 404)
    assert not DutyNote.objects.exists()
    refusal(client_of(here, "neighbour").get(address), 404, "calls.shift_missing")
