"""Messages of a recipient, in their words, and what is due to leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.domains.editions.models import Edition
from lianfang.domains.editions.queries import COMMON, part
from lianfang.domains.messages.errors import MessageMissing
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.rules import blanks_of, filled, worded
from lianfang.domains.messages.rules import span_words as span_words
from lianfang.domains.privacy.queries import opened


def message_for(message_id: UUID, *, recipient_ids: list[UUID]) -> Message:
    """A message to one of the recipients. Raises MessageMissing, also for somebody else's."""
    found = Message.objects.filter(id=message_id, recipient_id__in=recipient_ids).first()
    if found is None:
        raise MessageMissing(message=str(message_id))
    return found


def template_of(message: Message) -> Any:
    """The template a message was made from."""
    return part(message.edition, "templates", message.template)


def blanks_of_template(template: str, edition: str) -> set[str]:
    """The blanks that a template of an edition leaves open: whoever writes it has to fill them all."""
    found = part(edition, "templates", template)
    return blanks_of(found["zh"], found["en"])


def _templates(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    asked = Edition.objects.filter(Q(code__in={e for e, _ in wanted}) | Q(hazard=COMMON))
    rows = list(asked.order_by("valid_from").values_list("code", "hazard", "body__templates"))
    found = {(code, t["name"]): t for code, _, body in rows for t in body or []}
    shared = {
        t["name"]: t for _, hazard, body in rows if hazard == COMMON for t in body or []
    }  # the newest speaks last
    return {key: found.get(key) or shared[key[1]] for key in wanted}


def in_words(messages: list[Message], *, by: Actor) -> list[dict[str, Any]]:
    """Messages with their texts in each language and the answers they offer."""
    values = opened(messages, by=by, fields=("values",), whole=True, subject="recipient_id")
    templates = _templates({(m.edition, m.template) for m in messages})
    out = []
    for m in messages:
        t, given = templates[m.edition, m.template], values[m.id]["values"] or {}
        texts = {
            tongue: filled(t[tongue], {k: worded(v, tongue, localtime) for k, v in given.items()})
            for tongue in ("zh", "en")
        }
        out.append({"message": m, **texts, "answers": t.get("answers", [])})
    return out


def inbox(recipient_ids: list[UUID], *, limit: int = 30) -> list[Message]:
    """The newest messages to a recipient, those too that wait for the morning: one's own page wakes nobody."""
    return list(Message.objects.filter(recipient_id__in=recipient_ids).order_by("-made_at")[:limit])


def due(at: datetime, *, limit: int = 2000) -> QuerySet[Message]:
    """Messages that may leave now and wait to be carried, oldest first: those to people's own pages do not."""
    return Message.objects.filter(fate="waiting", due_at__lte=at).exclude(channel="page").order_by("due_at")[:limit]


def fates(incident_id: UUID) -> dict[str, int]:
    """How many messages of an incident have which fate: every message has one."""
    return dict(Message.objects.filter(incident_id=incident_id).values_list("fate").annotate(n=Count("id")))
