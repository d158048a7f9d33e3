"""What a journey may be: groups, vehicles, kinds of trips and paths of care of the editions, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.once import once
from lianfang.domains.dispatch.rules import LOCAL
from lianfang.domains.editions.queries import entries_of, guide, values_by_area

GUIDE = ("dispatch", "journeys")
ROADS = ("road_off_metres", "road_closed_metres")
VALUES = ("ride_kmh", "ride_detour", "ride_load_minutes", "ride_most_minutes", "ride_ahead_minutes",
          "ride_unassigned_minutes", "ride_late_minutes", "ride_minor_years", "ride_propose_seconds", "ride_end_hours",
          "ride_late_back_minutes", "ride_spare_minutes", "ride_treatment_minutes", "tour_foot_kmh",
          *ROADS)  # fmt: skip
TOUR_VALUES = ("ride_kmh", "ride_detour", "tour_foot_kmh", "tour_door_minutes", "tour_on_foot", "tour_portion_kg",
               "tour_hours", "tour_load_minutes", "tour_propose_seconds", *ROADS)  # fmt: skip


def ride_groups() -> dict[str, Any]:
    """Groups of people who never sit with another group, by name."""
    return once("ride groups", lambda: dict(entries_of("ride_groups")))


def vehicle_kinds() -> dict[str, Any]:
    """Kinds of vehicles by name."""
    return once("vehicle kinds", lambda: dict(entries_of("vehicle_kinds")))


def trip_kinds() -> dict[str, Any]:
    """Kinds of trips by name."""
    return once("trip kinds", lambda: dict(entries_of("trip_kinds")))


def care_paths() -> dict[str, Any]:
    """Paths of care, in the order in which they are tried."""
    return once("care paths", lambda: dict(entries_of("care_paths")))


def road_kinds() -> dict[str, Any]:
    """Kinds of roads by name, in one order."""
    return once("road kinds", lambda: dict(entries_of("road_kinds")))


def ride_values(areas: Iterable[UUID | None], *, at: datetime) -> dict[UUID | None, dict[str, Any]]:
    """The guide's numbers in each of some areas."""
    return values_by_area(guide(*GUIDE, on=at.astimezone(LOCAL).date()), VALUES, areas, at=at)


def tour_values(areas: Iterable[UUID | None], *, at: datetime) -> dict[UUID | None, dict[str, Any]]:
    """The guide's numbers for tours from door to door in each of some areas."""
    return values_by_area(guide(*GUIDE, on=at.astimezone(LOCAL).date()), TOUR_VALUES, areas, at=at)
