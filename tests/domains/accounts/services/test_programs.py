"""Programs are made for a purpose and a time, by whoever administers all of an area; nobody signs in by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import (
    AccountMissing,
    ProgramMissing,
    ProgramRevoked,
    ProgramUnfit,
    RightMissing,
)
from lianfang.domains.accounts.models import Account, Program, RoleGrant
from lianfang.domains.accounts.queries import (
    account_seen,
    grants_seen,
    posts_in,
    program_actor,
    program_seen,
    secret_digest,
    without_post,
)
from lianfang.domains.accounts.services import (
    NewProgram,
    NewSecret,
    grant_role,
    open_program,
    renew_secret,
    reset_password,
    revoke_program,
)
from tests.conftest import T0
from tests.factories.place import Place
from tests.factories.programs import Caller, program_in

pytestmark = pytest.mark.django_db
FIT = NewProgram("lab", None, "results", ["areas.read"], T0 + timedelta(days=30))


def make(place: Place, new: NewProgram = FIT, *, post: str = "admin", **other) -> Program:
    """Make a program as a post."""
    given = {"program_id": uuid4(), "secret": NewSecret(uuid4(), secret_digest("a")),
             "area_id": place.area["committee"]} | other  # fmt: skip
    return open_program(program=new, **given, by=place.actor(post), at=T0)


def test_a_program_holds_its_scopes_on_its_area_until_its_day(place: Place) -> None:
    made = make(place, replace(FIT, scopes=["rounds.read", "areas.read", "areas.read"]))
    by = program_actor(made, at=T0)
    assert [(g.role, g.rights, g.area_id) for g in by.grants] == [
        ("program", frozenset({"areas.read", "rounds.read"}), place.area["committee"])
    ]
    assert by.purpose == "results"
    assert program_actor(made, at=T0 + timedelta(days=30)).grants == ()


def test_the_same_id_is_the_same_program_with_its_first_secret(place: Place) -> None:
    same = {"program_id": uuid4()}
    first = make(place, **same)
    entries = LogEntry.objects.count()
    again = make(place, replace(FIT, scopes=["grid.read"]), **same, secret=NewSecret(uuid4(), secret_digest("b")))
    assert again == first and LogEntry.objects.count() == entries
    assert [bytes(s.digest) for s in first.secrets.all()] == [secret_digest("a")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"), ({"purpose": ""}, "purpose"), ({"scopes": []}, "scopes"),
        ({"scopes": ["grid.read_full"]}, "scopes"), ({"scopes": ["areas.read", "accounts.grant"]}, "scopes"),
        ({"until_at": T0}, "until"), ({"until_at": T0 + timedelta(days=181)}, "until"),
    ],
)  # fmt: skip
def test_what_is_unfit_is_refused_by_its_field(place: Place, change: dict, field: str) -> None:
    with pytest.raises(ProgramUnfit) as refused:
        make(place, replace(FIT, **change))
    assert refused.value.values["field"] == field
    assert not Program.objects.exists()


def test_how_far_off_the_end_may_lie_is_the_sites_to_say(place: Place) -> None:
    with override_settings(PROGRAM_DAYS=10), pytest.raises(ProgramUnfit):
        make(place)


def test_only_who_administers_all_of_the_area_makes_renews_and_revokes(place: Place) -> None:
    made = make(place)
    for post in ("command", "lead", "auditor", "neighbour"):
        with pytest.raises(RightMissing):
            make(place, post=post)
        with pytest.raises(RightMissing):
            revoke_program(program_id=made.id, by=place.actor(post), at=T0)
        with pytest.raises(RightMissing):
            renew_secret(program_id=made.id, secret=NewSecret(uuid4(), b"x"), old_until_at=T0, by=place.actor(post),
                         at=T0)  # fmt: skip
        with pytest.raises(ProgramMissing):
            program_seen(made.id, by=place.actor(post))
    with pytest.raises(RightMissing):
        make(place, area_id=place.area["neighbour"])
    assert program_seen(made.id, by=place.actor("admin")).held == ["areas.read"]


def test_a_program_makes_no_program(place: Place) -> None:
    by = program_actor(make(place), at=T0)
    with pytest.raises(RightMissing):
        open_program(program_id=uuid4(), program=FIT, secret=NewSecret(uuid4(), b"x"), area_id=place.area["committee"],
                     by=by, at=T0)  # fmt: skip


def test_nobody_signs_in_by_it_and_it_is_nobodys_post(place: Place) -> None:
    made, admin = make(place), place.actor("admin")
    account = Account.objects.get(id=made.id)
    assert not account.has_usable_password() and not account.check_password("!")
    with pytest.raises(AccountMissing):
        reset_password(account_id=made.id, password_hash="x", by=admin, at=T0)
    with pytest.raises(AccountMissing):
        grant_role(grant_id=uuid4(), account_id=made.id, role="command", area_id=place.area["committee"], until_at=None,
                   by=admin, at=T0)  # fmt: skip
    with pytest.raises(AccountMissing):
        account_seen(made.id, by=admin)
    assert not grants_seen(admin).filter(account_id=made.id).exists()
    assert account not in posts_in(place.area["district"], at=T0)
    revoke_program(program_id=made.id, by=admin, at=T0)
    assert account not in without_post(admin, area_id=place.area["district"], at=T0)


def test_scopes_are_no_way_to_widen_a_role(place: Place) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.filter(account=place.accounts["grid"]).update(scopes=["grid.read_full"])


def test_an_old_secret_serves_at_most_seven_days_more(place: Place) -> None:
    made, admin = make(place), place.actor("admin")
    new = NewSecret(uuid4(), secret_digest("b"))
    with pytest.raises(ProgramUnfit):
        renew_secret(program_id=made.id, secret=new, old_until_at=T0 + timedelta(days=8), by=admin, at=T0)
    for _ in range(2):
        renew_secret(program_id=made.id, secret=new, old_until_at=T0 + timedelta(hours=1), by=admin, at=T0)
    ends = dict(made.secrets.values_list("digest", "to_at"))
    assert {bytes(d): t for d, t in ends.items()} == {
        secret_digest("a"): T0 + timedelta(hours=1), secret_digest("b"): None}  # fmt: skip
    # A later renewal gives the oldest no more time than it had.
    renew_secret(program_id=made.id, secret=NewSecret(uuid4(), secret_digest("c")), by=admin, at=T0,
                 old_until_at=T0 + timedelta(hours=5))  # fmt: skip
    assert made.secrets.get(digest=secret_digest("a")).to_at == T0 + timedelta(hours=1)


def test_a_revoked_program_has_nothing_left_and_gets_nothing_new(place: Place) -> None:
    made, admin = make(place), place.actor("admin")
    for later in (0, 5):
        revoked = revoke_program(program_id=made.id, by=admin, at=T0 + timedelta(minutes=later))
        assert revoked.revoked_at == T0
    assert program_actor(made, at=T0).grants == () and not Account.objects.get(id=made.id).is_active
    with pytest.raises(ProgramRevoked):
        renew_secret(program_id=made.id, secret=NewSecret(uuid4(), b"x"), old_until_at=T0, by=admin, at=T0)
    with pytest.raises(ProgramMissing):
        revoke_program(program_id=uuid4(), by=admin, at=T0)


def test_the_log_says_what_was_given_and_no_word_of_the_secret(place: Place) -> None:
    caller: Caller = program_in(place.area["committee"], ["areas.read", "grid.read"], at=T0)
    entry = LogEntry.objects.get(service="accounts.open_program")
    assert caller.id in entry.about and entry.told["scopes"] == "areas.read, grid.read"
    assert caller.secret not in str(entry.told) and secret_digest(caller.secret).hex() not in str(entry.told)
