"""What is written about permits and gates."""

from lianfang.domains.gates.services.closures import NewClosure, close_road, open_road
from lianfang.domains.gates.services.convoys import (
    announce_convoy,
    pass_convoy,
    say_delay,
    tell_gates,
    tell_late_convoys,
)
from lianfang.domains.gates.services.forgetting import forget_permits
from lianfang.domains.gates.services.passages import pass_gate, release, review_release
from lianfang.domains.gates.services.permits import (
    apply_permit,
    call_back_permit,
    decide_permit,
    flag_late,
    review_permit,
)

__all__ = [
    "NewClosure",
    "announce_convoy",
    "apply_permit",
    "call_back_permit",
    "close_road",
    "decide_permit",
    "flag_late",
    "forget_permits",
    "open_road",
    "pass_convoy",
    "pass_gate",
    "release",
    "review_permit",
    "review_release",
    "say_delay",
    "tell_gates",
    "tell_late_convoys",
]
