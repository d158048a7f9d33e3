"""What a drill does with the answers of the platform."""

from __future__ import annotations

from collections.abc import Iterable

from lianfang.base.service import Outcome


def refuse_any(outcomes: Iterable[Outcome]) -> None:
    """Raise RuntimeError at the first item that was refused: a drill plays what works."""
    for o in outcomes:
        if o.code not in ("", "repeated"):
            raise RuntimeError(f"the platform refused {o.id}: {o.code} {o.values}")
