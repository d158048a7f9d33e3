"""Finding people by name and doors by number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.grid.models import Household, Person, Presence
from lianfang.domains.privacy.errors import GlassClosed
from lianfang.domains.privacy.queries import need_reason, note_read, opened, people_matching, reads_wide

PAGE = 50


def search_people(
    text: str, *, by: Actor, at: datetime, limit: int = PAGE, for_case: bool = False
) -> list[dict[str, Any]]:
    """People found by name, syllables, last four digits or phone, within the actor's areas; masked.

    for_case: the search belongs to a case or place of the actor's; else whoever reads beyond a street needs a task
    about somebody, or a broken glass. Whom a search in a wide area found is noted either way.
    Raises: SearchTooShort, GlassClosed.
    """
    is_wide = reads_wide(by)
    if is_wide and not for_case and need_reason(by, at=at):
        raise GlassClosed()
    areas = visible_areas(by, "grid.read")
    rows = list(Person.objects.filter(id__in=people_matching(text, areas=areas).values("person_id")[:limit]))
    ids = [r.id for r in rows]
    shown = opened(rows, by=by, fields=("name", "id_number"))
    if is_wide:
        note_read(ids, ("name",))
    doors = {
        p.person_id: p
        for p in Presence.objects.filter(person_id__in=ids, to_on=None)
        .select_related("household", "building", "area")
        .order_by("-kind")
    }
    return [
        {
            "id": r.id,
            **shown[r.id],
            "door": doors.get(r.id),
            "sex": r.sex,
            "age": at.year - r.birth_year if r.birth_year else None,
        }
        for r in rows
    ]


def doors_matching(text: str, *, by: Actor, limit: int = PAGE) -> list[Household]:
    """Doors found by their building's name and door number ("沙洲花园3栋 501")."""
    building, _, door = text.strip().rpartition(" ")
    rows = Household.objects.filter(area_id__in=visible_areas(by, "grid.read")).select_related("building", "area")
    rows = rows.order_by("area__position", "building__position", "building__name", "unit", "floor", "door", "id")
    if building:
        return list(rows.filter(building__key__startswith=building.replace(" ", ""), door=door)[:limit])
    return list(rows.filter(building__key__startswith=door)[:limit])
