"""A served site over a database of its own, and browsers for the people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page

from tests.browser.serving import PHONE, chromium, opened_by, served, sign_in
from tests.conftest import T0
from tests.factories.place import PASSWORD, Place, small_place

Person = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium, once a file."""
    with chromium() as started:
        yield started


@pytest.fixture
def town(own_database: None) -> Place:
    """The small district, committed, so that the server's threads see it."""
    cache.clear()  # earlier failed sign-ins of this address do not count
    return small_place(at=T0)


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
        post: str = "", at: str = "/", *, size: tuple[int, int] = PHONE, language: str = "en", password: str = PASSWORD
    ) -> Page:
        context = opened_by(browser, site, size, language=language)
        contexts.append(context)
        page = context.new_page()
        if post:
            sign_in(page, post, password, to=at)
        return page

    yield come
    for context in contexts:
        context.close()
