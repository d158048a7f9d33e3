"""What is due now: signals nobody took, routines, clocks, zones, steps of decisions, the outbox. Harmless twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from lianfang.domains.messages.services import mark_sent, show_pages
from lianfang.domains.work.services import run_out_clocks
from lianfang.flows.all_clear import free_due
from lianfang.flows.purge import certify, destroy_due
from lianfang.flows.routines import run_routines
from lianfang.flows.zones import lift_zone, review_zone

Channels = Mapping[str, str]


def _signals(channels: Channels, by: Actor, at: datetime) -> int:
    waiting = Signal.objects.filter(acknowledged_at=None, acknowledge_by__lte=at).values_list("id", flat=True)
    for signal_id in waiting:
        escalate_signal(signal_id=signal_id, by=by, at=at)
    return len(waiting)


def _steps(channels: Channels, by: Actor, at: datetime) -> int:
    late = list(steps_overdue(at))
    for step in late:
        escalate_step(step_id=step.id, by=by, at=at)
    return len(late)


def _zones(channels: Channels, by: Actor, at: datetime) -> int:
    ended = list(ended_by_date(at).values_list("id", flat=True))
    for version_id in ended:
        lift_zone(version_id=version_id, why="incidents.until_reached", by=by, at=at)
    reviews = list(reviews_due(at).values_list("id", flat=True))
    for version_id in reviews:
        review_zone(version_id=version_id, by=by, at=at)
    return len(ended) + len(reviews)


def _holds(channels: Channels, by: Actor, at: datetime) -> int:
    """People whose last day is over are free and told; a hold ends on its day though the watching goes on."""
    return free_due(by=by, at=at)


def send_due(*, channels: Channels, by: Actor, at: datetime) -> int:
    """Show what is due on people's pages, carry the rest out of the house, keep what became of each. Gives how many."""
    with transaction.atomic():
        shown = show_pages(by=by, at=at)
        waiting = list(due(at))
        texts = {w["message"].id: w["zh"] for w in in_words(waiting, by=by)}
        sent, failed = carry([(m, texts.get(m.id, "")) for m in waiting], channels=channels)
        if waiting:
            mark_sent(sent=sent, failed=failed, by=by, at=at)
    return shown + len(waiting)


# In this order; the job door gives each a transaction of its own, so that one failing holds up no other and what has
# left the house is never rolled back by something else.
PARTS: tuple[tuple[str, Callable[[Channels, Actor, datetime], int]], ...] = (
    ("signals", _signals),
    ("routines", lambda _, by, at: run_routines(by=by, at=at)),
    ("clocks", lambda _, by, at: run_out_clocks(limit=5000, by=by, at=at)),
    ("steps", _steps),
    ("zones", _zones),
    ("holds", _holds),
    ("messages", lambda channels, by, at: send_due(channels=channels, by=by, at=at)),
    ("ends of personal data", lambda _, by, at: destroy_due(by=by, at=at)),
    ("certificates", lambda _, by, at: certify(by=by, at=at)),  # once the orders before are kept
)


def run_due(*, channels: Channels, by: Actor, at: datetime) -> dict[str, int]:
    """Run all parts now, in order; how much of each was due. The first that fails raises (drills and tests)."""
    return {name: part(channels, by, at) for name, part in PARTS}
