"""What is asked about journeys."""

from lianfang.domains.dispatch.queries.board import (
    Carried,
    carried_since,
    rides_of_item,
    rides_of_plea,
    rides_waiting,
    trips_here,
)
from lianfang.domains.dispatch.queries.kinds import care_paths, ride_groups, ride_values, trip_kinds, vehicle_kinds
from lianfang.domains.dispatch.queries.seen import (
    locked_ride,
    locked_trip,
    may_plan,
    plates_of,
    ride_seen,
    rides_seen,
    told_of,
    trip_seen,
    trips_driven,
    trips_seen,
    vehicle_seen,
    vehicles_here,
    vehicles_seen,
)

__all__ = [
    "Carried",
    "care_paths",
    "carried_since",
    "locked_ride",
    "locked_trip",
    "may_plan",
    "plates_of",
    "ride_groups",
    "ride_seen",
    "ride_values",
    "rides_of_item",
    "rides_of_plea",
    "rides_seen",
    "rides_waiting",
    "told_of",
    "trip_kinds",
    "trip_seen",
    "trips_driven",
    "trips_here",
    "trips_seen",
    "vehicle_kinds",
    "vehicle_seen",
    "vehicles_here",
    "vehicles_seen",
]
