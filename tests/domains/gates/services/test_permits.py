"""A permit from the asking to its end: who may still be asked, who hears that somebody is late, what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.base.errors import Refused
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import waiting_for
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.queries import words_of
from lianfang.domains.gates.services import call_back_permit, flag_late, forget_permits, pass_gate, release
from lianfang.domains.messages.models import Message
from tests.factories.permit import issued_pass, task_pass
from tests.factories.place import Place

pytestmark = pytest.mark.database
HOUR = timedelta(hours=1)


def passed(place: Place, permit: Permit, way: str, after: timedelta) -> Passage:
    return pass_gate(passage_id=uuid4(), permit_id=permit.id, way=way, place_id=None, by=place.actor("volunteer"),
                     area_id=place.area["committee"], at=place.at + after)  # fmt: skip


def flagged(place: Place, after: timedelta) -> int:
    return flag_late(limit=9, by=place.system, at=place.at + after)


def test_who_called_his_own_permit_back_is_decided_on_by_nobody(place: Place) -> None:
    permit, lead = task_pass(place, place.at), place.actor("lead")
    assert [s.decision_id for s in waiting_for(lead)] == [permit.decision_id]
    call_back_permit(permit_id=permit.id, why="不用去了", by=place.actor("grid"), at=place.at)
    assert not waiting_for(lead).exists()
    assert Decision.objects.get(id=permit.decision_id).state == "withdrawn"
    with pytest.raises(Refused) as told:
        call_back_permit(permit_id=permit.id, why="x", by=place.actor("neighbour"), at=place.at)
    assert told.value.code == "gates.permit_missing"


def test_whoever_is_out_beyond_his_time_is_flagged_once_and_what_nobody_used_ends(place: Place) -> None:
    out, unused, back = (issued_pass(place, place.at) for _ in range(3))
    passed(place, out, "out", HOUR / 2)
    passed(place, back, "out", HOUR / 2)
    passed(place, back, "in", HOUR)
    assert flagged(place, 2 * HOUR - timedelta(seconds=1)) == 0
    assert flagged(place, 2 * HOUR) == 1  # what was never used
    assert {p.id: p.state for p in Permit.objects.all()} == {out.id: "out", unused.id: "void", back.id: "back"}
    assert flagged(place, 4 * HOUR) == 1
    heard = Message.objects.filter(template="permit-late")
    assert {m.recipient_id for m in heard} >= {place.accounts["grid"].id, place.accounts["lead"].id}
    said = heard.count()
    assert flagged(place, 5 * HOUR) == 0 and Message.objects.filter(template="permit-late").count() == said
    assert passed(place, out, "in", 6 * HOUR).verdict == "pass"  # back is always let in


def test_purposes_and_what_was_said_of_releases_are_forgotten_the_rows_stay(place: Place) -> None:
    permit = issued_pass(place, place.at)
    let = release(passage_id=uuid4(), words="临产", place_id=None, area_id=place.area["committee"], incident_id=None,
                  by=place.actor("volunteer"), at=place.at)  # fmt: skip
    lead = place.actor("lead")
    assert words_of([let], by=lead) == {let.id: "临产"} and bytes(permit.sealed)
    assert forget_permits(over_before=place.at, limit=9, by=place.system, at=place.at) == 0
    later = place.at + 3 * HOUR
    assert forget_permits(over_before=later, limit=9, by=place.system, at=later) == 2
    assert (Permit.objects.count(), Passage.objects.count()) == (1, 1)
    assert not bytes(Permit.objects.get().sealed) and not bytes(Passage.objects.get().sealed)
    assert words_of(list(Passage.objects.all()), by=lead).get(let.id, "") == ""
    assert forget_permits(over_before=later, limit=9, by=place.system, at=later) == 0


def test_a_gate_of_the_neighbour_lets_nobody_out_here_and_a_press_twice_is_one_passage(place: Place) -> None:
    permit = issued_pass(place, place.at)
    with pytest.raises(Refused) as told:
        pass_gate(passage_id=uuid4(), permit_id=permit.id, way="out", place_id=None, by=place.actor("neighbour"),
                  area_id=place.area["committee"], at=place.at)  # fmt: skip
    assert told.value.code == "accounts.right_missing"
    first = uuid4()
    for _ in range(2):  # pressed again: the first
        pass_gate(passage_id=first, permit_id=permit.id, way="out", place_id=None, by=place.actor("volunteer"),
                  area_id=place.area["committee"], at=place.at)  # fmt: skip
    assert Passage.objects.get().verdict == "pass"
