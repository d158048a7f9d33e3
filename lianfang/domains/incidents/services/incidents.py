"""Opening an incident, and its phases and modes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.accounts.services import end_grants_of_incident
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import edition, part
from lianfang.domains.incidents.errors import (
    IncidentClosed,
    IncidentMissing,
    LevelUnknown,
    PhaseUnknown,
    SignalDoesNotOpen,
    SignalMissing,
    SignalOfAnotherHazard,
    SignalTaken,
)
from lianfang.domains.incidents.models import Change, Incident, Signal
from lianfang.domains.incidents.services.signals import signal_rule


def opens(signal: Signal) -> bool:
    """Whether a signal of this class opens an incident by its edition's definition; else it may only be watched."""
    rule = signal_rule(signal.edition, signal.kind)
    return bool(next(c for c in rule["classes"] if c["name"] == signal.case_class).get("opens", True))


def watch_phase(code: str) -> str:
    """The phase of an edition in which a signal is only watched; "" where it has none."""
    return next((str(p["name"]) for p in edition(code)["phases"] if p.get("watch")), "")


def first_phase(code: str) -> str:
    """The phase in which the response begins."""
    return next(str(p["name"]) for p in edition(code)["phases"] if not p.get("watch"))


def _locked_signal(signal_id: UUID) -> Signal:
    signal = Signal.objects.select_for_update().filter(id=signal_id).first()
    if signal is None:
        raise SignalMissing(signal=str(signal_id))
    return signal


def _join(signal: Signal, incident: Incident, by: Actor, at: datetime) -> None:
    signal.incident = incident
    signal.acknowledged_at, signal.acknowledged_by = signal.acknowledged_at or at, signal.acknowledged_by or by.id
    signal.save(update_fields=["incident", "acknowledged_at", "acknowledged_by"])


@service("incidents.open_incident", door=False)
def open_incident(
    *, incident_id: UUID, signal_id: UUID, area_id: UUID, is_drill: bool, is_watch: bool, by: Actor, at: datetime
) -> Incident:
    """Open an incident from a signal, under the signal's edition. The flow adds keys, checklist and messages.

    is_watch: the signal does not open a response by the edition's definition, and is watched (routine mode).
    Repeat:   same id: the first. Rights: incidents.open on the area and where the signal lies. Locks: the signal row.
    Raises:   SignalMissing, SignalTaken, SignalDoesNotOpen (by the edition's definition, or it knows no watching).
    """
    require(by, "incidents.open", area_id=area_id)
    signal = _locked_signal(signal_id)
    require(by, "incidents.open", area_id=signal.area_id)
    known = Incident.objects.filter(id=incident_id).first()
    if known:
        raise Repeated(known)
    if signal.incident_id:
        raise SignalTaken(incident=str(signal.incident_id))
    phase = watch_phase(signal.edition) if is_watch else first_phase(signal.edition) if opens(signal) else ""
    if not phase:
        raise SignalDoesNotOpen(case_class=signal.case_class)
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
        phase=phase,
        mode="routine" if is_watch else "emergency",
        alerted_at=signal.received_at,
        opened_at=at,
        opened_by=by.id,
        is_drill=is_drill,
    )
    _join(signal, opened, by, at)
    if not is_watch:
        _note(opened, "mode", "routine", "emergency", signal.kind, by, at)
    return opened


def _note(
    incident: Incident, what: str, before: str, after: str, reason: str, by: Actor, at: datetime, **more: Any
) -> None:
    key = uuid5(incident.id, f"{what} {after} {at.isoformat()}")
    Change.objects.create(
        id=key, incident=incident, what=what, before=before, after=after, reason=reason, by=by.id, at=at, **more
    )


