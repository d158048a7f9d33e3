"""The code of a printed page: short, typed by hand, and known to be mistyped before it is looked for. Pure."""

from __future__ import annotations

# Without letters that are read or written for another: 31 of them, so that a check over a prime tells every slip.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
LENGTH = 8


def _check(letters: str) -> str:
    return LETTERS[sum((n + 2) * LETTERS.index(c) for n, c in enumerate(letters)) % len(LETTERS)]


def code_of(number: int) -> str:
    """A number as a code: eight letters and one that checks them."""
    letters = ""
    for _ in range(LENGTH):
        number, n = divmod(number, len(LETTERS))
        letters += LETTERS[n]
    return letters + _check(letters)


def code_read(typed: str) -> str:
    """A code as it was typed or scanned, without gaps and in capitals; "" for one that is mistyped."""
    code = "".join(c for c in typed.upper() if c.isalnum())
    fits = len(code) == LENGTH + 1 and all(c in LETTERS for c in code)
    return code if fits and _check(code[:-1]) == code[-1] else ""
