"""What is asked about pleas."""

from lianfang.domains.needs.queries.about import pleas_about
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
    backward,
    books_of,
    counts_by_kind,
    desk,
    in_danger,
    is_asker,
    known_of,
    own_plea,
    own_pleas,
    plea_seen,
    pleas_seen,
    stands,
    told_of,
)
from lianfang.domains.needs.queries.urgent import Urgent, urgent_books, urgent_rows

__all__ = [
    "Books",
    "Known",
    "Urgent",
    "alike",
    "backward",
    "books_of",
    "counts_by_kind",
    "desk",
    "in_danger",
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
    "pleas_about",
    "pleas_seen",
    "reading",
    "stands",
    "told_of",
    "urgent_books",
    "urgent_rows",
]
