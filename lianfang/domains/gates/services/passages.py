"""At a gate: out, back, refused; and out at once where a life is in danger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.gates.errors import PermitMissing, PermitState, PermitUnfit
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.queries.permits import CHECK, DECIDE, LOOKED_AT, permit_kinds, verdicts_of
from lianfang.domains.gates.rules import CONVOY, SEEN, WAYS
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.work.services import leave_at_gate


@service("gates.pass_gate", told=("way", "seen"))
def pass_gate(*, passage_id: UUID, permit_id: UUID, way: str, place_id: UUID | None, area_id: UUID, by: Actor,
              at: datetime, seen: str = "") -> Passage:  # fmt: skip
    """Somebody with a permit goes out, or comes back; refused with the reason where it does not let him.

    A refusal is kept as a passage too, and raised by nobody: the gate shows it. Coming back is never refused.
    seen: "through": at a gate without signal he has passed, which nobody undoes: where his permit did not hold, the
          passage is kept as slipped, and somebody looks at it; "turned": he was turned back, whatever is known here.
    Repeat: same id: the first; out twice is one. Rights: gates.check on the gate's area. Raises: PermitMissing,
    PermitUnfit.
    """
    require(by, CHECK, area_id=area_id)
    if way not in WAYS or seen not in SEEN:
        raise PermitUnfit(field="way", fix=" ".join((*WAYS, *SEEN)))
    row = Permit.objects.select_for_update(of=("self",)).filter(id=permit_id).first()
    if row is None:
        raise PermitMissing()
    known = Passage.objects.filter(id=passage_id).first()  # once locked: a press sent twice at once is one passage
    if known:
        raise Repeated(known)
    why = _why_not(row, way, seen, at)
    said = "pass" if not why else "slipped" if seen == "through" else "refuse"
    if seen == "turned":
        said, why = "refuse", why or seen
    if said != "refuse":
        _use(row, way, by, at)
        row.save(update_fields=["state", "out_at", "back_at", "late_told_at"])
    return Passage.objects.create(id=passage_id, permit=row, place_id=place_id, area_id=area_id, way=way,
                                  incident_id=row.incident_id, verdict=said, reason=why, at=at, by=by.id)  # fmt: skip


def _why_not(row: Permit, way: str, seen: str, at: datetime) -> str:
    """Why it does not let pass, or "". What was noted without signal is judged as it stood then: not yet ended as
    unused, not yet back by another gate that had signal."""
    if seen == "through" and row.state == "void" and not row.why and at < row.until_at:
        row.state = "issued"
    is_before = row.state == "back" and row.out_at is None and row.back_at is not None and at <= row.back_at
    return "" if seen == "through" and way == "out" and is_before else verdicts_of(row, at=at)[way]


def _use(row: Permit, way: str, by: Actor, at: datetime) -> None:
    """Its carrier is out, gone for good, or back: as it was, also where the permit did not hold any more."""
    if row.kind == CONVOY:  # at a gate that is not on its way: let through, and seen there
        if row.state == "issued":
            row.state, row.out_at = "out", at
    elif way == "in":
        if row.state in ("issued", "out"):
            row.state, row.back_at = "back", at
    elif not permit_kinds()[row.kind]["one_way"]:
        if row.state == "back" and row.back_at is not None and at <= row.back_at:
            row.out_at = row.out_at or at
        elif row.state in ("issued", "back", "void"):
            row.state, row.out_at, row.back_at, row.late_told_at = "out", at, None, None
    elif row.state == "issued":
        row.state, row.out_at = "gone", at
        if row.item_id:
            leave_at_gate(item_id=row.item_id, by=by, at=at)


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
    """Somebody looks afterwards at a release, or at who slipped through without signal. Repeat: reviewed.

    Rights: decisions.decide there, not who let him out. Raises: PermitMissing, PermitState (his own),
    PermitUnfit (no finding).
    """
    row = Passage.objects.select_for_update(of=("self",)).filter(id=passage_id, verdict__in=LOOKED_AT).first()
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
