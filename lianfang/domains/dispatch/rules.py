"""What a ride and a trip may become, who may sit together and how full it gets, on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
# asked → assigned → loaded → arrived → handed over → closed, once the vehicle is clean again.
RIDE_STATES = ("asked", "assigned", "loaded", "arrived", "handed_over", "closed", "absent", "cancelled")
TRIP_STATES = ("planned", "out", "to_clean", "closed", "cancelled")
STEPS = {  # what a driver presses: from which state to which
    "load": ("assigned", "loaded"), "absent": ("assigned", "absent"), "arrive": ("loaded", "arrived"),
    "hand_over": ("arrived", "handed_over"),
}  # fmt: skip
OVER = ("handed_over", "closed", "absent", "cancelled")
PLACES = ("seat", "wheelchair", "stretcher", "load")  # what a vehicle has room for; load in kg
PROTECTION = (0, 1, 2)  # none; mask and gloves; suit
COLOURS = ("green", "yellow", "red")
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class OnBoard:
    """What a ride takes while it is on board."""

    group: str
    places: Mapping[str, int]
    is_direct: bool


def km_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres along the earth between two (longitude, latitude)."""
    (ax, ay), (bx, by) = ((radians(x), radians(y)) for x, y in (a, b))
    h = sin((by - ay) / 2) ** 2 + cos(ay) * cos(by) * sin((bx - ax) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(h))


def way(a: tuple[float, float], b: tuple[float, float], *, kmh: float, detour: float) -> timedelta:
    """How long the way between two points takes where no road graph is known: the straight line times a factor."""
    return timedelta(hours=km_between(a, b) * detour / kmh)


def board_problem(stops: Sequence[tuple[Any, str]], rides: Mapping[Any, OnBoard], room: Mapping[str, int],
                  groups: Sequence[str]) -> tuple[str, dict[str, Any]] | None:  # fmt: skip
    """What is wrong with an order of stops, the first thing; None if nothing is.

    stops: (ride, "in" or "out") in order. room: places of the vehicle. groups: those it may carry.
    Codes: order (a ride does not get in once and then out once), mixed, alone (a closed loop is interrupted), full.
    """
    state: dict[Any, str] = {}
    for at, (ride, what) in enumerate(stops):
        aboard = [r for r, s in state.items() if s == "in"]
        if what == "in":
            fault = None if ride in state else _gets_in(rides[ride], [rides[r] for r in aboard], room, groups)
            if ride in state or fault:
                return fault or ("order", {})
            state[ride] = "in"
            if rides[ride].is_direct and (at + 1 >= len(stops) or stops[at + 1] != (ride, "out")):
                return "alone", {}
        elif what != "out" or state.get(ride) != "in":
            return "order", {}
        else:
            state[ride] = "out"
    return None if set(state) == set(rides) and set(state.values()) <= {"out"} else ("order", {})


def _gets_in(new: OnBoard, aboard: Sequence[OnBoard], room: Mapping[str, int],
             groups: Sequence[str]) -> tuple[str, dict[str, Any]] | None:  # fmt: skip
    if new.group not in groups:
        return "mixed", {"groups": [new.group]}
    others = sorted({o.group for o in aboard} - {new.group})
    if others:
        return "mixed", {"groups": [new.group, *others]}
    if aboard and new.is_direct:
        return "alone", {}
    for place in PLACES:
        asked = new.places.get(place, 0) + sum(o.places.get(place, 0) for o in aboard)
        if asked > room.get(place, 0):
            return "full", {"place": place, "room": room.get(place, 0), "asked": asked}
    return None


def must_clean(carried: str, comes: str, groups: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a vehicle that carried a group has to be disinfected before the next one gets in."""
    if not carried:
        return False
    return bool(groups[carried]["each"]) or (carried != comes and groups[carried]["rank"] >= groups[comes]["rank"])


def clean_span(carried: str, comes: str, groups: Mapping[str, Mapping[str, Any]]) -> timedelta:
    """How long that takes."""
    return timedelta(minutes=groups[carried]["clean_minutes"] if must_clean(carried, comes, groups) else 0)


def path_of(colour: str, need: str, paths: Mapping[str, Mapping[str, Any]]) -> str:
    """The path of care for a colour and a need: its name; "" where none fits."""
    return next((n for n, p in paths.items() if colour in p["colours"] and need in p["needs"]), "")


def counted(kind: Mapping[str, Any], *, rides: int, heads: int, trips: int) -> int:
    """How much of a kind there was, in its own unit."""
    return {"rides": rides, "heads": heads, "trips": trips}[kind["counted"]["by"]]


def is_old_enough(birth_year: int | None, *, years: int, at: datetime) -> bool:
    """Whether somebody may travel alone: by the year of birth, since more is not kept; unknown is taken as grown up."""
    return birth_year is None or at.year - birth_year >= years


def is_past(state: str, after: str) -> bool:
    """Whether a ride has come to a state, or beyond it: what is pressed again changes nothing."""
    way = RIDE_STATES[: RIDE_STATES.index("closed") + 1]
    return state == after or (state in way and after in way and way.index(state) >= way.index(after))


def in_hours(hours: Sequence[str], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a span lies within the hours (from, until, HH:MM, local) that somebody has each day; no hours: any."""
    if not hours:
        return True
    begins, ends = starts_at.astimezone(LOCAL), ends_at.astimezone(LOCAL)
    return begins.date() == ends.date() and hours[0] <= f"{begins:%H:%M}" and f"{ends:%H:%M}" <= hours[1]