@service("incidents.attach_signal", door=False)
def attach_signal(*, signal_id: UUID, incident_id: UUID, by: Actor, at: datetime) -> tuple[Incident, bool]:
    """A further signal of the same hazard belongs to an incident; gives whether it ends the watching.

    Repeat:  a signal of this incident. Rights: incidents.open on the incident's area and where the signal lies.
    Locks:   the signal, the incident.
    Raises:  SignalMissing, SignalTaken, SignalOfAnotherHazard, IncidentClosed.
    """
    signal, incident = _locked_signal(signal_id), _locked(incident_id)
    require(by, "incidents.open", area_id=incident.area_id, incident_id=incident_id)
    require(by, "incidents.open", area_id=signal.area_id, incident_id=incident_id)
    if signal.incident_id == incident_id:
        raise Repeated((incident, False))
    if signal.incident_id:
        raise SignalTaken(incident=str(signal.incident_id))
    if signal.hazard != incident.hazard:
        raise SignalOfAnotherHazard(hazard=signal.hazard)
    if incident.closed_at:
        raise IncidentClosed(incident=str(incident_id))
    _join(signal, incident, by, at)
    begins = incident.phase == watch_phase(incident.edition) and opens(signal)
    if begins:
        phase = first_phase(incident.edition)
        _note(incident, "phase", incident.phase, phase, signal.kind, by, at)
        if incident.mode == "routine":
            _note(incident, "mode", "routine", "emergency", signal.kind, by, at)
        incident.phase, incident.mode, incident.alerted_at = phase, "emergency", signal.received_at
        incident.save(update_fields=["phase", "mode", "alerted_at"])
    return incident, begins


@service("incidents.set_level", door=False, told=("reason", "issuer", "paper_number"))
def set_level(
    *,
    incident_id: UUID,
    level: str,
    issuer: str,
    paper_number: str,
    effective_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> Incident:
    """The response level, by whom it was set and from when. The flow sends it down and starts the level's tasks.

    Repeat: the level that stands. Rights: incidents.phase on the area. Raises: IncidentMissing, LevelUnknown.
    """
    incident = _locked(incident_id)
    require(by, "incidents.phase", area_id=incident.area_id, incident_id=incident_id)
    part(incident.edition, "levels", level, missing=LevelUnknown)
    if incident.level == level:
        raise Repeated(incident)
    _note(
        incident, "level", incident.level, level, reason, by, at,
        issuer=issuer, paper_number=paper_number, effective_at=effective_at,
    )  # fmt: skip
    incident.level = level
    incident.save(update_fields=["level"])
    return incident


def _locked(incident_id: UUID) -> Incident:
    found = Incident.objects.select_for_update().filter(id=incident_id).first()
    if found is None:
        raise IncidentMissing(incident=str(incident_id))
    return found


@service("incidents.change_phase", door=False, told=("reason",))
def change_phase(*, incident_id: UUID, phase: str, reason: str, by: Actor, at: datetime) -> Incident:
    """The incident enters another phase of its edition, with the reason; the last one closes it.

    With it ends every post that was granted for this incident alone.
    """
    incident = _locked(incident_id)
    require(by, "incidents.phase", area_id=incident.area_id, incident_id=incident_id)
    names = [p["name"] for p in edition(incident.edition)["phases"]]
    if phase not in names:
        raise PhaseUnknown(phase=phase)
    if phase == incident.phase:
        raise Repeated(incident)
    _note(incident, "phase", incident.phase, phase, reason, by, at)
    incident.phase = phase
    incident.closed_at = at if phase == names[-1] else None
    incident.save(update_fields=["phase", "closed_at"])
    if incident.closed_at:
        end_grants_of_incident(incident_id=incident_id, by=by, at=at)
    return incident


@service("incidents.set_mode", told=("reason",))
def set_mode(*, incident_id: UUID, mode: str, reason: str, by: Actor, at: datetime) -> Incident:
    """Routine to emergency and back, with the reason."""
    incident = _locked(incident_id)
    require(by, "incidents.phase", area_id=incident.area_id, incident_id=incident_id)
    if mode == incident.mode:
        raise Repeated(incident)
    _note(incident, "mode", incident.mode, mode, reason, by, at)
    incident.mode = mode
    incident.save(update_fields=["mode"])
    return incident
