"""Printed lists come back: the same rows in the same order, typed once with both names, nothing written over."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Unit
from lianfang.domains.work.models import Item, Move, PageTyping, PrintedPage
from lianfang.domains.work.queries import moves_of
from lianfang.domains.work.rules.paper import code_of
from lianfang.domains.work.services import NewItem, Note, make_move, open_items
from tests.factories.call import volunteers
from tests.factories.place import Place
from tests.factories.rounds import round_in
from tests.scenarios.test_call_rows import at_nine, travel
from tests.web.pages import client_of, form_of, inline_in, names_in, refusal, text_of

HOUR = timedelta(hours=1)


@pytest.fixture
def now(place: Place, monkeypatch: pytest.MonkeyPatch) -> datetime:
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def surveys(place: Place, n: int = 4) -> list[Item]:
    items = [NewItem(uuid4(), place.area["committee"], "household", h) for h in place.households[:n]]
    open_items(kind_name="welfare-visit", items=items, area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=place.at)  # fmt: skip
    return [Item.objects.get(id=i.id) for i in items]


def printed(browser: Client, area: UUID, kind: str = "welfare-visit") -> PrintedPage:
    """By the button of the paper list, pressed twice."""
    form = form_of(browser.get(f"/work/print/{kind}?area={area}"), "/paper/print")
    sent = {k: v[-1] for k, v in form.items()}
    answers = [browser.post("/paper/print", sent) for _ in range(2)]
    assert {a.status_code for a in answers} == {302} and PrintedPage.objects.count() == 1
    assert answers[0].headers["Location"] == f"/paper/print/{sent['id']}"
    return PrintedPage.objects.get(print_id=sent["id"])


def typed(browser: Client, page: PrintedPage, rows: dict[UUID, str], writer: object, **sent: str) -> HttpResponse:
    form = {k: v[-1] for k, v in form_of(browser.get(f"/paper/{page.code}"), f"/paper/{page.code}/type").items()}
    return browser.post(f"/paper/{page.code}/type",
                        form | {"writer": str(writer)} | {f"row-{i}": m for i, m in rows.items()} | sent)  # fmt: skip


def order_in(answer: HttpResponse) -> list[str]:
    return re.findall(r'<li id="r-([0-9a-f-]{36})"', text_of(answer))


def test_a_page_opens_the_rows_it_was_printed_with_though_the_list_has_moved_on(place: Place, now: datetime) -> None:
    items = surveys(place)
    grid, lead = client_of(place, "grid"), client_of(place, "lead")
    page = printed(lead, place.area["committee"])
    before = order_in(grid.get(f"/paper/{page.code}"))
    assert sorted(before) == sorted(str(i.id) for i in items) and before == [str(r) for r in page.rows]
    sheet = lead.get(f"/paper/print/{page.print_id}")
    threes = " ".join(page.code[n : n + 3] for n in (0, 3, 6))
    assert threes in text_of(sheet) and "data:image/svg+xml" in text_of(sheet) and inline_in(sheet) == []
    # One is finished by phone since, another is new: the page is as it was, and says what was noted.
    first = items[0]
    by = place.actor("grid")
    make_move(note=Note(uuid4(), first.id, "no-answer", by, now + HOUR), by=by, at=now + HOUR)
    newer = surveys(place, 6)[-1]
    again = grid.get(f"/paper/{page.code.lower()}")
    assert order_in(again) == before and str(newer.id) not in text_of(again)
    assert text_of(again).count("noted since it was printed") == 1 and inline_in(again) == []
    # The code typed in with gaps leads to the same page.
    found = grid.post("/paper", {"code": threes.lower()})
    assert (found.status_code, found.headers["Location"]) == (302, f"/paper/{page.code}")


def test_forty_ticks_are_kept_once_with_who_wrote_and_who_typed(place: Place, now: datetime) -> None:
    items, writer = surveys(place), place.accounts["lead"]
    grid = client_of(place, "grid")
    page = printed(grid, place.area["committee"])
    rows = {i.id: "no-answer" for i in items[:3]}
    finish = {f"v-{items[3].id}-finish-persons_seen": "2", f"v-{items[3].id}-finish-condition": "well"}
    sent = {"id": str(uuid4())}
    for _ in range(2):
        answer = typed(grid, page, {**rows, items[3].id: "finish"}, writer.id, **finish, **sent)
        assert answer.status_code == 302, text_of(answer)
    assert Move.objects.filter(item__in=items, written_by=writer.id, by=place.accounts["grid"].id).count() == 4
    assert {i.attempts for i in Item.objects.filter(id__in=rows)} == {1}
    done = Item.objects.get(id=items[3].id)
    assert (done.state, done.done_by, done.values["persons_seen"]) == ("done", writer.id, 2)
    assert b"well" not in bytes(done.sealed) and writer.label in {
        m.writer for m in moves_of(done, by=place.actor("lead"))}  # fmt: skip
    log = text_of(grid.get(f"/work/{done.id}"))
    assert "written on paper by committee-lead committee, typed in by grid-worker committee" in log
    typing = PageTyping.objects.get()
    assert (typing.written_by, typing.by, len(typing.rows)) == (writer.id, place.accounts["grid"].id, 4)
    assert "4 rows typed in" in text_of(grid.get(f"/paper/{page.code}"))


def test_what_was_noted_while_the_page_was_typed_is_not_written_over(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = surveys(place)
    grid, lead = client_of(place, "grid"), place.accounts["lead"].id
    page = printed(grid, place.area["committee"])
    form = {k: v[-1] for k, v in form_of(grid.get(f"/paper/{page.code}"), f"/paper/{page.code}/type").items()}
    travel(monkeypatch, now + HOUR)
    by = place.actor("lead")
    make_move(note=Note(uuid4(), items[0].id, "no-answer", by, now + HOUR), by=by, at=now + HOUR)
    rows = {f"row-{items[0].id}": "not-here", f"row-{items[1].id}": "no-answer", f"row-{items[2].id}": "finish"}
    answer = grid.post(f"/paper/{page.code}/type", form | rows | {"writer": str(lead)})
    body = text_of(answer)
    assert answer.status_code == 200 and "2 rows were not noted" in body and "1 row is kept" in body
    assert "Somebody noted it at" in body and "This step needs" in body
    kept = re.findall(r'value="(\w[\w-]*)" data-key="\d" checked', body)
    assert kept == ["finish", "not-here"] or kept == ["not-here", "finish"]  # in the order of the page
    assert [Item.objects.get(id=i.id).state for i in items[:3]] == ["no-answer", "no-answer", "to-visit"]
    # A person decides, having seen what stands: typed again from the page as it is now, it is taken.
    assert typed(grid, page, {items[0].id: "no-answer"}, lead).status_code == 302
    assert Item.objects.get(id=items[0].id).attempts == 2


def test_a_page_is_for_its_area_and_its_days_and_says_why_it_does_not_open(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = surveys(place)
    grid, lead = client_of(place, "grid"), place.accounts["lead"].id
    page = printed(grid, place.area["committee"])
    for post in ("neighbour_grid", "neighbour", "grid2", "volunteer", "sampler"):
        for address in (f"/paper/{page.code}", f"/paper/print/{page.print_id}"):
            refused = client_of(place, post).get(address)
            assert names_in(refused, place) == set()
            refusal(refused, 404, "work.page_missing")
        sent = {f"row-{items[0].id}": "no-answer", "writer": str(lead), "id": str(uuid4())}
        refusal(client_of(place, post).post(f"/paper/{page.code}/type", sent), 404, "work.page_missing")
    assert "Read the code off the paper again" in refusal(grid.get(f"/paper/{code_of(7)}"), 404, "work.page_missing")
    wrong = ("2" if page.code[0] != "2" else "3") + page.code[1:]
    refusal(grid.get(f"/paper/{wrong}"), 422, "work.page_code_wrong")
    refusal(grid.post("/paper", {"code": "nonsense"}), 422, "work.page_code_wrong")
    # Who wrote is somebody of the area; a row that is not on the page, and a move that is none, are refused by row.
    for writer in ("", place.accounts["neighbour_grid"].id):
        refusal(typed(grid, page, {items[0].id: "no-answer"}, writer), 422, "work.writer_unfit")
    assert client_of(place, "publicity").get(f"/paper/{page.code}").status_code == 200  # reads and does work here
    other = surveys(place, 5)[-1]
    assert typed(grid, page, {other.id: "no-answer"}, lead).status_code == 302
    assert Item.objects.get(id=other.id).attempts == 0
    assert "was not noted" in text_of(typed(grid, page, {items[0].id: "fly"}, lead))
    travel(monkeypatch, now + 15 * 24 * HOUR)
    assert "could be typed in until" in refusal(grid.get(f"/paper/{page.code}"), 409, "work.page_too_old")
    assert Move.objects.filter(written_by__isnull=False).count() == 0


def test_paper_is_no_way_round_the_second_person(place: Place, now: datetime) -> None:
    shop = register_place(place_id=uuid4(), kind="shop", name="便利店", name_en="", area_id=place.area["committee"],
                          capacity={"person": 5}, lon=None, lat=None, incident_id=None, by=place.system,
                          at=now)  # fmt: skip
    new = NewItem(uuid4(), place.area["committee"], "place", shop.id, values={"what": "灭火器过期", "danger": "day"})
    open_items(kind_name="finding", items=[new], area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=now)  # fmt: skip
    grid, lead = place.actor("grid"), place.accounts["lead"].id
    fixed = Note(uuid4(), new.id, "fix", grid, now, values={"fixed_how": "换了"}, written_by=lead)
    make_move(note=fixed, by=grid, at=now)
    item = Item.objects.get(id=new.id)
    assert (item.owner_id, item.done_by) == (lead, lead)  # the work is whose hand wrote it
    page = printed(client_of(place, "grid"), place.area["committee"], "finding")
    county = place.accounts["county"].id
    for typist, writer in (("lead", place.accounts["grid"].id), ("grid", lead)):  # who did it types, or wrote it
        answer = typed(client_of(place, typist), page, {item.id: "verify"}, writer)
        assert answer.status_code == 200 and "somebody else must close it" in text_of(answer), typist
    refusal(typed(client_of(place, "grid"), page, {item.id: "verify"}, county), 422, "work.writer_unfit")
    grid2 = volunteers(place, 1, role="grid-worker")[0].id
    assert typed(client_of(place, "grid"), page, {item.id: "verify"}, grid2).status_code == 302
    assert Item.objects.get(id=item.id).state == "verified"


def test_a_rounds_door_list_comes_back_too(place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    found = round_in(place, at=now).round
    grid, area = client_of(place, "grid"), place.area["committee"]
    form = form_of(grid.get(f"/rounds/{found.id}/paper?area={area}"), "/paper/print")
    sent = {k: v[-1] for k, v in form.items()}
    assert grid.post("/paper/print", sent).status_code == 302
    page = PrintedPage.objects.get(print_id=sent["id"], number=1)
    assert len(page.rows) == 24 and (page.round_id, page.kind) == (found.id, "")
    travel(monkeypatch, now + HOUR)
    sheet = grid.get(f"/paper/{page.code}")
    assert order_in(sheet) == [str(r) for r in page.rows] and place.names[0] in text_of(sheet)
    one, two, three = page.rows[:3]
    once = {"id": str(uuid4())}
    rows = {one: "away left-city", two: "no-answer", three: "away"}
    answer = typed(grid, page, rows, place.accounts["lead"].id, **once)
    assert answer.status_code == 200 and "1 row was not noted" in text_of(answer)  # away asks for its reason
    assert (Unit.objects.get(round=found, unit_id=one).reason, Unit.objects.get(round=found, unit_id=two).tries) == (
        "left-city", 1)  # fmt: skip
    typing = PageTyping.objects.get()
    assert set(typing.rows) == {one, two} and typing.written_by == place.accounts["lead"].id
    # Person by person: who wrote and who typed, and of a later typing by another hand the later ones.
    travel(monkeypatch, now + 2 * HOUR)
    assert typed(client_of(place, "lead"), page, {two: "away left-city"}, place.accounts["grid"].id).status_code == 302
    shown = text_of(grid.get(f"/paper/{page.code}"))
    row = {r: shown[shown.index(f'id="r-{r}"') :].split("</li>")[0] for r in (one, two, three)}
    lead, worker = "committee-lead committee", "grid-worker committee"
    assert f"written on paper by {lead}, typed in by {worker}" in row[one]
    assert f"written on paper by {worker}, typed in by {lead}" in row[two] and "written on paper" not in row[three]
    for post in ("grid2", "neighbour_grid", "neighbour_sampler"):
        refusal(client_of(place, post).get(f"/paper/{page.code}"), 404, "work.page_missing")
