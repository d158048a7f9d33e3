"""Who acts: passed in by a door, never looked up below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Grant:
    """A role held on one area's subtree in one hierarchy. area_id None: everywhere (jobs only, never an account)."""

    role: str
    rights: frozenset[str]
    hierarchy: str
    area_id: UUID | None
    unit_id: UUID | None = None


@dataclass(frozen=True)
class Actor:
    """One who acts, with the grants that hold now, the purpose stated and the device used."""

    id: UUID
    grants: tuple[Grant, ...] = ()
    purpose: str = ""
    device: UUID | None = None
    name: str = field(default="", compare=False)
    person_id: UUID | None = field(default=None, compare=False)  # whom an account of a resident's own is

    def areas_with(self, right: str) -> list[Grant]:
        """The grants that carry a right."""
        return [g for g in self.grants if right in g.rights]
