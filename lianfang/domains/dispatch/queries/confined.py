"""What the register says of a trip by now: drivers who may not leave, and people who live behind another door."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.gates.models import Permit
from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.models import HoldBuilding
from lianfang.domains.holds.queries import holds_of, live_holds


def confined_drivers(account_ids: Collection[UUID], *, from_at: datetime, until_at: datetime) -> set[UUID]:
    """Of some accounts those whose person may not be out from a time to a time.

    By what speaks first of his holds as it stands when he leaves; a pass that was granted for the whole time lets him.
    Edge: an account that names no person of the register is confined by nothing.
    """
    rows = Account.objects.filter(id__in=account_ids).exclude(person_id=None)
    people: dict[UUID, UUID] = {p: a for a, p in rows.values_list("id", "person_id") if p}
    held = {people[p] for p in _held(people, from_at) if not _may_leave(p, from_at)}
    passes = Permit.objects.filter(Q(account_id__in=held) | Q(person_id__in=people), state__in=("issued", "out"),
                                   from_at__lte=from_at, until_at__gte=until_at)  # fmt: skip
    named = passes.values_list("account_id", "person_id") if held else []
    return held - {a for a, _ in named if a} - {people[p] for _, p in named if p}


def held_drivers(account_ids: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Of some accounts those whose person any hold is about now, in four questions for any number: to look closer."""
    rows = Account.objects.filter(id__in=account_ids).exclude(person_id=None)
    people: dict[UUID, UUID] = {p: a for a, p in rows.values_list("id", "person_id") if p}
    return {people[p] for p in _held(people, at)} if people else set()


def _held(people: Collection[UUID], at: datetime) -> set[UUID]:
    """Those whom any hold is about, asked in three questions for any number: nearly always nobody."""
    homes = Presence.objects.filter(person_id__in=people, to_on=None, kind__in=("lives", "stays"))
    behind = dict(homes.values_list("person_id", "building_id"))
    live = live_holds(at)
    inside = HoldBuilding.objects.filter(building_id__in=behind.values(), hold__in=live.filter(person=None))
    buildings = set(inside.values_list("building_id", flat=True))
    own = set(live.filter(person_id__in=people).values_list("person_id", flat=True))
    return {p for p in people if p in own or behind.get(p) in buildings}


def _may_leave(person_id: UUID, at: datetime) -> bool:
    first = holds_of(person_id, at=at)[0]
    rules = {first.rules.get("leave_home", "yes"), first.rules.get("leave_zone", "yes")}
    return first.effect != "restrict" or rules == {"yes"}


def moved_since(rides: Iterable[Ride]) -> set[UUID]:
    """Of some rides those whose person lives or stays behind another door than the one he was asked for.

    Edge: who lives nowhere on the register any more, or is fetched from no door, is none of them.
    """
    asked = {r.id: (r.person_id, r.household_id) for r in rides if r.person_id and r.household_id}
    rows = Presence.objects.filter(
        person_id__in=[p for p, _ in asked.values()], to_on=None, kind__in=("lives", "stays")
    )
    doors: dict[UUID, set[UUID]] = {}
    for person, door in rows.values_list("person_id", "household_id"):
        if door:
            doors.setdefault(person, set()).add(door)
    return {i for i, (p, door) in asked.items() if p and doors.get(p) and door not in doors[p]}
