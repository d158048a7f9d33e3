"""One knock or call at a household: noted as a whole, by whoever did it, in one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.editions.queries import common_edition, kinds_by_name, values_of
from lianfang.domains.grid.errors import HouseholdMissing
from lianfang.domains.grid.models import Household
from lianfang.domains.work.errors import AskedAlready, CriterionUnmet, FieldUnfit, MinorAlone, NightRest
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.asking import Asked, answered_already, words_of
from lianfang.domains.work.queries.reading import private_kinds
from lianfang.domains.work.rules.asking import BESIDE_WORK, KNOCK, is_at_night
from lianfang.domains.work.services.moves import Note, make_moves
from lianfang.domains.work.services.opening import NewItem, lay_items, raise_refusal


@dataclass(frozen=True)
class Knock:
    """What was noted of one knock or call: how it ended (a move of the kind), of what was spoken, and the rest."""

    id: UUID
    household_id: UUID
    ended: str
    about: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


@service("work.note_knock")
def note_knock(*, knock: Knock, by: Actor, at: datetime) -> UUID:
    """Note one knock or call, with the way, who was there, by what somebody went inside, and how it ended.

    Repeat:  a known id: the same knock again.
    Rights:  work.do where the household lies.
    Raises:  HouseholdMissing; NightRest in the edition's hours unless values["night"] says why; AskedAlready where what
             is spoken of was answered here today already, unless values["again"] says why; MinorAlone; and what its
             kind asks (FieldMissing, FieldUnfit, MoveUnknown).
    """
    area_id = Household.objects.filter(id=knock.household_id).values_list("area_id", flat=True).first()
    if area_id is None:
        raise HouseholdMissing(household=str(knock.household_id))
    require(by, "work.do", area_id=area_id)
    if Item.objects.filter(id=knock.id, kind=KNOCK).exists():
        raise Repeated(knock.id)
    _refuse_unknown(knock.about)
    _refuse_night(area_id, knock, at)
    if knock.ended == "answered" and not knock.values.get("again"):
        _refuse_again(answered_already(knock.household_id, area_id, knock.about, who=by.id, at=at))
    new = NewItem(knock.id, area_id, "household", knock.household_id, owner_id=by.id)
    raise_refusal(lay_items(kind_name=KNOCK, items=[new], area_id=area_id, incident_id=None, by=by, at=at)[0])
    values = {**knock.values, "about": " ".join(knock.about)}
    note = Note(uuid5(knock.id, "end"), knock.id, knock.ended, by, at, values=values)
    done = make_moves(notes=[note], by=by, at=at)[0]
    if done.code == CriterionUnmet.code and done.values["field"] == "met":
        raise MinorAlone()
    raise_refusal(done)
    return knock.id


def _refuse_unknown(about: Sequence[str]) -> None:
    """Spoken of are kinds of work, and what is no work; never a private kind: a knock stands on everybody's board."""
    known = {*(kinds_by_name().keys() - private_kinds().keys() - {KNOCK}), *BESIDE_WORK}
    strange = [name for name in about if name not in known]
    if strange:
        raise FieldUnfit(field="about", fix=strange[0][:60])


def _refuse_night(area_id: UUID, knock: Knock, at: datetime) -> None:
    hours = values_of(common_edition(), ["knock_hours"], area_id=area_id, at=at)["knock_hours"]
    if is_at_night(localtime(at), hours) and not str(knock.values.get("night", "")).strip():
        raise NightRest(begins=_clock(hours[0]), ends=_clock(hours[1]))


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _refuse_again(before: Asked | None) -> None:
    if before is not None:
        raise AskedAlready(**words_of(before))
