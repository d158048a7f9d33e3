"""The last phase closes an incident, and with it what was granted for it alone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.errors import IncidentClosed, IncidentMissing
from lianfang.domains.incidents.queries import incidents_seen
from lianfang.domains.incidents.services import grant_for_incident
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import assign_items
from lianfang.flows.enter_phase import enter_phase
from tests.factories.place import Place
from tests.web.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.database


def limited(town: Town, post: str = "grid2", *, by: str = "admin") -> None:
    grant_for_incident(grant_id=uuid4(), account_id=town.place.accounts[post].id, role="grid-worker",
                       area_id=town.place.area["committee"], incident_id=town.incident.id, until_at=None,
                       by=town.place.actor(by), at=clock.now())  # fmt: skip


def closed(town: Town) -> None:
    last = edition(town.incident.edition)["phases"][-1]["name"]
    enter_phase(incident_id=town.incident.id, phase=last, reason="r", by=town.place.actor("command"), at=clock.now())


def test_a_grant_of_a_closed_incident_holds_nothing_and_its_work_is_given_back(town: Town) -> None:
    grid2 = town.place.accounts["grid2"]
    limited(town)
    by = actor_for(grid2, at=clock.now())
    assert assign_items(item_ids=[town.free], owner_id=grid2.id, by=by, at=clock.now())[0].code == ""
    closed(town)
    after = actor_for(grid2, at=clock.now())
    assert [g.area_id for g in after.grants] == [town.place.area["committee2"]]  # its standing post stays
    assert Item.objects.get(id=town.free).owner_id is None
    assert Item.objects.get(id=town.survey).owner_id == town.place.accounts["grid"].id  # standing posts keep theirs


def test_nothing_is_granted_for_an_incident_that_closed_or_that_lies_elsewhere(town: Town) -> None:
    with pytest.raises(IncidentMissing):
        limited(town, by="neighbour")
    closed(town)
    with pytest.raises(IncidentClosed):
        limited(town)


def test_a_middle_phase_ends_no_post(town: Town, place: Place) -> None:
    limited(town)
    names = [p["name"] for p in edition(town.incident.edition)["phases"] if not p.get("watch")]
    other = next(n for n in names[:-1] if n != town.incident.phase)
    enter_phase(incident_id=town.incident.id, phase=other, reason="r", by=place.actor("command"), at=clock.now())
    assert actor_for(place.accounts["grid2"], at=clock.now()).grants[-1].area_id == place.area["committee"]
    assert incidents_seen(place.actor("command")).count() == 1
