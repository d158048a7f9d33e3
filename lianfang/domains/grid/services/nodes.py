"""Which smallest area buildings belong to, and who answers for an area or a block of doors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require, serves_at
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.errors import AnswererMissing, AnswererUnfit, BuildingElsewhere, HouseholdMissing
from lianfang.domains.grid.models import Answerer, Building, Household, PersonFlag, Presence
from lianfang.domains.privacy.models import PersonIndex


@service("grid.put_buildings", door=False)
def put_buildings(*, area_id: UUID, within_id: UUID, building_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Buildings with all their doors and people belong to another area inside `within_id` from now.

    Rights: grid.import on `within_id`, in which both lie. Raises: BuildingElsewhere. Ended stays keep their area.
    """
    require(by, "grid.import", area_id=within_id)
    inside = set(ids_below(within_id))
    buildings = Building.objects.select_for_update().filter(id__in=building_ids, area_id__in=inside)
    found = list(buildings.order_by("id").values_list("id", flat=True))
    taken = Building.objects.filter(area_id=area_id, key__in=buildings.values("key")).exclude(id__in=found)
    if area_id not in inside or len(found) != len(set(building_ids)) or taken.exists():
        raise BuildingElsewhere(n=len(set(building_ids)) - len(found))
    Building.objects.filter(id__in=found).update(area_id=area_id)
    Household.objects.filter(building_id__in=found).update(area_id=area_id)
    here = Presence.objects.filter(building_id__in=found, to_on=None)
    here.update(area_id=area_id)
    lives = here.filter(kind="lives").values("person_id")
    PersonFlag.objects.filter(person_id__in=lives, to_on=None).update(area_id=area_id)
    PersonIndex.objects.filter(person_id__in=lives).update(area_id=area_id)
    return len(found)


@service("grid.answer_for_doors", told=("role", "phone"))
def answer_for_doors(
    *,
    block_id: UUID,
    role: str,
    area_id: UUID,
    household_ids: Sequence[UUID],
    account_id: UUID,
    phone: str,
    by: Actor,
    at: datetime,
) -> int:
    """From now an account answers for a block of doors of an area; whoever did so before for one of them ends now.

    Repeat: same block id. Rights: grid.write on the area. Raises: HouseholdMissing (a door outside the
    area), AnswererUnfit (the account serves elsewhere).
    """
    require(by, "grid.write", area_id=area_id)
    ids = {h: uuid5(block_id, str(h)) for h in household_ids}
    if Answerer.objects.filter(id__in=ids.values()).exists():
        raise Repeated(len(ids))
    if not serves_at(account_id, area_id, at=at):
        raise AnswererUnfit()
    places = dict(Household.objects.filter(id__in=ids, area_id__in=ids_below(area_id)).values_list("id", "area_id"))
    if len(places) != len(ids) or not ids:
        raise HouseholdMissing(doors=len(ids) - len(places))
    Answerer.objects.filter(role=role, household_id__in=ids, to_at=None).update(to_at=at)
    Answerer.objects.bulk_create(
        [
            Answerer(id=i, role=role, area_id=places[h], household_id=h, account_id=account_id, phone=phone, from_at=at)
            for h, i in ids.items()
        ]
    )
    return len(ids)


@service("grid.end_answers_of", door=False)
def end_answers_of(*, account_id: UUID, area_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """A post has ended: it answers for no area and door of these any more, and the vacancies show; how many lines.

    The ending was tested by its own service.
    """
    return Answerer.objects.filter(account_id=account_id, area_id__in=area_ids, to_at=None).update(to_at=at)


@service("grid.end_answering")
def end_answering(*, account_id: UUID, role: str, area_id: UUID, by: Actor, at: datetime) -> int:
    """An account answers for nothing below an area any more in one role. Raises: AnswererMissing."""
    require(by, "grid.write", area_id=area_id)
    rows = Answerer.objects.filter(account_id=account_id, role=role, area_id__in=ids_below(area_id), to_at=None)
    ended = rows.update(to_at=at)
    if not ended:
        raise AnswererMissing(role=role)
    return ended
