"""Hearts written: calls of the counselling line, its empty hours told, disputes and who mediates them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.needs.errors import MediatorUnfit
from lianfang.domains.needs.queries.hearts import (
    CALL,
    COUNSEL,
    DISPUTE,
    MEDIATE,
    MEDIATE_LEAD,
    disputes_seen,
    lines_empty,
    mediators,
    require_choices,
)
from lianfang.domains.needs.rules import without_blanks
from lianfang.domains.responders.queries import duty_lists
from lianfang.domains.work.errors import FieldUnfit, ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, Note, assign_items, make_move
from lianfang.domains.work.services.opening import open_tested, raise_refusal

LINE_LEAD = "counsel-lead"
HIGH = "high"


def open_heart(kind_name: str, item: NewItem, incident_id: UUID | None, by: Actor, at: datetime) -> None:
    """Open one item of a right that was tested. Raises Repeated where it stands already, and what its kind asks."""
    if Item.objects.filter(id=item.id).exists():
        raise Repeated(item.id)
    raise_refusal(open_tested(kind_name=kind_name, items=[item], incident_id=incident_id, by=by, at=at)[0])


@service("needs.record_call")
def record_call(*, item_id: UUID, area_id: UUID, incident_id: UUID | None, topic: str, risk: str, next_hours: int,
                called: str, phone: str, words: str, by: Actor, at: datetime) -> UUID:  # fmt: skip
    """A call of the counselling line: topic, risk, when to call again (0: not agreed); no name is asked.

    High risk stands in the alarm at once: the lead on duty has it and is told, at any hour, and must accept it.
    Repeat: the same id. Rights: needs.counsel on the area. Raises: FieldMissing, FieldUnfit.
    """
    require(by, COUNSEL, area_id=area_id, incident_id=incident_id)
    require_choices(CALL, topic=topic, risk=risk)
    if next_hours < 0:
        raise FieldUnfit(field="next_hours", fix="hours from 0")
    told = without_blanks({"topic": topic, "risk": risk, "called": called, "phone": phone, "what": words})
    item = NewItem(item_id, area_id, values=told, owner_id=by.id, owner_role="counsellor")
    open_heart(CALL, item, incident_id, by, at)
    if risk != HIGH:
        move, values = ("speak", {"next_hours": next_hours}) if next_hours else ("close", {})
        make_move(note=Note(uuid5(item_id, move), item_id, move, by, at, values=values), by=by, at=at)
    return item_id


@service("needs.tell_empty_lines", door=False)
def tell_empty_lines(*, by: Actor, at: datetime) -> int:
    """Stretches ahead in which nobody serves a counselling line: its lead and the duty officer hear of each, once."""
    found = lines_empty(at=at)
    lists = duty_lists({(r, a) for a, _ in found for r in (LINE_LEAD, "duty-officer")}, at=at)
    writings = []
    for area, gap in found:
        values = {"begins": max(gap.begins, at).isoformat(), "ends": gap.ends.isoformat()}
        for who in dict.fromkeys([*lists[LINE_LEAD, area][:1], *lists["duty-officer", area][:1]]):
            told = uuid5(area, f"counsel empty {gap.begins:%Y-%m-%d %H:%M} {who}")
            writings.append(Writing(told, "account", who, values, area_id=area))
    if not writings:
        raise Repeated(0)
    done = write_messages(writings=writings, edition=common_edition(), template="counsel-empty", incident_id=None,
                          by=by, at=at)  # fmt: skip
    fresh = sum(not o.code for o in done)
    if not fresh:
        raise Repeated(0)
    return fresh


@service("needs.record_dispute")
def record_dispute(*, item_id: UUID, area_id: UUID, household_id: UUID | None, incident_id: UUID | None, what: str,
                   parties: str, phone: str, by: Actor, at: datetime) -> UUID:  # fmt: skip
    """A dispute, mediated by who writes it down until its lead gives it to another; nobody else sees it.

    Repeat: the same id. Rights: needs.mediate on the area. Raises: FieldMissing (what it is about).
    """
    require(by, MEDIATE, area_id=area_id, incident_id=incident_id)
    about = ("household", household_id) if household_id else ("none", None)
    values = without_blanks({"what": what, "parties": parties, "phone": phone})
    open_heart(DISPUTE, NewItem(item_id, area_id, *about, values=values, owner_id=by.id), incident_id, by, at)
    return item_id


@service("needs.give_dispute")
def give_dispute(*, item_id: UUID, mediator_id: UUID, by: Actor, at: datetime) -> Item:
    """The lead gives a dispute to another mediator; whoever had it sees it no more.

    Repeat: he has it. Rights: needs.mediate_lead on its area. Raises: ItemMissing, MediatorUnfit.
    """
    row = disputes_seen(by).select_for_update(of=("self",)).filter(id=item_id, is_closed=False).first()
    if row is None:
        raise ItemMissing(item=str(item_id))
    require(by, MEDIATE_LEAD, area_id=row.area_id, incident_id=row.incident_id)
    if mediator_id not in dict(mediators(row.area_id, at=at)):
        raise MediatorUnfit()
    if row.owner_id == mediator_id:
        raise Repeated(row)
    raise_refusal(assign_items(item_ids=[row.id], owner_id=mediator_id, by=by, at=at)[0])
    return row
