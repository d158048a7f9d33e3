"""Permits: applied for, decided on, issued, called back; each told, and the late ones flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import holders_of, is_self, require
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.services import ask_decision, say, withdraw_decision
from lianfang.domains.editions.queries import common_edition, entries_of, values_by_area
from lianfang.domains.editions.queries import kind as kind_of
from lianfang.domains.gates.errors import (
    OnlyFast,
    OwnReview,
    PermitMissing,
    PermitNotNeeded,
    PermitState,
    PermitUnfit,
    StillHeld,
)
from lianfang.domains.gates.models import Crossing, Permit
from lianfang.domains.gates.queries.permits import may_decide, permit_kinds
from lianfang.domains.gates.rules import CONVOY, MODES, decide_by, ladder_of
from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.responders.queries import duty_lists
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import AT_GATE, move_at_end
from lianfang.domains.work.services import give_paper

SUBJECT = "permit"
FULL = "grid.read_full"
MOST_TOLD = 3
DECIDERS = {"committee": "committee-lead", "street": "street-lead", "county": "command"}


@service("gates.apply_permit", told=("mode",))
def apply_permit(
    *, permit_id: UUID, kind: str, person_id: UUID | None, account_id: UUID | None, plea_id: UUID | None,
    area_id: UUID, purpose: str, where: str, plate: str, mode: str, from_at: datetime, until_at: datetime,
    deadline_at: datetime | None, is_fast: bool, fast_why: str, incident_id: UUID | None, by: Actor, at: datetime,
    item_id: UUID | None = None,
) -> Permit:  # fmt: skip
    """Ask for a permit: the ladder follows from what holds the person; its clocks from when he must leave.

    kind:   exit of a person; task of an account that serves; vehicle. area_id: where the first step lies; of a person
            the area of his home, whatever is given; leave: whoever an item is about goes for good, one way.
    fast:   one named post decides, with a reason; somebody else looks at it afterwards.
    Repeat: same id: the first. Rights: oneself; for a person grid.read_full where he lives; for a task or vehicle
            work.open there. Raises: PermitUnfit, PermitNotNeeded, OnlyFast, StillHeld, PermitMissing.
    """
    known = Permit.objects.filter(id=permit_id).first()
    if known:
        raise Repeated(known)
    if kind == "leave":
        area_id, person_id = _leaver(item_id, where, by, at)
    else:
        area_id, item_id = _place(kind, person_id, account_id, area_id, by), None
    _fit(kind, mode, purpose, from_at, until_at, deadline_at, is_fast, fast_why, at)
    ladder, hold_kind = _ladder(kind, person_id, is_fast, at)
    new = NewPermit(permit_id, kind, area_id, ladder, purpose, where, plate, mode, from_at, until_at, deadline_at,
                    incident_id, fast_why, is_fast=is_fast, person_id=person_id, account_id=account_id,
                    plea_id=plea_id, item_id=item_id, hold_kind=hold_kind)  # fmt: skip
    return kept_permit(new, by=by, at=at)


@dataclass(frozen=True)
class NewPermit:
    """A permit that was found fit, as it is kept: what for, by which ladder it is decided; `why` it goes first."""

    permit_id: UUID
    kind: str
    area_id: UUID
    ladder: str
    purpose: str
    where: str
    plate: str
    mode: str
    from_at: datetime
    until_at: datetime
    deadline_at: datetime | None
    incident_id: UUID | None
    why: str = ""
    is_fast: bool = False
    person_id: UUID | None = None
    account_id: UUID | None = None
    plea_id: UUID | None = None
    item_id: UUID | None = None
    hold_kind: str = ""
    vehicles: int = 1


def kept_permit(new: NewPermit, *, by: Actor, at: datetime) -> Permit:
    """It is written, its decision asked for, and whoever may say the first word told. For services of this domain."""
    name = f"travel_minutes_{new.mode}"
    travel = timedelta(minutes=values_by_area(common_edition(), [name], {new.area_id}, at=at)[new.area_id][name])
    scope = "incident" if new.incident_id else "register"
    said = (("purpose", new.purpose), ("where", new.where), ("plate", new.plate))
    told = {k: v.strip()[:300] for k, v in said if v.strip()}
    blob = sealed([(new.permit_id, told)], scope=scope, scope_id=new.incident_id, retention="plea")[0]
    must_by = decide_by(at, leaves_at=new.from_at, deadline_at=new.deadline_at, travel=travel)
    why, decision_id = new.why.strip()[:200], uuid5(new.permit_id, "decision")
    row = Permit(id=new.permit_id, number=_number(), kind=new.kind, person_id=new.person_id, account_id=new.account_id,
                 plea_id=new.plea_id, item_id=new.item_id, area_id=new.area_id, incident_id=new.incident_id,
                 sealed=blob, mode=new.mode, vehicles=new.vehicles, hold_kind=new.hold_kind, ladder=new.ladder,
                 is_fast=new.is_fast, fast_why=why, from_at=new.from_at, until_at=new.until_at,
                 deadline_at=new.deadline_at, asked_by=by.id, asked_at=at, decision_id=decision_id)  # fmt: skip
    row.save(force_insert=True)
    asked = ask_decision(decision_id=decision_id, kind=SUBJECT, subject_kind=SUBJECT, subject_id=row.id,
                         area_id=row.area_id, authority_level="county", incident_id=row.incident_id, reason=why,
                         evidence=_evidence(row), ladder_name=row.ladder, must_by=must_by, by=by, at=at)  # fmt: skip
    _tell_deciders(row, asked, by, at)
    return row


def _place(kind: str, person_id: UUID | None, account_id: UUID | None, area_id: UUID, by: Actor) -> UUID:
    """Where the permit belongs. Raises PermitMissing, RightMissing."""
    if kind == "exit":
        stay = Presence.objects.filter(person_id=person_id, to_on=None, kind__in=("lives", "stays")).order_by("kind")
        home = stay.values_list("area_id", flat=True).first()
        if person_id is None or home is None:
            raise PermitMissing()
        if not is_self(by, person_id):
            require(by, FULL, area_id=home)
        return home
    own = kind == "task" and account_id == by.id
    require(by, "work.open", area_id=area_id, own=own)
    if kind == "task" and not Account.objects.filter(id=account_id, is_active=True).exists():
        raise PermitMissing()
    return area_id


def _leaver(item_id: UUID | None, where: str, by: Actor, at: datetime) -> tuple[UUID, UUID | None]:
    """Where somebody is stuck, and who he is on the register if he stands there. Raises PermitMissing, StillHeld."""
    item = Item.objects.filter(id=item_id, is_closed=False).first()
    if item is None:
        raise PermitMissing()
    require(by, "work.open", area_id=item.area_id, incident_id=item.incident_id)
    if move_at_end(kind_of(item.kind, item.version), item.state, AT_GATE) is None:
        raise PermitUnfit(field="state", fix=item.state)
    if not where.strip():
        raise PermitUnfit(field="where", fix="text")
    person_id = item.unit_id if item.unit_kind == "person" else None
    held = [h for h in holds_of(person_id, at=at) if h.effect == "restrict"] if person_id else []
    still = next((h for h in held if h.rules.get("leave_zone", "yes") != "yes"), None)
    if still is not None:
        raise StillHeld(hold=still.kind)
    return item.area_id, person_id


def _fit(kind: str, mode: str, purpose: str, from_at: datetime, until_at: datetime, deadline_at: datetime | None,
         is_fast: bool, fast_why: str, at: datetime) -> None:  # fmt: skip
    kinds = [k for k in permit_kinds() if k != CONVOY]
    if kind not in kinds:
        raise PermitUnfit(field="kind", fix=" ".join(kinds))
    if mode not in MODES:
        raise PermitUnfit(field="mode", fix=" ".join(MODES))
    if not purpose.strip():
        raise PermitUnfit(field="purpose", fix="text")
    if not (from_at < until_at and at < until_at):
        raise PermitUnfit(field="until", fix=from_at.isoformat())
    if deadline_at is not None and not from_at <= deadline_at <= until_at:
        raise PermitUnfit(field="deadline", fix=f"{from_at.isoformat()} – {until_at.isoformat()}")
    if is_fast and not fast_why.strip():
        raise PermitUnfit(field="reason", fix="text")


def _ladder(kind: str, person_id: UUID | None, is_fast: bool, at: datetime) -> tuple[str, str]:
    own = str(permit_kinds()[kind]["ladder"])
    if own or person_id is None:
        return own, ""
    holds = [{"kind": h.kind, "rules": h.rules} for h in holds_of(person_id, at=at) if h.effect == "restrict"]
    found, hold_kind = ladder_of(holds, entries_of("permit_rules"), is_fast=is_fast)
    if not found:
        raise PermitNotNeeded()
    if found == "no":
        raise OnlyFast(hold=hold_kind)
    return found, hold_kind


def _number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('gates_permit_numbers')")
        return int(cursor.fetchone()[0])


def _evidence(row: Permit) -> dict[str, Any]:
    """What is frozen for who decides: no purpose and no name, which stand on the permit's own page."""
    return {"number": row.number, "kind": row.kind, "mode": row.mode, "hold": row.hold_kind, "fast": row.is_fast,
            "from": row.from_at.isoformat(), "until": row.until_at.isoformat(),
            "deadline": row.deadline_at.isoformat() if row.deadline_at else None}  # fmt: skip


