"""The door of all pages: role, transaction, refusals, headers, reads, language; and every page for its right people."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django.utils.translation import override

from lianfang.base import clock
from lianfang.base.errors import Conflict
from lianfang.base.models import ExternalRef
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_item
from lianfang.web.door import signed_in
from lianfang.web.messages import sentence
from tests.factories.place import PASSWORD, Place
from tests.web.conftest import Town
from tests.web.pages import client_of, inline_in, masked, names_in, refusal, sought, statements, text_of


class Stopped(Conflict):
    """A refusal of this test's own views."""

    code = "work.move_unfit"


def _write() -> None:
    ExternalRef.objects.create(id=uuid4(), system="test", value="1", subject_kind="test", subject_id=uuid4())


def who(request: HttpRequest) -> HttpResponse:
    """The role under which this very view asks the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        return HttpResponse(" ".join(cursor.fetchone()))


@signed_in
def named(request: HttpRequest) -> HttpResponse:
    """The actor that the database was told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lianfang.actor', true)")
        return HttpResponse(cursor.fetchone()[0])


def kept(request: HttpRequest) -> HttpResponse:
    """A view that writes."""
    _write()
    return HttpResponse("")


def stopped(request: HttpRequest) -> HttpResponse:
    """A view that writes, and is then refused."""
    _write()
    raise Stopped(move="finish", state="done")


def broken(request: HttpRequest) -> HttpResponse:
    """A view that writes, and then breaks."""
    _write()
    raise ZeroDivisionError


@pytest.fixture
def views(settings: Any) -> None:
    """The house's addresses with the views of this test."""
    module = ModuleType("addresses")
    own = {"who": who, "named": named, "kept": kept, "stopped": stopped, "broken": broken}
    module.urlpatterns = [path(f"test/{n}", v) for n, v in own.items()]  # type: ignore[attr-defined]
    module.urlpatterns += [path("", include("lianfang.site.urls"))]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = module


def test_inside_a_view_the_role_is_the_requests_and_outside_it_is_not(own_database: None, views: None) -> None:
    inside, session = Client().get("/test/who").content.decode().split()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        outside = cursor.fetchone()[0]
    assert inside == "lianfang_request"
    assert outside == session != inside


def test_the_database_is_told_who_acts(place: Place, views: None) -> None:
    assert client_of(place, "grid").get("/test/named").content.decode() == str(place.accounts["grid"].id)


@pytest.mark.parametrize(("view", "status", "rows"), [("kept", 200, 1), ("stopped", 409, 0), ("broken", 500, 0)])
def test_what_is_refused_or_breaks_leaves_nothing_behind(
    own_database: None, views: None, view: str, status: int, rows: int
) -> None:
    client = Client(raise_request_exception=False)
    assert client.get(f"/test/{view}").status_code == status
    assert ExternalRef.objects.count() == rows


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_refusal_has_four_parts_and_its_code_as_a_page_and_as_a_part(
    place: Place, views: None, language: str
) -> None:
    client = client_of(place, "grid", language)
    whole = refusal(client.get("/test/stopped"), 409, "work.move_unfit", language)
    part = refusal(client.get("/test/stopped", headers={"HX-Request": "true"}), 409, "work.move_unfit", language)
    assert "<html" in whole and "<html" not in part
    with override(language):
        assert sentence("work.move_unfit", {}).what in part


# ---- Every page: for whom it is, and for whom it is not -------------------------------------------------------------

