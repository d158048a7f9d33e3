"""The sampler's phone: its desk's list and nobody else's, a desk to sit down at, nothing for who is signed out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.rounds.errors import DeskMissing
from lianfang.domains.rounds.models import Desk
from lianfang.domains.rounds.queries import desk_seen
from lianfang.domains.rounds.services import add_home_desk
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in
from tests.web.pages import client_of, inline_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def t(place: Place) -> Testing:
    """A round that is open now."""
    return round_in(place, at=clock.now() - timedelta(hours=1))


def pair_at_doors(t: Testing) -> Client:
    """A grid worker who goes from door to door in the committee."""
    p = t.place
    add_home_desk(desk_id=t.round.id, round_id=t.round.id, area_id=p.area["committee"],
                  account_id=p.accounts["grid"].id, people=2, by=p.actor("lead"), at=clock.now())  # fmt: skip
    return client_of(p, "grid")


def test_a_stations_bundle_holds_the_desk_the_round_and_nobodys_name(t: Testing) -> None:
    client = client_of(t.place, "sampler")
    with CaptureQueriesContext(connection) as met:
        answer = client.get("/field/sampler.json")
    told = answer.json()
    assert len(met) <= 24
    assert told["desk"]["id"] == str(t.desks[0].id) and told["round"]["takes"] == 10
    assert told["roll"] == [] and set(told["listed"]) == {str(p) for p in t.place.people[:24]}  # its committee, of four
    assert not any(name in answer.content.decode() for name in t.place.names) and not PersonRead.objects.exists()
    assert {(d["building"], d["door"]) for d in told["doors"]} >= {("花园 1 栋", "1-201")}
    assert {e["name"] for e in told["round"]["endings"] if e["sample"]} == {"sampled", "home"}


def test_a_pairs_bundle_holds_whole_names_of_its_own_list(t: Testing) -> None:
    told = pair_at_doors(t).get("/field/sampler.json").json()
    assert {p["id"] for p in told["roll"]} == {str(p) for p in t.place.people[:24]} and "listed" not in told
    assert told["roll"][0]["name"] in t.place.names and "*" not in told["roll"][0]["name"]
    # Whose names were read is on record, with the post that read them.
    assert len(PersonRead.objects.get().subjects) == 24


def test_the_list_is_in_the_order_of_a_walk_from_the_top_down(t: Testing) -> None:
    roll = pair_at_doors(t).get("/field/sampler.json").json()["roll"]
    doors = list(dict.fromkeys((p["building"], p["door"]) for p in roll))
    assert doors[:4] == [("花园 1 栋", d) for d in ("1-201", "1-202", "1-101", "1-102")]


def test_who_has_no_desk_chooses_a_free_one_of_its_own_area(t: Testing) -> None:
    Desk.objects.filter(id=t.desks[0].id).update(account_id=None)
    client = client_of(t.place, "sampler")
    free = [d["id"] for d in client.get("/field/sampler.json").json()["desks"]]
    assert set(free) == {str(d.id) for d in t.desks[:2]}
    assert client.post("/field/sampler/desk", {"desk": free[1]}).json() == {"code": ""}
    assert client.get("/field/sampler.json").json()["desk"]["id"] == free[1]


def test_who_holds_no_post_any_more_reads_no_list_though_still_at_the_desk(t: Testing) -> None:
    client = client_of(t.place, "sampler")
    assert client.get("/field/sampler.json").json()["listed"]
    RoleGrant.objects.filter(account_id=t.place.accounts["sampler"].id).update(to_at=clock.now())
    told = client.get("/field/sampler.json").json()
    assert "listed" not in told and told["desks"] == []
    assert Desk.objects.get(id=t.desks[0].id).account_id == t.place.accounts["sampler"].id
    with pytest.raises(DeskMissing):
        desk_seen(t.desks[0].id, by=t.place.actor("sampler", at=clock.now()))


def test_the_neighbour_sees_no_desk_and_sits_at_none(t: Testing) -> None:
    Desk.objects.update(account_id=None)
    client = client_of(t.place, "neighbour_sampler")
    assert client.get("/field/sampler.json").json()["desks"] == []
    answer = client.post("/field/sampler/desk", {"desk": str(t.desks[0].id)})
    assert (answer.status_code, answer.json()["code"]) == (404, "rounds.desk_missing")
    assert client.post("/field/sampler/desk", {"desk": "x"}).status_code == 404


def test_a_pair_at_the_doors_has_the_endings_and_tries(t: Testing) -> None:
    p = t.place
    add_home_desk(desk_id=t.round.id, round_id=t.round.id, area_id=p.area["committee"],
                  account_id=p.accounts["grid"].id, people=2, by=p.actor("lead"), at=clock.now())  # fmt: skip
    told = client_of(p, "grid", "zh-hans").get("/field/sampler.json").json()
    assert told["desk"]["home"] and told["lang"] == "zh"
    away = next(e for e in told["round"]["endings"] if e["name"] == "away")
    assert away["words"] == "外出" and [r["name"] for r in away["reasons"]] == [
        "left-city",
        "works-away",
        "hospital",
        "died",
    ]
    assert [x["name"] for x in told["round"]["tries"]] == ["no-answer", "postponed"]


def test_who_is_signed_out_gets_nothing_and_the_page_holds_nobody(t: Testing) -> None:
    client = Client()
    assert client.get("/field/sampler.json").status_code == 401
    assert client.post("/field/sampler/desk", {"desk": str(t.desks[0].id)}).status_code == 401
    shell = client.get("/field/sampler/")
    assert shell.status_code == 200 and inline_in(shell) == []
    assert not any(n in shell.content.decode() for n in t.place.names)