def _tell_deciders(row: Permit, asked: Decision, by: Actor, at: datetime) -> None:
    """Whoever may say the first word hears of it, and what stands beside it."""
    waiting = [s for s in asked.steps.order_by("position") if s.position == 0 or s.is_beside]
    lists = duty_lists({(r, s.area_id) for r in DECIDERS.values() for s in waiting}, at=at)
    told: dict[UUID, datetime] = {}
    for s in waiting:
        people = [p for r in DECIDERS.values() for p in lists[r, s.area_id] if p != row.asked_by]
        told |= dict.fromkeys(people[:MOST_TOLD], s.due_at or row.from_at)
    writings = [Writing(uuid5(row.id, f"asked {p}"), "account", p,
                        {"number": str(row.number), "from": row.from_at.isoformat(), "until": due.isoformat()},
                        row.id, row.area_id) for p, due in told.items()]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template="permit-asked", incident_id=row.incident_id,
                   by=by, at=at)  # fmt: skip


@service("gates.decide_permit", told=("says",))
def decide_permit(*, decision_id: UUID, says: str, reason: str, by: Actor, at: datetime) -> Permit:
    """One official's word on a permit; the last one granted, it is issued and its carrier told.

    Rights, raises, repeat: as decisions.say; PermitUnfit where a refusal gives no reason.
    """
    if says != "grant" and not reason.strip():
        raise PermitUnfit(field="reason", fix="text")
    found = say(decision_id=decision_id, says=says, reason=reason, paper_number="", by=by, at=at)
    row = Permit.objects.select_for_update(of=("self",)).filter(id=found.subject_id).first()
    if row is None:
        raise PermitMissing()
    if row.state != "applied" or found.state == "asked":
        return row
    row.state = {"granted": "issued", "refused": "refused", "returned": "returned"}[found.state]
    row.issued_at, row.why = (at, "") if row.state == "issued" else (None, reason.strip()[:200])
    row.save(update_fields=["state", "issued_at", "why"])
    values = {"number": str(row.number), "from": row.from_at.isoformat(), "until": row.until_at.isoformat(),
              "why": row.why}  # fmt: skip
    if row.item_id and row.state == "issued":
        give_paper(item_ids=[row.item_id], paper=f"№{row.number}", by=by, at=at)
    issued = str(permit_kinds()[row.kind]["issued"])
    _tell_carrier(row, issued if row.state == "issued" else "permit-refused", values, by, at)
    return row


