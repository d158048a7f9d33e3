"""Posts with nobody on them, jobs that last too long, people who ask for relief: whoever leads is told, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import holders_by_area, labels_of
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries import empty_posts, long_jobs
from lianfang.domains.calls.services import NewNote, note_duty
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

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
    """Who posted the call of an alarm is told, and the nearest who lead its area."""
    nearest = holders_by_area(LEADS, {a.shift.call.area_id for a in alarms}, at=at)
    writings: dict[UUID | None, list[Writing]] = {}
    for a in alarms:
        call, source = a.shift.call, a.source_id or a.shift.id
        said = {"area": {"zh": call.area.name, "en": call.area.name_en or call.area.name}, "task": call.title,
                "from": a.shift.starts_at.isoformat(), **a.values}  # fmt: skip
        for who in list(dict.fromkeys([call.posted_by, *nearest[call.area_id]]))[: TOLD + 1]:
            words = Writing(uuid5(source, f"{a.about} {who}"), "account", who, said, call.id, call.area_id)
            writings.setdefault(call.incident_id, []).append(words)
    for incident_id, some in writings.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
