"""Refusals about calls, shifts, claims and attendance."""

from lianfang.base.errors import Busy, Conflict, Invalid, Missing, NotAllowed, Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing


class CallMissing(Missing):
    """No such call, or it does not ask this actor."""

    code = "calls.missing"


class ShiftMissing(Missing):
    """No such shift, or it does not ask this actor."""

    code = "calls.shift_missing"


class ClaimMissing(Missing):
    """No such claim, or it is neither the actor's own nor one the actor leads."""

    code = "calls.claim_missing"


class CallUnfit(Invalid):
    """A value of a call or a shift that cannot be taken: values name the field and the fix."""

    code = "calls.unfit"


class ClaimDiffers(Conflict):
    """The id of a claim came with another shift or person than before."""

    code = "calls.claim_differs"


class ShiftFull(Conflict):
    """All places of the shift are taken."""

    code = "calls.full"


class ShiftOver(Conflict):
    """The shift has ended."""

    code = "calls.shift_over"


class CallClosed(Conflict):
    """The call takes nobody any more."""

    code = "calls.closed"


class NotYetOpen(Conflict):
    """The call opens later."""

    code = "calls.not_yet_open"


class Collides(Conflict):
    """The person serves elsewhere at the same time."""

    code = "calls.collides"


class TooLittleRest(Conflict):
    """With this shift the person would have too little rest within a day."""

    code = "calls.too_little_rest"


class TooManyHours(Conflict):
    """With this shift the person would serve too long between two rests."""

    code = "calls.too_many_hours"


class TooManyWeek(Conflict):
    """With this shift the person would serve too long in seven days."""

    code = "calls.too_many_week"


class KeptForRole(Conflict):
    """The places left are kept for people of a role that the shift still lacks."""

    code = "calls.kept_for_role"


class HeldBack(Conflict):
    """The places left are let go later, for others to have a chance."""

    code = "calls.held_back"


class NotTrained(Conflict):
    """The post demands a verified skill that the person does not have."""

    code = "calls.not_trained"


class OffDuty(Conflict):
    """The person is off duty."""

    code = "calls.off_duty"


class Exposed(Conflict):
    """The person met a case and is off duty until a time."""

    code = "calls.exposed"


class Limited(Conflict):
    """The person is on light duty, with a limit that this work does not keep."""

    code = "calls.limited"


class NotInsured(Conflict):
    """Risky duty without accident insurance."""

    code = "calls.not_insured"


class NotAssembled(Conflict):
    """Ticks of assembly are missing: nobody is deployed before."""

    code = "calls.not_assembled"


class Fever(Conflict):
    """The temperature at assembly stops the person."""

    code = "calls.fever"


class SecondPerson(NotAllowed):
    """A second person of the post checks gear and notes going in and out, never oneself."""

    code = "calls.second_person"


class GearUnchecked(Conflict):
    """Nobody goes in before a second person has checked the gear."""

    code = "calls.gear_unchecked"


class ProofNotAsked(Conflict):
    """No proof of place or photo is asked for: it is no emergency, or nobody decided to ask."""

    code = "calls.proof_not_asked"


class ProofMissing(Missing):
    """No photo of this claim, its day is over, or the actor does not lead the post."""

    code = "calls.proof_missing"


class NotBegun(Conflict):
    """What is to end has not begun."""

    code = "calls.not_begun"


class CallOutMissing(Missing):
    """No such call-out, or it did not ask this actor."""

    code = "calls.call_out_missing"


class CallOutOver(Conflict):
    """The call-out takes no answers any more."""

    code = "calls.call_out_over"


class HostConfirms(NotAllowed):
    """The group serves at a shop that has somebody who confirms hours: it is his to say."""

    code = "calls.host_confirms"


class AllowedByOneself(NotAllowed):
    """An exception for oneself is another lead's to give."""

    code = "calls.allowed_by_oneself"


class ReasonMissing(Invalid):
    """An exception is given or refused with a reason."""

    code = "calls.reason_missing"


class Rush(Busy):
    """More people press at once than are answered: this press comes again by itself."""

    code = "calls.rush"


class OffArea(NotAllowed):
    """The call asks people who serve in another area."""

    code = "calls.off_area"


class NotAsked(NotAllowed):
    """The call asks people of other bodies."""

    code = "calls.not_asked"


class NotRegistered(NotAllowed):
    """The account is closed, or holds no role that takes shifts."""

    code = "calls.not_registered"


class TooEarly(Conflict):
    """Nobody can check in so long before the shift."""

    code = "calls.too_early"


class TooLate(Conflict):
    """The shift has ended, or the time to leave it has passed."""

    code = "calls.too_late"


class NotClaimed(Conflict):
    """The claim holds no place: it waits, was released, or nobody came."""

    code = "calls.not_claimed"


class CodeWrong(Conflict):
    """The code is not that of this shift."""

    code = "calls.code_wrong"


class TooManyTries(Busy):
    """So many wrong codes that the next waits a while: a code of six digits is not found by trying."""

    code = "calls.too_many_tries"


class NotIn(Conflict):
    """Nobody leaves who has not come."""

    code = "calls.not_in"


class AlreadyIn(Conflict):
    """The person has come: a place in use is not released."""

    code = "calls.already_in"


class RecordMissing(Missing):
    """No such record of service: none of ours, not the actor's, or changed since it was made."""

    code = "calls.record_missing"


class NothingSigned(Conflict):
    """No turn in these days has been confirmed by another."""

    code = "calls.nothing_signed"


class FeedMissing(Missing):
    """No calendar at this address, or a newer address has taken its place."""

    code = "calls.feed_missing"


class NotServed(Conflict):
    """Only of a turn that was served can something be said."""

    code = "calls.not_served"


class SwapMissing(Missing):
    """No such swap, or it asks somebody else."""

    code = "calls.swap_missing"


class SwapOver(Conflict):
    """The swap was answered or withdrawn before."""

    code = "calls.swap_over"


class SwapUnfit(Conflict):
    """The other could not take the shift that is given for his; why is his own matter."""

    code = "calls.swap_unfit"


class NoColleague(NotAllowed):
    """Only who serves at the same call or in the same team is asked to take a shift."""

    code = "calls.no_colleague"


ALL: dict[str, type[Refused]] = {
    c.code: c
    for c in (
        CallMissing,
        ShiftMissing,
        ClaimMissing,
        HostConfirms,
        CallUnfit,
        CallOutMissing,
        ClaimDiffers,
        ShiftFull,
        ShiftOver,
        CallClosed,
        NotYetOpen,
        Collides,
        TooLittleRest,
        TooManyHours,
        TooManyWeek,
        HeldBack,
        KeptForRole,
        NotTrained,
        OffDuty,
        Exposed,
        Limited,
        NotInsured,
        NotAssembled,
        Fever,
        SecondPerson,
        GearUnchecked,
        ProofNotAsked,
        ProofMissing,
        NotBegun,
        OffArea,
        NotAsked,
        NotRegistered,
        TooEarly,
        TooLate,
        NotClaimed,
        CodeWrong,
        TooManyTries,
        NotIn,
        AlreadyIn,
        NotServed,
        SwapMissing,
        SwapOver,
        SwapUnfit,
        NoColleague,
        RightMissing,
    )
}


def raise_refusal(outcome: Outcome) -> None:
    """Raise what an outcome refuses; a repeat is no refusal."""
    if outcome.code and outcome.code != "repeated":
        raise ALL[outcome.code](**outcome.values)
