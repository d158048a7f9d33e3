"""Moving items: set-based, from a page or from two hundred phones that were offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import Reach, held, reach, reach_by_actor
from lianfang.domains.editions.queries import kind
from lianfang.domains.privacy.queries import opened
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.work.errors import ItemMissing, OwnerUnskilled
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.bounds import against
from lianfang.domains.work.queries.reading import private_kinds, right_on
from lianfang.domains.work.queries.skills import unable_for
from lianfang.domains.work.rules import (
    HOUSE_MOVES,
    Against,
    Standing,
    Verdict,
    asked_skills,
    closed_states,
    counted_value,
    done_state,
    field_of,
    is_drawn,
    judge,
    search_words,
    split_values,
)
from lianfang.domains.work.services.clocks import hand_at_once
from lianfang.domains.work.services.opening import NewItem, lay_items, raise_refusal, sealed_segments
from lianfang.domains.work.services.plans import keep_next
from lianfang.domains.work.services.timing import plan_next_tries, start_clocks

WAS_OFF = "was_off"  # told of a move: its doer no longer held the item, and had it in hand all the same


@dataclass(frozen=True)
class Note:
    """One move, noted by somebody at a time: its id is the note's, so a device may send it again."""

    id: UUID
    item_id: UUID
    move: str
    by: Actor
    at: datetime
    seq: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    written_by: UUID | None = None  # who wrote it on paper, where `by` types it in: the work is his

    @property
    def doer_id(self) -> UUID:
        """Whose work it was."""
        return self.written_by or self.by.id


@dataclass
class _Batch:
    items: dict[UUID, Item]
    last_by: dict[UUID, UUID]
    reach: dict[str, dict[UUID, Reach]]  # by right, then by actor
    had: dict[UUID, Mapping[str, Any]]
    against: Mapping[UUID, Against]  # by note
    moves: list[Move] = field(default_factory=list)
    personal: list[tuple[UUID, Mapping[str, Mapping[str, Any]]]] = field(default_factory=list)
    changed: dict[UUID, Item] = field(default_factory=dict)
    again: dict[UUID, set[str]] = field(default_factory=dict)  # clocks that moves wind up, by item
    taken: set[UUID] = field(default_factory=set)  # items that went from hand to hand
    attempts: dict[UUID, datetime] = field(default_factory=dict)  # last attempt by item, where a next one is planned
    raised: dict[tuple[str, UUID | None], list[NewItem]] = field(default_factory=dict)  # by kind and incident


def _gather(notes: Sequence[Note], by: Actor) -> _Batch:
    ids = sorted({n.item_id for n in notes})
    items = {i.id: i for i in Item.objects.select_for_update().filter(id__in=ids).order_by("id")}
    actors = {n.by.id: n.by for n in notes}.values()
    areas = {i.area_id for i in items.values()}
    last: dict[UUID, UUID] = dict(
        Move.objects.filter(item_id__in=ids)
        .exclude(move__in=HOUSE_MOVES)
        .order_by("item_id", "-at", "-id")
        .distinct("item_id")
        .values_list("item_id", Coalesce("written_by", "by"))
    )
    with_sealed = [i for i in items.values() if i.sealed]
    names = {f["name"] for i in with_sealed for f in kind(i.kind, i.version).get("fields", [])}
    had = opened(with_sealed, by=by, fields=sorted(names)) if with_sealed else {}
    rights = {right_on(i.kind, what) for i in items.values() for what in ("lead", "do")}
    return _Batch(items, last, {r: reach_by_actor(actors, r, areas=areas) for r in rights}, dict(had),
                  against([(n.id, items[n.item_id], n.values, n.at) for n in notes if n.item_id in items]))  # fmt: skip


def _standing(batch: _Batch, item: Item, note: Note) -> Standing:
    """How a note's author stands to its item; of paper, whose work it was: nobody types his own work as another's."""
    by, hands = note.by, {note.by.id, note.doer_id}
    return Standing(
        is_owner=bool(hands & {item.owner_id, item.before_id}),
        is_lead=batch.reach[right_on(item.kind, "lead")][by.id].has(item.area_id, item.incident_id),
        is_in_area=batch.reach[right_on(item.kind, "do")][by.id].has(item.area_id, item.incident_id),
        made_last_move=batch.last_by.get(item.id) in hands,
        was_doer=item.done_by in hands,
    )


