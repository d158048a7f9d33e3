"""People who serve: registering, skills, fitness, standing, what depends on them at home."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.responders.errors import (
    JudgedByOneself,
    ResponderMissing,
    ResponderUnfit,
    SkillMissing,
    StepUnfit,
)
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries import (
    abilities_of,
    own_card,
    people_counted,
    people_listed,
    reached_by,
    responder_seen,
)
from lianfang.domains.responders.services import (
    NewResponder,
    judge_skill,
    note_dependants,
    note_standing,
    register_responders,
    state_fitness,
    state_skill,
)
from tests.factories.call import acting, unit, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_one_registers_oneself_and_again_changes_nothing(place: Place) -> None:
    (v,) = volunteers(place, 1)
    ask = NewResponder(v.id, "student", place.area["committee"], "林小满", "13900000001", 2003, near_steps=1)
    by = acting(v, place.at)
    before = LogEntry.objects.count()
    assert register_responders(entries=[ask], by=by, at=place.at)[0].code == ""
    assert register_responders(entries=[ask], by=by, at=place.at)[0].code == "repeated"
    assert LogEntry.objects.count() == before + 1
    row, told = own_card(by, at=place.at)
    assert row is not None and told["name"] == "林小满" and told["born_year"] == 2003
    assert "林小满".encode() not in bytes(row.sealed)


def test_nobody_is_refused_for_age_but_minors(place: Place) -> None:
    old, young = volunteers(place, 2)
    entries = [NewResponder(old.id, "member", place.area["committee"], born_year=place.at.year - 79, is_retired=True),
               NewResponder(young.id, "student", place.area["committee"], born_year=place.at.year - 17),
               NewResponder(uuid4(), "student", place.area["committee"])]  # fmt: skip
    done = register_responders(entries=entries, by=place.system, at=place.at)
    assert [o.code for o in done] == ["", "responders.unfit", "responders.missing"]
    assert done[1].values["field"] == "born"


def test_what_is_wrong_is_named_and_the_rest_is_kept(place: Place) -> None:
    a, b, c = volunteers(place, 3)
    home = place.area["committee"]
    done = register_responders(
        entries=[NewResponder(a.id, "wizard", home), NewResponder(b.id, "student", home, near_steps=9),
                 NewResponder(c.id, "student", home, free_times=[{"days": [1], "from": "18:00", "until": "22:00"}])],
        by=place.system, at=place.at,
    )  # fmt: skip
    assert [o.values.get("field") for o in done] == ["kind", "near", None]
    assert list(Responder.objects.values_list("id", flat=True)) == [c.id]


def test_the_neighbour_registers_and_sees_nobody(place: Place) -> None:
    (v,) = volunteers(place, 1)
    entry = NewResponder(v.id, "student", place.area["committee"])
    assert register_responders(entries=[entry], by=place.actor("neighbour"), at=place.at)[0].code != ""
    serving(place, v, name="林小满", phone="13900000001")
    with pytest.raises(ResponderMissing):
        responder_seen(v.id, by=place.actor("neighbour"), at=place.at)
    seen = responder_seen(v.id, by=place.actor("lead"), at=place.at)
    assert reached_by(seen, by=place.actor("lead"))["phone"] == "13900000001"
    assert people_listed(place.area["neighbour"], by=place.actor("neighbour"), at=place.at) == []


def test_a_skill_counts_once_somebody_else_has_verified_it_and_until_its_day(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v)
    me, lead = acting(v, place.at), place.actor("lead")
    until = date(2026, 7, 30)
    made = state_skill(skill_id=uuid4(), responder_id=v.id, skill="swab", evidence="执业证 4401", valid_until=until,
                       by=me, at=place.at)  # fmt: skip
    assert abilities_of([v.id], at=place.at)[v.id].skills == frozenset()
    with pytest.raises(JudgedByOneself):
        judge_skill(skill_id=made.id, is_verified=True, why="", by=me, at=place.at)
    with pytest.raises(RightMissing):
        judge_skill(skill_id=made.id, is_verified=True, why="", by=place.actor("neighbour"), at=place.at)
    with pytest.raises(ResponderUnfit):
        judge_skill(skill_id=made.id, is_verified=False, why=" ", by=lead, at=place.at)
    with pytest.raises(SkillMissing):
        judge_skill(skill_id=uuid4(), is_verified=True, why="", by=lead, at=place.at)
    judge_skill(skill_id=made.id, is_verified=True, why="", by=lead, at=place.at)
    assert abilities_of([v.id], at=place.at)[v.id].skills == {"swab"}
    assert abilities_of([v.id], at=place.at + timedelta(days=9, hours=14))[v.id].skills == {"swab"}  # the 30th, 23:00
    assert abilities_of([v.id], at=place.at + timedelta(days=10))[v.id].skills == frozenset()
    again = state_skill(skill_id=uuid4(), responder_id=v.id, skill="swab", evidence="新证", valid_until=None, by=me,
                        at=place.at)  # fmt: skip
    assert again.state == "stated" and abilities_of([v.id], at=place.at)[v.id].skills == frozenset()


def test_fitness_is_dated_and_one_cannot_talk_oneself_out_of_harm(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v)
    me = acting(v, place.at)
    say = partial(state_fitness, responder_id=v.id, why="", by=me, at=place.at)
    with pytest.raises(ResponderUnfit):
        say(fitness_id=uuid4(), state="light", limits=[], until_at=None)
    say(fitness_id=uuid4(), state="light", limits=["no-suit"], until_at=place.at + timedelta(days=2))
    assert abilities_of([v.id], at=place.at)[v.id].limits == {"no-suit"}
    assert abilities_of([v.id], at=place.at + timedelta(days=2))[v.id].fitness == "fit"
    say(fitness_id=uuid4(), state="off", limits=[], until_at=None, source_id=uuid4(), by=place.actor("lead"))
    later = place.at + timedelta(minutes=1)
    say(fitness_id=uuid4(), state="fit", limits=[], until_at=None, at=later)
    assert abilities_of([v.id], at=later)[v.id].fitness == "off"
    say(fitness_id=uuid4(), state="fit", limits=[], until_at=None, by=place.actor("lead"), at=later)
    assert abilities_of([v.id], at=later)[v.id].fitness == "fit"


def test_standing_goes_step_by_step_with_its_history_and_gives_no_right(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v)
    me, lead = acting(v, place.at), place.actor("lead")
    note = partial(note_standing, responder_id=v.id, witness_id=None)
    note(standing_id=uuid4(), standing="applied", where="出发现场", by=me, at=place.at)
    with pytest.raises(JudgedByOneself):
        note(standing_id=uuid4(), standing="activist", where="", by=me, at=place.at)
    with pytest.raises(StepUnfit):
        note(standing_id=uuid4(), standing="member", where="", by=lead, at=place.at)
    note(standing_id=uuid4(), standing="activist", where="", by=lead, at=place.at + timedelta(days=1))
    later = place.at + timedelta(days=2)
    assert [s.standing for s in responder_seen(v.id, by=lead, at=later).history] == ["activist", "applied"]  # type: ignore[attr-defined]  # for the page
    assert acting(v, place.at).grants == acting(v, later).grants


def test_what_depends_on_one_is_his_own_note(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v, name="林小满")
    me = acting(v, place.at)
    note_dependants(responder_id=v.id, dependants="两个孩子在外婆家", needs_care=True, by=me, at=place.at)
    with pytest.raises(ResponderMissing):
        note_dependants(responder_id=v.id, dependants="", needs_care=False, by=place.actor("lead"), at=place.at)
    seen = responder_seen(v.id, by=place.actor("lead"), at=place.at)
    assert seen.needs_care and "dependants" not in reached_by(seen, by=place.actor("lead"))
    told = own_card(me, at=place.at)[1]
    assert told["dependants"] == "两个孩子在外婆家" and told["name"] == "林小满"


def test_people_are_counted_by_kind_unit_and_area_for_a_span(place: Place) -> None:
    tax = unit(place, "市税务局")
    a, b, c = *volunteers(place, 2, unit=tax), *volunteers(place, 1, where="committee2")
    serving(place, a, b, kind="official")
    serving(place, c, kind="medic", where="committee2")
    skilled(place, c, "swab")
    counted = partial(people_counted, place.area["district"], by=place.actor("county"))
    now = counted(from_at=place.at, until_at=place.at + timedelta(days=1))
    assert now["kind"] == [("official", 2), ("medic", 1)] and now["unit"] == [("市税务局", 2), ("", 1)]
    assert sum(n for _, n in now["area"]) == 3
    assert counted(from_at=place.at - timedelta(days=9), until_at=place.at)["kind"] == []
    listed = partial(people_listed, place.area["district"], by=place.actor("county"), at=place.at)
    assert [p.id for p in listed(skill="swab")] == [c.id] and {p.id for p in listed(unit_id=tax)} == {a.id, b.id}
