"""What the log of the process says of a bug: where and of which kind, never with which values.

The text of an error may hold a person's: PostgreSQL quotes the row that broke a rule, a conversion what it could not
convert. So the text stays out; file, line and function of each frame are enough to find the place.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

Told = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def frames_of(error: BaseException) -> str:
    """The kinds of an error and of those that led to it, the first one first, each with its frames."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__ or error
    lines = []
    for e in reversed(seen):
        lines += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(e.__traceback__)]
        lines.append(f"{type(e).__module__}.{type(e).__qualname__}")
    return "\n".join(lines)


class QuietFormatter(logging.Formatter):
    """A line of the log; of an error its kind and its place, not its text; of an address no query."""

    def formatException(self, ei: Told) -> str:
        return frames_of(ei[1]) if ei[1] is not None else ""

    def format(self, record: logging.LogRecord) -> str:
        # The handlers share one record, and another may want what this one leaves out.
        told = logging.makeLogRecord(dict(vars(record)))
        told.exc_text = None
        told.args = tuple(map(_told, told.args)) if isinstance(told.args, tuple) else told.args
        told.msg = _told(told.msg)
        return super().format(told)


def _told(value: Any) -> Any:
    """A value as the log may hold it: an error by its kind, an address without what stands behind its "?"."""
    if isinstance(value, BaseException):
        return type(value).__qualname__
    if isinstance(value, str) and value.startswith("/"):
        return value.partition("?")[0]
    return value
