"""The order of a report's needs: what is dealt when, and the hours in which people see to it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np

from lianfang.drill.acts import Act
from lianfang.drill.needs import care, goods, stories
from lianfang.drill.needs.hands import Hands
from lianfang.drill.needs.journeys import Fleet
from lianfang.drill.needs.pleas import Pleas, serve_there
from lianfang.drill.stage import Stage

SEED = 41  # of the needs' own draws, so that those of the people stay as they were


def _local(stage: Stage, at: datetime) -> datetime:
    return stage.scenario.moment(at.date(), at.time())


def acts_of_needs(stage: Stage) -> list[Act]:
    """Everything that is asked for, moved and shared out in a report, in order."""
    s, told = stage.scenario, stage.scenario.staging["needs"]
    hands = Hands(stage, np.random.default_rng(SEED))
    acts = []

    def at_its_time(record: dict[str, object], run: object, what: str) -> None:
        when = record["at"]
        assert isinstance(when, datetime) and callable(run), "each record has its moment and its player"
        acts.append(Act(_local(stage, when), 3, what, run))

    if "pleas" in told:
        at_its_time(told["pleas"], lambda at: serve_there(stage, told["pleas"], at), "accounts")
        at_its_time(told["pleas"], Pleas(stage, hands, told["pleas"]).deal, "pleas")
    for record in told.get("rounds", []):
        at_its_time(record, goods.Rounds(stage, hands, record).deal, "goods to doors")
    for name, run, what in (("fleet", None, "journeys"), ("classes", care.pair_classes, "classes"),
                            ("group", goods.serve_group, "goods to doors"), ("medicine", stories.medicine, "pleas"),
                            ("gas_cards", stories.gas_cards, "pleas")):  # fmt: skip
        if name in told and run is not None:
            at_its_time(told[name], lambda at, r=told[name], run=run: run(stage, hands, r, at), what)
        elif name in told:
            at_its_time(told[name], Fleet(stage, hands, told[name]).lend, what)
    first = s.moment(told["from"], time(5, 0))
    last = s.moment(told["to"] + timedelta(days=1), time(10, 0))
    return [*acts, *hands.acts(first, last, "needs")]
