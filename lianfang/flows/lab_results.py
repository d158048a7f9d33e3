"""A laboratory's results come in: tubes get theirs, what they mean follows, and a round comes to its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.services import locked_rounds, note_results_in
from lianfang.domains.sampling.models import LabFile, Tube
from lianfang.domains.sampling.queries import tubes_waiting
from lianfang.domains.sampling.rules import ResultRow
from lianfang.domains.sampling.services import take_results
from lianfang.flows.positive_tube import follow_results


def take_lab_file(
    *, file_id: UUID, file_name: str, digest: str, rows: Sequence[ResultRow], by: Actor, at: datetime
) -> LabFile:
    """Enter results by tube; all or nothing with what follows from them.

    A positive pool recalls its people and opens their traces; a single result marks or frees a person.
    Repeat: same file id: the first file, nothing follows twice. Rights and refused rows: as sampling.take_results.
    """
    with transaction.atomic():
        # A round's own row first: closing its sampling and the last result never pass each other unseen.
        codes = [r.tube for r in rows if r.tube]
        locked_rounds(Tube.objects.filter(code__in=codes).values_list("round_id", flat=True))
        file = take_results(file_id=file_id, file_name=file_name, digest=digest, rows=rows, by=by, at=at)
        means = Q(result__in=("positive", "invalid")) | Q(round__follows__isnull=False)
        telling = Tube.objects.filter(means, file=file)
        follow_results(list(telling.select_related("area").order_by("code")), by=by, at=at)
        ids = Tube.objects.filter(file=file).values("round_id")
        for found in Round.objects.filter(id__in=ids, state="sampling-closed").order_by("id"):
            if not tubes_waiting(found):
                note_results_in(round_id=found.id, by=by, at=at)
    return file