MOST_STATEMENTS = 12
# The pages that answer for places, rounds, zones, work and people at once ask each of these once.
MORE = {"/wall": 13, "/sheet?figure": 13}
PAGES = [
    ("grid", "/"),
    ("command", "/"),
    ("resident", "/"),
    ("resident", "/why"),
    ("lead", "/vouch"),
    ("lead", "/field/quarantine"),
    ("grid", "/factors"),
    ("grid", "/why/{person}"),
    ("command", "/work"),
    ("grid", "/work?kind=door-survey"),
    ("command", "/work/kinds"),
    ("command", "/calendar"),
    ("lead", "/work/spots"),
    ("grid", "/work/{survey}"),
    ("grid", "/work/{call}"),
    ("grid", "/work/new/door-survey?unit={door}"),
    ("grid", "/work/print/returnee-check"),
    ("grid", "/work/export/returnee-check"),
    ("command", "/register/answers"),
    ("lead", "/register/answers?area={committee}"),
    ("command", "/register/marks"),
    ("grid", "/register/marks/elder-alone"),
    ("command", "/incidents/{incident}/measures"),
    ("command", "/incidents/{incident}/phases"),
    ("command", "/incidents/{incident}/measures/new"),
    ("command", "/register"),
    ("grid", "/register?area={committee}"),
    ("command", "/register?q={sought}"),
    ("grid", "/register/building/{building}"),
    ("grid", "/register/building/{building}?door={door}"),
    ("grid", "/register/door/{door}"),
    ("command", "/register/door/{door}"),
    ("lead", "/register/import"),
    ("lead", "/register/import/{file}"),
    ("command", "/sheet"),
    ("command", "/sheet?incident={incident}"),
    ("command", "/sheet?figure=register.lives"),
    ("command", "/sheet?figure=register.households"),
    ("command", "/sheet?figure=holds.persons"),
    ("command", "/sheet?figure=work.door-survey.open"),
    ("command", "/sheet?figure=work.returnee-check.open"),
    ("admin", "/accounts"),
    ("admin", "/accounts?area={committee}&role=grid-worker&q=grid"),
    ("admin", "/accounts/{account}"),
    ("auditor", "/reads"),
    ("grid", "/password"),
    ("command", "/editions"),
    ("command", "/editions/cn-covid-8"),
    ("command", "/incidents"),
    ("command", "/incidents/{incident}"),
    ("officer", "/signals/new"),
    ("officer", "/incidents/{incident}/zones/new?area={committee}"),
    ("command", "/zones/{zone}"),
    ("command", "/zones/{zone}/doors"),
    ("command", "/decisions"),
    ("command", "/map"),
    ("command", "/map/sheet?area={committee}"),
    ("command", "/map/areas.json"),
    ("command", "/map/zones.json"),
    ("command", "/map/buildings.json?area={committee}"),
    ("command", "/wall"),
    ("command", "/places"),
    ("grid", "/places?area={committee}&kind=shop&state=open"),
    ("grid", "/places/{venue}"),
    ("volunteer", "/places/{venue}/count"),
    ("medic", "/places/{ward}"),
    ("medic", "/places/{ward}/admit?q={sought}"),
    ("street", "/places/new"),
    ("street", "/places/new?kind=isolation-site"),
    ("street", "/places/open"),
    ("street", "/places/open?kind=shop"),
    ("command", "/places/census"),
    ("lead", "/work/new/inspection?unit={venue}"),
]
PUBLIC = ["/published/estate-award", "/published/estate-award.json"]
THEIRS = [
    ("/why/{person}", 404, "grid.person_missing"),
    ("/work/{survey}", 404, "work.item_missing"),
    ("/work/{call}", 404, "work.item_missing"),
    ("/work/new/door-survey?unit={door}", 404, "grid.household_missing"),
    ("/work/new/returnee-check?unit={person}", 404, "grid.person_missing"),
    ("/register?area={committee}", 403, "accounts.right_missing"),
    ("/register/building/{building}", 404, "grid.household_missing"),
    ("/register/building/{building}?door={door}", 404, "grid.household_missing"),
    ("/register/door/{door}", 404, "grid.household_missing"),
    ("/register/import/{file}", 404, "grid.file_missing"),
    ("/incidents/{incident}", 404, "incidents.missing"),
    ("/incidents/{incident}/zones/new", 404, "incidents.missing"),
    ("/zones/{zone}", 404, "incidents.zone_missing"),
    ("/sheet?area={committee}", 404, "reports.sheet_missing"),
    ("/map?area={committee}", 403, "accounts.right_missing"),
    ("/map/sheet?area={committee}", 403, "accounts.right_missing"),
    ("/map/areas.json?area={committee}", 403, "accounts.right_missing"),
    ("/map/zones.json?area={committee}", 403, "accounts.right_missing"),
    ("/map/buildings.json?area={committee}", 403, "accounts.right_missing"),
    ("/wall?area={committee}", 403, "accounts.right_missing"),
    ("/places?area={committee}", 403, "accounts.right_missing"),
    ("/places/{venue}", 404, "places.missing"),
    ("/places/{venue}/count", 404, "places.missing"),
    ("/places/{ward}/admit?q={sought}", 404, "places.missing"),
    ("/places/new?area={committee}", 403, "accounts.right_missing"),
    ("/places/open?area={committee}&kind=shop", 403, "accounts.right_missing"),
    ("/places/census?area={committee}", 403, "accounts.right_missing"),
    ("/work/new/inspection?unit={venue}", 404, "places.missing"),
]


def filled(town: Town, address: str, post: str = "command") -> str:
    """An address with the ids of the town."""
    p = town.place
    return address.format(person=p.people[0], survey=town.survey, call=town.call, door=p.households[0], file=town.file,
                          committee=p.area["committee"], building=p.buildings["committee"][0], zone=town.zone,
                         account=p.accounts["grid"].id, venue=town.venue, ward=town.ward,
                         incident=town.incident.id, sought=sought(p, post, p.names[0]))  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_for_whom_it_is_without_inline_code_and_within_its_statements(
    town: Town, language: str
) -> None:
    for post, address in PAGES:
        client = client_of(town.place, post, language)
        client.get(filled(town, address, post))
        with CaptureQueriesContext(connection) as seen:
            page = client.get(filled(town, address, post))
        asked = statements(seen)
        assert 0 < len(asked) <= MORE.get(address.partition("=")[0], MOST_STATEMENTS), (post, address, asked)
        assert page.status_code == 200, address
        assert inline_in(page) == [], address
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy, address
        assert page.headers["Cache-Control"] == "private, no-store", address
        assert page.headers["X-Content-Type-Options"] == "nosniff", address


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_published_opens_to_anybody_within_its_statements_without_inline_code(
    town: Town, language: str
) -> None:
    by, now = town.place.actor("street"), clock.now()
    open_item(kind_name="estate-award", item=NewItem(uuid4(), town.place.area["committee"], "area",
              town.place.area["committee"]), incident_id=None, by=by, at=now)  # fmt: skip
    client = Client()
    client.cookies["django_language"] = language
    for address in PUBLIC:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            page = client.get(address)
        assert page.status_code == 200 and "沙洲" in text_of(page), address
        assert 0 < len(statements(seen)) <= MOST_STATEMENTS, (address, statements(seen))
        assert inline_in(page) == [] and "unsafe" not in page.headers["Content-Security-Policy"], address
        assert names_in(page, town.place) == set() and len(page.content) < 15_000, address


