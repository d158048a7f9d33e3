"""What is written about permits and gates."""

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
    "apply_permit",
    "call_back_permit",
    "decide_permit",
    "flag_late",
    "forget_permits",
    "pass_gate",
    "release",
    "review_permit",
    "review_release",
]
