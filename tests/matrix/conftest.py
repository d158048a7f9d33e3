"""One town for the whole matrix: built once, every attempt undone, all of it rolled back at the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from lianfang.base import clock
from lianfang.base.roles import JOB_ROLE
from tests.conftest import Towns
from tests.matrix.attempts import Attacker
from tests.matrix.routes import SEARCHES
from tests.matrix.stock import stocked
from tests.matrix.town import Marked, marked_town


@pytest.fixture(scope="package")
def marked(towns: Towns, django_db_blocker: pytest.FixtureRequest) -> Iterator[Marked]:
    """The marked town, in one transaction under the job role."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's
        towns.turn_to(False)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {JOB_ROLE}")
            yield stocked(marked_town(at=clock.now()))
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture(scope="package")
def attacker(marked: Marked) -> Attacker:
    """Browsers of all posts."""
    a = Attacker(marked, searches=SEARCHES)
    for post in [None, *marked.posts.values()]:
        a.browser(post)
    a.keep_base()
    return a


@pytest.fixture(autouse=True, scope="package")
def quiet() -> Iterator[None]:
    """A refusal is no news here: thousands are asked for."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
