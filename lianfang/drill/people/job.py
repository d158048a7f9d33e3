"""A job that lasts: ordered out in the evening, through a storm, some harmed, an alarm, others who take over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.services import (
    Ask,
    NewNote,
    NewShift,
    Presence,
    adopt_roster,
    check_in,
    check_out,
    note_duty,
    post_call,
)
from lianfang.domains.responders.models import Team
from lianfang.drill.attending import COVER, DAY, HOUR, MINUTE, assemble
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import members, officer
from lianfang.drill.scenario import chosen
from lianfang.drill.stage import Stage
from lianfang.flows.stop_duty import stop_duty
from lianfang.flows.watch_posts import ask_for_relief


class Job:
    """One long job of a squad: when it begins and ends, and who is still on it (claims)."""

    def __init__(self, stage: Stage, told: Mapping[str, Any]) -> None:
        self.stage, self.told = stage, told
        self.begins_at = stage.scenario.moment(told["at"].date(), told["at"].time())
        hours = chosen(stage.scenario.one("activity", told["hours"])["n"], stage.rng)
        self.ends_at = self.begins_at + hours * HOUR + told["extra_minutes"] * MINUTE
        self.planned = timedelta(hours=told["planned_hours"])
        self.on_it: list[UUID] = []

    def _asked(self, *, squad: bool) -> dict[str, list[str]]:
        """Whom a call asks: the squad; else whoever is of the kind that was posted down."""
        if squad:
            return {"teams": [str(self.stage.id_of(f"team {self.told['squad']}"))]}
        posted = self.stage.scenario.staging["people"]["posted"]
        return {"people": [p["people"] for p in posted if p["record"] == self.told["relief"]]}

    def _call(self, name: str, begins: datetime, people: list[UUID], *, squad: bool, at: datetime) -> list[UUID]:
        """Post a call and put these people on it. Gives their claims."""
        team = Team.objects.get(id=self.stage.id_of(f"team {self.told['squad']}"))
        shift = NewShift(self.stage.id_of(f"{name} shift"), begins, begins + self.planned, len(people))
        by = officer(self.stage, at)
        post_call(call_id=self.stage.id_of(name), area_id=team.area_id, task=self.told["task"], shifts=[shift], by=by,
                  title={"zh": self.told["words"], "en": self.told["words_en"]}, at=at, cover=COVER,
                  incident_id=self.stage.id_of("incident"), audience=self._asked(squad=squad),
                  asked_area_id=self.stage.cast.county.id)  # fmt: skip
        asks = [Ask(uuid5(shift.id, str(p)), shift.id, p, at, by, waits=False, team_id=team.id if squad else None)
                for p in people]  # fmt: skip
        refuse_any(adopt_roster(asks=asks, by=by, at=at))
        return [a.id for a in asks]

    def _come(self, claims: list[UUID], at: datetime) -> None:
        by = officer(self.stage, at)
        assemble(claims, at - HOUR / 2, by)
        refuse_any(check_in(presences=[Presence(i, at, by) for i in claims], by=by, at=at))

    def _go(self, claims: list[UUID], at: datetime) -> None:
        by = officer(self.stage, at)
        refuse_any(check_out(presences=[Presence(i, at, by) for i in claims], by=by, at=at))

    def order(self, at: datetime) -> int:
        """The squad is ordered out and begins. Gives its people."""
        people = members(self.stage.id_of(f"team {self.told['squad']}"))
        self.on_it = self._call("job", self.begins_at, people, squad=True, at=at)
        self._come(self.on_it, self.begins_at)
        return len(people)

    def harm(self, at: datetime) -> int:
        """Some cannot go on: each stops, a medic's task opens; one more asks for relief. Gives who was harmed."""
        harmed, self.on_it = self.on_it[: self.told["harmed"]], self.on_it[self.told["harmed"] :]
        by, tired = officer(self.stage, at), self.on_it[0]
        for i in harmed:
            stop_duty(item_id=uuid5(i, "harm"), claim_id=i, signs=self.told["signs"], action=self.told["action"],
                      until_at=at + DAY, by=by, at=at)  # fmt: skip
        own = actor_for(self.stage.cast.account(Claim.objects.get(id=tired).account_id), at=at)
        refuse_any([ask_for_relief(note=NewNote(uuid5(tired, "relief"), tired, "relief", at, own), by=own, at=at)])
        return len(harmed)

    def relieve(self, at: datetime) -> int:
        """The alarm has gone: the lead says why they go on and until when, and puts as many others on the next turn."""
        by, why = officer(self.stage, at), {"why": self.told["why"], "until": self.ends_at.isoformat()}
        notes = [NewNote(uuid5(i, "overrun"), i, "overrun", at, by, why) for i in self.on_it]
        refuse_any(note_duty(notes=notes, by=by, at=at))
        people = [self.stage.id_of(f"{self.told['relief']} {k}") for k in range(len(self.on_it))]
        self.fresh = self._call("relief", self.ends_at, people, squad=False, at=at)
        return len(self.fresh)

    def hand_over(self, at: datetime) -> int:
        """Who relieves them comes, and the squad leaves; they go on to their own end. Gives who leaves."""
        self._come(self.fresh, self.ends_at)
        self._go(self.on_it, self.ends_at)
        return len(self.on_it)

    def end(self, at: datetime) -> int:
        """The next turn is over too. Gives who leaves."""
        self._go(self.fresh, at)
        return len(self.fresh)
