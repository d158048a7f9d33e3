"""Reads of a person's data, for that person and for those who review."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.audit.models import Export, PersonRead


def reads_of(person_id: UUID) -> QuerySet[PersonRead]:
    """All recorded reads of a person, newest first, each with the post that read (`post`)."""
    rows = PersonRead.objects.filter(subjects__contains=[person_id]).annotate(post=post_of("actor_id"))
    return rows.defer("subjects").order_by("-at", "-id")


def exports_by(actor_id: UUID) -> QuerySet[Export]:
    """All lists an actor took out as files, newest first."""
    return Export.objects.filter(actor_id=actor_id).order_by("-at")


def posts_reviewed(by: Actor) -> QuerySet[RoleGrant, UUID]:
    """Ids of accounts that hold or held a post in the auditor's areas, as a subquery."""
    rows = RoleGrant.objects.filter(area_id__in=visible_areas(by, "audit.read"))
    return rows.values_list("account_id", flat=True)


def exports_seen(by: Actor, *, from_at: datetime, to_at: datetime, actor_id: UUID | None = None) -> QuerySet[Export]:
    """Lists that left in a time, of the auditor's areas or taken out by posts there; newest first, with the post."""
    here = Q(area_id__in=visible_areas(by, "audit.read")) | Q(actor_id__in=posts_reviewed(by))
    rows = Export.objects.filter(here, at__gte=from_at, at__lt=to_at)
    rows = rows.filter(actor_id=actor_id) if actor_id else rows
    return rows.annotate(post=post_of("actor_id")).order_by("-at", "id")
