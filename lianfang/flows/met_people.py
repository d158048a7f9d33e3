"""Somebody at a desk without a code: found by what he shows and says, or entered behind the door he names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import may
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.grid.services import enter_met
from lianfang.domains.privacy.queries import people_named
from lianfang.domains.rounds.errors import DeskMissing, RoundClosed
from lianfang.domains.rounds.models import Desk
from lianfang.domains.rounds.rules import TAKES_NOTES
from lianfang.domains.rounds.services import add_units
from lianfang.domains.sampling.errors import PersonUnclear
from lianfang.domains.sampling.models import Sample


@dataclass(frozen=True)
class Met:
    """A person at a desk: the scan's id, the desk, the name, the last characters of the identity card, the door."""

    id: UUID  # of the scan
    desk_id: UUID
    name: str
    tail: str
    household_id: UUID | None
    by: Actor
    at: datetime


def met_people(*, met: Sequence[Met], by: Actor, at: datetime) -> tuple[dict[UUID, UUID], list[Outcome]]:
    """Who they are, by scan; and the outcomes of those of whom that cannot be said. None raises for another.

    Found: the one person of the round's areas with that name and those last characters; else the one of that name
    behind the door. Else who names a door is entered there and put on the round's list.
    Repeat: the same person. Rights: at the desk, or sampling.scan in its area.
    Outcomes: rounds.desk_missing, rounds.closed, sampling.person_unclear, and what entering refuses.
    A phone meets a handful of these in a day, so each is looked for by itself.
    """
    found, refused = {}, []
    sampled = dict(Sample.objects.filter(id__in=[m.id for m in met]).values_list("id", "person_id"))
    with transaction.atomic():
        desks = Desk.objects.filter(id__in={m.desk_id for m in met}).select_related("round").defer("round__plan")
        by_id = {d.id: d for d in desks}
        for m in met:
            try:
                with transaction.atomic():
                    found[m.id] = sampled.get(m.id) or _one(m, by_id.get(m.desk_id), by=by, at=at)
            except Refused as no:
                refused.append(Outcome(m.id, no.code, no.values))
    return found, refused


def _one(m: Met, desk: Desk | None, *, by: Actor, at: datetime) -> UUID:
    if desk is None or not (
        desk.account_id == m.by.id
        or may(m.by, "sampling.scan", area_id=desk.area_id, incident_id=desk.round.incident_id)
    ):
        raise DeskMissing(desk=str(m.desk_id))
    if desk.round.state not in TAKES_NOTES:
        raise RoundClosed(state=desk.round.state)
    known = _known(m, desk)
    if len(known) == 1:
        return known.pop()
    if known or m.household_id is None or not _is_near(m.household_id, desk):
        raise PersonUnclear()
    person_id = uuid5(m.id, "met")
    told = {"name": m.name, "id_number": m.tail, "phone": "", "birth_date": ""}
    enter_met(person_id=person_id, household_id=m.household_id, told=told, sex="", presence="stays", by=m.by, at=m.at)
    add_units(round_id=desk.round_id, people=[(person_id, "desk")], by=by, at=at)
    return person_id


def _known(m: Met, desk: Desk) -> set[UUID]:
    """Persons who may be meant, by words of the sealed index: nobody's name is opened for it."""
    same = people_named(m.name, m.tail).filter(area_id__in=ids_below(desk.round.area_id)) if m.tail else None
    ids = set(same.values_list("person_id", flat=True)[:2]) if same is not None else set()
    if ids or m.household_id is None:
        return ids
    behind = Presence.objects.filter(household_id=m.household_id, to_on=None).values("person_id")
    return set(people_named(m.name).filter(person_id__in=behind).values_list("person_id", flat=True)[:2])


def _is_near(household_id: UUID, desk: Desk) -> bool:
    """Whether a door lies where the desk is: who comes from elsewhere is not put behind a door nobody knows there."""
    return Household.objects.filter(id=household_id, area_id__in=ids_below(desk.area_id)).exists()