@pytest.mark.parametrize("post", ["neighbour", "neighbour_grid"])
def test_the_neighbours_officials_are_refused_and_no_name_is_in_the_answer(town: Town, post: str) -> None:
    client = client_of(town.place, post)
    for address, status, code in THEIRS:
        answer = client.get(filled(town, address, post))
        refusal(answer, status, code)
        assert names_in(answer, town.place) == set(), address
        assert "花园" not in text_of(answer), address
    assert not PersonRead.objects.exists()


def test_who_is_signed_out_is_sent_to_sign_in_and_back(town: Town) -> None:
    for address in sorted({a for _, a in PAGES}):
        answer = Client().get(filled(town, address))
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith("/sign-in?next=%2F"), address


def test_a_form_without_its_token_is_not_taken(town: Town) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.place.accounts["grid"], "allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(f"/work/{town.free}/take")
    assert answer.status_code == 403 and Item.objects.get(id=town.free).owner_id is None
    assert inline_in(answer) == []


@pytest.mark.parametrize("address", ["/nothing-here", "/work/not-an-id", "/register/door/1"])
def test_an_address_that_is_not_there_answers_404_with_a_way_back(place: Place, address: str) -> None:
    answer = client_of(place, "grid").get(address)
    assert answer.status_code == 404 and inline_in(answer) == []
    assert 'href="/"' in text_of(answer)


# ---- Names and reads ------------------------------------------------------------------------------------------------


def test_the_grid_worker_sees_whole_names_at_the_door_and_the_command_masked_ones(town: Town) -> None:
    address = filled(town, "/register/door/{door}")
    behind = town.place.names[:3]
    grid, command = (text_of(client_of(town.place, post).get(address)) for post in ("grid", "command"))
    for name in behind:
        assert name in grid and masked(name) not in grid
        assert masked(name) in command and name not in command
    assert 'href="tel:13800000000"' in grid
    assert "13800000000" not in command and 'href="tel:…' not in command and "…0000" in command


def test_a_read_is_recorded_once_with_who_what_of_whom_where_and_why(town: Town) -> None:
    client_of(town.place, "grid").get(filled(town, "/register/door/{door}"), headers={"X-Purpose": "visit of today"})
    (read,) = PersonRead.objects.all()
    assert set(read.subjects) == set(town.place.people[:3])
    assert read.fields == ["id_number", "name", "phone"]
    assert (read.actor_id, read.door, read.purpose) == (town.place.accounts["grid"].id, "household", "visit of today")


def test_masked_names_are_no_read(town: Town) -> None:
    client = client_of(town.place, "command")
    seen = (
        "/register/door/{door}",
        "/register?q=" + sought(town.place, "command", "9999"),
        "/work",
        "/sheet?figure=register.lives",
        "/work/{call}",
    )
    for address in seen:
        answer = client.get(filled(town, address))
        assert answer.status_code == 200, address
        assert {n for n in names_in(answer, town.place) if "*" not in n} == set(), address
    assert not PersonRead.objects.exists()


# ---- Language -------------------------------------------------------------------------------------------------------


def test_the_switch_changes_the_language_and_leads_back_to_the_page(place: Place) -> None:
    client = client_of(place, "grid", "zh-hans")
    assert '<html lang="zh-Hans">' in text_of(client.get("/work"))
    answer = client.post("/language", {"language": "en", "next": "/work?owner=none"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/work?owner=none")
    page = text_of(client.get("/work"))
    assert '<html lang="en">' in page and "Nothing is left to do here." in page


def test_the_switch_leads_to_no_other_site(place: Place) -> None:
    answer = client_of(place, "grid").post("/language", {"language": "en", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in answer.headers["Location"]


def test_signing_out_ends_the_session(place: Place) -> None:
    client = Client()
    assert client.login(username="grid", password=PASSWORD)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_the_check_for_inline_code_finds_it() -> None:
    """A negative control: each sort of inline code is told, and what pages hold is not."""
    bad = ("<script>1</script>", '<p style="x">', '<a onclick="x()">', "<style>p{}</style>", '<a href="javascript:x">')
    assert [len(inline_in(HttpResponse(b))) for b in bad] == [1] * 5
    fine = '<script src="/a.js" defer></script><script type="application/json">{}</script><p class="style">on = 1</p>'
    assert inline_in(HttpResponse(fine)) == []
