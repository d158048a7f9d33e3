"""Classes and helpers: one a class, whoever adopts; refused class by class with its reason."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.needs.planning import propose_pairing
from lianfang.domains.needs.queries.hearts import classes, loads_of
from lianfang.domains.needs.services import Pair, adopt_pairing
from lianfang.domains.places.services import register_place
from lianfang.domains.work.models import Item
from tests.factories.call import volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def class_of(place: Place, name: str, heads: int, where: str = "committee") -> UUID:
    made = register_place(place_id=uuid4(), kind="school-class", name=name, name_en="", area_id=place.area[where],
                          capacity={"student": heads}, lon=None, lat=None, incident_id=None, by=place.system,
                          at=place.at)  # fmt: skip
    return made.id


def test_a_proposal_writes_nothing_counts_what_helpers_have_and_is_asked_by_right(place: Place) -> None:
    one, two = volunteers(place, 2)
    rooms = [class_of(place, f"{n}班", h) for n, h in enumerate((40, 30, 20))]
    adopt_pairing(pairs=[Pair(uuid4(), rooms[0], one.id)], by=place.actor("lead"), at=place.at)
    assert loads_of([one.id, two.id]) == {one.id: (1, 40)}
    found = propose_pairing(place.area["committee"], [one.id, two.id], by=place.actor("lead"))
    assert found is not None and found.is_best and found.bound == 50
    assert sorted(h.heads for h in found.helpers) == [40, 50] and Item.objects.filter(kind="class-link").count() == 1
    assert propose_pairing(place.area["committee"], [], by=place.actor("lead")) is None
    for post in ("grid", "neighbour", "street2", "volunteer"):
        with pytest.raises(RightMissing):
            propose_pairing(place.area["committee"], [one.id], by=place.actor(post))
    assert [c.place.name for c in classes(place.area["committee"], by=place.actor("lead"))] == ["1班", "2班", "0班"]


def test_each_pair_is_refused_for_its_own_reason_and_a_retry_changes_nothing(place: Place) -> None:
    [one] = volunteers(place, 1)
    [away] = volunteers(place, 1, where="neighbour_committee")
    mine, other = class_of(place, "一班", 40), class_of(place, "二班", 41)
    theirs = class_of(place, "三班", 42, "neighbour_committee")
    pairs = [Pair(uuid4(), mine, one.id), Pair(uuid4(), mine, one.id), Pair(uuid4(), other, away.id),
             Pair(uuid4(), theirs, away.id), Pair(uuid4(), place.buildings["committee"][0], one.id)]  # fmt: skip
    codes = [o.code for o in adopt_pairing(pairs=pairs, by=place.actor("lead"), at=place.at)]
    assert codes == ["", "needs.class_taken", "needs.helper_unfit", "accounts.right_missing", "places.missing"], codes
    assert [o.code for o in adopt_pairing(pairs=pairs[:1], by=place.actor("lead"), at=place.at)] == ["repeated"]
    [link] = Item.objects.filter(kind="class-link")
    assert (link.owner_id, link.unit_id, link.values["heads"]) == (one.id, mine, 40)
    assert link.due_at is not None and (link.due_at - place.at).days == link.values["every_days"]
