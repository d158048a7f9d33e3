"""The order of a report's people: what its teams, duty, jobs and missions become, day by day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from lianfang.drill.acts import Act, daily
from lianfang.drill.attending import DAY, HOUR, MINUTE
from lianfang.drill.people import duty, teams
from lianfang.drill.people.job import Job
from lianfang.drill.people.missions import Aid
from lianfang.drill.stage import Stage
from lianfang.drill.week import rest

Told = Mapping[str, Any]
# What each list of the staging becomes, in the order in which it has to happen on one moment.
PLAYERS: tuple[tuple[str, str, Callable[[Stage, Told, datetime], int]], ...] = (
    ("counted", "teams", teams.form_counted),
    ("squads", "teams", teams.squad),
    ("posted", "people posted", teams.post_down),
    ("leads", "teams", teams.name_lead),
    ("entries", "closed zones", teams.enter_zones),
    ("posts", "posts", duty.posts),
)


def _local(stage: Stage, at: datetime) -> datetime:
    """A local moment of the staging as an instant of the drill."""
    return stage.scenario.moment(at.date(), at.time())


def _duty(stage: Stage, told: Told) -> list[Act]:
    """The turns are dealt when the teams have their people; each evening what was served is noted."""
    dealt: list[duty.Turns] = []

    def call(at: datetime) -> int:
        dealt.extend(duty.dealt(stage))
        return duty.call_turns(stage, dealt, at)

    def serve(at: datetime) -> int:
        today = at.astimezone(stage.scenario.end().tzinfo).date()
        return duty.serve(stage, [t for t in dealt if t.day == today], at)

    days = [told["from"] + n * DAY for n in range((told["to"] - told["from"]).days + 1)]
    evening = [Act(stage.scenario.moment(d, time(20, 0)), 2, "duty", serve) for d in days]
    return [Act(_local(stage, told["at"]), 3, "calls", call), *evening]


def _job(stage: Stage, told: Told) -> list[Act]:
    job = Job(stage, told)
    return [
        Act(job.begins_at - HOUR, 1, "a long job", job.order),
        Act(job.begins_at + told["storm_after_hours"] * HOUR, 1, "a long job", job.harm),
        Act(job.begins_at + told["relief_after_hours"] * HOUR, 1, "a long job", job.relieve),
        Act(job.ends_at, 1, "a long job", job.hand_over),
        Act(job.ends_at + job.planned, 1, "a long job", job.end),
    ]


def _aid(stage: Stage, told: Told) -> list[Act]:
    aid, s = Aid(stage, told), stage.scenario
    called = s.event_moment(s.one("event", told["event"]))
    served = [Act(s.moment(d, time(20, 0)), 2, "a mission", lambda at, d=d: aid.serve(d, at)) for d in aid.days]  # type: ignore[misc]  # bound now
    return [
        Act(called - 3 * HOUR, 1, "accounts", aid.hire),
        Act(called - HOUR / 2, 1, "a mission", aid.ask),
        Act(called, 1, "a mission", aid.call_up),
        Act(called + told["depart_minutes"] * MINUTE, 1, "a mission", aid.depart),
        Act(s.moment(aid.days[0], told["taken_over"]), 1, "a mission", aid.take_over),
        *served,
        Act(s.moment(aid.days[-1], told["released"]), 3, "a mission", aid.release),
    ]


def acts_of_people(stage: Stage) -> list[Act]:
    """Everything that happens to a report's people, in order."""
    s, first, told = stage.scenario, stage.scenario.incident["first_date"], stage.scenario.staging["people"]
    found = s.moment(first, s.incident["report_time"])
    acts = [Act(found, 0, "incident", lambda at: rest.find_case(stage, at))]
    for name, z in s.staging.get("zone", {}).items():
        acts.append(Act(_local(stage, z["at"]), 1, "zones", lambda at, n=name: rest.draw_zone(stage, 1, at, n)))  # type: ignore[misc]  # bound now
    for order, (table, what, run) in enumerate(PLAYERS, 2):
        for record in told.get(table, []):
            acts.append(Act(_local(stage, record["at"]), order, what, lambda at, r=record, run=run: run(stage, r, at)))  # type: ignore[misc]  # bound now
    for table, several in (("duty", _duty), ("job", _job), ("mission", _aid)):
        if table in told:
            acts += several(stage, told[table])
    return sorted([*acts, *daily(stage)], key=lambda x: (x.at, x.order))
