"""Heads by role: so many of a shift's people have a skill, and the last places are theirs. On plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

MOST_ROLES, MOST_HEADS = 3, 99
Skills = frozenset[str]


def roles_of(stated: Iterable[Mapping[str, Any]], handed: Mapping[str, int] | None = None) -> dict[str, int]:
    """Heads by skill that a shift needs, of what its call states, less those for whom another call asks."""
    given = handed or {}
    wanted = {str(r["skill"]): int(r["heads"]) for r in stated}
    return {s: n - given.get(s, 0) for s, n in wanted.items() if n > given.get(s, 0)}


def roles_fault(stated: Sequence[Mapping[str, Any]], skills: Iterable[str], least_places: int) -> str:
    """What is wrong with roles that are stated: at most three, each a skill once, no more heads than places."""
    names = [str(r.get("skill", "")) for r in stated]
    if len(names) > MOST_ROLES:
        return f"0–{MOST_ROLES}"
    if len(set(names)) < len(names) or set(names) - set(skills):
        return " ".join(sorted(skills))
    heads = [r.get("heads") for r in stated]
    if any(not isinstance(n, int) or not 1 <= n <= MOST_HEADS for n in heads):
        return f"1–{MOST_HEADS}"
    return f"≤ {least_places}" if sum(int(r["heads"]) for r in stated) > least_places else ""


def filled(roles: Mapping[str, int], people: Mapping[Skills, int]) -> int:
    """How many heads of some roles people of these skills fill at most, each counted for one.

    Source: the smallest cut (Koenig): of any set of roles, its heads and whoever fits one of the others.
    """
    sets = chain.from_iterable(combinations(roles, n) for n in range(len(roles) + 1))
    return min(
        sum(roles[r] for r in cut) + sum(n for own, n in people.items() if own & (set(roles) - set(cut)))
        for cut in sets
    )


@dataclass
class Heads:
    """A shift's roles and who holds its places: how many people by the skills they have of those asked for."""

    roles: Mapping[str, int]
    held: Counter[Skills] = field(default_factory=Counter)

    def take(self, own: Iterable[str]) -> None:
        """Somebody of these skills has a place."""
        self.held[self._fit(own)] += 1

    def lacking(self) -> dict[str, int]:
        """Heads by role that nobody fills; where one could fill two roles, the one that is named first is filled."""
        out, before, so_far = {}, 0, dict[str, int]()
        for role, heads in self.roles.items():
            so_far[role] = heads
            now = filled(so_far, self.held)
            if heads > now - before:
                out[role] = heads - (now - before)
            before = now
        return out

    def is_kept(self, own: Iterable[str], free: int) -> bool:
        """Whether a place, of so many free, is kept for a role which somebody of these skills does not fill."""
        need = sum(self.roles.values())
        missing = need - filled(self.roles, self.held)
        if missing < free or not missing:
            return False
        with_him = self.held + Counter([self._fit(own)])
        return filled(self.roles, with_him) == need - missing

    def _fit(self, own: Iterable[str]) -> Skills:
        return frozenset(own) & frozenset(self.roles)
