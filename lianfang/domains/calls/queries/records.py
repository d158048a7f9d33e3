"""What somebody has served, turn by turn: for himself, for his body, for where he lives; records; the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.base.service import canonical
from lianfang.domains.accounts.queries import bodies_administered, post_of, visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.errors import FeedMissing, RecordMissing
from lianfang.domains.calls.models import Claim, DutyNote, Feed, ServiceRecord
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.rules.records import Turn, address_text, id_claimed, is_proven, name_proof
from lianfang.domains.privacy.queries import opened, site_key
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries import responders_seen

RECORD, CALENDAR = "service record", "calendar"
MOST_TURNS = 2000  # of one person: five years of a turn a day
FEED_BACK = timedelta(days=60)


def _turn(c: Claim) -> Turn:
    call = c.shift.call
    host = {"zh": call.area.name, "en": call.area.name_en or call.area.name}
    assert c.checked_in_at is not None, "a turn begins by coming"
    return Turn(c.id, c.checked_in_at, c.checked_out_at, call.task, call.title, host, getattr(c, "signed", "") or "",
                c.hours_at if c.hours_by != c.account_id else None)  # fmt: skip


def _come(rows: QuerySet[Claim]) -> QuerySet[Claim]:
    rows = rows.exclude(checked_in_at=None).select_related("shift__call__area").defer("shift__call__area__outline")
    return rows.annotate(signed=post_of("hours_by")).order_by("-checked_in_at", "id")


def turns_of(account_id: UUID, *, by: Actor, from_at: datetime | None = None,
             until_at: datetime | None = None) -> list[Turn]:  # fmt: skip
    """The turns of the actor himself, the newest first; of anybody else none."""
    if account_id != by.id:
        return []
    rows = _come(Claim.objects.filter(account_id=account_id))
    rows = rows.filter(checked_in_at__gte=from_at) if from_at else rows
    rows = rows.filter(checked_in_at__lt=until_at) if until_at else rows
    return [_turn(c) for c in rows[:MOST_TURNS]]


@dataclass(frozen=True)
class PersonTurn:
    """One turn of somebody of a body, or who lives somewhere, by his post."""

    account_id: UUID
    post: str
    turn: Turn


def turns_of_body(body_id: UUID, *, by: Actor, from_at: datetime, until_at: datetime,
                  limit: int = 100_000) -> list[PersonTurn]:  # fmt: skip
    """Signed turns of a body's people in a span, by post and time: for who administers it alone, else nothing."""
    if body_id not in bodies_administered(by):
        return []
    rows = _come(Claim.objects.filter(organisation_id=body_id, checked_in_at__gte=from_at, checked_in_at__lt=until_at))
    rows = rows.exclude(hours_at=None).annotate(post=post_of("account_id")).order_by("post", "checked_in_at", "id")
    found = [PersonTurn(c.account_id, c.post or "", _turn(c)) for c in rows[:limit]]
    return [p for p in found if p.turn.is_signed]


def names_of_body(body_id: UUID, account_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, str]:
    """Names of a body's people who are on the register, for who administers it; each read is noted."""
    if body_id not in bodies_administered(by):
        return {}
    rows = responders_seen(by).filter(id__in=list(account_ids), account__organisation_id=body_id)
    return {i: v["name"] for i, v in opened(list(rows), by=by, whole=True).items()}


def claims_of_residents(area_id: UUID, *, by: Actor, from_at: datetime, until_at: datetime) -> list[Claim]:
    """Claims of people who live in an area and below, wherever and for whichever unit they serve, with their post.

    Rights: responders.read where they live. The rows are those that their unit's head sees.
    """
    areas = visible_areas(by, "responders.read")
    living = Responder.objects.filter(home_area_id__in=ids_below(area_id)).filter(home_area_id__in=areas)
    rows = Claim.objects.filter(account_id__in=living.values("id"), shift__starts_at__gte=from_at,
                                shift__starts_at__lt=until_at).exclude(state__in=("released", "asking"))  # fmt: skip
    home = Responder.objects.filter(id=OuterRef("account_id"))
    rows = rows.select_related("shift__call__area").defer("shift__call__area__outline")
    rows = rows.annotate(post=post_of("account_id"), home=Subquery(home.values("home_area__name")[:1]))
    return list(rows.order_by("-shift__starts_at", "id")[:500])


