"""Who read personal data of an area's people, or serves there and read some: counts, never whom."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.audit.queries import posts_reviewed
from lianfang.domains.grid.models import Presence

READS_LOG = "audit.read"


class AnyOf(Func):
    """Whether a value is one of an array's, as the index of the value can answer it."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def reads_seen(by: Actor, *, from_at: datetime, to_at: datetime, actor_id: UUID | None = None) -> QuerySet[PersonRead]:
    """Reads in a time by posts of the auditor's areas, wherever whoever was read lives, and by anybody of people there.

    Newest first, each with the post (`post`) and how many people it showed (`people`); the people themselves are left
    out.
    """
    here = Presence.objects.filter(area_id__in=visible_areas(by, READS_LOG))
    person, door = (Exists(here.filter(AnyOf(F(n), OuterRef("subjects")))) for n in ("person_id", "household_id"))
    rows = PersonRead.objects.filter(Q(actor_id__in=posts_reviewed(by)) | person | door, at__gte=from_at, at__lt=to_at)
    rows = rows.filter(actor_id=actor_id) if actor_id else rows
    return (
        rows.annotate(post=post_of("actor_id"), people=Func("subjects", function="cardinality"))
        .defer("subjects")
        .order_by("-at", "-id")
    )


def readers_seen(by: Actor, *, from_at: datetime, to_at: datetime) -> list[tuple[UUID, str, int]]:
    """The posts of these reads, and how many times each read: most often first."""
    rows = reads_seen(by, from_at=from_at, to_at=to_at).order_by().values("actor_id", "post").annotate(n=Count("id"))
    return [(r["actor_id"], r["post"] or "", r["n"]) for r in rows.order_by("-n", "post")]
