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
