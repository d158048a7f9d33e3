"""People who serve and their teams, built through services."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from lianfang.domains.accounts.models import Account
from lianfang.domains.responders.models import Team
from lianfang.domains.responders.services import NewResponder, form_team, judge_skill, register_responders, state_skill
from tests.factories.place import Place


def serving(place: Place, *accounts: Account, kind: str = "volunteer", where: str = "committee", **more: Any) -> None:
    """Put accounts on the register of those who serve, at home in an area."""
    given: dict[str, Any] = {"kind": kind, "home_area_id": place.area[where], **more}
    entries = [NewResponder(a.id, **given) for a in accounts]
    done = register_responders(entries=entries, by=place.system, at=place.at)
    assert [o.code for o in done] == [""] * len(accounts), done


def skilled(place: Place, account: Account, skill: str, **more: Any) -> None:
    """A verified skill of somebody on the register."""
    made = state_skill(skill_id=uuid4(), responder_id=account.id, skill=skill, evidence="证书 12345",
                       valid_until=more.get("valid_until"), by=place.system, at=place.at)  # fmt: skip
    judge_skill(skill_id=made.id, is_verified=True, why="", by=place.system, at=place.at)


def team(place: Place, name: str = "先锋队", *, where: str = "committee", kind: str = "pioneer", **more: Any) -> Team:
    """A team of an area."""
    given: dict[str, Any] = {"name_en": "", "organisation_id": None, "people": 0, **more}
    return form_team(team_id=uuid4(), name=name, kind=kind, area_id=place.area[where], by=place.system, at=place.at,
                     **given)  # fmt: skip


def ids(*accounts: Account) -> list[UUID]:
    """Their ids."""
    return [a.id for a in accounts]
