"""What is written about pleas."""

from lianfang.domains.needs.services.forgetting import forget_pleas
from lianfang.domains.needs.services.hearts import give_dispute, record_call, record_dispute, tell_empty_lines
from lianfang.domains.needs.services.keeping import hand_on, tell_deadlines, tell_done, tell_late
from lianfang.domains.needs.services.pairing import Pair, adopt_pairing
from lianfang.domains.needs.services.routing import (
    accept_plea,
    end_plea,
    join_plea,
    place_plea,
    reopen_plea,
    route_plea,
    weigh_plea,
)
from lianfang.domains.needs.services.taking import NewPlea, take_in
from lianfang.domains.needs.services.worries import answer_worry, draft_answer, give_feedback, log_worry

__all__ = [
    "NewPlea",
    "Pair",
    "accept_plea",
    "adopt_pairing",
    "answer_worry",
    "draft_answer",
    "end_plea",
    "forget_pleas",
    "give_dispute",
    "give_feedback",
    "hand_on",
    "join_plea",
    "log_worry",
    "place_plea",
    "record_call",
    "record_dispute",
    "reopen_plea",
    "route_plea",
    "take_in",
    "tell_deadlines",
    "tell_done",
    "tell_empty_lines",
    "tell_late",
    "weigh_plea",
]
