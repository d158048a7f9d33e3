"""What a plea may be: kinds, dangers, groups and cues of the editions, and a plea read by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from lianfang.base.once import once
from lianfang.domains.editions.models import Edition
from lianfang.domains.editions.queries import entries_of, guide, values_by_area
from lianfang.domains.needs.rules import DANGERS, day_of
from lianfang.kernels.pleas import Cue, Reading, cues_of, read_plea

GUIDE = ("needs", "pleas")
PROMISES = {d: f"plea_reply_{d}_minutes" for d in DANGERS}
VALUES = (*PROMISES.values(), "plea_accept_minutes", "plea_confirm_hours", "plea_alike_hours", "plea_enough",
          "plea_sure", "plea_approval_minutes", "plea_travel_minutes", "plea_warn_minutes")  # fmt: skip


def plea_kinds() -> dict[str, Any]:
    """Kinds of pleas by name, in their order."""
    return once("plea kinds", lambda: dict(entries_of("plea_kinds")))


def plea_groups() -> dict[str, Any]:
    """Groups of people a plea may be about."""
    return once("plea groups", lambda: dict(entries_of("plea_groups")))


def plea_dangers() -> dict[str, Any]:
    """Degrees of danger, the worst first."""
    found = entries_of("plea_dangers")
    return {d: found[d] for d in DANGERS if d in found}


def plea_edition(at: datetime) -> str:
    """The guide of pleas that holds at a time."""
    return guide(*GUIDE, on=day_of(at))


def minutes_by_area(areas: Iterable[UUID | None], *, at: datetime) -> dict[UUID | None, dict[str, Any]]:
    """The guide's values in each of some areas."""
    return values_by_area(plea_edition(at), VALUES, areas, at=at)


@lru_cache(maxsize=4)
def _cues(digests: tuple[str, ...]) -> tuple[Cue, ...]:
    return cues_of(entries_of("plea_cues").values())


def _all_cues() -> tuple[Cue, ...]:
    """Read anew when an edition changes: some hundreds of cues, matched a hundred times a second."""
    digests = once("plea digests", lambda: tuple(Edition.objects.order_by("code").values_list("digest", flat=True)))
    return _cues(digests)


def reading(text: str, *, enough: int) -> Reading:
    """A text read by all cues: for showing why."""
    return read_plea(text, _all_cues(), dangers=DANGERS, enough=enough)


def read(text: str, *, enough: int, sure: int) -> dict[str, Any]:
    """What a plea seems to ask: kind, danger, group, margin, the cues' names; is_sure: the kind leads clearly."""
    found = reading(text, enough=enough)
    return {"kind": found.kind, "danger": found.danger, "group": found.group, "margin": found.margin,
            "next": found.next_kind, "is_sure": bool(found.kind) and found.margin >= sure}  # fmt: skip


def act_by(deadline_at: datetime | None, values: Mapping[str, Any]) -> datetime | None:
    """By when something must have begun for a deadline to be met, by the guide's usual way and time for leave."""
    if deadline_at is None:
        return None
    travel, approval = (timedelta(minutes=float(values[f"plea_{n}_minutes"])) for n in ("travel", "approval"))
    return deadline_at - travel - approval
