"""Scans at a desk: one person into one tube, thousands in a few statements, each counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines, update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import Reach, reach, reach_by_actor
from lianfang.domains.editions.queries import values_by_area
from lianfang.domains.rounds.errors import DeskMissing, RoundClosed, UnitMissing
from lianfang.domains.rounds.models import Desk, Round, Unit
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.rules import TAKES_NOTES, by_sample
from lianfang.domains.rounds.services import (
    Sampled,
    add_units,
    end_sampled,
    locked_units,
    reopen_units,
    shared_states,
)
from lianfang.domains.sampling.errors import (
    AlreadySampled,
    SampleMissing,
    TubeClosed,
    TubeElsewhere,
    TubeFull,
    TubeUnfit,
)
from lianfang.domains.sampling.models import Sample, Tube
from lianfang.domains.sampling.queries import persons_of
from lianfang.domains.sampling.rules import tube_text

TUBES = UUID("6f0f5a52-1f0b-5b0e-9d8e-2f7f3a0f6c55")
WAYS = ("code", "roll", "door")


@dataclass(frozen=True)
class Scan:
    """One person put into one tube at a desk: shown by a code, or known by what he said or from a roll."""

    id: UUID
    desk_id: UUID
    tube: str
    by: Actor
    at: datetime
    seq: int
    code: str = ""
    person_id: UUID | None = None


@dataclass
class _Batch:
    """What one call has met so far."""

    desks: dict[UUID, Desk]
    scan_there: dict[UUID, Reach]  # by actor
    people: Mapping[str, tuple[UUID | None, str]]
    units: dict[tuple[UUID, UUID], Unit]
    tubes: dict[str, Tube]
    taken: dict[tuple[UUID, UUID], datetime]
    known: set[UUID]
    bodies: dict[UUID, Mapping[str, Any]]  # the kind of each round
    samples: list[Scan] = field(default_factory=list)
    persons: dict[UUID, UUID] = field(default_factory=dict)  # by scan
    touched: set[str] = field(default_factory=set)


@service("sampling.take_scans", savepoint=False)
def take_scans(*, scans: Sequence[Scan], by: Actor, at: datetime) -> list[Outcome]:
    """Put people into tubes; one outcome a scan, none raises for another. A tube is opened by its first scan.

    Repeat:   a known id is "repeated". A person twice in a round: the earliest counts, the other is told.
    Rights:   each scan's own actor: it is at the desk, or sampling.scan in the desk's area.
    Locks:    the units in their order, then the tubes in theirs.
    Outcomes: sampling.code_unknown, code_expired, already_sampled, tube_unfit, tube_full, tube_closed (a scan made
              before its tube was closed counts, whenever it arrives), tube_elsewhere; rounds.desk_missing, closed,
              unit_missing (nobody of the register).
    Edge:     who is on the register and not on the list is added to it. A sample ends what was noted by hand before.
    """
    batch = _met(scans, by=by, at=at)
    outcomes = {s.id: _take(s, batch) for s in sorted(scans, key=lambda s: (s.at, s.seq, s.id))}
    _keep(batch, by=by, at=at)
    return [outcomes[s.id] for s in scans]


def _met(scans: Sequence[Scan], *, by: Actor, at: datetime) -> _Batch:
    desks = {
        d.id: d
        for d in Desk.objects.filter(id__in={s.desk_id for s in scans}).select_related("round").defer("round__plan")
    }
    for round_id, state in shared_states(d.round_id for d in desks.values()).items():
        for d in desks.values():
            if d.round_id == round_id:
                d.round.state = state
    people = persons_of(((s.code, s.at) for s in scans if s.code), at=at)
    areas = {d.area_id for d in desks.values()}
    there = reach_by_actor({s.by.id: s.by for s in scans}.values(), "sampling.scan", areas=areas)
    known = set(Sample.objects.filter(id__in=[s.id for s in scans]).values_list("id", flat=True))
    rounds = {d.round_id: d.round for d in desks.values()}
    bodies = {i: kind_of(r.edition, r.kind) for i, r in rounds.items()}
    batch = _Batch(desks, there, people, {}, {}, {}, known, bodies)
    # What is refused anyway writes nothing: no unit, no tube.
    fit = [s for s in scans if _refused(s, batch) is None]
    keys = {(desks[s.desk_id].round_id, p) for s in fit if (p := _person(s, people))}
    batch.units = _listed(keys, by, at)
    samples = Sample.objects.filter(round__in={k[0] for k in keys}, person_id__in={k[1] for k in keys}, voided_at=None)
    batch.taken = {(r, p): when for r, p, when in samples.values_list("round_id", "person_id", "taken_at")}
    batch.tubes = _tubes([s for s in fit if _is_new(s, batch)], desks, bodies, at)
    return batch


def _listed(keys: set[tuple[UUID, UUID]], by: Actor, at: datetime) -> dict[tuple[UUID, UUID], Unit]:
    """The units met, locked; who is on the register and on no list is added."""
    units = locked_units(keys)
    missing: dict[UUID, list[UUID]] = {}
    for round_id, person in keys - units.keys():
        missing.setdefault(round_id, []).append(person)
    for round_id, persons in missing.items():
        if add_units(round_id=round_id, people=[(p, "desk") for p in persons], by=by, at=at):
            units |= locked_units((round_id, p) for p in persons)
    return units


def _is_new(s: Scan, b: _Batch) -> bool:
    """Whether a scan meets somebody on the list who has no sample yet."""
    key = (b.desks[s.desk_id].round_id, _person(s, b.people))
    return key in b.units and key not in b.taken


def _person(s: Scan, people: Mapping[str, tuple[UUID | None, str]]) -> UUID | None:
    return people[s.code][0] if s.code else s.person_id


def _tubes(
    scans: Iterable[Scan], desks: Mapping[UUID, Desk], bodies: Mapping[UUID, Mapping[str, Any]], at: datetime
) -> dict[str, Tube]:
    """The tubes named, locked in one order; those nobody has met yet are opened at the desk of their first scan."""
    first: dict[str, Scan] = {}
    for s in sorted(scans, key=lambda s: (s.at, s.seq)):
        if tube_text(s.tube):
            first.setdefault(tube_text(s.tube), s)
    tubes = _locked(first)
    fresh = [first[c] for c in sorted(first) if c not in tubes]
    if fresh:
        sizes = _sizes({desks[s.desk_id] for s in fresh}, bodies, at)
        rows = [
            Tube(id=uuid5(TUBES, tube_text(s.tube)), code=tube_text(s.tube), round_id=desks[s.desk_id].round_id,
                 desk_id=s.desk_id, area_id=desks[s.desk_id].area_id, takes=sizes[s.desk_id], opened_at=s.at)
            for s in fresh
        ]  # fmt: skip
        Tube.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
        tubes |= _locked(r.code for r in rows)
    return tubes


def _locked(codes: Iterable[str]) -> dict[str, Tube]:
    return {t.code: t for t in Tube.objects.select_for_update().filter(code__in=list(codes)).order_by("code")}


def _sizes(desks: set[Desk], bodies: Mapping[UUID, Mapping[str, Any]], at: datetime) -> dict[UUID, int]:
    """How many a tube takes at each desk: the kind's own pool, or the guide's value there."""
    out: dict[UUID, int] = {}
    by_round: dict[UUID, list[Desk]] = {}
    for d in desks:
        by_round.setdefault(d.round_id, []).append(d)
    for mine in by_round.values():
        found: Round = mine[0].round
        body = bodies[found.id]
        if body.get("pool"):
            out |= {d.id: int(body["pool"]) for d in mine}
            continue
        sizes = values_by_area(found.edition, [body["pool_value"]], {d.area_id for d in mine}, at=at)
        out |= {d.id: int(sizes[d.area_id][body["pool_value"]]) for d in mine}
    return out


def _refused(s: Scan, b: _Batch) -> Outcome | None:
    """What speaks against a scan whoever is met: known, not one's desk, a round that is not open, a bad code."""
    if s.id in b.known:
        return Outcome(s.id, "repeated")
    desk = b.desks.get(s.desk_id)
    if desk is None or not _may(s, desk, b):
        return Outcome(s.id, DeskMissing.code, {"desk": str(s.desk_id)})
    if desk.round.state not in TAKES_NOTES:
        return Outcome(s.id, RoundClosed.code, {"state": desk.round.state})
    problem = b.people[s.code][1] if s.code else ""
    return Outcome(s.id, problem, {}) if problem else None


