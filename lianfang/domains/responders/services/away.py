"""People long away on a mission: each day's word home, with everybody of the team accounted for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.responders.errors import ResponderUnfit
from lianfang.domains.responders.models import Member, TeamNote
from lianfang.domains.responders.queries.away import HOME, own_mission
from lianfang.domains.responders.rules import IN_TEAM


@service("responders.send_word", door=False)
def send_word(*, note_id: UUID, mission_id: UUID, well: int, ill: int, words: str, by: Actor, at: datetime) -> TeamNote:
    """Today's word home from a team that is away: so many are well, so many are not, and what they say.

    Called by the flow that tells the home unit. Repeat: same id: the first. Rights: whoever is in that team.
    Raises: MissionMissing (not his, or not away), ResponderUnfit (a number that leaves somebody out).
    """
    mission = own_mission(mission_id, by=by, at=at)
    known = TeamNote.objects.filter(id=note_id).first()
    if known:
        raise Repeated(known)
    people = Member.objects.filter(team_id=mission.team_id, state=IN_TEAM).count()
    if well < 0 or ill < 0 or well + ill != people:
        raise ResponderUnfit(field="well", fix=f"= {people}")
    said = {"words": words.strip()[:500]} if words.strip() else {}
    return TeamNote.objects.create(id=note_id, team_id=mission.team_id, kind=HOME, sealed=sealed([(note_id, said)])[0],
                                   well=well, ill=ill, at=at, by=by.id)  # fmt: skip
