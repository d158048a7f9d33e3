"""Pleas that come by a chat account or another program: each gets its number and its promise, as at any desk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field, StringConstraints

from lianfang.api.door import Line, Sent, Word, actor_of, route
from lianfang.base import clock
from lianfang.domains.needs.queries import plea_standing, stands
from lianfang.domains.needs.services import NewPlea, take_in
from lianfang.domains.needs.services.taking import MOST_WORDS, raise_refusal

TAKE = "needs.take"
Told = Annotated[str, StringConstraints(max_length=MOST_WORDS), Field(description="as the asker wrote it")]


class PleaIn(Sent):
    """A plea in its asker's own words. The same `id` again is the same plea, with the same number."""

    id: UUID
    channel: Literal["message", "phone", "police", "guard"] = "message"
    words: Told
    area_id: UUID
    phone: Line = ""
    name: Line = ""
    address: Line = ""
    kind: Word = ""
    danger: Word = ""


class PleaOut(Schema):
    """What its asker may be told: the number, until when somebody answers, and how it stands. Never what was said."""

    id: UUID
    number: int
    reply_by: datetime
    stands: str


def _shown(request: HttpRequest, plea_id: UUID) -> PleaOut:
    found = plea_standing(plea_id, by=actor_of(request))
    return PleaOut(id=found.id, number=found.number, reply_by=found.reply_by, stands=stands(found))


@route("POST", "/pleas", scopes=[TAKE], gives=PleaOut, name="pleas")
def take(request: HttpRequest, sent: PleaIn) -> PleaOut:
    """Take a plea in, of the program's area: it is read by the cues, and put to whoever answers for the place."""
    by, at = actor_of(request), clock.now()
    plea = NewPlea(sent.id, sent.channel, sent.words, by, at, name=sent.name, phone=sent.phone, address=sent.address,
                   area_id=sent.area_id, kind=sent.kind, danger=sent.danger)  # fmt: skip
    raise_refusal(take_in(pleas=[plea], by=by, at=at)[0])
    return _shown(request, sent.id)


@route("GET", "/pleas/{uuid:plea_id}", scopes=[TAKE], gives=PleaOut, name="plea")
def plea(request: HttpRequest, plea_id: UUID) -> PleaOut:
    """How a plea of the program's area stands, in the plain states that its asker reads."""
    return _shown(request, plea_id)
