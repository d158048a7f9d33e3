"""Accounts and posts: opened, granted within limits, ended at once, handed over by who could grant them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import (
    AccountClosed,
    AccountMissing,
    BodyUnfit,
    NameTaken,
    OwnGrant,
    RightMissing,
    RoleNotDelegated,
    RolesClash,
    RoleUnknown,
    UntilPast,
)
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import (
    account_seen,
    actor_for,
    held,
    holders_of,
    may,
    may_keep,
    posts_held,
    reach,
    without_post,
)
from lianfang.domains.accounts.services import end_grants, grant_role, open_account, reset_password, set_password
from lianfang.domains.responders.services import register_organisation
from lianfang.domains.work.models import Item
from tests.factories.place import Place

pytestmark = pytest.mark.database


@dataclass
class Body:
    """A school in the first committee, with an administrator of its own who may hand on `volunteer`."""

    id: UUID
    head: Account
    member: Account


def opened(
    place: Place, name: str, *, post: str = "admin", where: str = "committee", body: UUID | None = None
) -> Account:
    return open_account(account_id=uuid4(), username=name, label=f"post {name}", password_hash="x", person_id=None,
                        area_id=place.area[where], organisation_id=body, by=place.actor(post), at=place.at)  # fmt: skip


def granted(place: Place, account: Account, role: str, where: str = "committee", **more: Any) -> RoleGrant:
    asked = {"grant_id": uuid4(), "until_at": None, "by": place.actor("admin")} | more
    return grant_role(account_id=account.id, role=role, area_id=place.area[where], at=place.at, **asked)


@pytest.fixture
def school(place: Place) -> Body:
    body = register_organisation(organisation_id=uuid4(), name="沙洲小学", name_en="", kind="school",
                                 area_id=place.area["committee"], by=place.actor("admin"), at=place.at)  # fmt: skip
    head, member = (opened(place, n, body=body.id) for n in ("head", "member"))
    granted(place, head, "administrator", body_id=body.id, delegates=["volunteer"])
    return Body(body.id, head, member)


def head_of(place: Place, body: Body) -> Any:
    return actor_for(body.head, at=place.at)


def test_an_account_is_kept_in_its_area_and_a_retry_is_no_second_one(place: Place) -> None:
    ask = partial(open_account, account_id=uuid4(), username="new", label="n", password_hash="x", person_id=None,
                  area_id=place.area["committee"], by=place.actor("admin"), at=place.at)  # fmt: skip
    before = LogEntry.objects.count()
    assert ask() == ask()
    assert LogEntry.objects.count() == before + 1
    assert Account.objects.get(username="new").area_id == place.area["committee"]
    with pytest.raises(NameTaken):
        opened(place, "new")
    with pytest.raises(RightMissing):
        opened(place, "other", where="neighbour_committee")
    assert "x" not in LogEntry.objects.latest("id").told.get("password_hash", "")


def test_the_administrator_of_a_body_opens_accounts_of_its_body_alone(place: Place, school: Body) -> None:
    by = head_of(place, school)
    ask = partial(open_account, label="l", password_hash="x", person_id=None, by=by, at=place.at)
    made = ask(account_id=uuid4(), username="own", area_id=place.area["committee"], organisation_id=school.id)
    assert made.organisation_id == school.id
    for where, body in (("committee", None), ("committee", uuid4()), ("committee2", school.id)):
        with pytest.raises(RightMissing):
            ask(account_id=uuid4(), username="not", area_id=place.area[where], organisation_id=body)


def test_it_hands_on_only_what_was_delegated_and_only_to_its_own(place: Place, school: Body) -> None:
    by = head_of(place, school)
    assert granted(place, school.member, "volunteer", by=by).to_at is None
    with pytest.raises(RoleNotDelegated):
        granted(place, school.member, "grid-worker", by=by)
    with pytest.raises(RoleNotDelegated):
        granted(place, school.member, "administrator", by=by)
    with pytest.raises(RightMissing):
        granted(place, place.accounts["grid2"], "volunteer", by=by)
    with pytest.raises(RightMissing):
        granted(place, school.member, "volunteer", "district", by=by)


def test_it_reads_no_register_and_sees_the_posts_of_its_body_alone(place: Place, school: Body) -> None:
    by = head_of(place, school)
    granted(place, school.member, "volunteer")
    assert (
        not may(by, "grid.read")
        and not may(by, "drill.play")
        and may(by, "areas.read", area_id=place.area["committee"])
    )
    seen = {g.account.username for g in posts_held(by, area_id=place.area["committee"], at=place.at)}
    assert seen == {"head", "member"}
    assert account_seen(school.member.id, by=by) == school.member
    with pytest.raises(AccountMissing):
        account_seen(place.accounts["grid"].id, by=by)


def test_a_body_is_administered_by_an_account_of_its_own_for_no_incident(place: Place, school: Body) -> None:
    for account, more in (
        (place.accounts["grid"], {"body_id": school.id}),
        (school.member, {"body_id": uuid4()}),
        (school.member, {"body_id": school.id, "incident_id": uuid4()}),
        (school.member, {"delegates": ["volunteer"]}),
    ):
        with pytest.raises(BodyUnfit):
            granted(place, account, "administrator", **more)
    with pytest.raises(BodyUnfit):
        granted(place, school.member, "volunteer", body_id=school.id)
    with pytest.raises(RoleUnknown):
        granted(place, school.member, "administrator", body_id=school.id, delegates=["king"])


def test_nobody_grants_to_the_own_account_and_no_account_both_grants_and_reads_the_log(place: Place) -> None:
    with pytest.raises(OwnGrant):
        granted(place, place.accounts["admin"], "tracer")
    with pytest.raises(RolesClash):
        granted(place, place.accounts["auditor"], "administrator", by=place.system)
    with pytest.raises(RolesClash):
        granted(place, place.accounts["admin"], "auditor", by=place.system)
    with pytest.raises(RoleUnknown):
        granted(place, place.accounts["grid"], "king")
    with pytest.raises(UntilPast):
        granted(place, place.accounts["grid"], "medic", until_at=place.at)


def test_a_dated_post_holds_until_its_end_and_not_at_it(place: Place) -> None:
    account, end = opened(place, "dated"), place.at + timedelta(days=1)
    granted(place, account, "grid-worker", until_at=end)
    for at, holds in ((place.at, True), (end - timedelta(seconds=1), True), (end, False)):
        assert may(actor_for(account, at=at), "grid.read", area_id=place.area["committee"]) is holds


def test_ending_ends_dated_posts_too_and_the_account_is_listed_without_one(place: Place) -> None:
    account, by = opened(place, "soon"), place.actor("admin")
    granted(place, account, "medic", until_at=place.at + timedelta(days=9))
    later = place.at + timedelta(hours=1)
    assert account not in without_post(by, area_id=place.area["committee"], at=later)
    assert end_grants(account_id=account.id, area_id=place.area["committee"], by=by, at=later) == 1
    assert actor_for(account, at=later).grants == ()
    assert account in without_post(by, area_id=place.area["committee"], at=later)


def test_a_new_password_is_given_only_by_who_could_have_granted_all_that_the_account_holds(
    place: Place, school: Body
) -> None:
    """Else a street's administrator could sign in as the county's command."""
    street = opened(place, "street_admin", where="street")
    granted(place, street, "administrator", "street")
    low, by = opened(place, "low"), actor_for(street, at=place.at)
    ask = partial(reset_password, password_hash="new", by=by, at=place.at)
    assert ask(account_id=low.id).password == "new"
    granted(place, low, "command", "district")
    with pytest.raises(RightMissing):
        ask(account_id=low.id)
    head = head_of(place, school)
    assert reset_password(account_id=school.member.id, password_hash="m", by=head, at=place.at).password == "m"
    granted(place, school.member, "grid-worker")  # not delegated to the school
    assert not may_keep(head, school.member, at=place.at)
    with pytest.raises(RightMissing):
        reset_password(account_id=school.member.id, password_hash="y", by=head, at=place.at)
    with pytest.raises(RightMissing):
        reset_password(
            account_id=place.accounts["neighbour"].id, password_hash="y", by=place.actor("admin"), at=place.at
        )


def test_a_password_made_by_another_is_marked_until_its_holder_replaces_it(place: Place) -> None:
    account = opened(place, "fresh")
    reset_password(account_id=account.id, password_hash="made", by=place.actor("admin"), at=place.at)
    assert Account.objects.get(id=account.id).is_first_password
    with pytest.raises(RightMissing):
        set_password(account_id=account.id, password_hash="theirs", by=place.actor("admin"), at=place.at)
    own = set_password(account_id=account.id, password_hash="own", by=actor_for(account, at=place.at), at=place.at)
    assert own.password == "own" and not Account.objects.get(id=account.id).is_first_password


def test_nothing_is_granted_to_a_closed_account(place: Place) -> None:
    account = opened(place, "gone")
    Account.objects.filter(id=account.id).update(is_active=False)
    with pytest.raises(AccountClosed):
        granted(place, account, "medic")
    with pytest.raises(AccountClosed):
        reset_password(account_id=account.id, password_hash="y", by=place.actor("admin"), at=place.at)


def test_a_post_of_one_incident_reaches_that_incident_in_its_area_and_nothing_else(place: Place) -> None:
    account, incident, other = opened(place, "of_one"), uuid4(), uuid4()
    granted(place, account, "committee-lead", incident_id=incident)
    by, here, beside = actor_for(account, at=place.at), place.area["committee"], place.area["committee2"]
    assert may(by, "work.lead", area_id=here, incident_id=incident)
    for area, of in ((here, other), (here, None), (beside, incident)):
        assert not may(by, "work.lead", area_id=area, incident_id=of)
    assert not may(by, "grid.read") and not may(by, "places.read") and may(by, "areas.read", area_id=here)
    found = reach(by, "work.lead", areas={here, beside})
    assert found.has(here, incident) and not found.has(here, other) and not found.has(here, None)
    assert not found.has(beside, incident)
    rows = [(here, incident), (here, other), (here, None), (beside, incident)]
    made = [Item(id=uuid4(), kind="door-survey", version=1, area_id=a, incident_id=i, unit_kind="none", state="open",
                 opened_at=place.at, opened_by=account.id, changed_at=place.at) for a, i in rows]  # fmt: skip
    Item.objects.bulk_create(made)
    assert set(Item.objects.filter(held(by, "work.lead"))) == {made[0]}


def test_who_serves_one_incident_is_not_told_of_another(place: Place) -> None:
    account = opened(place, "of_one", where="district")
    granted(place, account, "tracer", "district", incident_id=uuid4())
    told = holders_of("tracer", above=[place.area["district"]], at=place.at)
    assert told == [place.accounts["tracer"].id]
