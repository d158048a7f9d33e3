"""Somebody thanks a post, a team or a community: it waits until who leads there has read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import labels_of
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import end_plea, give_feedback
from lianfang.domains.work.errors import TooManyWaiting
from lianfang.domains.work.queries.thanks import THANKS, waiting_thanks
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested, raise_refusal

MOST_WAITING = 3  # of one person: a wall is no place to shout


def write_thanks(*, item_id: UUID, area_id: UUID, to: str, words: str, by: Actor, at: datetime) -> UUID:
    """Lay thanks before the lead of an area; gives the item.

    Rights: whoever has a sign-in kept in the area, or serves there, or in an area above or below. Repeat: same id.
    Raises: RightMissing, TooManyWaiting, and what the kind asks of its fields.
    """
    home = Account.objects.filter(id=by.id).values_list("area_id", flat=True).first()
    mine = {a for a in (home, *(g.area_id for g in by.grants)) if a}
    near = any(area_id in ids_above(m) or m in ids_above(area_id) for m in mine)
    if not near:
        raise RightMissing(right="work.open", area=str(area_id))
    if waiting_thanks(by) >= MOST_WAITING:
        raise TooManyWaiting(most=MOST_WAITING)
    item = NewItem(item_id, area_id, "area", area_id, values={"to": to.strip()[:60], "words": words.strip()[:300]})
    with transaction.atomic():
        raise_refusal(open_tested(kind_name=THANKS, items=[item], incident_id=None, by=by, at=at)[0])
    return item_id


def close_with_word(*, plea_id: UUID, is_solved: bool, rating: int | None, thanks: str, complaint: str, by: Actor,
                    at: datetime) -> Plea:  # fmt: skip
    """Its asker ends a plea, with a word on how it was done: thanks for the wall and the team, or a complaint for the
    lead alone.

    Rights, refusals: as needs.end_plea and needs.give_feedback. Repeat: harmless.
    """
    with transaction.atomic():
        ended = end_plea(plea_id=plea_id, end="confirmed" if is_solved else "withdrawn", why="", by=by, at=at,
                         rating=rating)  # fmt: skip
        if thanks.strip():
            thank_for_plea(plea=ended, words=thanks, by=by, at=at)
        is_said = bool(complaint.strip() or rating or thanks.strip())
        if is_solved and is_said and ended.item and ended.item.done_by:
            sort, words = ("complaint", complaint) if complaint.strip() else ("praise", thanks)
            give_feedback(plea_id=plea_id, sort=sort, rating=rating, words=words, by=by, at=at)
    return ended


def thank_for_plea(*, plea: Plea, words: str, by: Actor, at: datetime) -> UUID:
    """Thanks of somebody who was helped, to the post that did it: they wait for a lead's reading as all thanks do.

    Rights: the asker of the plea, tested by what ended it. Repeat: one thanks a plea.
    """
    doer = plea.item.done_by if plea.item else plea.acknowledged_by
    to = labels_of({doer}).get(doer, "") if doer else ""
    item = NewItem(uuid5(plea.id, "thanks"), plea.area_id, "area", plea.area_id,
                   values={"to": to[:60] or plea.area.name, "words": words.strip()[:300]})  # fmt: skip
    with transaction.atomic():
        raise_refusal(open_tested(kind_name=THANKS, items=[item], incident_id=None, by=by, at=at)[0])
    return item.id
