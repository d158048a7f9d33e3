"""Things that happen at a moment of a drill, and those that happen every day of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from lianfang.domains.reports.services import send_sheet
from lianfang.drill.attending import HOUR, note_own_tests
from lianfang.drill.stage import Stage
from lianfang.flows.run_due import run_due

TICK = timedelta(hours=2)


@dataclass(frozen=True)
class Act:
    """Something that happens at a moment, under the name of the stage it is timed with; gives rows it wrote about."""

    at: datetime
    order: int
    what: str
    run: Callable[[datetime], int]


def uncounted(run: Callable[[datetime], None]) -> Callable[[datetime], int]:
    """The same for something whose rows are not worth counting."""

    def did(at: datetime) -> int:
        run(at)
        return 0

    return did


def _sheet(stage: Stage, day: int, at: datetime) -> int:
    """The daily sheet of the whole place is sent."""
    send_sheet(sheet_id=stage.id_of(f"sheet {day}"), area_id=stage.cast.county.id, day=at.astimezone().date(),
               incident_id=stage.id_of("incident"), cut_off_at=at, note="", by=stage.cast.actor("county-officer", at),
               at=at)  # fmt: skip
    return 1


def daily(stage: Stage) -> list[Act]:
    """What every report has: helpers' own tests and the sheet of each evening, and every other hour what is due."""
    s, first = stage.scenario, stage.scenario.incident["first_date"]
    acts = []
    for n in range((s.incident["last_date"] - first).days + 1):
        at = s.moment(first + timedelta(days=n), s.staging["sheets"]["time"])
        acts.append(Act(at - HOUR, 5, "own tests of helpers", lambda at: note_own_tests(stage.by, at)))
        acts.append(Act(at, 9, "daily sheets", lambda at, n=n: _sheet(stage, n, at)))  # type: ignore[misc]  # bound now
    at = s.moment(first, time(2, 30))
    while at <= s.end():
        acts.append(Act(at, 0, "what is due", lambda now: sum(run_due(channels={}, by=stage.by, at=now).values())))
        at += TICK
    return acts
