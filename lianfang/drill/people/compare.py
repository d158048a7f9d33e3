"""What the platform answers to the measures and states of a report's people: asked of its own figures and queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Max, Min

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.areas.queries import area_of_code, ids_below
from lianfang.domains.calls.models import Answer, Call, CallOut, Claim, DutyNote
from lianfang.domains.calls.queries import calls_seen, hours_by, hours_of_teams, posts_on
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.incidents.models import Signal, ZoneVersion
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Mission, Team
from lianfang.domains.responders.queries import (
    closed_postings,
    mission_seen,
    people_posted,
    strength_of,
    team_seen,
    teams_of,
)
from lianfang.domains.work.models import Item
from lianfang.drill.week.compare import Week
from lianfang.flows.stop_duty import HARM

Filter = Mapping[str, Any]
BASES = {"estate": "estate", "community": "area"}  # how a report says on what a team is formed
HOUR = timedelta(hours=1)


def _whole(w: Week) -> UUID:
    return w.incident.area_id


def _posted(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    day = record.get("as_of") or w.scenario.incident["last_date"]
    return float(people_posted(day, by=w.by, area_id=_whole(w), inside=False))


def _teams(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    found = [t for t in teams_of(_whole(w), by=w.by, at=w.at, kind=f["kind"]) if t.parent_id is None]
    return float(sum(1 for t in found if "basis" not in f or t.basis == BASES[f["basis"]]))


def team_told(w: Week, f: Filter) -> Team:
    """The team a record is; a mission's team stands under the mission."""
    mission = w.scenario.staging["people"].get("mission", {})
    if f["team"] == mission.get("record"):
        found = mission_seen(w.id_of("mission"), by=_officer(w, mission["sender"])).team
        assert found is not None, "a mission that left has a team"
        return found
    return team_seen(w.id_of("team " + f["team"]), by=w.by, at=w.at)


