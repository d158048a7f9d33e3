"""Permits as a community's worker asks for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from lianfang.domains.gates.models import Permit
from lianfang.domains.gates.services import apply_permit, decide_permit
from tests.factories.place import Place


def task_pass(place: Place, at: datetime) -> Permit:
    """A pass for a task of the worker, for two hours, not decided yet."""
    return apply_permit(
        permit_id=uuid4(), kind="task", person_id=None, account_id=place.accounts["grid"].id, plea_id=None,
        area_id=place.area["committee"], purpose="送药", where="市一医院", plate="", mode="walk", from_at=at,
        until_at=at + timedelta(hours=2), deadline_at=None, is_fast=False, fast_why="", incident_id=None,
        by=place.actor("grid"), at=at,
    )  # fmt: skip


def issued_pass(place: Place, at: datetime) -> Permit:
    """The same, granted by the lead."""
    permit = task_pass(place, at)
    assert permit.decision_id is not None
    return decide_permit(decision_id=permit.decision_id, says="grant", reason="", by=place.actor("lead"), at=at)
