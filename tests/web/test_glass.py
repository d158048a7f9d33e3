"""Searching by name: near one's post freely, in a wide area for a task, else with the glass broken and reviewed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.privacy.models import BrokenGlass
from lianfang.domains.privacy.services import assign_purposes
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal, sought

WHY = "省里来电核对一名密接者的住处"


def found(town: Town, post: str) -> bool:
    """Whether a post's search by name gives the person."""
    text = (
        client_of(town.place, post)
        .get("/register", {"q": sought(town.place, post, town.place.names[0])})
        .content.decode()
    )
    return town.place.names[0][0] + "*" in text


def broken(town: Town, post: str = "command", why: str = WHY) -> BrokenGlass:
    """The glass, broken by a post on the page."""
    glass = uuid4()
    for _ in range(2):  # pressed twice
        assert client_of(town.place, post).post("/glass", {"id": str(glass), "why": why}).status_code == 302
    return BrokenGlass.objects.get(id=glass)


def test_near_ones_post_it_is_free_and_in_a_wide_area_it_is_closed(town: Town) -> None:
    assert found(town, "grid") and found(town, "lead") and found(town, "street")
    assert not found(town, "command") and not found(town, "county")
    text = (
        client_of(town.place, "command")
        .get("/register", {"q": sought(town.place, "command", town.place.names[0])})
        .content.decode()
    )
    assert "No names are searched here without a task" in text and "Search for some minutes" in text


def test_a_task_about_somebody_opens_it_as_long_as_it_lasts(town: Town) -> None:
    purposes = [(town.place.accounts["county"].id, "person", town.place.people[5], uuid4())]
    assign_purposes(purposes=purposes, why="work.assigned", until_at=clock.now() + timedelta(hours=1),
                    by=town.place.actor("lead"), at=clock.now() - timedelta(minutes=1))  # fmt: skip
    assert found(town, "county") and not found(town, "command")


def test_broken_it_opens_for_half_an_hour_and_whom_it_found_is_written_down(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    glass = broken(town)
    assert WHY not in str(vars(glass)) and WHY.encode() not in bytes(glass.sealed)
    assert found(town, "command") and not found(town, "county")
    read = PersonRead.objects.filter(actor_id=town.place.accounts["command"].id, door="register").latest("at")
    assert town.place.people[0] in read.subjects and read.fields == ["name"]
    later = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not found(town, "command")


def test_a_word_is_no_reason_and_who_reads_no_register_breaks_nothing(town: Town) -> None:
    command = client_of(town.place, "command")
    refusal(command.post("/glass", {"id": str(uuid4()), "why": "test"}), 422, "privacy.glass_without_reason")
    for post in ("volunteer", "supply", "auditor"):
        refusal(client_of(town.place, post).post("/glass", {"why": WHY}), 403, "accounts.right_missing")
    assert not BrokenGlass.objects.exists()


def test_the_auditor_reads_it_and_says_whether_it_fits(town: Town) -> None:
    glass, auditor = broken(town), client_of(town.place, "auditor")
    assert WHY in auditor.get("/reads").content.decode()
    for post in ("command", "neighbour", "admin"):
        answer = client_of(town.place, post).post(f"/glass/{glass.id}/review", {"finding": "fit"})
        refusal(answer, 403, "accounts.right_missing")
    refusal(auditor.post(f"/glass/{glass.id}/review", {"finding": "maybe"}), 404, "privacy.glass_missing")
    assert auditor.post(f"/glass/{glass.id}/review", {"finding": "unfit"}).status_code == 302
    glass.refresh_from_db()
    assert (glass.finding, glass.reviewed_by) == ("unfit", town.place.accounts["auditor"].id)
    assert WHY not in auditor.get("/reads").content.decode()
