"""Applying, screening with reasons, being put in, moving from group to group."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.responders.errors import (
    JudgedByOneself,
    NotTaken,
    ResponderMissing,
    ResponderUnfit,
    StepUnfit,
    TeamMissing,
)
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.queries import members_of, my_memberships
from lianfang.domains.responders.services import (
    apply_to_team,
    appoint,
    decide_member,
    move_members,
    put_in_team,
    step_team,
)
from tests.factories.call import acting, volunteers
from tests.factories.people import ids, serving, skilled, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_applicants_are_screened_with_reasons_that_they_see(place: Place) -> None:
    a, b, c, stranger = volunteers(place, 4)
    serving(place, a, b, c)
    t, lead = team(place), place.actor("lead")
    rows = [apply_to_team(member_id=uuid4(), team_id=t.id, by=acting(v, place.at), at=place.at) for v in (a, b, c)]
    assert apply_to_team(member_id=uuid4(), team_id=t.id, by=acting(a, place.at), at=place.at) == rows[0]
    with pytest.raises(ResponderMissing):
        apply_to_team(member_id=uuid4(), team_id=t.id, by=acting(stranger, place.at), at=place.at)
    decide = partial(decide_member, by=lead, at=place.at)
    decide(member_id=rows[0].id, state="in", why="")
    with pytest.raises(ResponderUnfit):
        decide(member_id=rows[1].id, state="out", why="")
    decide(member_id=rows[1].id, state="out", why="名额已满，身体不适合")
    decide(member_id=rows[2].id, state="reserve", why="候补")
    assert {m.state for m in members_of(t.id, by=lead, at=place.at)} == {"in", "out", "reserve"}
    assert my_memberships(acting(b, place.at))[0].why == "名额已满，身体不适合"
    with pytest.raises(TeamMissing):
        decide(member_id=rows[2].id, state="in", why="", by=place.actor("neighbour"))


def test_a_lead_does_not_screen_himself(place: Place) -> None:
    (a,) = volunteers(place, 1)
    serving(place, a)
    t, me = team(place), acting(a, place.at)
    appoint(appointment_id=uuid4(), team_id=t.id, account_id=a.id, role="lead", words="", by=place.system, at=place.at)
    row = apply_to_team(member_id=uuid4(), team_id=t.id, by=me, at=place.at)
    with pytest.raises(JudgedByOneself):
        decide_member(member_id=row.id, state="in", why="", by=me, at=place.at)


def test_a_squad_built_from_the_pool_by_kind_and_skill_says_what_is_missing(place: Place) -> None:
    a, b = volunteers(place, 2)
    serving(place, a, kind="student")
    serving(place, b, kind="student")
    skilled(place, b, "counsel")
    t = team(place, "心理疏导队", basis="pool", criteria={"kinds": ["student"], "skills": ["counsel"]})
    with pytest.raises(NotTaken) as refused:
        apply_to_team(member_id=uuid4(), team_id=t.id, by=acting(a, place.at), at=place.at)
    assert refused.value.values == {"field": "skills", "fix": "counsel"}
    assert apply_to_team(member_id=uuid4(), team_id=t.id, by=acting(b, place.at), at=place.at).state == "applied"


def test_putting_in_is_set_based_and_says_what_became_of_each(place: Place) -> None:
    people = volunteers(place, 5)
    serving(place, *people[:4])
    t, lead = team(place), place.actor("lead")
    put = partial(put_in_team, team_id=t.id, responder_ids=ids(*people), role="gatekeeper", by=lead, at=place.at)
    assert [o.code for o in put()] == [""] * 4 + ["responders.missing"]
    assert [o.code for o in put()] == ["repeated"] * 4 + ["responders.missing"]
    assert Member.objects.filter(team=t, state="in").count() == 4
    step_team(step_id=uuid4(), team_id=t.id, state="stood_down", words="完", by=lead, at=place.at)
    assert put()[0].code == "responders.step_unfit"


def test_people_move_between_groups_of_one_team_and_stay_in_the_whole(place: Place) -> None:
    people = volunteers(place, 3)
    serving(place, *people)
    whole, lead = team(place), place.actor("lead")
    keepers, mobile = team(place, "驻点组", parent_id=whole.id), team(place, "机动组", parent_id=whole.id)
    other = team(place, "别的队")
    put_in_team(team_id=whole.id, responder_ids=ids(*people), role="", by=lead, at=place.at)
    move = partial(move_members, by=lead, at=place.at)
    assert [o.code for o in move(from_team_id=whole.id, to_team_id=keepers.id, responder_ids=ids(*people))] == [""] * 3
    done = move(from_team_id=keepers.id, to_team_id=mobile.id, responder_ids=[people[0].id, uuid4()])
    assert [o.code for o in done] == ["", "responders.member_missing"]
    again = move(from_team_id=keepers.id, to_team_id=mobile.id, responder_ids=[people[0].id])
    assert again[0].code == "repeated"
    inside = Member.objects.filter(state="in")
    assert (inside.filter(team=whole).count(), inside.filter(team=keepers).count()) == (3, 2)
    assert list(inside.filter(team=mobile).values_list("responder_id", flat=True)) == [people[0].id]
    with pytest.raises(StepUnfit):
        move(from_team_id=keepers.id, to_team_id=other.id, responder_ids=[people[1].id])
    back = move(from_team_id=mobile.id, to_team_id=keepers.id, responder_ids=[people[0].id])
    assert back[0].code == "" and inside.filter(team=keepers).count() == 3
