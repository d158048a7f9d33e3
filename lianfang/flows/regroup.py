"""People of a team are moved from one of its groups to another, and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.models import Team
from lianfang.domains.responders.services import move_members


def regroup(*, from_team_id: UUID, to_team_id: UUID, responder_ids: Sequence[UUID], by: Actor,
            at: datetime) -> list[Outcome]:  # fmt: skip
    """Move people between groups of one team and tell each of them where he belongs now; one outcome each.

    Rights, refusals: as responders.move_members. Repeat: who is there already is not told again.
    """
    with transaction.atomic():
        done = move_members(from_team_id=from_team_id, to_team_id=to_team_id, responder_ids=responder_ids, by=by, at=at)
        team = Team.objects.select_related("parent").get(id=to_team_id)
        whole = team.parent or team
        values = {"team": {"zh": whole.name, "en": whole.name_en or whole.name},
                  "group": {"zh": team.name, "en": team.name_en or team.name}}  # fmt: skip
        writings = [Writing(uuid5(team.id, f"{o.id} {at.isoformat()}"), "account", o.id, values, about_id=team.id,
                            area_id=team.area_id) for o in done if not o.code]  # fmt: skip
        write_messages(writings=writings, edition=common_edition(), template="team-moved",
                       incident_id=team.incident_id, by=by, at=at)  # fmt: skip
    return done
