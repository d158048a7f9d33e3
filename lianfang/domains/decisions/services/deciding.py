"""Asking an authority, and its word."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.decisions.errors import AlreadyDecided, AskerDecides, DecisionMissing, NoAuthority, WordUnknown
from lianfang.domains.decisions.models import Decision, Step, Voice
from lianfang.domains.decisions.rules import open_steps, step_dues
from lianfang.domains.editions.queries import ladder


@service("decisions.ask_decision", door=False, told=("reason",))
def ask_decision(
    *,
    decision_id: UUID,
    kind: str,
    subject_kind: str,
    subject_id: UUID,
    area_id: UUID,
    authority_level: str,
    incident_id: UUID | None,
    reason: str,
    evidence: dict[str, Any],
    by: Actor,
    at: datetime,
    sealed_words: bytes = b"",
    ladder_name: str = "",
    must_by: datetime | None = None,
) -> Decision:
    """Ask: the steps of the ladder `kind` are laid, with their clocks; the evidence is frozen as it is now.

    A step's level "authority" means authority_level. ladder_name: where a kind has several ladders, which. must_by:
    the word is needed by then, so that steps of a slower ladder have less time each.
    Repeat: same id: the first. Raises: NoAuthority when the area lies below no area of the asked level.
    """
    known = Decision.objects.filter(id=decision_id).first()
    if known:
        raise Repeated(known)
    asked = Decision.objects.create(
        id=decision_id,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        area_id=area_id,
        incident_id=incident_id,
        asked_by=by.id,
        asked_at=at,
        reason=reason,
        evidence=evidence,
        sealed=sealed_words,
    )
    steps = ladder(ladder_name or kind)["steps"]
    dues = step_dues(steps, at, must_by)
    for n, step in enumerate(steps):
        level = authority_level if step["level"] == "authority" else step["level"]
        place = ancestor_at(area_id, level)
        if place is None:
            raise NoAuthority(level=level)
        Step.objects.create(
            id=uuid5(decision_id, str(n)),
            decision=asked,
            position=n,
            right=step["right"],
            area_id=place.id,
            voices=step.get("voices", 1),
            due_at=dues[n],
            at_timeout=step.get("at_timeout", "deputy"),
            is_beside=bool(step.get("beside")),
        )
    return asked


def _holds_authority(by: Actor, step: Step) -> bool:
    """A right held on the step's own area or above it: a street's grant does not reach the county."""
    return may(by, step.right, area_id=step.area_id, incident_id=step.decision.incident_id)


@service("decisions.say", told=("reason", "says", "paper_number"))
def say(*, decision_id: UUID, says: str, reason: str, paper_number: str, by: Actor, at: datetime) -> Decision:
    """One official's word: grant, refuse or return, on the first step that waits, or one beside it.

    Repeat:  the same official saying the same again. Locks: the decision row.
    Raises:  DecisionMissing, AskerDecides, AlreadyDecided, NoAuthority.
    """
    if says not in ("grant", "refuse", "return"):
        raise WordUnknown(word=says[:20])
    found = Decision.objects.select_for_update().filter(id=decision_id).first()
    if found is None:
        raise DecisionMissing(decision=str(decision_id))
    said = Voice.objects.filter(step__decision=found, by=by.id).order_by("-at").first()
    if said and said.says == says:
        raise Repeated(found)
    if found.state != "asked":
        raise AlreadyDecided(state=found.state)
    if found.asked_by == by.id:
        raise AskerDecides()
    waiting = open_steps(list(found.steps.filter(state="waiting").order_by("position")))
    his = [s for s in waiting if _holds_authority(by, s)]
    own = {g.area_id for g in by.grants}  # of steps beside each other a command's word is on its own, not the street's
    step = next((s for s in his if s.area_id in own), his[0] if his else None)
    if step is None:
        raise NoAuthority(right=waiting[0].right if waiting else "")
    Voice.objects.create(id=uuid5(step.id, f"{by.id}"), step=step, by=by.id, at=at, says=says, reason=reason)
    if says != "grant":
        step.state, found.state = "refused", {"refuse": "refused", "return": "returned"}[says]
    elif step.spoken.filter(says="grant").count() >= step.voices:
        step.state = "granted"
        if not found.steps.filter(state="waiting").exclude(id=step.id).exists():
            found.state = "granted"
    step.save(update_fields=["state"])
    found.paper_number = paper_number or found.paper_number
    found.decided_at = at if found.state != "asked" else None
    found.save(update_fields=["state", "paper_number", "decided_at"])
    return found


@service("decisions.withdraw_decision", door=False)
def withdraw_decision(*, decision_id: UUID, by: Actor, at: datetime) -> Decision:
    """Nobody need decide any more: what was asked for is not wanted, or called back. Its steps leave the lists.

    Called by the service of the subject, which tested the right. Repeat: decided or withdrawn. Raises: DecisionMissing.
    """
    found = Decision.objects.select_for_update().filter(id=decision_id).first()
    if found is None:
        raise DecisionMissing(decision=str(decision_id))
    if found.state != "asked":
        raise Repeated(found)
    found.state, found.decided_at = "withdrawn", at
    found.save(update_fields=["state", "decided_at"])
    return found


@service("decisions.escalate_step", door=False)
def escalate_step(*, step_id: UUID, by: Actor, at: datetime) -> Step:
    """A step's clock ran out: it goes to the deputy (told by the caller), or counts as refused, as its ladder says."""
    step = Step.objects.select_related("decision").select_for_update().get(id=step_id)
    if step.is_escalated or step.state != "waiting":
        raise Repeated(step)
    step.is_escalated = True
    if step.at_timeout == "refuse":
        step.state, step.decision.state, step.decision.decided_at = "refused", "refused", at
        step.decision.save(update_fields=["state", "decided_at"])
    step.save(update_fields=["is_escalated", "state"])
    return step
