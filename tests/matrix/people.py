"""Who tries the doors: every role of the catalogue, inside, at the neighbour's, above, and beside or below."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.areas.models import AreaClosure
from tests.factories.place import SPACE, Place
from tests.house.source import ROOT

# The rights are read from the catalogue itself, not from the application: the oracle shares no code with what it tests.
ROLES: dict[str, dict] = {
    r["name"]: r for r in tomllib.loads((ROOT / "editions" / "roles.toml").read_text(encoding="utf-8"))["roles"]
}
STANDS = {  # by the level of a role: where it serves, seen from the committee that is attacked
    "county": {"inside": "district", "neighbour": "neighbour", "above": "city", "below": "committee2"},
    "street": {"inside": "street", "neighbour": "neighbour_street", "above": "city", "beside": "street2"},
    "committee": {
        "inside": "committee", "neighbour": "neighbour_committee", "above": "city", "beside": "committee2",
    },
}  # fmt: skip
SIDES = {"A1": "committee", "A2": "committee2", "B1": "neighbour_committee"}


@dataclass(frozen=True)
class Post:
    """An account of one role at one place, what it may there, and which of the marked committees lie within."""

    name: str
    role: str
    stands: str
    account: Account
    area_id: UUID
    person_id: UUID | None
    sides: frozenset[str]

    @property
    def rights(self) -> frozenset[str]:
        """Rights as the catalogue has them."""
        return frozenset(ROLES[self.role]["rights"])

    @property
    def is_outsider(self) -> bool:
        """Whether the committee that is attacked lies outside its area."""
        return "A1" not in self.sides


def _sides(place: Place, area_id: UUID) -> frozenset[str]:
    below = set(AreaClosure.objects.filter(ancestor_id=area_id).values_list("descendant_id", flat=True))
    return frozenset(s for s, where in SIDES.items() if place.area[where] in below)


def posts_of(place: Place, residents: dict[str, UUID], *, at: datetime) -> list[Post]:
    """One account for each role at each place; residents are the first marked person of their committee."""
    out = []
    for role, body in ROLES.items():
        for stands, where in STANDS[body["level"]].items():
            name, area = f"{role}-{stands}", place.area[where]
            person = residents.get(where) if role == "resident" else None
            account = open_account(account_id=uuid5(SPACE, f"m {name}"), username=name, label=name, password_hash="!",
                                   person_id=person, area_id=area, by=place.system, at=at)  # fmt: skip
            grant_role(grant_id=uuid5(SPACE, f"mg {name}"), account_id=account.id, role=role, area_id=area,
                       until_at=None, by=place.system, at=at)  # fmt: skip
            out.append(Post(name, role, stands, account, area, person, _sides(place, area)))
    return out
