"""Planning a round: where and when, what it needs by its guide, and what the officer adopts instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import areas_of, ids_below, path_of
from lianfang.domains.editions.queries import guide, values_of
from lianfang.domains.incidents.errors import IncidentMissing
from lianfang.domains.incidents.models import Incident
from lianfang.domains.rounds.errors import RoundMissing, RoundNotReady, RoundUnfit
from lianfang.domains.rounds.models import Round, RoundArea, Step
from lianfang.domains.rounds.queries import kind_of, people_by_area
from lianfang.domains.rounds.rules import Needs, needs_of

GUIDE = "testing"
NEEDED = (
    "people_per_site",
    "people_per_unit",
    "people_per_sampler",
    "tube_reserve_percent",
    "suits_per_sampler",
    "pool_size",
)


def locked_round(round_id: UUID) -> Round:
    """A round, its row locked until the transaction ends. Raises RoundMissing."""
    found = Round.objects.select_for_update().filter(id=round_id).first()
    if found is None:
        raise RoundMissing(round=str(round_id))
    return found


def locked_rounds(round_ids: Iterable[UUID]) -> None:
    """Lock rounds in one order until the transaction ends: nobody notes anything in them meanwhile."""
    ids = Round.objects.filter(id__in=set(round_ids)).order_by("id")
    list(ids.select_for_update().values_list("id", flat=True))


def shared_states(round_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Where rounds stand, held there until the transaction ends: others may note in them, nobody closes one.

    Before any lock on units, tubes or tallies.
    """
    with connection.cursor() as cursor:
        ids = sorted(set(round_ids))
        cursor.execute("SELECT id, state FROM rounds_round WHERE id = ANY(%s) ORDER BY id FOR SHARE", [ids])
        return dict(cursor.fetchall())


def require_round(by: Actor, right: str, found: Round) -> None:
    """Refuse unless the actor holds a right in every area of a round. Raises RightMissing."""
    for area_id in RoundArea.objects.filter(round=found).values_list("area_id", flat=True):
        require(by, right, area_id=area_id, incident_id=found.incident_id)


def _common_area(area_ids: Sequence[UUID]) -> UUID:
    """The smallest area in which all lie."""
    paths = [[a.id for a in path_of(i)] for i in area_ids]
    shared = [step for step in zip(*paths, strict=False) if len(set(step)) == 1]
    if not shared:
        raise RoundUnfit(field="areas", fix="")
    smallest: UUID = shared[-1][0]
    return smallest


def _proposed(code: str, kind: str, area_ids: Sequence[UUID], at: datetime) -> dict[str, Any]:
    pool = int(kind_of(code, kind).get("pool", 0))
    out = {}
    for area_id in area_ids:
        values = values_of(code, NEEDED, area_id=area_id, at=at)
        people = sum(people_by_area(area_id).values())
        out[str(area_id)] = asdict(needs_of(people, values, pool=pool or int(values["pool_size"])))
    return out


@service("rounds.plan_round")
def plan_round(
    *,
    round_id: UUID,
    incident_id: UUID,
    kind: str,
    area_ids: Sequence[UUID],
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
) -> Round:
    """A round over areas, with what its guide proposes for each: stations, desks, people, tubes, suits.

    Repeat: same id: the first. Rights: rounds.plan on every area. Locks: the incident, for the number.
    Raises: IncidentMissing, RoundUnfit (no area, one inside another, no such kind, an end before the beginning).
    """
    known = Round.objects.filter(id=round_id).first()
    if known:
        raise Repeated(known)
    incident = Incident.objects.select_for_update().filter(id=incident_id, closed_at=None).first()
    if incident is None:
        raise IncidentMissing(incident=str(incident_id))
    for area_id in area_ids:
        require(by, "rounds.plan", area_id=area_id, incident_id=incident_id)
    found = _fresh(round_id, incident, kind, area_ids, starts_at, ends_at, by, at)
    RoundArea.objects.bulk_create([RoundArea(round=found, area_id=a) for a in area_ids])
    Step.objects.create(id=round_id, round=found, state="planned", by=by.id, at=at)
    return found


def _fresh(
    round_id: UUID,
    incident: Incident,
    kind: str,
    area_ids: Sequence[UUID],
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
) -> Round:
    _fit_areas(area_ids)
    if ends_at <= starts_at:
        raise RoundUnfit(field="ends", fix=starts_at.isoformat())
    code = guide(incident.hazard, GUIDE, on=starts_at.date())
    kind_of(code, kind)
    last = Round.objects.filter(incident_id=incident.id).aggregate(n=Max("number"))["n"] or 0
    return Round.objects.create(
        id=round_id,
        incident_id=incident.id,
        kind=kind,
        edition=code,
        number=last + 1,
        area_id=_common_area(area_ids),
        starts_at=starts_at,
        ends_at=ends_at,
        plan={"proposed": _proposed(code, kind, area_ids, at)},
        by=by.id,
        at=at,
    )


def _fit_areas(area_ids: Sequence[UUID]) -> None:
    if not area_ids or len(areas_of(area_ids)) != len(set(area_ids)) or len(set(area_ids)) != len(area_ids):
        raise RoundUnfit(field="areas", fix="")
    for one in area_ids:
        if set(ids_below(one)) & (set(area_ids) - {one}):
            raise RoundUnfit(field="areas", fix="")


@service("rounds.adopt_plan")
def adopt_plan(
    *, round_id: UUID, adopted: Mapping[UUID, Mapping[str, int]], reason: str, by: Actor, at: datetime
) -> Round:
    """The officer's own numbers by area, beside the proposal; a number left out is the proposal's.

    Rights: rounds.plan. Raises: RoundMissing, RoundNotReady (frozen at opening), RoundUnfit (not an area of the round,
    a number below 0, fewer desks than stations, fewer people than desks). Locks: the round.
    """
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    if found.state not in ("planned", "staffed"):
        raise RoundNotReady(state=found.state, need="planned")
    plan = dict(found.plan)
    chosen = {}
    for area_id, numbers in plan["proposed"].items():
        chosen[area_id] = _chosen(numbers, adopted.get(UUID(area_id), {}))
    if set(adopted) - {UUID(a) for a in chosen}:
        raise RoundUnfit(field="areas", fix="")
    found.plan = plan | {"adopted": chosen, "by": str(by.id), "at": at.isoformat(), "reason": reason.strip()[:300]}
    found.save(update_fields=["plan"])
    return found


def _chosen(proposed: Mapping[str, int], own: Mapping[str, int]) -> dict[str, int]:
    numbers = {**proposed, **own}
    for name, n in numbers.items():
        if name not in asdict(Needs()) or isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise RoundUnfit(field=name, fix="a whole number")
    if numbers["desks"] < numbers["stations"]:
        raise RoundUnfit(field="desks", fix=str(numbers["stations"]))
    if numbers["staff"] < numbers["desks"]:
        raise RoundUnfit(field="staff", fix=str(numbers["desks"]))
    return numbers
