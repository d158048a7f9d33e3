"""The pleas of a report: told at desks, looked after, made work, done by a branch, confirmed by who asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.domains.accounts.services import grant_role
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Presence
from lianfang.domains.needs.queries.kinds import plea_kinds
from lianfang.domains.needs.services import (
    NewPlea,
    accept_plea,
    end_plea,
    route_plea,
    take_in,
    weigh_plea,
)
from lianfang.domains.work.models import Item
from lianfang.drill.needs.hands import MINUTE, Hands
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import host_of, members, team_names
from lianfang.drill.scenario import chosen, split
from lianfang.drill.stage import Stage
from lianfang.drill.ways import asked_at, values_for, way_to

DAY = timedelta(days=1)
AT_DESK = 5  # minutes until what is told is typed in
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Home:
    """A door with somebody grown who lives behind it."""

    household_id: UUID
    person_id: UUID
    area_id: UUID


@dataclass
class Case:
    """One plea as it will be: who asks what, when, how dangerous, and which branch sees to it."""

    id: UUID
    sort: Told
    team: str
    home: Home
    words: str
    at: datetime
    danger: str
    count: int = 1
    deadline_at: datetime | None = None
    helpers: list[UUID] = field(default_factory=list)

    @property
    def item_id(self) -> UUID:
        """The work it becomes."""
        return uuid5(self.id, "work")


def days_of(told: Told) -> list[date]:
    """The days of a span of the staging."""
    return [told["from"] + n * DAY for n in range((told["to"] - told["from"]).days + 1)]


class Branches:
    """The branches of a report: who is in each, and the doors of its host."""

    def __init__(self, stage: Stage, told: Told) -> None:
        self.stage, self.people, self.homes = stage, dict[str, list[UUID]](), dict[str, list[Home]]()
        self.hosts: dict[str, UUID] = {}
        for record in stage.scenario.staging["people"]["counted"]:
            if record["record"] not in told["of"]:
                continue
            for k, name in enumerate(team_names(stage, record)):
                host = host_of(stage, record["named"].get(name, record["place"]), k)
                people = members(stage.id_of(f"team {name}"))
                if people:
                    self.people[name], self.homes[name], self.hosts[name] = people, doors_of([host.id]), host.id
        every = doors_of(ids_below(stage.cast.county.id), most=600)
        self.homes = {name: homes or every for name, homes in self.homes.items()}

    def dealt(self, total: int, parts: Mapping[str, int]) -> dict[str, int]:
        """A total over the branches: to those with a figure of their own just that, to the others the rest evenly."""
        others = [n for n in self.people if n not in parts]
        return {**parts, **dict(zip(others, split(total - sum(parts.values()), [1.0] * len(others)), strict=True))}

    def on_errands(self, name: str, day: date, n: int) -> list[UUID]:
        """Who of a branch runs errands on a day: a few, in turn."""
        people, first = self.people[name], day.toordinal() * n
        return [people[(first + k) % len(people)] for k in range(min(n, len(people)))]


def doors_of(area_ids: Iterable[UUID], *, most: int = 400) -> list[Home]:
    """Doors of some areas, each with the first grown person who lives behind it."""
    rows = Presence.objects.filter(area_id__in=area_ids, kind="lives", to_on=None, person__birth_year__lt=2000)
    first = rows.order_by("household_id", "person_id").distinct("household_id")
    return [Home(h, p, a) for h, p, a in first.values_list("household_id", "person_id", "area_id")[:most] if h]


def serve_there(stage: Stage, told: Told, at: datetime) -> int:
    """The branches' people get a post where their branch serves, as whoever is sent down does. Gives the people."""
    branches = Branches(stage, told)
    for name, people in branches.people.items():
        for who in people:
            grant_role(grant_id=uuid5(who, "serves there"), account_id=who, role="volunteer",
                       area_id=branches.hosts[name], until_at=None, by=stage.by, at=at)  # fmt: skip
    return sum(map(len, branches.people.values()))


