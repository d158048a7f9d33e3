"""What is due now: signals, routines, clocks, zones, steps of decisions, the outbox, the log's seal. Harmless twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.once import remembering
from lianfang.base.throttle import forget_tries
from lianfang.domains.audit.planning import new_head
from lianfang.domains.audit.queries import last_head, last_link
from lianfang.domains.audit.rules import head_due
from lianfang.domains.audit.services import forget_failed_sign_ins, link_entries, record_head
from lianfang.domains.calls.services import ask_again, end_leases, extend_rhythms
from lianfang.domains.decisions.queries import steps_overdue
from lianfang.domains.decisions.services import escalate_step
from lianfang.domains.dispatch.services import remind, tell_late_trips, tell_rides, tell_stopped
from lianfang.domains.gates.services import flag_late, tell_gates, tell_late_convoys
from lianfang.domains.incidents.models import Signal
from lianfang.domains.incidents.queries import ended_by_date, reviews_due
from lianfang.domains.incidents.services import escalate_signal
from lianfang.domains.messages.planning import carry
from lianfang.domains.messages.queries import due, in_words
from lianfang.domains.messages.services import mark_sent, show_pages
from lianfang.domains.needs.services import hand_on, tell_deadlines, tell_done, tell_empty_lines, tell_late
from lianfang.domains.work.services import end_runs, follow_moves, grant_transfers, open_planned, run_out_clocks
from lianfang.flows.all_clear import free_due
from lianfang.flows.away import tell_silent
from lianfang.flows.helper_tests import start_tests
from lianfang.flows.planned_rides import ask_planned_rides, drop_planned_rides, follow_planned_rides
from lianfang.flows.purge import certify, destroy_due, forget_standing
from lianfang.flows.routines import run_routines
from lianfang.flows.watch_posts import alarm_empty_posts, alarm_long_jobs, remind_to_close
from lianfang.flows.weather import run_weather
from lianfang.flows.zones import lift_zone, review_zone

Channels = Mapping[str, str]
LINK, MOST_LINKS = 5000, 20  # entries a link; links a run, so that a backlog holds no transaction open for long


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


def seal_log(*, by: Actor, at: datetime) -> int:
    """Link the entries that wait, oldest first. Returns how many."""
    linked = 0
    for _ in range(MOST_LINKS):
        count = link_entries(limit=LINK, by=by, at=at)
        linked += count
        if count < LINK:
            break
    return linked


def sign_log(*, by: Actor, at: datetime) -> int:
    """Sign the chain's end once an hour. Returns whether it was due."""
    link, before = last_link(), last_head()
    if link is None or not head_due(before.at if before else None, at):
        return 0
    record_head(head=new_head(link, before=before, at=at), by=by, at=at)
    return 1


# In this order; the job door gives each a transaction of its own, so that one failing holds up no other and what has
# left the house is never rolled back by something else.
PARTS: tuple[tuple[str, Callable[[Channels, Actor, datetime], int]], ...] = (
    ("signals", _signals),
    ("routines", lambda _, by, at: run_routines(by=by, at=at)),
    ("teams away that are silent", lambda _, by, at: tell_silent(by=by, at=at)),
    ("weather", lambda _, by, at: run_weather(by=by, at=at)),
    ("tasks whose people have moved", lambda _, by, at: follow_moves(limit=2000, by=by, at=at)),
    ("plans", lambda _, by, at: open_planned(limit=2000, by=by, at=at)),
    ("rides that plans ask for", lambda _, by, at: ask_planned_rides(by=by, at=at)),
    ("how planned rides went", lambda _, by, at: follow_planned_rides(by=by, at=at)),
    ("planned rides called off", lambda _, by, at: drop_planned_rides(by=by, at=at)),
    ("counters that closed", lambda _, by, at: end_runs(limit=500, by=by, at=at)),
    ("tasks asked for in vain", lambda _, by, at: grant_transfers(limit=2000, by=by, at=at)),
    ("clocks", lambda _, by, at: run_out_clocks(limit=5000, by=by, at=at)),
    ("pleas nobody accepted", lambda _, by, at: hand_on(limit=2000, by=by, at=at)),
    ("promises broken", lambda _, by, at: tell_late(limit=2000, by=by, at=at)),
    ("deadlines in danger", lambda _, by, at: tell_deadlines(limit=2000, by=by, at=at)),
    ("pleas done", lambda _, by, at: tell_done(limit=2000, by=by, at=at)),
    ("empty hours of counselling lines", lambda _, by, at: tell_empty_lines(by=by, at=at)),
    ("permits", lambda _, by, at: flag_late(limit=2000, by=by, at=at)),
    ("convoys whose way is clear", lambda _, by, at: tell_gates(limit=200, by=by, at=at)),
    ("convoys that are late", lambda _, by, at: tell_late_convoys(limit=2000, by=by, at=at)),
    ("trips that begin soon", lambda _, by, at: remind(limit=2000, by=by, at=at)),
    ("rides without a car", lambda _, by, at: tell_rides(limit=2000, by=by, at=at)),
    ("trips that cannot go as planned", lambda _, by, at: tell_stopped(limit=2000, by=by, at=at)),
    ("trips that run late", lambda _, by, at: tell_late_trips(limit=2000, by=by, at=at)),
    ("steps", _steps),
    ("zones", _zones),
    ("holds", _holds),
    ("places kept for an answer", lambda _, by, at: end_leases(by=by, at=at)),
    ("shifts that come again", lambda _, by, at: extend_rhythms(by=by, at=at)),
    ("own tests of helpers", lambda _, by, at: start_tests(by=by, at=at)),
    ("call-outs", lambda _, by, at: ask_again(by=by, at=at)),
    ("empty posts", lambda _, by, at: alarm_empty_posts(by=by, at=at)),
    ("long jobs", lambda _, by, at: alarm_long_jobs(by=by, at=at)),
    ("shifts to close", lambda _, by, at: remind_to_close(by=by, at=at)),
    ("messages", lambda channels, by, at: send_due(channels=channels, by=by, at=at)),
    ("ends of personal data", lambda _, by, at: destroy_due(by=by, at=at)),
    ("what is forgotten", lambda _, by, at: forget_standing(by=by, at=at)),
    ("tries", lambda _, by, at: forget_tries(by=by, at=at)),
    ("failed sign-ins", lambda _, by, at: forget_failed_sign_ins(days=settings.FAILED_DAYS, by=by, at=at)),
    ("certificates", lambda _, by, at: certify(by=by, at=at)),  # once the orders before are kept
)
# Of the job door alone: no other role may seal, and a drill plays in hours that are not the log's.
SEALING: tuple[tuple[str, Callable[[Channels, Actor, datetime], int]], ...] = (
    ("links", lambda _, by, at: seal_log(by=by, at=at)),
    ("heads", lambda _, by, at: sign_log(by=by, at=at)),
)


def run_due(*, channels: Channels, by: Actor, at: datetime) -> dict[str, int]:
    """Run all parts now, in order; how much of each was due. The first that fails raises (drills and tests).

    Before and after the steps each question about editions and areas is asked once: decisions may change the answer.
    """
    done: dict[str, int] = {}
    for _, parts in groupby(PARTS, lambda named: named[1] is _steps):
        some = list(parts)
        with memory_of(some[0][1]):
            done |= {name: part(channels, by, at) for name, part in some}
    return done


def memory_of(part: Callable[[Channels, Actor, datetime], int]) -> AbstractContextManager[None]:
    """One memory of editions and areas for a part of what is due; none for steps of decisions, which change them."""
    return nullcontext() if part is _steps else remembering()
