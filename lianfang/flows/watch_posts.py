"""Posts with nobody on them, jobs that last too long, people who ask for relief: whoever leads is told, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import holders_of, labels_of
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import empty_posts, long_jobs
from lianfang.domains.calls.services import NewNote, note_duty
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

LEADS = ("committee-lead", "street-lead", "duty-officer", "county-officer")
TOLD = 3  # of those who lead, the nearest


def leads_of_call(call: Call, *, at: datetime) -> list[UUID]:
    """Who is told about a call: who posted it, then the nearest who lead its area."""
    above = ids_above(call.area_id)
    held = [a for role in LEADS for a in holders_of(role, above=above, at=at)]
    return list(dict.fromkeys([call.posted_by, *held]))[: TOLD + 1]


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


def _tell(template: str, shift: Shift, about: str, values: dict[str, str], by: Actor, at: datetime) -> None:
    call = shift.call
    said = {"area": {"zh": call.area.name, "en": call.area.name_en or call.area.name}, "task": call.title,
            "from": shift.starts_at.isoformat(), **values}  # fmt: skip
    writings = [Writing(uuid5(shift.id, f"{about} {a}"), "account", a, said, about_id=call.id, area_id=call.area_id)
                for a in leads_of_call(call, at=at)]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template=template, incident_id=call.incident_id, by=by,
                   at=at)  # fmt: skip
