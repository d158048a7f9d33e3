"""Clocks that run out: the next on the duty list is told and becomes owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import service
from lianfang.domains.editions.queries import common_edition, kind, values_by_area
from lianfang.domains.incidents.queries import editions_by_incident
from lianfang.domains.messages.queries import span_words
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes
from lianfang.domains.responders.queries import duty_lists, next_of
from lianfang.domains.work.models import Clock, Item

AGAIN = "escalate_again_minutes"
LAST_RESORT = "duty-officer"  # is told where nobody holds the role a clock runs out to, here or above
MOST_REST = timedelta(days=1)  # of a clock that told everybody on its list, before the list is asked again
MANY = 4  # items of one kind that one person is only told of: told together


def _tell(handed: Sequence[tuple[Clock, UUID]], *, by: Actor, at: datetime) -> None:
    """One message an item, written in one list for each incident, and one list for what belongs to none.

    Of many of one kind that one person is only told of, one message says how many: a phone that rings forty times is
    put away.
    """
    known = editions_by_incident({c.item.incident_id for c, _ in handed if c.item.incident_id})
    editions: dict[UUID | None, str] = dict(known.items())
    if any(c.item.incident_id is None for c, _ in handed):
        editions[None] = common_edition()
    for incident_id, edition in editions.items():
        together: dict[tuple[UUID, str, int], list[Clock]] = {}
        writings: dict[str, list[Writing]] = {}
        for c, who in handed:
            own = _said_of(c).get("template")  # words of its own are never told together with others
            if c.item.incident_id == incident_id and _keeps_owner(c) and not own:
                together.setdefault((who, c.item.kind, c.item.version), []).append(c)
            elif c.item.incident_id == incident_id:
                # An item of an incident is handed on; one of none is told of.
                template = own or ("checklist-owner" if incident_id else "work-told")
                writings.setdefault(template, []).append(_writing(c, who, at))
        for (who, *_), clocks in together.items():
            if len(clocks) < MANY:
                writings.setdefault("work-told", []).extend(_writing(c, who, at) for c in clocks)
            else:
                writings.setdefault("works-told", []).append(_writing(clocks[0], who, at, many=len(clocks)))
        for template, some in writings.items():
            write_messages(writings=some, edition=edition, template=template, incident_id=incident_id, by=by, at=at)


def _writing(clock: Clock, who: UUID, at: datetime, *, many: int = 1) -> Writing:
    """What somebody is told of an item whose clock ran out; many: it stands for so many of its kind."""
    item = clock.item
    words = kind(item.kind, item.version)["words"]
    due = item.due_at or at
    left = span_words((due - at).total_seconds() / 60)
    titles = {"zh": item.title, "en": item.title_en or item.title}
    task = {t: f"{words[t]} · {titles[t]}" if titles[t] else words[t] for t in titles}
    area = {"zh": item.area.name, "en": item.area.name_en or item.area.name}
    blanks = {"incident": words, "area": area, "task": task, "due": due.isoformat(), "left": left,
              "what": words, "many": str(many), "until": clock.due_at.isoformat()}  # fmt: skip
    return Writing(uuid5(clock.id, f"{clock.position} {at.isoformat()}"), "account", who, blanks, item.id, item.area_id)


def _keeps_owner(clock: Clock) -> bool:
    """Whether a clock only tells (a missed contact of a standing helper), where others hand the item on."""
    return bool(_said_of(clock).get("keeps_owner", False))


def _said_of(clock: Clock) -> Mapping[str, Any]:
    """What its kind says of a clock; nothing where the kind has none of its name any more."""
    clocks = kind(clock.item.kind, clock.item.version).get("clocks", [])
    return next((c for c in clocks if c["name"] == clock.name), {})


def _again_minutes(due: Sequence[Clock], at: datetime) -> dict[UUID, timedelta]:
    """How long the next one has before an item goes on, by clock."""
    editions = editions_by_incident({c.item.incident_id for c in due if c.item.incident_id})
    by_edition: dict[str, list[Clock]] = {}
    for clock in due:
        incident_id = clock.item.incident_id
        by_edition.setdefault(editions[incident_id] if incident_id else common_edition(), []).append(clock)
    out: dict[UUID, timedelta] = {}
    for code, clocks in by_edition.items():
        minutes = values_by_area(code, [AGAIN], {c.item.area_id for c in clocks}, at=at)
        out |= {c.id: timedelta(minutes=float(minutes[c.item.area_id][AGAIN])) for c in clocks}
    # Where the first was told at once, the next has as long as he had.
    return out | {c.id: timedelta(minutes=_said_of(c)["minutes"]) for c in due if _said_of(c).get("at_once")}


def _receivers(due: Sequence[Clock], at: datetime) -> dict[UUID, list[UUID]]:
    """Who is told by a clock, in order: its role, then upward; where nobody is there, whoever answers for the place."""
    roles = {c.id: (c.receiver, *_said_of(c).get("upward", ())) for c in due}
    lists = duty_lists({(r, c.item.area_id) for c in due for r in roles[c.id]}, at=at)
    out = {c.id: list(dict.fromkeys(x for r in roles[c.id] for x in lists[r, c.item.area_id])) for c in due}
    empty = {c.item.area_id for c in due if not out[c.id]}
    instead = duty_lists({(LAST_RESORT, a) for a in empty}, at=at) if empty else {}
    return {c.id: out[c.id] or instead[LAST_RESORT, c.item.area_id] for c in due}


def hand_at_once(body: Mapping[str, Any], items: Sequence[Item], *, by: Actor, at: datetime) -> None:
    """Items that entered a state whose clock begins with telling: the first on its list has it in this transaction.

    Inside the service that opened or moved them. Edge: a clock that runs already has told its first.
    """
    names = {c["name"]: c["in_states"] for c in body.get("clocks", []) if c.get("at_once")}
    asked = {i.id: i for i in items if any(i.state in states for states in names.values())}
    if not asked:
        return
    running = Clock.objects.select_for_update(of=("self",)).filter(item_id__in=asked, name__in=names, stopped_at=None)
    fresh = list(running.filter(position=0, ran_out_at=None).select_related("item__area").order_by("id"))
    lists = _receivers(fresh, at)
    handed: dict[UUID, tuple[Clock, UUID]] = {}
    for clock in fresh:
        who, position = next_of(lists[clock.id], after=0)
        clock.position = position + 1 if who else 0
        if who:
            handed[clock.item_id] = (clock, who)
            clock.item.owner_id = asked[clock.item_id].owner_id = who
    update_rows(Clock, fresh, ["position"])
    _handed(handed, by=by, at=at)


def _rest(clock: Clock, again: timedelta, at: datetime) -> timedelta:
    """When a list that has ended is asked next whether it has somebody new: the rarer the longer all have known."""
    return min(max(again, (at - (clock.ran_out_at or at)) / 2), MOST_REST)


@service("work.run_out_clocks")
def run_out_clocks(*, limit: int, by: Actor, at: datetime) -> int:
    """Hand on every item whose clock has run out, oldest first; returns how many went to somebody.

    Edge:   two clocks of one item that run out together hand it on once. A clock that only tells stops once everybody
            on its list was told, and any other rests ever longer then: thousands of old ones never keep the job from
            what runs out today, and two clocks of one item do not hand it to and fro each half hour.
    Locks:  the clocks, skipping those another worker has.
    """
    running = Clock.objects.select_for_update(skip_locked=True, of=("self",)).filter(stopped_at=None, due_at__lte=at)
    rows = running.select_related("item__area").defer("item__sealed", "item__values", "item__area__outline")
    due = list(rows.order_by("due_at", "id")[:limit])
    again, lists = _again_minutes(due, at), _receivers(due, at)
    handed: dict[UUID, tuple[Clock, UUID]] = {}
    for clock in due:
        item = clock.item
        who, position = next_of(lists[clock.id], after=clock.position)
        is_last = position < clock.position  # everybody on the list was told before
        clock.ran_out_at = clock.ran_out_at or at
        clock.due_at = at + (_rest(clock, again[clock.id], at) if is_last else again[clock.id])
        if who is not None:  # where nobody is on the list, whoever comes onto it is told from its beginning
            clock.position = position + 1
        if is_last and _keeps_owner(clock):
            clock.stopped_at = at
        elif who is not None and who != item.owner_id and item.id not in handed:
            if not _keeps_owner(clock):
                # Whoever had it may be doing it, without signal: the first of several from whom clocks took it.
                item.before_id = item.before_id or item.owner_id
                item.owner_id, item.changed_at = who, at
            handed[item.id] = (clock, who)
    update_rows(Clock, due, ["position", "ran_out_at", "due_at", "stopped_at"])
    _handed(handed, by=by, at=at)
    return len(handed)


def _handed(handed: Mapping[UUID, tuple[Clock, UUID]], *, by: Actor, at: datetime) -> None:
    """Keep who has the items now, let him read whom they are about, and tell him."""
    items = [c.item for c, _ in handed.values() if not _keeps_owner(c)]
    update_rows(Item, items, ["owner_id", "before_id", "changed_at"])
    owned = [(who, c.item.unit_kind, c.item.unit_id, c.item.id) for c, who in handed.values() if c.item.unit_id]
    if owned:
        assign_purposes(purposes=owned, why="work.escalated", until_at=None, by=by, at=at)
    _tell(list(handed.values()), by=by, at=at)
