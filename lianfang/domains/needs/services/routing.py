"""Looking after a plea: accepted, weighed by a person, put to a door, made into work, joined to another, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, post_of, require
from lianfang.domains.editions.queries import common_edition, kind
from lianfang.domains.grid.queries import household_seen
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.needs.errors import PleaEnded, PleaMissing, PleaNotDone, PleaTaken, PleaUnfit
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.kinds import PROMISES, act_by, minutes_by_area, plea_kinds
from lianfang.domains.needs.queries.pleas import is_asker, lives_behind
from lianfang.domains.needs.rules import DANGERS, ENDS, may_end, promised
from lianfang.domains.needs.services.taking import TAKE, ask_holders, tell_holders
from lianfang.domains.privacy.queries import opened
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.work.queries import private_kinds, right_on, work_due
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested, raise_refusal


def locked_plea(plea_id: UUID, by: Actor, *, right: str = TAKE) -> Plea:
    """A plea, locked, where the actor holds the right or looks after it. Raises PleaMissing."""
    row = Plea.objects.select_for_update(of=("self",)).select_related("area", "item").filter(id=plea_id).first()
    if row is None or not (row.holder_id == by.id or may(by, right, area_id=row.area_id, incident_id=row.incident_id)):
        raise PleaMissing()
    return row


@service("needs.accept_plea")
def accept_plea(*, plea_id: UUID, by: Actor, at: datetime) -> Plea:
    """Somebody looks after it and has spoken, or speaks now, with its asker: the promise is kept.

    Repeat: he has it. Rights: needs.take on the area, or being asked. Raises: PleaMissing, PleaEnded, PleaTaken.
    """
    row = locked_plea(plea_id, by)
    if row.acknowledged_by == by.id:
        raise Repeated(row)
    _still(row)
    if row.acknowledged_at is not None and row.holder_id != by.id:
        post = Plea.objects.filter(id=row.id).annotate(post=post_of("holder_id")).values_list("post", flat=True).first()
        raise PleaTaken(post=post or "")
    row.acknowledged_at, row.acknowledged_by, row.holder_id, row.accept_by = at, by.id, by.id, None
    row.next_at = row.act_by
    row.save(update_fields=["acknowledged_at", "acknowledged_by", "holder_id", "accept_by", "next_at"])
    _assign(row, by.id, by, at)
    return row


@service("needs.weigh_plea", told=("danger", "group"))
def weigh_plea(*, plea_id: UUID, kind_name: str, danger: str, group: str, deadline_at: datetime | None, where: str,
               by: Actor, at: datetime) -> Plea:  # fmt: skip
    """A person says what a plea is, how dangerous and by when: the cues only proposed.

    Repeat: the same. Rights: needs.take on the area, or looking after it. Raises: PleaMissing, PleaEnded, PleaUnfit.
    """
    row = locked_plea(plea_id, by)
    _still(row)
    if kind_name not in plea_kinds():
        raise PleaUnfit(field="kind", fix=" ".join(plea_kinds()))
    if danger not in DANGERS:
        raise PleaUnfit(field="danger", fix=" ".join(DANGERS))
    told = (kind_name, danger, group[:20], deadline_at, where.strip()[:120])
    if (row.kind, row.danger, row.group, row.deadline_at, row.deadline_where) == told and row.decided_by:
        raise Repeated(row)
    row.kind, row.danger, row.group, row.deadline_at, row.deadline_where = told
    row.decided_by, row.rank = by.id, DANGERS.index(danger)
    values = minutes_by_area([row.area_id], at=at)[row.area_id]
    row.act_by, row.deadline_told_at = act_by(deadline_at, values), None
    if row.acknowledged_at is None:
        sooner = promised(row.received_at, danger, {d: values[n] for d, n in PROMISES.items()})
        row.reply_by = min(row.reply_by, sooner)
    row.next_at = first_due(row)
    row.save(update_fields=["kind", "danger", "group", "deadline_at", "deadline_where", "decided_by", "rank", "next_at",
                            "reply_by", "act_by", "deadline_told_at"])  # fmt: skip
    return row


@service("needs.place_plea")
def place_plea(*, plea_id: UUID, household_id: UUID | None, person_id: UUID | None, area_id: UUID | None, by: Actor,
               at: datetime) -> Plea:  # fmt: skip
    """Where it is: a door of the register, or at least the area. Another area's desk is asked then, unless it was
    accepted.

    Repeat: the same. Rights: needs.take on the area where it stands now; it may be handed to any area, but put only
    to a door the actor may look at, and to somebody who lives or stays behind it: whoever looks after it reads there.
    Raises: PleaMissing, PleaEnded, PleaUnfit, HouseholdMissing.
    """
    row = locked_plea(plea_id, by)
    _still(row)
    home = household_seen(household_id, by=by, at=at).area_id if household_id else None
    if person_id and not lives_behind([(person_id, household_id)]):
        raise PleaUnfit(field="person", fix="")
    area = home or area_id
    if area is None:
        raise PleaUnfit(field="area", fix="id")
    if (row.household_id, row.person_id, row.area_id, row.is_placed) == (household_id, person_id, area, True):
        raise Repeated(row)
    moved = area != row.area_id
    if row.household_id and row.household_id != household_id:
        end_purposes(source_ids=[row.id], by=by, at=at)
    row.household_id, row.person_id, row.area_id, row.is_placed = household_id, person_id, area, True
    if moved and row.acknowledged_at is None:
        row.position = 0
        ask_holders([row], at)
    row.save(update_fields=["household_id", "person_id", "area_id", "is_placed", "holder_id", "position", "accept_by"])
    if moved and row.acknowledged_at is None:
        tell_holders([row], by, at)
    if row.acknowledged_at and row.holder_id:
        _assign(row, row.holder_id, by, at)
    return row


@service("needs.route_plea")
def route_plea(*, plea_id: UUID, item_id: UUID, kind_name: str, values: Mapping[str, Any], owner_id: UUID | None,
               by: Actor, at: datetime) -> Plea:  # fmt: skip
    """A plea becomes a piece of work of its kind, with an owner or the role that answers for it; its asker is told.

    The work's own clocks run from now; a hard deadline is its due time. What the kind takes of the plea's words, phone
    and place goes along, unless values say otherwise.
    Repeat: the same item. Rights: needs.take on the area, or looking after it. Raises: PleaMissing, PleaEnded,
    PleaUnfit, and what the kind asks of its fields.
    """
    row = locked_plea(plea_id, by)
    if row.item_id == item_id:
        raise Repeated(row)
    _still(row)
    entry = plea_kinds().get(kind_name)
    if entry is None:
        raise PleaUnfit(field="kind", fix=" ".join(plea_kinds()))
    if row.item is not None and not row.item.is_closed:
        raise PleaTaken(post="")
    if owner_id not in (None, by.id):
        require(by, "work.lead", area_id=row.area_id, incident_id=row.incident_id)
    body = kind(entry["opens"])
    taken = _values(row, entry, body, values, by)
    item = NewItem(item_id, row.area_id, *_unit(row, body), title=f"№{row.number}", values=taken,
                   owner_id=_owner(row, entry["opens"], owner_id, by),
                   owner_role=str(entry["owner"]), due_at=row.deadline_at)  # fmt: skip
    raise_refusal(open_tested(kind_name=entry["opens"], items=[item], incident_id=row.incident_id, by=by, at=at)[0])
    row.items = [*row.items, row.item_id] if row.item_id else row.items
    row.item_id, row.state, row.kind, row.done_told_at = item_id, "routed", kind_name, None
    row.decided_by = row.decided_by or by.id
    row.accept_by, row.next_at = None, row.act_by or work_due(item_id)
    row.acknowledged_at, row.acknowledged_by = row.acknowledged_at or at, row.acknowledged_by or by.id
    row.save(update_fields=["items", "item_id", "state", "kind", "done_told_at", "decided_by", "acknowledged_at",
                            "acknowledged_by", "accept_by", "next_at"])  # fmt: skip
    _tell(row, "plea-routed", {"what": entry["words"]}, by, at)
    return row


def _owner(row: Plea, opens: str, owner_id: UUID | None, by: Actor) -> UUID | None:
    """Whose work it is; of a private kind only who serves it himself takes it, else it waits on that desk."""
    if opens not in private_kinds():
        return owner_id
    serves = may(by, right_on(opens, "open"), area_id=row.area_id, incident_id=row.incident_id)
    return owner_id if owner_id == by.id and serves else None


def _unit(row: Plea, body: Mapping[str, Any]) -> tuple[str, UUID | None]:
    """The unit the work is about, as far as it is known yet."""
    if body["unit"] == "household" and row.household_id:
        return "household", row.household_id
    if body["unit"] == "person" and row.person_id:
        return "person", row.person_id
    if body["unit"] == "area":
        return "area", row.area_id
    return "none", None


def _values(row: Plea, entry: Mapping[str, Any], body: Mapping[str, Any], values: Mapping[str, Any],
            by: Actor) -> dict[str, Any]:  # fmt: skip
    """What of the plea its work takes along: set values, the words, the phone; those given speak before."""
    told = opened([row], by=by, fields=("words", "phone", "address"), whole=True, subject="subject_id")[row.id]
    names = {f["name"] for f in body.get("fields", [])}
    out: dict[str, Any] = {**entry.get("sets", {}), **entry.get("sets_in", {}).get(row.danger, {})}
    if entry.get("into") in names and told["words"]:
        out[entry["into"]] = told["words"]
    for name in ("phone", "address"):
        if name in names and told[name]:
            out[name] = told[name]
    return {k: v for k, v in {**out, **values}.items() if v not in ("", None)}


@service("needs.join_plea")
def join_plea(*, plea_id: UUID, same_as_id: UUID, by: Actor, at: datetime) -> Plea:
    """Two pleas are one: the later ends as the same, its asker goes on hearing by the first.

    Repeat: joined. Rights: needs.take on both areas. Raises: PleaMissing, PleaEnded, PleaUnfit (with itself).
    Locks: both, by their ids, so that two who join them crosswise wait for each other.
    """
    both = {i: locked_plea(i, by) for i in sorted((plea_id, same_as_id))}
    row, first = both[plea_id], both[same_as_id]
    if row.same_as_id == first.id:
        raise Repeated(row)
    _still(row)
    if first.id == row.id or first.same_as_id == row.id:
        raise PleaUnfit(field="same", fix=str(first.number))
    row.same_as = first
    _ended(row, "same", "", by, at)
    first.danger = min(first.danger, row.danger, key=DANGERS.index)
    dues = [d for d in (first.deadline_at, row.deadline_at) if d]
    first.deadline_at, first.rank = min(dues) if dues else None, DANGERS.index(first.danger)
    first.act_by = min((d for d in (first.act_by, row.act_by) if d), default=None)
    first.next_at = first_due(first)
    first.save(update_fields=["danger", "deadline_at", "rank", "next_at", "act_by"])
    _tell(row, "plea-joined", {"first": str(first.number)}, by, at)
    return row


@service("needs.end_plea", told=("end", "why"))
def end_plea(*, plea_id: UUID, end: str, why: str, by: Actor, at: datetime, rating: int | None = None) -> Plea:
    """A plea ends: its asker says it is solved, a lead has checked, or with a reason that is kept.

    Repeat: ended so. Rights: the asker confirms and withdraws; needs.take on the area, or looking after it, the rest.
    Raises: PleaMissing, PleaEnded, PleaNotDone, PleaUnfit (no reason, no such ending).
    """
    row = Plea.objects.select_for_update(of=("self",)).select_related("item", "area").filter(id=plea_id).first()
    if row is None or not (is_asker(row, by) or row.holder_id == by.id
                           or may(by, TAKE, area_id=row.area_id, incident_id=row.incident_id)):  # fmt: skip
        raise PleaMissing()
    if row.state == "ended" and row.end == end:
        raise Repeated(row)
    if end not in ENDS or end == "same" or (is_asker(row, by) and end not in ("confirmed", "withdrawn")):
        raise PleaUnfit(field="end", fix=" ".join(ENDS))
    if end == "confirmed" and not is_asker(row, by):
        require(by, TAKE, area_id=row.area_id, incident_id=row.incident_id)  # he was asked by phone
    own = is_asker(row, by)
    done = bool(row.item and row.item.is_closed)
    fault = may_end(row.state, end, is_done=done, why="own" if own else why)
    if fault == "ended":
        raise PleaEnded(end=row.end)
    if fault == "not_done":
        raise PleaNotDone()
    if fault:
        raise PleaUnfit(field="reason", fix="text")
    if rating is not None and not 1 <= rating <= 5:
        raise PleaUnfit(field="rating", fix="1–5")
    row.rating = rating
    _ended(row, end, why, by, at)
    if end not in ("confirmed", "withdrawn"):
        _tell(row, "plea-ended", {"why": why}, by, at)
    return row


@service("needs.reopen_plea", told=("why",))
def reopen_plea(*, plea_id: UUID, why: str, by: Actor, at: datetime) -> Plea:
    """Its asker says that it is not solved: it is open again, more urgent by nothing but its age, and the desk hears.

    A new answer is promised, as to any plea of its danger. Repeat: it is open. Rights: the asker; needs.take on the
    area. Raises: PleaMissing, PleaNotDone, PleaUnfit (no reason), PleaEnded (its words have been forgotten).
    """
    row = Plea.objects.select_for_update(of=("self",)).select_related("item", "area").filter(id=plea_id).first()
    if row is None or not (is_asker(row, by) or may(by, TAKE, area_id=row.area_id, incident_id=row.incident_id)):
        raise PleaMissing()
    if row.state == "received":
        raise Repeated(row)
    if row.state != "ended" and not (row.item and row.item.is_closed):
        raise PleaNotDone()
    if row.tongue and not row.sealed:  # it had words, and nobody could say any more what they asked for: he asks anew
        raise PleaEnded(end=row.end)
    if not why.strip():
        raise PleaUnfit(field="reason", fix="text")
    row.items = [*row.items, row.item_id] if row.item_id else row.items
    row.item, row.same_as, row.state, row.end, row.why = None, None, "received", "", why.strip()[:200]
    row.ended_at = row.ended_by = row.acknowledged_at = row.acknowledged_by = None
    row.late_told_at = row.deadline_told_at = row.rating = None
    minutes = minutes_by_area([row.area_id], at=at)[row.area_id]
    row.reply_by = promised(at, row.danger, {d: minutes[n] for d, n in PROMISES.items()})
    row.position, row.next_at = 0, first_due(row)
    ask_holders([row], at)
    if row.household_id:
        end_purposes(source_ids=[row.id], by=by, at=at)  # whoever accepts it next reads there, and nobody else
    row.save(update_fields=["items", "item", "same_as", "state", "end", "why", "ended_at", "ended_by", "rating",
                            "acknowledged_at", "acknowledged_by", "late_told_at", "deadline_told_at", "reply_by",
                            "position", "next_at", "holder_id", "accept_by"])  # fmt: skip
    tell_holders([row], by, at)
    return row


def first_due(row: Plea) -> datetime | None:
    """What of a plea is due first: the reply that was promised, while it is owed, or what its deadline asks for."""
    dues = [d for d in (row.act_by, None if row.acknowledged_at else row.reply_by) if d]
    return min(dues) if dues else None


def _still(row: Plea) -> None:
    if row.state == "ended":
        raise PleaEnded(end=row.end)


def _ended(row: Plea, end: str, why: str, by: Actor, at: datetime) -> None:
    row.state, row.end, row.why, row.ended_at, row.ended_by = "ended", end, why.strip()[:200], at, by.id
    if row.household_id:
        end_purposes(source_ids=[row.id], by=by, at=at)  # what was read of the door was for this
    row.save(update_fields=["state", "end", "why", "ended_at", "ended_by", "same_as", "rating"])


def _assign(row: Plea, holder_id: UUID, by: Actor, at: datetime) -> None:
    """Who looks after a plea may read of its door what he needs, until it ends."""
    if row.household_id:
        door = (holder_id, "household", row.household_id, row.id)
        assign_purposes(purposes=[door], why="needs.plea", until_at=at + timedelta(days=14), by=by, at=at)


def _tell(row: Plea, template: str, values: Mapping[str, Any], by: Actor, at: datetime) -> None:
    if row.account_id is None:
        return
    told = Writing(uuid5(row.id, f"{template} {at.isoformat()}"), "account", row.account_id,
                   {"number": str(row.number), **values}, about_id=row.id, area_id=row.area_id)  # fmt: skip
    write_messages(writings=[told], edition=common_edition(), template=template, incident_id=row.incident_id, by=by,
                   at=at)  # fmt: skip
