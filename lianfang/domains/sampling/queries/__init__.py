"""Codes, tubes and results as those see them who have the right."""

from lianfang.domains.sampling.queries.codes import code_of, code_until, persons_of
from lianfang.domains.sampling.queries.tubes import (
    Results,
    file_seen,
    files_of,
    own_samples,
    people_of_tubes,
    results_by_area,
    results_of,
    roll_of,
    sampled_in,
    station_list,
    tube_seen,
    tubes_by_state,
    tubes_of,
    tubes_of_desk,
    tubes_waiting,
)

__all__ = [
    "Results",
    "code_of",
    "code_until",
    "file_seen",
    "files_of",
    "own_samples",
    "people_of_tubes",
    "persons_of",
    "results_by_area",
    "results_of",
    "roll_of",
    "sampled_in",
    "station_list",
    "tube_seen",
    "tubes_by_state",
    "tubes_of",
    "tubes_of_desk",
    "tubes_waiting",
]
