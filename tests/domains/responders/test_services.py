"""Bodies under one another."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.responders.errors import BodyKnown, BodyMissing, ParentUnfit
from lianfang.domains.responders.models import Organisation
from lianfang.domains.responders.queries import bodies_seen, body_seen, parents_for
from lianfang.domains.responders.services import register_organisation
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_a_body_stands_under_one_of_its_area_or_above_and_keeps_its_name_to_itself(place: Place) -> None:
    ask = partial(register_organisation, name_en="", kind="bureau", by=place.actor("admin"), at=place.at)
    bureau = ask(organisation_id=uuid4(), name="司法局", area_id=place.area["district"])
    office = partial(ask, organisation_id=uuid4(), name="司法所", area_id=place.area["street"], parent_id=bureau.id)
    assert office() == office() and office().parent_id == bureau.id
    assert Organisation.objects.count() == 2
    with pytest.raises(ParentUnfit):  # a bureau does not stand under an office of one street
        ask(organisation_id=uuid4(), name="法院", area_id=place.area["district"], parent_id=office().id)
    with pytest.raises(BodyKnown):
        ask(organisation_id=uuid4(), name="司法局", area_id=place.area["district"])
    assert list(parents_for(place.area["street2"])) == [bureau]


def test_a_body_is_added_and_seen_by_who_administers_its_area(place: Place) -> None:
    ask = partial(register_organisation, name="学校", name_en="", kind="school", at=place.at)
    with pytest.raises(RightMissing):
        ask(organisation_id=uuid4(), area_id=place.area["neighbour"], by=place.actor("admin"))
    with pytest.raises(RightMissing):
        ask(organisation_id=uuid4(), area_id=place.area["district"], by=place.actor("auditor"))
    theirs = ask(organisation_id=uuid4(), area_id=place.area["neighbour"], by=place.system)
    own = ask(organisation_id=uuid4(), area_id=place.area["committee"], by=place.actor("lead"))
    assert list(bodies_seen(place.actor("admin"))) == [own]
    with pytest.raises(BodyMissing):
        body_seen(theirs.id, by=place.actor("admin"))
