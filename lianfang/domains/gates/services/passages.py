"""At a gate: out, back, refused; and out at once where a life is in danger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.gates.errors import PermitMissing, PermitState, PermitUnfit
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.queries.permits import CHECK, DECIDE, permit_kinds
from lianfang.domains.gates.rules import CONVOY, WAYS, convoy_verdict, verdict
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.work.services import leave_at_gate


@service("gates.pass_gate", told=("way",))
def pass_gate(*, passage_id: UUID, permit_id: UUID, way: str, place_id: UUID | None, area_id: UUID, by: Actor,
              at: datetime) -> Passage:  # fmt: skip
    """Somebody with a permit goes out, or comes back; refused with the reason where it does not let him.

    A refusal is kept as a passage too, and raised by nobody: the gate shows it. Coming back is never refused.
    Repeat: same id: the first; out twice is one. Rights: gates.check on the gate's area. Raises: PermitMissing,
    PermitUnfit.
    """
    require(by, CHECK, area_id=area_id)
    if way not in WAYS:
        raise PermitUnfit(field="way", fix=" ".join(WAYS))
    row = Permit.objects.select_for_update(of=("self",)).filter(id=permit_id).first()
    if row is None:
        raise PermitMissing()
    known = Passage.objects.filter(id=passage_id).first()  # once locked: a press sent twice at once is one passage
    if known:
        raise Repeated(known)
    why = _judged(row, way, by, at)
    row.save(update_fields=["state", "out_at", "back_at"])
    return Passage.objects.create(id=passage_id, permit=row, place_id=place_id, area_id=area_id, way=way,
                                  incident_id=row.incident_id, verdict="refuse" if why else "pass", reason=why, at=at,
                                  by=by.id)  # fmt: skip


def _judged(row: Permit, way: str, by: Actor, at: datetime) -> str:
    """Why a permit does not let pass, or "": then it has been used, out, gone for good, or back."""
    if row.kind == CONVOY:  # at a gate that is not on its way: let through, and seen there
        why = convoy_verdict(row.state, until_at=row.until_at, at=at)
        if not why and row.state == "issued":
            row.state, row.out_at = "out", at
        return why
    is_one_way = bool(permit_kinds()[row.kind]["one_way"])
    why = verdict(row.state, way, from_at=row.from_at, until_at=row.until_at, at=at, is_one_way=is_one_way)
    if not why and way == "out":
        row.state, row.out_at = "gone" if is_one_way else "out", at
        if row.item_id:
            leave_at_gate(item_id=row.item_id, by=by, at=at)
    elif not why and row.state != "back":
        row.state, row.back_at = "back", at
    return why


@service("gates.release")
def release(*, passage_id: UUID, words: str, place_id: UUID | None, area_id: UUID, incident_id: UUID | None, by: Actor,
            at: datetime) -> Passage:  # fmt: skip
    """A life is in danger: out at once, whoever it is, without any paper; looked at afterwards.

    Repeat: same id: the first. Rights: gates.check on the gate's area, and nothing else: it is never refused.
    """
    known = Passage.objects.filter(id=passage_id).first()
    if known:
        raise Repeated(known)
    require(by, CHECK, area_id=area_id)
    told = {"words": words.strip()[:300]} if words.strip() else {}
    scope = "incident" if incident_id else "register"
    blob = sealed([(passage_id, told)], scope=scope, scope_id=incident_id, retention="plea")[0]
    return Passage.objects.create(id=passage_id, place_id=place_id, area_id=area_id, incident_id=incident_id, way="out",
                                  verdict="release", sealed=blob, at=at, by=by.id)  # fmt: skip


@service("gates.review_release", told=("finding",))
def review_release(*, passage_id: UUID, finding: str, by: Actor, at: datetime) -> Passage:
    """Somebody looks afterwards at a release. Repeat: reviewed. Rights: decisions.decide there, not who let him out.

    Raises: PermitMissing, PermitState (his own), PermitUnfit (no finding).
    """
    row = Passage.objects.select_for_update(of=("self",)).filter(id=passage_id, verdict="release").first()
    if row is None or not may(by, DECIDE, area_id=row.area_id, incident_id=row.incident_id):
        raise PermitMissing()
    if row.reviewed_at is not None:
        raise Repeated(row)
    if row.by == by.id:
        raise PermitState(state="own", next="review")
    if not finding.strip():
        raise PermitUnfit(field="finding", fix="text")
    row.reviewed_at, row.reviewed_by, row.finding = at, by.id, finding.strip()[:200]
    row.save(update_fields=["reviewed_at", "reviewed_by", "finding"])
    return row
