"""An empty post and a job that lasts too long are told to who leads them, once an hour; relief asked for at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import (
    NewNote,
    Presence,
    check_in,
    check_out,
    claim_shift,
    confirm_hours,
    confirm_turnout,
    note_duty,
    place_team,
)
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words
from lianfang.domains.responders.services import NewResponder, appoint, form_team, put_in_team, register_responders
from lianfang.flows.run_due import run_due
from lianfang.flows.watch_posts import alarm_empty_posts, alarm_long_jobs, ask_for_relief, remind_to_close
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def words_of(told: QuerySet[Message], place: Place) -> str:
    """What one message says to the lead."""
    [said] = in_words(list(told.all()), by=place.actor("lead"))
    return str(said["zh"])


def test_an_hour_with_nobody_on_post_is_an_alarm(place: Place) -> None:
    (v,) = volunteers(place, 1)
    shift = shift_of(called(place, 1, post="lead"))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
    begun = shift.starts_at
    late = begun + timedelta(minutes=45)
    told = Message.objects.filter(template="post-empty")
    assert alarm_empty_posts(by=place.system, at=begun + timedelta(minutes=1)) == 0
    assert alarm_empty_posts(by=place.system, at=late) == 1
    n = told.count()
    assert alarm_empty_posts(by=place.system, at=late + timedelta(minutes=5)) == 1
    assert told.count() == n > 0 and told.filter(recipient_id=place.accounts["lead"].id).count() == 1
    lead = place.actor("lead")
    check_in(presences=[Presence(claim.id, late, lead)], by=lead, at=late)
    assert alarm_empty_posts(by=place.system, at=late + HOUR) == 0


def test_a_job_that_lasts_too_long_is_an_alarm_until_a_lead_says_why_it_goes_on_or_it_ends(place: Place) -> None:
    one, two = volunteers(place, 2)
    shift, lead = shift_of(called(place, 2, post="lead")), place.actor("lead")
    at = shift.starts_at
    claims = [claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
              for v in (one, two)]  # fmt: skip
    check_in(presences=[Presence(c.id, at, lead) for c in claims], by=lead, at=at)
    told = Message.objects.filter(template="job-long", recipient_id=place.accounts["lead"].id)
    assert alarm_long_jobs(by=place.system, at=at + 12 * HOUR) == 0  # twelve hours and not a minute longer
    late = at + 12 * HOUR + timedelta(minutes=1)
    assert [alarm_long_jobs(by=place.system, at=late) for _ in range(2)] == [1, 1] and told.count() == 1
    assert "有 2 人连续在岗已到 12 小时" in words_of(told, place)
    allowed = {"why": "换班的人一小时后到", "until": (late + HOUR).isoformat()}
    notes = [NewNote(uuid4(), c.id, "overrun", late, lead, allowed) for c in claims]
    assert [o.code for o in note_duty(notes=notes, by=lead, at=late)] == ["", ""]
    assert alarm_long_jobs(by=place.system, at=late + HOUR / 2) == 0
    check_out(presences=[Presence(claims[0].id, late + HOUR, lead)], by=lead, at=late + HOUR)
    assert alarm_long_jobs(by=place.system, at=late + 2 * HOUR) == 1 and told.count() == 2
    assert "有 1 人连续在岗" in words_of(told.order_by("-made_at")[:1], place)


def test_relief_is_asked_with_one_tap_and_told_at_any_hour(place: Place) -> None:
    (v,) = volunteers(place, 1)
    shift = shift_of(called(place, 1, post="lead"))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
    at, lead = shift.starts_at, place.actor("lead")
    note = NewNote(uuid4(), claim.id, "relief", at, acting(v, at))
    assert ask_for_relief(note=note, by=acting(v, at), at=at).code == "calls.not_in"
    assert not Message.objects.filter(template="relief-asked").exists()
    check_in(presences=[Presence(claim.id, at, lead)], by=lead, at=at)
    assert [ask_for_relief(note=note, by=acting(v, at), at=at).code for _ in range(2)] == ["", "repeated"]
    assert Message.objects.filter(template="relief-asked", recipient_id=place.accounts["lead"].id).count() == 1


def test_many_empty_posts_that_began_together_are_one_message_an_hour(place: Place) -> None:
    lead = place.accounts["lead"]
    posts = [shift_of(called(place, 1, post="lead")) for _ in range(5)]
    begun = posts[0].starts_at
    late = begun + timedelta(minutes=45)
    told = Message.objects.filter(recipient_id=lead.id, template__in=("post-empty", "posts-empty"))
    assert alarm_empty_posts(by=place.system, at=late) == 5 == alarm_empty_posts(by=place.system, at=late)
    assert told.count() == 1 and "有 5 个" in words_of(told, place)
    assert Shift.objects.filter(starts_at=begun).count() == 5
    # The next hour three of them are still empty: so few are named one by one.
    shifts = list(Shift.objects.filter(starts_at=begun).order_by("id"))[:2]
    for s, v in zip(shifts, volunteers(place, 2), strict=True):
        claim = claim_shift(claim_id=uuid4(), shift_id=s.id, account_id=v.id, by=acting(v, place.at), at=place.at)
        check_in(presences=[Presence(claim.id, late, place.actor("lead"))], by=place.actor("lead"), at=late)
    assert alarm_empty_posts(by=place.system, at=late + HOUR) == 3
    assert told.count() == 4 and told.filter(template="post-empty").count() == 3


def test_a_shift_that_is_over_with_open_hours_reminds_its_teams_lead_once_a_day_until_they_are_confirmed(
    place: Place,
) -> None:
    lead_of_team, one, two, alone = volunteers(place, 4)
    team = form_team(team_id=uuid4(), name="先锋队", name_en="", kind="squad", organisation_id=None,
                     area_id=place.area["committee"], people=0, by=place.actor("lead"), at=place.at)  # fmt: skip
    register_responders(entries=[NewResponder(v.id, "volunteer", place.area["committee"])
                                 for v in (lead_of_team, one, two)], by=place.system, at=place.at)  # fmt: skip
    put_in_team(team_id=team.id, responder_ids=[lead_of_team.id, one.id, two.id], role="member",
                by=place.actor("lead"), at=place.at)  # fmt: skip
    appoint(appointment_id=uuid4(), team_id=team.id, account_id=lead_of_team.id, role="lead", words="",
            by=place.actor("lead"), at=place.at)  # fmt: skip
    shift = shift_of(called(place, 9, post="lead"))
    assert {o.code for o in place_team(shift_id=shift.id, team_id=team.id, by=place.actor("lead"), at=place.at)} == {""}
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=alone.id, by=acting(alone, place.at), at=place.at)
    claims = {c.account_id: c for c in Claim.objects.all()}
    lead, t = place.actor("lead"), shift.starts_at
    check_in(presences=[Presence(c.id, t, lead) for c in claims.values()], by=lead, at=t)
    for v in (lead_of_team, one, alone):  # the other has forgotten to check out
        check_out(presences=[Presence(claims[v.id].id, shift.ends_at, lead)], by=lead, at=shift.ends_at)

    def told(who: object) -> list[str]:
        rows = Message.objects.filter(template="shift-unclosed", recipient_id=who).order_by("made_at")
        return [words_of(rows.filter(id=m.id), place) for m in rows]

    due = shift.ends_at + HOUR
    assert remind_to_close(by=place.system, at=due - timedelta(minutes=1)) == 0
    assert [remind_to_close(by=place.system, at=due) for _ in range(2)] == [1, 1]
    mine, theirs = told(lead_of_team.id), told(place.accounts["lead"].id)
    assert len(mine) == 1 and "还有 2 人的时长没有确认" in mine[0]  # of his team, without his own
    assert len(theirs) == 1 and "还有 2 人的时长没有确认" in theirs[0]  # who came alone, and the team's lead
    assert not told(one.id) and not told(place.accounts["neighbour"].id)
    remind_to_close(by=place.system, at=due + 24 * HOUR)
    assert len(told(lead_of_team.id)) == 2

    # Confirmed, whoever did it, nobody is reminded any more.
    check_out(presences=[Presence(claims[two.id].id, shift.ends_at, lead)], by=lead, at=due)
    own, later = acting(lead_of_team, due), due + 48 * HOUR
    ids = [claims[v.id].id for v in (one, two)]
    assert {o.code for o in confirm_hours(claim_ids=ids, by=own, at=due)} == {""}
    remind_to_close(by=place.system, at=later)
    assert len(told(lead_of_team.id)) == 2 and len(told(place.accounts["lead"].id)) == 3
    confirm_turnout(shift_id=shift.id, by=lead, at=later)
    assert remind_to_close(by=place.system, at=later + 24 * HOUR) == 0
    assert run_due(channels={}, by=place.system, at=later + 24 * HOUR)["shifts to close"] == 0
