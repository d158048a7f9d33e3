"""What all services of claims share: locks in one order, counters, the state of a call, moving up from the waitlist.

Locks are always taken in this order, each sorted by id: shifts, accounts, calls. So no two batches wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.fields import braced
from lianfang.base.prepared import Prepared
from lianfang.domains.accounts.models import Account
from lianfang.domains.areas.models import Area
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries.roles import heads_by_role, role_skills
from lianfang.domains.calls.rules import FIRM, Waiting, answer_by, move_up
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.messages.services import Writing, write_messages

LEASE = ("offer_share", "offer_most_minutes", "offer_least_minutes")


class Asker(NamedTuple):
    """What of an account says whether it may ask: hundreds come at once, so no whole rows are built."""

    id: UUID
    organisation_id: UUID | None
    is_active: bool


SPARE = 8  # looked at beyond the free places, for those who took a shift elsewhere in the same moment
FIRST_WAITING = """
SELECT w.id, w.shift_id, w.account_id, w.starts_at, w.ends_at FROM (
  SELECT c.id, c.shift_id, c.account_id, s.starts_at, s.ends_at, s.places - s.taken AS free,
         row_number() OVER (PARTITION BY c.shift_id ORDER BY c."order") AS n
  FROM calls_claim c JOIN calls_shift s ON s.id = c.shift_id
  WHERE c.shift_id = ANY(%s) AND c.state = 'waiting' AND (%s OR c.account_id = ANY(%s))
    AND NOT EXISTS (
      SELECT FROM calls_claim o JOIN calls_shift t ON t.id = o.shift_id
      WHERE o.account_id = c.account_id AND o.state = ANY(%s) AND t.starts_at < s.ends_at AND s.starts_at < t.ends_at)
) w WHERE w.n <= w.free + %s OR w.shift_id = ANY(%s) ORDER BY w.shift_id, w.n
"""
STATES = """
UPDATE calls_call c SET state = v.state FROM (
  SELECT s.call_id, CASE WHEN bool_and(s.taken >= s.places) THEN 'full' ELSE 'open' END AS state
  FROM calls_shift s WHERE s.call_id = ANY(%s) GROUP BY s.call_id) v
