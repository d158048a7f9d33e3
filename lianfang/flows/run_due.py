"""What is due now: signals nobody took, routines, clocks, zones, steps of decisions, the outbox. Harmless twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.decisions.queries import steps_overdue
from lianfang.domains.decisions.services import escalate_step
from lianfang.domains.incidents.models import Signal
from lianfang.domains.incidents.queries import ended_by_date, reviews_due
from lianfang.domains.incidents.services import escalate_signal
from lianfang.domains.messages.planning import carry
from lianfang.domains.messages.queries import due, in_words
from lianfang.domains.messages.services import mark_sent
from lianfang.domains.work.services import run_out_clocks
from lianfang.flows.routines import run_routines
from lianfang.flows.zones import lift_zone, review_zone


@dataclass(frozen=True)
class Ran:
    """How much of each was due."""

    signals: int = 0
    items: int = 0
    clocks: int = 0
    zones: int = 0
    messages: int = 0


def run_due(*, channels: Mapping[str, str], by: Actor, at: datetime) -> Ran:
    """Run everything that is due; each part in a transaction of its own, so that one failing holds up no other."""
    signals = 0
    for signal_id in Signal.objects.filter(acknowledged_at=None, acknowledge_by__lte=at).values_list("id", flat=True):
        escalate_signal(signal_id=signal_id, by=by, at=at)
        signals += 1
    items = run_routines(by=by, at=at)
    clocks = run_out_clocks(limit=5000, by=by, at=at)
    for step in steps_overdue(at):
        escalate_step(step_id=step.id, by=by, at=at)
    zones = _run_zones(by=by, at=at)
    return Ran(signals, items, clocks, zones, send_due(channels=channels, by=by, at=at))


def _run_zones(*, by: Actor, at: datetime) -> int:
    ended = list(ended_by_date(at).values_list("id", flat=True))
    for version_id in ended:
        lift_zone(version_id=version_id, why="incidents.until_reached", by=by, at=at)
    reviews = list(reviews_due(at).values_list("id", flat=True))
    for version_id in reviews:
        review_zone(version_id=version_id, by=by, at=at)
    return len(ended) + len(reviews)


def send_due(*, channels: Mapping[str, str], by: Actor, at: datetime) -> int:
    """Carry what may leave now out of the house, and keep what became of each. Returns the messages tried."""
    with transaction.atomic():
        waiting = list(due(at))
        carried = [m for m in waiting if m.channel != "page"]
        # A page needs no text made: it is written when the person opens it.
        texts = {w["message"].id: w["zh"] for w in in_words(carried, by=by)}
        sent, failed = carry([(m, texts.get(m.id, "")) for m in waiting], channels=channels)
        if waiting:
            mark_sent(sent=sent, failed=failed, by=by, at=at)
    return len(waiting)
