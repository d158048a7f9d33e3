"""Anybody may see and keep the signed head; it holds nothing about a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from lianfang.base.roles import JOB_ROLE, REQUEST_ROLE
from lianfang.base.signing_keys import make_signing_key
from lianfang.domains.audit.models import ChainLink
from lianfang.domains.audit.queries import last_head
from lianfang.domains.audit.rules import read_head, signature_fault
from lianfang.flows.run_due import sign_log
from tests.factories.place import Place
from tests.web.pages import client_of, inline_in, names_in, text_of

AT = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)


@pytest.fixture
def head(place: Place, tmp_path: Path) -> str:
    """A head over one link, made by the jobs; gives its digest."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {JOB_ROLE}")
        ChainLink.objects.create(number=1, at=AT, suite="world", first_transaction=1, first_entry=1, last_transaction=9,
                                 last_entry=9, count=7, total=1_234, entries=b"", previous=bytes(32),
                                 digest=bytes(range(32)))  # fmt: skip
        with override_settings(STATE=tmp_path):
            make_signing_key("log", "world")
            assert sign_log(by=place.system, at=AT) == 1
        cursor.execute(f"SET LOCAL ROLE {REQUEST_ROLE}")
    return bytes(range(32)).hex()


@pytest.mark.parametrize("language, words", [("en", "The log's seal"), ("zh-hans", "日志封存")])
def test_the_page_shows_what_to_keep_without_inline_code(place: Place, head: str, language: str, words: str) -> None:
    client = Client()
    client.cookies["django_language"] = language
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/audit/head")
    text = text_of(page)
    assert page.status_code == 200 and words in text and "0001 0203 0405" in text and "1,234" in text
    assert len(seen) <= 12 and inline_in(page) == [] and names_in(page, place) == set()


def test_the_file_is_the_head_as_it_was_signed(place: Place, head: str) -> None:
    answer = Client().get("/audit/head.json")
    kept, row = read_head(answer.content), last_head()
    assert (kept.digest, kept.entries, kept.link, kept.at) == (head, 1_234, 1, AT) and row
    assert signature_fault(kept, {("world", bytes(row.public_key))}) == ""
    assert set(json.loads(answer.content)) == {
        "number", "at", "link", "entries", "digest", "suite", "public_key", "signature"
    }  # fmt: skip


def test_before_the_first_head_both_say_so(place: Place) -> None:
    assert "Nothing is signed yet." in text_of(Client().get("/audit/head", headers={"Accept-Language": "en"}))
    answer = Client().get("/audit/head.json")
    assert (answer.status_code, json.loads(answer.content)) == (404, {})


def test_the_auditors_page_says_how_far_the_log_is_sealed(place: Place, head: str) -> None:
    text = text_of(client_of(place, "auditor").get("/reads"))
    seal = text.split("The log's seal")[1]
    assert "1,234 entries, last at 21 Jul 09:00" in seal and "0001 0203 0405 0607 …" in seal
    assert "日志封存" in text_of(client_of(place, "auditor", "zh-hans").get("/reads"))
