"""Turns of duty of a report: calls of each team, who takes them, when they come and go; posts with their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.rules import Turn
from lianfang.domains.calls.services import (
    Ask,
    NewPost,
    NewShift,
    adopt_roster,
    open_posts,
    post_call,
)
from lianfang.domains.responders.models import Team
from lianfang.drill.attending import COVER, DAY, MINUTE, attend
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import members, officer, team_names
from lianfang.drill.scenario import chosen, split
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Turns:
    """One team's turns on one day: who comes, and how many minutes each stays."""

    team: str
    day: date
    people: list[UUID]
    minutes: list[int]


def _days(told: Told) -> list[date]:
    first, last = told["from"], told["to"]
    return [first + n * DAY for n in range((last - first).days + 1)]


def dealt(stage: Stage) -> list[Turns]:
    """The turns and hours the report sums up, dealt over its teams, their people and its days; the sums come out.

    Each team has the people its record counts; a branch whose own hours are printed has these, the others the rest.
    """
    told, s = stage.scenario.staging["people"]["duty"], stage.scenario
    turns, hours = (chosen(s.one("activity", told[k])["n"], stage.rng) for k in ("turns", "hours"))
    own = {team: chosen(s.one("activity", a)["n"], stage.rng) * 60 for team, a in told.get("parts", {}).items()}
    names = [n for t in stage.scenario.staging["people"]["counted"] if t["record"] in told["of"]
             for n in team_names(stage, t)]  # fmt: skip
    mean = hours * 60 / turns
    counts = {team: round(minutes / mean) for team, minutes in own.items()}
    others = [n for n in names if n not in own]
    counts |= dict(zip(others, split(turns - sum(counts.values()), [1.0] * len(others)), strict=True))
    rest = iter(split(hours * 60 - sum(own.values()), [1.0] * (turns - sum(counts[t] for t in own))))
    out: list[Turns] = []
    for name in names:
        minutes = split(own[name], [1.0] * counts[name]) if name in own else [next(rest) for _ in range(counts[name])]
        out += _by_day(stage, name, minutes, _days(told))
    return out


def _by_day(stage: Stage, name: str, minutes: Sequence[int], days: Sequence[date]) -> list[Turns]:
    people = members(stage.id_of(f"team {name}"))
    out, first = [], 0
    for day, n in zip(days, split(len(minutes), [1.0] * len(days)), strict=True):
        some = [people[k % len(people)] for k in range(first, first + n)]
        out.append(Turns(name, day, some, list(minutes[first : first + n])))
        first += n
    return out


def lead_of(stage: Stage, area: Area, at: datetime) -> Actor:
    """Who leads the street of an area; the officer of the whole where it is no part of one."""
    street = ancestor_at(area.id, "street")
    account = stage.cast.streets.get(street.id) if street else None
    return actor_for(account, at=at) if account else officer(stage, at)


def call_turns(stage: Stage, turns: Sequence[Turns], at: datetime) -> int:
    """Each team's host posts a call for its days and puts its members on them. Gives the places taken."""
    told = stage.scenario.staging["people"]["duty"]
    by_team: dict[str, list[Turns]] = {}
    for t in turns:
        if t.people:
            by_team.setdefault(t.team, []).append(t)
    n = 0
    for name, some in by_team.items():
        team = Team.objects.select_related("area").get(id=stage.id_of(f"team {name}"))
        by, shifts = lead_of(stage, team.area, at), {}
        for t in some:
            begins = stage.scenario.moment(t.day, told["begins"])
            ends = begins + max(t.minutes) * MINUTE
            shifts[t.day] = NewShift(uuid5(team.id, f"duty {t.day}"), begins, ends, len(t.people))
        post_call(call_id=uuid5(team.id, "duty"), area_id=team.area_id, task=told["task"], shifts=list(shifts.values()),
                  title={"zh": told["words"], "en": told["words_en"]}, by=by, at=at,
                  incident_id=stage.id_of("incident"), audience={"teams": [str(team.id)]}, cover=COVER,
                  asked_area_id=stage.cast.county.id)  # fmt: skip
        asks = [Ask(uuid5(shifts[t.day].id, str(p)), shifts[t.day].id, p, at, by, waits=False, team_id=team.id)
                for t in some for p in t.people]  # fmt: skip
        refuse_any(adopt_roster(asks=asks, by=by, at=at))
        n += len(asks)
    return n


def serve(stage: Stage, turns: Sequence[Turns], at: datetime) -> int:
    """One day's turns: everybody comes, and leaves after the minutes dealt to him. Gives the person-times."""
    told = stage.scenario.staging["people"]["duty"]
    spans: dict[UUID, tuple[datetime, datetime]] = {}
    for t in turns:
        shift = uuid5(stage.id_of(f"team {t.team}"), f"duty {t.day}")
        begins = stage.scenario.moment(t.day, told["begins"])
        for p, minutes in zip(t.people, t.minutes, strict=True):
            spans[uuid5(shift, str(p))] = (begins, begins + minutes * MINUTE)
    attend(spans, by=officer(stage, at))
    return len(spans)


def posts(stage: Stage, told: Told, at: datetime) -> int:
    """Named posts, so many a squad, opened in bulk for these days; on the first the squad's people hold them."""
    n = int(stage.scenario.one("team", told["record"])["n"]["value"])
    [counted] = [t for t in stage.scenario.staging["people"]["counted"] if t["record"] == told["squads"]]
    names, first = team_names(stage, counted), 0
    begins = told["begins"]
    for name, size in zip(names, split(n, [1.0] * len(names)), strict=True):
        team = Team.objects.select_related("area").get(id=stage.id_of(f"team {name}"))
        new = [NewPost(uuid5(team.id, f"post {k}"), f"{first + k + 1} 号{told['words']}") for k in range(size)]
        first += size
        by = lead_of(stage, team.area, at)
        refuse_any(open_posts(posts=new, area_id=team.area_id, task=told["task"],
                              turns=[Turn(begins, told["hours"] * 60, 1)], from_on=told["from"], until_on=told["to"],
                              by=by, at=at, incident_id=stage.id_of("incident"), asked_area_id=stage.cast.county.id,
                              audience={"teams": [str(team.id)]}))  # fmt: skip
        opens = stage.scenario.moment(told["from"], begins)
        shifts = Shift.objects.filter(call_id__in=[p.id for p in new], starts_at=opens).order_by("id")
        people = members(team.id)
        asks = [Ask(uuid5(s.id, str(p)), s.id, p, at, by, waits=False, team_id=team.id)
                for s, p in zip(shifts, people, strict=False)]  # fmt: skip
        refuse_any(adopt_roster(asks=asks, by=by, at=at))
    return n
