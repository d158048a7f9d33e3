"""How often somebody may be wrong: counted in one statement, for all processes, whatever becomes of the request."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from lianfang.base.actor import Actor
from lianfang.base.models import Tries
from lianfang.base.roles import REQUEST_ROLE
from lianfang.base.service import service

SALT = "lianfang.tries"
IPV6_NET = 64  # bits that one household or office has; below them an address is free to choose
COUNT = """
INSERT INTO base_tries AS t (key, n, until_at) VALUES (%(key)s, 1, %(until_at)s)
ON CONFLICT (key) DO UPDATE SET
    n = CASE WHEN t.until_at <= %(at)s THEN 1 ELSE least(t.n + 1, 1000000) END,
    until_at = CASE WHEN t.until_at <= %(at)s THEN excluded.until_at ELSE t.until_at END
RETURNING n
"""
GIVE_BACK = "UPDATE base_tries SET n = n - 1 WHERE key = %(key)s AND n > 0"


@dataclass(frozen=True)
class Limit:
    """So many tries under one key; they are forgotten so many seconds after the first."""

    name: str
    most: int
    seconds: int


def take_try(limit: Limit, key: str, *, at: datetime) -> bool:
    """Count one try before it is made; whether it may be made.

    Of tries at once exactly so many may be made as the limit says: each sees a number of its own. A right one is given
    back (`give_back`), so that only wrong ones add up.
    Edge: it is kept though the request be refused or break, so it is written apart from the request's transaction.
    """
    until_at = at + timedelta(seconds=limit.seconds)
    row = _apart(COUNT, {"key": _kept_as(limit, key), "at": at, "until_at": until_at})
    return row is not None and row[0] <= limit.most


def give_back(limit: Limit, key: str) -> None:
    """The try was right, or was none: it does not count."""
    _apart(GIVE_BACK, {"key": _kept_as(limit, key)})


def _kept_as(limit: Limit, key: str) -> str:
    """No name and no address lies in the table, only what a key of the site makes of them."""
    return salted_hmac(SALT, f"{limit.name} {key}", algorithm="sha256").hexdigest()


def _apart(statement: str, values: dict[str, object]) -> tuple[int] | None:
    """One statement in a transaction of its own, under the pages' role.

    Not by a connection of the pool: a request that holds one and waits for another would, many at once, wait for ever.
    """
    where = connection.get_connection_params()
    with psycopg.connect(**where) as own, own.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{REQUEST_ROLE}"')
        cursor.execute(statement, values)
        return cursor.fetchone() if cursor.description else None


def address_of(request: HttpRequest) -> str:
    """Whence a request comes: as the outermost of our own proxies saw it, else as the connection says.

    What stands further left in the header was written by the visitor.
    Edge: of an IPv6 address only the net counts, since whoever has one has all addresses in it.
    """
    proxies, connected = settings.PROXIES, str(request.META.get("REMOTE_ADDR", ""))
    seen = [a.strip() for a in request.headers.get("X-Forwarded-For", "").split(",")]
    found = seen[-proxies] if 0 < proxies <= len(seen) and seen[-proxies] else connected
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return found
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, IPV6_NET), strict=False).network_address)
    return found


@service("base.forget_tries", door=False, logged=False)
def forget_tries(*, by: Actor, at: datetime) -> int:
    """Counts that are over are removed. Returns how many. A job; nobody's right is asked."""
    return Tries.objects.filter(until_at__lte=at).delete()[0]
