"""What a gate without signal tells afterwards is judged as it stood then, and what has happened is undone by nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from lianfang.base.errors import Refused
from lianfang.domains.gates.models import Crossing, Passage, Permit
from lianfang.domains.gates.queries import SHORT, releases_to_review, spent_permits
from lianfang.domains.gates.services import (
    announce_convoy,
    call_back_permit,
    decide_permit,
    flag_late,
    pass_convoy,
    pass_gate,
    review_release,
)
from tests.factories.permit import issued_pass
from tests.factories.place import Place

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def passed(place: Place, permit: Permit, way: str, after: timedelta, seen: str = "") -> Passage:
    return pass_gate(passage_id=uuid4(), permit_id=permit.id, way=way, place_id=None, by=place.actor("volunteer"),
                     area_id=place.area["committee"], seen=seen, at=place.at + after)  # fmt: skip


def stands(permit: Permit) -> str:
    permit.refresh_from_db()
    return permit.state


def told(passage: Passage) -> tuple[str, str]:
    return passage.verdict, passage.reason


def test_who_went_out_in_time_without_signal_is_out_though_his_permit_had_ended_as_unused(place: Place) -> None:
    permit = issued_pass(place, place.at)
    assert flag_late(limit=9, by=place.system, at=place.at + 2 * HOUR) == 1 and stands(permit) == "void"
    assert told(passed(place, permit, "out", HOUR, "through")) == ("pass", "")
    assert stands(permit) == "out" and permit.out_at == place.at + HOUR
    assert flag_late(limit=9, by=place.system, at=place.at + 4 * HOUR) == 1  # now he is waited for
    assert told(passed(place, permit, "in", 5 * HOUR)) == ("pass", "") and stands(permit) == "back"


def test_who_came_back_by_another_gate_before_his_going_out_was_known_stays_back(place: Place) -> None:
    permit = issued_pass(place, place.at)
    passed(place, permit, "in", HOUR)
    assert told(passed(place, permit, "out", HOUR / 2, "through")) == ("pass", "")
    assert (stands(permit), permit.out_at, permit.back_at) == ("back", place.at + HOUR / 2, place.at + HOUR)
    # Out again afterwards, by a phone that did not know of it: out he is, and somebody looks at it.
    assert told(passed(place, permit, "out", 1.2 * HOUR, "through")) == ("slipped", "is_back")
    assert (stands(permit), permit.back_at) == ("out", None)


def test_who_passed_on_a_permit_called_back_is_waited_for_and_looked_at_by_another_there(place: Place) -> None:
    permit = issued_pass(place, place.at)
    call_back_permit(permit_id=permit.id, why="不用去了", by=place.actor("grid"), at=place.at)
    assert told(passed(place, permit, "out", HOUR)) == ("refuse", "void") and stands(permit) == "void"
    slipped = passed(place, permit, "out", HOUR, "through")
    assert told(slipped) == ("slipped", "void") and stands(permit) == "out"
    lead, other = place.actor("lead"), place.actor("neighbour")
    assert [x.id for x in releases_to_review(permit.area_id, by=lead)] == [slipped.id]
    assert releases_to_review(permit.area_id, by=other) == []
    with pytest.raises(Refused):
        review_release(passage_id=slipped.id, finding="x", by=other, at=place.at + HOUR)
    review_release(passage_id=slipped.id, finding="属实", by=lead, at=place.at + HOUR)
    assert releases_to_review(permit.area_id, by=lead) == []
    assert told(passed(place, permit, "in", 2 * HOUR)) == ("pass", "")


def test_whoever_was_turned_back_is_not_out_whatever_is_known_of_his_permit(place: Place) -> None:
    permit = issued_pass(place, place.at)
    assert told(passed(place, permit, "out", HOUR, "turned")) == ("refuse", "turned")
    assert stands(permit) == "issued" and permit.out_at is None
    with pytest.raises(Refused) as no:
        passed(place, permit, "out", HOUR, "anything")
    assert no.value.code == "gates.permit_unfit"


def test_a_convoy_that_passed_without_signal_has_passed_though_it_was_called_back(place: Place) -> None:
    at, street = place.at, place.actor("street")
    convoy = announce_convoy(permit_id=uuid4(), area_id=place.area["committee"], goods="口罩", where="市一医院",
                             plates="", vehicles=3, from_at=at, until_at=at + 9 * HOUR,
                             gates=[(place.area["committee"], "北门", at + HOUR)], why="断货", incident_id=None,
                             by=street, at=at)  # fmt: skip
    decide_permit(decision_id=uuid5(convoy.id, "decision"), says="grant", reason="", by=place.actor("command"), at=at)
    call_back_permit(permit_id=convoy.id, why="不来了", by=street, at=at)

    def through(passage: UUID, *, has_passed: bool) -> Crossing:
        return pass_convoy(passage_id=passage, crossing_id=uuid5(convoy.id, "gate 0"), vehicles=2,
                           by=place.actor("grid"), at=at + HOUR, has_passed=has_passed)  # fmt: skip

    assert through(uuid4(), has_passed=False).passed_at is None
    press = uuid4()
    for _ in range(2):  # its answer was lost: the same press is told the same
        done = through(press, has_passed=True)
        assert (done.passed_at, done.vehicles, done.refused) == (at + HOUR, 2, "void")  # type: ignore[attr-defined]
    assert Passage.objects.get(verdict="slipped").reason == "void" and stands(convoy) == "void"


def test_a_gate_takes_along_what_was_called_back_or_used_and_nobody_else_does(place: Place) -> None:
    permits = [issued_pass(place, place.at) for _ in range(4)]
    passed(place, permits[0], "out", HOUR / 2)
    passed(place, permits[1], "in", HOUR / 2)
    call_back_permit(permit_id=permits[2].id, why="不用去了", by=place.actor("grid"), at=place.at)
    short = [p.id.hex[:SHORT] for p in permits]
    known = spent_permits(by=place.actor("neighbour_grid"), at=place.at + HOUR)  # a gate meets people of every area
    assert known == {short[0]: "out", short[1]: "back", short[2]: "void"}
    assert spent_permits(by=place.actor("command"), at=place.at + HOUR) == {}
    assert spent_permits(by=place.actor("grid"), at=place.at + 27 * HOUR) == {}
