"""A signal comes in, reaches the duty officer, and goes on to the next when nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.incidents.errors import SignalMissing, SignalUnknown
from lianfang.domains.incidents.models import Signal
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.queries import next_on_duty


def signal_rule(code: str, kind: str) -> Any:
    """The edition's rule for a kind of signal. Raises SignalUnknown."""
    for s in edition(code).get("signals", []):
        if s["name"] == kind:
            return s
    raise SignalUnknown(kind=kind, edition=code)


def _tell(signal: Signal, rule: Any, at: datetime, by: Actor) -> None:
    who, position = next_on_duty(rule["duty_role"], signal.area_id, after=signal.told_position, at=at)
    signal.told_id, signal.told_position = who, position
    minutes = value(signal.edition, rule["acknowledge_value"], area_id=signal.area_id, at=at)
    signal.acknowledge_by = at + timedelta(minutes=float(minutes))
    if who is not None:
        place = area(signal.area_id)
        words = next(c for c in rule["classes"] if c["name"] == signal.case_class)
        blanks = {
            "place": place.name,
            "signal": rule["words"],
            "class": {"zh": words["zh"], "en": words["en"]},
            "minutes": f"{float(minutes):g}",
            "time": signal.found_at.isoformat(),
        }
        write_messages(
            writings=[Writing(uuid5(signal.id, f"told {position}"), "account", who, blanks, signal.id, signal.area_id)],
            edition=signal.edition,
            template="duty-alert",
            incident_id=None,
            by=by,
            at=at,
        )


@service("incidents.report_signal", told=("source", "case_class", "hazard"))
def report_signal(
    *,
    signal_id: UUID,
    kind: str,
    case_class: str,
    edition_code: str,
    area_id: UUID,
    building_id: UUID | None,
    count: int,
    source: str,
    found_at: datetime,
    by: Actor,
    at: datetime,
) -> Signal:
    """A case, count, alert, order or harm is reported: kept, and the duty officer is told at any hour.

    Repeat: same id: the first. Rights: incidents.signal on the area. Raises: SignalUnknown (kind or class).
    """
    require(by, "incidents.signal", area_id=area_id)
    known = Signal.objects.filter(id=signal_id).first()
    if known:
        raise Repeated(known)
    rule = signal_rule(edition_code, kind)
    if case_class not in [c["name"] for c in rule["classes"]]:
        raise SignalUnknown(kind=kind, case_class=case_class)
    signal = Signal(
        id=signal_id,
        kind=kind,
        case_class=case_class,
        hazard=edition(edition_code)["hazard"],
        edition=edition_code,
        area_id=area_id,
        building_id=building_id,
        count=count,
        source=source,
        found_at=found_at,
        received_at=at,
        received_by=by.id,
    )
    _tell(signal, rule, at, by)
    signal.save(force_insert=True)
    return signal


@service("incidents.acknowledge_signal")
def acknowledge_signal(*, signal_id: UUID, by: Actor, at: datetime) -> Signal:
    """Somebody on duty has it: the clock stops. Rights: incidents.open on the area, or the one who was told."""
    signal = Signal.objects.select_for_update().filter(id=signal_id).first()
    if signal is None:
        raise SignalMissing(signal=str(signal_id))
    require(by, "incidents.open", area_id=signal.area_id, own=signal.told_id == by.id)
    if signal.acknowledged_at:
        raise Repeated(signal)
    signal.acknowledged_at, signal.acknowledged_by = at, by.id
    signal.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return signal


@service("incidents.escalate_signal", door=False)
def escalate_signal(*, signal_id: UUID, by: Actor, at: datetime) -> Signal:
    """Nobody acknowledged in time: the next on the duty list is told. Repeat: harmless before the next time limit."""
    signal = Signal.objects.select_for_update().get(id=signal_id)
    if signal.acknowledged_at or (signal.acknowledge_by and signal.acknowledge_by > at):
        raise Repeated(signal)
    signal.told_position += 1
    _tell(signal, signal_rule(signal.edition, signal.kind), at, by)
    signal.save(update_fields=["told_id", "told_position", "acknowledge_by"])
    return signal
