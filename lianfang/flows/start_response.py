"""A level reports to the leader above what happens; granted, the response of both starts, and who reported is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import holders_of, require
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.decisions.errors import ReportUnfit
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import decision
from lianfang.domains.decisions.services import ask_decision, say
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

KIND, SUBJECT = "start-response", "response"
LEADER = "command"
MOST_PEOPLE = 100_000
SAID = {"granted": {"zh": "同意，启动响应", "en": "granted, the response starts"},
        "refused": {"zh": "不同意", "en": "refused"}, "returned": {"zh": "退回补充", "en": "sent back"}}  # fmt: skip


def report_up(*, decision_id: UUID, area_id: UUID, to_area_id: UUID, words: str, people: int, by: Actor,
              at: datetime) -> Decision:  # fmt: skip
    """Report to the leader of an area above: what happens, how many people are needed. He is told at once.

    Repeat: same id: the first. Rights: calls.post on the area. Raises: ReportUnfit (nothing said, nobody needed, an
    area that is not above), RightMissing.
    """
    require(by, "calls.post", area_id=area_id)
    text = words.strip()[:200]
    above = [a for a in ids_above(area_id) if a != area_id]
    if not text or not 1 <= people <= MOST_PEOPLE or to_area_id not in above:
        field = "words" if not text else "level" if to_area_id not in above else "people"
        raise ReportUnfit(field=field)
    area, leader = Area.objects.get(id=area_id), Area.objects.only("level").get(id=to_area_id)
    told = {"words": text, "people": people, "to": str(to_area_id)}
    with transaction.atomic():
        asked = ask_decision(decision_id=decision_id, kind=KIND, subject_kind=SUBJECT, subject_id=decision_id,
                             area_id=area_id, authority_level=leader.level, incident_id=None, reason=text,
                             evidence=told, by=by, at=at)  # fmt: skip
        values = {"area": {"zh": area.name, "en": area.name_en or area.name}, "words": text, "people": str(people)}
        writings = [Writing(uuid5(decision_id, f"asked {a}"), "account", a, values, decision_id, area_id)
                    for a in holders_of(LEADER, above=[to_area_id], at=at) if a != by.id]  # fmt: skip
        write_messages(writings=writings, edition=common_edition(), template="response-asked", incident_id=None, by=by,
                       at=at)  # fmt: skip
    return asked


def decide_response(*, decision_id: UUID, says: str, reason: str, by: Actor, at: datetime) -> Decision:
    """The leader's word on a report; whoever reported is told. Raises: as decisions.say."""
    asked = decision(decision_id)
    with transaction.atomic():
        done = say(decision_id=decision_id, says=says, reason=reason, paper_number="", by=by, at=at)
        if done.decided_at == at:
            values = {"words": asked.evidence["words"], "says": SAID[done.state], "reason": reason}
            writing = Writing(uuid5(decision_id, "decided"), "account", asked.asked_by, values, decision_id,
                              asked.area_id)  # fmt: skip
            write_messages(writings=[writing], edition=common_edition(), template="response-decided", incident_id=None,
                           by=by, at=at)  # fmt: skip
    return done
