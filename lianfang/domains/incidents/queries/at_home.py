"""Who an account is now and where it is at home: what every page begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, QuerySet

from lianfang.base.actor import Actor
from lianfang.base.prepared import Prepared
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import actor_with, grants_of
from lianfang.domains.areas.models import Area
from lianfang.domains.editions.queries import catalogue, note_catalogue
from lianfang.domains.incidents.models import Incident
from lianfang.domains.privacy.queries import note_keys, register_keys


@dataclass(frozen=True)
class Home:
    """What every page's frame says: the area of the actor's first grant, and whether the database is an exercise."""

    area: Area
    is_drill: bool


def actor_at_home(account: Account, *, at: datetime, purpose: str = "") -> tuple[Actor, Home | None]:
    """Who an account is now and where it is at home, in the one question that every page begins with.

    What is loaded of editions and kinds, and which of the register's keys live, is noted on the way.
    """
    held = _HELD(account_id=account.id, at=at)
    if held:
        note_catalogue(held[0].loaded)
        note_keys(held[0].keys)
    home = next((Home(g.area, g.is_drill) for g in held if g.role_body), None)
    return actor_with(account, held, purpose=purpose), home


def _held(*, account_id: UUID, at: datetime) -> QuerySet[RoleGrant]:
    drill = Exists(Incident.objects.filter(is_drill=True))
    rows = grants_of(account_id, at=at).annotate(is_drill=drill, loaded=catalogue(), keys=register_keys())
    return rows.select_related("area").defer("area__outline")


_HELD = Prepared(_held, account_id=UUID, at=datetime)
