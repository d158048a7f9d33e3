"""What the register holds of the person who asks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.grid.models import Person, PersonFlag, Presence
from lianfang.domains.privacy.queries import opened

OWN = ("name", "id_number", "phone", "birth_date")


def own_record(by: Actor) -> dict[str, Any]:
    """The person's own values whole, stays and marks (name, until), past ones too.

    Raises: PersonMissing for an account of no person. The end of the ID number is enough to know it by: the whole is
    not shown, since a phone lies open on a table.
    """
    if by.person_id is None:
        raise PersonMissing(person="")
    flags = PersonFlag.objects.filter(person_id=by.person_id).order_by("-from_on", "id")[:20]
    marks = ArraySubquery(flags.values(row=JSONObject(flag="flag", to_on="to_on")))
    rows = Presence.objects.filter(person_id=by.person_id).annotate(marks=marks)
    rows = rows.select_related("person", "household__building", "area")
    stays = list(rows.defer("area__outline").order_by("-from_on", "id")[:20])
    person = stays[0].person if stays else Person.objects.filter(id=by.person_id).first()
    if person is None:
        raise PersonMissing(person=str(by.person_id))
    told = opened([person], by=by, fields=OWN, whole=True)[person.id]
    return {
        **told,
        "id_number": told["id_number"][-4:],
        "person": person,
        "stays": stays,
        "marks": [
            (m["flag"], m["to_on"] and date.fromisoformat(m["to_on"])) for m in (stays[0].marks if stays else ())
        ],
    }
