"""The work of a drill: simulated people note moves on their phones, and the phones send envelopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.queries import building_ids
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from lianfang.drill.cast import CAST
from lianfang.drill.phone import Noted
from lianfang.drill.scenario import count_of
from lianfang.drill.stage import Stage
from lianfang.drill.ways import spread, values_for, way_to
from lianfang.kernels.population import largest_remainder

SLICES = 4
Notes = dict[UUID, list[tuple[UUID, str, dict[str, Any]]]]  # by account: item, move, values


class _Plan:
    """One activity: which items end where, with which share of the sums; items are taken up as they come."""

    def __init__(self, stage: Stage, activity: dict[str, Any]) -> None:
        self.stage, self.a = stage, activity
        self.wanted = count_of(activity, stage.share)
        parts = largest_remainder(list(activity["outcome"].values()), self.wanted).tolist()
        ends = [state for state, n in zip(activity["outcome"], parts, strict=True) for _ in range(n)]
        self.ends = [ends[i] for i in stage.rng.permutation(self.wanted)]
        self.sums = self._sums(self.ends)
        self.taken: list[UUID] = []
        self.worked = 0

    def prepare(self, at: datetime) -> None:
        """Take up what has come since the last slice, up to as many as the scenario names."""
        if len(self.taken) < self.wanted:
            self.taken += [i for i in self._items(at) if i not in set(self.taken)][: self.wanted - len(self.taken)]

    def given(self, n: int) -> dict[str, Any]:
        """The values of the n-th item: what is the same for all, and its part of the sums."""
        return {**self.a.get("values", {}), **{k: v[n] for k, v in self.sums.items()}}

    def _sums(self, ends: list[str]) -> dict[str, list[int]]:
        """Totals over the items that end done, nothing over the others; what is part of another stays within it."""
        done = [n for n, e in enumerate(ends) if e == next(iter(self.a["outcome"]))]
        out: dict[str, list[int]] = {}
        before: list[int] | None = None
        for name, total in self.a.get("sums", {}).items():
            scaled = round(total * self.stage.share) if self.a.get("scales") else total
            parts = spread(scaled, len(done), self.stage.rng) if before is None else _within(before, scaled)
            before = parts if parts else before
            values = [0] * len(ends)
            for n, v in zip(done, parts, strict=False):
                values[n] = v
            out[name] = values
        return out

    def _items(self, at: datetime) -> list[UUID]:
        open_ones = Item.objects.filter(incident_id=self.stage.id_of("incident"), kind=self.a["kind"], is_closed=False)
        if self.a["kind"] == "checklist-task":
            kept = [uuid5(self.stage.id_of("incident"), "checklist " + n) for n in self.a.get("leaves_open", [])]
            return list(open_ones.exclude(id__in=kept).order_by("due_at").values_list("id", flat=True))
        if self.a.get("routine"):
            return list(
                open_ones.filter(routine=self.a["routine"], slot_at__lte=at)
                .order_by("slot_at", "id")
                .values_list("id", flat=True)
            )
        return self._opened(self.wanted, at) if not self.taken else []

    def _opened(self, wanted: int, at: datetime) -> list[UUID]:
        body = kind(self.a["kind"])
        given = values_for(body, "open", self.a.get("values", {}), {}, self.stage.rng)
        parents = _parents(self.stage, self.a)
        new = [
            NewItem(
                uuid5(CAST, f"{self.stage.scenario.name} {self.a['id']} {n}"),
                area,
                body["unit"],
                unit,
                values=given,
                due_at=at + timedelta(hours=6),
                parent_id=parents[n] if n < len(parents) else None,
                again="changed",  # a replayed day asks what was asked that day
            )
            for n, (unit, area) in enumerate(self._units(body["unit"], wanted, parents))
        ]
        open_items(
            kind_name=self.a["kind"],
            items=new,
            area_id=self.stage.cast.county.id,
            incident_id=self.stage.id_of("incident"),
            by=self.stage.cast.actor("county-officer", at),
            at=at,
        )
        return [n.id for n in new]

    def _units(self, unit: str, wanted: int, parents: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
        if parents:
            return list(Item.objects.filter(id__in=parents[:wanted]).order_by("id").values_list("unit_id", "area_id"))
        below = ids_below(self.stage.cast.county.id)
        if unit == "person":
            rows = Presence.objects.filter(kind="lives", to_on=None, area_id__in=below).order_by("id")
            return list(rows.values_list("person_id", "area_id")[:wanted])
        zone = self.stage.zones.get(self.a.get("zone", ""))
        rows2 = Household.objects.filter(is_collective=False, area_id__in=below).order_by("id")
        if zone:
            rows2 = rows2.filter(building_id__in=building_ids(ZoneVersion.objects.get(id=zone)))
        return list(rows2.values_list("id", "area_id")[:wanted])

    def work(self, part: int, at: datetime) -> None:
        """Work one slice of the queue: the shortest way to each end, noted by those who may, sent from their phones."""
        self.prepare(at)
        upto = len(self.taken) if part == SLICES - 1 else -(-len(self.taken) * (part + 1) // SLICES)
        mine = [(self.taken[n], self.ends[n], self.given(n)) for n in range(self.worked, upto)]
        self.worked = max(self.worked, upto)
        items = {i.id: i for i in Item.objects.filter(id__in=[i for i, _, _ in mine]).select_related("area")}
        # Round by round: where two people share an item, the first has sent before the second notes.
        rounds: dict[int, Notes] = {}
        for item_id, end, given in mine:
            item = items[item_id]
            body, had, holder = kind(item.kind, item.version), dict(item.values), item.owner_id
            for n, move in enumerate(way_to(body, item.state, end)):
                values = values_for(body, move["name"], given, had, self.stage.rng)
                had |= values
                account = self._who(item, move, holder)
                holder = holder or account.id  # whoever moves it first has it from then on
                rounds.setdefault(n, {}).setdefault(account.id, []).append((item_id, move["name"], values))
        for n in sorted(rounds):
            self._send(rounds[n], at + timedelta(seconds=2 * n))

    def _who(self, item: Item, move: Any, holder: UUID | None) -> Account:
        cast = self.stage.cast
        if "owner" in move["who"] and holder:
            return cast.account(holder)
        if "area" in move["who"] and item.area_id in cast.grid:
            return cast.grid[item.area_id][0]
        return cast.posts["county-officer"][0]

    def _send(self, notes: Notes, at: datetime) -> None:
        for account in Account.objects.filter(id__in=notes):
            noted = [
                Noted(
                    uuid5(item, f"{move} {at.isoformat()}"),
                    "work.note",
                    at + timedelta(milliseconds=n),
                    {"item": str(item), "move": move, "values": values},
                )
                for n, (item, move, values) in enumerate(notes[account.id])
            ]
            self.stage.phones.send(actor_for(account, at=at), noted, at=at)
        self.stage.phones.arrived()


def _within(of: Sequence[int], total: int) -> list[int]:
    """A total spread so that no part exceeds its part of another spread (positive among those with water)."""
    out = [0] * len(of)
    left = min(total, sum(of))
    while left > 0:
        for n, most in enumerate(of):
            if left and out[n] < most:
                out[n] += 1
                left -= 1
    return out


def _parents(stage: Stage, activity: dict[str, Any]) -> list[UUID]:
    if not activity.get("parent"):
        return []
    above = next(x for x in stage.scenario.of("activity") if x["id"] == activity["parent"])
    rows = Item.objects.filter(
        incident_id=stage.id_of("incident"), kind=above["kind"], routine=above.get("routine", ""), is_closed=True
    )
    return list(
        rows.order_by("-values__positive", "id").values_list("id", flat=True)[: count_of(activity, stage.share)]
    )


def do_activity(stage: Stage, activity: dict[str, Any], step: Callable[..., Any]) -> list[Any]:
    """The steps of an activity: its work in a few slices between its hours."""
    plan = _Plan(stage, activity)
    start = stage.scenario.moment(activity["date"], activity["from"])
    end = stage.scenario.moment(activity["date"], activity["to"])
    # A minute after the half hour, so that what is due then has been opened.
    return [
        step(
            start + (end - start) * n / (SLICES - 1) + timedelta(minutes=1),
            3,
            activity["kind"],
            lambda at, n=n: plan.work(n, at),
        )
        for n in range(SLICES)
    ]
