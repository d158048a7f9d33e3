"""Posting calls, claiming and releasing shifts, coming and leaving."""

from lianfang.domains.calls.services.attendance import (
    Presence,
    Step,
    check_in,
    check_out,
    confirm_claims,
    confirm_turnout,
    mark_no_shows,
    note_attendance,
)
from lianfang.domains.calls.services.claims import Ask, allow_claim, claim_shift, claim_shifts
from lianfang.domains.calls.services.posting import NewShift, add_places, close_call, post_call
from lianfang.domains.calls.services.releasing import release_claims

__all__ = [
    "Ask",
    "NewShift",
    "Presence",
    "Step",
    "add_places",
    "allow_claim",
    "check_in",
    "check_out",
    "claim_shift",
    "claim_shifts",
    "close_call",
    "confirm_claims",
    "confirm_turnout",
    "mark_no_shows",
    "note_attendance",
    "post_call",
    "release_claims",
]
