"""What is written about pleas."""

from lianfang.domains.needs.services.forgetting import forget_pleas
from lianfang.domains.needs.services.keeping import hand_on, tell_deadlines, tell_done, tell_late
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

__all__ = [
    "NewPlea",
    "accept_plea",
    "end_plea",
    "forget_pleas",
    "hand_on",
    "join_plea",
    "place_plea",
    "reopen_plea",
    "route_plea",
    "take_in",
    "tell_deadlines",
    "tell_done",
    "tell_late",
    "weigh_plea",
]
