"""Writing signals, incidents and zones."""

from lianfang.domains.incidents.services.incidents import change_phase, open_incident, set_mode
from lianfang.domains.incidents.services.signals import acknowledge_signal, escalate_signal, report_signal
from lianfang.domains.incidents.services.zones import alarm_review, draft_zone, end_version, enforce_version

__all__ = [
    "acknowledge_signal",
    "alarm_review",
    "change_phase",
    "draft_zone",
    "end_version",
    "enforce_version",
    "escalate_signal",
    "open_incident",
    "report_signal",
    "set_mode",
]
