"""Refusals about personal data."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed


class KeyGone(Conflict):
    """The key of this scope and class was destroyed, or was never made: nothing can be sealed under it."""

    code = "privacy.key_gone"


class SearchTooShort(Invalid):
    """A name needs two characters or a syllable, a number its last four digits."""

    code = "privacy.search_too_short"


class HeldByLaw(Conflict):
    """A legal hold keeps these classes past their date."""

    code = "privacy.held_by_law"


class NothingToDestroy(Conflict):
    """No key of these classes lives: they were destroyed before."""

    code = "privacy.nothing_to_destroy"


class LegalHoldUnfit(Invalid):
    """A legal hold needs its classes, the office that asks, why, and a time to come."""

    code = "privacy.legal_hold_unfit"


class LegalHoldMissing(Missing):
    """There is no such legal hold."""

    code = "privacy.legal_hold_missing"


class CertificateMissing(Missing):
    """There is no such certificate, or not yet: the keys are not destroyed."""

    code = "privacy.certificate_missing"


class WitnessTheSame(NotAllowed):
    """Whoever ordered a destruction is no witness of it."""

    code = "privacy.witness_the_same"


class IncidentRuns(Conflict):
    """Nothing of an incident is destroyed while it runs."""

    code = "privacy.incident_runs"


class EndsTooEarly(Conflict):
    """Records that others rest on are not ended before their date."""

    code = "privacy.ends_too_early"


class GlassClosed(NotAllowed):
    """Who reads a wide area searches by name for a task about somebody, or breaks the glass and says why."""

    code = "privacy.glass_closed"


class GlassWithoutReason(Invalid):
    """A reason of a sentence is needed."""

    code = "privacy.glass_without_reason"


class GlassMissing(Missing):
    """There is no such search to review, or it lies outside one's areas."""

    code = "privacy.glass_missing"


class OwnGlass(NotAllowed):
    """Nobody reviews himself."""

    code = "privacy.own_glass"
