"""Plans: what comes again, so that the next task is there before anybody must ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.utils.timezone import get_current_timezone, localtime

from lianfang.base.actor import Actor
from lianfang.base.bulk import insert_rows, update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require, serving
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import common_edition, kind, values_by_area
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import editions_by_incident
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.errors import ItemMissing, OwnerUnskilled, PlanEnded, PlanMissing, PlanUnfit
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.queries.skills import unable_for
from lianfang.domains.work.rules import (
    asked_skills,
    carried,
    is_driven,
    missing_fields,
    next_day,
    personal_fields,
    plan_of,
    planned_values,
    routine_of,
    split_values,
    unfit_values,
)
from lianfang.domains.work.services.opening import NewItem, lay_items, raise_refusal, sealed_segments

Body = Mapping[str, Any]
LEAD, OPENS = "plan_lead_days", "plan_opens_hour"
MOST_LEAD, MOST_EVERY = 60, 366  # days; what lies farther apart is no rhythm somebody keeps in mind
TITLE = "what"
END_OF_DAY = time(23, 59)


@dataclass(frozen=True)
class Rhythm:
    """When a plan comes again: on days of the week, every n days, or once on a day that is said each time."""

    next_on: date | None = None
    weekdays: Sequence[int] = field(default_factory=tuple)
    every_days: int | None = None
    at_time: time | None = None
    until_on: date | None = None
    lead_days: int | None = None


def _fit_rhythm(r: Rhythm, at: datetime) -> date | None:
    """The first day of a rhythm, today or later; its hour must not have gone by. Raises PlanUnfit."""
    today = localtime(at).date()
    if set(r.weekdays) - set(range(1, 8)) or (r.weekdays and r.every_days):
        raise PlanUnfit(field="weekdays", fix="1–7")
    if r.every_days is not None and not 1 <= r.every_days <= MOST_EVERY:
        raise PlanUnfit(field="every_days", fix=f"1–{MOST_EVERY}")
    if r.lead_days is not None and not 0 <= r.lead_days <= MOST_LEAD:
        raise PlanUnfit(field="lead_days", fix=f"0–{MOST_LEAD}")
    if r.next_on is not None and r.next_on < today:
        raise PlanUnfit(field="next_on", fix=today.isoformat())
    first = r.next_on
    if r.weekdays:
        is_over = first is None and r.at_time is not None and r.at_time <= localtime(at).time()
        before = (first or today) - timedelta(days=0 if is_over else 1)
        first = next_day(before, weekdays=r.weekdays, every_days=None, today=today)
    if first is None and r.every_days:
        raise PlanUnfit(field="next_on", fix=today.isoformat())
    if r.until_on is not None and r.until_on < (first or today):
        raise PlanUnfit(field="until_on", fix=(first or today).isoformat())
    return first


def _fit_unit(body: Body, unit_kind: str, unit_id: UUID | None, area_id: UUID) -> None:
    """Whom a plan is about lies in its area. Raises PlanUnfit."""
    below = ids_below(area_id)
    if unit_kind == "person":
        fits = Presence.objects.filter(person_id=unit_id, to_on=None, area_id__in=below).exists()
    elif unit_kind == "household":
        fits = Household.objects.filter(id=unit_id, area_id__in=below).exists()
    else:
        fits = unit_kind != "none" or (unit_id is None and (body["unit"] == "none" or bool(body.get("unit_later"))))
    if unit_kind not in ("none", body["unit"]) or not fits:
        raise PlanUnfit(field="unit", fix=str(body["unit"]))


def _leads(plans: Sequence[Plan], at: datetime) -> dict[UUID, Mapping[str, Any]]:
    """What the edition of each plan says of its lead time and the hour from which items are opened."""
    editions = editions_by_incident({p.incident_id for p in plans if p.incident_id})
    by_edition: dict[str, list[Plan]] = {}
    for p in plans:
        by_edition.setdefault(editions[p.incident_id] if p.incident_id else common_edition(), []).append(p)
    out: dict[UUID, Mapping[str, Any]] = {}
    for code, some in by_edition.items():
        told = values_by_area(code, [LEAD, OPENS], {p.area_id for p in some}, at=at)
        out |= {p.id: told[p.area_id] for p in some}
    return out


def _set_opening(plans: Sequence[Plan], at: datetime) -> None:
    """When the next item of each is opened, within a write: its day less the plan's own lead time, or the edition's."""
    leads = _leads(plans, at)
    for p in plans:
        lead = p.lead_days if p.lead_days is not None else int(leads[p.id][LEAD])
        p.opens_on = p.next_on - timedelta(days=lead) if p.next_on else None


@service("work.make_plan")
def make_plan(*, plan_id: UUID, kind_name: str, area_id: UUID, unit_kind: str, unit_id: UUID | None,
              values: Mapping[str, Any], rhythm: Rhythm, owner_id: UUID | None, incident_id: UUID | None,
              parent_id: UUID | None, by: Actor, at: datetime) -> Plan:  # fmt: skip
    """What comes again for somebody: a rhythm, or a day that is said each time; its items are opened ahead of it.

    Repeat: same id: the first. Rights: work.open on the area. Raises: PlanUnfit, OwnerUnskilled, and what the kind
    asks of its fields when an item is opened: it is asked now, not on the day.
    """
    known = Plan.objects.filter(id=plan_id).first()
    if known:
        raise Repeated(known)
    require(by, "work.open", area_id=area_id, incident_id=incident_id)
    body, today = kind(kind_name), localtime(at).date()
    first = _fit_rhythm(rhythm, at)
    if first is None:
        raise PlanUnfit(field="next_on", fix=today.isoformat())
    _fit_unit(body, unit_kind, unit_id, area_id)
    _fit_values(body, values)
    _fit_hour(body, values, rhythm)
    _fit_owner(body, owner_id, area_id, at)
    if parent_id and not Item.objects.filter(id=parent_id, area_id__in=ids_below(area_id)).exists():
        raise ItemMissing(item=str(parent_id))
    plain, personal = split_values(body, values)
    blob = sealed_segments([(plan_id, personal)], incident_id).get(plan_id, b"")
    row = Plan(id=plan_id, kind=kind_name, incident_id=incident_id, area_id=area_id, unit_kind=unit_kind,
               unit_id=unit_id, parent_id=parent_id, title=str(plain.get(TITLE, ""))[:200], values=plain, sealed=blob,
               owner_id=owner_id, made_at=at, made_by=by.id, next_on=first, **_days(rhythm))  # fmt: skip
    _set_opening([row], at)
    row.save(force_insert=True)
    return row


def _days(r: Rhythm) -> dict[str, Any]:
    return {"weekdays": sorted(set(r.weekdays)), "every_days": r.every_days, "at_time": r.at_time,
            "until_on": r.until_on, "lead_days": r.lead_days}  # fmt: skip


def _fit_values(body: Body, values: Mapping[str, Any]) -> None:
    bad = unfit_values(body, values)
    if bad:
        name, fix = next(iter(bad.items()))
        raise PlanUnfit(field=name, fix=fix)
    missing = missing_fields(body, "open", planned_values(body, values, left=0))
    if missing:
        raise PlanUnfit(field=missing[0], fix="…")


def _fit_hour(body: Body, values: Mapping[str, Any], rhythm: Rhythm) -> None:
    """A car is asked for an hour, to a place that is named. Raises PlanUnfit."""
    if is_driven(body, values) and rhythm.at_time is None:
        raise PlanUnfit(field="at_time", fix="HH:MM")
    where = str((body.get("ride") or {}).get("where", ""))
    if is_driven(body, values) and not str(values.get(where, "")).strip():
        raise PlanUnfit(field=where, fix="…")


def _fit_owner(body: Body, owner_id: UUID | None, area_id: UUID, at: datetime) -> None:
    """Whoever is named serves there, with the skill: it shows him a door. Raises PlanUnfit, OwnerUnskilled."""
    if owner_id and not serving([(owner_id, area_id)], at=at):
        raise PlanUnfit(field="owner", fix="…")
    if owner_id and unable_for(body, [owner_id], at=at):
        raise OwnerUnskilled(skills=asked_skills(body))


def _locked(plan_id: UUID, by: Actor) -> Plan:
    """A running plan, locked. Raises PlanMissing, PlanEnded."""
    row = Plan.objects.select_for_update(of=("self",)).filter(id=plan_id).first()
    if row is None or not may(by, "work.open", area_id=row.area_id, incident_id=row.incident_id):
        raise PlanMissing()
    if row.ended_at is not None:
        raise PlanEnded()
    return row


@service("work.change_plan")
def change_plan(*, plan_id: UUID, rhythm: Rhythm, owner_id: UUID | None, by: Actor, at: datetime) -> Plan:
    """Another rhythm, another day, somebody else to do it. An item that is open already stays as it is.

    Repeat: the same. Rights: work.open on its area. Raises: PlanMissing, PlanEnded, PlanUnfit, OwnerUnskilled.
    """
    row = _locked(plan_id, by)
    first = _fit_rhythm(rhythm, at)
    _fit_hour(kind(row.kind), row.values, rhythm)
    _fit_owner(kind(row.kind), owner_id, row.area_id, at)
    days = _days(rhythm) | {"next_on": first, "owner_id": owner_id}
    if all(getattr(row, k) == v for k, v in days.items()):
        raise Repeated(row)
    for k, v in days.items():
        setattr(row, k, v)
    row.fault = ""
    _set_opening([row], at)
    row.save(update_fields=[*days, "opens_on", "fault"])
    return row


@service("work.end_plan", told=("why",))
def end_plan(*, plan_id: UUID, why: str, by: Actor, at: datetime) -> Plan:
    """It comes no more, and why. An item that is open already is done or cancelled by itself.

    Repeat: ended. Rights: work.open on its area. Raises: PlanMissing, PlanUnfit (no reason).
    """
    try:
        row = _locked(plan_id, by)
    except PlanEnded:
        raise Repeated(Plan.objects.get(id=plan_id)) from None
    if not why.strip():
        raise PlanUnfit(field="why", fix="…")
    row.ended_at, row.ended_by, row.why = at, by.id, why.strip()[:200]
    row.save(update_fields=["ended_at", "ended_by", "why"])
    return row


@service("work.open_planned", door=False)
def open_planned(*, limit: int, by: Actor, at: datetime) -> int:
    """Open the next item of every plan whose lead time has begun, from the hour of the day that the edition names.

    Harmless twice: an item's id follows from plan and day. Gives how many were opened. What cannot be opened keeps its
    refusal on the plan, and waits for whoever looks after it. Locks: the plans, skipping those another worker has.
    """
    today = localtime(at).date()
    rows = Plan.objects.select_for_update(skip_locked=True, of=("self",)).filter(ended_at=None, opens_on__lte=today)
    due = list(rows.order_by("opens_on", "id")[:limit])
    hours = _leads(due, at)
    due = [p for p in due if p.opens_on and (p.opens_on < today or localtime(at).hour >= float(hours[p.id][OPENS]))]
    if not due:
        raise Repeated(0)  # the job asks every few seconds: nothing due leaves no entry
    over = _over(due, today)
    opens = [p for p in due if p.id not in over]
    _catch_up(opens, today)
    made = _open(opens, by, at)
    for p in opens:
        if not p.fault:
            p.last_on = p.next_on
            p.next_on = next_day(p.next_on or today, weekdays=p.weekdays, every_days=p.every_days, today=today)
    _set_opening(opens, at)
    over |= {p.id: "until" for p in opens if p.until_on and p.next_on and p.next_on > p.until_on}
    for p in due:
        if p.id in over:
            p.ended_at, p.ended_by, p.why = at, by.id, over[p.id]
        elif p.fault:
            p.opens_on = None
    update_rows(Plan, due, ["last_on", "next_on", "opens_on", "fault", "ended_at", "ended_by", "why"])
    return made


def _over(due: Sequence[Plan], today: date) -> dict[UUID, str]:
    """Plans whose last day, whose incident or whose whole is over, each with the word for it."""
    wholes = {p.parent_id for p in due if p.parent_id}
    ended = set(Item.objects.filter(id__in=wholes, is_closed=True).values_list("id", flat=True)) if wholes else set()
    ids = {p.incident_id for p in due if p.incident_id}
    closed = set(Incident.objects.filter(id__in=ids, closed_at__isnull=False).values_list("id", flat=True))
    out = {p.id: "until" for p in due if p.until_on and p.next_on and p.next_on > p.until_on}
    out |= {p.id: "whole" for p in due if p.parent_id in ended}
    return out | {p.id: "incident" for p in due if p.incident_id in closed}


def _catch_up(plans: Iterable[Plan], today: date) -> None:
    """Days of a rhythm that went by while the job stood still: the next one counts. A day said once is only late."""
    for p in plans:
        if p.next_on and p.next_on < today and (p.weekdays or p.every_days):
            p.next_on = next_day(p.next_on, weekdays=p.weekdays, every_days=p.every_days, today=today)


def _open(plans: Sequence[Plan], by: Actor, at: datetime) -> int:
    """One list for each kind and incident; the refusal of each is kept on its plan."""
    lists: dict[tuple[str, UUID | None], list[Plan]] = {}
    for p in plans:
        lists.setdefault((p.kind, p.incident_id), []).append(p)
    made = 0
    for (kind_name, incident_id), some in lists.items():
        body = kind(kind_name)
        hidden = opened([p for p in some if p.sealed], by=by, fields=personal_fields(body), whole=True,
                        subject="unit_id")  # fmt: skip
        unable = unable_for(body, {p.owner_id for p in some if p.owner_id}, at=at)
        items = [_item(p, body, hidden.get(p.id, {}), unable, at) for p in some]
        done = lay_items(kind_name=kind_name, items=items, area_id=None, incident_id=incident_id, by=by, at=at)
        for p, outcome in zip(some, done, strict=True):
            p.fault = outcome.code if outcome.code != "repeated" else ""
            made += not outcome.code
    return made


def _due_at(plan: Plan) -> datetime:
    """When a plan's next item is due: at its hour of the day, or by the end of that day."""
    assert plan.next_on
    return datetime.combine(plan.next_on, plan.at_time or END_OF_DAY, get_current_timezone())


