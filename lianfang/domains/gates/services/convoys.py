"""Convoys of relief goods: their way cleared before they come, each gate told when, late ones asked why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import holders_of, may, require
from lianfang.domains.areas.queries import ancestor_at, ids_above, ids_below
from lianfang.domains.editions.queries import common_edition, entries_of, values_by_area
from lianfang.domains.gates.errors import CrossingMissing, PermitState, PermitUnfit
from lianfang.domains.gates.models import Crossing, Passage, Permit
from lianfang.domains.gates.queries.permits import CHECK
from lianfang.domains.gates.rules import CONVOY, convoy_verdict
from lianfang.domains.gates.services.permits import MOST_TOLD, NewPermit, kept_permit
from lianfang.domains.messages.services import Writing, write_messages

ASK = "dispatch.ask"
LADDER = "convoy-pass"
MOST_GATES, MOST_VEHICLES = 12, 200
GATE_LEADS = ("committee-lead", "street-lead")


@service("gates.announce_convoy", told=("vehicles",))
def announce_convoy(
    *, permit_id: UUID, area_id: UUID, goods: str, where: str, plates: str, vehicles: int, from_at: datetime,
    until_at: datetime, gates: Sequence[tuple[UUID, str, datetime]], why: str, incident_id: UUID | None, by: Actor,
    at: datetime,
) -> Permit:  # fmt: skip
    """Ask that so many vehicles with relief goods pass the gates of their way without being held.

    gates:  in the order of the way: the area whose gate it is, the gate's name, when they are expected.
    why:    why they go before others; the command decides on it by the ladder "convoy-pass".
    Repeat: same id: the first. Rights: dispatch.ask on `area_id`; every gate lies in its county.
    Raises: PermitUnfit.
    """
    known = Permit.objects.filter(id=permit_id).first()
    if known:
        raise Repeated(known)
    require(by, ASK, area_id=area_id)
    _fit(area_id, goods, vehicles, from_at, until_at, gates, why, at)
    row = kept_permit(
        NewPermit(permit_id, CONVOY, area_id, LADDER, goods, where, plates, "car", from_at, until_at,
                  deadline_at=gates[-1][2], incident_id=incident_id, why=why, vehicles=vehicles),
        by=by, at=at,
    )  # fmt: skip
    Crossing.objects.bulk_create(
        Crossing(
            id=uuid5(permit_id, f"gate {n}"), permit=row, position=n, area_id=a, gate=name.strip()[:60], due_at=due
        )
        for n, (a, name, due) in enumerate(gates)
    )
    return row


def _fit(area_id: UUID, goods: str, vehicles: int, from_at: datetime, until_at: datetime,
         gates: Sequence[tuple[UUID, str, datetime]], why: str, at: datetime) -> None:  # fmt: skip
    """Raises PermitUnfit."""
    for field, text in (("goods", goods), ("reason", why)):
        if not text.strip():
            raise PermitUnfit(field=field, fix="text")
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise PermitUnfit(field="vehicles", fix=f"1–{MOST_VEHICLES}")
    if not (from_at < until_at and at < until_at):
        raise PermitUnfit(field="until", fix=from_at.isoformat())
    if not 1 <= len(gates) <= MOST_GATES:
        raise PermitUnfit(field="gates", fix=f"1–{MOST_GATES}")
    county = ancestor_at(area_id, "county")
    around = set(ids_below(county.id if county else area_id))
    before = from_at
    for gate_area, name, due in gates:
        if gate_area not in around or not name.strip():
            raise PermitUnfit(field="gates", fix=name.strip() or "text")
        if not before <= due <= until_at:
            raise PermitUnfit(field="due", fix=f"{before.isoformat()} – {until_at.isoformat()}")
        before = due


@service("gates.pass_convoy", told=("vehicles",))
def pass_convoy(*, passage_id: UUID, crossing_id: UUID, vehicles: int, by: Actor, at: datetime,
                has_passed: bool = False) -> Crossing:  # fmt: skip
    """So many vehicles of a convoy pass a gate of its way, now; or they are turned back, its pass not holding.

    A refusal is kept as a passage, and raised by nobody: the gate shows it (`crossing.refused`, the reason's code).
    has_passed: it did, at a gate without signal; where its pass did not hold, the passage is kept as slipped.
    Repeat: passed, or same id: the first. Rights: gates.check on the gate's area. Raises: CrossingMissing, PermitUnfit.
    """
    row, permit = _locked(crossing_id, by)
    row.refused = ""  # type: ignore[attr-defined]  # for the gate's page
    known = Passage.objects.filter(id=passage_id).first()
    if known is not None:
        row.refused = known.reason  # type: ignore[attr-defined]  # as above
        raise Repeated(row)
    if row.passed_at is not None:
        raise Repeated(row)
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise PermitUnfit(field="vehicles", fix=f"1–{MOST_VEHICLES}")
    why = convoy_verdict(permit.state, until_at=permit.until_at, at=at)
    said = "pass" if not why else "slipped" if has_passed else "refuse"
    Passage.objects.create(id=passage_id, permit=permit, area_id=row.area_id, way="in",
                           incident_id=permit.incident_id, verdict=said, reason=why, at=at, by=by.id)  # fmt: skip
    row.refused = why  # type: ignore[attr-defined]  # as above
    if said == "refuse":
        return row
    row.passed_at, row.passed_by, row.vehicles = at, by.id, vehicles
    row.save(update_fields=["passed_at", "passed_by", "vehicles"])
    if permit.out_at is None and permit.state == "issued":
        permit.state, permit.out_at = "out", at
    if permit.state == "out" and not permit.crossings.filter(position__gt=row.position).exists():
        permit.state, permit.back_at = "back", at  # it has passed the last gate of its way
    permit.save(update_fields=["state", "out_at", "back_at"])
    return row


def _locked(crossing_id: UUID, by: Actor) -> tuple[Crossing, Permit]:
    """A gate of a convoy's way and its pass, the pass locked first everywhere. Raises CrossingMissing."""
    found = Crossing.objects.filter(id=crossing_id).values_list("permit_id", "area_id", "permit__incident_id").first()
    if found is None or not may(by, CHECK, area_id=found[1], incident_id=found[2]):
        raise CrossingMissing()
    permit = Permit.objects.select_for_update(of=("self",)).get(id=found[0])
    return Crossing.objects.select_for_update(of=("self",)).get(id=crossing_id), permit


@service("gates.say_delay", told=("why",))
def say_delay(*, crossing_id: UUID, why: str, words: str, by: Actor, at: datetime) -> Crossing:
    """Why a convoy is, or was, late at a gate; what was said last stands.

    why: of the edition's delay reasons. Rights: gates.check on the gate's area, or who asked for the convoy.
    Repeat: said so already. Raises: CrossingMissing, PermitUnfit, PermitState (it is not late).
    """
    row = Crossing.objects.select_for_update(of=("self",)).select_related("permit").filter(id=crossing_id).first()
    if row is None or not (row.permit.asked_by == by.id
                           or may(by, CHECK, area_id=row.area_id, incident_id=row.permit.incident_id)):  # fmt: skip
        raise CrossingMissing()
    reasons = entries_of("delay_reasons")
    if why not in reasons:
        raise PermitUnfit(field="why", fix=" ".join(reasons))
    said = (why, words.strip()[:200])
    if (row.late_why, row.late_words) == said:
        raise Repeated(row)
    if (row.passed_at or at) <= row.due_at:
        raise PermitState(state="on time", next="late")
    row.late_why, row.late_words, row.late_said_by = *said, by.id
    row.save(update_fields=["late_why", "late_words", "late_said_by"])
    return row


@service("gates.tell_late_convoys", door=False)
def tell_late_convoys(*, limit: int, by: Actor, at: datetime) -> int:
    """A convoy that has not come to a gate so long after its time: who asked for it, the gate's lead and the command
    hear, once a gate. Harmless twice. Gives how many gates."""
    open_ = Crossing.objects.filter(passed_at=None, late_told_at=None, due_at__lte=at,
                                    permit__state__in=("issued", "out"), permit__until_at__gt=at)  # fmt: skip
    rows = list(
        open_.select_for_update(of=("self",), skip_locked=True).select_related("permit").order_by("due_at")[:limit]
    )
    minutes = values_by_area(common_edition(), ["convoy_late_minutes"], {r.area_id for r in rows}, at=at)
    late = [r for r in rows if at >= r.due_at + timedelta(minutes=minutes[r.area_id]["convoy_late_minutes"])]
    passed_on = {(p, n) for p, n in Crossing.objects.filter(permit_id__in=[r.permit_id for r in late])
                 .exclude(passed_at=None).values_list("permit_id", "position")}  # fmt: skip
    # A gate it went round is nobody's alarm: it has been seen further on.
    missed = [r for r in late if not any(p == r.permit_id and n > r.position for p, n in passed_on)]
    by_incident: dict[UUID | None, list[Writing]] = {}
    leads = {a: [*_leads(a, at), *_command(a, at)] for a in {r.area_id for r in missed}}
    for r in missed:
        values = {"number": str(r.permit.number), "gate": r.gate, "due": r.due_at.isoformat()}
        people = dict.fromkeys([r.permit.asked_by, *leads[r.area_id]])
        some = by_incident.setdefault(r.permit.incident_id, [])
        some += [Writing(uuid5(r.id, f"late {p}"), "account", p, values, r.permit_id, r.area_id) for p in people]
    Crossing.objects.filter(id__in=[r.id for r in late]).update(late_told_at=at)
    for incident_id, writings in by_incident.items():
        write_messages(writings=writings, edition=common_edition(), template="convoy-late", incident_id=incident_id,
                       by=by, at=at)  # fmt: skip
    return len(missed)


@service("gates.tell_gates", door=False)
def tell_gates(*, limit: int, by: Actor, at: datetime) -> int:
    """Convoys whose way was cleared: the lead of each gate hears when they come and how many. Harmless twice.

    Gives how many convoys; at most `limit` of those not over.
    """
    rows = Permit.objects.filter(kind=CONVOY, state="issued", until_at__gt=at, gates_told_at=None)
    found = list(rows.select_for_update(of=("self",), skip_locked=True).order_by("from_at")[:limit])
    gates = list(Crossing.objects.filter(permit_id__in=[p.id for p in found]).order_by("permit_id", "position"))
    leads = {a: _leads(a, at) for a in {c.area_id for c in gates}}
    for permit in found:
        writings = []
        for c in (g for g in gates if g.permit_id == permit.id):
            values = {"number": str(permit.number), "gate": c.gate, "due": c.due_at.isoformat(),
                      "vehicles": str(permit.vehicles)}  # fmt: skip
            writings += [Writing(uuid5(c.id, f"comes {p}"), "account", p, values, permit.id, c.area_id)
                         for p in leads[c.area_id]]  # fmt: skip
        write_messages(writings=writings, edition=common_edition(), template="convoy-comes",
                       incident_id=permit.incident_id, by=by, at=at)  # fmt: skip
    Permit.objects.filter(id__in=[p.id for p in found]).update(gates_told_at=at)
    return len(found)


def _leads(area_id: UUID, at: datetime) -> list[UUID]:
    """Who leads where the gate is: the first level that has somebody."""
    above = ids_above(area_id)
    found = (holders_of(r, above=above, at=at)[:MOST_TOLD] for r in GATE_LEADS)
    return list(next((some for some in found if some), []))


def _command(area_id: UUID, at: datetime) -> list[UUID]:
    return holders_of("command", above=ids_above(area_id), at=at)[:MOST_TOLD]
