"""Facts found at a door: people, stays, flags, who answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.accounts.queries import require, serves_at
from lianfang.domains.editions.queries import common_edition, section_of
from lianfang.domains.grid.errors import AnswererUnfit, FlagUnknown, HouseholdMissing, IdNumberTwice, PersonMissing
from lianfang.domains.grid.models import Answerer, Household, Person, PersonFlag, Presence
from lianfang.domains.grid.queries import register_date
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import person_tokens, sealed, subjects_assigned, token
from lianfang.domains.privacy.services import index_people


def _household(household_id: UUID) -> Household:
    found = Household.objects.filter(id=household_id).first()
    if found is None:
        raise HouseholdMissing(household=str(household_id))
    return found


def _may_note(by: Actor, household: Household, at: datetime) -> None:
    mine = household.id in set(subjects_assigned(by, at=at).filter(subject_id=household.id))
    require(by, "grid.write", area_id=household.area_id, own=mine)


@service("grid.enter_person")
def enter_person(
    *,
    person_id: UUID,
    household_id: UUID,
    name: str,
    sex: str,
    birth_date: str,
    id_number: str,
    phone: str,
    presence: str,
    by: Actor,
    at: datetime,
) -> Person:
    """Somebody found at a door who is not on the register.

    Repeat:  same id: the first. Rights: grid.write on the area, or the door is assigned to the actor.
    Raises:  HouseholdMissing; IdNumberTwice when the same name and last four digits live in the same building.
    """
    door = _household(household_id)
    _may_note(by, door, at)
    told = {"name": name, "id_number": id_number, "phone": phone, "birth_date": birth_date}
    return _enter(person_id, door, told, sex, presence, by, at)


@service("grid.enter_met", door=False)
def enter_met(
    *,
    person_id: UUID,
    household_id: UUID,
    told: Mapping[str, str],
    sex: str,
    presence: str,
    by: Actor,
    at: datetime,
) -> Person:
    """The same for who was met elsewhere than at the door; called by the flow that tested the right to meet people.

    told: name, id_number, phone, birth_date. Repeat and refusals: as enter_person.
    """
    return _enter(person_id, _household(household_id), told, sex, presence, by, at)


def _enter(
    person_id: UUID, door: Household, told: Mapping[str, str], sex: str, presence: str, by: Actor, at: datetime
) -> Person:
    with beyond_the_wall():
        known = Person.objects.filter(id=person_id).first()
    if known:
        raise Repeated(known)
    name, id_number, birth_date = told["name"], told["id_number"], told["birth_date"]
    if id_number:
        same = PersonIndex.objects.filter(tokens__contains=[token("n" + name), token("i" + id_number[-4:].lower())])
        if Presence.objects.filter(person_id__in=same.values("person_id"), building_id=door.building_id).exists():
            raise IdNumberTwice(tail=id_number[-4:])
    person = Person.objects.create(
        id=person_id,
        sealed=sealed([(person_id, told)])[0],
        sex=sex,
        birth_year=int(birth_date[:4]) if birth_date[:4].isdigit() else None,
        entered_at=at,
        entered_by=by.id,
    )
    Presence.objects.create(
        id=person_id,
        person=person,
        household=door,
        area_id=door.area_id,
        building_id=door.building_id,
        kind=presence,
        from_on=register_date(at),
        source="door",
        by=by.id,
        noted_at=at,
    )
    tokens = person_tokens(name, id_number, told["phone"])
    index_people(entries=[(str(person_id), str(door.area_id), tokens)], by=by, at=at)
    return person


@service("grid.move_person", told=("source", "presence"))
def move_person(
    *, person_id: UUID, household_id: UUID, presence: str, source: str, by: Actor, at: datetime
) -> Presence:
    """From today a person lives, stays or is away elsewhere; the earlier stay keeps its dates.

    Rights:  grid.write at the new door. Raises: PersonMissing, HouseholdMissing.
    """
    door = _household(household_id)
    _may_note(by, door, at)
    with beyond_the_wall():  # whoever moves here lives elsewhere until it is written
        is_known = Person.objects.select_for_update().filter(id=person_id).exists()
    if not is_known:
        raise PersonMissing(person=str(person_id))
    today = register_date(at)
    stays = Presence.objects.filter(person_id=person_id, to_on=None)
    same = stays.filter(household=door, kind=presence).first()
    if same:
        raise Repeated(same)
    stays.filter(kind__in=("lives", "away")).update(to_on=today)
    stay_id = uuid5(person_id, f"{household_id} {presence} {at.isoformat()}")
    moved = Presence.objects.create(
        id=stay_id,
        person_id=person_id,
        household=door,
        area_id=door.area_id,
        building_id=door.building_id,
        kind=presence,
        from_on=today,
        source=source,
        by=by.id,
        noted_at=at,
    )
    PersonIndex.objects.filter(person_id=person_id).update(area_id=door.area_id)
    PersonFlag.objects.filter(person_id=person_id, to_on=None).update(area=door.area_id)
    return moved


@service("grid.set_flag", told=("flag", "source"))
def set_flag(*, person_id: UUID, flag: str, source: str, by: Actor, at: datetime) -> PersonFlag:
    """From today a flag holds for a person. Repeat: a flag that holds is left. Rights: grid.write on the area.

    Raises: FlagUnknown (the common edition lists no such mark), PersonMissing.
    """
    if flag not in {f["name"] for f in section_of(common_edition(), "flags")}:
        raise FlagUnknown(flag=flag)
    stay = Presence.objects.filter(person_id=person_id, to_on=None).first()
    if stay is None:
        raise PersonMissing(person=str(person_id))
    require(by, "grid.write", area_id=stay.area_id)
    known = PersonFlag.objects.filter(person_id=person_id, flag=flag, to_on=None).first()
    if known:
        raise Repeated(known)
    return PersonFlag.objects.create(
        id=uuid5(person_id, f"{flag} {at.isoformat()}"),
        person_id=person_id,
        area_id=stay.area_id,
        flag=flag,
        from_on=register_date(at),
        source=source,
    )


@service("grid.end_flag", told=("flag",))
def end_flag(*, person_id: UUID, flag: str, by: Actor, at: datetime) -> int:
    """A flag holds no longer from today."""
    stay = Presence.objects.filter(person_id=person_id, to_on=None).first()
    require(by, "grid.write", area_id=stay.area_id if stay else None)
    return PersonFlag.objects.filter(person_id=person_id, flag=flag, to_on=None).update(to_on=register_date(at))


@service("grid.answer_for", told=("role", "phone"))
def answer_for(
    *,
    answerer_id: UUID,
    role: str,
    area_id: UUID,
    household_id: UUID | None,
    account_id: UUID,
    phone: str,
    by: Actor,
    at: datetime,
) -> Answerer:
    """From now an account answers for an area, or for one door's block; whoever did so before ends now.

    Repeat: same id. Rights: grid.write on the area. Raises: AnswererUnfit (the account serves elsewhere).
    """
    require(by, "grid.write", area_id=area_id)
    known = Answerer.objects.filter(id=answerer_id).first()
    if known:
        raise Repeated(known)
    if not serves_at(account_id, area_id, at=at):
        raise AnswererUnfit()
    Answerer.objects.filter(role=role, area_id=area_id, household_id=household_id, to_at=None).update(to_at=at)
    return Answerer.objects.create(
        id=answerer_id,
        role=role,
        area_id=area_id,
        household_id=household_id,
        account_id=account_id,
        phone=phone,
        from_at=at,
    )
