"""Opening an incident, and its phases and modes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.errors import (
    IncidentMissing,
    PhaseUnknown,
    SignalDoesNotOpen,
    SignalMissing,
    SignalTaken,
)
from lianfang.domains.incidents.models import Change, Incident, Signal
from lianfang.domains.incidents.services.signals import signal_rule


def _refuse_unfit(signal: Signal) -> None:
    if signal.incident_id:
        raise SignalTaken(incident=str(signal.incident_id))
    rule = signal_rule(signal.edition, signal.kind)
    if not next(c for c in rule["classes"] if c["name"] == signal.case_class).get("opens", True):
        raise SignalDoesNotOpen(case_class=signal.case_class)


@service("incidents.open_incident", door=False)
def open_incident(
    *, incident_id: UUID, signal_id: UUID, area_id: UUID, is_drill: bool, by: Actor, at: datetime
) -> Incident:
    """Open an incident from a signal, under the signal's edition. The flow adds keys, checklist and messages.

    Repeat:  same id: the first. Rights: incidents.open on the area. Locks: the signal row.
    Raises:  SignalMissing, SignalTaken, SignalDoesNotOpen (the class does not open by the edition's definition).
    """
    require(by, "incidents.open", area_id=area_id)
    signal = Signal.objects.select_for_update().filter(id=signal_id).first()
    if signal is None:
        raise SignalMissing(signal=str(signal_id))
    known = Incident.objects.filter(id=incident_id).first()
    if known:
        raise Repeated(known)
    _refuse_unfit(signal)
    body, place = edition(signal.edition), area(area_id)
    title = {
        t: f"{place.name if t == 'zh' else place.name_en or place.name} · {body['title'][t]}" for t in ("zh", "en")
    }
    opened = Incident.objects.create(
        id=incident_id,
        hazard=signal.hazard,
        edition=signal.edition,
        area_id=area_id,
        title=title,
        phase=body["phases"][0]["name"],
        alerted_at=signal.received_at,
        opened_at=at,
        opened_by=by.id,
        is_drill=is_drill,
    )
    signal.incident = opened
    signal.acknowledged_at, signal.acknowledged_by = signal.acknowledged_at or at, signal.acknowledged_by or by.id
    signal.save(update_fields=["incident", "acknowledged_at", "acknowledged_by"])
    Change.objects.create(
        id=uuid5(incident_id, "mode"),
        incident=opened,
        what="mode",
        before="routine",
        after="emergency",
        reason=signal.kind,
        by=by.id,
        at=at,
    )
    return opened


def _locked(incident_id: UUID) -> Incident:
    found = Incident.objects.select_for_update().filter(id=incident_id).first()
    if found is None:
        raise IncidentMissing(incident=str(incident_id))
    return found


@service("incidents.change_phase", told=("reason",))
def change_phase(*, incident_id: UUID, phase: str, reason: str, by: Actor, at: datetime) -> Incident:
    """The incident enters another phase of its edition, with the reason; the last one closes it."""
    incident = _locked(incident_id)
    require(by, "incidents.phase", area_id=incident.area_id)
    names = [p["name"] for p in edition(incident.edition)["phases"]]
    if phase not in names:
        raise PhaseUnknown(phase=phase)
    if phase == incident.phase:
        raise Repeated(incident)
    Change.objects.create(
        id=uuid5(incident_id, f"phase {at.isoformat()}"),
        incident=incident,
        what="phase",
        before=incident.phase,
        after=phase,
        reason=reason,
        by=by.id,
        at=at,
    )
    incident.phase = phase
    incident.closed_at = at if phase == names[-1] else None
    incident.save(update_fields=["phase", "closed_at"])
    return incident


@service("incidents.set_mode", told=("reason",))
def set_mode(*, incident_id: UUID, mode: str, reason: str, by: Actor, at: datetime) -> Incident:
    """Routine to emergency and back, with the reason."""
    incident = _locked(incident_id)
    require(by, "incidents.phase", area_id=incident.area_id)
    if mode == incident.mode:
        raise Repeated(incident)
    Change.objects.create(
        id=uuid5(incident_id, f"mode {at.isoformat()}"),
        incident=incident,
        what="mode",
        before=incident.mode,
        after=mode,
        reason=reason,
        by=by.id,
        at=at,
    )
    incident.mode = mode
    incident.save(update_fields=["mode"])
    return incident
