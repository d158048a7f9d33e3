"""The index by which persons are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.service import service
from lianfang.domains.privacy.models import PersonIndex


@service("privacy.index_people", door=False)
def index_people(*, entries: Iterable[tuple[str, str, Sequence[int]]], by: Actor, at: datetime) -> int:
    """Add persons (id, area id, tokens) to the index, replacing what it held of them."""
    rows = list(entries)
    PersonIndex.objects.filter(person_id__in=[r[0] for r in rows]).delete() if len(rows) < 5000 else None
    return copy_lines(
        PersonIndex, ("person_id", "area_id", "tokens"), (f"{p}\t{a}\t{{{','.join(map(str, t))}}}" for p, a, t in rows)
    )
