"""Call-outs: asked, answered, asked again, arrived."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallOutMissing, CallOutOver, CallUnfit
from lianfang.domains.calls.models import CallOut
from lianfang.domains.calls.queries import answers_to, call_out_kept, muster_of, my_call_out, my_call_outs
from lianfang.domains.calls.services import answer_call_outs, ask_again, call_out, close_call_out, tick_muster
from lianfang.domains.messages.models import Message
from tests.factories.call import HOUR, acting, unit, volunteers
from tests.factories.people import ids
from tests.factories.place import Place

pytestmark = pytest.mark.database


def _sent(place: Place, accounts: list[object], **more: object) -> CallOut:
    given = {"call_out_id": uuid4(), "area_id": place.area["district"], "account_ids": accounts,
             "words": {"zh": "支援蓬江", "en": "Help Pengjiang"}, "where": "卫健局", "needed": 3, "repeat_minutes": 10,
             "repeats": 2, "meet_at": place.at + 2 * HOUR, "by": place.actor("command"), "at": place.at,
             **more}  # fmt: skip
    return call_out(**given)  # type: ignore[arg-type]  # a test's own mixture


def test_the_silent_are_asked_again_and_those_who_answered_are_not(place: Place) -> None:
    people = volunteers(place, 3, unit=unit(place, "人民医院", "hospital"))
    made = _sent(place, [*ids(*people)])
    assert _sent(place, [*ids(*people)], call_out_id=made.id) == made
    asked = Message.objects.filter(template="call-out")
    assert asked.count() == 3
    me = acting(people[0], place.at)
    answer = partial(answer_call_outs, call_out_id=made.id, account_ids=[people[0].id])
    assert [answer(says="coming", by=me, at=place.at)[0].code for _ in range(2)] == ["", "repeated"]
    ten = place.at + timedelta(minutes=10)
    assert [ask_again(by=place.system, at=t) for t in (place.at, ten, ten)] == [0, 2, 0]
    assert asked.count() == 5
    assert ask_again(by=place.system, at=ten + timedelta(minutes=10)) == 2
    assert ask_again(by=place.system, at=ten + timedelta(minutes=30)) == 0  # twice again, no more
    assert answer(says="cannot", by=me, at=ten)[0].code == ""
    kept = call_out_kept(made.id, by=place.actor("command"))
    assert (kept.asked, kept.coming, kept.cannot, kept.silent) == (3, 0, 1, 2)  # type: ignore[attr-defined]  # counted


def test_who_telephones_down_the_list_notes_answers_and_who_came(place: Place) -> None:
    people = volunteers(place, 4, unit=unit(place, "人民医院", "hospital"))
    made = _sent(place, [*ids(*people)])
    desk = place.actor("command")
    answer = partial(answer_call_outs, call_out_id=made.id, at=place.at)
    answer(account_ids=ids(*people[:2]), says="coming", by=desk)
    with pytest.raises(CallUnfit):
        answer(account_ids=ids(*people), says="perhaps", by=desk)
    other = answer(account_ids=[people[1].id], says="cannot", by=acting(people[0], place.at))
    assert other[0].code == "calls.call_out_missing"
    tick = partial(tick_muster, call_out_id=made.id, at=place.at + HOUR)
    done = tick(account_ids=[*ids(*people[:3]), uuid4()], step="come", by=desk)
    assert [o.code for o in done] == ["", "", "", "calls.call_out_missing"]
    [row] = muster_of(made.id, by=desk)
    assert (row.asked, row.coming, row.silent, row.steps[0][1:]) == (4, 3, 1, (3, place.at + HOUR))
    assert row.missing == (people[3].label,)
    done = tick(account_ids=ids(*people[2:]), step="departed", by=desk)
    assert [o.code for o in done] == ["", "calls.unfit"] and done[1].values["fix"] == "come"
    done = tick(account_ids=ids(*people[:3]), step="on-post", by=desk)
    assert [o.code for o in done] == ["calls.unfit", "calls.unfit", ""] and done[0].values["fix"] == "departed"
    assert tick(account_ids=[people[2].id], step="on-post", by=desk)[0].code == "repeated"
    with pytest.raises(CallUnfit):
        tick(account_ids=ids(*people), step="flown", by=desk)
    assert {a.answered_by for a in answers_to(made.id, by=desk) if a.arrived_at} == {desk.id}
    with pytest.raises(CallOutMissing):
        answers_to(made.id, by=place.actor("neighbour"))
    with pytest.raises(CallOutMissing):
        tick(account_ids=ids(*people), step="come", by=place.actor("neighbour"))


def test_a_closed_call_out_takes_no_answers(place: Place) -> None:
    (v,) = volunteers(place, 1)
    made = _sent(place, [v.id])
    me = acting(v, place.at)
    assert my_call_outs(me, at=place.at)[0].call_out_id == made.id and my_call_out(made.id, by=me).state == ""
    with pytest.raises(CallOutMissing):
        close_call_out(call_out_id=made.id, by=me, at=place.at)
    close_call_out(call_out_id=made.id, by=place.actor("command"), at=place.at)
    with pytest.raises(CallOutOver):
        answer_call_outs(call_out_id=made.id, account_ids=[v.id], says="coming", by=me, at=place.at)
    assert my_call_outs(me, at=place.at) == []


def test_what_is_wrong_with_a_call_out_is_named_and_the_neighbour_sends_none(place: Place) -> None:
    (v,) = volunteers(place, 1)
    for wrong in ({"account_ids": []}, {"needed": 0}, {"words": {"zh": " "}}, {"meet_at": place.at},
                  {"repeat_minutes": 0}):  # fmt: skip
        with pytest.raises(CallUnfit):
            _sent(place, [v.id], **wrong)
    with pytest.raises(RightMissing):
        _sent(place, [v.id], by=place.actor("neighbour"))
