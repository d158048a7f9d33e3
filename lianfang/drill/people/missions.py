"""Help for another place in a drill: asked at night, shared out, called up, under the host, home again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.calls.models import Answer, Claim
from lianfang.domains.calls.services import (
    Ask,
    NewShift,
    adopt_roster,
    answer_call_outs,
    ask_again,
    close_call_out,
    post_call,
    tick_muster,
)
from lianfang.domains.responders.models import Mission
from lianfang.domains.responders.services import NewResponder, ask_mission, give_quotas, register_responders
from lianfang.drill.attending import COVER, DAY, HOUR, MINUTE, leave
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.tables import assemble_over_time
from lianfang.drill.people.teams import members
from lianfang.drill.scenario import chosen, split
from lianfang.drill.serving import bodies, officer_of, serving
from lianfang.drill.stage import Stage
from lianfang.flows.send_aid import (
    assemble_mission,
    call_up_mission,
    host_mission,
    offer_mission,
    pair_up,
    release_mission,
)


class Aid:
    """One mission: who sends whom to whom, and what it has become so far."""

    def __init__(self, stage: Stage, told: Mapping[str, Any]) -> None:
        self.stage, self.told = stage, told
        self.record = stage.scenario.one("team", told["record"])
        self.id, self.call_out_id = stage.id_of("mission"), stage.id_of("call-out")
        self.people = chosen(self.record["members"], stage.rng)
        days = chosen(stage.scenario.one("activity", told["days"])["n"], stage.rng)
        self.days: list[date] = [self.record["from"] + n * DAY for n in range(days)]
        self.shares: dict[UUID, int] = {}
        self.staff: dict[UUID, list[UUID]] = {}

    def area(self, place: str) -> Area:
        """The division a place of the report is."""
        return area_of_code(self.stage.scenario.codes_of(place)[0])

    def sender(self, at: datetime) -> Actor:
        """The officer of the place that sends."""
        return officer_of(self.stage, self.told["sender"], at)

    def host(self, at: datetime) -> Actor:
        """The officer of the place that is helped: its forward command."""
        return officer_of(self.stage, self.record["host"], at)

    def hire(self, at: datetime) -> int:
        """The institutions and those of their people who can be called, one of them retired. Gives the people."""
        area = self.area(self.told["sender"])
        n = chosen(self.stage.scenario.one("resource", self.told["institutions"])["n"], self.stage.rng)
        units = bodies(self.stage, "hospital", "医疗机构", "hospital", n, at, within=area)
        for k, size in enumerate(split(self.told["called"], [1.0] * n)):
            self.staff[units[k]] = serving(self.stage, f"clinician-{k + 1}-", size, [units[k]], at,
                                           kind=self.told["people"], within=area)  # fmt: skip
        retired = NewResponder(self.staff[units[0]][0], self.told["people"], is_retired=True,
                               retired_on=self.told["retired_on"], may_be_called=True)  # fmt: skip
        refuse_any(register_responders(entries=[retired], by=self.stage.by, at=at))
        return sum(map(len, self.staff.values()))

    def ask(self, at: datetime) -> int:
        """The host asks, the sender shares it out over its institutions and says yes."""
        until = self.stage.scenario.moment(self.days[-1], self.told["released"]) + HOUR
        ask_mission(mission_id=self.id, task="sampling", title={"zh": self.told["words"], "en": self.told["words_en"]},
                    people=self.people, from_at=at, until_at=until, by=self.host(at), at=at,
                    incident_id=self.stage.id_of("incident"), kit=self.told["kit"],
                    sender_area_id=self.area(self.told["sender"]).id,
                    receiver_area_id=self.area(self.record["host"]).id)  # fmt: skip
        staff = {body: self.told["staff_of_called"] * len(people) for body, people in self.staff.items()}
        quotas = give_quotas(mission_id=self.id, staff=staff, by=self.sender(at), at=at)
        self.shares = {q.organisation_id: q.people for q in quotas}
        offer_mission(mission_id=self.id, by=self.sender(at), at=at)
        return len(quotas)

    def call_up(self, at: datetime) -> int:
        """Everybody of these institutions is asked at once; most answer at once, the silent when asked again."""
        self.meet_at = at + self.told["meet_minutes"] * MINUTE
        call_up_mission(call_out_id=self.call_out_id, mission_id=self.id, meet_at=self.meet_at,
                        where=self.told["where"], repeat_minutes=self.told["repeat_minutes"], repeats=3,
                        by=self.sender(at), at=at)  # fmt: skip
        asked = Answer.objects.filter(call_out_id=self.call_out_id).order_by("id")
        by_body: dict[UUID, list[UUID]] = {}
        for body, who in asked.values_list("organisation_id", "account_id"):
            by_body.setdefault(body, []).append(who)
        coming = [i for body, people in by_body.items() for i in people[: self.shares[body]]]
        cannot = [i for body, people in by_body.items() for i in people[self.shares[body] :]]
        prompt = len(coming) * self.told["prompt_percent"] // 100
        self._answer(coming[:prompt], "coming", at + 2 * MINUTE)
        again = at + (self.told["repeat_minutes"] + 1) * MINUTE
        ask_again(by=self.stage.by, at=again)
        self._answer(coming[prompt:], "coming", again + 2 * MINUTE)
        self._answer(cannot, "cannot", again + 3 * MINUTE)
        return asked.count()

    def _answer(self, people: list[UUID], says: str, at: datetime) -> None:
        by = self.sender(at)  # whoever telephones down the list notes it
        refuse_any(answer_call_outs(call_out_id=self.call_out_id, account_ids=people, says=says, by=by, at=at))

    def depart(self, at: datetime) -> int:
        """Those who come are ticked as they arrive; they are a team, and leave."""
        by = self.sender(at)
        coming = Answer.objects.filter(call_out_id=self.call_out_id, state="coming")
        people = list(coming.order_by("id").values_list("account_id", flat=True))
        mustered = {"call_out_id": self.call_out_id, "account_ids": people, "by": by}
        self._arrive(by)
        close_call_out(call_out_id=self.call_out_id, by=by, at=at)
        assemble_mission(mission_id=self.id, name=self.told["team"], by=by, at=at)
        refuse_any(tick_muster(step="departed", at=at, **mustered))
        return len(people)

    def _arrive(self, by: Actor) -> None:
        """One institution after another comes to the meeting point, the last of them at the hour of meeting."""
        coming = Answer.objects.filter(call_out_id=self.call_out_id, state="coming").order_by("id")
        by_body: dict[UUID, list[UUID]] = {}
        for body, who in coming.values_list("organisation_id", "account_id"):
            by_body.setdefault(body, []).append(who)
        apart = self.told["arrive_minutes"] * MINUTE / max(len(by_body) - 1, 1)
        for k, people in enumerate(reversed(list(by_body.values()))):
            refuse_any(tick_muster(call_out_id=self.call_out_id, account_ids=people, step="come",
                                   at=self.meet_at - k * apart, by=by))  # fmt: skip

    def take_over(self, at: datetime) -> int:
        """The host's command takes them over, cuts them into units, and puts them on its towns' sites for the days."""
        by = self.host(at)
        host_mission(mission_id=self.id, by=by, at=at)
        team = Mission.objects.values_list("team_id", flat=True).get(id=self.id)
        refuse_any(pair_up(team_id=team, by=by, at=at))
        people, first = members(team), 0
        towns = [self.area(p) for p in self.told["towns"]]
        for town, size in zip(towns, split(len(people), [1.0] * len(towns)), strict=True):
            some = people[first : first + size]
            first += size
            shifts = [self._shift(f"{town.id} {day}", day, len(some)) for day in self.days]
            post_call(call_id=uuid5(town.id, "aid"), area_id=town.id, task="sampling", shifts=shifts, by=by, at=at,
                      title={"zh": self.told["words"], "en": self.told["words_en"]}, cover=COVER,
                      incident_id=self.stage.id_of("incident"), audience={"teams": [str(team)]},
                      asked_area_id=self.area(self.record["host"]).id)  # fmt: skip
            asks = [Ask(uuid5(s.id, str(p)), s.id, p, at, by, waits=False, team_id=team) for s in shifts for p in some]
            refuse_any(adopt_roster(asks=asks, by=by, at=at))
        return len(people)

    def _shift(self, name: str, day: date, places: int) -> NewShift:
        begins = self.stage.scenario.moment(day, self.told["begins"])
        return NewShift(self.stage.id_of(f"aid {name}"), begins, begins + self.told["hours"] * HOUR, places)

    def serve(self, day: date, at: datetime) -> int:
        """One day at the sites: over the tables of each town onto post, and gone. Gives the person-times.

        Each town has its own tables, and all of them begin together.
        """
        told, by = self.told["assembly"], self.host(at)
        begins = self.stage.scenario.moment(day, self.told["begins"])
        ends = begins + self.told["hours"] * HOUR
        served = []
        for town in self.told["towns"]:
            of = Claim.objects.filter(shift_id=self.stage.id_of(f"aid {self.area(town).id} {day}"))
            claims = list(of.order_by("id").values_list("id", flat=True))
            assemble_over_time(claims, told, begins_at=begins - told["before_minutes"] * MINUTE, rng=self.stage.rng,
                               by=by)  # fmt: skip
            served += claims
        leave(dict.fromkeys(served, ends), by=by)
        return len(served)

    def release(self, at: datetime) -> int:
        """The host lets them go, with a summary."""
        release_mission(mission_id=self.id, words=self.told["summary"], by=self.host(at), at=at)
        return 1
