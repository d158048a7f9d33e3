"""Somebody a round meets who is on no list: entered at the door, and put on the round's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import may
from lianfang.domains.grid.models import Household
from lianfang.domains.grid.services import enter_met, enter_person
from lianfang.domains.rounds.errors import RoundClosed, RoundMissing
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.rules import TAKES_NOTES
from lianfang.domains.rounds.services import add_units, shared_states

SEXES = ("", "m", "f")


@dataclass(frozen=True)
class Found:
    """A person met at a door: an id made there, the door, and what he or the household told."""

    id: UUID  # of the note
    round_id: UUID
    person_id: UUID
    household_id: UUID
    name: str
    by: Actor
    at: datetime
    sex: str = ""
    birth_date: str = ""
    id_number: str = ""
    phone: str = ""
    presence: str = "stays"


def found_people(*, found: Sequence[Found], by: Actor, at: datetime) -> list[Outcome]:
    """Enter people and add them to their rounds; one outcome each, none raises for another.

    Repeat: a person known by that id is left. Rights: sampling.scan or grid.write on the door's area, or the
    door is assigned.
    A phone meets a handful of these in a day, so each is entered by itself.
    """
    with transaction.atomic():
        shared_states(f.round_id for f in found)  # none closes meanwhile
        rounds = {r.id: r for r in Round.objects.filter(id__in={f.round_id for f in found}).defer("plan")}
        return [_one(f, rounds.get(f.round_id), by=by, at=at) for f in found]


def _one(f: Found, round_: Round | None, *, by: Actor, at: datetime) -> Outcome:
    if round_ is None:
        return Outcome(f.id, RoundMissing.code, {"round": str(f.round_id)})
    if round_.state not in TAKES_NOTES:
        return Outcome(f.id, RoundClosed.code, {"state": round_.state})
    if Unit.objects.filter(round=round_, unit_id=f.person_id).exists():
        return Outcome(f.id, "repeated")
    try:
        with transaction.atomic():
            _enter(f, round_)
            add_units(round_id=round_.id, people=[(f.person_id, "door")], by=by, at=at)
    except Refused as refused:
        return Outcome(f.id, refused.code, refused.values)
    return Outcome(f.id)


def _enter(f: Found, round_: Round) -> None:
    """By the right to write the register there, or as who samples in the area of the door, at whichever desk."""
    told = {"name": f.name, "id_number": f.id_number, "phone": f.phone, "birth_date": f.birth_date}
    area = Household.objects.filter(id=f.household_id).values_list("area_id", flat=True).first()
    if area and may(f.by, "sampling.scan", area_id=area, incident_id=round_.incident_id):
        enter_met(person_id=f.person_id, household_id=f.household_id, told=told, sex=f.sex, presence=f.presence,
                  by=f.by, at=f.at)  # fmt: skip
        return
    enter_person(person_id=f.person_id, household_id=f.household_id, sex=f.sex, presence=f.presence, by=f.by, at=f.at,
                 **told)  # fmt: skip
