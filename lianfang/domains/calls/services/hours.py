"""Hours served are confirmed: by the shop where a group was, by the lead of a team, by the lead of the post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import bodies_administered, reach
from lianfang.domains.calls.errors import AllowedByOneself, ClaimMissing, HostConfirms, NotIn
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.hosts import hosts_confirming
from lianfang.domains.calls.queries.joint import areas_of, reaches
from lianfang.domains.responders.queries import leads


@service("calls.confirm_hours")
def confirm_hours(*, claim_ids: Sequence[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """The shop, the lead of a team, or of the post, says that these hours were served.

    Repeat:  confirmed before: "repeated". Rights: of a group at a shop that has somebody who administers it, he alone;
             else who leads the team of the claim, or calls.lead on the call. Never one's own.
    Refuses: claim_missing, host_confirms, allowed_by_oneself, not_in (not yet left). Locks: the claims.
    """
    rows = {c.id: c for c in Claim.objects.select_for_update(of=("self",)).select_related("shift__call").filter(
        id__in=claim_ids).order_by("id")}  # fmt: skip
    lead = reach(by, "calls.lead", areas=areas_of(c.shift.call for c in rows.values()))
    led = leads(by, {c.team_id for c in rows.values() if c.team_id}, at=at)
    own, asked = bodies_administered(by), hosts_confirming({c.shift.host_id for c in rows.values()}, at=at)
    out, changed = [], []
    for i in claim_ids:
        c = rows.get(i)
        is_host = c is not None and c.shift.host_id in own
        if c is None or not (is_host or c.team_id in led or reaches(lead, c.shift.call)):
            out.append(Outcome(i, ClaimMissing.code))
        elif not is_host and c.shift.host_id in asked:
            out.append(Outcome(i, HostConfirms.code))
        elif c.account_id == by.id:
            out.append(Outcome(i, AllowedByOneself.code))
        elif c.state != "done":
            out.append(Outcome(i, NotIn.code, {"state": c.state}))
        elif c.hours_at is not None:
            out.append(Outcome(i, "repeated"))
        else:
            c.hours_by, c.hours_at = by.id, at
            changed.append(c)
            out.append(Outcome(i))
    update_rows(Claim, changed, ["hours_by", "hours_at"])
    return out
