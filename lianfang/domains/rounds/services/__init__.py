"""Writing rounds: plans, stations, steps, notes about units, lists of pairs."""

from lianfang.domains.rounds.services.notes import (
    Sampled,
    UnitNote,
    add_units,
    ask_home,
    end_sampled,
    locked_units,
    note_units,
    reopen_units,
)
from lianfang.domains.rounds.services.paper import TypedUnit, print_round_pages, type_round_page
from lianfang.domains.rounds.services.plans import (
    adopt_plan,
    locked_round,
    locked_rounds,
    plan_round,
    require_round,
    shared_states,
)
from lianfang.domains.rounds.services.shares import split_list
from lianfang.domains.rounds.services.stations import (
    NewStation,
    Seat,
    add_home_desk,
    add_stations,
    move_stations,
    seat,
    seat_desks,
)
from lianfang.domains.rounds.services.steps import (
    close_round,
    close_sampling,
    note_results_in,
    open_round,
    recall,
    staff_round,
)

__all__ = [
    "NewStation",
    "Sampled",
    "Seat",
    "TypedUnit",
    "UnitNote",
    "add_home_desk",
    "add_stations",
    "add_units",
    "adopt_plan",
    "ask_home",
    "close_round",
    "close_sampling",
    "end_sampled",
    "locked_round",
    "locked_rounds",
    "locked_units",
    "move_stations",
    "note_results_in",
    "note_units",
    "open_round",
    "plan_round",
    "print_round_pages",
    "recall",
    "reopen_units",
    "require_round",
    "seat",
    "seat_desks",
    "shared_states",
    "split_list",
    "staff_round",
    "type_round_page",
]
