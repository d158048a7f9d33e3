"""Teams long away: the home unit hears each day how they are, or that nobody said; who comes home stays apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import holders_of
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.editions.queries import common_edition, value
from lianfang.domains.grid.models import Presence
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.models import Member, Mission, TeamNote
from lianfang.domains.responders.queries.away import LOCAL, own_mission, silent_today
from lianfang.domains.responders.rules import IN_TEAM
from lianfang.domains.responders.services import keep_fitness, send_word
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested

CHECK = "returnee-check"
LEADS, MOST_TOLD = ("duty-officer", "county-officer", "street-lead", "committee-lead"), 6


def word_home(*, note_id: UUID, mission_id: UUID, well: int, ill: int, words: str, by: Actor, at: datetime) -> TeamNote:
    """Today's word home; the leads of the area that sent them hear the numbers at once. Rights: as send_word."""
    with transaction.atomic():
        mission = own_mission(mission_id, by=by, at=at)
        note = send_word(note_id=note_id, mission_id=mission_id, well=well, ill=ill, words=words, by=by, at=at)
        values = {"words": mission.title, "well": str(note.well), "ill": str(note.ill)}
        _tell(mission, "mission-ill" if note.ill else "mission-word", str(note.id), values, by, at)
    return note


def tell_silent(*, by: Actor, at: datetime) -> int:
    """Teams of which nobody has heard today: the leads at home and the team itself hear it, once a day.

    Gives how many teams are silent. Harmless twice.
    """
    found = silent_today(at=at)
    for m in found:
        day = at.astimezone(LOCAL).date().isoformat()
        team = Member.objects.filter(team_id=m.team_id, state=IN_TEAM).values_list("responder_id", flat=True)
        _tell(m, "mission-silent", day, {"words": m.title}, by, at, also=sorted(team))
    return len(found)


def stay_apart(row: Mission, people: list[UUID], *, by: Actor, at: datetime) -> datetime:
    """Who comes home from a long mission is off duty and apart for the days of the rule; a check for each is opened
    where he lives, as for anybody who comes from there. Called by the flow that releases them. Gives until when.
    """
    days = value(common_edition(), "mission_apart_days", area_id=row.sender_area_id, at=at)
    until = at + timedelta(days=days)
    for p in people:
        keep_fitness(fitness_id=uuid5(row.id, f"apart {p}"), responder_id=p, state="off", limits=[], why="",
                     until_at=until, source_id=row.id, by=by, at=at)  # fmt: skip
    persons = Account.objects.filter(id__in=people).exclude(person_id=None).values_list("person_id", flat=True)
    homes = Presence.objects.filter(person_id__in=list(persons), to_on=None, kind="lives")
    items: dict[UUID, list[NewItem]] = {}
    for person_id, area_id in homes.order_by("id").values_list("person_id", "area_id"):
        new = NewItem(uuid5(row.id, f"check {person_id}"), area_id, "person", person_id, due_at=at + timedelta(days=1))
        items.setdefault(area_id, []).append(new)
    for some in items.values():
        open_tested(kind_name=CHECK, items=some, incident_id=row.incident_id, by=by, at=at)
    values = {"words": row.title, "until": until.isoformat()}
    _tell(row, "mission-apart", "home", values, by, at, also=people)
    return until


def _tell(row: Mission, template: str, key: str, values: Mapping[str, Any], by: Actor, at: datetime,
          also: list[UUID] | None = None) -> None:  # fmt: skip
    above = ids_above(row.sender_area_id)
    leads = dict.fromkeys(a for role in LEADS for a in holders_of(role, above=above, at=at))
    to = dict.fromkeys([*[*leads][:MOST_TOLD], *(also or [])])
    writings = [Writing(uuid5(row.id, f"{template} {key} {a}"), "account", a, dict(values), about_id=row.id,
                        area_id=row.sender_area_id) for a in to]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template=template, incident_id=row.incident_id, by=by,
                   at=at)  # fmt: skip
