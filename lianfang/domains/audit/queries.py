"""Reads of a person's data, for that person and for those who review."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from lianfang.domains.audit.models import Export, PersonRead


def reads_of(person_id: UUID) -> QuerySet[PersonRead]:
    """All recorded reads of a person, newest first."""
    return PersonRead.objects.filter(subjects__contains=[person_id]).order_by("-at")


def exports_by(actor_id: UUID) -> QuerySet[Export]:
    """All lists an actor took out as files, newest first."""
    return Export.objects.filter(actor_id=actor_id).order_by("-at")
