"""Compilation by numba, kept on disk where there is a place for it, else done anew in each process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code that leaves the interpreter free; a read-only place without a cache is no error."""
    return _made(function)


def bare(function: F) -> F:
    """The same for a function that makes no array: none is counted in and out, which costs more than the work."""
    return _made(function, _nrt=False)


def inlined(function: F) -> F:
    """The same, made part of its callers: tables of many arrays are dear to hand over."""
    return _made(function, _nrt=False, forceinline=True)


def _made(function: F, **options: Any) -> F:
    try:
        return cast(F, numba.njit(cache=True, nogil=True, **options)(function))
    except RuntimeError:
        return cast(F, numba.njit(nogil=True, **options)(function))
