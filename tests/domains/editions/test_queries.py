"""What a request is told of the catalogue with its first statement is what stands in the database then."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.once import remembering
from lianfang.domains.editions import queries
from lianfang.domains.editions.models import Edition, Kind
from lianfang.domains.editions.queries import catalogue, edition, kinds_by_name, note_catalogue
from tests.factories.place import Place

pytestmark = pytest.mark.database


def told() -> Any:
    """The catalogue as another statement carries it."""
    return Edition.objects.annotate(loaded=catalogue()).values_list("loaded", flat=True)[:1].get()


def test_what_was_told_is_not_asked_again_and_is_the_newest(place: Place) -> None:
    everything = {k: v["version"] for k, v in kinds_by_name().items()}
    title = edition("cn-covid-8")["title"]
    with remembering():
        note_catalogue(told())
        with CaptureQueriesContext(connection) as seen:
            assert {k: v["version"] for k, v in kinds_by_name().items()} == everything
            assert edition("cn-covid-8")["title"] == title
        assert len(seen) == 0


def test_a_new_version_of_a_kind_and_a_renewed_edition_are_seen_by_the_next_request(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with remembering():
        note_catalogue(told())
        before = kinds_by_name()["door-survey"]
    old = Kind.objects.get(name="door-survey", version=before["version"])
    newer = {**old.body, "version": old.version + 1}
    monkeypatch.setattr(queries, "_kinds", {})  # what this test loads is gone with it
    Kind.objects.create(id=uuid4(), name=old.name, version=old.version + 1, mechanism=old.mechanism, body=newer,
                        digest="n", loaded_at=place.at)  # fmt: skip
    renewed = Edition.objects.get(code="cn-covid-8")
    body = {**renewed.body, "title": {"zh": "新", "en": "new"}}
    Edition.objects.filter(id=renewed.id).update(body=body, digest=uuid4().hex)
    with remembering():
        note_catalogue(told())
        assert kinds_by_name()["door-survey"]["version"] == old.version + 1
        assert edition("cn-covid-8")["title"] == {"zh": "新", "en": "new"}
