"""An outbreak for every test of this domain."""

from __future__ import annotations

import pytest

from tests.factories.place import Place
from tests.factories.tracing import Outbreak, outbreak_in


@pytest.fixture
def outbreak(place: Place) -> Outbreak:
    """A confirmed case with an open incident and three venues."""
    return outbreak_in(place)
