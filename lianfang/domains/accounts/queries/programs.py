"""Programs: whose token it is, whom it acts as, and those that an administrator keeps."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.base.http_signatures import Signed, is_signed_by
from lianfang.domains.accounts.errors import ProgramMissing, ProgramOver, TokenUnknown
from lianfang.domains.accounts.models import Program, ProgramSecret, RoleGrant
from lianfang.domains.accounts.queries.rights import actor_for, post_of, visible_areas
from lianfang.domains.accounts.rules import GRANTS, token_parts

NOBODY = UUID(int=0)


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret: keyed by the site, so that a copy of the database alone proves nothing."""
    return hmac.digest(settings.SEALING_KEY.encode(), b"lianfang program secret 1 " + secret.encode(), "sha256")


def longest_until(at: datetime) -> datetime:
    """How far off the end of a program may lie."""
    return at + timedelta(days=settings.PROGRAM_DAYS)


def program_of(token: str, *, at: datetime) -> Program:
    """The program whose live secret a token holds, asked anew with every call.

    One statement and one digest whatever the token is, and a comparison that takes as long for a wrong secret as for
    a right one: neither answer nor time tells which programs there are.
    Raises: TokenUnknown; ProgramOver to whoever holds the right secret of one that was revoked or has ended.
    """
    named, secret = token_parts(token) or (NOBODY, "")
    live = ProgramSecret.objects.filter(Q(to_at=None) | Q(to_at__gt=at), program_id=OuterRef("pk"), from_at__lte=at)
    rows = Program.objects.filter(id=named).select_related("account")
    found = rows.annotate(digests=ArraySubquery(live.values("digest"))).first()
    given, kept = secret_digest(secret), [bytes(d) for d in found.digests] if found else []
    fits = [hmac.compare_digest(given, d) for d in kept or [secret_digest("")[::-1]]]
    if found is None or not any(fits):
        raise TokenUnknown()
    if found.revoked_at is not None or found.until_at <= at or not found.account.is_active:
        raise ProgramOver()
    return found


def program_signing(signed: Signed, *, method: str, path: str, query: str, body: bytes, at: datetime) -> Program:
    """The program that signed a call by its key.

    Raises: TokenUnknown (no such program, no key, not its signature, too old); ProgramOver.
    """
    try:
        found = Program.objects.filter(id=UUID(signed.key_id)).exclude(suite="").select_related("account").first()
    except ValueError:
        found = None
    if found is None or not is_signed_by(signed, suite=found.suite, public=bytes(found.public_key), method=method,
                                         path=path, query=query, body=body, at=at):  # fmt: skip
        raise TokenUnknown()
    if found.revoked_at is not None or found.until_at <= at or not found.account.is_active:
        raise ProgramOver()
    return found


def program_actor(program: Program, *, at: datetime) -> Actor:
    """Whom a program acts as: its scopes as they hold now, for the purpose it was made for."""
    return actor_for(program.account, at=at, purpose=program.purpose)


def programs_seen(by: Actor) -> QuerySet[Program]:
    """Programs kept in the areas that the actor administers, those that serve first; who made each, and its scopes."""
    scopes = RoleGrant.objects.filter(account_id=OuterRef("account_id")).order_by("-from_at").values("scopes")[:1]
    rows = Program.objects.filter(account__area_id__in=visible_areas(by, GRANTS)).select_related("account__area")
    rows = rows.defer("account__area__outline", "account__password")
    ends = ArrayAgg("secrets__to_at", filter=Q(secrets__to_at__isnull=False), default=[])
    rows = rows.annotate(granter=post_of("made_by"), held=Subquery(scopes), secret_ends=ends)
    return rows.order_by("-revoked_at", "-until_at", "id")


def program_seen(program_id: UUID, *, by: Actor) -> Program:
    """One program. Raises ProgramMissing."""
    found = programs_seen(by).filter(id=program_id).first()
    if found is None:
        raise ProgramMissing(program=str(program_id))
    return found
