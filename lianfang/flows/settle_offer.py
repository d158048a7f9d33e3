"""An offer of help is answered; a yes becomes a shift for a person, a round-the-clock rota for a squad."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.calls.errors import raise_refusal
from lianfang.domains.calls.services import Ask, NewShift, claim_shifts, post_call
from lianfang.domains.editions.queries import common_edition, entries_of
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.errors import ResponderUnfit
from lianfang.domains.responders.models import Member, Offer
from lianfang.domains.responders.rules import IN_TEAM, rota
from lianfang.domains.responders.services import answer_offer

MOST_HOURS = 24 * 31


def settle_offer(*, offer_id: UUID, state: str, why: str, by: Actor, at: datetime, shift_id: UUID | None = None,
                 task: str = "", hours: int = 8, cover: str = "") -> Offer:  # fmt: skip
    """Answer an offer and make work of a yes; who offered is told either way.

    A person accepted takes a place of the shift named, judged as every claim. A squad accepted gets a call of its own
    over the time it offered, in turns of so many hours round the clock, its members shared out in turn; for the first
    response over the area, insured as this answer or the offer names it, else each by his own.
    Rights: calls.post on the area; for the places calls.lead there. Raises: as responders.answer_offer, ResponderUnfit
    (no shift, no task, turns that do not fit), and what speaks against the claim.
    """
    with transaction.atomic():
        before = Offer.objects.filter(id=offer_id).values_list("state", flat=True).first()
        made = answer_offer(offer_id=offer_id, state=state, why=why, by=by, at=at)
        if before == made.state:
            return made
        if state == "accepted" and made.responder_id:
            _place(made, shift_id, by, at)
        elif state == "accepted":
            _rota(made, task, hours, cover.strip() or made.cover, by, at)
        values = {"area": {"zh": made.area.name, "en": made.area.name_en or made.area.name},
                  "says": SAYS[made.state], "why": why.strip() or "–"}  # fmt: skip
        told = Writing(uuid5(made.id, made.state), "account", made.offered_by, values, about_id=made.id,
                       area_id=made.area_id)  # fmt: skip
        if made.offered_by != by.id:
            write_messages(writings=[told], edition=common_edition(), template="offer-answered", incident_id=None,
                           by=by, at=at)  # fmt: skip
    return made


SAYS = {
    "accepted": {"zh": "欢迎来，请看我的班", "en": "accepted, see your shifts"},
    "reserve": {"zh": "先候补", "en": "kept in reserve"},
    "declined": {"zh": "这次不需要", "en": "declined"},
    "withdrawn": {"zh": "已撤回", "en": "withdrawn"},
}


def _place(made: Offer, shift_id: UUID | None, by: Actor, at: datetime) -> None:
    if shift_id is None or made.responder_id is None:
        raise ResponderUnfit(field="shift", fix="1")
    ask = Ask(uuid5(made.id, "claim"), shift_id, made.responder_id, at, by, waits=False)
    raise_refusal(claim_shifts(asks=[ask], by=by, at=at)[0])


def _rota(made: Offer, task: str, hours: int, cover: str, by: Actor, at: datetime) -> None:
    people = sorted(Member.objects.filter(team_id=made.team_id, state=IN_TEAM).values_list("responder_id", flat=True))
    length = (made.until_at - made.from_at) / timedelta(hours=1)
    if task not in entries_of("tasks") or not people:
        raise ResponderUnfit(field="task" if people else "people", fix=" ".join(entries_of("tasks")))
    if not 1 <= hours <= 24 or length > MOST_HOURS:
        raise ResponderUnfit(field="hours", fix="1–24")
    turns = rota(people, made.from_at, made.until_at, hours=hours)
    call_id, over = uuid5(made.id, "call"), responses_over(made.area_id)
    shifts = [NewShift(uuid5(call_id, t.starts_at.isoformat()), t.starts_at, t.ends_at, len(t.people)) for t in turns]
    post_call(call_id=call_id, area_id=made.area_id, task=task, title=entries_of("tasks")[task]["words"], shifts=shifts,
              audience={"teams": [str(made.team_id)]}, cover=cover, incident_id=over[0].id if over else None, by=by,
              at=at)  # fmt: skip
    asks = [Ask(uuid5(s.id, str(p)), s.id, p, at, by, waits=False, team_id=made.team_id)
            for s, t in zip(shifts, turns, strict=True) for p in t.people]  # fmt: skip
    for done in claim_shifts(asks=asks, by=by, at=at):
        raise_refusal(done)
