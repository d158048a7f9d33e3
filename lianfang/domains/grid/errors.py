"""Refusals about the register."""

from lianfang.base.errors import Conflict, Invalid, Missing


class PersonMissing(Missing):
    """No such person, or not one this actor may see."""

    code = "grid.person_missing"


class HouseholdMissing(Missing):
    """No such door, or not one this actor may see."""

    code = "grid.household_missing"


class FileMissing(Missing):
    """No such register file."""

    code = "grid.file_missing"


class FileUnreadable(Invalid):
    """The file is no workbook and no table: values say what it looks like."""

    code = "grid.file_unreadable"


class FileHasBadRows(Invalid):
    """The file has rows that cannot be taken; correct them or it is refused whole."""

    code = "grid.file_has_bad_rows"


class FileClosed(Conflict):
    """The file was applied or refused before."""

    code = "grid.file_closed"


class IdNumberTwice(Conflict):
    """The register holds a person of that id number."""

    code = "grid.id_number_twice"


class FileNotTaken(Conflict):
    """The file was not taken yet, or was refused: its rows are not settled one by one."""

    code = "grid.file_not_taken"


class FileOvertaken(Conflict):
    """A later file of the area was taken: the rows of this one are old news."""

    code = "grid.file_overtaken"


class RowMissing(Missing):
    """No such difference in this file."""

    code = "grid.row_missing"


class RowSettled(Conflict):
    """The difference was settled before, otherwise."""

    code = "grid.row_settled"


class RowOvertaken(Conflict):
    """The register changed since the file was read, so that this difference is none any more."""

    code = "grid.row_overtaken"


class DoorFactNewer(Conflict):
    """A fact found at the door is newer than the file, and outranks it."""

    code = "grid.door_fact_newer"


class ChoiceMissing(Invalid):
    """A doubtful row needs to be told whether one of the named people is meant, or a new person."""

    code = "grid.choice_missing"


class ReasonMissing(Invalid):
    """Nobody leaves the register because a file does not name him: a person says why."""

    code = "grid.reason_missing"


class IdNumberKnown(Conflict):
    """The register holds somebody of that id number, so this is no new person."""

    code = "grid.id_number_known"


class BuildingHeld(Conflict):
    """Doors would leave a building that is held, and so their hold."""

    code = "grid.building_held"


SETTLING = {
    e.code: e
    for e in (
        FileOvertaken,
        RowMissing,
        RowSettled,
        RowOvertaken,
        DoorFactNewer,
        ChoiceMissing,
        ReasonMissing,
        IdNumberKnown,
        BuildingHeld,
    )
}


class BuildingElsewhere(Conflict):
    """Some of the buildings lie elsewhere, or the area has one of that name already."""

    code = "grid.building_elsewhere"


class AnswererMissing(Missing):
    """Nobody answers here in this role and by this post."""

    code = "grid.answerer_missing"


class AnswererUnfit(Invalid):
    """The account holds no role here: who answers for doors may read who lives behind them."""

    code = "grid.answerer_unfit"


class FlagUnknown(Invalid):
    """The common edition lists no such mark."""

    code = "grid.flag_unknown"