def _item(p: Plan, body: Body, hidden: Mapping[str, Any], unable: set[UUID], at: datetime) -> NewItem:
    assert p.next_on
    said = {**p.values, **{k: v for k, v in hidden.items() if v != ""}}
    values = planned_values(body, said, left=(p.next_on - localtime(at).date()).days)
    own = (body.get("plan") or {}).get("date")  # the field in which the kind keeps the day itself
    if own:
        values[own] = p.next_on.isoformat()
    owner = p.owner_id if p.owner_id not in unable else None  # whose skill is no longer valid is not sent
    waits = _due_at(p) if (body.get("plan") or {}).get("clocks") == "day" else None
    return NewItem(uuid5(p.id, p.next_on.isoformat()), p.area_id, p.unit_kind, p.unit_id, title=p.title, values=values,
                   owner_id=owner, due_at=_due_at(p), parent_id=p.parent_id, routine=routine_of(p.id),
                   slot_at=waits)  # fmt: skip


@service("work.assign_planned")
def assign_planned(*, plan_id: UUID, owner_id: UUID, by: Actor, at: datetime) -> Plan:
    """Somebody is named for a plan: its next item is opened for him now, whatever the lead time.

    Repeat: named. Rights: work.lead on its area. Raises: PlanMissing, PlanEnded, PlanUnfit (no day is known),
    OwnerUnskilled, and what the kind asks.
    """
    row = _locked(plan_id, by)
    require(by, "work.lead", area_id=row.area_id, incident_id=row.incident_id)
    body = kind(row.kind)
    _fit_owner(body, owner_id, row.area_id, at)
    if row.next_on is None:
        raise PlanUnfit(field="next_on", fix=localtime(at).date().isoformat())
    hidden = opened([row], by=by, fields=personal_fields(body), whole=True, subject="unit_id") if row.sealed else {}
    row.owner_id = owner_id
    item = _item(row, body, hidden.get(row.id, {}), set(), at)
    raise_refusal(lay_items(kind_name=row.kind, items=[item], area_id=None, incident_id=row.incident_id, by=by,
                            at=at)[0])  # fmt: skip
    row.last_on, row.fault = row.next_on, ""
    row.next_on = next_day(row.next_on, weekdays=row.weekdays, every_days=row.every_days, today=localtime(at).date())
    _set_opening([row], at)
    row.save(update_fields=["owner_id", "last_on", "next_on", "opens_on", "fault"])
    return row


