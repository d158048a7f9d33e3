"""The order of a report's week: what its events and figures become, hour by hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from lianfang.drill.acts import Act, daily, uncounted
from lianfang.drill.scenario import CannotPlay, chosen, split
from lianfang.drill.stage import Stage
from lianfang.drill.week import calls, rest, tracing
from lianfang.drill.week.testing import Testing, chosen_by_report

HOUR = timedelta(hours=1)


def _people_at(desks: int, share: float) -> int:
    """How many slices of a day are worth playing: a desk with a dozen people uploads once."""
    return max(1, min(4, round(share * 6)))


def _round(stage: Stage, t: Testing, planned: datetime, results: datetime) -> list[Act]:
    """A round from its plan to its results."""
    slices = _people_at(t.desks, stage.share)
    span = t.ends_at - t.starts_at
    acts = [
        Act(planned, 1, "plan of a round", uncounted(t.plan)),
        Act(planned + HOUR, 1, "plan of a round", uncounted(t.notify)),
        Act(t.starts_at, 1, "list of a round", uncounted(t.open)),
        Act(t.starts_at + 10 * rest.MINUTE, 1, "list of a round", lambda at: rest.ask_at_home(stage, t.id, at)),
        Act(t.starts_at + 15 * rest.MINUTE, 1, "list of a round", uncounted(t.send_pairs)),
        Act(t.ends_at + HOUR, 2, "endings by hand", uncounted(t.end)),
        Act(t.ends_at + 2 * HOUR, 2, "tubes and results", uncounted(t.hand_over)),
        Act(results, 2, "tubes and results", uncounted(t.results)),
    ]
    for k in range(1, slices + 1):
        acts.append(
            Act(
                t.starts_at + max(span * k / slices, HOUR),
                2,
                "scans",
                lambda at, k=k: t.sample(at, upto=k / slices),  # type: ignore[misc]  # bound as it is now
            )
        )
    return acts


def _testing(stage: Stage) -> list[Act]:
    s, told = stage.scenario, stage.scenario.staging["testing"]
    mass = next(e for e in s.of_kind("event", "testing") if e.get("by"))
    night = next(e for e in s.of_kind("event", "testing") if not e.get("by"))
    by_report = chosen_by_report(stage)
    few = by_report["clustered"]
    first = Testing(stage, "first", s.moment(night["date"], told["first"]["from"]),
                    s.moment(night["date"] + timedelta(days=1), told["first"]["to"]), told["first"]["places"], few,
                    few * 4, few * 8)  # fmt: skip
    day = mass["date"]
    whole = Testing(stage, "mass", s.moment(day, told["mass"]["from"]), s.moment(day, told["mass"]["to"]),
                    told["mass"]["places"], **by_report)  # fmt: skip
    results = next(e for e in s.of_kind("event", "result"))
    evening = s.moment(day - timedelta(days=1), told["mass"]["planned"])
    stage.rounds = {"first": first.id, "mass": whole.id}
    return [
        *_round(stage, first, first.starts_at - 2 * HOUR, first.ends_at + 10 * HOUR),
        *_round(stage, whole, evening, s.moment(results["date"], told["mass"]["results"])),
    ]


def _turnout(stage: Stage) -> list[Act]:
    """Person-times of the members, over the days the staging names, up to the report's day."""
    told = stage.scenario.staging["calls"]["members"]
    activity = stage.scenario.of_kind("activity", "volunteer-turnout")[0]
    days = [date.fromisoformat(d) for d in told["days"]]
    total = chosen(activity["n"], stage.rng)
    acts = [Act(stage.scenario.moment(days[0], time(5, 0)), 1, "accounts", lambda at: len(calls.members(stage, at)))]
    for day, n in zip(days, split(total, [1.0] * len(days)), strict=True):
        when = stage.scenario.moment(day, time(6, 30))
        acts.append(Act(when, 1, "calls", lambda at, day=day, n=n: calls.turnout(stage, day, n, at)))  # type: ignore[misc]  # bound now
    return acts


def _zone(stage: Stage, e: dict[str, Any], at: datetime) -> int:
    return rest.draw_zone(stage, 2, at)


def _supply(stage: Stage, e: dict[str, Any], at: datetime) -> int:
    return rest.producers(stage, at)


def _call(stage: Stage, e: dict[str, Any], at: datetime) -> int:
    return calls.bureau_call(stage, e, at) if e["by"] == "transport-bureau" else 0


# What an event of a report becomes; one that is played with a round or with the needs, or is only told, stands with no
# player.
PLAYERS: dict[str, tuple[str, Callable[[Stage, dict[str, Any], datetime], int] | None]] = {
    "recruitment": ("calls", calls.league_call),
    "call": ("calls", _call),
    "zone": ("zones", _zone),
    "supply": ("producers", _supply),
    "transfer": ("", None),
    "tracing": ("tracing", lambda stage, e, at: tracing.deliver_visits(stage, at) + tracing.trace(stage, at)),
    "muster": ("", None),
    "testing": ("", None),
    "result": ("", None),
    "weather": ("", None),
}


def acts_of(stage: Stage) -> list[Act]:
    """Everything that happens in the week, in order. Raises CannotPlay for an event nobody here can play."""
    s, first = stage.scenario, stage.scenario.incident["first_date"]
    acts = [
        Act(s.moment(first, s.incident["report_time"]), 0, "incident", lambda at: rest.find_case(stage, at)),
        Act(s.moment(first, s.incident["report_time"]) + HOUR, 1, "zones", lambda at: rest.draw_zone(stage, 1, at)),
        Act(s.moment(first, time(23, 0)), 1, "requests", lambda at: rest.home_visits(stage, at)),
        Act(s.moment(first, time(12, 0)), 3, "calls", uncounted(lambda at: calls.direct_offer(stage, at))),
    ]
    for e in s.of("event"):
        if e["kind"] not in PLAYERS:
            raise CannotPlay(f"no player knows the kind of event {e['kind']} ({e['id']})")
        what, run = PLAYERS[e["kind"]]
        if run is not None:
            acts.append(Act(s.event_moment(e), 1, what, lambda at, run=run, e=e: run(stage, e, at)))  # type: ignore[misc]  # bound now
    acts += [*_testing(stage), *_turnout(stage)]
    for n in range((s.incident["last_date"] - first).days + 1):
        called = s.moment(first + timedelta(days=n), time(17, 30))
        acts.append(Act(called, 5, "standing contacts", lambda at: rest.keep_contact(stage, at)))
    acts += daily(stage)
    return sorted(acts, key=lambda x: (x.at, x.order))
