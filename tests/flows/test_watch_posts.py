"""An empty post and a job that lasts too long are told to who leads them, once an hour; relief asked for at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from lianfang.domains.calls.services import NewNote, Presence, check_in, check_out, claim_shift, note_duty
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words
from lianfang.flows.watch_posts import alarm_empty_posts, alarm_long_jobs, ask_for_relief
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
