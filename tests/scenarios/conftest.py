"""The town of the page tests, for rows that are shown through pages."""

from tests.web.conftest import testing, town

__all__ = ["testing", "town"]
