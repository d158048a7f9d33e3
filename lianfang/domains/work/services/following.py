"""People who have moved: what is to be done for them follows to the new door, or goes to a desk with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import holders_by_area, serving
from lianfang.domains.areas.models import Area
from lianfang.domains.editions.queries import common_edition, kind
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.work.errors import MovedAway
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.queries.moved import Whither, items_left_behind, plans_left_behind
from lianfang.domains.work.rules import FOLLOWED, MOVED_AWAY
from lianfang.domains.work.services.plans import _set_opening
from lianfang.domains.work.services.taking_off import _say_house_move

KEPT, OFF, CAME, GONE = "task-follows", "task-moved-off", "task-moved-in", "task-moved-away"
DESKS, MOST_DESKS = ("committee-lead", "street-lead", "command", "duty-officer"), 2


@dataclass
class _Told:
    """Who is told what, of which kind, in which area: of many of one kind one message says how many."""

    rows: dict[tuple[str, UUID, UUID, str], list[UUID]] = field(default_factory=dict)

    def add(self, template: str, who: UUID | None, area_id: UUID, row: Item | Plan) -> None:
        if who:
            self.rows.setdefault((template, who, area_id, row.kind), []).append(row.id)


@service("work.follow_moves", door=False)
def follow_moves(*, limit: int, by: Actor, at: datetime) -> int:
    """What is open for people and households that have moved sends nobody to the old door. Gives how many items.

    It follows to the new door: with its owner where he serves there, else with nobody, for the desk of that area. Of
    who is nowhere on the district's register any more nobody has it, and the desk of the old area decides. Plans the
    same. Owners and desks hear, and the item's history says so. Harmless twice.
    Locks: items, then plans, skipping those at work.
    """
    items = items_left_behind(at, limit=limit)
    plans = plans_left_behind(at, fault=MovedAway.code, limit=limit)
    if not items and not plans:
        raise Repeated(0)
    told = _Told()
    locked = Item.objects.select_for_update(skip_locked=True, of=("self",)).filter(id__in=items, is_closed=False)
    rows = list(locked.defer("sealed").order_by("id"))
    _items_go(rows, items, told, by, at)
    running = Plan.objects.select_for_update(skip_locked=True, of=("self",)).filter(id__in=plans, ended_at=None)
    _plans_go(list(running.defer("sealed").order_by("id")), plans, told, at)
    _tell(told, by, at)
    return len(rows)


def _items_go(rows: Sequence[Item], whither: dict[UUID, Whither], told: _Told, by: Actor, at: datetime) -> None:
    serves = _serving(rows, whither, at)
    followed, away, kept = list[Item](), list[Item](), list[Item]()
    for i in rows:
        new, was = whither[i.id], i.owner_id
        if new.area_id is None or _is_taken(i, new):
            away.append(i)
        else:
            i.area_id = new.area_id
            i.unit_id = new.household_id if i.unit_kind == "household" else i.unit_id
            followed.append(i)
        if was and i in followed and (was, i.area_id) in serves:
            kept.append(i)
            told.add(KEPT, was, i.area_id, i)
        else:
            i.owner_id, i.before_id = None, was or i.before_id  # what he did before he heard still counts
            told.add(OFF, was, i.area_id, i)
        i.changed_at = at
    _say_house_move(followed, FOLLOWED, by=by, at=at)
    _say_house_move(away, MOVED_AWAY, by=by, at=at)
    Item.objects.bulk_update(rows, ["area", "unit_id", "owner_id", "before_id", "changed_at"])
    end_purposes(source_ids=[i.id for i in rows], by=by, at=at)
    assign_purposes(purposes=[(i.owner_id, i.unit_kind, i.unit_id, i.id) for i in kept if i.unit_id and i.owner_id],
                    why="work.assigned", until_at=None, by=by, at=at)  # fmt: skip
    _desks_hear([i for i in followed if i.owner_id is None], CAME, told, at)
    _desks_hear(away, GONE, told, at)


def _plans_go(rows: Sequence[Plan], whither: dict[UUID, Whither], told: _Told, at: datetime) -> None:
    serves = _serving(rows, whither, at)
    away, free, goes_on = list[Plan](), list[Plan](), list[Plan]()
    for p in rows:
        new = whither[p.id]
        if new.area_id is None:
            p.fault, p.opens_on = MovedAway.code, None
            away.append(p)
            continue
        p.area_id, p.unit_id = new.area_id, new.household_id if p.unit_kind == "household" else p.unit_id
        goes_on += [p] if p.fault in ("", MovedAway.code) else []
        if p.owner_id and (p.owner_id, p.area_id) not in serves:
            told.add(OFF, p.owner_id, p.area_id, p)
            p.owner_id = None
        free += [] if p.owner_id else [p]
    for p in goes_on:
        p.fault = ""
    _set_opening(goes_on, at)
    Plan.objects.bulk_update(rows, ["area", "unit_id", "owner_id", "fault", "opens_on"])
    _desks_hear(free, CAME, told, at)
    _desks_hear(away, GONE, told, at)


def _serving(
    rows: Sequence[Item] | Sequence[Plan], whither: dict[UUID, Whither], at: datetime
) -> set[tuple[UUID, UUID]]:
    """Of owners those who serve where their items and plans go."""
    pairs = [(r.owner_id, a) for r in rows if r.owner_id and (a := whither[r.id].area_id)]
    return serving(pairs, at=at) if pairs else set()


def _is_taken(i: Item, new: Whither) -> bool:
    """Whether the new door has the same of the same routine already."""
    same = Item.objects.filter(incident_id=i.incident_id, routine=i.routine, slot_at=i.slot_at)
    return bool(i.routine) and i.unit_kind == "household" and same.filter(unit_id=new.household_id).exists()


def _desks_hear(rows: Sequence[Item] | Sequence[Plan], template: str, told: _Told, at: datetime) -> None:
    desks = holders_by_area(DESKS, {r.area_id for r in rows}, at=at)
    for r in rows:
        for who in desks[r.area_id][:MOST_DESKS]:
            told.add(template, who, r.area_id, r)


def _tell(told: _Told, by: Actor, at: datetime) -> None:
    areas = Area.objects.defer("outline").in_bulk({a for _, _, a, _ in told.rows})
    lines: dict[str, list[Writing]] = {}
    for (template, who, area_id, kind_name), ids in told.rows.items():
        area = areas[area_id]
        said: dict[str, Any] = {"task": kind(kind_name)["words"], "many": str(len(ids)),
                                "area": {"zh": area.name, "en": area.name_en or area.name}}  # fmt: skip
        told_id = uuid5(ids[0], f"{template} {who} {at.isoformat()}")
        lines.setdefault(template, []).append(Writing(told_id, "account", who, said, ids[0], area_id))
    for template, some in lines.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=None, by=by, at=at)
