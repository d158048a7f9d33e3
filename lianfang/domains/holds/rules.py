"""Which of several holds speaks: danger to life before exemption before the strictest. Pure."""

from __future__ import annotations

EFFECTS = {"danger": 2, "exempt": 1, "restrict": 0}


def precedence(effect: str, rank: int) -> tuple[int, int]:
    """The larger speaks: danger to life > exemption > the strictest restriction (the higher rank)."""
    return EFFECTS[effect], rank
