"""Moving between groups tells whoever moved, once."""

from __future__ import annotations

import pytest

from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.services import put_in_team
from lianfang.flows.regroup import regroup
from tests.factories.call import volunteers
from tests.factories.people import ids, serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_one_move_reassigns_and_tells(place: Place) -> None:
    people = volunteers(place, 3)
    serving(place, *people)
    whole, lead = team(place), place.actor("lead")
    sampling = team(place, "采样组", parent_id=whole.id)
    put_in_team(team_id=whole.id, responder_ids=ids(*people), role="", by=lead, at=place.at)
    for _ in range(2):
        regroup(from_team_id=whole.id, to_team_id=sampling.id, responder_ids=ids(*people[:2]), by=lead, at=place.at)
    assert Member.objects.filter(team=sampling, state="in").count() == 2
    assert set(Message.objects.filter(template="team-moved").values_list("recipient_id", flat=True)) == set(
        ids(*people[:2])
    )
    assert Message.objects.filter(template="team-moved").count() == 2