def said_of_turns(shift_ids: Sequence[UUID], *, by: Actor) -> dict[UUID, list[str]]:
    """What people said of turns they had served, by shift, for who leads it: their words and not who said them."""
    if not shift_ids:
        return {}
    lead = of_calls(by, "calls.lead", path="claim__shift__call__")
    notes = DutyNote.objects.filter(lead, claim__shift_id__in=shift_ids, kind="feedback")
    notes = notes.annotate(account_id=F("claim__account_id"), shift_id=F("claim__shift_id"))
    rows = list(notes.order_by("id"))  # an order that tells nothing of who was first
    words = opened(rows, by=by, fields=("words",), whole=True, subject="account_id")
    out: dict[UUID, list[str]] = {}
    for n in rows:
        out.setdefault(n.shift_id, []).append(words[n.id]["words"])
    return out


def claims_spoken_of(by: Actor) -> set[UUID]:
    """The actor's own claims of which he has said something."""
    rows = DutyNote.objects.filter(kind="feedback", claim__account_id=by.id)
    return set(rows.values_list("claim_id", flat=True))


def own_records(by: Actor) -> list[ServiceRecord]:
    """Records the actor has had made, the newest first."""
    return list(ServiceRecord.objects.filter(account_id=by.id).order_by("-made_at", "id")[:50])


def own_record_of_service(record_id: UUID, *, by: Actor) -> ServiceRecord:
    """One of these. Raises RecordMissing."""
    found = ServiceRecord.objects.filter(id=record_id, account_id=by.id).first()
    if found is None:
        raise RecordMissing()
    return found


def _said(record: ServiceRecord) -> bytes:
    """All that a record's proof stands for: a line changed in the database is as false as one changed on paper."""
    said: list[Any] = [record.account_id, record.from_on, record.until_on, record.lines, record.name_proof]
    return canonical(said)


def record_text(record: ServiceRecord) -> str:
    """What the square of a record holds: which it is, and the site's proof of it and of all its lines."""
    return address_text(site_key(), RECORD, record.id, _said(record))


def record_shown(text: str) -> ServiceRecord:
    """The record behind an address, revoked or not; for anybody. Raises RecordMissing: none of ours, or changed."""
    claimed = id_claimed(text)
    found = ServiceRecord.objects.filter(id=claimed).first() if claimed else None
    if found is None or not is_proven(site_key(), RECORD, found.id, text, _said(found)):
        raise RecordMissing()
    return found


def is_named(record: ServiceRecord, name: str) -> bool:
    """Whether a record was made out to this name, blanks aside."""
    return bool(record.name_proof) and record.name_proof == name_proof(site_key(), record.id, name)


def feed_of(by: Actor) -> str:
    """The text of the actor's calendar address; "" while he has none."""
    found = Feed.objects.filter(account_id=by.id).first()
    return address_text(site_key(), CALENDAR, found.id) if found else ""


def claims_of_feed(text: str, *, at: datetime) -> list[Claim]:
    """Claims of who has this address, from some weeks ago on, given back ones too. Raises FeedMissing."""
    claimed = id_claimed(text)
    found = Feed.objects.filter(id=claimed).first() if claimed else None
    if found is None or not is_proven(site_key(), CALENDAR, found.id, text):
        raise FeedMissing()
    rows = Claim.objects.filter(account_id=found.account_id, shift__ends_at__gt=at - FEED_BACK)
    rows = rows.exclude(state__in=("asking", "no_show")).select_related("shift__call__area")
    return list(rows.defer("shift__call__area__outline").order_by("shift__starts_at", "id")[:500])


def record_days(record: ServiceRecord) -> tuple[date, date, int]:
    """First and last day of a record, and its minutes."""
    return record.from_on, record.until_on, sum(line["minutes"] for line in record.lines)


def may_revoke(record: ServiceRecord, *, by: Actor) -> bool:
    """Whether the actor may revoke a record: his own, or one of whom he keeps on the register."""
    areas = visible_areas(by, "responders.write")
    kept = Q(account__area_id__in=areas) | Q(home_area_id__in=areas)
    return record.account_id == by.id or Responder.objects.filter(kept, id=record.account_id).exists()