class Pleas:
    """All pleas of a report, dealt over days, kinds and branches, and played step by step."""

    def __init__(self, stage: Stage, hands: Hands, told: Told) -> None:
        self.stage, self.hands, self.told, self.rng = stage, hands, told, hands.rng

    def deal(self, at: datetime) -> int:
        """Invent who will ask for what; the first of each sort are those the report tells of. Gives the pleas."""
        branches, s = Branches(self.stage, self.told), self.stage.scenario
        left = chosen(s.one("activity", self.told["registered"])["n"], self.rng)
        urgent = chosen(s.one("activity", self.told["urgent"])["n"], self.rng)
        cases = [c for sort in self.told["counted"] for c in self._counted(branches, sort)]
        urgent -= sum(1 for c in cases if c.danger in self.told["urgent_dangers"])
        urgent -= self.told.get("apart", 0)
        left -= len(cases) + urgent + self.told.get("apart", 0)
        own = {t: chosen(s.one("activity", a)["n"], self.rng) for t, a in self.told["urgent_parts"].items()}
        cases += self._weighted(branches, self.told["urgently"], branches.dealt(urgent, own))
        cases += self._weighted(branches, self.told["else"], branches.dealt(left, {}))
        spans: dict[datetime, list[Case]] = {}
        for c in cases:
            spans.setdefault(c.at - timedelta(minutes=c.at.minute % AT_DESK, seconds=c.at.second), []).append(c)
        for begins, some in spans.items():
            self.hands.then(begins + AT_DESK * MINUTE, lambda now, some=some: self._take_in(some, now))
        return len(cases)

    def _counted(self, branches: Branches, sort: Told) -> list[Case]:
        """Pleas whose goods the report counts: bottles, cards; most ask for one, some for two."""
        s = self.stage.scenario
        own = {t: chosen(s.one("activity", a)["n"], self.rng) for t, a in sort.get("parts", {}).items()}
        whole = chosen(s.one("activity", sort["activity"])["n"], self.rng)
        by_team = own if sort.get("by_parts") else branches.dealt(whole, own)
        out = []
        for team, much in by_team.items():
            while much > 0:
                n = 1 if much == 1 or self.rng.random() > sort.get("two_share", 0) else 2
                out.append(self._case(branches, sort, team, f"{team} {much}", count=n))
                much -= n
        return out

    def _weighted(self, branches: Branches, sorts: Sequence[Told], by_team: Mapping[str, int]) -> list[Case]:
        weights = [float(x["weight"]) for x in sorts]
        share = [w / sum(weights) for w in weights]
        return [self._case(branches, sorts[int(self.rng.choice(len(sorts), p=share))], team, f"{team} {k}")
                for team, n in by_team.items() for k in range(n)]  # fmt: skip

    def _home(self, branches: Branches, sort: Told, team: str, k: int) -> Home:
        """Whose plea it is: anybody of the host's, or one door after another where the report counts doors."""
        homes = branches.homes[team]
        return homes[k % len(homes) if sort.get("by_parts") else int(self.rng.integers(len(homes)))]

    def _case(self, branches: Branches, sort: Told, team: str, name: str, *, count: int = 1) -> Case:
        days, k = [sort["day"]] if "day" in sort else days_of(self.told), int(name.split()[-1])
        day = days[int(self.rng.integers(len(days)))]
        first, last = sort.get("hours", self.told["hours"])
        at = self.stage.scenario.moment(day, time()) + timedelta(hours=float(self.rng.uniform(first, last)))
        dangers = sort["dangers"]
        danger = str(self.rng.choice(list(dangers), p=[w / sum(dangers.values()) for w in dangers.values()]))
        due = self.stage.scenario.moment(day, sort["deadline"]) if "deadline" in sort else None
        return Case(self.stage.id_of(f"plea {sort['name']} {name}"), sort, team,
                    self._home(branches, sort, team, k), str(self.rng.choice(sort["words"])), at, danger,
                    count, due, branches.on_errands(team, day, self.told["helpers"]))  # fmt: skip

    def _take_in(self, cases: Sequence[Case], at: datetime) -> None:
        """What came in some minutes at the desks: some are typed in with kind and danger, of some only the words."""
        new = []
        for c in cases:
            said = self.rng.random() < self.told["said_share"]
            new.append(NewPlea(c.id, str(self.rng.choice(self.told["channels"])), c.words,
                               self.hands.desk(c.home.area_id, at), c.at, phone=f"0000-{c.id.int % 10**7:07}",
                               household_id=c.home.household_id, person_id=c.home.person_id,
                               kind=c.sort["kind"] if said else "", danger=c.danger if said else "",
                               deadline_at=c.deadline_at, incident_id=self.stage.id_of("incident")))  # fmt: skip
        refuse_any(take_in(pleas=new, by=self.stage.by, at=at))
        for c in cases:
            mean = self.told["answer_minutes"][c.danger]
            self.hands.then(at + self.hands.soon(mean), lambda now, c=c: self._accept(c, now))

    def _accept(self, c: Case, at: datetime) -> None:
        """The desk rings back: the promise is kept; it weighs what was only words, and gives it to the branch."""
        desk = self.hands.desk(c.home.area_id, at)
        accept_plea(plea_id=c.id, by=desk, at=at)
        weigh_plea(plea_id=c.id, kind_name=c.sort["kind"], danger=c.danger, group="", deadline_at=c.deadline_at,
                   where=c.sort.get("where", ""), by=desk, at=at)  # fmt: skip
        self.hands.then(at + self.hands.soon(3, most=15), lambda now: self._route(c, now))

    def _route(self, c: Case, at: datetime) -> None:
        body = kind(plea_kinds()[c.sort["kind"]]["opens"])
        who = c.helpers[c.id.int % len(c.helpers)]
        given = {**c.sort.get("values", {}), **({c.sort["counts"]: c.count} if "counts" in c.sort else {})}
        known = {plea_kinds()[c.sort["kind"]]["into"]: c.words, "phone": "0000"}
        values = values_for(body, "open", given, known, self.rng)
        row = route_plea(plea_id=c.id, item_id=c.item_id, kind_name=c.sort["kind"], values=values,
                         owner_id=None if c.sort.get("run") else who, by=self.hands.desk(c.home.area_id, at),
                         at=at)  # fmt: skip
        if not c.sort.get("run"):
            self._do(c, who, Item.objects.get(id=row.item_id), at)

    def _do(self, c: Case, who: UUID, item: Item, at: datetime) -> None:
        """The branch does it, step by step, on its phone; when the phone has sent, whoever asked is rung up."""
        body, had, when = kind(item.kind, item.version), dict(item.values), at
        given = {**c.sort.get("values", {}), **dict.fromkeys(c.sort.get("counted_at", []), c.count)}
        for move in way_to(body, item.state, c.sort["end"]):
            when += self.hands.soon(self.told["move_minutes"], most=100)
            values = asked_at(body, move["name"], given, had, self.rng)
            had |= values
            self.hands.then(when, lambda now, m=move["name"], v=values: self.hands.note(who, item.id, m, v, now))
        self.hands.then(when, lambda now: self.hands.after_upload(
            now + self.hands.soon(self.told["confirm_minutes"]), lambda then: self.confirm(c, then)))  # fmt: skip

    def confirm(self, c: Case, at: datetime) -> None:
        """The desk asks whether it is solved: it is."""
        end_plea(plea_id=c.id, end="confirmed", why="", by=self.hands.desk(c.home.area_id, at), at=at,
                 rating=int(self.rng.integers(3, 6)))  # fmt: skip
