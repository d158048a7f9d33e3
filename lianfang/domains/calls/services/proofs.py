"""Somebody on duty shows that he is at his post: only in an emergency, and only where it was decided to ask for it."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallUnfit, ClaimMissing, NotIn, ProofNotAsked
from lianfang.domains.calls.models import Claim, DutyNote
from lianfang.domains.calls.queries.proofs import metres_off, proofs_asked
from lianfang.domains.calls.rules.proofs import PHOTO, PLACE, plain_jpeg, rough_metres
from lianfang.domains.privacy.queries import sealed

MOST = 24  # proofs of one turn: more prove no more


@service("calls.prove_duty")
def prove_duty(
    *,
    note_id: UUID,
    claim_id: UUID,
    point: tuple[float, float] | None,
    photo: bytes,
    by: Actor,
    at: datetime,
) -> DutyNote:
    """Keep a proof of place (point: longitude, latitude) or a photo of somebody on duty: his own alone.

    Of a point only how far it is from the post is kept, in steps; a photo loses what it tells of its taking, is sealed
    under the key of the emergency, and dies when that key does.
    Repeat:  same note id: the first. Rights: one's own claim.
    Refuses: claim_missing, right_missing, not_in, proof_not_asked (no emergency, or nobody decided to ask for it),
             unfit.
    Locks:   the claim.
    """
    known = DutyNote.objects.filter(id=note_id).first()
    if known:
        raise Repeated(known)
    rows = Claim.objects.select_for_update(of=("self",), no_key=True).select_related("shift__call")
    claim = rows.filter(id=claim_id).first()
    if claim is None:
        raise ClaimMissing(claim=str(claim_id))
    if claim.account_id != by.id:
        raise RightMissing(right="calls.claim", area=str(claim.shift.call.area_id))
    if claim.state != "checked_in":
        raise NotIn(state=claim.state)
    asked = proofs_asked([claim], at=at)[claim.id]
    if (PHOTO if photo else PLACE) not in asked.kinds:
        raise ProofNotAsked()
    if claim.notes.filter(kind="proof").count() >= MOST:
        raise CallUnfit(field="photo" if photo else "place", fix=f"≤ {MOST}")
    call = claim.shift.call
    told: dict[str, Any] = {}
    if photo:
        try:
            told["photo"] = b64encode(plain_jpeg(photo)).decode()
        except ValueError as e:
            raise CallUnfit(field="photo", fix=str(e)) from e
        values: dict[str, Any] = {PHOTO: True}
    else:
        metres = metres_off(call, point) if point else None
        if metres is None:
            raise CallUnfit(field="place", fix="WGS 84")
        values = {"metres": rough_metres(metres)}
    [blob] = sealed([(note_id, told)], scope="incident", scope_id=asked.incident_id, retention="contact")
    return DutyNote.objects.create(
        id=note_id, claim=claim, kind="proof", at=at, by=by.id, values=values, sealed=blob if told else b""
    )
