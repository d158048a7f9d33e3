"""People offered to an area that has not called them: one who would come, or a unit's squad ready to go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import bodies_administered, may, serves_at
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.responders.errors import OfferMissing, ResponderMissing, ResponderUnfit, StepUnfit, TeamMissing
from lianfang.domains.responders.models import Offer, Responder, Team
from lianfang.domains.responders.services.teams import locked_team

REACH = "county"  # one offers himself within the county where he has a post
ANSWERS = ("accepted", "reserve", "declined")
FROM = {"offered": ANSWERS, "reserve": ("accepted", "declined")}


@service("responders.offer_help", told=("words",))
def offer_help(*, offer_id: UUID, area_id: UUID, from_at: datetime, until_at: datetime, words: str, by: Actor,
               at: datetime, responder_id: UUID | None = None, team_id: UUID | None = None,
               cover: str = "") -> Offer:  # fmt: skip
    """One offers himself, or his unit's office him, or a unit its squad, to an area for a span of time.

    cover:  the accident insurance of all in the squad, by insurer and number.
    Repeat: same id: the first. Rights: oneself; who administers the person's body; who leads the squad or keeps it.
    Raises: ResponderMissing, TeamMissing, ResponderUnfit (neither a person nor a squad, a span that is over, an area of
            a county where the person has no post).
    """
    known = Offer.objects.filter(id=offer_id).first()
    if known:
        raise Repeated(known)
    if (responder_id is None) == (team_id is None):
        raise ResponderUnfit(field="person", fix="1")
    if not (from_at < until_at and at < until_at):
        raise ResponderUnfit(field="until", fix=until_at.isoformat())
    if responder_id is not None:
        row = Responder.objects.select_related("account").filter(id=responder_id, left_at=None).first()
        own = row is not None and (row.id == by.id or row.account.organisation_id in bodies_administered(by))
        if row is None or not own:
            raise ResponderMissing()
        county = ancestor_at(area_id, REACH)
        if not serves_at(row.id, county.id if county else area_id, at=at):
            raise ResponderUnfit(field="area", fix=county.name if county else "")
    elif team_id is not None:
        _squad(team_id, by, at)
    return Offer.objects.create(id=offer_id, responder_id=responder_id, team_id=team_id, area_id=area_id,
                                from_at=from_at, until_at=until_at, words=words.strip()[:200],
                                cover=cover.strip()[:200], offered_by=by.id, offered_at=at)  # fmt: skip


def _squad(team_id: UUID, by: Actor, at: datetime) -> Team:
    team = Team.objects.filter(id=team_id).first()
    if team is None or team.organisation_id not in bodies_administered(by):
        team = locked_team(team_id, by, at)
    if team.ended_at is not None:
        raise TeamMissing()
    return team


@service("responders.answer_offer", door=False, told=("state", "why"))
def answer_offer(*, offer_id: UUID, state: str, why: str, by: Actor, at: datetime) -> Offer:
    """The host says yes, keeps it in reserve, or declines with a reason; called by the flow that makes work of a yes.

    Repeat: answered so. Rights: calls.post on the area asked; whoever offered may withdraw.
    Raises: OfferMissing, ResponderUnfit (no reason), StepUnfit (answered otherwise, withdrawn, its time is over).
    """
    row = Offer.objects.select_for_update().filter(id=offer_id).first()
    mine = row is not None and row.offered_by == by.id and state == "withdrawn"
    if row is None or not (mine or may(by, "calls.post", area_id=row.area_id)):
        raise OfferMissing()
    if row.state == state:
        raise Repeated(row)
    if state not in (*ANSWERS, "withdrawn"):
        raise ResponderUnfit(field="state", fix=" ".join(ANSWERS))
    if state not in (*FROM.get(row.state, ()), *(("withdrawn",) if mine and row.state != "accepted" else ())):
        raise StepUnfit(state=row.state, next=state)
    if state == "accepted" and at >= row.until_at:
        raise StepUnfit(state=row.state, next=state)
    if state in ("reserve", "declined") and not why.strip():
        raise ResponderUnfit(field="reason", fix="text")
    row.state, row.why, row.answered_by, row.answered_at = state, why.strip()[:200], by.id, at
    row.save(update_fields=["state", "why", "answered_by", "answered_at"])
    if state == "accepted" and row.team_id:
        Team.objects.filter(id=row.team_id).update(area_id=row.area_id, sender_area_id=_sender(row))
    return row


def _sender(row: Offer) -> UUID | None:
    team = Team.objects.select_related("organisation").get(id=row.team_id)
    return team.sender_area_id or (team.organisation.area_id if team.organisation else team.area_id)
