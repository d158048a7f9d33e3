"""A post ends: with it its rights, its work, its duty, and what it could read of people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import GrantMissing, OwnGrant, RightMissing
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.services import confirm_turnout
from lianfang.domains.grid.queries import answerers_by_area, people_seen
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.responders.models import Appointment, Duty
from lianfang.domains.responders.queries import leads, team_seen
from lianfang.domains.responders.services import appoint, form_team
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import item_seen, my_items
from lianfang.domains.work.services import NewItem, open_item
from lianfang.flows.end_post import deactivate, end_post
from lianfang.flows.watch_posts import alarm_empty_posts, leads_of_calls
from tests.factories.call import called, shift_of
from tests.factories.place import Place
from tests.web.pages import client_of, text_of

pytestmark = pytest.mark.database


def call_of(place: Place, owner: str, person: int = 0, where: str = "committee") -> UUID:
    return open_item(kind_name="returnee-check", incident_id=None, by=place.actor("street"), at=place.at,
                     item=NewItem(uuid4(), place.area[where], "person", place.people[person],
                                  owner_id=place.accounts[owner].id))  # fmt: skip


def grant_of(place: Place, post: str) -> UUID:
    return RoleGrant.objects.get(account=place.accounts[post]).id


def test_with_the_post_end_its_rights_its_work_and_what_it_could_read(place: Place) -> None:
    item, later = call_of(place, "grid"), place.at + timedelta(hours=1)
    assert people_seen(place.actor("grid"), at=later).exists()
    end_post(grant_id=grant_of(place, "grid"), by=place.actor("admin"), at=later)
    by = actor_for(place.accounts["grid"], at=later)
    assert by.grants == () and not my_items(by) and not people_seen(by, at=later).exists()
    with pytest.raises(ItemMissing):
        item_seen(item, by=by)
    assert Item.objects.get(id=item).owner_id is None  # it waits on the board
    assert not Purpose.objects.filter(source_id=item, to_at=None).exists()
    assert item_seen(item, by=place.actor("lead"))


def test_what_another_post_of_the_account_still_reaches_stays_with_it(place: Place) -> None:
    kept, lost = call_of(place, "grid"), call_of(place, "grid", person=24, where="committee2")
    second = grant_role(grant_id=uuid4(), account_id=place.accounts["grid"].id, role="grid-worker",
                        area_id=place.area["committee2"], until_at=None, by=place.actor("admin"),
                        at=place.at)  # fmt: skip
    end_post(grant_id=second.id, by=place.actor("admin"), at=place.at + timedelta(hours=1))
    owners = {i.id: i.owner_id for i in Item.objects.filter(id__in=[kept, lost])}
    assert owners == {kept: place.accounts["grid"].id, lost: None}


def test_whom_a_post_answered_for_is_vacant_when_it_ends(place: Place) -> None:
    area = place.area["committee"]
    assert area in answerers_by_area([area], role="grid-worker", at=place.at)
    end_post(grant_id=grant_of(place, "grid"), by=place.actor("admin"), at=place.at + timedelta(hours=1))
    assert answerers_by_area([area], role="grid-worker", at=place.at + timedelta(hours=2)) == {}
    assert area in answerers_by_area([area], role="grid-worker", at=place.at + timedelta(minutes=30))  # as it was then


def test_a_line_of_the_duty_list_ends_with_the_post(place: Place) -> None:
    end_post(grant_id=grant_of(place, "officer"), by=place.actor("admin"), at=place.at + timedelta(hours=1))
    live = set(Duty.objects.filter(to_at=None).values_list("account_id", flat=True))
    assert live == {place.accounts["officer2"].id}


def test_a_neighbours_post_cannot_be_ended_and_an_ended_one_is_a_repeat(place: Place) -> None:
    later, admin = place.at + timedelta(hours=1), place.actor("admin")
    with pytest.raises(GrantMissing):
        end_post(grant_id=grant_of(place, "neighbour"), by=admin, at=later)
    with pytest.raises(GrantMissing):
        end_post(grant_id=grant_of(place, "grid"), by=place.actor("auditor"), at=later)
    first = end_post(grant_id=grant_of(place, "grid"), by=admin, at=later)
    again = end_post(grant_id=grant_of(place, "grid"), by=admin, at=later + timedelta(hours=1))
    assert first.to_at == again.to_at == later


def test_a_closed_account_holds_nothing_and_nobody_closes_the_own(place: Place) -> None:
    item, admin = call_of(place, "grid"), place.actor("admin")
    deactivate(account_id=place.accounts["grid"].id, by=admin, at=place.at + timedelta(hours=1))
    assert not Account.objects.get(username="grid").is_active
    assert not RoleGrant.objects.filter(account=place.accounts["grid"], to_at=None).exists()
    assert Item.objects.get(id=item).owner_id is None
    with pytest.raises(OwnGrant):
        deactivate(account_id=place.accounts["admin"].id, by=admin, at=place.at)
    with pytest.raises(RightMissing):
        deactivate(account_id=place.accounts["above"].id, by=admin, at=place.at)


def test_the_team_of_a_lead_who_left_shows_that_nobody_leads_it(place: Place) -> None:
    later, lead = place.at + timedelta(hours=1), place.accounts["lead"]
    team = form_team(team_id=uuid4(), name="党员先锋队", name_en="", kind="pioneer", organisation_id=None,
                     area_id=place.area["committee"], people=0, by=place.actor("street"), at=place.at)  # fmt: skip
    for account, role in ((lead, "lead"), (place.accounts["grid"], "deputy")):
        appoint(appointment_id=uuid4(), team_id=team.id, account_id=account.id, role=role, words="",
                by=place.actor("street"), at=place.at)  # fmt: skip
    assert team_seen(team.id, by=place.actor("street"), at=place.at).lead_post == lead.label
    end_post(grant_id=grant_of(place, "lead"), by=place.actor("admin"), at=later)
    found = team_seen(team.id, by=place.actor("street"), at=later)
    assert found.lead_post is None  # the deputy stands in, and the vacancy is shown
    assert set(Appointment.objects.filter(team=team, to_at=None).values_list("account_id", flat=True)) == {
        place.accounts["grid"].id}  # fmt: skip
    assert leads(actor_for(lead, at=later), [team.id], at=later) == set()
    page = text_of(client_of(place, "street").get(f"/teams/{team.id}"))
    assert "nobody leads" in page and lead.label in page  # who led stands in the history


def test_calls_of_a_lead_who_left_are_told_to_and_settled_by_those_above(place: Place) -> None:
    shift = shift_of(called(place, 1, post="lead"))
    lead, street = place.accounts["lead"], place.accounts["street"]
    assert leads_of_calls([shift.call], at=place.at)[shift.call_id][:2] == [lead.id, street.id]
    end_post(grant_id=grant_of(place, "lead"), by=place.actor("admin"), at=place.at + timedelta(minutes=5))
    assert lead.id not in leads_of_calls([shift.call], at=shift.starts_at)[shift.call_id]
    assert leads_of_calls([shift.call], at=shift.starts_at)[shift.call_id][0] == street.id
    alarm_empty_posts(by=place.system, at=shift.starts_at + timedelta(hours=1))
    told = set(Message.objects.filter(template="post-empty").values_list("recipient_id", flat=True))
    assert street.id in told and lead.id not in told
    with pytest.raises(RightMissing):
        confirm_turnout(shift_id=shift.id, by=actor_for(lead, at=shift.ends_at), at=shift.ends_at)
    done = confirm_turnout(shift_id=shift.id, by=place.actor("street", shift.ends_at), at=shift.ends_at)
    assert done.turnout_by == street.id
