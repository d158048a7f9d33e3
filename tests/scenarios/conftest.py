"""The town of the page tests and the hour of the scenarios, for rows that are shown through pages."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, travel
from tests.web.conftest import testing, town

__all__ = ["testing", "town"]


@pytest.fixture
def now(place: Place, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Tomorrow at nine, which every page takes for now."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at
