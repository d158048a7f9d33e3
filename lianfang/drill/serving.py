"""Those who serve in a drill: their sign-ins and their entry on the register; officers of a county of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.hashers import make_password

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import NewPost, grant_role, open_account, open_posts
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area_of_code, below_at
from lianfang.domains.editions.queries import roles
from lianfang.domains.responders.services import NewResponder, register_organisation, register_responders
from lianfang.drill.cast import PASSWORD
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.stage import Stage

OFFICER = "county-officer"


def people_of(
    stage: Stage, name: str, n: int, body_ids: Sequence[UUID], at: datetime, *, within: Area | None = None
) -> list[UUID]:
    """So many volunteers with a sign-in each, over the committees and the bodies given. Gives their accounts.

    within: the area over whose committees they are spread; the drill's county where none is named.
    """
    committees = list(below_at((within or stage.cast.county).id, "committee").values_list("id", flat=True))
    posts = [
        NewPost(stage.id_of(f"{name} {k}"), f"demo-{name}{k + 1 if k else ''}", "志愿者", "volunteer",
                committees[k % len(committees)], body_ids[k % len(body_ids)])
        for k in range(n)
    ]  # fmt: skip
    refuse_any(open_posts(posts=posts, password_hash=_password(), area_id=stage.cast.county.id, until_at=None,
                          by=stage.by, at=at))  # fmt: skip
    return [p.account_id for p in posts]


def serving(
    stage: Stage, name: str, n: int, body_ids: Sequence[UUID], at: datetime, *, kind: str, within: Area | None = None
) -> list[UUID]:
    """The same, and each stands on the register of those who serve. Gives their accounts, which are their ids there."""
    people = people_of(stage, name, n, body_ids, at, within=within)
    refuse_any(register_responders(entries=[NewResponder(i, kind) for i in people], by=stage.by, at=at))
    return people


def bodies(stage: Stage, name: str, words: str, kind: str, n: int, at: datetime, *, within: Area) -> list[UUID]:
    """So many bodies that the report counts and does not name."""
    return [
        register_organisation(organisation_id=stage.id_of(f"{name} {k}"), name=f"演练{words} {k + 1}", name_en="",
                              kind=kind, area_id=within.id, by=stage.by, at=at).id
        for k in range(n)
    ]  # fmt: skip


def officer_of(stage: Stage, place: str, at: datetime) -> Actor:
    """The officer of one of several counties, hired when first asked for."""
    area = area_of_code(stage.scenario.codes_of(place)[0])
    account = uuid5(area.id, "drill officer")
    open_account(account_id=account, username=f"demo-{OFFICER}-{place}", label=f"{roles()[OFFICER]['words']['zh']} · "
                 f"{area.name}", password_hash=_password(), person_id=None, area_id=area.id, by=stage.by,
                 at=at)  # fmt: skip
    grant_role(grant_id=uuid5(account, OFFICER), account_id=account, role=OFFICER, area_id=area.id, until_at=None,
               by=stage.by, at=at)  # fmt: skip
    return actor_for(stage.cast.account(account), at=at)


def _password() -> str:
    return make_password(PASSWORD, salt="demo" * 4, hasher="pbkdf2_sha256")
