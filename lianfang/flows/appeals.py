"""Somebody says that a hold is wrong: in own words, looked at by another than who decided it, answered in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import is_self, require
from lianfang.domains.decisions.errors import AppealWaits, AppealWithoutWords, OwnHold
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import decision, newest_about
from lianfang.domains.decisions.services import ask_decision, say
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.holds.errors import HoldMissing
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.holds.services import Terms, place_hold
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.queries import sealed
from lianfang.flows.all_clear import end_personal

KIND, SUBJECT = "appeal", "hold"
FREED = "decisions.appeal_granted"
SAID = {"grant": {"zh": "同意", "en": "granted"}, "refuse": {"zh": "维持", "en": "kept"},
        "return": {"zh": "请补充", "en": "more is needed"}}  # fmt: skip


def appeal(*, decision_id: UUID, hold_id: UUID, person_id: UUID, says: str, by: Actor, at: datetime) -> Decision:
    """Say that a hold on a person is wrong. The person's words are sealed; what is held is frozen as evidence.

    Rights: the person itself, or who may address it there (grid.read_full): those without a phone ask at the door.
    Locks: the hold.
    Repeat: same id: the first. Raises: HoldMissing (none such on the person now), AppealWaits, AppealWithoutWords.
    """
    held = next((h for h in holds_of(person_id, at=at) if h.id == hold_id and h.effect == "restrict"), None)
    if held is None:
        raise HoldMissing(hold=str(hold_id))
    if not is_self(by, person_id):
        require(by, "grid.read_full", area_id=held.area_id)
    if not says.strip():
        raise AppealWithoutWords()
    with transaction.atomic():
        return _asked(held, decision_id, person_id, says, by, at)


def _asked(held: Hold, decision_id: UUID, person_id: UUID, says: str, by: Actor, at: datetime) -> Decision:
    lock_hold(held.id)
    subject = uuid5(held.id, str(person_id))  # a zone holds many: each appeals for itself
    before = newest_about(subject)
    if before is not None and before.state == "asked" and before.id != decision_id:
        raise AppealWaits(due=_due(before))
    scope = {"scope": "incident", "scope_id": held.incident_id} if held.incident_id else {}
    words = sealed([(decision_id, {"says": says.strip()[:1000]})], retention="decision", **scope)[0]  # type: ignore[arg-type]  # one of two shapes
    evidence = {"hold": str(held.id), "person": str(person_id), "rule": held.rule, "edition": held.edition,
                "words": held.words, "until": held.until_at.isoformat() if held.until_at else None}  # fmt: skip
    return ask_decision(decision_id=decision_id, kind=KIND, subject_kind=SUBJECT, subject_id=subject,
                        area_id=held.area_id, authority_level="county", incident_id=held.incident_id, reason="",
                        evidence=evidence, by=by, at=at, sealed_words=words)  # fmt: skip


def lock_hold(hold_id: UUID) -> None:
    """Of two who appeal against one hold at once, at the door and by phone, the second sees the first's question."""
    list(Hold.objects.select_for_update(no_key=True).filter(id=hold_id).values_list("id"))


def _due(d: Decision) -> str:
    due = next((s.due_at for s in d.steps.all() if s.due_at), None)
    return due.isoformat() if due else ""


def decide_appeal(*, decision_id: UUID, says: str, reason: str, by: Actor, at: datetime) -> Decision:
    """The second look's word; granted, the person is free of this hold from now. The person is told either way.

    Of a hold on the person alone, it ends. Of a zone, the person is exempt for as long as it stands.
    Raises: as decisions.say; OwnHold for who decided the hold; AppealWithoutWords when a refusal gives no reason.
    """
    asked = decision(decision_id)
    held = Hold.objects.filter(id=asked.evidence["hold"]).first()
    if held is None:
        raise HoldMissing(hold=asked.evidence["hold"])
    if held.decided_by == by.id:
        raise OwnHold()
    if says != "grant" and not reason.strip():
        raise AppealWithoutWords()
    with transaction.atomic():
        done = say(decision_id=decision_id, says=says, reason=reason, paper_number="", by=by, at=at)
        if done.decided_at == at:
            person_id = UUID(asked.evidence["person"])
            if done.state == "granted" and held.ended_at is None:
                _free(held, person_id, decision_id, by, at)
            _tell(held, person_id, decision_id, says, by, at)
    return done


def _free(held: Hold, person_id: UUID, decision_id: UUID, by: Actor, at: datetime) -> None:
    if held.person_id and held.incident_id:
        end_personal(held.incident_id, [held], why=FREED, by=by, at=at)
        return
    terms = Terms(kind="exempt-appeal", effect="exempt", rank=held.rank, edition=held.edition, rule=held.rule,
                  authority=held.authority, paper_number=str(decision_id)[:8],
                  rules={"leave_home": "yes", "leave_zone": "yes"}, appeal=held.appeal,
                  words={"zh": "申诉同意，不受此管控", "en": "Exempt: the appeal was granted"},
                  says={"zh": "您的申诉已同意，可以出入。", "en": "Your appeal was granted. You may come and go."},
                  evidence={"why": FREED}, until_at=held.until_at, review_at=held.review_at)  # fmt: skip
    place_hold(hold_id=uuid5(decision_id, "exempt"), terms=terms, area_id=held.area_id, person_id=person_id,
               building_ids=[], incident_id=held.incident_id, source_id=held.source_id, decision_id=decision_id,
               by=by, at=at)  # fmt: skip


def _tell(held: Hold, person_id: UUID, decision_id: UUID, says: str, by: Actor, at: datetime) -> None:
    blanks = {"hold": held.words, "says": SAID[says]}
    writing = Writing(uuid5(decision_id, "answered"), "person", person_id, blanks, decision_id, held.area_id)
    write_messages(writings=[writing], edition=common_edition(), template="appeal-answered",
                   incident_id=held.incident_id, by=by, at=at)  # fmt: skip
