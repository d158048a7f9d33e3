"""Refusals about pleas."""

from lianfang.base.errors import Busy, Conflict, Invalid, Missing


class PleaMissing(Missing):
    """No such plea, or it lies outside the actor's areas."""

    code = "needs.missing"


class PleaUnfit(Invalid):
    """A value of a plea that cannot be taken: values name the field and the fix."""

    code = "needs.unfit"


class PleaEnded(Conflict):
    """The plea has ended; values say how."""

    code = "needs.ended"


class PleaNotDone(Conflict):
    """Only what was reported as done is confirmed."""

    code = "needs.not_done"


class PleaTaken(Conflict):
    """Somebody else looks after it now; values name the post."""

    code = "needs.taken"


class TooManyPleas(Busy):
    """So many pleas have come from one connection within the hour that more are no pleas."""

    code = "needs.too_many"


class MediatorUnfit(Invalid):
    """Who was chosen may not mediate in this area."""

    code = "needs.mediator_unfit"


class AnswerNotInUse(Conflict):
    """The answer is not approved, or was withdrawn: nobody answers with it."""

    code = "needs.answer_not_in_use"


class HelperUnfit(Invalid):
    """A helper of a pairing serves nowhere near the class; values name the class."""

    code = "needs.helper_unfit"


class ClassTaken(Conflict):
    """The class has a helper already; values name the class and the post."""

    code = "needs.class_taken"


class FeedbackGiven(Conflict):
    """Feedback is given once a job, by who asked for it, once it is done."""

    code = "needs.feedback_given"
