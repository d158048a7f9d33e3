"""Each kind of envelope and the one service or flow it goes to. One list, found by search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, time_of
from lianfang.base.service import Outcome
from lianfang.domains.work.services import Note, make_moves


@dataclass(frozen=True)
class Sent:
    """An envelope that could be read: its own id, actor and time, and the body as the device made it."""

    id: UUID
    by: Actor
    at: datetime
    seq: int
    body: Mapping[str, Any]


def _work_notes(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`work.note`: body {item, move, values}: moves of items, noted offline."""
    notes, bad = [], {}
    for s in sent:
        try:
            notes.append(
                Note(
                    s.id,
                    UUID(str(s.body["item"])),
                    str(s.body["move"]),
                    s.by,
                    s.at,
                    s.seq,
                    dict(s.body.get("values", {})),
                )
            )
        except (KeyError, ValueError, TypeError):
            bad[s.id] = Outcome(s.id, "field.body_unreadable", {})
    done = {o.id: o for o in make_moves(notes=notes, by=by, at=at)} if notes else {}
    return [bad.get(s.id) or done[s.id] for s in sent]


Handler = Callable[..., list[Outcome]]
KINDS: tuple[tuple[str, Handler], ...] = (("work.note", _work_notes),)


def handler_of(kind: str) -> Handler | None:
    """The handler of an envelope kind; None for one this version does not know: it is kept and waits."""
    return dict(KINDS).get(kind)


def run_envelopes(
    kind: str, envelopes: Sequence[EnvelopeIn], *, clock_off: timedelta, by: Actor, at: datetime
) -> list[Outcome]:
    """Hand envelopes of one kind to their service; a kind unknown here is refused and waits, its content kept."""
    handle = handler_of(kind)
    if handle is None:
        return [Outcome(e.id, "field.kind_unknown", {"kind": kind}) for e in envelopes]
    return handle([Sent(e.id, by, time_of(e, clock_off, at=at), e.seq, e.body) for e in envelopes], by=by, at=at)
