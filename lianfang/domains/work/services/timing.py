"""When items fall due: clocks that start, stop and start again with moves, and the next attempt at another hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.utils.timezone import localtime

from lianfang.base.bulk import insert_rows, update_rows
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.incidents.queries import editions_by_incident
from lianfang.domains.work.models import Clock, Item, Move
from lianfang.domains.work.rules import clock_minutes, next_try

Body = Mapping[str, Any]


def _edition_spans(body: Body, codes: set[str], at: datetime) -> dict[tuple[str, str], tuple[float, str]]:
    """What each edition says of each clock that asks it: number and unit."""
    out: dict[tuple[str, str], tuple[float, str]] = {}
    for code in codes:
        for c in body["clocks"]:
            if c.get("value"):
                own = float(value(code, c["value"], area_id=None, at=at))
                out[code, c["name"]] = (own, str(edition(code)["values"][c["value"]]["unit"]))
    return out


def _runs_out(item: Item, clock: Body, minutes: float, at: datetime, *, is_new: bool) -> datetime:
    # The clock named finish is the item's own due time, where whoever opened it set one.
    if is_new and clock["name"] == "finish" and item.due_at:
        return item.due_at
    return max(at, item.slot_at or at) + timedelta(minutes=minutes)


def start_clocks(
    body: Body,
    items: Sequence[Item],
    *,
    at: datetime,
    is_new: bool = False,
    again: Mapping[UUID, set[str]] | None = None,
) -> None:
    """Start the clocks of the state each item is in now, and stop those whose state it has left.

    A clock that was stopped starts anew when its state is entered again; one that runs goes on, unless a move of the
    item winds it up (again: clock names by item). A clock with a field moves the item's due time along.
    """
    if not body.get("clocks"):
        return
    editions = editions_by_incident({i.incident_id for i in items if i.incident_id})
    spans = _edition_spans(body, set(editions.values()), at)
    rows = Clock.objects.filter(item_id__in=[i.id for i in items]) if not is_new else Clock.objects.none()
    known = {(c.item_id, c.name): c for c in rows}
    fresh: list[Clock] = []
    wound: list[Clock] = []
    left: list[UUID] = []
    moved: list[Item] = []
    for i in items:
        code = editions.get(i.incident_id, "") if i.incident_id else ""
        for c in body["clocks"]:
            old = known.get((i.id, c["name"]))
            runs = old is not None and old.stopped_at is None
            if i.state not in c["in_states"]:
                left += [old.id] if old is not None and runs else []
                continue
            if runs and c["name"] not in (again or {}).get(i.id, ()):
                continue
            minutes = clock_minutes(body, c, i.values, spans.get((code, c["name"])))
            due = _runs_out(i, c, minutes, at, is_new=old is None)
            (wound if old else fresh).append(_wound(old, i, c, due))
            if c.get("field"):
                i.due_at = due
                moved.append(i)
    insert_rows(Clock, fresh)
    update_rows(Clock, wound, ["due_at", "position", "stopped_at", "ran_out_at"])
    if left:
        Clock.objects.filter(id__in=left).update(stopped_at=at)
    update_rows(Item, moved, ["due_at"])


def _wound(old: Clock | None, item: Item, clock: Body, due: datetime) -> Clock:
    if old is None:
        key = uuid5(item.id, "clock " + clock["name"])
        return Clock(id=key, item_id=item.id, name=clock["name"], due_at=due, receiver=clock["escalate_to"])
    old.due_at, old.position, old.stopped_at, old.ran_out_at = due, 0, None, None
    return old


def plan_next_tries(attempts: Mapping[UUID, datetime], items: Mapping[UUID, Item], bodies: Mapping[UUID, Body]) -> None:
    """Set the next attempt of items that were tried, in hours in which they were tried least; of none that is closed.

    attempts: the last attempt by item, among items whose kind names try_windows.
    """
    tried: dict[UUID, list[datetime]] = {i: [] for i in attempts}
    names = {i: [m["name"] for m in bodies[i]["moves"] if m.get("attempt")] for i in attempts}
    for item_id, move, at in Move.objects.filter(item_id__in=tried).values_list("item_id", "move", "at"):
        if move in names[item_id]:
            tried[item_id].append(localtime(at))
    for item_id, last in attempts.items():
        windows = bodies[item_id]["try_windows"]
        items[item_id].next_try_at = next_try(windows, tried[item_id], localtime(last))
