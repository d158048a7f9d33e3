"""Searches: found as before, yet neither address, nor title, nor log names who was looked for."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.web import searches
from lianfang.web.searches import SOUGHT, open_search, seal_search
from tests.house.source import ROOT
from tests.web.conftest import Town
from tests.web.pages import client_of, masked, sought, text_of

TEMPLATES = [*sorted((ROOT / "lianfang").glob("*/templates/**/*.html"))]
# Typed into addresses on purpose: the name of a post, a number.
HARMLESS = {("accounts/list.html", "q"), ("supplies/producers.html", "use")}
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
TYPED = re.compile(r"<input\b(?![^>]*type=\"(?:hidden|date|datetime-local|time|checkbox|radio|number|file)\")[^>]*>")


def test_a_name_is_found_and_stands_neither_in_the_address_nor_in_the_title(town: Town) -> None:
    client, name = client_of(town.place, "street"), town.place.names[0]
    answer = client.post("/search", {"to": "/register", "q": name})
    address = answer.headers["Location"]
    assert answer.status_code == 302 and re.fullmatch(r"/register\?q=[\w-]+", address)
    assert name not in unquote(address)
    page = text_of(client.get(address))
    title = re.search(r"<title>(.*?)</title>", page, re.S)
    assert masked(name) in page and title is not None and name not in title.group(1)
    assert f'value="{name}"' in page  # it stands in the box, to be changed
    assert masked(name) in text_of(client.get(address))  # gone back to, or loaded anew


def test_the_boards_words_stay_through_paging_and_export_with_the_other_filters(town: Town) -> None:
    client = client_of(town.place, "lead")
    sent = {"to": "/work", "text": "花园", "kind": "door-survey", "owner": ""}
    address = client.post("/search", sent).headers["Location"]
    assert "kind=door-survey" in address and "owner" not in address and "csrf" not in address
    page = text_of(client.get(address))
    assert 'value="花园"' in page
    out = re.search(r'href="(/work/export/door-survey\?[^"]+)"', page)
    assert out is not None and "花园" not in unquote(out.group(1)) and "text=" in out.group(1)
    assert client.get(out.group(1)).status_code == 200


def test_what_one_typed_opens_for_no_other_and_not_for_ever(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    name = town.place.names[0]
    token = sought(town.place, "command", name)
    assert masked(name) not in text_of(client_of(town.place, "street").get(f"/register?q={token}"))
    ids = [town.place.accounts[p].id for p in ("command", "street")]
    assert (open_search(token, by_id=ids[0]), open_search(token, by_id=ids[1])) == (name, "")
    now = clock.now()
    monkeypatch.setattr(searches.clock, "now", lambda: now + timedelta(hours=13))
    assert open_search(token, by_id=ids[0]) == ""


@pytest.mark.parametrize("token", ["赵国强", "x", "%00", "A" * 200, "====", "-_-_", "é"])
def test_what_was_never_sealed_looks_for_nobody(town: Town, token: str) -> None:
    """A name typed into the address by hand, too: it would have been logged already, so nothing rewards it."""
    assert client_of(town.place, "command").get("/register", {"q": token}).status_code == 200
    assert open_search(token, by_id=town.place.accounts["command"].id) == ""


def test_the_length_of_what_is_sealed_tells_little(town: Town) -> None:
    by = town.place.accounts["grid"].id
    assert len({len(seal_search(t, by_id=by)) for t in ("李", "赵国强", "zhang xiao ming", "1380")}) == 1
    assert seal_search("李", by_id=by) != seal_search("李", by_id=by)


@pytest.mark.parametrize(
    "to",
    ["https://elsewhere.example/register", "//elsewhere.example/x", "/accounts", "", "javascript:x", "/\\elsewhere"],
)
def test_a_search_leads_to_no_other_site_and_no_other_page(town: Town, to: str) -> None:
    answer = client_of(town.place, "command").post("/search", {"to": to, "q": "zhao"})
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/register?q=")


def test_searching_is_for_who_is_signed_in_and_sent_by_a_form(town: Town) -> None:
    assert Client().post("/search", {"q": "x"}).headers["Location"].startswith("/sign-in")
    assert client_of(town.place, "command").get("/search").status_code == 405


def short(path: Path) -> str:
    return str(path.relative_to(path.parents[1])) if path.parent.name != "templates" else path.name


def test_no_form_that_goes_into_an_address_takes_free_words() -> None:
    """A form without POST puts what was typed into the address: only what is listed may be typed there."""
    found = set()
    for file in TEMPLATES:
        for attributes, inside in FORM.findall(file.read_text(encoding="utf-8")):
            if "post" not in attributes.lower():
                names = (re.search(r'name="(\w+)"', box) for box in TYPED.findall(inside))
                found |= {(short(file), n.group(1)) for n in names if n}
    assert found == HARMLESS


def test_no_view_reads_a_searched_word_but_through_its_seal() -> None:
    words = "|".join(sorted(set(SOUGHT.values())))
    for file in sorted((ROOT / "lianfang").glob("*/*.py")):
        raw = re.findall(rf'GET(?:\.get\(|\[)"({words})"', file.read_text(encoding="utf-8"))
        assert raw == [], file
