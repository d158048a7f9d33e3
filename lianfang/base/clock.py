"""The one place where time comes from. Doors call it; everything below a door is given `at`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)
