"""What a task demands by its risk: kit, training, hours, tests after it; and what being inside a place adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from lianfang.domains.calls.rules.claims import RISKS

Body = Mapping[str, Any]
TEST_HOUR = time(8)  # a day's test is due in the morning; the day itself is the edition's


def graver(*risks: str) -> str:
    """The gravest of some risks; a name that is no risk counts for nothing."""
    return max((r for r in risks if r in RISKS), key=RISKS.index, default=RISKS[0])


def _together(*lists: Iterable[Body]) -> list[Body]:
    """Things of several lists, each once by its Chinese name, in the order they come."""
    out: dict[str, Body] = {}
    for things in lists:
        for thing in things:
            out.setdefault(str(thing.get("zh", "")), thing)
    return list(out.values())


def with_risk(task: Body, classes: Mapping[str, Body], inside: Body | None = None) -> dict[str, Any]:
    """A task as it is to be done: the kit and training of its risk before its own, its hours and its tests.

    inside: the kind of place the post is in, which may raise the risk and ask for the ticks of assembly.
    """
    risk = graver(task.get("risk", ""), (inside or {}).get("risk", ""))
    sets = classes.get(risk, {})
    return {**task, "risk": risk, "kit": _together(sets.get("kit", []), task.get("kit", [])),
            "training": _together(sets.get("training", []), task.get("training", [])),
            "assembles": bool((inside or {}).get("assembles")),
            "most_hours_value": sets.get("most_hours_value", ""),
            "tests_value": sets.get("tests_value", "")}  # fmt: skip


def tests_due(left_at: datetime, days: Sequence[int], zone: tzinfo) -> list[datetime]:
    """When somebody who left a post at a time is tested himself: in the morning of each of these days after it."""
    on = left_at.astimezone(zone).date()
    return [datetime.combine(on + timedelta(days=int(d)), TEST_HOUR, zone) for d in sorted(set(days))]


def tests_inside(entered_on: date, until_on: date, every_days: int) -> list[date]:
    """Days on which somebody who lives inside a zone is tested, from the day he went in on."""
    n = max(int(every_days), 1)
    return [entered_on + timedelta(days=d) for d in range(0, (until_on - entered_on).days + 1, n)]
