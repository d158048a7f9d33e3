"""Teams: formed in bulk, led by dated appointment, stepping on, standing down with their parts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.responders.errors import ResponderUnfit, StepUnfit, TeamMissing
from lianfang.domains.responders.models import Appointment, Team
from lianfang.domains.responders.queries import headcount, make_up, notes_of, team_seen, teams_led, teams_of
from lianfang.domains.responders.services import (
    NewTeam,
    appoint,
    form_teams,
    note_for_team,
    note_standing,
    put_in_team,
    step_team,
)
from tests.factories.call import acting, volunteers
from tests.factories.people import ids, serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_teams_are_formed_in_bulk_and_a_wrong_one_does_not_spoil_the_rest(place: Place) -> None:
    here = place.area["committee"]
    new = [NewTeam(uuid4(), f"第{n}临时党支部", here, "branch", basis="estate") for n in range(1, 15)]
    wrong = [NewTeam(uuid4(), " ", here, "branch"), NewTeam(uuid4(), "x", here, "branch", basis="moon"),
             NewTeam(uuid4(), "y", place.area["neighbour"], "branch")]  # fmt: skip
    done = form_teams(teams=[*new, *wrong], by=place.actor("lead"), at=place.at)
    assert [o.code for o in done[:14]] == [""] * 14
    assert [o.code for o in done[14:]] == ["responders.unfit", "responders.unfit", "accounts.right_missing"]
    assert [o.code for o in form_teams(teams=new, by=place.actor("lead"), at=place.at)] == ["repeated"] * 14
    assert len(teams_of(place.area["district"], by=place.actor("county"), at=place.at, kind="branch")) == 14
    assert teams_of(place.area["district"], by=place.actor("neighbour"), at=place.at) == []


def test_leading_is_dated_and_handing_over_keeps_who_led(place: Place) -> None:
    one, two = volunteers(place, 2)
    t = team(place)
    put = partial(appoint, team_id=t.id, words="交接清单")
    put(appointment_id=uuid4(), account_id=one.id, role="lead", by=place.actor("lead"), at=place.at)
    later = place.at + timedelta(days=3)
    assert list(teams_led(one.id, at=place.at)) == [t]
    put(appointment_id=uuid4(), account_id=two.id, role="deputy", by=acting(one, later), at=later)
    with pytest.raises(RightMissing):  # a lead names deputies, not who leads
        put(appointment_id=uuid4(), account_id=two.id, role="lead", by=acting(one, later), at=later)
    put(appointment_id=uuid4(), account_id=two.id, role="lead", by=place.actor("lead"), at=later)
    rows = Appointment.objects.filter(team=t).order_by("from_at", "role")
    assert [(a.account_id, a.role, a.to_at) for a in rows if a.role == "lead"] == [
        (one.id, "lead", later), (two.id, "lead", None)]  # fmt: skip
    assert list(teams_led(one.id, at=later)) == []
    with pytest.raises(TeamMissing):
        put(appointment_id=uuid4(), account_id=one.id, role="lead", by=acting(one, later), at=later)


def test_a_team_steps_on_with_mission_and_summary_and_its_parts_end_with_it(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v)
    t = team(place)
    part = team(place, "机动组", parent_id=t.id)
    put_in_team(team_id=t.id, responder_ids=[v.id], role="member", by=place.actor("lead"), at=place.at)
    step = partial(step_team, team_id=t.id, words="", by=place.actor("lead"), at=place.at)
    with pytest.raises(ResponderUnfit):
        step(step_id=uuid4(), state="commissioned")
    step(step_id=uuid4(), state="commissioned", mission={"zh": "进驻封控区", "en": "Into the sealed zone"})
    step(step_id=uuid4(), state="deployed")
    with pytest.raises(StepUnfit):
        step(step_id=uuid4(), state="called")
    with pytest.raises(ResponderUnfit):
        step(step_id=uuid4(), state="stood_down")
    with pytest.raises(TeamMissing):
        step(step_id=uuid4(), state="resting", by=place.actor("neighbour"))
    step(step_id=uuid4(), state="stood_down", words="服务 12 天，移交社区")
    assert set(Team.objects.filter(id__in=[t.id, part.id]).values_list("state", flat=True)) == {"stood_down"}
    seen = team_seen(t.id, by=place.actor("lead"), at=place.at)
    assert [s.state for s in seen.steps_here][::-1] == ["formed", "commissioned", "deployed", "stood_down"]  # type: ignore[attr-defined]  # for the page
    assert t.members.get().state == "left"


def test_a_person_in_several_teams_counts_once_and_a_squad_is_who_its_members_are(place: Place) -> None:
    a, b, c = volunteers(place, 3)
    serving(place, a, b, kind="member", born_year=1969)
    serving(place, c, kind="student", born_year=1999)
    first, second, told = team(place), team(place, "服务队", kind="volunteers"), team(place, "三队", people=20)
    lead = place.actor("lead")
    put_in_team(team_id=first.id, responder_ids=ids(a, b), role="member", by=lead, at=place.at)
    put_in_team(team_id=second.id, responder_ids=ids(b, c), role="member", by=lead, at=place.at)
    counted = headcount(place.area["committee"], by=lead, at=place.at)
    assert counted == {"": (3, 23), "pioneer": (2, 22), "volunteers": (1, 2)}
    note_standing(standing_id=uuid4(), responder_id=a.id, standing="applied", where="", witness_id=None, by=lead,
                  at=place.at)  # fmt: skip
    made = make_up([first.id, second.id, told.id], by=lead, at=place.at)
    assert (made.people, made.mean_age) == (3, round((2 * 57 + 27) / 3, 1))
    assert made.standings == {"applied": 1, "": 2} and made.kinds == {"member": 2, "student": 1}


def test_log_and_contacts_are_the_teams_own(place: Place) -> None:
    (v,) = volunteers(place, 1)
    t = team(place)
    appoint(appointment_id=uuid4(), team_id=t.id, account_id=v.id, role="lead", words="", by=place.actor("lead"),
            at=place.at)  # fmt: skip
    me = acting(v, place.at)
    say = partial(note_for_team, team_id=t.id, by=me, at=place.at)
    say(note_id=uuid4(), kind="log", words="今晚两人发热，已送检", phone="")
    say(note_id=uuid4(), kind="contact", words="江海区指挥部", phone="0750-110")
    with pytest.raises(ResponderUnfit):
        say(note_id=uuid4(), kind="log", words=" ", phone="")
    assert {n["words"] for n in notes_of(t.id, by=me, at=place.at)} == {"今晚两人发热，已送检", "江海区指挥部"}
    with pytest.raises(TeamMissing):
        notes_of(t.id, by=place.actor("neighbour"), at=place.at)
