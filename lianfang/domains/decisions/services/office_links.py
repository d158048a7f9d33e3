"""An office without an account says one thing by a signed link."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.decisions.errors import LinkMissing, LinkOver, LinkUnfit
from lianfang.domains.decisions.models import OfficeLink
from lianfang.domains.privacy.queries import sealed

# What may be asked of an office, and who may ask it: to confirm something, to send a laboratory's file of results.
ACTS = {"confirm": "messages.send", "file": "rounds.plan"}
SAYS = {"confirm": ("confirmed", "declined"), "file": ("sent",)}
LONGEST = timedelta(days=7)


@service("decisions.issue_link", told=("office", "act"))
def issue_link(
    *,
    link_id: UUID,
    office: str,
    act: str,
    asks: str,
    area_id: UUID,
    incident_id: UUID | None,
    until_at: datetime,
    by: Actor,
    at: datetime,
) -> OfficeLink:
    """Ask an office for one thing. Repeat: the same id. Rights: by the act, in the area (ACTS).

    Raises: LinkUnfit naming the field.
    """
    if act not in ACTS:
        raise LinkUnfit(field="act")
    require(by, ACTS[act], area_id=area_id, incident_id=incident_id)
    known = OfficeLink.objects.filter(id=link_id).first()
    if known is not None:
        raise Repeated(known)
    fits = {"office": bool(office.strip()), "asks": bool(asks.strip()), "until_at": at < until_at <= at + LONGEST}
    unfit = [name for name, ok in fits.items() if not ok]
    if unfit:
        raise LinkUnfit(field=unfit[0])
    return OfficeLink.objects.create(id=link_id, office=office.strip()[:120], act=act, asks=asks.strip()[:300],
                                     area_id=area_id, incident_id=incident_id, issued_by=by.id, issued_at=at,
                                     until_at=until_at)  # fmt: skip


def held_link(*, link_id: UUID) -> OfficeLink:
    """A link, locked until the transaction ends: of two who answer at once the second sees the first's word."""
    found = OfficeLink.objects.select_for_update().filter(id=link_id).first()
    if found is None:
        raise LinkMissing()
    return found


@service("decisions.speak_by_link", door=False, told=("says",))
def speak_by_link(*, link_id: UUID, says: str, note: str, by: Actor, at: datetime) -> OfficeLink:
    """The office's word, once. Called by the flow that read the link. Locks: the link.

    Repeat: the same word again. Raises: LinkMissing, LinkOver, LinkUnfit.
    """
    found = held_link(link_id=link_id)
    if found.said == says:
        raise Repeated(found)
    if found.said or found.revoked_at or at >= found.until_at:
        raise LinkOver(said=found.said, until=found.until_at.isoformat())
    if says not in SAYS[found.act]:
        raise LinkUnfit(field="says")
    if note.strip():
        scope = {"scope": "incident", "scope_id": found.incident_id} if found.incident_id else {}
        found.sealed = sealed([(link_id, {"note": note.strip()[:500]})], retention="decision", **scope)[0]  # type: ignore[arg-type]  # one of two shapes
    found.said, found.said_at = says, at
    found.save(update_fields=["said", "said_at", "sealed"])
    return found


@service("decisions.revoke_link")
def revoke_link(*, link_id: UUID, by: Actor, at: datetime) -> OfficeLink:
    """The link opens nothing any more. Rights: as for issuing. Repeat: once revoked. Raises: LinkMissing, LinkOver."""
    found = held_link(link_id=link_id)
    require(by, ACTS[found.act], area_id=found.area_id, incident_id=found.incident_id)
    if found.revoked_at:
        raise Repeated(found)
    if found.said:
        raise LinkOver(said=found.said, until=found.until_at.isoformat())
    found.revoked_at, found.revoked_by = at, by.id
    found.save(update_fields=["revoked_at", "revoked_by"])
    return found