def carriers_of(row: Permit) -> list[UUID]:
    """Accounts that hear of a permit: whom it is for, and who asked."""
    own = Account.objects.filter(Q(id=row.account_id) | Q(person_id=row.person_id, person_id__isnull=False))
    return list(dict.fromkeys([*own.values_list("id", flat=True), row.asked_by]))


def _tell_carrier(row: Permit, template: str, values: Mapping[str, str], by: Actor, at: datetime) -> None:
    told = [Writing(uuid5(row.id, f"{template} {a}"), "account", a, dict(values), row.id, row.area_id)
            for a in carriers_of(row)]  # fmt: skip
    write_messages(writings=told, edition=common_edition(), template=template, incident_id=row.incident_id, by=by,
                   at=at)  # fmt: skip


@service("gates.call_back_permit", told=("why",))
def call_back_permit(*, permit_id: UUID, why: str, by: Actor, at: datetime) -> Permit:
    """A permit holds no more: called back with a reason, or not wanted by whom it is for. Who is out comes back.

    A convoy is called back under way too: the gates it has not come to expect it no more, and hear.
    Repeat: void. Rights: decisions.decide on its area, who asked, or whom it is for. Raises: PermitMissing,
    PermitState (out, back or gone), PermitUnfit (no reason).
    """
    row = Permit.objects.select_for_update(of=("self",)).filter(id=permit_id).first()
    if row is None or not (may_decide(row, by) or by.id in (row.asked_by, row.account_id) or (
        row.person_id is not None and is_self(by, row.person_id))):  # fmt: skip
        raise PermitMissing()
    if row.state == "void":
        raise Repeated(row)
    if row.state in ("back", "gone") or (row.state == "out" and row.kind != CONVOY):
        raise PermitState(state=row.state, next="void")
    if not why.strip():
        raise PermitUnfit(field="reason", fix="text")
    row.state, row.why = "void", why.strip()[:200]
    row.save(update_fields=["state", "why"])
    if row.item_id:
        give_paper(item_ids=[row.item_id], paper="", by=by, at=at)
    if row.decision_id is not None:
        withdraw_decision(decision_id=row.decision_id, by=by, at=at)
    values = {"number": str(row.number), "why": row.why}
    _tell_carrier(row, "permit-refused", values, by, at)
    if row.gates_told_at is not None:
        _tell_gates_off(row, values, by, at)
    return row


