"""Records of service handed out and revoked; the secret address of one's own shifts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls.errors import CallUnfit, NothingSigned, ReasonMissing, RecordMissing
from lianfang.domains.calls.models import Feed, ServiceRecord
from lianfang.domains.calls.queries.records import may_revoke, turns_of
from lianfang.domains.calls.queries.seen import LOCAL
from lianfang.domains.calls.rules.records import name_proof
from lianfang.domains.privacy.queries import site_key
from lianfang.domains.responders.queries import own_card


@service("calls.make_record")
def make_record(*, record_id: UUID, from_on: date, until_on: date, by: Actor, at: datetime) -> ServiceRecord:
    """Hand out a record of one's own confirmed turns of some days, both included; the name is in it as a proof alone.

    Repeat: same record id: the first. Rights: oneself. Raises: CallUnfit (no days), NothingSigned.
    """
    known = ServiceRecord.objects.filter(id=record_id, account_id=by.id).first()
    if known:
        raise Repeated(known)
    if until_on < from_on:
        raise CallUnfit(field="until", fix=from_on.isoformat())
    first = datetime.combine(from_on, time(), LOCAL)
    last = datetime.combine(until_on + timedelta(days=1), time(), LOCAL)
    turns = [t for t in turns_of(by.id, by=by, from_at=first, until_at=last) if t.is_signed]
    if not turns:
        raise NothingSigned()
    _, told = own_card(by, at=at)
    lines = [t.line(LOCAL) for t in reversed(turns)]
    return ServiceRecord.objects.create(
        id=record_id, account_id=by.id, from_on=from_on, until_on=until_on, lines=lines,
        name_proof=name_proof(site_key(), record_id, told.get("name", "")), made_at=at,
    )  # fmt: skip


@service("calls.revoke_record", told=("reason",))
def revoke_record(*, record_id: UUID, reason: str, by: Actor, at: datetime) -> ServiceRecord:
    """A record holds no more: its address says so from now on, and why it was taken back stays inside.

    Repeat: revoked before. Rights: one's own, or responders.write about its holder. Locks: the record.
    Raises: RecordMissing, ReasonMissing.
    """
    found = ServiceRecord.objects.select_for_update().filter(id=record_id).first()
    if found is None or not may_revoke(found, by=by):
        raise RecordMissing()
    if found.revoked_at is not None:
        raise Repeated(found)
    if not reason.strip():
        raise ReasonMissing()
    found.revoked_at, found.revoked_by, found.why = at, by.id, reason.strip()[:200]
    found.save(update_fields=["revoked_at", "revoked_by", "why"])
    return found


@service("calls.renew_feed")
def renew_feed(*, feed_id: UUID, by: Actor, at: datetime) -> Feed:
    """A new secret address for one's own shifts; the one before shows nothing from now on.

    Repeat: same feed id: nothing changes. Rights: oneself, who may take shifts (calls.claim).
    """
    require(by, "calls.claim")
    known = Feed.objects.filter(id=feed_id, account_id=by.id).first()
    if known:
        raise Repeated(known)
    Feed.objects.filter(account_id=by.id).delete()
    return Feed.objects.create(id=feed_id, account_id=by.id, made_at=at)


@service("calls.end_feed")
def end_feed(*, by: Actor, at: datetime) -> None:
    """No address shows one's shifts any more. Repeat: harmless. Rights: oneself."""
    Feed.objects.filter(account_id=by.id).delete()
