"""Promises kept in mind: a plea nobody accepts goes on, a broken promise is told, what is done is to be confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import service
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.kinds import plea_kinds
from lianfang.domains.needs.queries.pleas import may_go
from lianfang.domains.needs.services.taking import ask_holders, lists_of, tell_holders
from lianfang.domains.responders.queries import duty_lists

LEAD = "duty-officer"
ACCEPT = timedelta(minutes=5)  # the least the next one has


@service("needs.hand_on", door=False)
def hand_on(*, limit: int, by: Actor, at: datetime) -> int:
    """Pleas that whoever was asked has not accepted in time are put to the next, at last to the duty officer.

    Harmless twice. Gives how many were put to somebody else. Edge: at the end of the list it stays with the last.
    Locks: the pleas, skipping those another worker has.
    """
    waiting = Plea.objects.select_for_update(skip_locked=True).filter(state="received", acknowledged_at=None)
    rows = list(waiting.filter(accept_by__lte=at).order_by("rank", "accept_by")[:limit])
    if not rows:
        return 0
    lists = lists_of(rows, at)
    before = {r.id: r.holder_id for r in rows}
    for r in rows:
        r.position = min(r.position + 1, max(len(lists[r.id]) - 1, 0))
    ask_holders(rows, at)
    for r in rows:  # the promise may be over: the next has as long as the first had
        r.accept_by = at + (max(r.accept_by - at, ACCEPT) if r.accept_by else ACCEPT)
    update_rows(Plea, rows, ["position", "holder_id", "accept_by"])
    moved = [r for r in rows if r.holder_id != before[r.id]]
    tell_holders(moved, by, at)
    return len(moved)


@service("needs.tell_late", door=False)
def tell_late(*, limit: int, by: Actor, at: datetime) -> int:
    """Askers who were promised an answer and have none: the lead of the shift hears of each, once."""
    late = Plea.objects.select_for_update(skip_locked=True).filter(
        acknowledged_at=None, late_told_at=None, reply_by__lte=at
    )
    rows = list(late.exclude(state="ended").order_by("rank", "reply_by")[:limit])
    lists = duty_lists({(LEAD, r.area_id) for r in rows}, at=at)
    by_incident: dict[UUID | None, list[Writing]] = {}
    for r in rows:
        r.late_told_at = at
        values = {"number": str(r.number), "since": r.received_at.isoformat()}
        for who in lists[LEAD, r.area_id][:2]:
            some = by_incident.setdefault(r.incident_id, [])
            some.append(Writing(uuid5(r.id, f"late {who} {r.reply_by}"), "account", who, values, r.id, r.area_id))
    update_rows(Plea, rows, ["late_told_at"])
    for incident_id, some in by_incident.items():
        write_messages(writings=some, edition=common_edition(), template="plea-late", incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
    return len(rows)


@service("needs.tell_done", door=False)
def tell_done(*, limit: int, by: Actor, at: datetime) -> int:
    """What was asked is reported as done: its asker is asked to confirm, whoever took it in hears how it went."""
    done = Plea.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="routed", done_told_at=None)
    rows = list(done.filter(item__is_closed=True).order_by("id")[:limit])
    by_incident: dict[tuple[UUID | None, str], list[Writing]] = {}
    for r in rows:
        r.done_told_at = at
        values = {"number": str(r.number), "what": plea_kinds()[r.kind]["words"]}
        told = [("plea-done", r.account_id), ("plea-outcome", r.taken_in_by)]
        for template, who in told:
            if who:
                by_incident.setdefault((r.incident_id, template), []).append(
                    Writing(uuid5(r.id, f"{template} {r.item_id}"), "account", who, values, about_id=r.id,
                            area_id=r.area_id))  # fmt: skip
    update_rows(Plea, rows, ["done_told_at"])
    for (incident_id, template), some in by_incident.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
    return len(rows)


@service("needs.tell_deadlines", door=False)
def tell_deadlines(*, limit: int, by: Actor, at: datetime) -> int:
    """Deadlines that come into danger: whoever has the plea and the lead of the shift hear, once each.

    In danger is one whose asking for leave should have begun, and for which no permit has been granted.
    """
    rows = Plea.objects.select_for_update(skip_locked=True, of=("self",)).exclude(state="ended").select_related("item")
    due = list(rows.filter(act_by__lte=at, deadline_told_at=None, deadline_at__gt=at).order_by("deadline_at")[:limit])
    going = may_go([r.id for r in due])
    told = [r for r in due if r.id not in going]
    lists = duty_lists({(LEAD, r.area_id) for r in told}, at=at)
    by_incident: dict[UUID | None, list[Writing]] = {}
    for r in told:
        owner = r.item.owner_id if r.item else r.holder_id
        values = {"number": str(r.number), "deadline": r.deadline_at.isoformat() if r.deadline_at else "",
                  "where": r.deadline_where or "–"}  # fmt: skip
        for who in dict.fromkeys(x for x in (owner, *lists[LEAD, r.area_id][:1]) if x):
            some = by_incident.setdefault(r.incident_id, [])
            told_id = uuid5(r.id, f"deadline {who} {r.act_by} {r.reply_by}")
            some.append(Writing(told_id, "account", who, values, r.id, r.area_id))
    for r in due:
        r.deadline_told_at = at
    update_rows(Plea, due, ["deadline_told_at"])
    for incident_id, writings in by_incident.items():
        write_messages(writings=writings, edition=common_edition(), template="plea-deadline", incident_id=incident_id,
                       by=by, at=at)  # fmt: skip
    return len(told)
