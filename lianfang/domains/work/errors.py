"""Refusals about work items. Each is also an outcome code of a device's note."""

from lianfang.base.errors import Conflict, Invalid, Missing, NotAllowed


class ItemMissing(Missing):
    """No such item, or none this actor may see."""

    code = "work.item_missing"


class MoveUnknown(Invalid):
    """The kind has no such move."""

    code = "work.move_unknown"


class MoveUnfit(Conflict):
    """The item is no longer in a state from which the move goes: values say where it is."""

    code = "work.move_unfit"


class MoveNotYours(NotAllowed):
    """The move belongs to the owner, the lead or somebody else of the area."""

    code = "work.move_not_yours"


class NeedsAnother(NotAllowed):
    """The doer may not close it: another person must."""

    code = "work.needs_another"


class CriterionUnmet(Invalid):
    """A field stays below what this move asks of it by the kind: values["need"] says what."""

    code = "work.criterion_unmet"


class KitMissing(Invalid):
    """A move that is made in the kit of its kind, and pieces of it are not on: values["kit"] names them."""

    code = "work.kit_missing"


class BoundPassed(Invalid):
    """More than an edition allows: values say what, the most, the rule and its source."""

    code = "work.bound_passed"


class NotListed(Invalid):
    """The register of this area, or above, lists nobody under values["key"]."""

    code = "work.not_listed"


class ListingOver(Invalid):
    """The register lists values["name"], but only until values["until"]."""

    code = "work.listing_over"


class FieldMissing(Invalid):
    """Values that this move needs are missing: values["fields"] names them."""

    code = "work.field_missing"


class FieldUnfit(Invalid):
    """A value is of the wrong type or not among the choices: values["field"] and values["fix"]."""

    code = "work.field_unfit"


class UnitUnfit(Invalid):
    """The kind is about another sort of unit, or the unit is not there."""

    code = "work.unit_unfit"


class ParentUnfit(Invalid):
    """The kind may not hang under that parent."""

    code = "work.parent_unfit"


class RunUnfit(Invalid):
    """An errand that cannot be gone on so: values["field"] and values["fix"]."""

    code = "work.run_unfit"


class OwnerUnskilled(Conflict):
    """The kind asks for verified skills or training that its owner has not: values["skills"]."""

    code = "work.owner_unskilled"


class PlanMissing(Missing):
    """No such plan, or none this actor may see."""

    code = "work.plan_missing"


class PlanUnfit(Invalid):
    """A plan that cannot be kept so: values["field"] and values["fix"]."""

    code = "work.plan_unfit"


class PlanEnded(Conflict):
    """The plan has ended."""

    code = "work.plan_ended"


class SpotNotDrawn(Conflict):
    """The item was not drawn for a second look, or has had it."""

    code = "work.spot_not_drawn"


class TooManyWaiting(Conflict):
    """So many of one person's words wait to be read already."""

    code = "work.too_many_waiting"


class AskedAlready(Conflict):
    """The household has answered this today: values["question"], values["time"], values["who"]. A reason lets it."""

    code = "work.asked_already"


class TransferUnfit(Conflict):
    """A task that cannot be taken over so: values["why"] is free, own, closed, asked or over."""

    code = "work.transfer_unfit"


class NightRest(Conflict):
    """Nobody knocks or calls as a routine between values["begins"] and values["ends"]. A reason lets it."""

    code = "work.night_rest"


class MinorAlone(Invalid):
    """Only a minor is at home: nothing is asked, and nobody goes in, until a guardian is there."""

    code = "work.minor_alone"


class OwnPage(Invalid):
    """Items of this kind are noted as a whole by their own page: values["kind"]."""

    code = "work.own_page"


class PageMissing(Missing):
    """No page was printed with this code, or it is of an area outside the actor's."""

    code = "work.page_missing"


class PageCodeWrong(Invalid):
    """No code that a page can have: a letter is wrong."""

    code = "work.page_code_wrong"


class PageTooOld(Conflict):
    """The page was printed too long ago: values["printed"], values["until"]."""

    code = "work.page_too_old"


class WriterUnfit(Invalid):
    """Whoever wrote on the page serves in its area: nobody is named, or somebody else."""

    code = "work.writer_unfit"


class MovedAway(Conflict):
    """Whoever a plan is about lives nowhere on the register any more: nobody is sent to the old door."""

    code = "work.moved_away"


class NotedSince(Conflict):
    """Somebody noted the row after the form was made: nothing is written over it. values["time"]."""

    code = "work.noted_since"


ALL = {
    e.code: e
    for e in (
        ItemMissing,
        MoveUnknown,
        MoveUnfit,
        MoveNotYours,
        NeedsAnother,
        FieldMissing,
        CriterionUnmet,
        KitMissing,
        BoundPassed,
        NotListed,
        ListingOver,
        FieldUnfit,
        UnitUnfit,
        OwnerUnskilled,
        ParentUnfit,
        RunUnfit,
        SpotNotDrawn,
        AskedAlready,
        MovedAway,
        NotedSince,
    )
}
