"""Rounds of testing in a drill: planned in the night, scanned by phones all day, every person ended, results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from django.contrib.auth.hashers import make_password

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for, actors_for
from lianfang.domains.accounts.services import NewPost, open_posts
from lianfang.domains.areas.queries import area_of_code, ids_below
from lianfang.domains.devices.queries import token_key
from lianfang.domains.grid.models import Building
from lianfang.domains.places.services import register_place
from lianfang.domains.rounds.models import Desk, Round, Unit
from lianfang.domains.rounds.services import (
    NewStation,
    Seat,
    add_home_desk,
    add_stations,
    adopt_plan,
    close_round,
    move_stations,
    open_round,
    plan_round,
    seat_desks,
    staff_round,
)
from lianfang.domains.sampling.models import Tube
from lianfang.domains.sampling.queries import code_of
from lianfang.domains.sampling.rules import ResultRow
from lianfang.domains.sampling.services import hand_over_tubes
from lianfang.drill.cast import PASSWORD
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.phone import Noted
from lianfang.drill.scenario import split
from lianfang.drill.stage import Stage
from lianfang.flows.close_sampling import close_sampling
from lianfang.flows.lab_results import take_lab_file

TUBE = 10
ENDINGS = ("elsewhere", "away", "exempt", "refused", "not-found")
REASONS = {"elsewhere": "report-seen", "away": "works-away", "exempt": "medical", "refused": "no-wish",
           "not-found": "three-visits"}  # fmt: skip


@dataclass
class Testing:
    """One round of a drill: what the report's officers chose, its hours, and who comes to which desk."""

    stage: Stage
    name: str
    starts_at: datetime
    ends_at: datetime
    places: Sequence[str]
    stations: int
    desks: int
    samplers: int
    clustered: int = 0
    _come: dict[UUID, list[UUID]] = field(default_factory=dict)  # by desk
    _notes: dict[UUID, list[tuple[UUID, str, str]]] = field(default_factory=dict)  # by area: person, says, reason
    _met: dict[UUID, int] = field(default_factory=dict)  # by desk, how many have come
    _cluster: list[UUID] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The round."""
        return self.stage.id_of(f"round {self.name}")

    def plan(self, at: datetime) -> None:
        """The command plans, adopts its own numbers beside the proposal, names sites and desks, and calls people up."""
        by = self.stage.cast.actor("command", at)
        areas = [area_of_code(c).id for p in self.places for c in self.stage.scenario.codes_of(p)]
        found = plan_round(round_id=self.id, incident_id=self.stage.id_of("incident"), kind="mass-test", area_ids=areas,
                           starts_at=self.starts_at, ends_at=self.ends_at, by=by, at=at)  # fmt: skip
        adopted = self._adopted(found)
        adopt_plan(round_id=self.id, adopted=adopted, reason="演练：按指挥部决定", by=by, at=at)
        for area_id, numbers in adopted.items():
            refuse_any(add_stations(round_id=self.id, stations=self._sites(area_id, numbers, at), by=by, at=at))
        staff_round(round_id=self.id, by=by, at=at)
        self._seat(at)

    def _adopted(self, found: Round) -> dict[UUID, dict[str, int]]:
        """The officers' totals over the areas, by their people."""
        proposed: Mapping[str, Mapping[str, int]] = found.plan["proposed"]
        weights = [proposed[a]["people"] for a in proposed]
        shares = [split(n, weights) for n in (self.stations, self.desks, self.samplers)]
        return {UUID(a): {"stations": s, "desks": d, "staff": p} for a, s, d, p in zip(proposed, *shares, strict=True)}

    def _sites(self, area_id: UUID, numbers: Mapping[str, int], at: datetime) -> list[NewStation]:
        blocks = list(Building.objects.filter(area_id__in=ids_below(area_id)).select_related("area")
                      .order_by("area__position", "position"))  # fmt: skip
        step = max(1, len(blocks) // numbers["stations"])
        desks = split(numbers["desks"], [1.0] * numbers["stations"])
        staff = iter(split(numbers["staff"], [1.0] * numbers["desks"]))
        new = []
        for n, k in enumerate(desks):
            block = blocks[min(n * step, len(blocks) - 1)]
            place_id = uuid5(self.id, f"{area_id} site {n}")
            register_place(place_id=place_id, kind="test-site", name=f"{block.area.name} {n + 1} 号点", name_en="",
                           area_id=block.area_id, capacity={"desk": k}, lon=block.lon, lat=block.lat,
                           incident_id=self.stage.id_of("incident"), by=self.stage.by, at=at)  # fmt: skip
            cluster = "cluster" if len(self._cluster) < self.clustered else ""
            if cluster:
                self._cluster.append(place_id)
            people = [next(staff) for _ in range(k)]
            new.append(NewStation(uuid5(place_id, "station"), place_id, people, cluster=cluster))
        return new

    def _seat(self, at: datetime) -> None:
        """Everybody at a desk has a sign-in of his own, in the site's own committee."""
        desks = list(Desk.objects.filter(round_id=self.id).order_by("id"))
        posts = [
            NewPost(uuid5(d.id, "sampler"), f"demo-sampler-{self.name}-{n}" if n else f"demo-sampler{self._tail()}",
                    "采样员", "sampler", d.area_id)
            for n, d in enumerate(desks)
        ]  # fmt: skip
        password = make_password(PASSWORD, salt="demo" * 4, hasher="pbkdf2_sha256")
        refuse_any(open_posts(posts=posts, password_hash=password, area_id=self.stage.cast.county.id, until_at=None,
                              by=self.stage.by, at=at))  # fmt: skip
        seats = [Seat(d.id, p.account_id) for d, p in zip(desks, posts, strict=True)]
        refuse_any(seat_desks(seats=seats, by=self.stage.cast.actor("command", at), at=at))

    def _tail(self) -> str:
        return "" if self.name == "mass" else f"-{self.name}"

    def notify(self, at: datetime) -> None:
        """The sites are told, and set up."""
        ids = [s.id for s in Round.objects.get(id=self.id).stations.order_by("id")]
        by = self.stage.cast.actor("command", at)
        refuse_any(move_stations(station_ids=ids, state="notified", by=by, at=at))
        refuse_any(move_stations(station_ids=ids, state="setting-up", by=by, at=at + timedelta(minutes=20)))

    def open(self, at: datetime) -> None:
        """The list is laid from the register, and desks open."""
        by = self.stage.cast.actor("command", at)
        open_round(round_id=self.id, by=by, at=at)
        ids = [s.id for s in Round.objects.get(id=self.id).stations.order_by("id")]
        refuse_any(move_stations(station_ids=ids, state="open", by=by, at=at))

    def send_pairs(self, at: datetime) -> None:
        """Each committee sends a pair to those who cannot come; who comes to which desk is known to nobody yet."""
        by = self.stage.cast.actor("command", at)
        homes = set(Unit.objects.filter(round_id=self.id, is_home=True).values_list("area_id", flat=True))
        for area_id in sorted(homes):
            worker = self.stage.cast.grid[area_id][0]
            add_home_desk(desk_id=uuid5(self.id, f"pair {area_id}"), round_id=self.id, area_id=area_id,
                          account_id=worker.id, people=2, by=by, at=at)  # fmt: skip
        self._deal()

    def _deal(self) -> None:
        """Who ends how, and who comes to which desk: people of neighbouring buildings to neighbouring desks."""
        rates = self.stage.scenario.staging["testing"]["endings"]
        bounds = np.cumsum([rates[e] / 1000 for e in ENDINGS])
        rows = Unit.objects.filter(round_id=self.id).order_by("area__position", "area_id", "building_id", "id")
        walk: list[UUID] = []
        chance = self.stage.rng
        for area_id, unit_id, is_home in rows.values_list("area_id", "unit_id", "is_home").iterator(chunk_size=20_000):
            k = int(np.searchsorted(bounds, chance.random(), side="right"))
            if k < len(ENDINGS):
                self._notes.setdefault(area_id, []).append((unit_id, ENDINGS[k], REASONS[ENDINGS[k]]))
            elif is_home:
                self._come.setdefault(uuid5(self.id, f"pair {area_id}"), []).append(unit_id)
            else:
                walk.append(unit_id)
        order = ("area__position", "area_id", "station_id", "number")
        desks = list(Desk.objects.filter(round_id=self.id, is_home=False).order_by(*order).values_list("id", flat=True))
        cuts = np.linspace(0, len(walk), len(desks) + 1).astype(int).tolist()
        for desk, a, b in zip(desks, cuts, cuts[1:], strict=False):
            self._come[desk] = walk[a:b]

    def sample(self, at: datetime, *, upto: float) -> int:
        """Until a share of the day has passed: each desk's phone scans who has come, closes full tubes, and sends."""
        by_account = {d.id: d.account_id for d in Desk.objects.filter(round_id=self.id)}
        actors = actors_for(Account.objects.filter(id__in=[a for a in by_account.values() if a]), at=at)
        most = int(self.stage.scenario.staging["testing"]["upload"]["scans"])
        begun_with, code = sum(self._met.values()), self._codes()
        for desk, people in self._come.items():
            by, begun = actors[by_account[desk]], self._met.get(desk, 0)  # type: ignore[index]  # each desk is seated
            end = len(people) if upto >= 1 else int(len(people) * upto)
            notes: list[Noted] = []
            for n in range(begun, end):
                notes += self._scan(desk, n, people, code, at, is_last=n + 1 == len(people))
                if len(notes) >= most:
                    self.stage.phones.send(by, notes, at=at)
                    notes = []
            self.stage.phones.send(by, notes, at=at)
            self._met[desk] = end
        self.stage.phones.arrived()
        return sum(self._met.values()) - begun_with

    def _codes(self) -> Callable[[UUID, datetime], str]:
        """What somebody shows who drew his code at a time."""
        until, key = self.ends_at + timedelta(days=1), token_key()
        return lambda person, at: code_of(person, name="", tail="", at=at, until=until, key=key)

    def _scan(
        self,
        desk: UUID,
        n: int,
        people: Sequence[UUID],
        code: Callable[[UUID, datetime], str],
        at: datetime,
        *,
        is_last: bool,
    ) -> list[Noted]:
        person, tube = people[n], f"{self.name[:1].upper()}{str(desk)[:8].upper()}-{n // TUBE + 1:03}"
        when = at - timedelta(minutes=1) + timedelta(milliseconds=n)
        body = {"desk": str(desk), "tube": tube, "code": code(person, when)}
        notes = [Noted(uuid5(person, f"scan {self.name}"), "sampling.scan", when, body)]
        if is_last or n % TUBE == TUBE - 1:
            counted = {"tube": tube, "counted": n % TUBE + 1}
            notes.append(Noted(uuid5(desk, f"close {tube}"), "sampling.tube", when, counted))
        return notes

    def end(self, at: datetime) -> None:
        """Grid workers note who is not sampled, each with the reason; then nobody is left, and sampling closes."""
        for area_id, rows in self._notes.items():
            by = actor_for(self.stage.cast.grid[area_id][0], at=at)
            when = at - timedelta(minutes=2)
            notes = [
                Noted(uuid5(p, f"note {self.name}"), "rounds.note", when + timedelta(milliseconds=n),
                      {"round": str(self.id), "person": str(p), "says": says, "reason": reason})
                for n, (p, says, reason) in enumerate(rows)
            ]  # fmt: skip
            self.stage.phones.send(by, notes, at=at)
        self.stage.phones.arrived()
        close_sampling(round_id=self.id, by=self.stage.cast.actor("command", at), at=at)

    def hand_over(self, at: datetime) -> None:
        """Boxes of tubes go to the laboratory, street by street, and arrive."""
        for street, account in self.stage.cast.streets.items():
            ids = list(
                Tube.objects.filter(round_id=self.id, area_id__in=ids_below(street)).values_list("id", flat=True)
            )
            refuse_any(hand_over_tubes(tube_ids=ids, state="sent", by=actor_for(account, at=at), at=at))
        lab = self.stage.cast.actor("laboratory", at)
        ids = list(Tube.objects.filter(round_id=self.id).values_list("id", flat=True))
        refuse_any(hand_over_tubes(tube_ids=ids, state="received", by=lab, at=at + timedelta(hours=2)))

    def results(self, at: datetime) -> None:
        """The laboratory sends its file: every tube negative, as the report tells; the round is over."""
        codes = Tube.objects.filter(round_id=self.id).order_by("code").values_list("code", flat=True)
        rows = [ResultRow(n, c, "negative") for n, c in enumerate(codes, 2)]
        file = take_lab_file(file_id=uuid5(self.id, "file"), file_name=f"{self.name}.csv", digest=str(len(rows)),
                             rows=rows, by=self.stage.cast.actor("laboratory", at), at=at)  # fmt: skip
        if file.counts["refused"]:
            raise RuntimeError(f"results were refused: {file.refused[:3]}")
        close_round(round_id=self.id, by=self.stage.cast.actor("command", at), at=at + timedelta(minutes=30))


def chosen_by_report(stage: Stage) -> dict[str, Any]:
    """Sites, units and samplers as the report prints them, and how many sites one coordinator has."""
    records = {r["kind"]: r for r in stage.scenario.of("resource")}
    return {
        "stations": int(records["sampling-site"]["n"]["value"]),
        "desks": int(records["sampling-unit"]["n"]["value"]),
        "samplers": int(records["sampler"]["n"]["value"]),
        "clustered": int(records["coordinator-cluster"]["n"]["value"]),
    }
