"""A positive tube: its people wait at home, are met again singly, and traced before anybody is called a case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.grid.queries import duty_phones
from lianfang.domains.holds.services import PersonHold, Terms, end_people_holds, hold_people, keep_for_review
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import report_signal
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.rules import TAKES_NOTES
from lianfang.domains.rounds.services import recall
from lianfang.domains.sampling.models import Tube
from lianfang.domains.sampling.queries import people_of_tubes
from lianfang.domains.sampling.services import void_tubes
from lianfang.domains.tracing.errors import TraceOpen
from lianfang.flows.adopt_contacts import GRID_WORKER, grown_for
from lianfang.flows.trace_case import trace_case

AUTHORITY = "county"
FREED = "sampling.single_negative"
# What a laboratory knows: a pool that is positive names nobody; a person alone in a tube, no signs told.
POOL, SINGLE = ("lab-count", "single-tube"), ("case", "asymptomatic")


def _hold_id(tube: Tube, person_id: UUID) -> UUID:
    return uuid5(tube.id, f"hold {person_id}")


def follow_results(tubes: Sequence[Tube], *, by: Actor, at: datetime) -> None:
    """What results mean: a pool that is positive recalls its people; a single one marks a person, or frees it.

    A tube that gave no result has its people sampled again, without a hold: in this round while it is open, else in a
    recall. Called by the flow that entered the results, inside its transaction.
    """
    people = people_of_tubes([t.id for t in tubes])
    rounds = {r.id: r for r in Round.objects.filter(id__in={t.round_id for t in tubes}).select_related("follows")}
    for tube in tubes:
        found, members = rounds[tube.round_id], people.get(tube.id, [])
        if tube.result == "positive" and found.follows_id is None:
            _recall(tube, found, members, by=by, at=at)
        elif tube.result == "positive":
            _mark(tube, found, members, by=by, at=at)
        elif tube.result == "invalid":
            _again(tube, found, members, by=by, at=at)
    over = {t.id for t in tubes if t.result == "negative" and rounds[t.round_id].follows_id}
    freed = [(t, p) for t in tubes if t.id in over for p in people.get(t.id, [])]
    _free(freed, rounds, by=by, at=at)


def _recall(tube: Tube, found: Round, members: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """Told, held until the single result, put on the list of those met singly at home, and traced."""
    body = kind_of(found.edition, "recall")
    hours = float(value(found.edition, body["hold"]["until_value"], area_id=tube.area_id, at=at))
    until = at + timedelta(hours=hours)
    recall(follows_id=found.id, kind="recall", unit_ids=list(members), ends_at=until, by=by, at=at)
    units = {u.unit_id: u for u in Unit.objects.filter(round=found, unit_id__in=members)}
    terms = _terms(tube, found, body["hold"], until)
    holds = [PersonHold(_hold_id(tube, p), p, units[p].area_id, terms, tube.id) for p in members]
    hold_people(holds=holds, incident_id=found.incident_id, decision_id=None, by=by, at=at)
    _tell(tube, found, units, "tube-recall", {"until": until.isoformat(), "says": body["hold"]["says"]}, by=by, at=at)
    _signal(tube, found, POOL, len(members), by=by, at=at)
    for person in members:
        try:
            trace_case(trace_id=uuid5(tube.id, f"trace {person}"), incident_id=found.incident_id,
                       person_id=person, area_id=units[person].area_id, onset_at=None, sampled_at=tube.opened_at,
                       by=by, at=at)  # fmt: skip
        except TraceOpen:
            continue  # the person is being traced already


def _again(tube: Tube, found: Round, members: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """No result: these people are on a list again, and are told that nothing keeps them in."""
    units = {u.unit_id: u for u in Unit.objects.filter(round=found, unit_id__in=members)}
    if found.state in TAKES_NOTES:
        void_tubes(tube_ids=[tube.id], by=by, at=at)
    else:
        hours = float(value(found.edition, "recall_hold_hours", area_id=tube.area_id, at=at))
        recall(follows_id=found.follows_id or found.id, kind="recall", unit_ids=list(members),
               ends_at=at + timedelta(hours=hours), by=by, at=at)  # fmt: skip
    _tell(tube, found, units, "tube-again", {}, by=by, at=at)


def _terms(tube: Tube, found: Round, hold: Mapping[str, Any], until: datetime) -> Terms:
    place = ancestor_at(tube.area_id, AUTHORITY) or tube.area
    return Terms(
        kind="tube-positive",
        rank=int(hold["rank"]),
        edition=found.edition,
        rule=f"{found.edition} {hold['rule']}",
        authority=place.name,
        paper_number=tube.code,  # the laboratory's report on this tube
        rules=hold["rules"],
        words=hold["words"],
        says=hold["says"],
        evidence={"why": "sampling.tube_positive", "tube": tube.code},
        appeal=edition(found.edition)["appeal"],
        until_at=until,
    )


def _tell(
    tube: Tube,
    found: Round,
    units: Mapping[UUID, Unit],
    template: str,
    blanks: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> None:
    phones = duty_phones({u.area_id for u in units.values()}, at=at)
    to = grown_for(list(units), at=at)
    writings = [
        Writing(uuid5(tube.id, f"{template} {person} {who}"), "person", who,
                {**blanks, "phone": phones.get(u.area_id, GRID_WORKER)}, tube.id, u.area_id)
        for person, u in units.items()
        for who in to[person]
    ]  # fmt: skip
    if writings:
        write_messages(writings=writings, edition=found.edition, template=template, incident_id=found.incident_id,
                       by=by, at=at)  # fmt: skip


def _signal(tube: Tube, found: Round, sort: tuple[str, str], count: int, *, by: Actor, at: datetime) -> None:
    """The duty officer hears of it at any hour, and decides what it means for the incident."""
    incident = Incident.objects.get(id=found.incident_id)
    report_signal(signal_id=uuid5(tube.id, "signal"), kind=sort[0], case_class=sort[1],
                  edition_code=incident.edition, area_id=tube.area_id, building_id=None, count=max(1, count),
                  source=tube.code, found_at=at, by=by, at=at)  # fmt: skip


def _pool_holds(again: Round, people: Collection[UUID]) -> list[UUID]:
    """The holds by which people met again wait for their own result."""
    pools = people_of_tubes(Tube.objects.filter(round=again.follows_id, result="positive").values_list("id", flat=True))
    return [uuid5(pool, f"hold {p}") for pool, members in pools.items() for p in members if p in people]


def _mark(tube: Tube, found: Round, members: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """Only the single result marks a person: it is reported as a case, and the hold stays until it is decided."""
    if kind_of(found.edition, found.kind).get("pool") == 1 and members:
        keep_for_review(hold_ids=_pool_holds(found, members), by=by, at=at)
        _signal(tube, found, SINGLE, len(members), by=by, at=at)


def _free(freed: Sequence[tuple[Tube, UUID]], rounds: Mapping[UUID, Round], *, by: Actor, at: datetime) -> None:
    """Negative by himself: the hold ends at once, and the person is told."""
    by_round: dict[UUID, list[tuple[Tube, UUID]]] = {}
    for tube, person in freed:
        by_round.setdefault(tube.round_id, []).append((tube, person))
    for round_id, pairs in by_round.items():
        people = {p for _, p in pairs}
        end_people_holds(hold_ids=_pool_holds(rounds[round_id], people), why=FREED, by=by, at=at)
        units = {u.unit_id: u for u in Unit.objects.filter(round_id=round_id, unit_id__in=people)}
        for tube, person in pairs:
            _tell(tube, rounds[round_id], {person: units[person]}, "tube-freed", {"from": at.isoformat()}, by=by, at=at)
