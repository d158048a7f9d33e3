"""Places came free because somebody cannot serve: who could take them is looked for, and who leads them is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.planning import propose_replacements
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.flows.watch_posts import leads_of_calls

MOST_NAMED = 3  # who is proposed, by post; the page has them all, with reasons


def find_replacements(*, freed: Sequence[Claim], by: Actor, at: datetime) -> int:
    """For places that were given back and that nobody waited for: who leads the call is told whom to put there.

    Once a call: that somebody is proposed, with the page on which he is adopted, or that nobody can be. Nobody is
    given a place by it. The flow that gave the places back tested the right. Gives how many calls.
    """
    held = {c.shift_id for c in freed if c.placed_at is not None}
    shifts = Shift.objects.filter(id__in=held, ends_at__gt=at).exclude(call__state="closed")
    left: dict[UUID, list[Shift]] = {}
    for s in shifts.select_related("call__area").defer("call__area__outline").order_by("starts_at", "id"):
        if s.taken < s.places:
            left.setdefault(s.call_id, []).append(s)
    calls = {i: some[0].call for i, some in left.items()}
    leads = leads_of_calls(calls.values(), at=at)
    proposed = _proposed(calls, {s.id for some in left.values() for s in some}, at)
    lost = [c.shift_id for c in freed if c.placed_at is not None]
    for i, some in left.items():
        places = sum(min(s.places - s.taken, lost.count(s.id)) for s in some)
        _tell(some[0], places, proposed.get(i, []), leads[i], by, at)
    return len(left)


def _proposed(calls: dict[UUID, Call], shift_ids: set[UUID], at: datetime) -> dict[UUID, list[str]]:
    """By call the posts of those who are proposed for its shifts that came free, in the order of the proposal."""
    out: dict[UUID, list[str]] = {}
    if not calls:
        return out
    area_id = min(c.area_id for c in calls.values())
    for m in propose_replacements(area_id, calls=list(calls), at=at).matches:  # at once: seconds for a county's people
        if m.shift.id in shift_ids:
            out.setdefault(m.shift.call_id, []).append(m.post)
    return out


def _tell(first: Shift, places: int, posts: Sequence[str], leads: Sequence[UUID], by: Actor, at: datetime) -> None:
    call = first.call
    area: Area = call.area
    named = {"zh": "、".join(posts[:MOST_NAMED]), "en": ", ".join(posts[:MOST_NAMED])}
    if len(posts) > MOST_NAMED:
        named = {"zh": f"{named['zh']}等 {len(posts)} 人", "en": f"{named['en']} and {len(posts) - MOST_NAMED} more"}
    values = {"area": {"zh": area.name, "en": area.name_en or area.name}, "task": call.title, "places": str(places),
              "from": first.starts_at.isoformat(), "posts": named}  # fmt: skip
    writings = [Writing(uuid5(call.id, f"replace {who} {at.isoformat()}"), "account", who, values, call.id, area.id)
                for who in leads]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), incident_id=call.incident_id, by=by, at=at,
                   template="replacement-found" if posts else "replacement-none")  # fmt: skip
