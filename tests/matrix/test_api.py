"""Every address of programs x every program outside, and every post's session: nothing is shown, nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.test import override_settings
from django.urls import NoReverseMatch, URLPattern

from lianfang.api.urls import document, urlpatterns
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.rules import SCOPES
from lianfang.domains.grid.queries import contact_of
from tests.factories.programs import client
from tests.matrix.attempts import Attacker, Told, touched
from tests.matrix.people import SIDES, Post
from tests.matrix.routes import WORDS, Route
from tests.matrix.stock import PROGRAMS, TUBE
from tests.matrix.test_routes import fault

OPEN = {"api-document", "api-unknown"}  # to everybody: how one asks, and that there is nothing else
NAMED = ("area", "within", "incident")  # filters that name a row


@dataclass(frozen=True)
class ProgramPost(Post):
    """A program as the oracle of marks asks about it: its rights are its scopes."""

    scopes: tuple[str, ...] = SCOPES

    @property
    def rights(self) -> frozenset[str]:
        """What it was given, whatever the catalogue has."""
        return frozenset(self.scopes)


@pytest.fixture(scope="module")
def programs(attacker: Attacker) -> Iterator[dict[str, ProgramPost]]:
    """The programs of the town, each with something that sends its token."""
    found = {}
    for stands, caller in attacker.town.programs.items():
        area = attacker.town.place.area[PROGRAMS.get(stands, "committee")]
        sides = {"inside": {"A1"}, "narrow": {"A1"}, "beside": {"A2"}, "neighbour": {"B1"}, "above": set(SIDES)}[stands]
        scopes = ("areas.read",) if stands == "narrow" else SCOPES
        account = Account.objects.get(id=caller.id)
        found[stands] = ProgramPost(f"program {stands}", "program", stands, account, area, None, frozenset(sides),
                                    scopes=scopes)  # fmt: skip
        attacker.browsers[f"program {stands}"] = client(caller.token)
    with override_settings(PROGRAM_CALLS=1_000_000):
        yield found


def routes() -> list[Route]:
    """All addresses of programs."""
    return [Route(str(p.name), p, True) for p in urlpatterns if isinstance(p, URLPattern) and p.name not in OPEN]


def operations(r: Route) -> dict[str, Any]:
    """What the document says of an address, by method."""
    return {m: op for ops in document()["paths"].values() for m, op in ops.items() if f"api-{op['summary']}" == r.name}


def questions(a: Attacker, r: Route) -> list[dict[str, Any]]:
    """Nothing, and everything that names a row of the committee, as far as the address knows it."""
    s = a.town.sides["A1"]
    known = {p["name"] for p in operations(r).get("get", {}).get("parameters", []) if p["in"] == "query"}
    every = {"area": s.area_id, "within": s.area_id, "incident": s.ids["incident"]}
    return [{}, {n: every[n] for n in NAMED if n in known}]


def bodies(a: Attacker, name: str) -> list[dict[str, Any]]:
    """What outsiders send about the committee: as plausible as it gets, under fresh and under known ids."""
    s = a.town.sides["A1"]
    need = {"kind": "household-need", "unit_id": str(s.household), "values": {"what": "x", "sort": "food"}}
    mine = {"id": str(uuid4()), "rows": [{"tube": TUBE, "result": "positive"}]}
    return {
        "api-pleas": [{"id": i, "words": "x", "area_id": str(s.area_id)}
                      for i in (str(uuid4()), str(s.ids["plea"]))],
        "api-work-items": [{"id": str(uuid4()), **need}, {"id": str(s.ids["item"]), **need},
                           {"id": str(uuid4()), "kind": "patrol", "unit_id": str(s.area_id)}],
        "api-results": [mine, {**mine, "id": str(s.ids["lab_file"])}],
    }[name]  # fmt: skip


def asked(a: Attacker, posts: list[Post | None]) -> list[str]:
    """Every address asked by some; what was leaked, or answered to nobody."""
    found = []
    for r in routes():
        if "get" in operations(r):
            address = r.address(a.town.sides["A1"])
            for post in posts:
                for q in questions(a, r):
                    a.count("outside" if post is None or post.is_outsider else "inside")
                    found += fault(a, r, post, a.opens(post, address, q))
    return found


def sent(a: Attacker, r: Route, post: Post | None) -> list[Told]:
    """Everything that is sent to an address, by one."""
    address = r.address(a.town.sides["A1"])
    return [a.sends(post, address, b, content_type="application/json") for b in bodies(a, r.name)]


@pytest.fixture(autouse=True)
def today(marked: Any) -> Iterator[None]:
    """The day that an address names."""
    with patch.dict(WORDS, {"day": marked.at.date().isoformat()}):
        yield


def test_every_address_has_its_example(attacker: Attacker) -> None:
    for r in routes():
        try:
            r.address(attacker.town.sides["A1"])
        except (KeyError, NoReverseMatch) as e:
            raise AssertionError(r.name) from e
        if "post" in operations(r):
            assert bodies(attacker, r.name)


def test_no_program_is_shown_what_is_not_its_own(attacker: Attacker, programs: dict[str, ProgramPost]) -> None:
    found = asked(attacker, [None, *programs.values()])
    assert not found, "\n".join(found)
    counted = {"base_tries"}  # of open doors that were tried before: kept whatever becomes of a request
    assert [t for t in attacker.base if t not in counted and attacker._changed(t)] == []


def test_what_names_a_row_is_refused_to_whoever_is_outside(
    attacker: Attacker, programs: dict[str, ProgramPost]
) -> None:
    """Not only does nothing leak: a row by its id is not there; for the program inside it is."""
    for r in routes():
        if "get" in operations(r) and r.pattern.pattern.converters:
            address = r.address(attacker.town.sides["A1"])
            # The round runs over the district: a part of it is asked for, as a program of a committee has to.
            q = {"area": attacker.town.sides["A1"].area_id} if r.name == "api-round-coverage" else {}
            assert attacker.opens(programs["inside"], address, q).status == 200, r.name
            assert attacker.opens(programs["neighbour"], address, q).status in (403, 404), r.name
            if r.name != "api-area":
                assert attacker.opens(programs["narrow"], address, q).status == 403, r.name


def test_nothing_that_a_program_outside_sends_changes_anything(
    attacker: Attacker, programs: dict[str, ProgramPost]
) -> None:
    found = []
    for r in routes():
        if "post" in operations(r):
            for post in (None, programs["neighbour"], programs["beside"], programs["narrow"]):
                for told in sent(attacker, r, post):
                    attacker.count("outside")
                    found += fault(attacker, r, post, told) + touched(attacker.town, post, told)
            assert sent(attacker, r, programs["inside"])[0].changed, r.name  # else the refusals prove nothing
    assert found == []


def test_no_session_opens_an_address_of_programs(attacker: Attacker, programs: dict[str, ProgramPost]) -> None:
    for post in list(attacker.town.posts.values())[::5]:
        for r in routes():
            address = r.address(attacker.town.sides["A1"])
            if "get" in operations(r):
                assert attacker.opens(post, address).status == 401, (r.name, post.name)
            if "post" in operations(r):
                assert {t.status for t in sent(attacker, r, post)} == {401}, (r.name, post.name)


def test_a_planted_leak_is_found(attacker: Attacker, programs: dict[str, ProgramPost]) -> None:
    """An address that asks as somebody else gives names away, and the test above sees it."""
    inside = attacker.town.actor("street-lead-inside")

    def wrong(person_id: UUID, *, by: Any, at: Any) -> Any:
        return contact_of(person_id, by=inside, at=at)

    with patch("lianfang.api.people.contact_of", wrong):
        found = asked(attacker, [programs["inside"]])
    assert any("api-person" in f and "whole" in f for f in found), found
