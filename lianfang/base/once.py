"""What one request asked already about editions and areas, so that it does not ask twice.

A door opens the memory for requests that write nothing, and for a device's upload, whose services change neither.
Without it nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_asked: ContextVar[dict[Hashable, Any] | None] = ContextVar("asked", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """One request's memory, empty at its start and gone at its end."""
    mark = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(mark)


@contextmanager
def remembered() -> Iterator[None]:
    """The memory that is open, or one of this block's own: for work that writes neither editions nor areas."""
    if _asked.get() is not None:
        yield
    else:
        with remembering():
            yield


def note(key: Hashable, answer: object) -> None:
    """Keep an answer that came along with another question; without a memory nothing is kept."""
    memory = _asked.get()
    if memory is not None:
        memory[key] = answer


def once(key: Hashable, ask: Callable[[], T]) -> T:
    """The answer to a question, asked once a request."""
    memory = _asked.get()
    if memory is None:
        return ask()
    if key not in memory:
        memory[key] = ask()
    answer: T = memory[key]
    return answer
