"""The tree of refusals. A refusal has a stable code and values; its sentence is made at the door.

Bugs are ordinary exceptions and reach no user as text.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refused(Exception):
    """Something that may not or cannot be done, said in a code and values."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "base.refused"

    def __init__(self, **values: Any) -> None:
        super().__init__(self.code)
        self.values = values

    def __str__(self) -> str:
        return self.code


class NotAllowed(Refused):
    """The actor lacks the right, or the purpose, in this area."""

    status = 403
    code = "base.not_allowed"


class Missing(Refused):
    """There is no such thing, or not for this actor."""

    status = 404
    code = "base.missing"


class Conflict(Refused):
    """It was possible, and something else came first."""

    status = 409
    code = "base.conflict"


class Invalid(Refused):
    """The input is wrong: values name the field and the fix."""

    status = 422
    code = "base.invalid"


class Busy(Refused):
    """Not now: try again after values["retry_seconds"]."""

    status = 503
    code = "base.busy"
