"""Rights that change while somebody is signed in: the area moves to another district, the post ends."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.timezone import localdate

from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.services import move_area
from lianfang.domains.audit.models import Export, PersonRead
from tests.factories.place import Place
from tests.web.conftest import Town
from tests.web.pages import client_of, text_of

pytestmark = pytest.mark.database


def moved(place: Place, what: str, to: str) -> None:
    """An area lies in another one from today on."""
    move_area(area_id=place.area[what], parent_id=place.area[to], hierarchy=DIVISION, on=localdate(clock.now()),
              by=system_actor(), at=clock.now())  # fmt: skip


def reads(client: Client, place: Place) -> tuple[int, int]:
    """How a door of the committee and its zone answer to somebody."""
    return (client.get(f"/register/door/{place.households[0]}").status_code,
            client.get(f"/why/{place.people[0]}").status_code)  # fmt: skip


def test_an_area_moved_to_another_district_takes_its_rights_along_at_the_next_request(town: Town) -> None:
    p = town.place
    own, district, other = client_of(p, "grid"), client_of(p, "officer"), client_of(p, "neighbour")
    assert (reads(own, p), reads(district, p), reads(other, p)) == ((200, 200), (200, 200), (404, 404))
    moved(p, "street", "neighbour")
    # Whoever serves in the area itself goes on; the district it left sees nothing of it, the one it came to does.
    assert (reads(own, p), reads(district, p), reads(other, p)) == ((200, 200), (404, 404), (200, 200))
    noted = PersonRead.objects.count()
    assert town.place.names[0] not in text_of(district.get("/register"))
    assert district.get(f"/register/door/{p.households[0]}").status_code == 404
    assert PersonRead.objects.count() == noted  # nobody was read
    answer = district.post(
        f"/register/door/{p.households[0]}/flag", {"person": str(p.people[0]), "flag": "elder-alone"}
    )
    assert answer.status_code in (403, 404)


def test_a_file_asked_for_before_a_post_ended_is_not_given_after(town: Town) -> None:
    lead = client_of(town.place, "lead")
    form = lead.get("/work/export/door-survey")
    file = lead.post("/work/export/door-survey", {"format": "csv"})
    assert form.status_code == 200 and b"".join(file.streaming_content).count(b"\n") > 1
    kept = Export.objects.count()
    RoleGrant.objects.filter(account_id=town.place.accounts["lead"].id).update(to_at=clock.now())
    late = lead.post("/work/export/door-survey", {"format": "csv"})
    assert late.status_code == 403 and Export.objects.count() == kept