def _take(s: Scan, b: _Batch) -> Outcome:
    refused = _refused(s, b)
    if refused is not None:
        return refused
    desk, person = b.desks[s.desk_id], _person(s, b.people)
    key = (desk.round_id, person)
    if person is None or key not in b.units:
        return Outcome(s.id, UnitMissing.code, {"unit": str(person or "")})
    if (desk.round_id, person) in b.taken:
        return Outcome(s.id, AlreadySampled.code, {"time": b.taken[desk.round_id, person].isoformat()})
    return _into_tube(s, desk, person, b)


def _may(s: Scan, desk: Desk, b: _Batch) -> bool:
    return (desk.account_id == s.by.id and bool(s.by.grants)) or b.scan_there[s.by.id].has(
        desk.area_id, desk.round.incident_id
    )


def _into_tube(s: Scan, desk: Desk, person: UUID, b: _Batch) -> Outcome:
    tube = b.tubes.get(tube_text(s.tube))
    if tube is None:
        return Outcome(s.id, TubeUnfit.code, {"tube": s.tube[:30]})
    if tube.desk_id != desk.id:
        return Outcome(s.id, TubeElsewhere.code, {"tube": tube.code})
    if tube.state != "open" and not (tube.closed_at and s.at <= tube.closed_at and not tube.result):
        return Outcome(s.id, TubeClosed.code, {"tube": tube.code})
    if tube.n >= tube.takes:
        return Outcome(s.id, TubeFull.code, {"tube": tube.code, "takes": tube.takes})
    tube.n += 1
    b.touched.add(tube.code)
    b.taken[desk.round_id, person] = s.at
    b.samples.append(s)
    b.persons[s.id] = person
    b.known.add(s.id)
    return Outcome(s.id)


