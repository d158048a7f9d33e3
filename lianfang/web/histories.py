"""What was done with a piece of work, in words, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_noop

from lianfang.domains.work.models import Move
from lianfang.domains.work.queries import asking
from lianfang.domains.work.rules import FOLLOWED, HOUSE_MOVES, MOVED_AWAY, TAKEN_OFF, state_of
from lianfang.domains.work.services.moves import WAS_OFF
from lianfang.web.words import said

HOUSE_WORDS = {
    TAKEN_OFF: gettext_noop("Taken off whoever had it"),
    FOLLOWED: gettext_noop("Moved: it goes to the new door"),
    MOVED_AWAY: gettext_noop("Moved away: nobody goes to the old door"),
}


def history_of(body: Mapping[str, Any], moves: Sequence[Move]) -> list[dict[str, Any]]:
    """Each move with who made it and where it led; what no kind names, in our own words."""
    words = {m["name"]: said(m["words"]) for m in body["moves"]}
    return [
        {
            "at": m.at,
            "words": gettext(HOUSE_WORDS[m.move]) if m.move in HOUSE_MOVES else words.get(m.move, ""),
            "is_opening": m.move == "open",
            "by": getattr(m, "who", None) or "",
            "writer": getattr(m, "writer", None) or "",
            "again": m.told.get("again", "") and asking.reason_words(m.told["again"]),
            "was_off": bool(m.told.get(WAS_OFF)),
            "state": "" if m.move in HOUSE_MOVES else said(state_of(body, m.to_state)["words"]),
        }
        for m in moves
    ]


def last_doer(moves: Sequence[Move]) -> UUID | None:
    """Who moved it last, newest first: to go to other hands is no move of the work."""
    return next((m.by for m in moves if m.move not in HOUSE_MOVES), None)
