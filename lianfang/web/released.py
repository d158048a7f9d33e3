"""Figures that leave the house: small counts of people are withheld, and what would give them away with them.

Pages of the command keep exact figures; what is published, shown elsewhere or said to the public does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.utils.translation import gettext

from lianfang.domains.editions.queries import common_edition, value
from lianfang.kernels.suppress import is_small, withheld
from lianfang.web.words import thousands


def smallest_shown(area_id: UUID | None, *, at: datetime) -> int:
    """The first count of people that may leave the house, as the edition says near an area."""
    return int(value(common_edition(), "small_count", area_id=area_id, at=at))


def count_shown(n: int, *, below: int) -> str:
    """One count that stands alone, with no total beside it."""
    return gettext("fewer than %(n)s") % {"n": below} if is_small(n, below=below) else thousands(n)


def column_shown(counts: Sequence[int], *, below: int) -> tuple[list[str], str]:
    """A list of counts with their total, each in words: what is withheld reads the same whether small or not."""
    if not counts:
        return [], thousands(0)
    found = withheld(np.array([counts], np.int64), below=below, shows_columns=False, shows_total=False)
    hidden = gettext("withheld")
    cells = [hidden if w else thousands(n) for n, w in zip(counts, found.cells[0])]
    return cells, hidden if found.rows[0] else thousands(sum(counts))
