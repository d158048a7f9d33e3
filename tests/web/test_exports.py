"""The board as a file: the same rows, the same masks, written down, cut where it is too long, and no formula."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.http import HttpResponse

from lianfang.base import clock
from lianfang.domains.audit.models import Export, PersonRead
from lianfang.domains.editions.queries import kind
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from lianfang.web import exports
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, masked, refusal, services_since, sought, text_of

PHONE = "13911112222"


def rows_in(answer: HttpResponse) -> list[list[str]]:
    """The rows of a csv that was sent."""
    content = b"".join(answer.streaming_content)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def taken(town: Town, post: str, kind: str = "door-survey", query: str = "", language: str = "en",
          **form: str) -> HttpResponse:  # fmt: skip
    """The file a post takes out."""
    client = client_of(town.place, post, language)
    return client.post(f"/work/export/{kind}?{query}", {"format": "csv", **form})


@pytest.fixture
def told(town: Town) -> Town:
    """The survey nobody owns carries a phone and a note that looks like a formula."""
    values = {"phone": PHONE, "note": "=1+1"}
    item = NewItem(uuid4(), town.place.area["committee"], "household", town.place.households[2], values=values)
    open_items(kind_name="door-survey", items=[item], area_id=item.area_id, incident_id=town.incident.id,
               by=town.place.actor("lead"), at=clock.now())  # fmt: skip
    return town


def test_the_file_holds_the_rows_of_the_board_in_its_order_with_heads_in_the_readers_language(told: Town) -> None:
    board = client_of(told.place, "lead").get("/work?kind=door-survey&owner=none")
    assert 'href="/work/export/door-survey?kind=door-survey&owner=none"' in text_of(board)
    head, *rows = rows_in(taken(told, "lead", query="owner=none"))
    assert [r[head.index("About")] for r in rows] == [r["unit"] for r in board.context["rows"]] and len(rows) == 2
    assert {r[head.index("State")] for r in rows} == {r["state"] for r in board.context["rows"]}
    chinese = rows_in(taken(told, "lead", query="owner=none", language="zh-hans"))[0]
    assert "状态" in chinese and len(chinese) == len(head)
    assert rows_in(taken(told, "lead", query="closed=1"))[1:] == []


def test_the_page_before_says_how_many_rows_and_which_columns(told: Town) -> None:
    page = text_of(client_of(told.place, "lead").get("/work/export/door-survey?owner=none"))
    assert "Take out 2 rows" in page and "Left out unless asked for:" in page and PHONE not in page
    assert not Export.objects.exists()


def test_personal_fields_are_left_out_unless_asked_for_with_a_reason(told: Town) -> None:
    plain = rows_in(taken(told, "lead"))
    assert PHONE not in str(plain) and "Phone" not in str(plain[0])
    mark, exported = last_entry(), Export.objects.count()
    answer = taken(told, "lead", personal="1", why=" ")
    assert answer.status_code == 422 and "Personal fields leave only for a stated reason" in text_of(answer)
    assert services_since(mark) == [] and Export.objects.count() == exported
    assert PHONE in str(rows_in(taken(told, "lead", personal="1", why="电话回访")))


def test_what_tells_of_health_never_leaves_in_a_file(told: Town) -> None:
    body = kind("door-survey")
    health = [f for f in body["fields"] if f.get("personal") == "health"]
    assert len(health) >= 2
    page = text_of(client_of(told.place, "lead").get("/work/export/door-survey"))
    for asked in ({}, {"personal": "1", "why": "电话回访"}):
        heads = rows_in(taken(told, "lead", **asked))[0]
        assert not {f["words"]["en"] for f in health} & set(heads)
    assert all(f["words"]["en"] in page[page.index("Never in a file") :] for f in health)
    assert not {f["name"] for f in health} & {n for e in Export.objects.all() for n in e.fields}


def test_a_worker_who_may_not_see_it_whole_on_the_page_gets_it_masked_in_the_file(told: Town) -> None:
    item = Item.objects.get(unit_id=told.place.households[2])
    page = text_of(client_of(told.place, "grid").get(f"/work/{item.id}"))
    assert PHONE not in page and "…" in page
    file = str(rows_in(taken(told, "grid", personal="1", why="入户")))
    assert PHONE not in file and "…2222" in file


def test_names_are_masked_as_on_the_board_and_whole_only_where_the_item_shows_them_so(told: Town) -> None:
    name = told.place.names[0]
    for post, whole in (("grid", True), ("command", False)):
        assert masked(name) in str(rows_in(taken(told, post, "returnee-check")))
        asked = str(rows_in(taken(told, post, "returnee-check", personal="1", why="核对")))
        assert (name in asked) == whole and (masked(name) in asked) != whole


def test_a_neighbour_takes_out_nothing_and_who_may_not_read_work_is_refused(told: Town) -> None:
    area = told.place.area["committee"]
    for query in ("", f"area={area}"):
        for post in ("neighbour", "neighbour_grid", "grid2", "street2"):
            assert len(rows_in(taken(told, post, query=query, personal="1", why="x"))) == 1, (post, query)
    refusal(taken(told, "auditor"), 403, "accounts.right_missing")
    assert not Export.objects.filter(rows__gt=0).exists()


def test_every_file_is_written_down_and_is_a_read_of_the_people_in_it(told: Town) -> None:
    mark, lead = last_entry(), told.place.accounts["lead"].id
    rows_in(taken(told, "lead", "returnee-check", query=f"owner=&text=&area={told.place.area['committee']}"))
    kept = Export.objects.get()
    assert (kept.actor_id, kept.what, kept.rows, kept.format) == (lead, "work.returnee-check", 1, "csv")
    assert kept.personal_fields == [] and services_since(mark) == []
    reads = PersonRead.objects.filter(door="work-export")
    assert not reads.exists()  # masked names are no read
    rows_in(taken(told, "lead", "returnee-check", personal="1", why="电话回访"))
    assert Export.objects.filter(why="电话回访").exclude(personal_fields=[]).count() == 1
    read = reads.get()
    assert (read.purpose, read.actor_id) == ("电话回访", lead) and told.place.people[0] in read.subjects


def test_words_that_were_searched_are_not_kept_since_they_may_be_a_name(told: Town) -> None:
    words = sought(told.place, "lead", "赵国强")
    rows_in(taken(told, "lead", query=f"text={words}&state=to-visit"))
    assert Export.objects.get().filters["text"] == "…" and Export.objects.get().filters["state"] == "to-visit"


def test_what_looks_like_a_formula_is_text(told: Town) -> None:
    assert "'=1+1" in str(rows_in(taken(told, "lead", personal="1", why="x")))
    answer = taken(told, "lead", format="xlsx", personal="1", why="x")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = [c for row in sheet.iter_rows() for c in row]
    assert "'=1+1" in [c.value for c in cells] and not [c for c in cells if c.data_type == "f"]
    assert (
        answer.headers["Content-Disposition"].startswith("attachment")
        and ".xlsx" in answer.headers["Content-Disposition"]
    )


def test_a_list_too_long_is_cut_and_says_so_in_the_file_and_before(told: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    assert "ends after the first 1 of 3 rows" in text_of(client_of(told.place, "lead").get("/work/export/door-survey"))
    head, first, last = rows_in(taken(told, "lead"))
    assert len(first) == len(head) and last == ["Cut: the first 1 of 3 rows. Narrow the filters for the others."]
    assert (Export.objects.get().rows, Export.objects.get().rows_in_all) == (1, 3)


def test_thousands_are_named_in_sets(told: Town, django_assert_max_num_queries: Any) -> None:
    place, doors = told.place, told.place.households
    items = [NewItem(uuid4(), place.area["committee"], "household", doors[n % 8]) for n in range(400)]
    open_items(kind_name="door-survey", items=items, area_id=place.area["committee"], incident_id=told.incident.id,
               by=place.actor("lead"), at=clock.now())  # fmt: skip
    client = client_of(place, "lead")
    with django_assert_max_num_queries(28):
        answer = client.post("/work/export/door-survey", {"format": "csv", "personal": "1", "why": "x"})
    assert len(rows_in(answer)) == 404