def _members(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    team = team_told(w, f)
    return float(strength_of([team.id], at=w.until(record)).get(team.id, 0))


def _inside(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    body, at = w.id_of("org " + f["org"]), w.until(record)
    rows = closed_postings(w.by, area_id=_whole(w), at=at)
    return float(sum(1 for p in rows if p.organisation_id == body and p.entered_at and p.entered_at < at))


def _posts(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    last = w.scenario.moment(w.scenario.incident["last_date"], datetime.min.time())
    found = posts_on(_whole(w), last, last + timedelta(days=1), by=w.by, at=last)
    return float(sum(1 for p in found if p.rhythm is not None))


def _hours(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    if "team" in f:
        return hours_of_teams([team_told(w, f).id], by=w.by).hours
    first = w.scenario.moment(w.scenario.incident["first_date"], datetime.min.time())
    found = hours_by("task", by=w.by, from_at=first, until_at=w.until(record))
    return sum(served.hours for _, served in found)


def _job_hours(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    """From the first coming to the last leaving of the job's people."""
    call = calls_seen(w.by).filter(id=w.id_of("job")).first()
    span = Claim.objects.filter(shift__call=call).aggregate(came=Min("checked_in_at"), left=Max("checked_out_at"))
    if call is None or span["came"] is None or span["left"] is None:
        return None
    return round((span["left"] - span["came"]) / HOUR, 2)


def _institutions(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    found = mission_seen(w.id_of("mission"), by=w.by)
    return float(sum(1 for q in found.quotas_here if q.people))  # type: ignore[attr-defined]  # put there by the query


def _unit_size(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    """How many the units of the mission are, when the host has taken over; None where they are not all the same."""
    found = mission_seen(w.id_of("mission"), by=w.by)
    units = list(Team.objects.filter(parent_id=found.team_id).values_list("id", flat=True))
    assert found.hosted_at is not None, "a mission is hosted before its units are cut"
    sizes = set(strength_of(units, at=found.hosted_at).values())
    return float(sizes.pop()) if len(sizes) == 1 else None


def _mission_days(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    rows = Claim.objects.filter(team_id=team_told(w, f).id).exclude(checked_in_at=None)
    zone = w.scenario.end().tzinfo
    return float(len({at.astimezone(zone).date() for at in rows.values_list("checked_in_at", flat=True) if at}))


def _minutes_to_post(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
    """From the first arrival of a team at its assembly tables to the last of it on post: the slowest of its days.

    The first who arrives is measured at once, so that he came as long before his tick as measuring takes.
    """
    rows = Claim.objects.filter(team_id=team_told(w, f).id).exclude(checked_in_at=None)
    told = w.scenario.staging["people"]["mission"]["assembly"]
    zone, days = w.scenario.end().tzinfo, {}
    for at in DutyNote.objects.filter(claim__in=rows, kind="temperature").values_list("at", flat=True):
        day = at.astimezone(zone).date()
        days[day] = min(at, days.get(day, at))
    last = dict.fromkeys(days, timedelta())
    for at in rows.values_list("checked_in_at", flat=True):
        day = at.astimezone(zone).date()
        if day not in days:
            return None  # somebody was on post whom nobody measured
        last[day] = max(last[day], at - days[day])
    slowest = max(last.values(), default=None)
    return None if slowest is None else round(slowest / timedelta(minutes=1) + told["measure_seconds"] / 60, 2)


Ask = Callable[[Week, Mapping[str, Any], Filter], float | None]
MEASURES: dict[str, tuple[frozenset[str], Ask]] = {
    "responders.posted": (frozenset(), _posted),
    "responders.in_zone": (frozenset({"org"}), _inside),
    "responders.sending_institutions": (frozenset(), _institutions),
    "teams.count": (frozenset({"kind", "basis"}), _teams),
    "teams.members": (frozenset({"team"}), _members),
    "teams.posts": (frozenset(), _posts),
    "command.teams": (frozenset(), lambda w, r, f: _teams(w, r, {"kind": "command-team"})),
    "shifts.hours": (frozenset({"team"}), _hours),
    "shifts.job_hours": (frozenset({"job"}), _job_hours),
    "shifts.minutes_to_post": (frozenset({"team"}), _minutes_to_post),
    "shifts.mission_days": (frozenset({"team"}), _mission_days),
    "testing.people_per_unit": (frozenset(), _unit_size),
}


def _officer(w: Week, place: str) -> Actor:
    area = area_of_code(w.scenario.codes_of(place)[0])
    return actor_for(Account.objects.get(id=uuid5(area.id, "drill officer")), at=w.at)


def _silent(w: Week, day: date) -> bool:
    """A silent zone lies over the streets of the town by the end of the day."""
    rows = ZoneVersion.objects.filter(zone__incident=w.incident, kind="silent", from_at__lt=w.end_of(day))
    found = rows.exclude(state__in=("draft", "asked", "refused")).first()
    codes = w.scenario.codes_of(w.scenario.one("zone", "silent")["place"])
    streets = [set(ids_below(area_of_code(c).id)) for c in codes]
    covered = set(found.buildings.values_list("building__area_id", flat=True)) if found else set()
    return bool(covered) and all(covered & below for below in streets)


def _secretary(w: Week, day: date) -> bool:
    """On that day somebody of the stranded leads the branch, by a dated appointment."""
    team = team_seen(w.id_of("team b-daximen"), by=w.by, at=w.at)
    first = w.scenario.moment(day, datetime.min.time())
    bureau = w.id_of("org " + w.scenario.one("team", "tax-stranded")["org"])
    for a in team.leads_here:  # type: ignore[attr-defined]  # put there by the query
        body = Account.objects.values_list("organisation_id", flat=True).get(id=a.account_id)
        if a.role == "lead" and first <= a.from_at < first + timedelta(days=1) and body == bureau:
            return a.to_at is None
    return False


def _alerted(w: Week, day: date) -> bool:
    """The signal is acknowledged that day, the incident stands open, every task of its list has owner and time."""
    signal = Signal.objects.filter(incident=w.incident).order_by("found_at").first()
    tasks = Item.objects.filter(incident_id=w.incident.id, unit_kind="incident")
    owned = tasks.exclude(owner_id=None).exclude(due_at=None)
    is_seen = signal is not None and signal.acknowledged_at is not None and signal.acknowledged_at < w.end_of(day)
    return is_seen and w.incident.closed_at is None and tasks.exists() and owned.count() == tasks.count()


def _job_watched(w: Week, day: date) -> bool:
    """The job raised its alarm, somebody took over from those still on it, and harm to some of them is on record."""
    job, relief = w.id_of("job"), w.id_of("relief")
    alarm = Message.objects.filter(template="job-long", about_id=job)
    stayed = Claim.objects.filter(shift__call_id=job, notes__kind="overrun").distinct()
    fresh = Claim.objects.filter(shift__call_id=relief).exclude(checked_in_at=None)
    last = stayed.aggregate(at=Max("checked_out_at"))["at"]
    harmed = Item.objects.filter(kind=HARM, opened_at__gte=w.scenario.moment(day, datetime.min.time()))
    begun = fresh.aggregate(at=Max("checked_in_at"))["at"]
    is_relieved = last is not None and begun is not None and begun <= last and fresh.count() == stayed.count()
    return alarm.exists() and is_relieved and harmed.exists()


def _answered(w: Week, day: date) -> bool:
    """Everybody called has answered; the times from the notice to the departure are on record, that same night."""
    found = mission_seen(w.id_of("mission"), by=_officer(w, w.scenario.staging["people"]["mission"]["sender"]))
    out = CallOut.objects.filter(mission_id=found.id).get()
    silent = Answer.objects.filter(call_out=out, state="")
    come = Answer.objects.filter(call_out=out).exclude(arrived_at=None).count()
    left = found.departed_at
    return (not silent.exists() and come == found.people and left is not None
            and out.sent_at < w.end_of(day) and out.sent_at < left < w.end_of(day) + 6 * HOUR)  # fmt: skip


def _tasked_by_host(w: Week, day: date) -> bool:
    """From that day the host tasks them, and the sender sees how many they are and none of their calls."""
    told = w.scenario.staging["people"]["mission"]
    sender, host = _officer(w, told["sender"]), _officer(w, w.scenario.one("team", told["record"])["host"])
    found = Mission.objects.get(id=w.id_of("mission"))
    calls = Call.objects.filter(shifts__claims__team_id=found.team_id).distinct()
    ids = set(calls.values_list("id", flat=True))
    seen = mission_seen(found.id, by=sender)
    return (found.hosted_at is not None and found.hosted_at < w.end_of(day) and bool(ids)
            and set(calls.values_list("posted_by", flat=True)) == {host.id}
            and set(calls_seen(host).filter(id__in=ids).values_list("id", flat=True)) == ids
            and not calls_seen(sender).filter(id__in=ids).exists() and seen.people > 0)  # fmt: skip


STATES: dict[str, dict[str, Callable[[Week, date], bool]]] = {
    "lingling-2022": {"state-1": _silent, "state-4": _secretary},
    "zhangzhou-2022": {"state-1": _alerted, "state-3": _job_watched},
    "enping-2021": {"state-1": _answered, "state-2": _tasked_by_host},
}


def one_turn_at_a_time(incident_id: UUID) -> bool:
    """Nobody is on duty in two places at once, and nobody leaves before he comes."""
    rows = Claim.objects.filter(shift__call__incident_id=incident_id).exclude(checked_in_at=None)
    last: dict[UUID, datetime] = {}
    for who, came, left in rows.order_by("checked_in_at").values_list("account_id", "checked_in_at", "checked_out_at"):
        if (who in last and came < last[who]) or (left is not None and left < came):
            return False
        last[who] = left or came
    return True


def places_are_claims(incident_id: UUID) -> bool:
    """What a shift says it has given is what its claims hold, and never more than its places."""
    for call in Call.objects.filter(incident_id=incident_id).prefetch_related("shifts__claims"):
        for s in call.shifts.all():
            firm = sum(1 for c in s.claims.all() if c.state in FIRM and c.released_at is None)
            if not firm == s.taken <= s.places:
                return False
    return True


INVARIANTS: dict[str, Callable[[UUID], bool]] = {
    "one-turn-at-a-time": one_turn_at_a_time,
    "places-given-are-claims": places_are_claims,
}
