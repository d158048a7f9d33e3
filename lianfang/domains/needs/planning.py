"""A pairing of classes with helpers, proposed: a person adopts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import require
from lianfang.domains.needs.queries.hearts import PAIR, Paired, classes, loads_of
from lianfang.kernels.pairing import pair


@dataclass(frozen=True)
class Helper:
    """A helper with what he looks after now and would look after then: classes and students."""

    id: UUID
    post: str
    had: tuple[int, int]
    classes: list[Paired]

    @property
    def heads(self) -> int:
        """Students in all, as proposed."""
        return self.had[1] + sum(c.heads for c in self.classes)


@dataclass(frozen=True)
class PairingProposal:
    """Helpers with their classes; the least that the most loaded can have; whether this reaches it."""

    helpers: list[Helper]
    bound: int
    is_best: bool


def propose_pairing(area_id: UUID, helper_ids: Sequence[UUID], *, by: Actor) -> PairingProposal | None:
    """Classes without a helper shared out among some helpers by students; none where there are no helpers.

    Rights: needs.pair on the area. Nothing is written.
    """
    require(by, PAIR, area_id=area_id)
    labels = dict(Account.objects.filter(id__in=helper_ids, is_active=True).order_by("label", "id")
                  .values_list("id", "label"))  # fmt: skip
    if not labels:
        return None
    free = [c for c in classes(area_id, by=by) if c.link is None]
    had = loads_of(list(labels))
    ids = list(labels)
    found = pair(np.array([c.heads for c in free], np.int64), np.array([had.get(i, (0, 0))[1] for i in ids], np.int64))
    given: dict[int, list[Paired]] = {}
    for c, m in zip(free, found.helper, strict=True):
        given.setdefault(m, []).append(c)
    helpers = [Helper(i, labels[i], had.get(i, (0, 0)), given.get(n, [])) for n, i in enumerate(ids)]
    return PairingProposal(helpers, found.bound, found.is_best)
