"""Writing places, openings, stays, passages and days."""

from lianfang.domains.places.services.counting import count_passage, enter_day, recount
from lianfang.domains.places.services.readiness import lay_readiness, tick_readiness
from lianfang.domains.places.services.register import (
    change_place,
    open_place,
    open_places,
    register_place,
    set_state,
)
from lianfang.domains.places.services.stays import begin_stay, end_stay, free_stays, reserve_stay

__all__ = [
    "begin_stay",
    "change_place",
    "count_passage",
    "end_stay",
    "enter_day",
    "free_stays",
    "lay_readiness",
    "open_place",
    "open_places",
    "recount",
    "register_place",
    "reserve_stay",
    "set_state",
    "tick_readiness",
]
