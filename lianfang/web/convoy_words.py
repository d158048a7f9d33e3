"""Convoys in words, for the gate's page, a permit's and the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from lianfang.base.actor import Actor
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.gates import queries
from lianfang.domains.gates.models import Permit
from lianfang.web.words import said


def delay_words() -> list[tuple[str, str]]:
    """The reasons of the edition a convoy may be late for, in the reader's language."""
    return [(name, said(e["words"])) for name, e in entries_of("delay_reasons").items()]


def way_rows(permits: Sequence[Permit], at: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """Of each convoy the gates of its way, with why it was late there."""
    told = dict(delay_words())
    return {
        i: [{"s": s, "why": told.get(s.crossing.late_why, "")} for s in way]
        for i, way in queries.ways_of(permits, at=at).items()
    }


def at_gate(by: Actor, at: datetime) -> dict[str, Any]:
    """For the gate's page: convoys expected there, and late ones whose reason nobody has given."""
    late = queries.to_explain(by=by, at=at)
    return {"expected": queries.expected(by=by, at=at), "late": late, "reasons": delay_words() if late else [],
            "hint": gettext("Let through first, write afterwards.")}  # fmt: skip
