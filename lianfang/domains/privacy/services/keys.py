"""Keys are made a scope at a time, and destroyed when their date has come, with a certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Max

from lianfang.base.actor import Actor
from lianfang.base.keystore import KeysUnreachable, key_store
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.privacy.errors import CertificateMissing, HeldByLaw, NothingToDestroy, WitnessTheSame
from lianfang.domains.privacy.models import DataKey, Destruction
from lianfang.domains.privacy.queries import classes_held, new_key

CLASSES = ("standing", "track", "contact", "plea", "hours", "money", "dose", "decision")


@service("privacy.make_keys")
def make_keys(*, scope: str, scope_id: UUID | None, by: Actor, at: datetime) -> int:
    """A data key for each retention class of a scope (the register, or one incident) that has none.

    Repeat:  classes that have a live key keep it. Locks: key numbers, so that two scopes never share one.
    Raises:  KeysUnreachable: then the database keeps no row either; a file without a row opens nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(731001)")
    have = set(
        DataKey.objects.filter(scope=scope, scope_id=scope_id, destroyed_at=None).values_list("retention", flat=True)
    )
    last = DataKey.objects.aggregate(last=Max("number"))["last"] or 0
    wanted = [c for c in CLASSES if c not in have]
    made = [
        # A key's id is drawn, not derived: two databases of one site keep their keys side by side.
        DataKey(
            id=uuid4(), number=n, scope=scope, scope_id=scope_id, retention=retention, suite=settings.SUITE, made_at=at
        )
        for n, retention in enumerate(wanted, last + 1)
    ]
    if not made:
        raise Repeated(0)
    store = key_store()
    for key in made:
        store.put(key.id, new_key(key.id, key.suite))
    DataKey.objects.bulk_create(made)
    return len(made)


@service("privacy.order_destruction", door=False, told=("why",))
def order_destruction(
    *,
    destruction_id: UUID,
    scope: str,
    scope_id: UUID | None,
    classes: Sequence[str],
    why: str,
    about: Mapping[str, Any],
    by: Actor,
    at: datetime,
) -> Destruction:
    """From now these classes open for nobody; their keys are destroyed once this is committed.

    Called by the flow that says what the scope is and what holds its values (`about`: title, area_id, held, copies).
    Repeat:  the same order. Locks: the keys.
    Raises:  HeldByLaw when a legal hold keeps a class; NothingToDestroy when no key of them lives.
    """
    known = Destruction.objects.filter(id=destruction_id).first()
    if known is not None:
        raise Repeated(known)
    held = classes_held(scope, scope_id, at=at) & set(classes)
    if held:
        raise HeldByLaw(classes=sorted(held))
    rows = DataKey.objects.select_for_update().filter(scope=scope, scope_id=scope_id, destroyed_at=None)
    keys = list(rows.filter(retention__in=classes).order_by("number"))
    if not keys:
        raise NothingToDestroy(classes=list(classes))
    DataKey.objects.filter(id__in=[k.id for k in keys]).update(destroyed_at=at)
    return Destruction.objects.create(
        id=destruction_id, scope=scope, scope_id=scope_id, classes=[k.retention for k in keys],
        keys=[k.id for k in keys], why=why[:200], ordered_by=by.id, ordered_at=at, **about
    )  # fmt: skip


@service("privacy.finish_destructions", door=False)
def finish_destructions(*, by: Actor, at: datetime) -> list[Destruction]:
    """Destroy the keys of what was ordered and committed; what is done has its certificate from now.

    Called by the job that certifies, in a transaction of its own: were a key destroyed before its order is kept, a
    failed order would leave values unreadable that nobody meant to end. Edge: a folder that cannot be reached leaves an
    order open; the next run tries again.
    """
    store, done = key_store(), []
    for order in Destruction.objects.select_for_update().filter(done_at=None).order_by("ordered_at"):
        try:
            for key_id in order.keys:
                store.destroy(key_id)
        except KeysUnreachable:
            continue
        if any(store.has(k) for k in order.keys):
            continue
        order.done_at = at
        order.save(update_fields=["done_at"])
        done.append(order)
    return done


@service("privacy.sign_certificate", door=False)
def sign_certificate(
    *, destruction_id: UUID, suite: str, public_key: bytes, signature: bytes, by: Actor, at: datetime
) -> None:
    """The site's signature under a certificate, made once, when the keys are gone. Repeat: the first stays."""
    rows = Destruction.objects.filter(id=destruction_id, signature=b"").exclude(done_at=None)
    if not rows.update(suite=suite, public_key=public_key, signature=signature):
        raise Repeated(None)


@service("privacy.witness_destruction")
def witness_destruction(*, destruction_id: UUID, by: Actor, at: datetime) -> Destruction:
    """Somebody else was there and says so. Repeat: by the same witness.

    Rights: audit.read in its area. Raises: CertificateMissing, WitnessTheSame.
    """
    found = Destruction.objects.select_for_update().filter(id=destruction_id).exclude(done_at=None).first()
    if found is None:
        raise CertificateMissing(destruction=str(destruction_id))
    require(by, "audit.read", area_id=found.area_id)
    if found.ordered_by == by.id:
        raise WitnessTheSame()
    if found.witnessed_by == by.id:
        raise Repeated(found)
    found.witnessed_by, found.witnessed_at = by.id, at
    found.save(update_fields=["witnessed_by", "witnessed_at"])
    return found
