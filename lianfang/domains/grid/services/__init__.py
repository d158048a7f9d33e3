"""Writing the register: bulk loading, facts found at doors, register files."""

from lianfang.domains.grid.services.doors import answer_for, end_flag, enter_person, move_person, set_flag
from lianfang.domains.grid.services.files import apply_file, keep_file, refuse_file
from lianfang.domains.grid.services.loading import RegisterBatch, load_population_bases, load_register

__all__ = [
    "RegisterBatch",
    "answer_for",
    "apply_file",
    "end_flag",
    "enter_person",
    "keep_file",
    "load_population_bases",
    "load_register",
    "move_person",
    "refuse_file",
    "set_flag",
]
