"""The identity card: shown on one phone, scanned by another, which sees what is served at and nobody's name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import segno
from django.test import Client
from django.urls import reverse

from lianfang.base import clock
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries import check_in_code
from lianfang.domains.devices.queries import card_token
from lianfang.domains.sampling.queries import code_of
from tests.factories.call import HOUR, called, shift_of, volunteers
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, inline_in, refusal, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(place: Place) -> Place:
    """A place whose time is now."""
    place.at = clock.now()
    return place


def visitor(language: str = "en") -> Client:
    """A resident's phone, on which nobody is signed in."""
    return Client(HTTP_ACCEPT_LANGUAGE=language)


def drawn(answer: object) -> str:
    """The address in the square of a card's page: the square drawn from it is the one shown."""
    page = text_of(answer)  # type: ignore[arg-type]  # a response
    shown = re.search(r'<img class="qr" src="([^"]+)"', page)
    address = answer.context["address"]  # type: ignore[attr-defined]  # of a page
    assert shown and shown.group(1) == segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4).replace(
        "'", "&#x27;"
    )
    return str(address)


@pytest.mark.row("S2-30")
@pytest.mark.parametrize(
    ("language", "on", "off"), [("en", "On duty", "Not on duty now"), ("zh-hans", "正在值勤", "现在不在岗")]
)
def test_a_resident_scans_a_card_and_sees_duty_task_and_area_and_no_name(
    here: Place, language: str, on: str, off: str
) -> None:
    [who] = volunteers(here, 1)
    shift = shift_of(called(here, 2, begins=HOUR / 2))
    own = Client()
    own.force_login(who, BACKEND)
    assert "not on duty" in text_of(own.get("/card", HTTP_ACCEPT_LANGUAGE="en"))
    own.post(f"/calls/shifts/{shift.id}/claim")
    claim = Claim.objects.get()
    early = visitor(language).get(f"/card/{card_token(who.id, at=clock.now())}")
    assert off in text_of(early) and "花园" not in text_of(early)  # claimed, not come: nobody's door need be opened
    own.post(f"/calls/claims/{claim.id}/come", {"code": check_in_code(shift, by=here.system)})
    card = own.get("/card")
    address = drawn(card)
    answer = visitor(language).get(address)
    page = text_of(answer)
    assert answer.status_code == 200 and on in page and off not in page and inline_in(answer) == []
    title = shift.call.title["en" if language == "en" else "zh"]
    assert title in page and card.context["number"] in page
    area = shift.call.area
    assert (area.name_en if language == "en" and area.name_en else area.name) in page
    private = [who.label, who.username, str(who.id), *here.names]
    assert not any(p in page or p in address for p in private)
    own.post(f"/calls/claims/{claim.id}/leave")
    assert off in text_of(visitor(language).get(address)) and title not in text_of(visitor(language).get(address))


def test_a_post_at_doors_is_shown_until_it_ends_and_a_register_readers_desk_is_not(here: Place) -> None:
    address = drawn(client_of(here, "grid").get("/card"))
    page = text_of(visitor().get(address))
    assert "On duty" in page and "Grid worker" in page
    RoleGrant.objects.filter(account_id=here.accounts["grid"].id).update(to_at=clock.now())
    assert "Not on duty now" in text_of(visitor().get(address))
    assert "not on duty" in text_of(client_of(here, "auditor").get("/card"))


def test_a_photograph_of_a_card_an_altered_one_and_another_sort_of_code_say_nothing(here: Place) -> None:
    grid, now = here.accounts["grid"].id, clock.now()
    good = card_token(grid, at=now)
    swapped = good[:-12] + ("A" if good[-12] != "A" else "B") + good[-11:]
    for token in (card_token(grid, at=now - timedelta(minutes=11)), swapped, "LF2", "x", card_token(
        grid, at=now + timedelta(hours=1)), good + "A", good[:-8], good + "é"):  # fmt: skip
        refusal(visitor().get(reverse("card-shown", args=[token])), 422, "devices.card_unfit")
    code = code_of(here.people[0], name=here.names[0], tail="", at=now, until=now + timedelta(days=1))
    refusal(visitor().get(reverse("card-shown", args=[code])), 422, "devices.card_unfit")
