"""Who may be given work that asks for a skill."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.domains.responders.queries import skills_of
from lianfang.domains.work.rules import asked_skills


def unable_for(body: Mapping[str, Any], owners: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Of some owners those who lack a skill or training, verified and valid, that the kind asks of whoever does it."""
    asked = set(asked_skills(body))
    can = skills_of(owners, at=at) if asked and owners else {}
    return {o for o in owners if not asked <= can.get(o, set())} if asked else set()
