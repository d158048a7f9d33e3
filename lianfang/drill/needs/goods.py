"""Goods to doors, visits, and what is fetched for a group: work a branch opens itself, without a plea."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.domains.editions.queries import kind
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, assign_items, open_items
from lianfang.drill.needs.hands import MINUTE, Hands
from lianfang.drill.needs.pleas import Branches, Home, days_of
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.scenario import chosen, split
from lianfang.drill.stage import Stage
from lianfang.drill.ways import asked_at, values_for, way_to

Told = Mapping[str, Any]
WAVES = (8, 12, 16)  # the hours at which goods come to the gate
WITHIN = timedelta(hours=3)


class Rounds:
    """Work of one kind that the branches do door by door, as much as the report counts."""

    def __init__(self, stage: Stage, hands: Hands, told: Told) -> None:
        self.stage, self.hands, self.told = stage, hands, told
        self.doors: dict[str, int] = {}  # by branch, how many doors it has been sent to: one after another

    def deal(self, at: datetime) -> int:
        """Each branch's part of each day, in waves: what comes to the gate is at its doors in time. Gives how many."""
        branches, s = Branches(self.stage, self.told), self.stage.scenario
        own = {t: chosen(s.one("activity", a)["n"], self.hands.rng) for t, a in self.told.get("parts", {}).items()}
        if "activity" in self.told:
            own = branches.dealt(chosen(s.one("activity", self.told["activity"])["n"], self.hands.rng), own)
        for team, n in own.items():
            days = days_of(self.told)
            for day, part in zip(days, split(n, [1.0] * len(days)), strict=True):
                for hour, wave in zip(WAVES, split(part, [1.0] * len(WAVES)), strict=True):
                    begins = s.moment(day, time(hour, 0))
                    self.hands.then(begins, lambda now, t=team, n=wave: self._open(branches, t, n, now))
        return sum(own.values())

    def _open(self, branches: Branches, team: str, n: int, at: datetime) -> None:
        body, homes = kind(self.told["kind"]), branches.homes[team]
        people = branches.on_errands(team, at.date(), self.told["helpers"])
        first = self.doors.get(team, 0)
        self.doors[team] = first + n
        values = values_for(body, "open", self.told.get("values", {}), {}, self.hands.rng)
        new = [(homes[(first + k) % len(homes)], people[k % len(people)]) for k in range(n)]
        named = f"{self.told['kind']} {team} {at.isoformat()}"
        items = [NewItem(self.stage.id_of(f"{named} {k}"), h.area_id, "household",
                         h.household_id, values=values, owner_id=who) for k, (h, who) in enumerate(new)]  # fmt: skip
        self._opened(items, [h for h, _ in new], at)
        for k, i in enumerate(items):
            done = at + 15 * MINUTE + WITHIN * (k / max(n, 1))
            self.hands.then(done, lambda now, i=i: self._done(i, now))

    def _opened(self, items: Sequence[NewItem], homes: Sequence[Home], at: datetime) -> None:
        by_area: dict[UUID, list[NewItem]] = {}
        for i, h in zip(items, homes, strict=True):
            by_area.setdefault(h.area_id, []).append(i)
        for area, some in by_area.items():
            refuse_any(open_items(kind_name=self.told["kind"], items=some, area_id=area,
                                  incident_id=self.stage.id_of("incident"), by=self.hands.desk(area, at),
                                  at=at))  # fmt: skip

    def _done(self, new: NewItem, at: datetime) -> None:
        body = kind(self.told["kind"])
        assert new.owner_id is not None, "each is given to somebody"
        had: dict[str, Any] = dict(new.values)
        for n, move in enumerate(way_to(body, body["states"][0]["name"], self.told["end"])):
            values = asked_at(body, move["name"], self.told.get("values", {}), had, self.hands.rng)
            had |= values
            self.hands.note(new.owner_id, new.id, move["name"], values, at + n * MINUTE)


def serve_group(stage: Stage, hands: Hands, told: Told, at: datetime) -> int:
    """Pupils without their parents in an estate: a carer, their papers fetched and counted out, a meal to the door."""
    s = stage.scenario
    branches = Branches(stage, told)
    team, people = told["team"], branches.people[told["team"]]
    home, carer, runner = branches.homes[team][0], people[0], people[-1]
    heads, papers = (chosen(s.one("activity", told[k])["n"], hands.rng) for k in ("meals", "papers"))
    desk, incident = hands.desk(home.area_id, at), stage.id_of("incident")
    group = stage.id_of("pupils")

    def opened(kind_name: str, item_id: UUID, who: UUID, values: Told, parent: UUID | None = None) -> None:
        new = NewItem(item_id, home.area_id, values=dict(values), owner_id=who, parent_id=parent)
        refuse_any(
            open_items(kind_name=kind_name, items=[new], area_id=home.area_id, incident_id=incident, by=desk, at=at)
        )

    opened("stranded-group", group, carer, {**told["group"], "heads": heads})
    refuse_any(
        assign_items(item_ids=[group], owner_id=carer, by=desk, at=at)
    )  # told at once, it was with its first list
    hands.note(carer, group, "accept", {"carer_phone": "0000"}, at + 10 * MINUTE)
    job, meal = uuid5(group, "papers"), uuid5(group, "meal")
    opened("courier-job", job, runner, {**told["job"], "items": papers}, group)
    opened("group-meal", meal, runner, {**told["meal"], "people": heads}, group)
    hands.note(runner, job, "collect", {"collected": papers}, at + 60 * MINUTE)
    hands.note(runner, job, "hand-over", {"handed": papers, "receiver": told["receiver"]}, at + 90 * MINUTE)
    hands.note(runner, meal, "serve", {"fed": heads}, at + 50 * MINUTE)
    return Item.objects.filter(id__in=(group, job, meal)).count()