def _keep(b: _Batch, *, by: Actor, at: datetime) -> None:
    """Three statements for all: the samples, their tubes, the units they end."""
    if not b.samples:
        return
    tubes = {s.id: b.tubes[tube_text(s.tube)] for s in b.samples}
    copy_lines(
        Sample,
        ("id", "round_id", "tube_id", "person_id", "way", "taken_at", "by"),
        (
            f"{s.id}\t{tubes[s.id].round_id}\t{tubes[s.id].id}\t{b.persons[s.id]}\t{_way(s, b)}\t{s.at.isoformat()}"
            f"\t{s.by.id}"
            for s in b.samples
        ),
    )
    update_rows(Tube, [b.tubes[c] for c in sorted(b.touched)], ("n",))
    ended = [
        Sampled(tubes[s.id].round_id, b.persons[s.id], _ending(b.desks[s.desk_id], b), s.by.id, s.at) for s in b.samples
    ]
    end_sampled(samples=ended, units=b.units, by=by, at=at)


def _way(s: Scan, b: _Batch) -> str:
    return "door" if b.desks[s.desk_id].is_home else "code" if s.code else "roll"


def _ending(desk: Desk, b: _Batch) -> str:
    """The first of the kind's endings by sample is given at a desk, the second at the door."""
    given = by_sample(b.bodies[desk.round_id])
    return given[1] if desk.is_home and len(given) > 1 else given[0]