def _apply(batch: _Batch, note: Note) -> Outcome:
    item = batch.items.get(note.item_id)
    if item is None:
        return Outcome(note.id, ItemMissing.code, {"item": str(note.item_id)})
    body = kind(item.kind, item.version)
    standing = _standing(batch, item, note)
    if item.kind in private_kinds() and not (standing.is_owner or standing.is_lead or standing.is_in_area):
        return Outcome(note.id, ItemMissing.code, {"item": str(note.item_id)})  # not even that it is there
    hidden = {k: v for k, v in batch.had.get(item.id, {}).items() if v}
    verdict: Verdict = judge(
        body,
        state=item.state,
        move=note.move,
        values=note.values,
        had={**hidden, **item.values},
        standing=standing,
        against=batch.against[note.id],
    )
    if verdict.code:
        return Outcome(note.id, verdict.code, dict(verdict.values or {}))
    plain, personal = split_values(body, {**note.values, **(verdict.fills or {})})
    batch.moves.append(
        Move(
            id=note.id,
            item_id=item.id,
            move=note.move,
            from_state=item.state,
            to_state=verdict.state,
            by=note.by.id,
            written_by=note.written_by,
            at=note.at,
            told=plain | ({WAS_OFF: True} if note.doer_id == item.before_id else {}),
        )
    )
    if personal:
        batch.personal.append((item.id, personal))
    _change(batch, item, body, note, verdict.state, plain)
    _note_consequences(batch, item, body, note)
    batch.last_by[item.id] = note.doer_id
    batch.changed[item.id] = item
    return Outcome(note.id)


def _unskilled(about_id: UUID, body: Mapping[str, Any]) -> Outcome:
    return Outcome(about_id, OwnerUnskilled.code, {"skills": asked_skills(body)})


def _untrained(batch: _Batch, note: Note) -> Outcome | None:
    """A step in the kit is made by nobody without the training, whoever has the item. To who may do none: nothing."""
    item = batch.items.get(note.item_id)
    if item is None or not batch.reach[right_on(item.kind, "do")][note.by.id].has(item.area_id, item.incident_id):
        return None
    body = kind(item.kind, item.version)
    in_kit = any(m.get("kit") for m in body["moves"] if m["name"] == note.move)
    asks = in_kit and unable_for(body, [note.doer_id], at=note.at)
    return _unskilled(note.id, body) if asks else None


def _change(batch: _Batch, item: Item, body: Mapping[str, Any], note: Note, state: str,
            plain: Mapping[str, Any]) -> None:  # fmt: skip
    move = next(m for m in body["moves"] if m["name"] == note.move)
    item.values = {**item.values, **plain}
    item.state, item.changed_at = state, note.at
    item.attempts += 1 if move.get("attempt") else 0
    if move.get("takes_over"):
        item.owner_id = note.doer_id  # from hand to hand: whoever says that he has it, has it
        batch.taken.add(item.id)
    elif note.doer_id == item.before_id:
        item.owner_id = note.doer_id  # he had it in hand all along
    if note.doer_id == item.owner_id:
        item.before_id = None
    item.owner_id = item.owner_id or note.doer_id
    item.words = search_words(
        item.title,
        item.title_en,
        body["words"]["zh"],
        body["words"]["en"],
        *[str(v) for v in item.values.values() if isinstance(v, str)],
    )
    if move["who"] != ["other"]:
        # Whoever moves the work along is its doer; a move that belongs to another is a look at it, not the work.
        item.done_by = note.doer_id
    if state in closed_states(body):
        item.is_closed, item.closed_at = True, note.at
        counted = counted_value(body, state, item.values)
        item.counted = counted
        if counted is not None and is_drawn(item.id, note.id, int(body.get("spot_check_percent", 0))):
            item.spot_check = "drawn"


def _note_consequences(batch: _Batch, item: Item, body: Mapping[str, Any], note: Note) -> None:
    """What a move brings with it by its kind: clocks wound up, a next attempt, an item of another kind."""
    move = next(m for m in body["moves"] if m["name"] == note.move)
    batch.again.setdefault(item.id, set()).update(move.get("again", []))
    if move.get("attempt") and body.get("try_windows"):
        batch.attempts[item.id] = note.at
    elif item.is_closed:
        item.next_try_at = None
        batch.attempts.pop(item.id, None)
    opens = move.get("opens") or {}
    words = note.values.get(opens.get("field", ""))
    if opens and words not in (None, "", False):
        is_open_text = (field_of(body, opens["field"]) or {}).get("personal", "none") == "none"
        about = (item.unit_kind, item.unit_id) if kind(opens["kind"])["unit"] == item.unit_kind else ("none", None)
        new = NewItem(
            uuid5(note.id, opens["kind"]),
            item.area_id,
            *about,
            str(words) if is_open_text else "",
            {**opens.get("values", {}), opens["into"]: words},
            raised_from_id=item.id,
        )
        batch.raised.setdefault((opens["kind"], item.incident_id), []).append(new)


