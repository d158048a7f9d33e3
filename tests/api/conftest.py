"""The town of the pages, with programs that call."""

from __future__ import annotations

import pytest

from tests.factories.programs import Caller, program_in
from tests.web.conftest import Town, testing, town  # fixtures of the same town

__all__ = ["Town", "testing", "town"]


@pytest.fixture
def caller(town: Town) -> Caller:  # the fixture
    """A program of the first committee that may do whatever a program may."""
    return program_in(town.place.area["committee"])


@pytest.fixture
def stranger(town: Town) -> Caller:  # the fixture
    """The same of the neighbour's committee."""
    return program_in(town.place.area["neighbour_committee"])
