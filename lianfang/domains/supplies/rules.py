"""Shares, what is left of a capacity, and how long it lasts: on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

MOST = Decimal(10) ** 9
DAY_HOURS = Decimal(24)


def share_percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part of a whole in percent with one decimal, half up; None where there is no whole."""
    return (part / whole * 100).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def committed(commitments: Sequence[Mapping[str, Any]]) -> Decimal:
    """What is promised elsewhere, a day."""
    return sum((Decimal(str(c["per_day"])) for c in commitments), Decimal(0))


def net_capacity(capacity: Decimal, commitments: Sequence[Mapping[str, Any]]) -> Decimal:
    """What of a capacity is left here; below zero where more is promised than can be made."""
    return capacity - committed(commitments)


def days_of_cover(stock: Decimal, net: Decimal, use: Decimal) -> Decimal | None:
    """For how many days stock and daily supply meet a daily use; None where they do so without end.

    Edge: at a use just met by the supply the stock is never touched.
    """
    return None if use <= net else (stock / (use - net)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def commitments_fix(commitments: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with promises outside; "" if nothing is."""
    for c in commitments:
        try:
            amount = Decimal(str(c.get("per_day")))
        except InvalidOperation:
            return "a number"
        if not str(c.get("to", "")).strip():
            return "text"
        if not amount.is_finite() or not 0 < amount < MOST:
            return "a number"
    return ""
