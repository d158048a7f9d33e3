"""Teams long away on a mission: who is, what they said home each day, and who said nothing today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, post_of
from lianfang.domains.editions.queries import common_edition, value
from lianfang.domains.privacy.queries import opened
from lianfang.domains.responders.errors import MissionMissing
from lianfang.domains.responders.models import Member, Mission, TeamNote
from lianfang.domains.responders.rules import IN_TEAM

LOCAL = ZoneInfo("Asia/Shanghai")
HOME, WRITE = "home", "responders.write"
AWAY = ("assembled", "hosted")


def is_away(mission: Mission, *, at: datetime) -> bool:
    """Whether it is a long one by the rule of the area that sends: with cover, a daily word home, apart afterwards."""
    days = value(common_edition(), "mission_long_days", area_id=mission.sender_area_id, at=at)
    return mission.until_at - mission.from_at >= timedelta(days=days)


def own_missions(by: Actor, *, at: datetime) -> list[Mission]:
    """Long missions whose team the actor is in and that are away now."""
    teams = Member.objects.filter(responder_id=by.id, state=IN_TEAM).values("team_id")
    rows = Mission.objects.filter(team_id__in=teams, state__in=AWAY).order_by("from_at", "id")
    return [m for m in rows.select_related("receiver_area").defer("receiver_area__outline") if is_away(m, at=at)]


def own_mission(mission_id: UUID, *, by: Actor, at: datetime) -> Mission:
    """One of these. Raises MissionMissing."""
    found = next((m for m in own_missions(by, at=at) if m.id == mission_id), None)
    if found is None:
        raise MissionMissing()
    return found


def headcount(mission: Mission) -> int:
    """How many are in its team now."""
    return Member.objects.filter(team_id=mission.team_id, state=IN_TEAM).count() if mission.team_id else 0


@dataclass(frozen=True)
class Day:
    """A day away and what was said that day: the last word, None for a silent day; words only to who may read them."""

    on: date
    note: TeamNote | None
    words: str = ""


def words_home(mission: Mission, *, by: Actor, at: datetime) -> Sequence[Day]:
    """The days of a mission that was seen, the newest first, each with its last word.

    Words for whoever keeps the register of the area that sent them; numbers for all whom the mission concerns.
    """
    if mission.departed_at is None or not is_away(mission, at=at):
        return []
    kept = TeamNote.objects.filter(team_id=mission.team_id, kind=HOME).annotate(post=post_of("by"))
    notes = list(kept.order_by("at", "id"))
    last: Mapping[date, TeamNote] = {n.at.astimezone(LOCAL).date(): n for n in notes}
    reads = may(by, WRITE, area_id=mission.sender_area_id)
    told = opened(list(last.values()), by=by, fields=("words",), whole=True, subject="team_id") if reads else {}
    first = mission.departed_at.astimezone(LOCAL).date()
    until = (mission.released_at or at).astimezone(LOCAL).date()
    days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
    return [Day(d, n, told.get(n.id, {}).get("words", "") if n else "") for d in reversed(days) for n in [last.get(d)]]


def silent_today(*, at: datetime) -> list[Mission]:
    """Long missions away since before today of which nobody has said a word since midnight, past the hour to do so."""
    local = at.astimezone(LOCAL)
    midnight = datetime.combine(local.date(), time(), LOCAL)
    spoke = TeamNote.objects.filter(kind=HOME, at__gte=midnight).values("team_id")
    rows = Mission.objects.filter(state__in=AWAY, departed_at__lt=midnight).exclude(team_id__in=spoke).order_by("id")
    return [m for m in rows if is_away(m, at=at) and local.hour >= _hour(m, at)]


def _hour(mission: Mission, at: datetime) -> int:
    return int(value(common_edition(), "mission_word_hour", area_id=mission.sender_area_id, at=at))
