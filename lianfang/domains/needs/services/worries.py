"""Questions and worries, answered with approved words; and a word on a finished job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import labels_of, require
from lianfang.domains.needs.errors import AnswerNotInUse, FeedbackGiven, PleaMissing, PleaUnfit
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.hearts import ANSWER, FEEDBACK, WORRY, answers, require_choices
from lianfang.domains.needs.queries.pleas import is_asker
from lianfang.domains.needs.rules import without_blanks
from lianfang.domains.needs.services.hearts import HIGH, open_heart
from lianfang.domains.work.errors import FieldMissing, ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import items_seen
from lianfang.domains.work.services import NewItem, Note, make_move

TAKE = "needs.take"
MOST = 300


@service("needs.log_worry", told=("topic",))
def log_worry(*, item_id: UUID, area_id: UUID, incident_id: UUID | None, topic: str, worry: str, words: str,
              phone: str, by: Actor, at: datetime) -> UUID:  # fmt: skip
    """A question or worry, by topic. Who is very worried stands on the counselling desk in the same moment.

    Repeat: the same id. Rights: needs.take on the area. Raises: FieldMissing, FieldUnfit.
    """
    require(by, TAKE, area_id=area_id, incident_id=incident_id)
    require_choices(WORRY, topic=topic, worry=worry)
    told = without_blanks({"topic": topic, "worry": worry, "what": words, "phone": phone})
    open_heart(WORRY, NewItem(item_id, area_id, values=told, owner_id=by.id), incident_id, by, at)
    if worry == HIGH:
        distress = " · ".join(w for w in (words.strip(), phone.strip()) if w)
        make_move(note=Note(uuid5(item_id, "hand"), item_id, "hand", by, at, values={"distress": distress}), by=by,
                  at=at)  # fmt: skip
    return item_id


@service("needs.answer_worry")
def answer_worry(*, item_id: UUID, answer_id: UUID, by: Actor, at: datetime) -> Item:
    """A worry is answered with an approved answer, word for word; which one is kept with it.

    Repeat: answered with it. Rights: the worry's own (its owner, or work.do on its area). Raises: ItemMissing,
    AnswerNotInUse, and what the move asks.
    """
    row = items_seen(by).filter(id=item_id, kind=WORRY).first()
    if row is None:
        raise ItemMissing(item=str(item_id))
    if row.values.get("answer_id") == str(answer_id):
        raise Repeated(row)
    found = next((a for a in answers(by=by) if a.id == answer_id), None)
    if found is None:
        raise AnswerNotInUse()
    values = {"answer": found.values["answer"], "answer_id": str(answer_id)}
    make_move(note=Note(uuid5(item_id, "answer"), item_id, "answer", by, at, values=values), by=by, at=at)
    return row


@service("needs.draft_answer", told=("topic",))
def draft_answer(*, item_id: UUID, area_id: UUID, topic: str, question: str, answer: str, by: Actor,
                 at: datetime) -> UUID:  # fmt: skip
    """An answer proposed for all of an area; nobody answers with it before another has approved it.

    Repeat: the same id. Rights: needs.take on the area. Raises: FieldMissing, FieldUnfit.
    """
    require(by, TAKE, area_id=area_id)
    require_choices(ANSWER, topic=topic)
    told = without_blanks({"topic": topic, "question": question, "answer": answer})
    open_heart(ANSWER, NewItem(item_id, area_id, "area", area_id, question.strip()[:120], values=told), None, by, at)
    return item_id


@service("needs.give_feedback", told=("sort",))
def give_feedback(*, plea_id: UUID, sort: str, rating: int | None, words: str, by: Actor, at: datetime) -> UUID:
    """A short word of an asker on what was done for him: praise waits for the lead's reading and is shown to the team
    then; a complaint goes to the lead alone, who is told at once.

    Repeat: the same again, one a plea. Rights: the asker. Raises: PleaMissing, PleaUnfit, FeedbackGiven, FieldMissing.
    """
    plea = Plea.objects.select_related("item", "area").filter(id=plea_id).first()
    if plea is None or not is_asker(plea, by):
        raise PleaMissing()
    doer = plea.item.done_by if plea.item and plea.item.is_closed else None
    if doer is None:
        raise FeedbackGiven()
    if rating is not None and not 1 <= rating <= 5:
        raise PleaUnfit(field="rating", fix="1–5")
    require_choices(FEEDBACK, sort=sort)
    text = words.strip()[:MOST]
    if sort == "complaint" and not text:
        raise FieldMissing(fields=["complaint"])
    item_id = uuid5(plea.id, f"feedback {plea.item_id}")
    told = {"job": f"№{plea.number}", "sort": sort, "rating": rating, "doer": str(doer),
            "complaint" if sort == "complaint" else "words": text}  # fmt: skip
    item = NewItem(item_id, plea.area_id, "area", plea.area_id, f"№{plea.number} · {labels_of({doer}).get(doer, '')}",
                   values=without_blanks(told))  # fmt: skip
    open_heart(FEEDBACK, item, None, by, at)
    return item_id
