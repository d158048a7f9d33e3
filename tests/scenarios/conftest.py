"""The town of the page tests, for rows that are shown through pages."""

from tests.web.conftest import no_failed_sign_ins, testing, town

__all__ = ["no_failed_sign_ins", "testing", "town"]
