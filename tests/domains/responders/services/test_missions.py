"""Missions of help: quotas by staff share, the sender's steps and the host's, who tasks when."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.responders.errors import MissionMissing, ResponderUnfit, StepUnfit
from lianfang.domains.responders.models import Mission, Team
from lianfang.domains.responders.queries import mission_seen, missions_seen
from lianfang.domains.responders.services import advance_mission, ask_mission, give_quotas
from tests.factories.call import unit
from tests.factories.people import team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def _mission(place: Place, people: int = 250, **more: object) -> Mission:
    given = {"mission_id": uuid4(), "sender_area_id": place.area["district"], "task": "sampling",
             "receiver_area_id": place.area["neighbour"], "title": {"zh": "支援核酸检测"}, "people": people,
             "from_at": place.at, "until_at": place.at + timedelta(days=3), "by": place.actor("neighbour"),
             "at": place.at, **more}  # fmt: skip
    return ask_mission(**given)  # type: ignore[arg-type]  # a test's own mixture


def test_an_area_is_asked_by_the_one_that_needs_help_and_both_see_it(place: Place) -> None:
    made = _mission(place)
    assert _mission(place, mission_id=made.id) == made
    assert [m.id for m in missions_seen(place.actor("county"))] == [made.id]
    assert [m.id for m in missions_seen(place.actor("neighbour"))] == [made.id]
    assert missions_seen(place.actor("volunteer")) == []
    with pytest.raises(RightMissing):
        _mission(place, by=place.actor("volunteer"))
    for wrong in ({"people": 0}, {"until_at": place.at}, {"title": {"zh": " "}},
                  {"sender_area_id": place.area["neighbour"]}):  # fmt: skip
        with pytest.raises(ResponderUnfit):
            _mission(place, **wrong)


def test_quotas_follow_staff_and_what_each_keeps_is_its_cover(place: Place) -> None:
    made = _mission(place, people=25)
    bodies = [unit(place, f"医院{n}", "hospital", "district") for n in range(3)]
    staff = dict(zip(bodies, (60, 30, 10), strict=True))
    ask = partial(give_quotas, mission_id=made.id, by=place.actor("county"), at=place.at)
    rows = {q.organisation_id: q for q in ask(staff=staff)}
    assert {b: q.people for b, q in rows.items()} == dict(zip(bodies, (15, 8, 2), strict=True))
    assert [q.staff - q.people for q in mission_seen(made.id, by=place.actor("county")).quotas_here] == [45, 22, 8]  # type: ignore[attr-defined]  # for the page
    with pytest.raises(ResponderUnfit):
        ask(staff={bodies[0]: 24})
    with pytest.raises(ResponderUnfit):
        ask(staff=staff, people={bodies[2]: 11})
    with pytest.raises(RightMissing):
        ask(staff=staff, by=place.actor("neighbour"))
    part = {q.organisation_id: q.people for q in ask(staff=staff, people={bodies[2]: 7})}
    assert part == dict(zip(bodies, (12, 6, 7), strict=True))  # 60 and 30 share the other 18
    given: dict[UUID, int] = {bodies[0]: 24, bodies[1]: 0, bodies[2]: 1}
    assert sum(q.people for q in ask(staff=staff, people=given)) == 25


def test_tasking_passes_to_the_host_and_back(place: Place) -> None:
    made = _mission(place, people=4)
    sender, host = place.actor("county"), place.actor("neighbour")
    t = team(place, "恩平采样队", where="district")
    step = partial(advance_mission, mission_id=made.id, at=place.at)
    with pytest.raises(ResponderUnfit):  # nobody has been given yet
        step(state="offered", by=sender)
    give_quotas(mission_id=made.id, staff={unit(place, "人民医院", "hospital", "district"): 9}, by=sender, at=place.at)
    with pytest.raises(RightMissing):
        step(state="offered", by=host)
    step(state="offered", by=sender)
    with pytest.raises(StepUnfit):
        step(state="hosted", by=host)
    step(state="assembled", by=sender, team_id=t.id)
    with pytest.raises(RightMissing):
        step(state="hosted", by=sender)
    step(state="hosted", by=host)
    assert Team.objects.get(id=t.id).area_id == place.area["neighbour"]
    step(state="released", by=host)
    now = Team.objects.get(id=t.id)
    assert (now.area_id, now.sender_area_id) == (place.area["district"], place.area["district"])
    with pytest.raises(MissionMissing):
        step(state="released", by=place.actor("volunteer"))
