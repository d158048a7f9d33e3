"""What is asked about pleas."""

from lianfang.domains.needs.queries.kinds import (
    minutes_by_area,
    plea_dangers,
    plea_edition,
    plea_groups,
    plea_kinds,
    reading,
)
from lianfang.domains.needs.queries.pleas import (
    Books,
    Known,
    alike,
    books_of,
    counts_by_kind,
    desk,
    is_asker,
    known_of,
    own_plea,
    own_pleas,
    plea_seen,
    pleas_seen,
    stands,
    told_of,
)

__all__ = [
    "Books",
    "Known",
    "alike",
    "books_of",
    "counts_by_kind",
    "desk",
    "is_asker",
    "known_of",
    "minutes_by_area",
    "own_plea",
    "own_pleas",
    "plea_dangers",
    "plea_edition",
    "plea_groups",
    "plea_kinds",
    "plea_seen",
    "pleas_seen",
    "reading",
    "stands",
    "told_of",
]
