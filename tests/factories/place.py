"""A small district built through services: the neighbour is there too, so that every test can try the wrong side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from uuid import UUID, uuid5

from django.contrib.auth.hashers import make_password

from lianfang.base.actor import Actor
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.areas.services import Division, division_id, load_divisions
from lianfang.domains.grid.services import RegisterBatch, answer_for, load_register
from lianfang.domains.responders.services import put_on_duty

SPACE = UUID("aaaaaaaa-0000-4000-8000-000000000000")
PASSWORD = "a-password-for-tests"
CODES = {
    "province": "99",
    "city": "9901",
    "district": "990101",
    "street": "990101001",
    "committee": "990101001001",
    "committee2": "990101001002",
    "street2": "990101002",
    "committee3": "990101002001",
    "neighbour": "990102",
    "neighbour_street": "990102001",
    "neighbour_committee": "990102001001",
}
DIVISIONS = [
    Division("99", "试验省", "province", "", "Test Province"),
    Division("9901", "试验市", "prefecture", "99"),
    Division("990101", "甲区", "county", "9901", "District A"),
    Division("990101001", "东街道", "street", "990101"),
    Division("990101001001", "沙洲社区居委会", "committee", "990101001"),
    Division("990101001002", "金洲社区居委会", "committee", "990101001"),
    Division("990101002", "西街道", "street", "990101"),
    Division("990101002001", "柳林村委会", "committee", "990101002"),
    Division("990102", "乙区", "county", "9901", "District B"),
    Division("990102001", "坚木克尔街道", "street", "990102"),
    Division("990102001001", "绍玛路社区居委会", "committee", "990102001"),
]
POSTS = [
    ("command", "command", "district"),
    ("officer", "duty-officer", "district"),
    ("officer2", "duty-officer", "district"),
    ("county", "county-officer", "district"),
    ("street", "street-lead", "street"),
    ("street2", "street-lead", "street2"),
    ("lead", "committee-lead", "committee"),
    ("grid", "grid-worker", "committee"),
    ("grid2", "grid-worker", "committee2"),
    ("medic", "medic", "district"),
    ("publicity", "publicity", "district"),
    ("supply", "supply", "district"),
    ("tracer", "tracer", "district"),
    ("volunteer", "volunteer", "committee"),
    ("sampler", "sampler", "committee"),
    ("laboratory", "laboratory", "district"),
    ("neighbour_sampler", "sampler", "neighbour_committee"),
    ("auditor", "auditor", "district"),
    ("admin", "administrator", "district"),
    ("neighbour", "command", "neighbour"),
    ("neighbour_grid", "grid-worker", "neighbour_committee"),
    ("above", "command", "city"),
]


@dataclass
class Place:
    """Handles on what was built."""

    at: datetime
    area: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    buildings: dict[str, list[UUID]] = field(default_factory=dict)
    households: list[UUID] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    system: Actor | None = None

    def actor(self, post: str, at: datetime | None = None) -> Actor:
        """The actor a post is, with the grants that hold then."""
        return actor_for(self.accounts[post], at=at or self.at)


def person_name(n: int) -> str:
    """An invented name, the same for the same number."""
    return "赵钱孙李周吴郑王"[n % 8] + "国秀建桂海小"[n // 8 % 6] + "强兰平英涛雨"[n // 48 % 6]


def small_batch(committees: list[UUID], *, buildings: int = 2, doors: int = 4, each: int = 3) -> RegisterBatch:
    """Buildings of doors, behind each a household of an elder, an adult and a child."""
    b = RegisterBatch()
    for c in committees:
        for k in range(buildings):
            house = len(b.building_id)
            b.building_id.append(str(uuid5(SPACE, f"b {c} {k}")))
            b.building_area.append(str(c))
            b.building_name.append(f"花园 {k + 1} 栋")
            b.building_kind.append("dwelling")
            b.building_lonlat.append((113.6 + k * 0.001, 24.8))
            for d in range(doors):
                h = len(b.household_id)
                b.household_id.append(str(uuid5(SPACE, f"h {c} {k} {d}")))
                b.household_building.append(house)
                b.household_unit.append("1")
                b.household_floor.append(d // 2 + 1)
                b.household_door.append(f"{d // 2 + 1}0{d % 2 + 1}")
                b.household_collective.append(False)
                for m in range(each):
                    n = len(b.person_id)
                    b.person_id.append(uuid5(SPACE, f"p {c} {k} {d} {m}"))
                    b.person_household.append(h)
                    b.person_sex.append("mf"[n % 2])
                    b.person_birth.append(("1950-02-03", "1985-06-07", "2017-09-10")[m % 3])
                    b.person_name.append(person_name(n))
                    b.person_id_number.append(f"999999{b.person_birth[-1].replace('-', '')}{n:04}")
                    b.person_phone.append(f"1380000{n:04}")
                    b.person_presence.append("lives")
                    if m == 0 and d == 0:
                        b.flags.append((n, "elder-alone"))
    return b


@cache
def hashed_password() -> str:
    """PASSWORD as it is kept, reckoned once a process: it takes longer than all the rest of a small place."""
    return make_password(PASSWORD, salt="saltsaltsaltsalt", hasher="pbkdf2_sha256")


def small_place(*, at: datetime) -> Place:
    """Build it all, as the house itself, in a dozen statements."""
    by = system_actor()
    p = Place(at, {k: division_id(c) for k, c in CODES.items()}, system=by)
    load_divisions(divisions=DIVISIONS, valid_from=None, by=by, at=at)
    committees = [p.area[k] for k in ("committee", "committee2", "committee3", "neighbour_committee")]
    for which, ids in (("district", committees[:3]), ("neighbour", committees[3:])):
        mine = small_batch(ids)
        load_register(area_id=p.area[which], batch=mine, on=date(2026, 1, 1), by=by, at=at)
        for i, area in zip(mine.building_id, mine.building_area, strict=True):
            p.buildings.setdefault(next(k for k, v in p.area.items() if str(v) == area), []).append(UUID(i))
        p.households += [UUID(h) for h in mine.household_id]
        p.people += mine.person_id
        p.names += mine.person_name
    hashed = hashed_password()
    for name, role, where in POSTS:
        account = open_account(
            account_id=uuid5(SPACE, f"a {name}"),
            username=name,
            label=f"{role} {where}",
            password_hash=hashed,
            person_id=None,
            area_id=p.area[where],
            by=by,
            at=at,
        )
        grant_role(
            grant_id=uuid5(SPACE, f"g {name}"),
            account_id=account.id,
            role=role,
            area_id=p.area[where],
            until_at=None,
            by=by,
            at=at,
        )
        p.accounts[name] = account
    _duties(p, by, at)
    return p


def _duties(p: Place, by: Actor, at: datetime) -> None:
    for n, name in enumerate(("officer", "officer2")):
        put_on_duty(
            duty_id=uuid5(SPACE, f"d {name}"),
            role="duty-officer",
            area_id=p.area["district"],
            account_id=p.accounts[name].id,
            position=n,
            by=by,
            at=at,
        )
    for name, where in (("grid", "committee"), ("grid2", "committee2")):
        answer_for(
            answerer_id=uuid5(SPACE, f"w {name}"),
            role="grid-worker",
            area_id=p.area[where],
            household_id=None,
            account_id=p.accounts[name].id,
            phone="0751-0000000",
            by=by,
            at=at,
        )