def _tell_gates_off(row: Permit, values: Mapping[str, str], by: Actor, at: datetime) -> None:
    """Who was told that a convoy comes hears that it does not, but for the gates it has passed."""
    ahead = Crossing.objects.filter(permit=row, passed_at=None)
    told = Message.objects.filter(about_id=row.id, template="convoy-comes", area_id__in=ahead.values("area_id"))
    people = dict(told.values_list("recipient_id", "area_id"))
    write_messages(writings=[Writing(uuid5(row.id, f"off {p}"), "account", p, values, row.id, a)
                             for p, a in people.items()],
                   edition=common_edition(), template="convoy-off", incident_id=row.incident_id, by=by,
                   at=at)  # fmt: skip


@service("gates.review_permit", told=("finding",))
def review_permit(*, permit_id: UUID, finding: str, by: Actor, at: datetime) -> Permit:
    """Somebody looks afterwards at what took the fast lane. Repeat: reviewed.

    Rights: decisions.decide on its area, and not who asked or granted it. Raises: PermitMissing, OwnReview,
    PermitUnfit (no finding).
    """
    row = Permit.objects.select_for_update(of=("self",)).filter(id=permit_id, is_fast=True).first()
    if row is None or not may_decide(row, by):
        raise PermitMissing()
    if row.reviewed_at is not None:
        raise Repeated(row)
    spoke = set(Decision.objects.filter(id=row.decision_id).values_list("steps__spoken__by", flat=True))
    if by.id in spoke | {row.asked_by}:
        raise OwnReview()
    if not finding.strip():
        raise PermitUnfit(field="finding", fix="text")
    row.reviewed_at, row.reviewed_by, row.finding = at, by.id, finding.strip()[:200]
    row.save(update_fields=["reviewed_at", "reviewed_by", "finding"])
    return row


@service("gates.flag_late", door=False)
def flag_late(*, limit: int, by: Actor, at: datetime) -> int:
    """Who is out beyond his time is flagged, once: he, who asked, and the lead of his area hear. What nobody used in
    its time is void. Harmless twice. Gives how many were flagged or ended."""
    unused = Permit.objects.select_for_update(skip_locked=True).filter(state="issued", until_at__lte=at)
    ended = dict(unused.values_list("id", "item_id")[:limit])
    ids = list(ended)
    Permit.objects.filter(id__in=ids).update(state="void", why="")
    if papers := [i for i in ended.values() if i]:
        give_paper(item_ids=papers, paper="", by=by, at=at)
    late = Permit.objects.select_for_update(skip_locked=True).filter(
        ~Q(kind=CONVOY),
        state="out",
        late_told_at=None,
        until_at__lte=at,  # a convoy is asked for gate by gate
    )
    rows = list(late.order_by("until_at")[:limit])
    minutes = values_by_area(common_edition(), ["permit_late_minutes"], {r.area_id for r in rows}, at=at)
    flagged = [r for r in rows
               if at >= r.until_at + timedelta(minutes=minutes[r.area_id]["permit_late_minutes"])]  # fmt: skip
    by_incident: dict[UUID | None, list[Writing]] = {}
    for r in flagged:
        for who in dict.fromkeys([*carriers_of(r), *_leads(r.area_id, at)]):
            values = {"number": str(r.number), "until": r.until_at.isoformat()}
            some = by_incident.setdefault(r.incident_id, [])
            some.append(Writing(uuid5(r.id, f"late {who}"), "account", who, values, r.id, r.area_id))
    Permit.objects.filter(id__in=[r.id for r in flagged]).update(late_told_at=at)
    for incident_id, writings in by_incident.items():
        write_messages(writings=writings, edition=common_edition(), template="permit-late", incident_id=incident_id,
                       by=by, at=at)  # fmt: skip
    return len(flagged) + len(ids)


def _leads(area_id: UUID, at: datetime) -> Sequence[UUID]:
    return holders_of("committee-lead", above=ids_above(area_id), at=at)[:MOST_TOLD]
