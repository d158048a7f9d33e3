"""What is asked about permits and gates."""

from lianfang.domains.gates.queries.permits import (
    PASS,
    Counts,
    counts_of,
    may_decide,
    own_permits,
    pass_text,
    permit_by,
    permit_kinds,
    permit_seen,
    permits_listed,
    permits_of_items,
    permits_of_plea,
    releases_to_review,
    told_of,
    verdicts_of,
    words_of,
)

__all__ = [
    "PASS",
    "Counts",
    "counts_of",
    "may_decide",
    "own_permits",
    "pass_text",
    "permit_by",
    "permit_kinds",
    "permit_seen",
    "permits_listed",
    "permits_of_items",
    "permits_of_plea",
    "releases_to_review",
    "told_of",
    "verdicts_of",
    "words_of",
]
