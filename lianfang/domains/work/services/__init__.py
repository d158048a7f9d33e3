"""Writing work: opening, moving, clocks, second looks."""

from lianfang.domains.work.services.areas import follow_doors
from lianfang.domains.work.services.clocks import run_out_clocks
from lianfang.domains.work.services.following import follow_moves
from lianfang.domains.work.services.forgetting import forget_values
from lianfang.domains.work.services.gates import give_paper, give_values, leave_at_gate
from lianfang.domains.work.services.handing import (
    answer_transfer,
    ask_transfer,
    grant_transfers,
    put_back,
    take_door,
)
from lianfang.domains.work.services.knocks import Knock, note_knock
from lianfang.domains.work.services.moves import Note, assign_items, give_back, make_move, make_moves
from lianfang.domains.work.services.opening import NewItem, open_item, open_items
from lianfang.domains.work.services.paper import TypedRow, print_pages, type_page
from lianfang.domains.work.services.plans import Rhythm, assign_planned, change_plan, end_plan, make_plan, open_planned
from lianfang.domains.work.services.promising import promise_times
from lianfang.domains.work.services.runs import end_run, end_runs, start_run
from lianfang.domains.work.services.spots import settle_spot_check
from lianfang.domains.work.services.taking_off import take_off
from lianfang.domains.work.services.weather import flag_posts, note_check
from lianfang.domains.work.services.zones import (
    end_with_hold,
    end_with_warning,
    end_with_zone,
    find_in_zone,
    free_with_area,
)

__all__ = [
    "Knock",
    "NewItem",
    "Note",
    "Rhythm",
    "TypedRow",
    "answer_transfer",
    "ask_transfer",
    "assign_items",
    "assign_planned",
    "change_plan",
    "end_plan",
    "end_run",
    "end_runs",
    "end_with_hold",
    "end_with_warning",
    "end_with_zone",
    "find_in_zone",
    "flag_posts",
    "follow_doors",
    "follow_moves",
    "forget_values",
    "free_with_area",
    "give_back",
    "give_paper",
    "give_values",
    "grant_transfers",
    "leave_at_gate",
    "make_move",
    "make_moves",
    "make_plan",
    "note_check",
    "note_knock",
    "open_item",
    "open_items",
    "open_planned",
    "print_pages",
    "promise_times",
    "put_back",
    "run_out_clocks",
    "settle_spot_check",
    "start_run",
    "take_door",
    "take_off",
    "type_page",
]
