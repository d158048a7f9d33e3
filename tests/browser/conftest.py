"""A served site over a database of its own, and browsers for the people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4, uuid5

import pytest
from playwright.sync_api import Browser, Page

from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import report_signal
from lianfang.flows.open_incident import open_incident
from tests.browser.serving import PHONE, chromium, opened_by, served, sign_in
from tests.conftest import T0
from tests.factories.place import PASSWORD, SPACE, Place, hashed_password, small_place

Person = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium, once a file."""
    with chromium() as started:
        yield started


@pytest.fixture
def town(own_database: None) -> Place:
    """The small district, committed, so that the server's threads see it."""
    return small_place(at=T0)


@pytest.fixture
def resident(town: Place) -> str:
    """The sign-in name of who lives in the first building, behind the first door."""
    open_account(account_id=uuid5(SPACE, "a resident"), username="resident", label="居民",
                 password_hash=hashed_password(),
                 person_id=town.people[0], area_id=town.area["committee"], by=system_actor(), at=T0)  # fmt: skip
    grant_role(grant_id=uuid5(SPACE, "g resident"), account_id=uuid5(SPACE, "a resident"), role="resident",
               area_id=town.area["committee"], until_at=None, by=system_actor(), at=T0)  # fmt: skip
    return "resident"


@pytest.fixture
def outbreak(town: Place) -> Incident:
    """An open incident under the eighth edition, with a case in the first building an hour ago."""
    now = clock.now()
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                           area_id=town.area["committee"], building_id=town.buildings["committee"][0], count=1,
                           source="lab", found_at=now - timedelta(hours=1), by=town.actor("officer2"),
                           at=now)  # fmt: skip
    return open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=town.area["district"], is_drill=False,
                         by=town.actor("command"), at=now)  # fmt: skip


@pytest.fixture
def site(town: Place) -> Iterator[str]:
    """The address of the served site."""
    with served() as address:
        yield address


@pytest.fixture
def person(browser: Browser, site: str) -> Iterator[Person]:
    """A browser of their own for as many people as a test needs: signed in as a post, at an address."""
    contexts = []

    def come(
        post: str = "",
        at: str = "/",
        *,
        size: tuple[int, int] = PHONE,
        language: str = "en",
        password: str = PASSWORD,
        scripts: bool = True,
    ) -> Page:
        context = opened_by(browser, site, size, language=language, scripts=scripts)
        contexts.append(context)
        page = context.new_page()
        if post:
            sign_in(page, post, password, to=at)
        return page

    yield come
    for context in contexts:
        context.close()
