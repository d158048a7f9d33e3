"""Keys, purposes and the person index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.db.models import Max, Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.service import Repeated, service
from lianfang.domains.privacy.models import DataKey, PersonIndex, Purpose
from lianfang.domains.privacy.queries import NONCE, site_key

KEYS = UUID("5b3f7f1e-94ab-5c07-8a9f-0c6f2c1b7a11")
CLASSES = ("standing", "track", "contact", "plea", "hours", "money", "dose", "decision")


@service("privacy.make_keys")
def make_keys(*, scope: str, scope_id: UUID | None, by: Actor, at: datetime) -> int:
    """A data key for each retention class of a scope (the register, or one incident) that has none.

    Repeat:  classes that have a live key keep it. Locks: key numbers, so that two scopes never share one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(731001)")
    have = set(
        DataKey.objects.filter(scope=scope, scope_id=scope_id, destroyed_at=None).values_list("retention", flat=True)
    )
    number = DataKey.objects.aggregate(last=Max("number"))["last"] or 0
    made = []
    for retention in CLASSES:
        if retention in have:
            continue
        number += 1
        nonce = AESGCM.generate_key(128)[:NONCE]
        wrapped = nonce + AESGCM(site_key()).encrypt(nonce, AESGCM.generate_key(256), str(number).encode())
        made.append(
            DataKey(
                id=uuid5(KEYS, str(number)),
                number=number,
                scope=scope,
                scope_id=scope_id,
                retention=retention,
                wrapped=wrapped,
                made_at=at,
            )
        )
    if not made:
        raise Repeated(0)
    DataKey.objects.bulk_create(made)
    return len(made)


@service("privacy.destroy_keys")
def destroy_keys(*, scope: str, scope_id: UUID | None, classes: Sequence[str], by: Actor, at: datetime) -> int:
    """Destroy the keys of retention classes whose date has come: what they sealed opens for nobody any more."""
    rows = DataKey.objects.filter(scope=scope, scope_id=scope_id, retention__in=classes, destroyed_at=None)
    return rows.update(wrapped=b"", destroyed_at=at)


@service("privacy.assign_purposes", told=("why",))
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


@service("privacy.end_purposes", savepoint=False)
def end_purposes(*, source_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """The items, posts or cases that gave a purpose have ended: so does the purpose."""
    rows = Purpose.objects.filter(Q(to_at=None) | Q(to_at__gt=at), source_id__in=source_ids)
    return rows.update(to_at=at)


@service("privacy.index_people", door=False)
def index_people(*, entries: Iterable[tuple[str, str, Sequence[int]]], by: Actor, at: datetime) -> int:
    """Add persons (id, area id, tokens) to the index, replacing what it held of them."""
    rows = list(entries)
    PersonIndex.objects.filter(person_id__in=[r[0] for r in rows]).delete() if len(rows) < 5000 else None
    return copy_lines(
        PersonIndex, ("person_id", "area_id", "tokens"), (f"{p}\t{a}\t{{{','.join(map(str, t))}}}" for p, a, t in rows)
    )
