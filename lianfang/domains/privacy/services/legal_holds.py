"""An authority keeps data past its date: who, why, until when; it ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.privacy.errors import LegalHoldMissing, LegalHoldUnfit
from lianfang.domains.privacy.models import LegalHold
from lianfang.domains.privacy.services.keys import CLASSES


@service("privacy.place_legal_hold", told=("holder",))
def place_legal_hold(
    *,
    hold_id: UUID,
    scope: str,
    scope_id: UUID | None,
    area_id: UUID,
    classes: Sequence[str],
    holder: str,
    why: str,
    until_at: datetime,
    by: Actor,
    at: datetime,
) -> LegalHold:
    """Keep classes of a scope until a time, whatever their date says. Repeat: the same id.

    Rights: accounts.grant in the scope's area (its administrator). Raises: LegalHoldUnfit naming the field.
    """
    require(by, "accounts.grant", area_id=area_id)
    known = LegalHold.objects.filter(id=hold_id).first()
    if known is not None:
        raise Repeated(known)
    told = {"classes": bool(classes) and set(classes) <= set(CLASSES), "holder": bool(holder.strip()),
            "why": bool(why.strip()), "until_at": until_at > at}  # fmt: skip
    unfit = [name for name, fits in told.items() if not fits]
    if unfit:
        raise LegalHoldUnfit(field=unfit[0])
    return LegalHold.objects.create(id=hold_id, scope=scope, scope_id=scope_id, classes=list(classes),
                                    holder=holder[:120], why=why[:300], placed_by=by.id, placed_at=at,
                                    until_at=until_at)  # fmt: skip


@service("privacy.lift_legal_hold")
def lift_legal_hold(*, hold_id: UUID, area_id: UUID, by: Actor, at: datetime) -> LegalHold:
    """The authority lets go before its time. Repeat: once lifted. Rights: accounts.grant in the scope's area."""
    require(by, "accounts.grant", area_id=area_id)
    found = LegalHold.objects.select_for_update().filter(id=hold_id).first()
    if found is None:
        raise LegalHoldMissing(hold=str(hold_id))
    if found.lifted_at is not None:
        raise Repeated(found)
    found.lifted_by, found.lifted_at = by.id, at
    found.save(update_fields=["lifted_by", "lifted_at"])
    return found
