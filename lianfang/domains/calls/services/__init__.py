"""Posting calls, claiming and releasing shifts, coming and leaving; records of service."""

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
from lianfang.domains.calls.services.call_outs import (
    answer_call_outs,
    ask_again,
    call_out,
    close_call_out,
    tick_arrivals,
)
from lianfang.domains.calls.services.claims import (
    Ask,
    allow_claim,
    claim_first,
    claim_shift,
    claim_shifts,
    confirm_hours,
    place_team,
)
from lianfang.domains.calls.services.duty import NewNote, note_duty
from lianfang.domains.calls.services.moving import move_shift
from lianfang.domains.calls.services.posting import NewShift, NewWave, add_places, close_call, open_group, post_call
from lianfang.domains.calls.services.records import end_feed, make_record, renew_feed, revoke_record
from lianfang.domains.calls.services.releasing import end_claims, end_leases, release_claims

__all__ = [
    "Ask",
    "NewNote",
    "NewShift",
    "NewWave",
    "Presence",
    "Step",
    "add_places",
    "allow_claim",
    "answer_call_outs",
    "ask_again",
    "call_out",
    "check_in",
    "check_out",
    "claim_first",
    "claim_shift",
    "claim_shifts",
    "close_call",
    "close_call_out",
    "confirm_claims",
    "confirm_hours",
    "confirm_turnout",
    "end_claims",
    "end_feed",
    "end_leases",
    "make_record",
    "mark_no_shows",
    "move_shift",
    "note_attendance",
    "note_duty",
    "open_group",
    "place_team",
    "post_call",
    "release_claims",
    "renew_feed",
    "revoke_record",
    "tick_arrivals",
]
