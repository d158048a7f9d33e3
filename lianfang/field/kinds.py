"""Each kind of envelope and the one service or flow it goes to. One list, found by search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, time_of
from lianfang.base.service import Outcome
from lianfang.domains.calls.services import Step, note_attendance
from lianfang.domains.rounds.services import UnitNote, note_units
from lianfang.domains.sampling.services import Closing, Scan, Undo, close_tubes, take_back, take_scans
from lianfang.domains.watch.services import CheckNote, note_checks
from lianfang.domains.work.services import Note, make_moves
from lianfang.flows.found_people import SEXES, Found, found_people
from lianfang.flows.met_people import Met, met_people

MOST_COUNTED = 32767  # what the column of a tube's count holds


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
    made, bad = _read(
        sent,
        lambda s: Note(
            s.id, UUID(str(s.body["item"])), str(s.body["move"]), s.by, s.at, s.seq, dict(s.body.get("values", {}))
        ),
    )
    return _by_id(sent, make_moves(notes=made, by=by, at=at) if made else [], bad)


def _read(sent: Sequence[Sent], make: Callable[[Sent], Any]) -> tuple[list[Any], dict[UUID, Outcome]]:
    """Bodies as their service takes them, and the outcomes of those that cannot be read."""
    made, bad = [], {}
    for s in sent:
        try:
            made.append(make(s))
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            bad[s.id] = Outcome(s.id, "field.body_unreadable", {})
    return made, bad


def _by_id(sent: Sequence[Sent], done: Sequence[Outcome], bad: Mapping[UUID, Outcome]) -> list[Outcome]:
    answers = {o.id: o for o in done} | bad
    return [answers[s.id] for s in sent]


def _text(body: Mapping[str, Any], name: str, most: int = 60) -> str:
    """A text of a body; "" where there is none. Raises TypeError for what is no text, ValueError for a NUL in it."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    if "\0" in value:  # the database takes none: one would refuse the whole upload
        raise ValueError(name)
    return value[:most]


def _counted(body: Mapping[str, Any]) -> int:
    """How many a desk counted in a tube. Raises ValueError for what no tube holds."""
    counted = int(body["counted"])
    if not 0 <= counted <= MOST_COUNTED:
        raise ValueError("counted")
    return counted


def _scan(s: Sent) -> Scan:
    person = s.body.get("person")
    if not person and not s.body.get("code"):
        raise KeyError("code")
    return Scan(
        s.id,
        UUID(str(s.body["desk"])),
        _text(s.body, "tube"),
        s.by,
        s.at,
        s.seq,
        code=_text(s.body, "code", 600),
        person_id=UUID(str(person)) if person else None,
    )


def _met(s: Sent) -> Met:
    told = s.body["told"]
    name, door = _text(told, "name"), told.get("household")
    if not name.strip():
        raise ValueError("name")
    return Met(
        s.id, UUID(str(s.body["desk"])), name, _text(told, "tail", 4), UUID(str(door)) if door else None, s.by, s.at
    )


