"""From hand to hand: a task that somebody holds is asked for, and is granted by itself where its holder is silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, serving
from lianfang.domains.editions.queries import common_edition, kind, values_of
from lianfang.domains.grid.errors import HouseholdMissing
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.messages.rules import hour_of_day, sends_at
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.work.errors import ItemMissing, OwnerUnskilled, TransferUnfit
from lianfang.domains.work.models import Item, Transfer
from lianfang.domains.work.queries.asking import due_about
from lianfang.domains.work.queries.reading import right_on
from lianfang.domains.work.queries.skills import unable_for
from lianfang.domains.work.rules import asked_skills
from lianfang.domains.work.services.moves import assign_items

ANSWER, QUIET = "transfer_answer_minutes", "quiet_hours"


@service("work.ask_transfer")
def ask_transfer(*, transfer_id: UUID, item_id: UUID, by: Actor, at: datetime) -> Transfer:
    """Ask to take over what somebody holds: he says yes or no, and where he is silent it is granted at its deadline.

    Repeat:  same id: the first. Rights: to do the item's kind where it lies. Locks: the item.
    Raises:  ItemMissing, OwnerUnskilled, TransferUnfit (nobody holds it, one's own, closed, asked for already).
    """
    known = Transfer.objects.filter(id=transfer_id).first()
    if known:
        raise Repeated(known)
    item = _locked(item_id, by)
    body = kind(item.kind, item.version)
    asked = Transfer.objects.filter(item=item, state="asked").exists()
    wrong = {"closed": item.is_closed, "free": item.owner_id is None, "own": item.owner_id == by.id, "asked": asked}
    for why, is_wrong in wrong.items():
        if is_wrong:
            raise TransferUnfit(why=why)
    if unable_for(body, [by.id], at=at):
        raise OwnerUnskilled(skills=asked_skills(body))
    assert item.owner_id is not None
    row = Transfer.objects.create(id=transfer_id, item=item, owner_id=item.owner_id, asked_by=by.id, asked_at=at,
                                  due_at=_until(item.area_id, at))  # fmt: skip
    _tell([row], "task-asked-for", by, at)
    return row


@service("work.answer_transfer")
def answer_transfer(*, transfer_id: UUID, gives: bool, by: Actor, at: datetime) -> Transfer:
    """Its holder gives the task away, or keeps it; whoever asked hears.

    Repeat:  answered so already. Rights: its holder's, or to lead its kind there. Locks: the item, then the row.
    Raises:  ItemMissing, TransferUnfit (over: answered otherwise, or granted meanwhile).
    """
    found = Transfer.objects.filter(id=transfer_id).values_list("item_id", flat=True).first()
    if found is None:
        raise ItemMissing(item="")
    item = _locked(found, by)
    row = Transfer.objects.select_for_update(of=("self",)).select_related("item__area").get(id=transfer_id)
    leads = may(by, right_on(item.kind, "lead"), area_id=item.area_id, incident_id=item.incident_id)
    if row.owner_id != by.id and not leads:
        raise ItemMissing(item=str(found))
    said = "given" if gives else "kept"
    if row.state == said:
        raise Repeated(row)
    if row.state != "asked" or item.is_closed or item.owner_id != row.owner_id:
        raise TransferUnfit(why="over")
    _end([row], said, by, at)
    if gives:
        _hand_over([row], by, at)
    _tell([row], f"task-{said}", by, at)
    return row


@service("work.put_back")
def put_back(*, item_id: UUID, by: Actor, at: datetime) -> Item:
    """Its holder cannot do a task: nobody owns it any more, and its clocks run on.

    Repeat:  nobody owns it. Rights: its holder's alone. Raises: ItemMissing, TransferUnfit (closed). Locks: the item.
    """
    item = _locked(item_id, by)
    if item.owner_id is None:
        raise Repeated(item)
    if item.owner_id != by.id:
        raise ItemMissing(item=str(item_id))
    if item.is_closed:
        raise TransferUnfit(why="closed")
    asked = list(Transfer.objects.select_for_update(of=("self",)).select_related("item__area")
                 .filter(item=item, state="asked"))  # fmt: skip
    _end(asked, "given", by, at)
    if asked:  # somebody has asked for it: it is his
        _hand_over(asked, by, at)
        _tell(asked, "task-given", by, at)
    else:
        Item.objects.filter(id=item.id).update(owner_id=None, before_id=None, changed_at=at)
        end_purposes(source_ids=[item.id], by=by, at=at)
    return Item.objects.get(id=item_id)


@service("work.take_door")
def take_door(*, household_id: UUID, by: Actor, at: datetime) -> int:
    """Take all that is due of a household and its people and that nobody holds, whatever its kinds; how many.

    What asks a skill that one lacks stays on the board. Repeat: nothing is left. Rights: work.do where it lies.
    Raises: HouseholdMissing.
    """
    area_id = Household.objects.filter(id=household_id).values_list("area_id", flat=True).first()
    if area_id is None or not may(by, "work.do", area_id=area_id):
        raise HouseholdMissing(household=str(household_id))
    here = Presence.objects.filter(household_id=household_id, to_on=None, kind__in=("lives", "stays"))
    units = [household_id, *here.values_list("person_id", flat=True)]
    free = [i.id for i in due_about(units, by=by) if i.owner_id is None]
    if not free:
        raise Repeated(0)
    return sum(not o.code for o in assign_items(item_ids=free, owner_id=by.id, by=by, at=at))


@service("work.grant_transfers", door=False)
def grant_transfers(*, limit: int, by: Actor, at: datetime) -> int:
    """What was asked for and nobody answered in time goes to whoever asked; both hear. Harmless twice; how many went.

    Edge:  what is done by now, has another holder, or was asked by somebody who serves there no more, is over.
    Locks: the items, then the rows, skipping those another worker has.
    """
    due = Transfer.objects.filter(state="asked", due_at__lte=at).order_by("due_at")
    ids = list(due.values_list("item_id", flat=True)[:limit])
    locked = Item.objects.select_for_update(skip_locked=True, of=("self",)).filter(id__in=ids).order_by("id")
    items = {i.id: i for i in locked.defer("sealed")}
    rows = list(due.select_for_update(of=("self",)).select_related("item__area").filter(item_id__in=items))
    serves = serving([(t.asked_by, items[t.item_id].area_id) for t in rows], at=at)
    fit = [t for t in rows if _still_fits(t, items[t.item_id]) and (t.asked_by, items[t.item_id].area_id) in serves]
    fit = [t for t in fit if not unable_for(kind(t.item.kind, t.item.version), [t.asked_by], at=at)]
    gone = {t.id for t in fit}
    if rows:
        _end([t for t in rows if t.id not in gone], "over", by, at)
        _end(fit, "granted", by, at)
        _hand_over(fit, by, at)
        _tell(fit, "task-given", by, at)
        _tell(fit, "task-granted", by, at)
    return len(fit)


def _locked(item_id: UUID, by: Actor) -> Item:
    """An item that the actor may do, its row locked. Raises ItemMissing."""
    row: QuerySet[Item] = Item.objects.select_for_update(of=("self",)).filter(id=item_id)
    item = row.defer("sealed").first()
    if item is None or not may(by, right_on(item.kind, "do"), area_id=item.area_id, incident_id=item.incident_id):
        raise ItemMissing(item=str(item_id))
    return item


def _until(area_id: UUID, at: datetime) -> datetime:
    """Until when its holder may answer: counted from when he can have read it, not while he sleeps."""
    told = values_of(common_edition(), [ANSWER, QUIET], area_id=area_id, at=at)
    begins, ends = (hour_of_day(h) for h in told[QUIET])
    reads = sends_at(localtime(at), purpose="tell", quiet_from=begins, quiet_until=ends)
    return reads + timedelta(minutes=told[ANSWER])


def _still_fits(t: Transfer, item: Item) -> bool:
    return not item.is_closed and item.owner_id == t.owner_id


def _end(rows: Sequence[Transfer], state: str, by: Actor, at: datetime) -> None:
    for t in rows:
        t.state, t.ended_at, t.ended_by = state, at, by.id
    Transfer.objects.bulk_update(rows, ["state", "ended_at", "ended_by"])


def _hand_over(rows: Sequence[Transfer], by: Actor, at: datetime) -> None:
    """Whoever asked holds the items now; of who was silent, what he notes of them still counts."""
    ids = [t.item_id for t in rows]
    for t in rows:
        before = t.owner_id if t.state == "granted" else None
        Item.objects.filter(id=t.item_id).update(owner_id=t.asked_by, before_id=before, changed_at=at)
    end_purposes(source_ids=ids, by=by, at=at)
    held = [(t.asked_by, t.item.unit_kind, t.item.unit_id, t.item_id) for t in rows if t.item.unit_id]
    if held:
        assign_purposes(purposes=held, why="work.assigned", until_at=None, by=by, at=at)


def _tell(rows: Sequence[Transfer], template: str, by: Actor, at: datetime) -> None:
    """Who asked hears of an answer; whoever held it, that it is asked for or is another's now."""
    lines: dict[UUID | None, list[Writing]] = {}
    for t in rows:
        item = t.item
        who = t.owner_id if template in ("task-asked-for", "task-granted") else t.asked_by
        said: dict[str, Any] = {"task": kind(item.kind, item.version)["words"], "until": t.due_at.isoformat(),
                                "area": {"zh": item.area.name, "en": item.area.name_en or item.area.name}}  # fmt: skip
        lines.setdefault(item.incident_id, []).append(
            Writing(uuid5(t.id, template), "account", who, said, item.id, item.area_id))  # fmt: skip
    for incident_id, some in lines.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
