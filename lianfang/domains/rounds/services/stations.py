"""Stations and desks of a round, and the steps each takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import reach, require, serves_at, serving
from lianfang.domains.places.errors import NotReady
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import lacking_at
from lianfang.domains.rounds.errors import DeskMissing, RoundNotReady, RoundUnfit, StationMissing
from lianfang.domains.rounds.models import Desk, Round, Station, Step
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.rules import may_follow
from lianfang.domains.rounds.services.plans import locked_round, require_round


@dataclass(frozen=True)
class NewStation:
    """A place put to work in a round, with how many desks and how many people at each."""

    id: UUID
    place_id: UUID
    desks: Sequence[int]  # people at each desk
    cluster: str = ""
    lead_id: UUID | None = None


@service("rounds.add_stations")
def add_stations(*, round_id: UUID, stations: Sequence[NewStation], by: Actor, at: datetime) -> list[Outcome]:
    """Put places to work in a round; one outcome a station, none raises for another.

    Repeat: a known id is left. Rights: rounds.plan on every area of the round. Locks: the round.
    Outcomes: rounds.unfit (no such place of the kind's sort, no desk, in the round already).
    """
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    if found.state not in ("planned", "staffed", "open"):
        raise RoundNotReady(state=found.state, need="planned")
    asked = Place.objects.filter(id__in=[s.place_id for s in stations])
    places = {p.id: p for p in asked.filter(kind=kind_of(found.edition, found.kind)["place_kind"])}
    at_work = dict(Station.objects.filter(round=found).values_list("place_id", "id"))
    outcomes, fresh = [], []
    for s in stations:
        if at_work.get(s.place_id) == s.id:
            outcomes.append(Outcome(s.id, "repeated"))
        elif s.place_id not in places or s.place_id in at_work:
            outcomes.append(Outcome(s.id, RoundUnfit.code, {"field": "place", "fix": str(s.place_id)}))
        elif not s.desks or min(s.desks) < 1:
            outcomes.append(Outcome(s.id, RoundUnfit.code, {"field": "desks", "fix": "1"}))
        else:
            at_work[s.place_id] = s.id
            fresh.append(s)
            outcomes.append(Outcome(s.id))
    _lay(found, fresh, places, by=by, at=at)
    return outcomes


def _lay(found: Round, fresh: Sequence[NewStation], places: dict[UUID, Place], *, by: Actor, at: datetime) -> None:
    Station.objects.bulk_create(
        [
            Station(id=s.id, round=found, place_id=s.place_id, area_id=places[s.place_id].area_id, cluster=s.cluster,
                    lead_id=s.lead_id)
            for s in fresh
        ],
        batch_size=2000,
    )  # fmt: skip
    Step.objects.bulk_create(
        [Step(id=s.id, round=found, station_id=s.id, state="planned", by=by.id, at=at) for s in fresh], batch_size=2000
    )
    Desk.objects.bulk_create(
        [
            Desk(id=uuid5(s.id, f"desk {n}"), round=found, station_id=s.id, area_id=places[s.place_id].area_id,
                 number=n, people=people)
            for s in fresh
            for n, people in enumerate(s.desks, 1)
        ],
        batch_size=5000,
    )  # fmt: skip


@service("rounds.add_home_desk")
def add_home_desk(
    *, desk_id: UUID, round_id: UUID, area_id: UUID, account_id: UUID | None, people: int, by: Actor, at: datetime
) -> Desk:
    """A pair that goes from door to door in an area. Repeat: same id. Rights: rounds.plan, or rounds.end, in the area.

    Raises: RoundMissing, RoundUnfit (nobody, or somebody who does not serve there).
    """
    found = locked_round(round_id)
    may = reach(by, "rounds.end", areas={area_id}).has(area_id, found.incident_id)
    require(by, "rounds.plan", area_id=area_id, incident_id=found.incident_id, own=may)
    known = Desk.objects.filter(id=desk_id).first()
    if known:
        raise Repeated(known)
    if people < 1:
        raise RoundUnfit(field="staff", fix="1")
    _fit_account(found, account_id, area_id, at)
    number = Desk.objects.filter(round=found, station=None, area_id=area_id).count() + 1
    return Desk.objects.create(id=desk_id, round=found, area_id=area_id, number=number, is_home=True, people=people,
                               account_id=account_id)  # fmt: skip


def _fit_account(found: Round, account_id: UUID | None, area_id: UUID, at: datetime) -> None:
    if account_id is None:
        return
    if not serves_at(account_id, area_id, at=at):
        raise RoundUnfit(field="account", fix="")
    if Desk.objects.filter(round=found, account_id=account_id).exists():
        raise RoundUnfit(field="account", fix="")


@dataclass(frozen=True)
class Seat:
    """Who is at a desk from now; None: nobody."""

    desk_id: UUID
    account_id: UUID | None


@service("rounds.seat_desks")
def seat_desks(*, seats: Sequence[Seat], by: Actor, at: datetime) -> list[Outcome]:
    """Who is at which desk from now; whoever was there leaves it, and nobody is at two desks of a round.

    One outcome a desk. Repeat: "repeated". Rights: rounds.plan in the desk's area, or sampling.scan there for oneself.
    Locks: the desks. Outcomes: rounds.desk_missing (none, or not one's to give), rounds.unfit (does not serve there,
    or stands twice in the list).
    """
    rows = Desk.objects.select_for_update(of=("self",)).select_related("round").defer("round__plan")
    # The desks that are left too, in one order: two people who change places do not wait for each other in a ring.
    met_here = Q(id__in=[s.desk_id for s in seats]) | Q(account_id__in=[s.account_id for s in seats if s.account_id])
    desks = {d.id: d for d in rows.filter(met_here).order_by("id")}
    areas = {d.area_id for d in desks.values()}
    plan, scan = reach(by, "rounds.plan", areas=areas), reach(by, "sampling.scan", areas=areas)
    asked = [s for s in seats if s.desk_id in desks and s.account_id]
    fit = serving([(s.account_id, desks[s.desk_id].area_id) for s in asked if s.account_id], at=at)
    outcomes, moved, met = [], [], set()
    for s in seats:
        d = desks.get(s.desk_id)
        incident = d.round.incident_id if d else None
        mine = d is not None and s.account_id == by.id and scan.has(d.area_id, incident)
        if d is None or not (mine or plan.has(d.area_id, incident)):
            outcomes.append(Outcome(s.desk_id, DeskMissing.code, {"desk": str(s.desk_id)}))
        elif d.account_id == s.account_id:
            outcomes.append(Outcome(s.desk_id, "repeated"))
        elif s.account_id and ((s.account_id, d.area_id) not in fit or (d.round_id, s.account_id) in met):
            outcomes.append(Outcome(s.desk_id, RoundUnfit.code, {"field": "account", "fix": ""}))
        else:
            met.add((d.round_id, s.account_id))
            d.account_id = s.account_id
            moved.append(d)
            outcomes.append(Outcome(s.desk_id))
    _sit_down(moved)
    return outcomes


def _sit_down(moved: Sequence[Desk]) -> None:
    by_round: dict[UUID, list[UUID]] = {}
    for d in moved:
        if d.account_id:
            by_round.setdefault(d.round_id, []).append(d.account_id)
    for round_id, accounts in by_round.items():
        Desk.objects.filter(round_id=round_id, account_id__in=accounts).update(account_id=None)
    update_rows(Desk, moved, ("account_id",))


def seat(*, desk_id: UUID, account_id: UUID | None, by: Actor, at: datetime) -> Outcome:
    """One desk by itself. Raises DeskMissing, RoundUnfit."""
    outcome = seat_desks(seats=[Seat(desk_id, account_id)], by=by, at=at)[0]
    for refusal in (DeskMissing, RoundUnfit):
        if outcome.code == refusal.code:
            raise refusal(**outcome.values)
    return outcome


@service("rounds.move_stations")
def move_stations(*, station_ids: Sequence[UUID], state: str, by: Actor, at: datetime) -> list[Outcome]:
    """Stations come to a state: notified, setting up, open, closed; one outcome each, with time and who did it.

    Repeat: a station that stands there already is "repeated". Rights: rounds.plan, or sampling.scan, in its area.
    Outcomes: rounds.station_missing, rounds.not_ready (a step backwards), places.not_ready (its site lacks something
    mandatory: whoever keeps the site opens it in spite of that, or nobody does).
    """
    rows = {
        s.id: s
        for s in Station.objects.select_for_update(of=("self",))
        .select_related("round").filter(id__in=station_ids).order_by("id")
    }  # fmt: skip
    areas = {s.area_id for s in rows.values()}
    plan, scan = reach(by, "rounds.plan", areas=areas), reach(by, "sampling.scan", areas=areas)
    lacking = lacking_at([s.place_id for s in rows.values()]) if state == "open" else {}
    outcomes, moved = [], []
    for i in station_ids:
        s = rows.get(i)
        if s is None or not (plan.has(s.area_id, s.round.incident_id) or scan.has(s.area_id, s.round.incident_id)):
            outcomes.append(Outcome(i, StationMissing.code, {"station": str(i)}))
        elif s.state == state:
            outcomes.append(Outcome(i, "repeated"))
        elif not may_follow(s.state, state):
            outcomes.append(Outcome(i, RoundNotReady.code, {"state": s.state, "need": state}))
        elif s.place_id in lacking:
            outcomes.append(Outcome(i, NotReady.code, {"readiness": [r.name for r in lacking[s.place_id]]}))
        else:
            moved.append(s)
            outcomes.append(Outcome(i))
    Station.objects.filter(id__in=[s.id for s in moved]).update(state=state)
    Step.objects.bulk_create(
        [
            Step(id=uuid5(s.id, f"{state} {at.isoformat()}"), round_id=s.round_id, station=s, state=state, by=by.id,
                 at=at)
            for s in moved
        ],
        batch_size=2000,
    )  # fmt: skip
    return outcomes
