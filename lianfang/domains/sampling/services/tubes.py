"""Tubes leave their desk: closed with a count, sent, received."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import Reach, reach
from lianfang.domains.sampling.errors import TubeClosed, TubeDiffers, TubeOpen, TubeUnknown
from lianfang.domains.sampling.models import Tube
from lianfang.domains.sampling.rules import tube_text


@dataclass(frozen=True)
class Closing:
    """A desk closes a tube: how many it counted in it; `differs`: the difference is known and stated."""

    id: UUID
    tube: str
    counted: int
    by: Actor
    at: datetime
    differs: bool = False


def _locked(codes: Sequence[str]) -> dict[str, Tube]:
    rows = (
        Tube.objects.select_for_update(of=("self",))
        .select_related("round", "desk")
        .defer("round__plan")
        .filter(code__in=codes)
    )
    return {t.code: t for t in rows.order_by("code")}


@service("sampling.close_tubes", savepoint=False)
def close_tubes(*, closings: Sequence[Closing], by: Actor, at: datetime) -> list[Outcome]:
    """Tubes are full or the desk ends: closed with the number the desk counted; one outcome each.

    Repeat: a closed tube with the same count. Rights: at the tube's desk, or sampling.scan in its area.
    Outcomes: sampling.tube_unknown, tube_differs (counted and scanned are not the same, and nobody said so),
    tube_closed (closed before with another count, or gone).
    """
    tubes = _locked([tube_text(c.tube) for c in closings])
    areas = {t.area_id for t in tubes.values()}
    there: dict[UUID, Reach] = {}
    outcomes, closed = [], []
    for c in closings:
        t = tubes.get(tube_text(c.tube))
        if c.by.id not in there:
            there[c.by.id] = reach(c.by, "sampling.scan", areas=areas)
        may = t and (t.desk.account_id == c.by.id or there[c.by.id].has(t.area_id, t.round.incident_id))
        if t is None or not may:
            outcomes.append(Outcome(c.id, TubeUnknown.code, {"tube": c.tube[:30]}))
        elif t.state != "open":
            code = "repeated" if t.counted == c.counted else TubeClosed.code
            outcomes.append(Outcome(c.id, code, {} if code == "repeated" else {"tube": t.code}))
        elif c.counted != t.n and not c.differs:
            outcomes.append(Outcome(c.id, TubeDiffers.code, {"tube": t.code, "counted": c.counted, "scanned": t.n}))
        else:
            t.state, t.closed_at, t.counted = "closed", c.at, c.counted
            closed.append(t)
            outcomes.append(Outcome(c.id))
    update_rows(Tube, closed, ("state", "closed_at", "counted"))
    return outcomes


@service("sampling.hand_over_tubes")
def hand_over_tubes(*, tube_ids: Sequence[UUID], state: str, by: Actor, at: datetime) -> list[Outcome]:
    """Tubes go on: "sent" by who may scan there, "received" by who may enter results; one outcome each.

    Repeat: "repeated". Outcomes: sampling.tube_unknown, sampling.tube_open (still at its desk).
    """
    rows = Tube.objects.select_for_update(of=("self",)).select_related("round").filter(id__in=tube_ids)
    tubes = {t.id: t for t in rows.order_by("code")}
    right = "sampling.scan" if state == "sent" else "sampling.result"
    there = reach(by, right, areas={t.area_id for t in tubes.values()})
    step = _sent if state == "sent" else _received
    outcomes, moved = [], []
    for i in tube_ids:
        t = tubes.get(i)
        if t is None or not there.has(t.area_id, t.round.incident_id):
            outcomes.append(Outcome(i, TubeUnknown.code, {"tube": str(i)}))
        elif t.state == "open":
            outcomes.append(Outcome(i, TubeOpen.code, {"tube": t.code}))
        elif step(t, at):
            moved.append(t)
            outcomes.append(Outcome(i))
        else:
            outcomes.append(Outcome(i, "repeated"))
    update_rows(Tube, moved, ("state", "sent_at", "received_at"))
    return outcomes


Step = Callable[[Tube, datetime], bool]


def _sent(t: Tube, at: datetime) -> bool:
    if t.state != "closed":
        return False
    t.state, t.sent_at = "sent", at
    return True


def _received(t: Tube, at: datetime) -> bool:
    if t.state not in ("closed", "sent"):
        return False
    t.state, t.received_at = "received", at
    return True
