"""Whether somebody signed in as strongly as what he may read demands, and who came by which portal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.base.fields import braced
from lianfang.domains.accounts.models import Account, PortalBinding
from lianfang.domains.accounts.queries.rights import live_grants
from lianfang.domains.accounts.rules import Ticket, demanded, is_enough
from lianfang.domains.editions.queries import roles

# One statement for any number; nearly all stand, so those are given that do not.
FALLEN = """
SELECT t.n FROM ROWS FROM (unnest(%s::uuid[]), json_array_elements_text(%s), json_array_elements_text(%s),
  json_array_elements_text(%s)) WITH ORDINALITY t(account, stamp, mark, session, n)
LEFT JOIN accounts_account a ON a.id = t.account AND a.is_active
  AND left(encode(sha256(convert_to(a.password || ' ' || a.session_round, 'UTF8')), 'hex'), 16) = t.stamp
LEFT JOIN django_session s ON s.session_key = t.session AND s.expire_date > %s
WHERE a.id IS NULL OR s.session_key IS NULL OR NOT (t.mark = '' OR t.mark = ANY(a.sessions))
"""


def strength_of(names: Iterable[str]) -> str:
    """The strength of sign-in that roles demand together; a role nobody knows gives nothing and demands nothing."""
    known = roles()
    return demanded(known[n] for n in names if n in known)


def strengths_held(account_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, str]:
    """By account the strength of sign-in that its roles demand now; none for one that is closed or holds nothing."""
    rows = live_grants(at).filter(account_id__in=set(account_ids), account__is_active=True)
    held: dict[UUID, set[str]] = {}
    for account_id, role in rows.values_list("account_id", "role"):
        held.setdefault(account_id, set()).add(role)
    return {i: strength_of(names) for i, names in held.items()}


def is_signed_in_enough(by: Actor, *, session: Mapping[str, Any]) -> bool:
    """Whether a session opens pages about people for what the actor holds now.

    Edge: a session that a device's key began is always held to it; one begun by a password only where the site asks
    (STRONG), so that a demo's accounts need no phone.
    """
    if not settings.STRONG and "device" not in session:
        return True
    return is_enough(session.get("strength", "device"), strength_of({g.role for g in by.grants}))


def account_bound(portal: str, subject: str) -> Account | None:
    """The open account that whom a portal names so signs in as; nothing where nobody was bound, or it is closed."""
    rows = PortalBinding.objects.filter(portal=portal, subject=subject, ended_at=None, account__is_active=True)
    found = rows.select_related("account").first()
    return found.account if found else None


def bindings_of(account: Account) -> QuerySet[PortalBinding]:
    """Portals through which an account is signed in now, for who keeps it."""
    return PortalBinding.objects.filter(account=account, ended_at=None).order_by("portal")


def must_replace_password(account: Account, *, session: Mapping[str, Any]) -> bool:
    """Whether the holder first replaces a password that somebody else made; who came by a portal never had it."""
    return account.is_first_password and "portal" not in session


def tickets_standing(tickets: Sequence[tuple[Ticket, str]], *, at: datetime) -> list[bool]:
    """Of tickets with the keys of their sessions, which serve: account open, session neither ended nor signed out."""
    accounts = braced(t.account_id for t, _ in tickets)
    # Texts travel as JSON: the driver looks at each element of a list for what may need a mark of its own.
    texts = [[t.stamp for t, _ in tickets], [t.mark for t, _ in tickets], [session for _, session in tickets]]
    with connection.cursor() as cursor:
        cursor.execute(FALLEN, [accounts, *(json.dumps(some) for some in texts), at])
        fallen = {n for (n,) in cursor.fetchall()}
    return [n not in fallen for n in range(1, len(tickets) + 1)]
