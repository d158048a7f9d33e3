"""Sampling closes: nobody is left without a named state; where every tube has its result, the round has its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.services import close_sampling as close_it
from lianfang.domains.rounds.services import note_results_in
from lianfang.domains.sampling.queries import tubes_waiting


def close_sampling(*, round_id: UUID, by: Actor, at: datetime) -> Round:
    """Close the sampling of a round; its results are in at once if no tube waits for one.

    Rights and refusals: as rounds.close_sampling. Repeat: nothing changes.
    """
    with transaction.atomic():
        found = close_it(round_id=round_id, by=by, at=at)
        if found.state == "sampling-closed" and not tubes_waiting(found):
            found = note_results_in(round_id=round_id, by=by, at=at)
    return found
