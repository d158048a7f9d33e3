"""The people of a drill: accounts with posts, who answers for which committee, a resident with his own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
)


@dataclass
class Cast:
    """Accounts by post, grid workers by committee; actors are made with the grants that hold at the moment asked."""

    county: Area
    posts: dict[str, list[Account]] = field(default_factory=dict)
    grid: dict[UUID, list[Account]] = field(default_factory=dict)
    streets: dict[UUID, Account] = field(default_factory=dict)

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


def hire(scenario: Scenario, *, by: Actor, at: datetime) -> Cast:
    """Open the accounts of a drill: one or more a county post, one a street, at least one a committee."""
    catalogue = roles()
    county = area_of_code(scenario.register["counties"][0])
    cast = Cast(county)
    password = make_password(PASSWORD, salt="demo" * 4, hasher="pbkdf2_sha256")
    wanted = {r["kind"]: r["n"]["value"] for r in scenario.of("resource") if r.get("unit") == "person"}
    for role in COUNTY_POSTS:
        for n in range(max(1, min(int(wanted.get(role, 1)), 20))):
            account = _hire(
                cast, role, f"demo-{role}{n + 1 if n else ''}", county, catalogue[role]["words"], password, by=by, at=at
            )
            if role in ("duty-officer", "command", "medic", "supply", "publicity", "tracer"):
                put_on_duty(
                    duty_id=uuid5(CAST, f"duty {role} {n}"),
                    role=role,
                    area_id=county.id,
                    account_id=account.id,
                    position=n,
                    by=by,
                    at=at,
                )
    for n, street in enumerate(below_at(county.id, "street")):
        cast.streets[street.id] = _hire(
            cast,
            "street-lead",
            f"demo-street-lead{n + 1 if n else ''}",
            street,
            catalogue["street-lead"]["words"],
            password,
            by=by,
            at=at,
        )
    committees = list(below_at(county.id, "committee"))
    each = max(1, round(int(wanted.get("grid-worker", len(committees))) / max(len(committees), 1)))
    for n, c in enumerate(committees):
        for k in range(each):
            number = n * each + k + 1
            account = _hire(
                cast,
                "grid-worker",
                f"demo-grid-worker{number if number > 1 else ''}",
                c,
                catalogue["grid-worker"]["words"],
                password,
                by=by,
                at=at,
            )
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
