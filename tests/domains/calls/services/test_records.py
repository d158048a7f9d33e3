"""Records of service: made of what another confirmed, of one's own alone; revoked by who keeps the register too."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.errors import CallUnfit, NothingSigned, ReasonMissing, RecordMissing
from lianfang.domains.calls.models import Claim, ServiceRecord
from lianfang.domains.calls.queries import is_named, record_shown, record_text, turns_of
from lianfang.domains.calls.services import (
    Ask,
    Presence,
    check_in,
    check_out,
    claim_shifts,
    confirm_hours,
    confirm_turnout,
    make_record,
    revoke_record,
)
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving
from tests.factories.place import Place

pytestmark = pytest.mark.django_db


def served(place: Place, who: Account, *, by: str = "lead") -> Claim:
    """A turn of four hours, settled by a post."""
    shift = shift_of(called(place, 2))
    ask = Ask(uuid4(), shift.id, who.id, place.at, acting(who, place.at))
    assert claim_shifts(asks=[ask], by=place.system, at=place.at)[0].code == ""
    check_in(presences=[Presence(ask.id, shift.starts_at, place.system)], by=place.system, at=shift.starts_at)
    check_out(presences=[Presence(ask.id, shift.ends_at, place.system)], by=place.system, at=shift.ends_at)
    confirm_turnout(shift_id=shift.id, by=place.actor(by, shift.ends_at), at=shift.ends_at)
    return Claim.objects.get(id=ask.id)


def made(place: Place, who: Account, record_id: UUID | None = None, **days: date) -> ServiceRecord:
    given = {"from_on": place.at.date() - timedelta(days=1), "until_on": place.at.date() + timedelta(days=1), **days}
    later = place.at + 9 * HOUR
    return make_record(record_id=record_id or uuid4(), **given, by=acting(who, later), at=later)


def test_a_record_holds_the_days_asked_and_the_same_id_makes_no_second(place: Place) -> None:
    [who] = volunteers(place, 1)
    serving(place, who, name="张伟国")
    claim = served(place, who)
    one = made(place, who)
    assert made(place, who, one.id).id == one.id and ServiceRecord.objects.count() == 1
    [line] = one.lines
    assert (line["claim"], line["minutes"], line["signed_by"]) == (str(claim.id), 240, place.accounts["lead"].label)
    assert is_named(one, "张 伟国") and not is_named(one, "张伟") and "张伟国" not in str(vars(one))
    assert record_shown(record_text(one)).id == one.id
    with pytest.raises(NothingSigned):
        made(place, who, from_on=place.at.date() - timedelta(days=9), until_on=place.at.date() - timedelta(days=5))
    with pytest.raises(CallUnfit):
        made(place, who, until_on=place.at.date() - timedelta(days=5))


def test_nobody_confirms_his_own_hours_by_settling_the_turnout(place: Place) -> None:
    lead = place.accounts["lead"]
    grant_role(grant_id=uuid4(), account_id=lead.id, role="volunteer", area_id=place.area["committee"], until_at=None,
               by=place.system, at=place.at)  # fmt: skip
    claim = served(place, lead)
    assert (claim.state, claim.hours_at) == ("done", None)
    with pytest.raises(NothingSigned):
        made(place, lead)
    later = place.at + 8 * HOUR
    assert confirm_hours(claim_ids=[claim.id], by=place.actor("lead", later), at=later)[0].code != ""
    assert confirm_hours(claim_ids=[claim.id], by=place.actor("street", later), at=later)[0].code == ""
    assert len(made(place, lead).lines) == 1


def test_turns_are_shown_to_oneself_alone(place: Place) -> None:
    [who, other] = volunteers(place, 2)
    served(place, who)
    later = place.at + 9 * HOUR
    assert len(turns_of(who.id, by=acting(who, later))) == 1
    for by in (acting(other, later), place.actor("lead", later), place.actor("neighbour", later)):
        assert turns_of(who.id, by=by) == []


def test_a_record_is_revoked_by_its_holder_or_who_keeps_him_on_the_register_and_by_nobody_else(place: Place) -> None:
    [who, other] = volunteers(place, 2)
    serving(place, who)
    served(place, who)
    one, two = made(place, who), made(place, who)
    at = place.at + 10 * HOUR
    for by in (acting(other, at), place.actor("neighbour", at)):
        with pytest.raises(RecordMissing):
            revoke_record(record_id=one.id, reason="x", by=by, at=at)
    with pytest.raises(ReasonMissing):
        revoke_record(record_id=one.id, reason=" ", by=acting(who, at), at=at)
    assert revoke_record(record_id=one.id, reason="twice", by=acting(who, at), at=at).revoked_at == at
    again = revoke_record(record_id=one.id, reason="twice", by=acting(who, at + HOUR), at=at + HOUR)
    assert again.revoked_at == at
    assert revoke_record(record_id=two.id, reason="hours disputed", by=place.actor("lead", at), at=at).revoked_at