WHERE c.id = v.call_id AND c.state NOT IN ('closed', v.state) AND c.opens_at <= %s
"""


def locked_shifts(ids: Iterable[UUID]) -> dict[UUID, Shift]:
    """Shifts with their calls, locked in the order of their ids until the transaction ends.

    The calls are read once the locks are held: many shifts are of few calls, and none is older than the shift.
    """
    rows = _SHIFTS(ids=braced(set(ids)))
    calls = {c.id: c for c in _CALLS(ids=braced({s.call_id for s in rows}))}
    for s in rows:
        s.call = calls[s.call_id]
    return {s.id: s for s in rows}


def locked_accounts(ids: Iterable[UUID]) -> dict[UUID, Asker]:
    """Accounts, locked in the order of their ids: nobody is given two shifts at one time by two doors."""
    return {row[0]: Asker(*row) for row in _ACCOUNTS(ids=braced(set(ids)))}


def _shifts(*, ids: str) -> QuerySet[Shift]:
    return Shift.objects.select_for_update(no_key=True).filter(id__any=ids).order_by("id")


def _accounts(*, ids: str) -> QuerySet[Account, tuple[object, ...]]:
    rows = Account.objects.select_for_update(no_key=True).filter(id__any=ids).order_by("id")
    return rows.values_list("id", "organisation_id", "is_active")


_SHIFTS, _ACCOUNTS = Prepared(_shifts, ids=str), Prepared(_accounts, ids=str)
_CALLS = Prepared(lambda *, ids: Call.objects.filter(id__any=ids), ids=str)


def count_places(shifts: Sequence[Shift]) -> None:
    """Write the counters of locked shifts in one statement."""
    update_rows(Shift, shifts, ["taken", "waiting", "asked"])


def set_call_states(call_ids: Iterable[UUID], at: datetime) -> None:
    """A call is full when every shift is, and open again when a place is free; the call is locked for that alone.

    Edge: two shifts of one call fill at once: the second waits here and then sees both.
    """
    ids = sorted(set(call_ids))
    if ids:
        list(Call.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id").values_list("id"))
        with connection.cursor() as cursor:
            cursor.execute(STATES, [ids, at])


def _first_waiting(
    shift_ids: Sequence[UUID], whole: Iterable[UUID], accounts: Iterable[UUID] | None = None
) -> list[Waiting]:
    """whole: shifts whose waitlist is looked at to its end, for the first of a role may be the last of it."""
    with connection.cursor() as cursor:
        asked: Sequence[Any] = [list(shift_ids), accounts is None, list(accounts or []), list(FIRM), SPARE, list(whole)]
        cursor.execute(FIRST_WAITING, asked)
        return [Waiting(i, s, a, (starts, ends)) for i, s, a, starts, ends in cursor.fetchall()]


def fill_from_waitlist(shifts: Mapping[UUID, Shift], by: Actor, at: datetime) -> list[Claim]:
    """Free places of locked shifts go to the first who wait and are free at that time; each is told."""
    open_ids = [s.id for s in shifts.values() if s.waiting and s.taken < s.places and at < s.ends_at]
    open_ids = [i for i in open_ids if shifts[i].call.state != "closed"]
    if not open_ids:
        return []
    heads = heads_by_role([shifts[i] for i in open_ids], at=at)
    locked = locked_accounts(w.account_id for w in _first_waiting(open_ids, heads))
    free = {i: shifts[i].places - shifts[i].taken for i in open_ids}
    skills = role_skills(locked, heads, at=at)
    chosen = move_up(_first_waiting(open_ids, heads, locked), free, heads, skills)
    claims = list(Claim.objects.filter(id__in=[w.claim_id for w in chosen]))
    limits = values_by_area(common_edition(), LEASE, {shifts[i].call.area_id for i in open_ids}, at=at)
    for c in claims:
        c.state, c.placed_at = "claimed", at
        c.answer_by = kept_until(shifts[c.shift_id], limits[shifts[c.shift_id].call.area_id], at)
        shifts[c.shift_id].taken += 1
        shifts[c.shift_id].waiting -= 1
    update_rows(Claim, claims, ["state", "placed_at", "answer_by"])
    count_places([shifts[i] for i in open_ids])
    tell_claimants("call-moved-up", [c for c in claims if c.answer_by is None], shifts, by, at)
    tell_claimants("call-offered", [c for c in claims if c.answer_by is not None], shifts, by, at)
    return claims


def kept_until(shift: Shift, limits: Mapping[str, Any], at: datetime) -> datetime | None:
    """Until when a place is kept for somebody who has not said that he comes; none: without an answer."""
    most, least = (timedelta(minutes=limits[f"offer_{n}_minutes"]) for n in ("most", "least"))
    return answer_by(at, shift.starts_at, share=limits["offer_share"], most=most, least=least)


def tell_claimants(
    template: str, claims: Sequence[Claim], shifts: Mapping[UUID, Shift], by: Actor, at: datetime, *, why: str = ""
) -> None:
    """A message to each claimant about the shift, in the words of the common edition; why: where they say it."""
    calls = {shifts[c.shift_id].call_id: shifts[c.shift_id].call for c in claims}
    areas = Area.objects.filter(id__in={c.area_id for c in calls.values()}).only("id", "name", "name_en")
    names = {a.id: {"zh": a.name, "en": a.name_en or a.name} for a in areas}
    by_incident: dict[UUID | None, list[Writing]] = {}
    for c in claims:
        shift = shifts[c.shift_id]
        values = {"area": names[shift.call.area_id], "task": shift.call.title, "from": shift.starts_at.isoformat(),
                  "until": (c.answer_by or shift.starts_at).isoformat(), "why": why}  # fmt: skip
        writing = Writing(uuid5(c.id, f"{template} {at.isoformat()}"), "account", c.account_id, values,
                          about_id=shift.call_id, area_id=shift.call.area_id)  # fmt: skip
        by_incident.setdefault(shift.call.incident_id, []).append(writing)
    for incident, writings in by_incident.items():
        write_messages(writings=writings, edition=common_edition(), template=template, incident_id=incident, by=by,
                       at=at)  # fmt: skip


def tell_adopted(own: Mapping[UUID, list[Shift]], by: Actor, at: datetime) -> None:
    """Each is told once of the shifts that he was given."""
    areas = Area.objects.filter(id__in={s.call.area_id for some in own.values() for s in some}).only("name", "name_en")
    names = {a.id: {"zh": a.name, "en": a.name_en or a.name} for a in areas}
    by_incident: dict[UUID | None, list[Writing]] = {}
    for who, some in own.items():
        call = some[0].call
        values = {"area": names[call.area_id], "task": call.title, "shifts": str(len(some)),
                  "from": some[0].starts_at.isoformat()}  # fmt: skip
        writing = Writing(uuid5(call.id, f"roster {who} {at.isoformat()}"), "account", who, values, about_id=call.id,
                          area_id=call.area_id)  # fmt: skip
        by_incident.setdefault(call.incident_id, []).append(writing)
    for incident, writings in by_incident.items():
        write_messages(writings=writings, edition=common_edition(), template="roster-adopted", incident_id=incident,
                       by=by, at=at)  # fmt: skip
