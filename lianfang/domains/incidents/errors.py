"""Refusals about signals, incidents, zones and weather warnings."""

from lianfang.base.errors import Conflict, Invalid, Missing


class SignalMissing(Missing):
    """No such signal, or none this actor may see."""

    code = "incidents.signal_missing"


class SignalUnknown(Invalid):
    """The edition knows no such signal or class."""

    code = "incidents.signal_unknown"


class SignalDoesNotOpen(Conflict):
    """A signal of this class does not open an incident by the edition's definition."""

    code = "incidents.signal_does_not_open"


class SignalTaken(Conflict):
    """The signal opened an incident before."""

    code = "incidents.signal_taken"


class SignalOfAnotherHazard(Invalid):
    """The signal belongs to another hazard than the incident."""

    code = "incidents.signal_other_hazard"


class IncidentClosed(Conflict):
    """The incident is closed: nothing is added to it any more."""

    code = "incidents.closed"


class LevelUnknown(Invalid):
    """The edition knows no such response level."""

    code = "incidents.level_unknown"


class MeasureUnknown(Invalid):
    """The edition's catalogue has no such measure."""

    code = "incidents.measure_unknown"


class MeasureMissing(Missing):
    """No such measure, or none this actor may see."""

    code = "incidents.measure_missing"


class MeasureUnfit(Invalid):
    """A measure needs text in both languages, a reason, and an end after its beginning."""

    code = "incidents.measure_unfit"


class IncidentMissing(Missing):
    """No such incident, or none this actor may see."""

    code = "incidents.missing"


class PhaseUnknown(Invalid):
    """The edition knows no such phase."""

    code = "incidents.phase_unknown"


class ZoneMissing(Missing):
    """No such zone, or none this actor may see."""

    code = "incidents.zone_missing"


class ZoneEmpty(Invalid):
    """A zone needs at least one building."""

    code = "incidents.zone_empty"


class ZoneNotDraft(Conflict):
    """The version is in force already, replaced or lifted."""

    code = "incidents.zone_not_draft"


class ZoneWithoutAuthority(Conflict):
    """The authority that the edition asks for has not adopted this version."""

    code = "incidents.zone_without_authority"


class ZoneKindUnknown(Invalid):
    """The edition knows no such kind of zone."""

    code = "incidents.zone_kind_unknown"


class PaperMissing(Invalid):
    """An adoption needs the number of its paper."""

    code = "incidents.paper_missing"


class ZoneOutside(Invalid):
    """Some of the buildings lie outside the zone's area."""

    code = "incidents.zone_outside"


class AlertUnreadable(Invalid):
    """The file is no alert that can be taken; the values name element and fix."""

    code = "incidents.alert_unreadable"


class AlertNotReal(Conflict):
    """The alert is a test, an exercise or a draft: it flags nobody outside an exercise."""

    code = "incidents.alert_not_real"


class AlertElsewhere(Invalid):
    """None of the alert's areas is one in which the actor may enter warnings."""

    code = "incidents.alert_elsewhere"


class WarningUnknown(Invalid):
    """The edition knows no such warning, or not in this colour."""

    code = "incidents.warning_unknown"


class WarningUnfit(Invalid):
    """A warning needs an area and an end that lies ahead and after its beginning; the values name the field."""

    code = "incidents.warning_unfit"


class WarningMissing(Missing):
    """No such warning, or none this actor may see."""

    code = "incidents.warning_missing"
