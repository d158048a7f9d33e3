"""Writing signals, incidents, zones and weather warnings."""

from lianfang.domains.incidents.services.incidents import (
    attach_signal,
    change_phase,
    open_incident,
    set_level,
    set_mode,
)
from lianfang.domains.incidents.services.measures import MeasureText, end_measure, set_measure
from lianfang.domains.incidents.services.milestones import note_milestone, withdraw_milestone
from lianfang.domains.incidents.services.posts import grant_for_incident
from lianfang.domains.incidents.services.signals import acknowledge_signal, escalate_signal, report_signal
from lianfang.domains.incidents.services.weather import WarningText, end_warning, raise_warning
from lianfang.domains.incidents.services.zones import alarm_review, draft_zone, end_version, enforce_version

__all__ = [
    "MeasureText",
    "WarningText",
    "acknowledge_signal",
    "alarm_review",
    "attach_signal",
    "change_phase",
    "draft_zone",
    "end_measure",
    "end_version",
    "end_warning",
    "enforce_version",
    "escalate_signal",
    "grant_for_incident",
    "note_milestone",
    "open_incident",
    "raise_warning",
    "report_signal",
    "set_level",
    "set_measure",
    "set_mode",
    "withdraw_milestone",
]
