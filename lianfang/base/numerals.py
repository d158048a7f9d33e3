"""Whole numbers as people type them into boxes, links and gates."""

from __future__ import annotations

MOST_DIGITS = 9  # what any column and any page holds


def whole_in(text: str) -> int | None:
    """The whole number a text is, from nought up; None for any other, also for one that nothing here could hold.

    Edge: `str.isdigit` takes superscripts, which `int` refuses, and `int` refuses thousands of digits: either would
    fail the page of whoever typed it. Digits of other scripts are none.
    """
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= MOST_DIGITS else None
