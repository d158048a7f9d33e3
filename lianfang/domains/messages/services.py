"""Writing to people, marking what became of it, taking their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.base.bulk import insert_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.editions.queries import part, values_by_area
from lianfang.domains.messages.errors import AnsweredOtherwise, AnswerUnknown, BlankMissing
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import message_for, template_of
from lianfang.domains.messages.rules import blanks_of, hour_of_day, retry_after, sends_at
from lianfang.domains.privacy.queries import sealed


@dataclass(frozen=True)
class Writing:
    """One message to write: to whom, about what, with the template's blanks.

    A blank's value is plain, or words by language ({zh, en}), or a moment (ISO 8601 with its zone).
    """

    id: UUID
    recipient_kind: str
    recipient_id: UUID
    values: Mapping[str, Any] = field(default_factory=dict)
    about_id: UUID | None = None
    area_id: UUID | None = None
    channel: str = "page"


@service("messages.write_messages", door=False)
def write_messages(
    *, writings: Sequence[Writing], edition: str, template: str, incident_id: UUID | None, by: Actor, at: datetime
) -> list[Outcome]:
    """Put messages into the outbox; each leaves when quiet hours and the cap a person and day allow.

    Repeat:  a message id that is known is left (outcome "repeated").
    Edge:    beyond the cap a message is kept with the fate "capped" and shown on the recipient's own page only.
    """
    found = part(edition, "templates", template)
    known = set(Message.objects.filter(id__in=[w.id for w in writings]).values_list("id", flat=True))
    fresh = [w for w in writings if w.id not in known]
    if fresh:
        _keep(fresh, found, edition=edition, template=template, incident_id=incident_id, at=at)
    return [Outcome(w.id, "repeated" if w.id in known else "") for w in writings]


def _sent_today(recipients: set[UUID], at: datetime) -> dict[UUID, int]:
    rows = Message.objects.filter(recipient_id__in=recipients, made_at__gt=at - timedelta(days=1)).exclude(
        purpose="warn"
    )
    return dict(rows.values_list("recipient_id").annotate(n=Count("id")))


def _keep(
    fresh: Sequence[Writing],
    found: Mapping[str, Any],
    *,
    edition: str,
    template: str,
    incident_id: UUID | None,
    at: datetime,
) -> None:
    asked = blanks_of(found["zh"], found["en"])
    for w in fresh:
        if asked - set(w.values):
            raise BlankMissing(template=template, blanks=sorted(asked - set(w.values)))
    counts = _sent_today({w.recipient_id for w in fresh}, at)
    scope = "incident" if incident_id else "register"
    values = [(w.id, {"values": dict(w.values)}) for w in fresh]
    blobs = sealed(values, scope=scope, scope_id=incident_id, retention="plea")
    limits = values_by_area(edition, ("quiet_hours", "messages_a_day"), {w.area_id for w in fresh}, at=at)
    rows = []
    for w, blob in zip(fresh, blobs, strict=True):
        begins, ends = limits[w.area_id]["quiet_hours"]
        leaves = sends_at(
            localtime(at), purpose=found["purpose"], quiet_from=hour_of_day(begins), quiet_until=hour_of_day(ends)
        )
        capped = found["purpose"] != "warn" and counts.get(w.recipient_id, 0) >= limits[w.area_id]["messages_a_day"]
        counts[w.recipient_id] = counts.get(w.recipient_id, 0) + 1
        rows.append(
            Message(
                id=w.id,
                recipient_kind=w.recipient_kind,
                recipient_id=w.recipient_id,
                channel=w.channel,
                purpose=found["purpose"],
                template=template,
                edition=edition,
                sealed=blob,
                incident_id=incident_id,
                about_id=w.about_id,
                area_id=w.area_id,
                fate="capped" if capped else "waiting",
                why="messages.cap" if capped else "messages.quiet_hours" if leaves > at else "",
                due_at=leaves,
                made_at=at,
            )
        )
    insert_rows(Message, rows)


MOST_PAGES = 200_000  # messages shown by one statement: a warning to a city takes a few runs, not hours


@service("messages.show_pages")
def show_pages(*, by: Actor, at: datetime) -> int:
    """Messages to people's own pages have left when they are due, all in one statement: nothing carries them."""
    rows = Message.objects.filter(fate="waiting", channel="page", due_at__lte=at).order_by("due_at")
    ids = rows.select_for_update(skip_locked=True).values("id")[:MOST_PAGES]
    shown = Message.objects.filter(id__in=ids).update(fate="sent", sent_at=at, why="")
    if not shown:
        raise Repeated(0)
    return shown


@service("messages.mark_sent")
def mark_sent(*, sent: Sequence[UUID], failed: Sequence[tuple[UUID, str]], by: Actor, at: datetime) -> int:
    """What became of messages that were tried: sent, or to be tried again, or failed for good with its reason."""
    Message.objects.filter(id__in=sent, fate="waiting").update(fate="sent", sent_at=at, why="")
    whys = dict(failed)
    for m in Message.objects.select_for_update().filter(id__in=whys, fate="waiting"):
        m.tries += 1
        wait = retry_after(m.tries)
        m.fate, m.why, m.due_at = ("waiting", whys[m.id], at + wait) if wait else ("failed", whys[m.id], m.due_at)
        m.save(update_fields=["tries", "fate", "why", "due_at"])
    return len(sent)


@service("messages.mark_read")
def mark_read(*, message_ids: Sequence[UUID], recipient_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """The recipient has seen them."""
    return (
        Message.objects.filter(id__in=message_ids, recipient_id__in=recipient_ids, read_at=None)
        .exclude(fate="answered")
        .update(read_at=at, fate="read")
    )


@service("messages.take_answer")
def take_answer(*, message_id: UUID, answer: str, recipient_ids: list[UUID], by: Actor, at: datetime) -> Message:
    """The recipient's answer, one of those the message offers.

    Repeat: the same answer again. Raises: MessageMissing, AnswerUnknown, AnsweredOtherwise.
    """
    message = message_for(message_id, recipient_ids=recipient_ids)
    if answer not in [a["name"] for a in template_of(message).get("answers", [])]:
        raise AnswerUnknown(answer=answer)
    if message.answer == answer:
        raise Repeated(message)
    if message.answer:
        raise AnsweredOtherwise(answer=message.answer)
    message.answer, message.answered_at, message.fate = answer, at, "answered"
    message.read_at = message.read_at or at
    message.save(update_fields=["answer", "answered_at", "fate", "read_at"])
    return message


@service("messages.forget_values", door=False)
def forget_values(*, made_before: datetime, limit: int, by: Actor, at: datetime) -> int:
    """Personal values of messages without an incident, made before a time, are gone; that one was sent stays. How many.

    Called by the house's jobs. At most `limit`, the oldest first; none that still waits.
    """
    old = Message.objects.filter(incident_id=None, made_at__lt=made_before).exclude(sealed=b"").exclude(fate="waiting")
    ids = list(old.order_by("made_at").values_list("id", flat=True)[:limit])
    return Message.objects.filter(id__in=ids).update(sealed=b"")