def keep_next(items: Sequence[Item], by: Actor, at: datetime) -> None:
    """Finished items that say when the next is due: their plan takes the day, or a plan is made of them.

    What the kind carries goes along, so that nobody is asked again. Called inside work.make_moves.
    """
    said = {i.id: (body, day) for i in items if (body := kind(i.kind, i.version)) and (day := _day_said(body, i))}
    some = [i for i in items if i.id in said]
    if not some:
        return
    known = {p.id: p for p in Plan.objects.select_for_update(of=("self",)).filter(
        id__in=[plan_of(i.routine) or uuid5(i.id, "plan") for i in some])}  # fmt: skip
    known |= _running(some, said)
    fresh, changed = [], []
    for i in some:
        body, day = said[i.id]
        plan = known.get(plan_of(i.routine) or uuid5(i.id, "plan")) or known.get(i.id)
        if plan is None:
            fresh.append(_plan_from(i, body, day, by, at))
        elif plan.ended_at is None and not (plan.weekdays or plan.every_days):
            plan.next_on, plan.fault = day, ""
            changed.append(plan)
    _set_opening([*fresh, *changed], at)
    insert_rows(Plan, fresh)
    update_rows(Plan, changed, ["next_on", "opens_on", "fault"])


def _day_said(body: Body, item: Item) -> date | None:
    name = (body.get("plan") or {}).get("next")
    text = item.values.get(name) if name else None
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _running(items: Sequence[Item], said: Mapping[UUID, tuple[Body, date]]) -> dict[UUID, Plan]:
    """By item the plan that runs for its unit already, where the kind knows but one a unit."""
    alone: dict[tuple[str, UUID | None], UUID] = {
        (i.kind, i.unit_id): i.id
        for i in items
        if said[i.id][0]["plan"].get("one") and i.unit_id and plan_of(i.routine) is None
    }
    rows = Plan.objects.select_for_update(of=("self",)).filter(ended_at=None, unit_id__in=[u for _, u in alone])
    return {alone[p.kind, p.unit_id]: p for p in rows if (p.kind, p.unit_id) in alone}


def _plan_from(item: Item, body: Body, day: date, by: Actor, at: datetime) -> Plan:
    names = personal_fields(body)
    hidden = opened([item], by=by, fields=names, whole=True, subject="unit_id")[item.id] if item.sealed else {}
    values = carried(body, {**item.values, **hidden})
    plain, personal = split_values(body, values)
    plan_id = uuid5(item.id, "plan")
    return Plan(id=plan_id, kind=item.kind, incident_id=item.incident_id, area_id=item.area_id,
                unit_kind=item.unit_kind, unit_id=item.unit_id, values=plain,
                sealed=sealed_segments([(plan_id, personal)], item.incident_id).get(plan_id, b""), next_on=day,
                owner_id=item.owner_id, made_at=at, made_by=by.id)  # fmt: skip
