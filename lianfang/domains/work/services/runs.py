"""One errand for several: items taken along together before a counter closes; what was not made goes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service, tell
from lianfang.domains.accounts.queries import may, reach, require
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.work.errors import ItemMissing, MoveNotYours, RunUnfit
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.rules import done_state, first_state, runs_of, unmade_move
from lianfang.domains.work.services.opening import NewItem, lay_items, raise_refusal
from lianfang.domains.work.services.timing import start_clocks


@service("work.start_run")
def start_run(*, run_id: UUID, item_ids: Sequence[UUID], area_id: UUID, where: str, closes_at: datetime, by: Actor,
              at: datetime) -> Item:  # fmt: skip
    """Somebody goes for several at once and must be there before the counter closes; the items are then theirs.

    All are of one kind and one incident, nobody has begun them, and they lie below the area.
    Repeat: same id: the first. Rights: work.do on the area; for items somebody else has, work.lead.
    Raises: RunUnfit (nothing chosen, chosen apart, the counter is closed), ItemMissing, MoveNotYours.
    Locks: the items, in id order, so that no card is on two errands.
    """
    known = Item.objects.filter(id=run_id).first()
    if known:
        raise Repeated(known)
    require(by, "work.do", area_id=area_id)
    if closes_at <= at:
        raise RunUnfit(field="closes", fix=at.isoformat())
    rows = list(Item.objects.select_for_update().filter(id__in=item_ids).order_by("id"))
    run_kind = _fit(rows, set(item_ids), by)
    item = NewItem(run_id, area_id, title=where.strip(), owner_id=by.id, due_at=closes_at,
                   values={"where": where.strip()} if where.strip() else {})  # fmt: skip
    raise_refusal(lay_items(kind_name=run_kind, items=[item], area_id=None, incident_id=rows[0].incident_id, by=by,
                            at=at)[0])  # fmt: skip
    tell(opened=1)
    Item.objects.filter(id__in=[r.id for r in rows]).update(
        parent_id=run_id, owner_id=by.id, before_id=None, changed_at=at
    )
    end_purposes(source_ids=[r.id for r in rows], by=by, at=at)
    doors = [(by.id, r.unit_kind, r.unit_id, r.id) for r in rows if r.unit_id]
    if doors:
        assign_purposes(purposes=doors, why="work.assigned", until_at=None, by=by, at=at)
    return Item.objects.get(id=run_id)


def _fit(rows: Sequence[Item], asked: Collection[UUID], by: Actor) -> str:
    """The kind of errand on which all these can go along. Raises as start_run."""
    if not rows or len({(r.kind, r.incident_id) for r in rows}) > 1:
        raise RunUnfit(field="items", fix="")
    areas = {r.area_id for r in rows}
    serves, leads = reach(by, "work.do", areas=areas), reach(by, "work.lead", areas=areas)
    missing = set(asked) - {r.id for r in rows if serves.has(r.area_id, r.incident_id)}
    if missing:
        raise ItemMissing(item=str(next(iter(missing))))
    if any(r.owner_id not in (None, by.id) and not leads.has(r.area_id, r.incident_id) for r in rows):
        raise MoveNotYours(move="assign")
    body = kind(rows[0].kind)
    runs = runs_of(body, kinds_by_name())
    if not runs or any(r.is_closed or r.parent_id or r.state != first_state(body) for r in rows):
        raise RunUnfit(field="items", fix="")
    return runs[0]


@service("work.end_run")
def end_run(*, run_id: UUID, by: Actor, at: datetime) -> Item:
    """Whoever went is back: what was made stays made, what was not goes back into the queue, with nobody as owner.

    Repeat: ended. Rights: who goes, or work.lead. Raises: ItemMissing, MoveNotYours.
    """
    run = Item.objects.select_for_update().filter(id=run_id).first()
    if run is None or not kind(run.kind, run.version).get("run"):
        raise ItemMissing(item=str(run_id))
    if run.owner_id != by.id and not may(by, "work.lead", area_id=run.area_id, incident_id=run.incident_id):
        seen = may(by, "work.read", area_id=run.area_id, incident_id=run.incident_id)
        raise MoveNotYours(move="back") if seen else ItemMissing(item=str(run_id))
    if run.is_closed:
        raise Repeated(run)
    _end([run], "back", by, at)
    return Item.objects.get(id=run_id)


@service("work.end_runs", door=False)
def end_runs(*, limit: int, by: Actor, at: datetime) -> int:
    """Counters that have closed: what was not made by then goes back into the queue. Gives how many errands.

    Harmless twice: an errand that only has made things to bring home goes on, and has nothing more to give back.
    Locks: the errands, skipping those another worker has.
    """
    ended = 0
    names = [n for n, body in kinds_by_name().items() if body.get("run")]
    rows = Item.objects.select_for_update(skip_locked=True).filter(kind__in=names, is_closed=False, due_at__lte=at)
    runs = list(rows.filter(id__in=_unmade().values("parent_id")).order_by("due_at")[:limit])
    if not runs:
        raise Repeated(0)  # asked every few seconds: nothing ended leaves no entry
    ended = len(runs)
    _end(runs, "closed", by, at, is_back=False)
    return ended


def _unmade() -> QuerySet[Item]:
    """Open items on errands that stand where nothing has been made of them yet."""
    takes = [b for b in kinds_by_name().values() if b.get("back_from_run")]
    rows = Item.objects.none()
    for body in takes:
        states = [s["name"] for s in body["states"] if s.get("first") or unmade_move(body, s["name"])]
        rows = rows | Item.objects.filter(kind=body["kind"], state__in=states, is_closed=False, parent__isnull=False)
    return rows


def _end(runs: Sequence[Item], why: str, by: Actor, at: datetime, *, is_back: bool = True) -> None:
    """Take back what was not made; an errand is over when its goer is back or nothing open is left on it."""
    ids = [r.id for r in runs]
    moves, back, came = [], [], Counter[UUID | None]()
    for item in Item.objects.select_for_update().filter(parent_id__in=ids, is_closed=False).order_by("id"):
        body = kind(item.kind, item.version)
        move = unmade_move(body, item.state)
        if move is None and item.state != first_state(body):
            continue  # made: it is brought home, and stays with who made it
        name, to = (move["name"], move["to"]) if move else (body["back_from_run"], item.state)
        moves.append(Move(id=uuid5(item.id, f"run {item.parent_id}"), item_id=item.id, move=name,
                          from_state=item.state, to_state=to, by=by.id, at=at, told={"why": why}))  # fmt: skip
        came[item.parent_id] += 1
        item.state, item.parent_id, item.owner_id, item.before_id, item.changed_at = to, None, None, None, at
        back.append(item)
    Move.objects.bulk_create(moves, batch_size=2000)
    update_rows(Item, back, ["state", "parent", "owner_id", "before_id", "changed_at"])
    for name, version in {(i.kind, i.version) for i in back}:
        some = [i for i in back if (i.kind, i.version) == (name, version)]
        start_clocks(kind(name, version), some, at=at)
    end_purposes(source_ids=[i.id for i in back], by=by, at=at)
    still = set(Item.objects.filter(parent_id__in=ids, is_closed=False).values_list("parent_id", flat=True))
    over = [r for r in runs if is_back or r.id not in still]
    for r in runs:
        r.values = {**r.values, "back": r.values.get("back", 0) + came[r.id]}
        r.changed_at = at
    ends = []
    for r in over:
        body, was = kind(r.kind, r.version), r.state
        r.state, r.is_closed, r.closed_at = done_state(body), True, at
        r.done_by = r.owner_id
        name = next(m["name"] for m in body["moves"] if was in m["from"] and m["to"] == r.state)
        ends.append(Move(id=uuid5(r.id, "over"), item_id=r.id, move=name, from_state=was, to_state=r.state, by=by.id,
                         at=at, told={"why": why}))  # fmt: skip
    Move.objects.bulk_create(ends)
    tell(moved=len(moves) + len(ends))
    update_rows(Item, runs, ["values", "state", "is_closed", "closed_at", "changed_at", "done_by"])
    for name, version in {(i.kind, i.version) for i in over}:
        some = [i for i in over if (i.kind, i.version) == (name, version)]
        start_clocks(kind(name, version), some, at=at)
