"""Compilation by numba, kept on disk where there is a place for it; small functions are made part of their callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code that leaves the interpreter free; a read-only place without a cache is no error."""
    return _made(function, False)


def inlined(function: F) -> F:
    """The same for a small function called often: tables of many arrays are dear to hand over."""
    return _made(function, True)


def _made(function: F, inline: bool) -> F:
    options = {"nogil": True, "forceinline": inline, "error_model": "numpy"}
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:
        return cast(F, numba.njit(**options)(function))
