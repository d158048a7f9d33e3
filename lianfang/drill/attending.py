"""Who comes and goes in a drill: measured and equipped at the assembly table, on post, gone home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actors_for
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.rules import TICKS
from lianfang.domains.calls.services import NewNote, Presence, check_in, check_out, confirm_hours, note_duty
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.own import TEST
from lianfang.domains.work.services import Note, make_moves
from lianfang.drill.outcomes import refuse_any

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CELSIUS = 36.5
COVER = "演练意外险"  # invented: the place insures whoever works at risk
TABLE = 1000  # people whose ticks go out together


def attend(spans: Mapping[UUID, tuple[datetime, datetime]], *, by: Actor) -> None:
    """Check people in and out at their times, by claim, and confirm their hours; those of a call that assembles are
    measured and shown first."""
    if not spans:
        return
    first = min(s for s, _ in spans.values())
    gathered = Claim.objects.filter(id__in=spans, shift__call__assembles=True).values_list("id", flat=True)
    assemble(sorted(gathered), first - 15 * MINUTE, by)
    refuse_any(check_in(presences=[Presence(i, s, by) for i, (s, _) in spans.items()], by=by, at=first))
    leave({i: e for i, (_, e) in spans.items()}, by=by)


def leave(ends: Mapping[UUID, datetime], *, by: Actor) -> None:
    """Check people out at their times, by claim, and confirm their hours."""
    last = max(ends.values())
    refuse_any(check_out(presences=[Presence(i, e, by) for i, e in ends.items()], by=by, at=last))
    refuse_any(confirm_hours(claim_ids=list(ends), by=by, at=last))


def assemble(claim_ids: Sequence[UUID], at: datetime, lead: Actor) -> None:
    """At the assembly table each is measured, gets the kit and is shown how to put it on: nobody has a fever."""
    for first in range(0, len(claim_ids), TABLE):
        notes = [NewNote(uuid5(i, tick), i, tick, at, lead, {}, CELSIUS if tick == "temperature" else None)
                 for i in claim_ids[first : first + TABLE] for tick in TICKS]  # fmt: skip
        refuse_any(note_duty(notes=notes, by=lead, at=at))


def note_own_tests(by: Actor, at: datetime) -> int:
    """Helpers whose own test was due note that it is done, each his own; gives how many."""
    due = list(Item.objects.filter(kind=TEST, is_closed=False, due_at__lte=at).order_by("id").only("id", "owner_id"))
    actors = actors_for(Account.objects.filter(id__in={i.owner_id for i in due}), at=at)
    notes = [Note(uuid5(i.id, "test"), i.id, "test", actors[i.owner_id], at) for i in due if i.owner_id]
    for first in range(0, len(notes), TABLE):
        refuse_any(make_moves(notes=notes[first : first + TABLE], by=by, at=at))
    return len(notes)
