"""Posts with nobody on them, jobs that last too long, shifts nobody closed, relief asked for: who leads is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for, administrators_of, holders_of, labels_of
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import (
    LOCAL,
    Unclosed,
    empty_posts,
    hosts_confirming,
    leads_call,
    long_jobs,
    unclosed_shifts,
)
from lianfang.domains.calls.services import NewNote, note_duty
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.queries import leads_by_team

LEADS = ("committee-lead", "street-lead", "duty-officer", "county-officer")
TOLD = 3  # of those who lead, the nearest


def leads_of_call(call: Call, *, at: datetime) -> list[UUID]:
    """Who is told about a call: who posted it, while his post lasts, then the nearest who lead its area."""
    above = ids_above(call.area_id)
    held = [a for role in LEADS for a in holders_of(role, above=above, at=at)]
    poster = Account.objects.filter(id=call.posted_by, is_active=True).first()
    leads = poster is not None and leads_call(actor_for(poster, at=at), call)
    return list(dict.fromkeys([*([call.posted_by] if leads else []), *held]))[: TOLD + 1]


def alarm_empty_posts(*, by: Actor, at: datetime) -> int:
    """Tell who leads a post that nobody is on it; once a shift and hour. Harmless twice. Gives how many posts."""
    empty = empty_posts(None, by=None, at=at)
    for shift in empty:
        _tell("post-empty", shift, f"empty {at.strftime('%Y-%m-%d %H')}", {}, by, at)
    return len(empty)


def alarm_long_jobs(*, by: Actor, at: datetime) -> int:
    """Tell who leads a post that people have been on it too long: relieve them, or say why they go on. Once a shift
    and hour. Harmless twice. Gives how many shifts."""
    jobs = long_jobs(at=at)
    for job in jobs:
        said = {"people": str(job.people), "hours": f"{job.hours:g}"}
        _tell("job-long", job.shift, f"long {at.strftime('%Y-%m-%d %H')}", said, by, at)
    return len(jobs)


def remind_to_close(*, by: Actor, at: datetime) -> int:
    """Shifts that are over with hours that nobody confirmed: who is to confirm them is reminded, once a shift and day.

    Who: the lead of the team that served, the shop where the group was, else whoever leads the call; nobody is
    reminded of his own hours alone. Harmless twice. Gives how many shifts.
    """
    unclosed = unclosed_shifts(at=at)
    teams = leads_by_team({c.team_id for u in unclosed for c in u.claims if c.team_id}, at=at)
    shops = hosts_confirming({u.shift.host_id for u in unclosed}, at=at)
    day = at.astimezone(LOCAL).date()
    for u in unclosed:
        for who, claims in _closers(u, teams, shops, at).items():
            said = {"people": str(len(claims))}
            _tell("shift-unclosed", u.shift, f"close {day}", said, by, at, to=[who])
    return len(unclosed)


def _closers(u: Unclosed, teams: Mapping[UUID, list[UUID]], shops: set[UUID], at: datetime) -> dict[UUID, list[Claim]]:
    """Who is to confirm which hours of a shift."""
    host, above = u.shift.host_id, leads_of_call(u.shift.call, at=at)
    heads = administrators_of(host, at=at) if host and host in shops else []
    out: dict[UUID, list[Claim]] = {}
    for c in u.claims:
        asked = heads or (teams.get(c.team_id, []) if c.team_id else [])
        others = [a for a in asked if a != c.account_id] or [a for a in above if a != c.account_id]
        for a in others[:TOLD]:
            out.setdefault(a, []).append(c)
    return out


def ask_for_relief(*, note: NewNote, by: Actor, at: datetime) -> Outcome:
    """Somebody on duty asks for relief with one tap; who leads the post is told at once. Kept as a near miss.

    Rights, refusals, repeat: as calls.note_duty.
    """
    done = note_duty(notes=[note], by=by, at=at)[0]
    if not done.code:
        claim = Claim.objects.select_related("shift__call__area").get(id=note.claim_id)
        post = labels_of({claim.account_id}).get(claim.account_id, "")
        _tell("relief-asked", claim.shift, str(note.id), {"post": post}, by, at)
    return done


def _tell(template: str, shift: Shift, about: str, values: dict[str, str], by: Actor, at: datetime, *,
          to: Sequence[UUID] = ()) -> None:  # fmt: skip
    """Tell who leads the call of a shift, or those named; once a recipient and matter."""
    call = shift.call
    said = {"area": {"zh": call.area.name, "en": call.area.name_en or call.area.name}, "task": call.title,
            "from": shift.starts_at.isoformat(), **values}  # fmt: skip
    writings = [Writing(uuid5(shift.id, f"{about} {a}"), "account", a, said, about_id=call.id, area_id=call.area_id)
                for a in to or leads_of_call(call, at=at)]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template=template, incident_id=call.incident_id, by=by,
                   at=at)  # fmt: skip
