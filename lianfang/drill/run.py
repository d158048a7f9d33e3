"""A drill from its first row to its verdict, with the time and memory of each stage."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from lianfang.base.actor import Actor
from lianfang.base.roles import refresh_statistics
from lianfang.domains.grid.models import Person
from lianfang.domains.incidents.models import Incident
from lianfang.domains.work.models import Item
from lianfang.drill.compare import World, compare
from lianfang.drill.needs.plan import acts_of_needs
from lianfang.drill.needs.times import waiting_times
from lianfang.drill.people.plan import acts_of_people
from lianfang.drill.phone import AT_SERVER, Phones, phones_up
from lianfang.drill.play import play
from lianfang.drill.scenario import CannotPlay, Scenario, read_scenario
from lianfang.drill.stage import Stage, set_stage
from lianfang.drill.week.plan import acts_of

Say = Callable[[str, int, int], None]


@dataclass
class Result:
    """What a drill found, in the shape of its JSON."""

    scenario: str
    scale: float
    seed: int
    seconds: float = 0.0
    peak_mib: float = 0.0
    stages: list[dict[str, Any]] = field(default_factory=list)
    expect: list[dict[str, Any]] = field(default_factory=list)
    invariants: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, Any] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Whether every expectation that can be played is accepted and every invariant holds."""
        return all(e["accepted"] for e in self.expect if not e.get("later")) and all(
            i["holds"] for i in self.invariants
        )


def refuse_live() -> None:
    """Raise CannotPlay where real people are: a live incident, or a register that no drill made."""
    if Incident.objects.filter(is_drill=False).exists():
        raise CannotPlay("this database holds a live incident: a drill needs a sandbox of its own")
    if Person.objects.exists():
        raise CannotPlay("this database holds a register already: a drill needs an empty sandbox")


def play_week(stage: Stage, *, say: Say) -> list[dict[str, Any]]:
    """Play a report's days; gives each of its stages with its time and what it wrote about."""
    acts = acts_of_people(stage) if "people" in stage.scenario.staging else acts_of(stage)
    if "needs" in stage.scenario.staging:
        acts = sorted([*acts, *acts_of_needs(stage)], key=lambda a: (a.at, a.order))
    seconds: dict[str, float] = {}
    rows: dict[str, int] = {}
    for n, act in enumerate(acts):
        say(act.what, n + 1, len(acts))
        begun = time.monotonic()
        rows[act.what] = rows.get(act.what, 0) + act.run(act.at)
        seconds[act.what] = seconds.get(act.what, 0.0) + time.monotonic() - begun
        if act.what == "list of a round":
            refresh_statistics()
    return [{"name": k, "seconds": round(v, 2), "rows": rows[k]} for k, v in seconds.items()]


def run_drill(
    name: str, *, scale: float, seed: int, by: Actor, say: Say, shift: timedelta | None = None
) -> tuple[Result, Stage]:
    """Play a scenario in this (empty) database and compare. Raises CannotPlay."""
    if not 0 < scale <= 1:
        raise CannotPlay("--scale is a share of the population: above 0, at most 1")
    refuse_live()
    scenario = read_scenario(name)
    scenario.shift = shift or timedelta()
    result = Result(scenario.name, scale, seed)
    begun = time.monotonic()
    with phones_up() as phones:
        stage = _played(result, scenario, by=by, say=say, phones=phones)
    mark = time.monotonic()
    incident = Incident.objects.get(id=stage.id_of("incident"))
    at = scenario.end()
    result.expect, result.invariants = compare(
        World(scenario, scale, incident, stage.cast.actor("county-officer", at), at)
    )
    result.waiting = waiting_times(incident, at)
    result.stages.append({"name": "compare", "seconds": round(time.monotonic() - mark, 2), "rows": len(result.expect)})
    result.seconds = round(time.monotonic() - begun, 2)
    result.peak_mib = round(_peak_mib(), 1)
    return result, stage


def _peak_mib() -> float:
    """The drill's own peak and, at most, that of its servers beside it."""
    own, server = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own + AT_SERVER * server


def _played(result: Result, scenario: Scenario, *, by: Actor, say: Say, phones: Phones) -> Stage:
    begun = time.monotonic()
    say("register", 0, 1)
    stage = set_stage(scenario, share=result.scale, seed=result.seed, by=by)
    stage.phones = phones
    refresh_statistics()
    result.stages.append(
        {"name": "register", "seconds": round(time.monotonic() - begun, 2), "rows": Person.objects.count()}
    )
    if scenario.staging:
        result.stages += play_week(stage, say=say)
    else:
        mark = time.monotonic()
        play(stage, say=say)
        seconds = round(time.monotonic() - mark, 2)
        result.stages.append({"name": "play", "seconds": seconds, "rows": Item.objects.count()})
    return stage
