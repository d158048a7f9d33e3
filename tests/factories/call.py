"""Calls and people who take shifts, built through services."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.services import NewShift, post_call
from lianfang.domains.responders.services import register_organisation
from tests.factories.place import Place

HOUR = timedelta(hours=1)


def volunteers(place: Place, n: int, *, where: str = "committee", unit: UUID | None = None,
               role: str = "volunteer", password_hash: str = "!") -> list[Account]:  # fmt: skip
    """So many people with an account of a role in an area, of a unit if one is named."""
    out = []
    for _ in range(n):
        account_id = uuid4()
        account = open_account(account_id=account_id, username=f"v-{account_id.hex[:12]}",
                               label=f"志愿者 {account_id.hex[:4]}", password_hash=password_hash,
                               person_id=None, area_id=place.area[where],
                               organisation_id=unit, by=place.system, at=place.at)  # fmt: skip
        grant_role(grant_id=uuid4(), account_id=account_id, role=role, area_id=place.area[where], until_at=None,
                   by=place.system, at=place.at)  # fmt: skip
        out.append(account)
    return out


def unit(place: Place, name: str = "市财政局", kind: str = "city-unit", where: str = "city") -> UUID:
    """A body that takes part."""
    made = register_organisation(organisation_id=uuid4(), name=name, name_en="", kind=kind, area_id=place.area[where],
                                 by=place.system, at=place.at)  # fmt: skip
    return made.id


def acting(account: Account, at: datetime) -> Actor:
    """Who an account is at a time."""
    return actor_for(account, at=at)


def called(place: Place, *places: int, where: str = "committee", post: str = "", begins: timedelta = HOUR,
           lasts: timedelta = 4 * HOUR, at: datetime | None = None, **more: object) -> Call:  # fmt: skip
    """A call with shifts of so many places, one after another, beginning in an hour."""
    at = at or place.at
    shifts = [
        NewShift(uuid4(), at + begins + n * lasts, at + begins + (n + 1) * lasts, p) for n, p in enumerate(places)
    ]
    by = place.actor(post, at) if post else place.system
    given = {"call_id": uuid4(), "area_id": place.area[where], "task": "registration",
             "title": {"zh": "扫码登记", "en": "Registration"}, "shifts": shifts, **more}  # fmt: skip
    return post_call(**given, by=by, at=at)  # type: ignore[arg-type]  # a test's own mixture


def shift_of(call: Call, n: int = 0) -> Shift:
    """The nth shift of a call as it stands."""
    return list(Shift.objects.filter(call_id=call.id).order_by("starts_at").select_related("call"))[n]
