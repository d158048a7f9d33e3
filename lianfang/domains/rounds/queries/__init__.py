"""Rounds as those see them who serve in their areas: coverage, the not-yet board, stations, lists of pairs."""

from lianfang.domains.rounds.queries.board import (
    building_left,
    doors_standing,
    left_by_building,
    next_doors,
    pace_of,
    people_behind,
    tally_problems,
    unit_standing,
)
from lianfang.domains.rounds.queries.coverage import Coverage, by_part, coverage_by_area, coverage_of
from lianfang.domains.rounds.queries.rounds import (
    current_round,
    desk_of,
    desk_seen,
    kind_of,
    people_by_area,
    require_seen,
    round_areas,
    round_seen,
    rounds_of,
    rounds_seen,
    stations_of,
    steps_of,
)

__all__ = [
    "Coverage",
    "building_left",
    "by_part",
    "coverage_by_area",
    "coverage_of",
    "current_round",
    "desk_of",
    "desk_seen",
    "doors_standing",
    "kind_of",
    "left_by_building",
    "next_doors",
    "pace_of",
    "people_behind",
    "people_by_area",
    "require_seen",
    "round_areas",
    "round_seen",
    "rounds_of",
    "rounds_seen",
    "stations_of",
    "steps_of",
    "tally_problems",
    "unit_standing",
]
