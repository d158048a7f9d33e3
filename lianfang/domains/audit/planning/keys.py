"""The log's heads, signed by the site's key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from lianfang.base.signing_keys import signing_key
from lianfang.domains.audit.models import ChainHead, ChainLink
from lianfang.domains.audit.rules import Head, signed

USE = "log"


def new_head(link: ChainLink, *, before: ChainHead | None, at: datetime) -> Head:
    """The head of a link, signed by the site's key of its present suite."""
    key = signing_key(USE, settings.SUITE)
    head = Head(
        number=(before.number if before else 0) + 1,
        at=at.astimezone(UTC),
        link=link.number,
        entries=link.total,
        digest=bytes(link.digest).hex(),
        suite=key.suite,
        public_key=key.public.hex(),
    )
    return signed(head, key)


def head_of_row(row: Any) -> Head:
    """A kept head as it is published."""
    return Head(
        number=row.number,
        at=row.at.astimezone(UTC),
        link=row.link,
        entries=row.total,
        digest=bytes(row.digest).hex(),
        suite=row.suite,
        public_key=bytes(row.public_key).hex(),
        signature=bytes(row.signature).hex(),
    )
