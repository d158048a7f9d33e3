"""Somebody who cannot come is met at the door: in this round, and by a mark on the register in the next ones too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.grid.services import end_flag, set_flag
from lianfang.domains.rounds.services import ask_home as ask_it

FLAG = "home-sampling"


def ask_home(*, round_id: UUID, unit_ids: Sequence[UUID], is_home: bool, by: Actor, at: datetime) -> list[Outcome]:
    """These people are to be met at home, or no longer; the mark stays with them for the rounds to come.

    Repeat: "repeated". Rights and outcomes: as rounds.ask_home; the mark needs grid.write where they live.
    People report by the door, so a mark is set one by one.
    """
    with transaction.atomic():
        done = ask_it(round_id=round_id, unit_ids=unit_ids, is_home=is_home, by=by, at=at)
        for person_id in [o.id for o in done if not o.code]:
            if is_home:
                set_flag(person_id=person_id, flag=FLAG, source="round", by=by, at=at)
            else:
                end_flag(person_id=person_id, flag=FLAG, by=by, at=at)
    return done