@dataclass(frozen=True)
class Undo:
    """A sample to take back: noted by who took it, before the tube left."""

    id: UUID
    sample_id: UUID
    by: Actor
    at: datetime


@service("sampling.take_back", savepoint=False)
def take_back(*, undos: Sequence[Undo], by: Actor, at: datetime) -> list[Outcome]:
    """Samples that were a mistake (not this person, the wrong tube): they count no more, the person is on the list.

    Repeat: "repeated". Rights: who took the sample, or sampling.scan in its area. Locks: units, then tubes.
    Outcomes: sampling.sample_missing (nobody's, or another's), sampling.tube_closed (the tube has left the desk),
              rounds.closed (nobody would find the person again).
    """
    rows, states = _samples_locked([u.sample_id for u in undos])
    areas = {s.tube.area_id for s in rows.values()}
    there = {u.by.id: reach(u.by, "sampling.scan", areas=areas) for u in undos}
    codes = {s.tube_id for s in rows.values()}
    tubes = {t.id: t for t in Tube.objects.select_for_update().filter(id__in=codes).order_by("code")}
    outcomes: dict[UUID, Outcome] = {}
    gone: list[Sample] = []
    for u in undos:
        s = rows.get(u.sample_id)
        may = s and (s.by == u.by.id or there[u.by.id].has(s.tube.area_id, s.tube.round.incident_id))
        if s is None or not may:
            outcomes[u.id] = Outcome(u.id, SampleMissing.code, {"sample": str(u.sample_id)})
        elif s.voided_at:
            outcomes[u.id] = Outcome(u.id, "repeated")
        elif states[s.round_id] not in TAKES_NOTES:
            outcomes[u.id] = Outcome(u.id, RoundClosed.code, {"state": states[s.round_id]})
        elif tubes[s.tube_id].state not in ("open", "closed"):
            outcomes[u.id] = Outcome(u.id, TubeClosed.code, {"tube": s.tube.code})
        else:
            s.voided_at, s.voided_by = u.at, u.by.id
            tubes[s.tube_id].n -= 1
            gone.append(s)
            outcomes[u.id] = Outcome(u.id)
    _void(gone, tubes, by=by, at=at)
    return [outcomes[u.id] for u in undos]


def _samples_locked(ids: Sequence[UUID]) -> tuple[dict[UUID, Sample], dict[UUID, str]]:
    """Samples as they stand once their rounds are held and their units locked; and where the rounds stand."""
    keys = list(Sample.objects.filter(id__in=ids).values_list("round_id", "person_id"))
    states = shared_states(r for r, _ in keys)
    locked_units(keys)
    rows = Sample.objects.filter(id__in=ids).select_related("tube__round").defer("tube__round__plan")
    return {s.id: s for s in rows}, states


@service("sampling.void_tubes", door=False)
def void_tubes(*, tube_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Tubes gave no result: what was in them counts no more, its people are on the list again. Gives how many.

    Called by the flow that entered the result, for a round that is open. Locks: units, then tubes.
    """
    ids = list(Sample.objects.filter(tube__in=tube_ids, voided_at=None).values_list("id", flat=True))
    found, _ = _samples_locked(ids)
    rows = [s for s in found.values() if s.voided_at is None]
    tubes = {t.id: t for t in Tube.objects.select_for_update().filter(id__in=tube_ids).order_by("code")}
    for s in rows:
        s.voided_at, s.voided_by = at, by.id
        tubes[s.tube_id].n -= 1
    _void(rows, tubes, by=by, at=at)
    return len(rows)


def _void(gone: Sequence[Sample], tubes: Mapping[UUID, Tube], *, by: Actor, at: datetime) -> None:
    update_rows(Sample, list(gone), ("voided_at", "voided_by"))
    update_rows(Tube, [tubes[i] for i in {s.tube_id for s in gone}], ("n",))
    if gone:
        reopen_units(keys=[(s.round_id, s.person_id) for s in gone], by=by, at=at)
