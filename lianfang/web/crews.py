"""Heads by role on pages: which of them a shift lacks, who fills them, with whom one serves; the part of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries import Crew
from lianfang.domains.calls.rules.roles import MOST_ROLES
from lianfang.web.places import whole

NOBODY = "none"  # of the form: no role, whatever the edition says of the task
Words = Mapping[str, str]


def roles_in(request: HttpRequest) -> list[dict[str, Any]] | None:
    """Roles of a form; nothing chosen: None, as the edition says of the task. Raises Invalid."""
    sent = request.POST
    chosen = [(n, sent.get(f"role{n}", "")) for n in range(1, MOST_ROLES + 1)]
    if not any(skill for _, skill in chosen):
        return None
    return [{"skill": s, "heads": whole(sent.get(f"heads{n}", "") or "1", field="roles")} for n, s in chosen
            if s and s != NOBODY]  # fmt: skip


def role_rows(stated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a form's part, filled with what is stated."""
    kept = [*stated, *[{"skill": "", "heads": 1}] * MOST_ROLES][:MOST_ROLES]
    return [{"n": n, **r} for n, r in enumerate(kept, 1)]


def typed_roles(typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a form as they were typed."""
    return [{"n": n, "skill": typed.get(f"role{n}", ""), "heads": typed.get(f"heads{n}", "") or 1}
            for n in range(1, MOST_ROLES + 1)]  # fmt: skip


def lacking_of(s: Shift, crew: Crew | None, skills: Words) -> list[dict[str, Any]]:
    """Roles of which a shift has too few, in words."""
    lacking = crew.heads.lacking() if crew else {}
    return [{"skill": skill, "words": skills.get(skill, skill), "n": n, "s": s} for skill, n in lacking.items()]


def role_of(c: Claim, crew: Crew | None, skills: Words) -> str:
    """What somebody on a shift can do of what its roles ask for, in words."""
    return ", ".join(skills.get(r, r) for r in crew.able.get(c.account_id, ())) if crew else ""
