"""Pages of a round's door list as printed, and what comes back on them: once, with who wrote and who typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.rounds.errors import RoundMissing, UnitMissing
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.services.notes import UnitNote, locked_units, note_units
from lianfang.domains.work.errors import NotedSince
from lianfang.domains.work.queries.paper import fit_writer, page_by_code
from lianfang.domains.work.services.paper import keep_typing, lay_pages


@dataclass(frozen=True)
class TypedUnit:
    """What stood beside one person: an ending with its reason, or a try."""

    unit_id: UUID
    says: str
    reason: str = ""


@service("rounds.print_round_pages")
def print_round_pages(
    *, print_id: UUID, round_id: UUID, area_id: UUID, unit_ids: Sequence[UUID], by: Actor, at: datetime
) -> UUID:
    """Keep the pages of a round's printed door list, each with its code.

    Repeat: same id: the first. Rights: rounds.read in the area for the round's incident. Raises: RoundMissing.
    """
    incident_id = Round.objects.filter(id=round_id).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise RoundMissing(round=str(round_id))
    require(by, "rounds.read", area_id=area_id, incident_id=incident_id)
    return lay_pages(print_id=print_id, area_id=area_id, row_ids=unit_ids, round_id=round_id, incident_id=incident_id,
                     by=by, at=at)  # fmt: skip


@service("rounds.type_round_page")
def type_round_page(
    *, typing_id: UUID, code: str, written_by: UUID | None, rows: Sequence[TypedUnit], shown_at: datetime, by: Actor,
    at: datetime,
) -> list[Outcome]:  # fmt: skip
    """Note what somebody wrote on a printed page of a round; one outcome a row, none raises for another.

    shown_at: when the form was made. Somebody noted otherwise since then stands as he does ("work.noted_since").
    Repeat:  what stands so already is "repeated", however often the form is sent.
    Rights:  of the typist: to read the page, and to end each unit. Locks: the units.
    Raises:  PageCodeWrong, PageMissing, PageTooOld, WriterUnfit, RoundMissing.
    """
    page = page_by_code(code, by=by, at=at)
    if page.round_id is None:
        raise RoundMissing(round="")
    writer = fit_writer(page, written_by, by=by, at=at)
    listed = set(page.rows)
    notes = {r.unit_id: UnitNote(uuid5(typing_id, str(r.unit_id)), page.round_id, r.unit_id, r.says, r.reason, by, at,
                                 shown_at) for r in rows if r.unit_id in listed}  # fmt: skip
    outcomes = _noted_since(list(notes.values()), shown_at)
    left = [n for n in notes.values() if n.unit_id not in outcomes]
    done = note_units(notes=left, by=by, at=at) if left else []
    outcomes |= {n.unit_id: o for n, o in zip(left, done, strict=True)}
    kept = [u for u, o in outcomes.items() if not o.code]
    keep_typing(page_id=page.id, typing_id=typing_id, row_ids=kept, written_by=writer, by=by, at=at)
    return [outcomes.get(r.unit_id, Outcome(page.id, UnitMissing.code, {"unit": ""})) for r in rows]


def _noted_since(notes: Sequence[UnitNote], shown_at: datetime) -> dict[UUID, Outcome]:
    """People of whom somebody noted something else after the form was made."""
    units = locked_units((n.round_id, n.unit_id) for n in notes)
    out = {}
    for n in notes:
        u = units.get((n.round_id, n.unit_id))
        last = max((t for t in (u.ended_at, u.tried_at) if t), default=None) if u else None
        if u and last and last > shown_at and n.says not in (u.ending, u.tried):
            out[n.unit_id] = Outcome(n.id, NotedSince.code, {"time": last.isoformat()})
    return out
