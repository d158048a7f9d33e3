"""Who of a role a shift still lacks: heads by role beside who holds its places; with whom one serves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.domains.accounts.queries import post_of
from lianfang.domains.calls.errors import CallUnfit
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.rules import FIRM, Heads, roles_fault, roles_of
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.responders.queries import skills_of


@dataclass(frozen=True)
class Crew:
    """A shift's roles with who holds its places: `able` says of each which of the asked skills he has, in order."""

    heads: Heads
    able: dict[UUID, list[str]] = field(default_factory=dict)
    posts: dict[UUID, str] = field(default_factory=dict)


def crews_of(shifts: Iterable[Shift], *, at: datetime, without: Collection[UUID] = frozenset()) -> dict[UUID, Crew]:
    """By shift its crew; shifts whose call names no role are left out. without: accounts that are not looked at.

    Asks nothing where no call names a role, else two questions.
    """
    out = {s.id: Crew(Heads(roles)) for s in shifts if (roles := roles_of(s.call.roles, s.handed))}
    if not out:
        return {}
    rows = Claim.objects.filter(shift_id__in=list(out), state__in=FIRM).annotate(post=post_of("account_id"))
    told = rows.order_by("order", "id").values_list("shift_id", "account_id", "post")
    held = [(shift, who, post) for shift, who, post in told if who not in without]
    skills = skills_of({who for _, who, _ in held}, at=at)
    for shift, who, post in held:
        crew = out[shift]
        crew.heads.take(skills.get(who, ()))
        crew.able[who] = [r for r in crew.heads.roles if r in skills.get(who, ())]
        crew.posts[who] = post
    return out


def heads_by_role(
    shifts: Iterable[Shift], *, at: datetime, without: Collection[UUID] = frozenset()
) -> dict[UUID, Heads]:
    """The same, of each crew only how many there are of which skills."""
    return {i: crew.heads for i, crew in crews_of(shifts, at=at, without=without).items()}


def beside(claims: Sequence[Claim], *, at: datetime) -> dict[UUID, list[tuple[str, str]]]:
    """By claim that holds a place the skill and post of each colleague of a role: with whom one serves."""
    firm = [c for c in claims if c.state in FIRM]
    crews = crews_of({c.shift_id: c.shift for c in firm}.values(), at=at)
    out = {}
    for c in firm:
        crew = crews.get(c.shift_id)
        if crew:
            out[c.id] = [(r[0], crew.posts[who]) for who, r in crew.able.items() if r and who != c.account_id]
    return out


def role_skills(people: Collection[UUID], heads: Collection[object], *, at: datetime) -> dict[UUID, set[str]]:
    """Verified skills of people, where some shift's roles make them count; nothing is asked where none do."""
    return skills_of(people, at=at) if people and heads else {}


def fitting_roles(
    asked: Sequence[Mapping[str, Any]] | None, task: Mapping[str, Any], least_places: int
) -> list[dict[str, Any]]:
    """Roles as they are kept: those asked for, or, where nothing was said, what the edition says of the task.

    The edition's own are left out where a shift has fewer places than they have heads. Raises: CallUnfit.
    """
    skills = entries_of("skills")
    if asked is None:
        own = list(task.get("roles", []))
        return [] if roles_fault(own, skills, least_places) else [dict(r) for r in own]
    wrong = roles_fault(asked, skills, least_places)
    if wrong:
        raise CallUnfit(field="roles", fix=wrong)
    return [{"skill": str(r["skill"]), "heads": int(r["heads"])} for r in asked]
