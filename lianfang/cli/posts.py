"""Posts of a place: sign-ins with their roles, the duty list, who answers for an area."""

from __future__ import annotations

import argparse
import secrets
from uuid import uuid5

from django.contrib.auth.hashers import make_password
from django.db import transaction

from lianfang.base import clock
from lianfang.base.errors import Missing
from lianfang.cli.up import SYSTEM, system_actor
from lianfang.domains.accounts.queries import account_named
from lianfang.domains.accounts.services import end_grants, grant_role, open_account
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.grid.services import answer_for
from lianfang.domains.responders.services import put_on_duty


def account(chosen: argparse.Namespace) -> int:
    """Open a sign-in with one role on an area's subtree, printing its first password once; or end its roles there."""
    by, at, area = system_actor(), clock.now(), area_of_code(chosen.area)
    if chosen.action == "end":
        n = end_grants(account_id=account_named(chosen.username).id, area_id=area.id, by=by, at=at)
        print(f"{n} roles ended")
        return 0
    if not chosen.role:
        raise ValueError("--role is needed to add an account")
    with transaction.atomic():
        return _add(chosen)


def _add(chosen: argparse.Namespace) -> int:
    by, at, area = system_actor(), clock.now(), area_of_code(chosen.area)
    password = ""
    try:
        found = account_named(chosen.username)
    except Missing:
        password = secrets.token_urlsafe(12)
        found = open_account(
            account_id=uuid5(SYSTEM, "account " + chosen.username),
            username=chosen.username,
            person_id=None,
            label=chosen.label or f"{chosen.role} · {area.name}",
            password_hash=make_password(password),
            is_first_password=True,
            area_id=area.id,
            by=by,
            at=at,
        )
    grant_id = uuid5(found.id, f"{chosen.role} {area.id} {at.isoformat()}")
    grant_role(grant_id=grant_id, account_id=found.id, role=chosen.role, area_id=area.id, until_at=None, by=by, at=at)
    print(f"{chosen.username}: {chosen.role} on {area.name} and below")
    if password:
        print(f"first password of {chosen.username}: {password}")
    return 0


def duty(chosen: argparse.Namespace) -> int:
    """A line of the duty list, or who answers for an area, from now; whoever stood there before leaves it."""
    by, at, area = system_actor(), clock.now(), area_of_code(chosen.area)
    found = account_named(chosen.username)
    line = uuid5(found.id, f"{chosen.role} {area.id} {chosen.position} {at.isoformat()}")
    if chosen.answers:
        answer_for(
            answerer_id=line,
            role=chosen.role,
            area_id=area.id,
            household_id=None,
            account_id=found.id,
            phone=chosen.phone,
            by=by,
            at=at,
        )
        print(f"{chosen.username} answers for {area.name}")
    else:
        put_on_duty(
            duty_id=line, role=chosen.role, area_id=area.id, account_id=found.id, position=chosen.position, by=by, at=at
        )
        print(f"{chosen.username} is told number {chosen.position + 1} for {chosen.role} in {area.name}")
    return 0
