"""Taking a register file and settling its rows: doors that change their area take their open work along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.grid.models import RegisterFile
from lianfang.domains.grid.queries import buildings_of_moves, rehoused
from lianfang.domains.grid.services import RowWord, apply_file, settle_rows
from lianfang.domains.holds.queries import buildings_held
from lianfang.domains.work.services import follow_doors


def take_file(*, file_id: UUID, leave: Sequence[UUID], by: Actor, at: datetime) -> RegisterFile:
    """Take a file but for the rows left, as `grid.apply_file`; the work at doors that changed their area goes along."""
    with transaction.atomic():
        held = buildings_held(buildings_of_moves(file_id, by=by), at=at)
        file = apply_file(file_id=file_id, leave=leave, held_building_ids=held, by=by, at=at)
        _work_follows(file_id, by=by, at=at)
        return file


def settle_file_rows(
    *, file_id: UUID, do: str, words: Sequence[RowWord], why: str, by: Actor, at: datetime
) -> list[Outcome]:
    """Apply or leave rows of a file that was taken, as `grid.settle_rows`; the work at such doors goes along."""
    with transaction.atomic():
        held = buildings_held(buildings_of_moves(file_id, by=by), at=at)
        done = settle_rows(file_id=file_id, do=do, words=words, why=why, held_building_ids=held, by=by, at=at)
        _work_follows(file_id, by=by, at=at)
        return done


def _work_follows(file_id: UUID, *, by: Actor, at: datetime) -> None:
    for was, to, units in rehoused(file_id, by=by, at=at):
        follow_doors(unit_ids=units, from_area_id=was, to_area_id=to, by=by, at=at)
