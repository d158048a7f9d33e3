"""Posting calls, claiming and releasing shifts, coming and leaving; records of service."""

from lianfang.domains.calls.services.adopting import adopt_matches, adopt_roster
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
    stand_down_call_outs,
    tick_muster,
)
from lianfang.domains.calls.services.claims import (
    Ask,
    allow_claim,
    claim_first,
    claim_shift,
    claim_shifts,
    place_team,
)
from lianfang.domains.calls.services.duty import NewNote, note_duty
from lianfang.domains.calls.services.hands import free_place, put_on_shift
from lianfang.domains.calls.services.hosts import allot_group, give_jobs
from lianfang.domains.calls.services.hours import confirm_hours
from lianfang.domains.calls.services.moving import move_shift
from lianfang.domains.calls.services.posting import NewShift, NewWave, add_places, close_call, open_group, post_call
from lianfang.domains.calls.services.posts import NewPost, call_off, end_rhythm, extend_rhythms, open_posts
from lianfang.domains.calls.services.proofs import prove_duty
from lianfang.domains.calls.services.records import end_feed, make_record, renew_feed, revoke_record
from lianfang.domains.calls.services.releasing import end_claims, end_leases, release_claims
from lianfang.domains.calls.services.roles import set_roles
from lianfang.domains.calls.services.swaps import answer_swap, ask_swap, move_claim, withdraw_swap
from lianfang.domains.calls.services.work_plans import plan_work, tick_plan

__all__ = [
    "Ask",
    "NewNote",
    "NewPost",
    "NewShift",
    "NewWave",
    "Presence",
    "Step",
    "add_places",
    "adopt_matches",
    "adopt_roster",
    "allot_group",
    "allow_claim",
    "answer_call_outs",
    "answer_swap",
    "ask_again",
    "ask_swap",
    "call_off",
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
    "end_rhythm",
    "extend_rhythms",
    "free_place",
    "give_jobs",
    "make_record",
    "mark_no_shows",
    "move_claim",
    "move_shift",
    "note_attendance",
    "note_duty",
    "open_group",
    "open_posts",
    "place_team",
    "plan_work",
    "post_call",
    "prove_duty",
    "put_on_shift",
    "release_claims",
    "renew_feed",
    "revoke_record",
    "set_roles",
    "stand_down_call_outs",
    "tick_muster",
    "tick_plan",
    "withdraw_swap",
]
