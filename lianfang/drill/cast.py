"""The people of a drill: accounts with posts, who answers for which committee, a resident with his own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.hashers import make_password

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area_of_code, below_at
from lianfang.domains.editions.queries import roles
from lianfang.domains.grid.services import answer_for
from lianfang.domains.responders.services import put_on_duty
from lianfang.drill.scenario import Scenario

CAST = UUID("d8b1c2a4-11aa-5c3e-9a54-0de0b7a1c511")
PASSWORD = "lianfang-demo"
COUNTY_POSTS = (
    "command",
    "duty-officer",
    "county-officer",
    "medic",
    "tracer",
    "publicity",
    "supply",
    "auditor",
    "administrator",
    "laboratory",
)


def id_of(scenario: str, what: str) -> UUID:
    """The id of a thing of a drill: the same name, the same id."""
    return uuid5(CAST, f"{scenario} {what}")


DUTIES = ("duty-officer", "command", "medic", "supply", "publicity", "tracer")


@dataclass
class Cast:
    """Accounts by post, grid workers by committee; actors are made with the grants that hold at the moment asked."""

    county: Area
    posts: dict[str, list[Account]] = field(default_factory=dict)
    grid: dict[UUID, list[Account]] = field(default_factory=dict)
    streets: dict[UUID, Account] = field(default_factory=dict)
    known: dict[UUID, Account] = field(default_factory=dict)

    def account(self, account_id: UUID) -> Account:
        """An account by id, asked once."""
        if account_id not in self.known:
            self.known[account_id] = Account.objects.get(id=account_id)
        return self.known[account_id]

    def actor_of(self, account: Account, at: datetime) -> Actor:
        """An account as an actor."""
        return actor_for(account, at=at)

    def actor(self, post: str, at: datetime, n: int = 0) -> Actor:
        """The n-th holder of a post as an actor."""
        holders = self.posts[post]
        return actor_for(holders[n % len(holders)], at=at)


def _account(
    name: str, label: str, area_id: UUID, password: str, *, by: Actor, at: datetime, person_id: UUID | None = None
) -> Account:
    return open_account(
        account_id=uuid5(CAST, name),
        username=name,
        label=label,
        password_hash=password,
        person_id=person_id,
        area_id=area_id,
        by=by,
        at=at,
    )


def _hire(
    cast: Cast, role: str, name: str, area: Area, words: Mapping[str, str], password: str, *, by: Actor, at: datetime
) -> Account:
    account = _account(name, f"{words['zh']} · {area.name}", area.id, password, by=by, at=at)
    grant_role(
        grant_id=uuid5(CAST, "grant " + name),
        account_id=account.id,
        role=role,
        area_id=area.id,
        until_at=None,
        by=by,
        at=at,
    )
    cast.posts.setdefault(role, []).append(account)
    return account


def _hire_county(
    cast: Cast, wanted: Mapping[str, Any], words: Mapping[str, Any], password: str, *, by: Actor, at: datetime
) -> None:
    for role in COUNTY_POSTS:
        for n in range(max(1, min(int(wanted.get(role, 1)), 20))):
            name = f"demo-{role}{n + 1 if n else ''}"
            account = _hire(cast, role, name, cast.county, words[role]["words"], password, by=by, at=at)
            if role in DUTIES:
                put_on_duty(
                    duty_id=uuid5(CAST, f"duty {role} {n}"),
                    role=role,
                    area_id=cast.county.id,
                    account_id=account.id,
                    position=n,
                    by=by,
                    at=at,
                )


def _hire_grid(
    cast: Cast, wanted: Mapping[str, Any], words: Mapping[str, Any], password: str, *, by: Actor, at: datetime
) -> None:
    committees = list(below_at(cast.county.id, "committee"))
    each = max(1, round(int(wanted.get("grid-worker", len(committees))) / max(len(committees), 1)))
    for n, c in enumerate(committees):
        for k in range(each):
            number = n * each + k + 1
            name = f"demo-grid-worker{number if number > 1 else ''}"
            account = _hire(cast, "grid-worker", name, c, words["grid-worker"]["words"], password, by=by, at=at)
            cast.grid.setdefault(c.id, []).append(account)
        answer_for(
            answerer_id=uuid5(CAST, f"answer {c.id}"),
            role="grid-worker",
            area_id=c.id,
            household_id=None,
            account_id=cast.grid[c.id][0].id,
            phone=f"0000-{n:07}",
            by=by,
            at=at,
        )


def hire(scenario: Scenario, *, by: Actor, at: datetime) -> Cast:
    """Open the accounts of a drill: one or more a county post, one a street, at least one a committee."""
    words = roles()
    cast = Cast(area_of_code(scenario.register.get("top", scenario.register["counties"][0])))
    password = make_password(PASSWORD, salt="demo" * 4, hasher="pbkdf2_sha256")
    wanted = {r["kind"]: r["n"]["value"] for r in scenario.of("resource") if r.get("unit") == "person"}
    wanted |= {"grid-worker": scenario.register["grid_workers"]} if "grid_workers" in scenario.register else {}
    _hire_county(cast, wanted, words, password, by=by, at=at)
    for n, street in enumerate(below_at(cast.county.id, "street")):
        name = f"demo-street-lead{n + 1 if n else ''}"
        cast.streets[street.id] = _hire(
            cast, "street-lead", name, street, words["street-lead"]["words"], password, by=by, at=at
        )
    _hire_grid(cast, wanted, words, password, by=by, at=at)
    return cast


def add_resident(cast: Cast, person_id: UUID, *, by: Actor, at: datetime) -> Account:
    """A resident's own sign-in, for the page that says why and until when."""
    password = make_password(PASSWORD, salt="demo" * 4, hasher="pbkdf2_sha256")
    account = _account("demo-resident", "居民", cast.county.id, password, by=by, at=at, person_id=person_id)
    grant_role(
        grant_id=uuid5(CAST, "grant resident"),
        account_id=account.id,
        role="resident",
        area_id=cast.county.id,
        until_at=None,
        by=by,
        at=at,
    )
    return account
