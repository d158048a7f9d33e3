"""A round opens with its list, closes when nobody is left without a named state, and ends with its results."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Max

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.incidents.models import Incident
from lianfang.domains.rounds.errors import RoundNotReady, UnitsOpen
from lianfang.domains.rounds.models import Round, RoundArea, Station, Step, Tally, Unit
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.rules import next_state
from lianfang.domains.rounds.services.plans import locked_round, require_round

# Whoever stays somewhere tonight is met there, not where he is registered: one line a person.
LIST = """
INSERT INTO rounds_unit (round_id, unit_id, area_id, building_id, household_id, source, is_home, ending, reason, tries,
    tried)
SELECT %(round)s, p.person_id, p.area_id, p.building_id, p.household_id, 'register', f.person_id IS NOT NULL, '', '', 0,
    ''
FROM (
    SELECT DISTINCT ON (person_id) person_id, area_id, building_id, household_id FROM grid_presence
    WHERE to_on IS NULL AND kind IN ('lives', 'stays')
    ORDER BY person_id, kind DESC
) p JOIN (
    SELECT DISTINCT descendant_id FROM areas_areaclosure
    WHERE hierarchy = %(hierarchy)s AND ancestor_id = ANY(%(areas)s)
) a ON a.descendant_id = p.area_id LEFT JOIN (
    SELECT DISTINCT person_id FROM grid_personflag WHERE to_on IS NULL AND flag = ANY(%(flags)s)
) f ON f.person_id = p.person_id
ORDER BY p.area_id, p.building_id, p.household_id
ON CONFLICT (round_id, unit_id) DO NOTHING
"""
TALLY = """
INSERT INTO rounds_tally (round_id, area_id, ending, source, n)
SELECT %(round)s, area_id, ending, source, count(*) FROM rounds_unit WHERE round_id = %(round)s
GROUP BY area_id, ending, source
"""


def _step(found: Round, state: str, *, by: Actor, at: datetime) -> Round:
    found.state = state
    Step.objects.create(id=uuid5(found.id, f"{state} {at.isoformat()}"), round=found, state=state, by=by.id, at=at)
    return found


def _expect(found: Round, state: str) -> None:
    if found.state == state:
        raise Repeated(found)
    if next_state(found.state) != state:
        raise RoundNotReady(state=found.state, need=state)


@service("rounds.staff_round")
def staff_round(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """The plan is adopted and every station has somebody at its desks. Rights: rounds.plan.

    Repeat: nothing changes. Raises: RoundMissing, RoundNotReady (no plan adopted, no station). Locks: the round.
    """
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    _expect(found, "staffed")
    if "adopted" not in found.plan:
        raise RoundNotReady(state=found.state, need="adopted")
    if not Station.objects.filter(round=found).exists():
        raise RoundNotReady(state=found.state, need="stations")
    _step(found, "staffed", by=by, at=at).save(update_fields=["state"])
    return found


@service("rounds.open_round")
def open_round(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """Lay the list from the register as it stands now, freeze the plan, and begin.

    Repeat: nothing changes. Rights: rounds.plan. Raises: RoundMissing, RoundNotReady. Locks: the round.
    """
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    _expect(found, "open")
    areas = list(RoundArea.objects.filter(round=found).values_list("area_id", flat=True))
    flags = list(kind_of(found.edition, found.kind).get("home_flags", []))
    given: dict[str, Any] = {"round": found.id, "hierarchy": DIVISION, "areas": areas, "flags": flags}
    with connection.cursor() as cursor:
        cursor.execute(LIST, given)
        found.expected = cursor.rowcount
        cursor.execute(TALLY, given)
    found.opened_at = at
    found.plan = {**found.plan, "frozen_at": at.isoformat()}
    _step(found, "open", by=by, at=at).save(update_fields=["state", "expected", "opened_at", "plan"])
    return found


@service("rounds.close_sampling", door=False)
def close_sampling(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """No more notes: every unit stands in one named state. Rights: rounds.plan. Locks: the round.

    Called by the flow that asks whether its results are in.
    Raises: RoundMissing, RoundNotReady, UnitsOpen (so many are still without one).
    """
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    if found.state == "results-in":
        raise Repeated(found)  # its results came in with its closing
    _expect(found, "sampling-closed")
    left = Unit.objects.filter(round=found, ending="").count()
    if left:
        raise UnitsOpen(left=left)
    Station.objects.filter(round=found).exclude(state="closed").update(state="closed")
    _step(found, "sampling-closed", by=by, at=at).save(update_fields=["state"])
    return found


@service("rounds.note_results_in", door=False)
def note_results_in(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """Every tube of the round has its result: told by `sampling`, which knows its tubes. Locks: the round."""
    found = locked_round(round_id)
    _expect(found, "results-in")
    _step(found, "results-in", by=by, at=at).save(update_fields=["state"])
    return found


@service("rounds.close_round")
def close_round(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """The round is over. Rights: rounds.plan. Raises: RoundMissing, RoundNotReady. Locks: the round."""
    found = locked_round(round_id)
    require_round(by, "rounds.plan", found)
    _expect(found, "closed")
    _step(found, "closed", by=by, at=at).save(update_fields=["state"])
    return found


@service("rounds.recall", door=False)
def recall(*, follows_id: UUID, kind: str, unit_ids: list[UUID], ends_at: datetime, by: Actor, at: datetime) -> Round:
    """A round of its own for some units of another, open at once: they are sampled singly, at the door.

    Who comes while such a round is open joins it, and it lasts as long as the last of them needs; after that there is a
    next one. Called by the flow that read the result. Repeat: who is on the list is left.
    Locks: the round that is followed, then the incident where a round is new, for its number.
    """
    before = locked_round(follows_id)
    mine = Round.objects.filter(follows=before, kind=kind)
    found = mine.filter(state="open").first() or _followed(before, mine.count(), kind, ends_at, by, at)
    known = set(Unit.objects.filter(round=found).values_list("unit_id", flat=True))
    fresh = [
        Unit(round=found, unit_id=u.unit_id, area_id=u.area_id, building_id=u.building_id, household_id=u.household_id,
             source="register", is_home=True)
        for u in Unit.objects.filter(round=before, unit_id__in=unit_ids)
        if u.unit_id not in known
    ]  # fmt: skip
    Unit.objects.bulk_create(fresh)
    found.expected += len(fresh)
    found.ends_at = max(found.ends_at, ends_at)
    found.save(update_fields=["expected", "ends_at"])
    Tally.objects.filter(round=found).delete()
    with connection.cursor() as cursor:
        cursor.execute(TALLY, {"round": found.id})
    return found


def _followed(before: Round, n: int, kind: str, ends_at: datetime, by: Actor, at: datetime) -> Round:
    Incident.objects.select_for_update().get(id=before.incident_id)
    last = Round.objects.filter(incident_id=before.incident_id).aggregate(n=Max("number"))["n"] or 0
    found = Round.objects.create(
        id=uuid5(before.id, f"{kind} {n}"),
        incident_id=before.incident_id,
        kind=kind,
        edition=before.edition,
        number=last + 1,
        area_id=before.area_id,
        starts_at=at,
        ends_at=ends_at,
        follows=before,
        opened_at=at,
        by=by.id,
        at=at,
    )
    areas = RoundArea.objects.filter(round=before).values_list("area_id", flat=True)
    RoundArea.objects.bulk_create([RoundArea(round=found, area_id=a) for a in areas])
    return _open_at_once(found, by=by, at=at)


def _open_at_once(found: Round, *, by: Actor, at: datetime) -> Round:
    _step(found, "open", by=by, at=at).save(update_fields=["state"])
    return found
