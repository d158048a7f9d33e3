"""Writing the register: bulk loading, facts found at doors, register files."""

from lianfang.domains.grid.services.doors import answer_for, end_flag, enter_met, enter_person, move_person, set_flag
from lianfang.domains.grid.services.files import keep_file, name_area, refuse_file
from lianfang.domains.grid.services.loading import (
    RegisterBatch,
    enter_population_base,
    load_population_bases,
    load_register,
)
from lianfang.domains.grid.services.nodes import (
    answer_for_doors,
    end_answering,
    end_answers_of,
    put_buildings,
)
from lianfang.domains.grid.services.settling import RowWord, apply_file, raise_refusal, settle_rows

__all__ = [
    "RegisterBatch",
    "RowWord",
    "answer_for",
    "answer_for_doors",
    "apply_file",
    "end_answering",
    "end_answers_of",
    "end_flag",
    "enter_met",
    "enter_person",
    "enter_population_base",
    "keep_file",
    "load_population_bases",
    "load_register",
    "move_person",
    "name_area",
    "put_buildings",
    "raise_refusal",
    "refuse_file",
    "set_flag",
    "settle_rows",
]
