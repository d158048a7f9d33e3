"""Pleas taken in: numbered, promised, read by the cues, put to whoever answers for the place."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries import told_of
from lianfang.domains.needs.services import NewPlea, take_in
from tests.factories.place import Place

pytestmark = pytest.mark.database
LABOUR = "我老婆羊水破了，黄码，怎么办"


def asked(place: Place, words: str, post: str = "lead", **more: object) -> NewPlea:
    told = {"channel": "phone", "area_id": place.area["committee"], "phone": "13912345678", **more}
    return NewPlea(uuid4(), words=words, by=place.actor(post), at=place.at, **told)  # type: ignore[arg-type]  # of the test


def test_a_plea_has_a_number_a_promise_and_somebody_who_is_asked_to_look_after_it(place: Place) -> None:
    new = [asked(place, LABOUR), asked(place, "请问什么时候解封")]
    first, second = take_in(pleas=new, by=place.actor("lead"), at=place.at)
    urgent, plain = (Plea.objects.get(id=n.id) for n in new)
    assert second.values["number"] == first.values["number"] + 1 and first.code == ""
    assert (urgent.kind, urgent.danger, urgent.group) == ("emergency", "life", "pregnant")
    assert (plain.danger, plain.rank) == ("routine", 3)
    assert urgent.reply_by == place.at + timedelta(minutes=5) and plain.reply_by == place.at + timedelta(hours=12)
    assert urgent.holder_id == place.accounts["grid"].id and urgent.accept_by == urgent.reply_by
    told = Message.objects.get(template="plea-urgent")
    assert told.recipient_id == urgent.holder_id and told.due_at == place.at  # at any hour
    assert "羊水".encode() not in bytes(urgent.sealed) and told_of(urgent, by=place.actor("lead"))["words"] == LABOUR
    again = take_in(pleas=new, by=place.actor("lead"), at=place.at)
    assert [(o.code, o.values["number"]) for o in again] == [("repeated", first.values["number"]),
                                                             ("repeated", second.values["number"])]  # fmt: skip
    assert Plea.objects.count() == 2 and LABOUR not in str(list(LogEntry.objects.values_list("told", flat=True)))


def test_what_somebody_says_stands_and_what_no_cue_knows_is_left_to_a_person(place: Place) -> None:
    tibetan, emoji = "ང་ལ་སྨན་དགོས", "😭"
    new = [asked(place, LABOUR, kind="doctor", danger="health"), asked(place, tibetan), asked(place, emoji),
           asked(place, "没发烧，就是想问问", phone="")]  # fmt: skip
    take_in(pleas=new, by=place.actor("lead"), at=place.at)
    rows = [Plea.objects.get(id=n.id) for n in new]
    assert (rows[0].kind, rows[0].danger) == ("doctor", "health") and rows[0].proposed["danger"] == "life"
    assert [(r.kind, r.tongue, r.danger) for r in rows[1:3]] == [("", "bo", "health"), ("", "", "health")]  # soon
    assert rows[3].caller is None and rows[0].caller == rows[1].caller is not None


def test_each_refusal_stands_alone_and_says_what_to_mend(place: Place) -> None:
    wrong = [asked(place, " "), asked(place, "x", channel="pigeon"), asked(place, "x", area_id=None),
             asked(place, "x", kind="party"), asked(place, "x", danger="awful"),
             asked(place, "x", area_id=place.area["neighbour_committee"])]  # fmt: skip
    good = asked(place, "买点菜")
    done = take_in(pleas=[*wrong, good], by=place.actor("lead"), at=place.at)
    assert [o.code for o in done] == ["needs.unfit"] * 5 + ["accounts.right_missing", ""]
    assert [o.values["field"] for o in done[:5]] == ["words", "channel", "area", "kind", "danger"]
    assert Plea.objects.get().id == good.id


def test_a_hundred_pleas_are_taken_in_by_as_many_statements_as_one(
    place: Place, django_assert_max_num_queries: object
) -> None:
    by = place.actor("lead")
    one, many = [asked(place, "煤气用完了")], [asked(place, f"煤气用完了 {n}") for n in range(100)]
    with django_assert_max_num_queries(60) as few:  # type: ignore[operator]  # a fixture
        take_in(pleas=one, by=by, at=place.at)
    with django_assert_max_num_queries(len(few) + 2):  # type: ignore[operator]  # a fixture
        take_in(pleas=many, by=by, at=place.at)
    assert Plea.objects.filter(kind="gas").count() == 101
