"""What is asked about permits and gates."""

from lianfang.domains.gates.queries.convoys import Seen, convoys_listed, expected, to_explain, ways_of
from lianfang.domains.gates.queries.permits import (
    PASS,
    Counts,
    counts_of,
    may_decide,
    own_permits,
    pass_text,
    permit_by,
    permit_seen,
    permits_listed,
    permits_of_plea,
    releases_to_review,
    told_of,
    verdicts_of,
    words_of,
)

__all__ = [
    "PASS",
    "Counts",
    "Seen",
    "convoys_listed",
    "counts_of",
    "expected",
    "may_decide",
    "own_permits",
    "pass_text",
    "permit_by",
    "permit_seen",
    "permits_listed",
    "permits_of_plea",
    "releases_to_review",
    "to_explain",
    "told_of",
    "verdicts_of",
    "ways_of",
    "words_of",
]
