"""Who acts: passed in by a door, never looked up below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Grant:
    """A role held on one area's subtree in one hierarchy. area_id None: everywhere (jobs only, never an account).

    incident_id, body_id: where set, the rights hold only for things of that incident, or of that body.
    delegates: roles that an administrator of a body may hand on.
    """

    role: str
    rights: frozenset[str]
    hierarchy: str
    area_id: UUID | None
    incident_id: UUID | None = None
    body_id: UUID | None = None
    delegates: frozenset[str] = frozenset()

    def covers(self, incident_id: UUID | None, body_id: UUID | None) -> bool:
        """Whether its limits let it speak for a thing of an incident and a body (None: of none)."""
        return self.incident_id in (None, incident_id) and self.body_id in (None, body_id)


@dataclass(frozen=True)
class Actor:
    """One who acts, with the grants that hold now, the purpose stated and the device used."""

    id: UUID
    grants: tuple[Grant, ...] = ()
    purpose: str = ""
    device: UUID | None = None
    name: str = field(default="", compare=False)
    person_id: UUID | None = field(default=None, compare=False)  # whom an account of a resident's own is

    def grants_with(self, right: str) -> list[Grant]:
        """All grants that carry a right, those limited to an incident or a body too."""
        return [g for g in self.grants if right in g.rights]

    def areas_with(self, right: str, *, incident_id: UUID | None = None, body_id: UUID | None = None) -> list[Grant]:
        """The grants that carry a right for a thing of an incident and a body; without them, for things of none."""
        return [g for g in self.grants_with(right) if g.covers(incident_id, body_id)]
