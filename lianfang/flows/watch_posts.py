"""Posts with nobody on them, jobs that last too long, shifts nobody closed, relief asked for: who leads is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for, administrators_of, holders_by_area, labels_of
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
MANY = 4  # posts of one area that began together and are empty: told together


@dataclass(frozen=True)
class Alarm:
    """What is told about a shift: which words, once for each `about` of its source (the shift, where none is named)."""

    shift: Shift
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    source_id: UUID | None = None
    to: Sequence[UUID] = ()  # who leads the call, where nobody is named


def leads_of_calls(calls: Iterable[Call], *, at: datetime) -> dict[UUID, list[UUID]]:
    """By call who is told about it: who posted it, while his post lasts, then the nearest who lead its area."""
    some = {c.id: c for c in calls}
    nearest = holders_by_area(LEADS, {c.area_id for c in some.values()}, at=at)
    posters = Account.objects.filter(id__in={c.posted_by for c in some.values()}, is_active=True)
    actors = {a.id: actor_for(a, at=at) for a in posters}
    out = {}
    for c in some.values():
        poster = actors.get(c.posted_by)
        first = [c.posted_by] if poster is not None and leads_call(poster, c) else []
        out[c.id] = list(dict.fromkeys([*first, *nearest[c.area_id]]))[: TOLD + 1]
    return out


def alarm_empty_posts(*, by: Actor, at: datetime) -> int:
    """Tell who leads a post that nobody is on it; once a shift and hour. Harmless twice. Gives how many posts.

    Of many posts of one area that began together one message says how many: a phone that rings 154 times is put away.
    """
    empty, hour = empty_posts(None, by=None, at=at), at.strftime("%Y-%m-%d %H")
    together: dict[tuple[UUID, UUID | None, datetime], list[Shift]] = {}
    for s in empty:
        together.setdefault((s.call.area_id, s.call.incident_id, s.starts_at), []).append(s)
    single = [Alarm(s, f"empty {hour}") for some in together.values() if len(some) < MANY for s in some]
    many = [Alarm(some[0], f"empty {hour}", {"posts": str(len(some))}, uuid5(area_id, str(begins)))
            for (area_id, _, begins), some in together.items() if len(some) >= MANY]  # fmt: skip
    _tell("post-empty", single, by, at)
    _tell("posts-empty", many, by, at)
    return len(empty)


def alarm_long_jobs(*, by: Actor, at: datetime) -> int:
    """Tell who leads a post that people have been on it too long: relieve them, or say why they go on. Once a shift
    and hour. Harmless twice. Gives how many shifts."""
    jobs, about = long_jobs(at=at), f"long {at.strftime('%Y-%m-%d %H')}"
    alarms = [Alarm(j.shift, about, {"people": str(j.people), "hours": f"{j.hours:g}"}) for j in jobs]
    _tell("job-long", alarms, by, at)
    return len(jobs)


def remind_to_close(*, by: Actor, at: datetime) -> int:
    """Shifts that are over with hours that nobody confirmed: who is to confirm them is reminded, once a shift and day.

    Who: the lead of the team that served, the shop where the group was, else whoever leads the call; nobody is
    reminded of his own hours alone. Harmless twice. Gives how many shifts.
    """
    unclosed = unclosed_shifts(at=at)
    teams = leads_by_team({team for u in unclosed for _, team in u.people if team}, at=at)
    shops = hosts_confirming({u.shift.host_id for u in unclosed}, at=at)
    day = at.astimezone(LOCAL).date()
    leads = leads_of_calls({u.shift.call for u in unclosed}, at=at)
    alarms = [Alarm(u.shift, f"close {day}", {"people": str(many)}, to=[who]) for u in unclosed
              for who, many in _closers(u, teams, shops, leads[u.shift.call_id], at).items()]  # fmt: skip
    _tell("shift-unclosed", alarms, by, at)
    return len(unclosed)


def _closers(u: Unclosed, teams: Mapping[UUID, list[UUID]], shops: set[UUID], above: Sequence[UUID],
             at: datetime) -> Counter[UUID]:  # fmt: skip
    """Who is to confirm the hours of how many of a shift; above: who leads its call."""
    host = u.shift.host_id
    heads = administrators_of(host, at=at) if host and host in shops else []
    out: Counter[UUID] = Counter()
    for account_id, team_id in u.people:
        asked = heads or (teams.get(team_id, []) if team_id else [])
        others = [a for a in asked if a != account_id] or [a for a in above if a != account_id]
        out.update(others[:TOLD])
    return out


def ask_for_relief(*, note: NewNote, by: Actor, at: datetime) -> Outcome:
    """Somebody on duty asks for relief with one tap; who leads the post is told at once. Kept as a near miss.

    Rights, refusals, repeat: as calls.note_duty.
    """
    done = note_duty(notes=[note], by=by, at=at)[0]
    if not done.code:
        claim = Claim.objects.select_related("shift__call__area").get(id=note.claim_id)
        post = labels_of({claim.account_id}).get(claim.account_id, "")
        _tell("relief-asked", [Alarm(claim.shift, str(note.id), {"post": post})], by, at)
    return done


def _tell(template: str, alarms: Sequence[Alarm], by: Actor, at: datetime) -> None:
    """Tell of each alarm those it names, else who leads the call; once a recipient and matter."""
    leads = leads_of_calls({a.shift.call for a in alarms if not a.to}, at=at)
    writings: dict[UUID | None, list[Writing]] = {}
    for a in alarms:
        call, source = a.shift.call, a.source_id or a.shift.id
        said = {"area": {"zh": call.area.name, "en": call.area.name_en or call.area.name}, "task": call.title,
                "from": a.shift.starts_at.isoformat(), **a.values}  # fmt: skip
        for who in a.to or leads[call.id]:
            words = Writing(uuid5(source, f"{a.about} {who}"), "account", who, said, call.id, call.area_id)
            writings.setdefault(call.incident_id, []).append(words)
    for incident_id, some in writings.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
