"""Refusals about tracing."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed, Refused


class TraceMissing(Missing):
    """No such trace, or not for this actor."""

    code = "tracing.missing"


class WindowMissing(Invalid):
    """A case with neither a day of onset nor a positive sample has no window in which contacts are looked for."""

    code = "tracing.window_missing"


class TraceOpen(Conflict):
    """The person is being traced in this incident already."""

    code = "tracing.open_already"


class ContactMissing(Missing):
    """No such contact in this trace."""

    code = "tracing.contact_missing"


class DecidedOtherwise(Conflict):
    """Somebody has decided on this contact, or the move does not follow from where it stands."""

    code = "tracing.decided_otherwise"


class ReasonMissing(Invalid):
    """A candidate is rejected only with a reason."""

    code = "tracing.reason_missing"


class DependantsUnasked(Conflict):
    """Others depend on this person: before anybody is moved it is said who looks after them."""

    code = "tracing.dependants_unasked"


class ContactElsewhere(NotAllowed):
    """The contact lives where this post may hold nobody."""

    code = "tracing.contact_elsewhere"


class DaysOver(Conflict):
    """The days of observation since the last exposure are over: there is nothing left to serve."""

    code = "tracing.days_over"


class VisitBackwards(Invalid):
    """A visit that ends before it begins, or at once."""

    code = "tracing.visit_backwards"


class VisitToCome(Invalid):
    """A visit that lies in the future."""

    code = "tracing.visit_to_come"


class VisitorUnknown(Invalid):
    """No such person on the register."""

    code = "tracing.visitor_unknown"


class VenueUnknown(Invalid):
    """No such venue."""

    code = "tracing.venue_unknown"


class VisitUnfit(Invalid):
    """A field of a visit or of a file of visits that cannot be read: values name the field and the fix."""

    code = "tracing.visit_unfit"


ALL: dict[str, type[Refused]] = {
    e.code: e
    for e in (
        ContactMissing,
        DecidedOtherwise,
        ReasonMissing,
        DependantsUnasked,
        ContactElsewhere,
        DaysOver,
        VisitBackwards,
        VisitToCome,
        VisitorUnknown,
        VenueUnknown,
        VisitUnfit,
    )
}