CHANGED = [
    "state",
    "is_closed",
    "closed_at",
    "done_by",
    "owner_id",
    "before_id",
    "values",
    "words",
    "counted",
    "attempts",
    "next_try_at",
    "changed_at",
    "spot_check",
]


def _store(batch: _Batch, *, by: Actor, at: datetime) -> None:
    for item_id, blob in sealed_by_incident(batch).items():
        batch.changed[item_id].sealed = bytes(batch.changed[item_id].sealed) + blob
    rows = list(batch.changed.values())
    fields = [*CHANGED, "sealed"] if batch.personal else CHANGED
    Move.objects.bulk_create(batch.moves, batch_size=2000)
    if batch.attempts:
        tried = {i: batch.changed[i] for i in batch.attempts}
        plan_next_tries(batch.attempts, tried, {i: kind(t.kind, t.version) for i, t in tried.items()})
    update_rows(Item, rows, fields)
    by_kind: dict[tuple[str, int], list[Item]] = {}
    for r in rows:
        by_kind.setdefault((r.kind, r.version), []).append(r)
    for (name, version), items in by_kind.items():
        start_clocks(kind(name, version), items, at=at, again=batch.again)
        hand_at_once(kind(name, version), items, by=by, at=at)
    closed = [r.id for r in rows if r.is_closed]
    if closed or batch.taken:
        end_purposes(source_ids=[*closed, *batch.taken], by=by, at=at)
    held = [(r.owner_id, r.unit_kind, r.unit_id, r.id) for r in rows
            if r.id in batch.taken and r.owner_id and r.unit_id and not r.is_closed]  # fmt: skip
    if held:
        assign_purposes(purposes=held, why="work.assigned", until_at=None, by=by, at=at)
    keep_next([r for r in rows if r.is_closed], by, at)
    for (kind_name, incident_id), asked in batch.raised.items():
        for done in lay_items(kind_name=kind_name, items=asked, area_id=None, incident_id=incident_id, by=by, at=at):
            raise_refusal(done)  # the kinds were checked against each other when they were loaded
    _close_parents({r.parent_id for r in rows if r.parent_id and r.is_closed}, at)


def sealed_by_incident(batch: _Batch) -> dict[UUID, bytes]:
    """Seal what the notes brought, each under its own incident's keys; several notes on one item follow one another."""
    # Each wave holds an item once: keys are asked once a wave, and nearly every upload is one.
    waves: list[dict[UUID, Mapping[str, Mapping[str, Any]]]] = []
    for row_id, classes in batch.personal:
        wave = next((w for w in waves if row_id not in w), None)
        if wave is None:
            waves.append(wave := {})
        wave[row_id] = classes
    out: dict[UUID, bytes] = {}
    for wave in waves:
        for incident_id in {batch.items[i].incident_id for i in wave}:
            rows = [(i, c) for i, c in wave.items() if batch.items[i].incident_id == incident_id]
            for row_id, blob in sealed_segments(rows, incident_id).items():
                out[row_id] = out.get(row_id, b"") + blob
    return out


def _close_parents(parents: set[UUID], at: datetime) -> None:
    """A parent stands done when all its children are closed: computed, never a move of its own."""
    open_child = Item.objects.filter(parent_id=OuterRef("id"), is_closed=False)
    for parent in locked_parents(parents).filter(~Exists(open_child)):
        body = kind(parent.kind, parent.version)
        if body.get("stays_open"):  # it ends by its own move: more may come to hang under it
            continue
        parent.state, parent.is_closed, parent.closed_at, parent.changed_at = done_state(body), True, at, at
        parent.save(update_fields=["state", "is_closed", "closed_at", "changed_at"])


def locked_parents(parents: set[UUID]) -> QuerySet[Item]:
    """Open parents, locked before their children are looked at.

    Of two phones that close the last two children at once, each would else see the other's child open.
    """
    rows = Item.objects.filter(id__in=parents, is_closed=False)
    list(rows.select_for_update(no_key=True).order_by("id").values_list("id"))
    return rows


