"""When thousands press at once: presses that come together are judged together, by the one service, in one transaction.

A press says who it is by a ticket that its page bears, bound to the cookie of the session: so the door asks the
database once for all of them whether account and session stand, and the service what each may take.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext, override
from django.views.decorators.http import require_POST
from psycopg_pool import PoolTimeout

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.once import remembering
from lianfang.base.roles import JOB_ROLE, acting_as
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing, TicketOver
from lianfang.domains.accounts.queries import tickets_standing
from lianfang.domains.accounts.rules import Ticket, session_stamp, ticket_in, ticket_text
from lianfang.domains.calls.errors import ALL, CallUnfit, Rush, ShiftFull
from lianfang.domains.calls.queries import last_places_at, states_of
from lianfang.domains.calls.services import Ask, claim_shifts
from lianfang.domains.devices.queries import live_devices
from lianfang.domains.privacy.queries import site_key
from lianfang.web.messages import sentence

DOOR = Actor(UUID("00000000-0000-4000-8000-000000000002"))  # who hands in a batch; each press in it names its own
TICKET_MINUTES = 15  # who reads longer than that presses through the ordinary form
RETRY_SECONDS = 1
SLOWEST_MS = 8000  # a batch that takes longer is given up, so that the next may try
MOST_BYTES = 1024  # of one press
STATUS = {c.code: c.status for c in (*ALL.values(), RightMissing)}
DONE = {"claimed": "calls.claimed", "waiting": "calls.waiting", "asking": "calls.asking"}


class Press(msgspec.Struct, frozen=True):
    """What a page sends: its ticket, an id of the press that stays the same when it is sent again, the shift."""

    ticket: str
    id: UUID
    shift: UUID
    waits: bool = False
    language: str = ""


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A press whose ticket is sound; whether it still stands is asked with the batch."""

    id: UUID
    shift: UUID
    waits: bool
    language: str
    ticket: Ticket
    session: str
    at: datetime


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it goes out."""

    status: int
    body: bytes


def ticket_for(request: HttpRequest) -> str:
    """The ticket of a page made for whoever is signed in; it ends with the session at the latest."""
    session, now_s = request.session, clock.now().timestamp()
    until_s = min(now_s + TICKET_MINUTES * 60, session.get("begun_s", now_s) + settings.SESSION_HOURS * 3600,
                  session.get("seen_s", now_s) + settings.IDLE_MINUTES * 60)  # fmt: skip
    device = UUID(session["device"]) if "device" in session else None
    account: Any = request.user
    stamp = session_stamp(account.password, account.session_round)
    made = Ticket(account.id, stamp, session.get("mark", ""), device, int(until_s))
    return ticket_text(made, session=session.session_key or "", key=site_key())


_read = msgspec.json.Decoder(Press).decode


def heard(body: bytes, *, session: str, at: datetime) -> Heard | Reply:
    """A press as it was sent, or why it is none."""
    try:
        press = _read(body)
    except msgspec.DecodeError:
        return _refusal(CallUnfit.status, CallUnfit.code)
    ticket = ticket_in(press.ticket, session=session, key=site_key(), now_s=at.timestamp())
    if ticket is None:
        return _over()
    return Heard(press.id, press.shift, press.waits, press.language, ticket, session, at)


def _refusal(status: int, code: str) -> Reply:
    return Reply(status, msgspec.json.encode({"code": code}))


def _full(h: Heard, values: Mapping[str, Any], filled_at: datetime | None) -> Reply:
    """Very many are told at once that a shift is full: the words come along, so that no page need be asked for them."""
    gone = (filled_at, late_seconds(filled_at, h.at)) if filled_at else None
    said = _said_full(tuple(values.items()), gone, h.language)
    return Reply(ShiftFull.status, msgspec.json.encode({"code": ShiftFull.code, "said": said}))


@lru_cache(maxsize=512)
def _said_full(
    values: tuple[tuple[str, Any], ...], gone: tuple[datetime, int | None] | None, language: str
) -> dict[str, str]:
    told = dict(values)
    with override("en" if language == "en" else "zh-hans"):
        said = dict(vars(sentence(ShiftFull.code, told)))
        said["wait"] = gettext("Waitlist: you would be number %(place)s") % told
        said["late"] = ""
        if gone:
            time, late = f"{localtime(gone[0]):%H:%M:%S}", seconds_words(gone[1])
            said["late"] = gettext("The last one went at %(time)s, %(late)s.") % {"time": time, "late": late}
        return said


def late_seconds(filled_at: datetime, at: datetime) -> int | None:
    """How long before a press the last place went; nothing where that says little."""
    seconds = int((at - filled_at).total_seconds())
    return seconds if filled_at < at and seconds < 120 else None


def seconds_words(seconds: int | None) -> str:
    """That long ago, in words."""
    if seconds is None:
        return ""
    return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}


def late_words(filled_at: datetime | None, at: datetime) -> str:
    """How long before a press the last place went, in words; nothing where that says little."""
    return seconds_words(late_seconds(filled_at, at)) if filled_at else ""


def _over() -> Reply:
    return _refusal(TicketOver.status, TicketOver.code)


BUSY = Reply(Rush.status, msgspec.json.encode({"code": Rush.code, "retry_seconds": RETRY_SECONDS}))
TOO_LARGE = _refusal(413, CallUnfit.code)
BROKEN = Reply(500, msgspec.json.encode({"code": Refused.code}))


def take_presses(presses: Sequence[Heard], *, at: datetime) -> list[Reply]:
    """Judge presses in one transaction under the job role; an answer for each, in their order."""
    with acting_as(JOB_ROLE, DOOR), remembering():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(SLOWEST_MS)])
        stands = _standing(presses, at)
        asks = [_ask(h) for h, is_standing in zip(presses, stands, strict=True) if is_standing]
        outcomes = iter(claim_shifts(asks=asks, by=DOOR, at=at) if asks else [])
        done = [next(outcomes) if s else None for s in stands]
        again = [o.values["claim"] for o in done if o is not None and o.code == "repeated"]
        states = {str(i): s for i, s in states_of(again).items()} if again else {}
        full = {h.shift for h, o in zip(presses, done, strict=True) if o is not None and o.code == ShiftFull.code}
        filled = last_places_at(full) if full else {}
    return [_reply(h, o, states, filled) for h, o in zip(presses, done, strict=True)]


def _ask(h: Heard) -> Ask:
    # No right comes from the ticket: the service reads the account's grants as they stand.
    by = Actor(h.ticket.account_id, device=h.ticket.device)
    return Ask(h.id, h.shift, by.id, h.at, by, h.waits)


def _standing(presses: Sequence[Heard], at: datetime) -> list[bool]:
    stands = tickets_standing([(h.ticket, h.session) for h in presses], at=at)
    phones = {h.ticket.device for h in presses if h.ticket.device}
    live = set(live_devices(at).filter(id__in=phones).values_list("id", flat=True)) if phones else set()
    return [s and (h.ticket.device is None or h.ticket.device in live) for s, h in zip(stands, presses, strict=True)]


def _reply(h: Heard, done: Outcome | None, states: Mapping[str, str], filled: Mapping[UUID, datetime]) -> Reply:
    if done is None:
        return _over()
    if done.code in ("", "repeated"):
        state = states.get(done.values["claim"], "") if done.code else done.values["state"]
        return Reply(200, msgspec.json.encode({"code": done.code, "state": state, "said": DONE.get(state, "")}))
    if done.code == ShiftFull.code:
        return _full(h, done.values, filled.get(h.shift))
    return _refusal(STATUS.get(done.code, Refused.status), done.code)


def answered(presses: Sequence[Heard]) -> list[Reply]:
    """Answers whatever happens: a database that is away or slow is busy, and one bad press spoils no other's.

    The connection is kept from batch to batch; after a failure the next batch has a new one.
    """
    try:
        return take_presses(presses, at=clock.now()) if presses else []
    except (OperationalError, InterfaceError, PoolTimeout):
        connection.close()
        return [BUSY] * len(presses)
    except Exception:
        connection.close()
        if len(presses) == 1:
            logging.getLogger(__name__).exception("a press that nobody can judge")
            return [BROKEN]
        half = len(presses) // 2
        return [*answered(presses[:half]), *answered(presses[half:])]


@require_POST
def rush(request: HttpRequest) -> HttpResponse:
    """One press alone, judged as a batch of one: for a server that serves pages only, as a test's does."""
    asked = heard(request.body, session=request.session.session_key or "", at=clock.now())
    reply = asked if isinstance(asked, Reply) else take_presses([asked], at=clock.now())[0]
    return HttpResponse(reply.body, status=reply.status, content_type="application/json")
