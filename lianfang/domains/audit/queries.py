"""Reads of a person's data, for that person and for those who review; failed sign-ins; how far the log is sealed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from lianfang.base.actor import Actor
from lianfang.base.log import later_than
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.audit.models import ChainHead, ChainLink, Export, FailedSignIn, PersonRead


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


def failed_seen(by: Actor, *, from_at: datetime, to_at: datetime) -> QuerySet[FailedSignIn, Any]:
    """Failed sign-ins in a time, under names of posts of the auditor's areas and under names that are nobody's.

    By name and way: how many, from how many addresses, the first and the last minute, the post; most tries first.
    """
    here = Q(account_id__in=posts_reviewed(by)) | Q(account_id=None)
    rows = FailedSignIn.objects.filter(here, minute__gte=from_at, minute__lt=to_at)
    sums = rows.values("account_id", "name", "way").annotate(
        tries=Sum("n"), addresses=Count("address", distinct=True), first=Min("minute"), last=Max("minute"),
        post=post_of("account_id"),
    )  # fmt: skip
    found: QuerySet[FailedSignIn, Any] = sums.order_by("-tries", "name", "way")
    return found


@dataclass(frozen=True)
class ChainState:
    """How far the log is sealed: entries that wait, entries that are linked, and the last link and head."""

    waiting: int
    linked: int
    linked_at: datetime | None
    head: ChainHead | None


def last_link() -> ChainLink | None:
    """The chain's end, without the digests of its entries."""
    return ChainLink.objects.order_by("-number").defer("entries").first()


def last_head() -> ChainHead | None:
    """The newest signed head. Nothing in it is personal: anybody may see it."""
    return ChainHead.objects.order_by("-number").first()


def chain_state() -> ChainState:
    """What the auditor's page says of the chain."""
    link = last_link()
    rows = later_than(link.last_transaction, link.last_entry) if link else LogEntry.objects.all()
    return ChainState(rows.count(), link.total if link else 0, link.at if link else None, last_head())


CALL = "audit.record_call"


def wait_of(program_id: UUID, *, most: int, at: datetime, window_seconds: int = 60) -> int:
    """How many seconds a program has to wait for its next call; 0 where it has made fewer than `most` in the window.

    Counted in the log itself, so that the answer is one for all processes that serve.
    """
    since = at - timedelta(seconds=window_seconds)
    rows = LogEntry.objects.filter(actor_id=program_id, service=CALL, at__gt=since).order_by("-at")
    oldest = list(rows.values_list("at", flat=True)[most - 1 : most])
    return max(1, math.ceil((oldest[0] - since).total_seconds())) if oldest else 0


def is_replayed(program_id: UUID, nonce: str, *, at: datetime, within: timedelta) -> bool:
    """Whether a program's signed call was answered before, by its number.

    Locks: the number, until this call is on record: of two that come at once one is the second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 731002))", [f"{program_id} {nonce}"])
    rows = LogEntry.objects.filter(actor_id=program_id, service=CALL, at__gt=at - within)
    return rows.filter(told__nonce=nonce).exists()


def last_calls(program_id: UUID, *, limit: int = 12) -> list[LogEntry]:
    """The newest calls of a program: when, which door, how answered; nothing of what they were about."""
    return list(LogEntry.objects.filter(actor_id=program_id, service=CALL).order_by("-at", "-id")[:limit])
