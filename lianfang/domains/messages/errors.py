"""Refusals about messages."""

from lianfang.base.errors import Conflict, Invalid, Missing


class MessageMissing(Missing):
    """Nobody sent such a message, or not to this person."""

    code = "messages.missing"


class AnswerUnknown(Invalid):
    """The message does not offer that answer."""

    code = "messages.answer_unknown"


class AnsweredOtherwise(Conflict):
    """The message was answered before, otherwise."""

    code = "messages.answered_otherwise"


class BlankMissing(Invalid):
    """A template's blank has no value: a message with a hole in it is not written."""

    code = "messages.blank_missing"
