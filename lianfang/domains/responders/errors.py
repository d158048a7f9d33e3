"""Refusals about bodies that take part, people who serve, their teams and missions."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing


class BodyMissing(Missing):
    """There is no such body, or not for this actor."""

    code = "responders.body_missing"


class ParentUnfit(Invalid):
    """A body's parent is of the same area, or of one above it."""

    code = "responders.parent_unfit"


class BodyKnown(Conflict):
    """A body of that name is registered in the area."""

    code = "responders.body_known"


class ResponderMissing(Missing):
    """Nobody of this id serves, or not where this actor may look."""

    code = "responders.missing"


class ResponderUnfit(Invalid):
    """A value about somebody who serves that cannot be taken: values name the field and the fix."""

    code = "responders.unfit"


class SkillMissing(Missing):
    """There is no such skill to judge, or not for this actor."""

    code = "responders.skill_missing"


class JudgedByOneself(NotAllowed):
    """Nobody verifies his own skill."""

    code = "responders.judged_by_oneself"


class StepUnfit(Conflict):
    """From this state it does not go to that one."""

    code = "responders.step_unfit"


class TeamMissing(Missing):
    """There is no such team, or not for this actor."""

    code = "responders.team_missing"


class MemberMissing(Missing):
    """There is no such member or applicant."""

    code = "responders.member_missing"


class NotTaken(Conflict):
    """The team takes only people of certain kinds or skills, and this is none of them."""

    code = "responders.not_taken"


class OfferMissing(Missing):
    """There is no such offer, or it is not this actor's to answer."""

    code = "responders.offer_missing"


class MissionMissing(Missing):
    """There is no such mission, or it concerns neither of the actor's areas."""

    code = "responders.mission_missing"


class DutyMissing(Missing):
    """There is no such line in the phone book of duty."""

    code = "responders.duty_missing"


# What an outcome of a list may refuse with.
ALL: dict[str, type[Refused]] = {
    e.code: e
    for e in (ResponderMissing, ResponderUnfit, StepUnfit, TeamMissing, MemberMissing, NotTaken, OfferMissing,
              RightMissing)
}  # fmt: skip


def raise_refusal(outcome: Outcome) -> None:
    """Raise what an outcome refuses; a repeat is no refusal."""
    if outcome.code and outcome.code != "repeated":
        raise ALL[outcome.code](**outcome.values)
