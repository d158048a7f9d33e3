"""Posts beside hours: who holds what from when to when, where somebody is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.errors import CallMissing
from lianfang.domains.calls.models import Call, Claim, Rhythm, Shift
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.queries.roles import Crew, crews_of
from lianfang.domains.calls.rules import FIRM, Stretch, unheld


@dataclass(frozen=True)
class Post:
    """A call as a post: its shifts of a span with who holds them (`holders`, for its lead), what is missing when."""

    call: Call
    rhythm: Rhythm | None
    shifts: list[Shift]
    gaps: list[Stretch]
    crews: dict[UUID, Crew] = field(default_factory=dict)

    @property
    def lacking(self) -> int:
        """Heads of a role that nobody fills, however many places are held."""
        return sum(sum(c.heads.lacking().values()) for c in self.crews.values())

    @property
    def is_ever_empty(self) -> bool:
        """Whether there is an hour for which somebody is asked and nobody has come forward."""
        return any(g.is_empty for g in self.gaps)

    @property
    def missing(self) -> int:
        """Places nobody holds."""
        return sum(s.places - s.taken for s in self.shifts)


def posts_on(
    area_id: UUID, from_at: datetime, until_at: datetime, *, by: Actor, at: datetime, call_id: UUID | None = None
) -> list[Post]:
    """Posts of an area and below with a shift in a span: those with an hour of nobody first, then what lacks most.

    Asks a fixed number of questions. Who holds a place is told to who leads the call.
    """
    rows = Shift.objects.filter(of_calls(by, "calls.read", path="call__"), call__area_id__in=ids_below(area_id))
    rows = rows.filter(starts_at__lt=until_at, ends_at__gt=from_at, places__gt=0).exclude(call__state="closed")
    rows = rows.filter(call_id=call_id) if call_id else rows
    rows = rows.select_related("call__area").defer("call__area__outline")
    by_call: dict[UUID, list[Shift]] = {}
    for s in rows.order_by("starts_at", "title", "id"):
        by_call.setdefault(s.call_id, []).append(s)
    _with_holders([s for some in by_call.values() for s in some], by)
    crews = crews_of([s for some in by_call.values() for s in some], at=at)
    rhythms = {r.call_id: r for r in Rhythm.objects.filter(call_id__in=list(by_call))}
    found = []
    for call, some in by_call.items():
        spans = [(s.starts_at, s.ends_at, s.places, s.taken) for s in some]
        found.append(Post(some[0].call, rhythms.get(call), some, unheld(spans, from_at, until_at),
                          {s.id: crews[s.id] for s in some if s.id in crews}))  # fmt: skip
    found.sort(
        key=lambda p: (not p.is_ever_empty, -p.missing - p.lacking, p.call.area.name, p.call.where, p.call.posted_at)
    )
    return found


def _with_holders(shifts: Sequence[Shift], by: Actor) -> None:
    lead = of_calls(by, "calls.lead", path="shift__call__")
    rows = Claim.objects.filter(lead, shift_id__in=[s.id for s in shifts], state__in=FIRM, released_at=None)
    held: dict[UUID, list[Claim]] = {}
    for c in rows.annotate(post=post_of("account_id")).order_by("order", "id"):
        held.setdefault(c.shift_id, []).append(c)
    for s in shifts:
        s.holders = held.get(s.id, [])  # type: ignore[attr-defined]  # for the page


def rhythm_seen(call_id: UUID, *, by: Actor) -> Call:
    """A call whose roster the actor may look at, with its rhythm if it has one (`repeats`). Raises CallMissing."""
    rows = Call.objects.filter(of_calls(by, "calls.read"), id=call_id).select_related("area").defer("area__outline")
    found = rows.first()
    if found is None:
        raise CallMissing(call=str(call_id))
    found.repeats = Rhythm.objects.filter(call_id=call_id).first()  # type: ignore[attr-defined]  # for the page
    return found


def heads_of(area_id: UUID, from_at: datetime, until_at: datetime, *, by: Actor) -> tuple[int, int, int]:
    """Posts, people and places of a span: a person who holds several shifts counts once."""
    lead = of_calls(by, "calls.read", path="shift__call__")
    here = Q(shift__call__area_id__in=ids_below(area_id), shift__starts_at__lt=until_at, shift__ends_at__gt=from_at)
    rows = Claim.objects.filter(lead, here, state__in=FIRM)
    return (
        rows.values("shift__call_id").distinct().count(),
        rows.values("account_id").distinct().count(),
        rows.count(),
    )


def told_of(pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], tuple[Shift, str]]:
    """By shift and account the shift and the account's post: for saying what was not adopted."""
    shifts = Shift.objects.in_bulk({s for s, _ in pairs})
    posts = dict(Account.objects.filter(id__in={a for _, a in pairs}).values_list("id", "label"))
    return {(s, a): (shifts[s], posts[a]) for s, a in pairs if s in shifts and a in posts}
