"""One person of the register, masked as on its page; every such answer is a read that the person may see."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from lianfang.api.door import actor_of, route
from lianfang.base import clock
from lianfang.domains.grid.queries import contact_of
from lianfang.domains.privacy.queries import note_read
from lianfang.domains.work.queries import door_label


class PersonOut(Schema):
    """A person: name and phone masked, and the door where it lives."""

    id: UUID
    name: str
    phone: str
    area_id: UUID | None
    household_id: UUID | None
    door: str
    presence: str


@route("GET", "/people/{uuid:person_id}", scopes=["grid.read"], gives=PersonOut, name="person")
def person(request: HttpRequest, person_id: UUID) -> PersonOut:
    """One person by its id. There is no search for people by programs."""
    known = contact_of(person_id, by=actor_of(request), at=clock.now())
    note_read([person_id], ["name", "phone"])
    stay = known["stay"]
    where = {"area_id": stay.area_id, "household_id": stay.household_id, "presence": stay.kind} if stay else {
        "area_id": None, "household_id": None, "presence": ""}  # fmt: skip
    door = door_label(stay.household) if stay and stay.household_id else ""
    return PersonOut(id=person_id, name=known["name"], phone=known["phone"], door=door, **where)