@service("work.make_moves", savepoint=False)
def make_moves(*, notes: Sequence[Note], by: Actor, at: datetime) -> list[Outcome]:
    """Make moves in the order in which they were noted; one outcome a note, none raises for another.

    Repeat:  a note id that is known is left ("repeated"): a device may send its whole list again, in any order.
    Rights:  of each note's own actor on its item. Locks: the items, in id order.
    """
    batch = _gather(notes, by)
    # Asked once the items are locked: of two uploads of the same notes the later finds what the earlier made.
    known = set(Move.objects.filter(id__in=[n.id for n in notes]).values_list("id", flat=True))
    outcomes: dict[UUID, Outcome] = {}
    for note in sorted(notes, key=lambda n: (n.at, n.seq)):
        if note.id not in outcomes:
            again = Outcome(note.id, "repeated") if note.id in known else _untrained(batch, note)
            outcomes[note.id] = again or _apply(batch, note)
    _store(batch, by=by, at=at)
    return [outcomes[n.id] for n in notes]


def make_move(*, note: Note, by: Actor, at: datetime) -> UUID:
    """The list with one note, raising its refusal."""
    done = make_moves(notes=[note], by=by, at=at)[0]
    raise_refusal(done)
    return note.item_id


@service("work.assign_items")
def assign_items(*, item_ids: Sequence[UUID], owner_id: UUID, by: Actor, at: datetime) -> list[Outcome]:
    """Give open items to an owner, with the purpose that lets the owner read whom they are about.

    Rights: work.lead on each item's area, or taking an item that nobody owns with work.do; of a private kind its own.
    """
    items = {i.id: i for i in Item.objects.select_for_update().filter(id__in=item_ids, is_closed=False).order_by("id")}
    areas = {i.area_id for i in items.values()}
    rights = {i.kind: (right_on(i.kind, "lead"), right_on(i.kind, "do")) for i in items.values()}
    reached = {r: reach(by, r, areas=areas) for pair in rights.values() for r in pair}
    bodies = {(i.kind, i.version): kind(i.kind, i.version) for i in items.values()}
    unable = {k: body for k, body in bodies.items() if unable_for(body, [owner_id], at=at)}
    outcomes, given, hidden = [], [], private_kinds()
    for item_id in item_ids:
        i = items.get(item_id)
        if i is None:
            outcomes.append(Outcome(item_id, ItemMissing.code, {"item": str(item_id)}))
        elif (i.kind, i.version) in unable:
            outcomes.append(_unskilled(item_id, unable[i.kind, i.version]))
        elif reached[rights[i.kind][0]].has(i.area_id, i.incident_id) or (
            owner_id == by.id
            and i.owner_id in (None, by.id)
            and reached[rights[i.kind][1]].has(i.area_id, i.incident_id)
        ):
            given.append(i)
            outcomes.append(Outcome(item_id))
        elif i.kind in hidden and i.owner_id != by.id:
            outcomes.append(Outcome(item_id, ItemMissing.code, {"item": str(item_id)}))
        else:
            outcomes.append(Outcome(item_id, "work.move_not_yours", {"move": "assign"}))
    Item.objects.filter(id__in=[i.id for i in given]).update(owner_id=owner_id, before_id=None, changed_at=at)
    end_purposes(source_ids=[i.id for i in given], by=by, at=at)
    assign_purposes(
        purposes=[(owner_id, i.unit_kind, i.unit_id, i.id) for i in given if i.unit_id],
        why="work.assigned",
        until_at=None,
        by=by,
        at=at,
    )
    return outcomes


@service("work.give_back", door=False)
def give_back(*, holder: Actor, by: Actor, at: datetime) -> list[UUID]:
    """Open items of a holder that its present posts do not reach: nobody owns them, and they wait on the board.

    With them end the purposes by which the holder could read whom they are about. Tested by the service that ended
    the post. Gives the items.
    """
    kept = held(holder, "work.do") | held(holder, "work.read")
    rows = Item.objects.select_for_update(of=("self",)).filter(owner_id=holder.id, is_closed=False).exclude(kept)
    ids = list(rows.order_by("id").values_list("id", flat=True))
    Item.objects.filter(id__in=ids).update(owner_id=None, changed_at=at)
    # What a clock took from him before counts no more either: whoever has no post there notes nothing there.
    Item.objects.filter(before_id=holder.id, is_closed=False).exclude(kept).update(before_id=None)
    end_purposes(source_ids=ids, by=by, at=at)
    return ids
