"""Why somebody may read whom, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.privacy.models import Purpose


@service("privacy.assign_purposes", door=False, told=("why",))
def assign_purposes(
    *,
    purposes: Iterable[tuple[UUID, str, UUID, UUID | None]],
    why: str,
    until_at: datetime | None,
    by: Actor,
    at: datetime,
) -> int:
    """Note that actors may read subjects, and why: (actor, subject kind, subject, source) each, until a time."""
    rows = [
        Purpose(
            id=uuid5(subject, f"{actor} {source} {at.isoformat()}"),
            actor_id=actor,
            subject_kind=kind,
            subject_id=subject,
            why=why[:120],
            source_id=source,
            from_at=at,
            to_at=until_at,
        )
        for actor, kind, subject, source in purposes
    ]
    Purpose.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@service("privacy.end_purposes", door=False, savepoint=False)
def end_purposes(*, source_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """The items, posts or cases that gave a purpose have ended: so does the purpose."""
    rows = Purpose.objects.filter(Q(to_at=None) | Q(to_at__gt=at), source_id__in=source_ids)
    return rows.update(to_at=at)
