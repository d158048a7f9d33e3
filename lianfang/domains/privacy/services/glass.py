"""Breaking the glass: a search by name without a task, with its reason, its time, and a review on the next day."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.editions.queries import common_edition, value
from lianfang.domains.privacy.errors import GlassMissing, GlassWithoutReason, OwnGlass
from lianfang.domains.privacy.models import BrokenGlass
from lianfang.domains.privacy.queries import sealed

LEAST = 8  # characters of a reason: "test" is none
FINDINGS = ("fit", "unfit")


@service("privacy.break_glass")
def break_glass(*, glass_id: UUID, area_id: UUID, why: str, by: Actor, at: datetime) -> BrokenGlass:
    """For some minutes (edition) the actor may search by name. Repeat: the same id. Rights: grid.read in the area.

    Raises: GlassWithoutReason.
    """
    require(by, "grid.read", area_id=area_id)
    known = BrokenGlass.objects.filter(id=glass_id, actor_id=by.id).first()
    if known is not None:
        raise Repeated(known)
    if len(why.strip()) < LEAST:
        raise GlassWithoutReason(least=LEAST)
    minutes = float(value(common_edition(), "glass_minutes", area_id=area_id, at=at))
    blob = sealed([(glass_id, {"why": why.strip()[:300]})], retention="decision")[0]
    return BrokenGlass.objects.create(id=glass_id, actor_id=by.id, area_id=area_id, sealed=blob, from_at=at,
                                      until_at=at + timedelta(minutes=minutes))  # fmt: skip


@service("privacy.review_glass", told=("finding",))
def review_glass(*, glass_id: UUID, finding: str, by: Actor, at: datetime) -> BrokenGlass:
    """A look at a search on the day after: it fits its reason, or not. Rights: audit.read in its area.

    Repeat: the same finding again. Raises: GlassMissing, OwnGlass.
    """
    found = BrokenGlass.objects.select_for_update().filter(id=glass_id).first()
    if found is None or finding not in FINDINGS:
        raise GlassMissing(glass=str(glass_id))
    require(by, "audit.read", area_id=found.area_id)
    if found.actor_id == by.id:
        raise OwnGlass()
    if found.finding == finding:
        raise Repeated(found)
    found.finding, found.reviewed_by, found.reviewed_at = finding, by.id, at
    found.save(update_fields=["finding", "reviewed_by", "reviewed_at"])
    return found
