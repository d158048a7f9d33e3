"""Refusals about decisions."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed


class DecisionMissing(Missing):
    """No such decision, or none this actor may see."""

    code = "decisions.missing"


class AskerDecides(NotAllowed):
    """Nobody decides what he asked for himself."""

    code = "decisions.asker_decides"


class AlreadyDecided(Conflict):
    """The decision was taken before."""

    code = "decisions.already_decided"


class NoAuthority(NotAllowed):
    """The step asks for an authority of another level or area."""

    code = "decisions.no_authority"


class WordUnknown(Invalid):
    """An official says grant, refuse or return, nothing else."""

    code = "decisions.word_unknown"


class OwnHold(NotAllowed):
    """An appeal is looked at by another than who decided what it is against."""

    code = "decisions.own_hold"


class AppealWaits(Conflict):
    """An appeal against the same hold waits for its answer already."""

    code = "decisions.appeal_waits"


class AppealWithoutWords(Invalid):
    """An appeal says what is wrong; an answer that refuses says why."""

    code = "decisions.appeal_without_words"


class ReportUnfit(Invalid):
    """A report to the level above says what happens, how many people are needed, and to which level it goes."""

    code = "decisions.report_unfit"


class LinkUnfit(Invalid):
    """A link needs an office, an act that exists, what is asked, and a time within the next days."""

    code = "decisions.link_unfit"


class LinkMissing(Missing):
    """No such link: never made, or changed on the way."""

    code = "decisions.link_missing"


class LinkOver(Conflict):
    """The link was used, revoked, or its time is over."""

    code = "decisions.link_over"
