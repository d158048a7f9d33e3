"""Rides asked for, vehicles and crews, trips sent and driven, what is told in time."""

from lianfang.domains.dispatch.services.asking import ALONG, NewRide, ask_rides, confirm_terms
from lianfang.domains.dispatch.services.driving import log_trip, start_trip, step_ride
from lianfang.domains.dispatch.services.ending import cancel_ride, cancel_trip
from lianfang.domains.dispatch.services.fleet import (
    add_vehicle,
    clean_vehicle,
    end_turn,
    offer_car,
    put_crew,
    withdraw_vehicle,
)
from lianfang.domains.dispatch.services.forgetting import forget_rides
from lianfang.domains.dispatch.services.goals import change_goal, tell_stopped
from lianfang.domains.dispatch.services.keeping import remind, tell_late_trips, tell_rides
from lianfang.domains.dispatch.services.replanning import withdraw_trips
from lianfang.domains.dispatch.services.roads import load_roads
from lianfang.domains.dispatch.services.sending import adopt_trip
from lianfang.domains.dispatch.services.tours import adopt_tour, end_tour

__all__ = [
    "ALONG",
    "NewRide",
    "add_vehicle",
    "adopt_tour",
    "adopt_trip",
    "ask_rides",
    "cancel_ride",
    "cancel_trip",
    "change_goal",
    "clean_vehicle",
    "confirm_terms",
    "end_tour",
    "end_turn",
    "forget_rides",
    "load_roads",
    "log_trip",
    "offer_car",
    "put_crew",
    "remind",
    "start_trip",
    "step_ride",
    "tell_late_trips",
    "tell_rides",
    "tell_stopped",
    "withdraw_trips",
    "withdraw_vehicle",
]