def _scans(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`sampling.scan`: body {desk, tube} and {code}, {person} or {told: {name, tail, household}}: one into one tube."""
    met, bad = _read([s for s in sent if s.body.get("told")], _met)
    found, unclear = met_people(met=met, by=by, at=at) if met else ({}, [])
    bad |= {o.id: o for o in unclear}
    known = [
        replace(s, body={**s.body, "person": found[s.id]}) if s.id in found else s for s in sent if s.id not in bad
    ]
    made, unread = _read(known, _scan)
    return _by_id(sent, take_scans(scans=made, by=by, at=at) if made else [], bad | unread)


def _undos(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`sampling.undo`: body {sample}: a scan of this phone was a mistake."""
    made, bad = _read(sent, lambda s: Undo(s.id, UUID(str(s.body["sample"])), s.by, s.at))
    return _by_id(sent, take_back(undos=made, by=by, at=at) if made else [], bad)


def _closings(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`sampling.tube`: body {tube, counted, differs}: a tube is closed with the number the desk counted."""
    made, bad = _read(
        sent,
        lambda s: Closing(s.id, _text(s.body, "tube"), _counted(s.body), s.by, s.at, s.body.get("differs") is True),
    )
    return _by_id(sent, close_tubes(closings=made, by=by, at=at) if made else [], bad)


def _unit_note(s: Sent) -> UnitNote:
    b = s.body
    return UnitNote(
        s.id, UUID(str(b["round"])), UUID(str(b["person"])), _text(b, "says"), _text(b, "reason"), s.by, s.at
    )


def _unit_notes(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`rounds.note`: body {round, person, says, reason}: an ending or a try of somebody on a round's list."""
    made, bad = _read(sent, _unit_note)
    return _by_id(sent, note_units(notes=made, by=by, at=at) if made else [], bad)


FOUND = ("sex", "birth_date", "id_number", "phone")


def _found(s: Sent) -> Found:
    b = s.body
    name = _text(b, "name")
    if not name.strip():
        raise ValueError("name")
    told = {n: _text(b, n) for n in FOUND}
    if told["sex"] not in SEXES or not told["birth_date"].isascii():
        raise ValueError("sex, birth_date")
    presence = "lives" if b.get("presence") == "lives" else "stays"
    return Found(
        s.id,
        UUID(str(b["round"])),
        UUID(str(b["person"])),
        UUID(str(b["household"])),
        name,
        s.by,
        s.at,
        presence=presence,
        **told,
    )


def _found_people(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`rounds.found`: body {round, person, household, name, …}: somebody on no list."""
    made, bad = _read(sent, _found)
    done = found_people(found=made, by=by, at=at) if made else []
    return _by_id(sent, [Outcome(o.id, o.code, _kept(o.values)) for o in done], bad)


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a refusal beside its envelope, in the clear: no part of an ID number."""
    return {name: v for name, v in values.items() if name != "tail"}


def _attended(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`calls.attend`: body {claim, step, code}: somebody came to a shift ("in") or left it ("out")."""
    made, bad = _read(
        sent, lambda s: Step(s.id, UUID(str(s.body["claim"])), _text(s.body, "step"), s.at, s.by, _text(s.body, "code"))
    )
    return _by_id(sent, note_attendance(notes=made, by=by, at=at) if made else [], bad)


def _check(s: Sent) -> CheckNote:
    celsius = s.body.get("celsius")
    return CheckNote(
        s.id,
        UUID(str(s.body["case"])),
        s.by,
        s.at,
        None if celsius is None else float(celsius),
        s.body.get("unwell") is True,
        _text(s.body, "note", 200),
    )


def _checks(sent: Sequence[Sent], *, by: Actor, at: datetime) -> list[Outcome]:
    """`watch.check`: body {case, celsius, unwell, note}: somebody who is watched was asked how he is."""
    made, bad = _read(sent, _check)
    return _by_id(sent, note_checks(notes=made, by=by, at=at) if made else [], bad)


Handler = Callable[..., list[Outcome]]
KINDS: tuple[tuple[str, Handler], ...] = (
    ("work.note", _work_notes),
    ("rounds.found", _found_people),  # before the samples of those who were found
    ("sampling.scan", _scans),
    ("sampling.undo", _undos),
    ("sampling.tube", _closings),
    ("rounds.note", _unit_notes),
    ("calls.attend", _attended),
    ("watch.check", _checks),
)
ORDER = {name: n for n, (name, _) in enumerate(KINDS)}
# What was noted before one of these must be done before it, and what was noted after it after: a scan, its taking back
# and the next scan of the same person may lie in one upload. All else commutes, and goes to its service in one piece.
BARRIERS = ("sampling.undo",)


def runs_of(envelopes: Sequence[EnvelopeIn]) -> Iterable[tuple[str, list[EnvelopeIn]]]:
    """Envelopes in a phone's order, cut into the largest pieces that may be done one kind after the other."""
    for is_barrier, piece in groupby(envelopes, key=lambda e: e.kind in BARRIERS):
        some = list(piece)
        if is_barrier:
            yield some[0].kind, some
            continue
        for kind in sorted({e.kind for e in some}, key=lambda k: ORDER.get(k, len(ORDER))):
            yield kind, [e for e in some if e.kind == kind]


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
