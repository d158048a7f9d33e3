"""The word of the day of a household: who calls or knocks says it, who lives there reads it on his own page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from lianfang.domains.editions.queries import common_edition, section_of
from lianfang.domains.privacy.queries import token

WORDS = 2


def spoken_word(household_id: UUID, on: date) -> list[Mapping[str, Any]]:
    """Two words of the edition's list, the same all day for one household, and told by nothing without the site's key.

    Nothing is stored. Who reads yesterday's, or a neighbour's, knows nothing of it.
    """
    listed = section_of(common_edition(), "spoken_words")
    left = token(f"word of the day {household_id} {on.isoformat()}") % 2**64
    out = []
    for _ in range(WORDS):
        left, n = divmod(left, len(listed))
        out.append(listed[n]["words"])
    return out
