"""The order of a report's needs: what is dealt when, and the hours in which people see to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from lianfang.drill.acts import Act
from lianfang.drill.needs import care, goods, stories, waste
from lianfang.drill.needs.deadlines import Deadline
from lianfang.drill.needs.exams import Exams
from lianfang.drill.needs.hands import Hands
from lianfang.drill.needs.journeys import Fleet
from lianfang.drill.needs.labour import labour
from lianfang.drill.needs.pleas import Pleas, serve_there
from lianfang.drill.stage import Stage

SEED = 41  # of the needs' own draws, so that those of the people stay as they were

# What each table of the staging that happens at one moment becomes, under the name of its stage.
ONCE = {
    "classes": ("classes", care.pair_classes),
    "group": ("goods to doors", goods.serve_group),
    "medicine": ("pleas", stories.medicine),
    "gas_cards": ("pleas", stories.gas_cards),
    "waste": ("waste", waste.clear_points),
    "labour": ("pleas", lambda stage, hands, told, at: labour(stage, told, at)),
}


def _moment(stage: Stage, record: Mapping[str, Any]) -> datetime:
    """When a record of the staging is played: its own moment, or that of the event it stands for."""
    if "event" in record:
        return stage.scenario.event_moment(stage.scenario.one("event", record["event"]))
    return stage.scenario.moment(record["at"].date(), record["at"].time())


def acts_of_needs(stage: Stage) -> list[Act]:
    """Everything that is asked for, moved and shared out in a report, in order."""
    s, told = stage.scenario, stage.scenario.staging["needs"]
    hands = Hands(stage, np.random.default_rng(SEED))
    acts = []

    def at_its_time(record: Mapping[str, Any], run: object, what: str) -> None:
        assert callable(run), "each record has its player"
        acts.append(Act(_moment(stage, record), 3, what, run))

    if "pleas" in told:
        at_its_time(told["pleas"], lambda at: serve_there(stage, told["pleas"], at), "accounts")
        at_its_time(told["pleas"], Pleas(stage, hands, told["pleas"]).deal, "pleas")
    for record in told.get("rounds", []):
        at_its_time(record, goods.Rounds(stage, hands, record).deal, "goods to doors")
    for name, (what, run) in ONCE.items():
        if name in told:
            at_its_time(told[name], lambda at, r=told[name], run=run: run(stage, hands, r, at), what)
    if "fleet" in told:
        at_its_time(told["fleet"], Fleet(stage, hands, told["fleet"]).lend, "journeys")
    if "exams" in told:
        at_its_time(told["exams"], Exams(stage, hands, told["exams"]).begin, "exams")
    for record in told.get("deadlines", []):
        at_its_time(record, Deadline(stage, hands, record).ask, "pleas")
    if "from" not in told:
        return acts
    first = s.moment(told["from"], time(5, 0))
    last = s.moment(told["to"] + timedelta(days=1), time(10, 0))
    return [*acts, *hands.acts(first, last, "needs")]
