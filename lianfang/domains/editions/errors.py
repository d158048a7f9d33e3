"""Refusals about editions and kinds."""

from lianfang.base.errors import Conflict, Invalid, Missing


class FileUnfit(Invalid):
    """A kind or edition file cannot be taken: values["problems"] names file, key and fix."""

    code = "editions.file_unfit"


class EditionMissing(Missing):
    """No such edition is loaded."""

    code = "editions.missing"


class ValueMissing(Missing):
    """The edition does not hold that value."""

    code = "editions.value_missing"


class KindMissing(Missing):
    """No such kind, or not in that version."""

    code = "editions.kind_missing"


class VersionTaken(Conflict):
    """A kind of that version is loaded with other content: open items rely on it, so give the file a higher version."""

    code = "editions.version_taken"
