"""What the platform answers to the measures and states of a report's needs: asked of its own figures and queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from lianfang.domains.dispatch.models import Ride, Turn
from lianfang.domains.dispatch.queries import carried_since, vehicles_here
from lianfang.domains.gates.models import Permit
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries import backward, books_of, counts_by_kind, minutes_by_area, urgent_books
from lianfang.domains.needs.queries.hearts import classes
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.teams import done_by_teams
from lianfang.drill.people.compare import team_told
from lianfang.drill.week.compare import Week

Filter = Mapping[str, Any]
Ask = Callable[[Week, Mapping[str, Any], Filter], float | None]
KINDS = {"gas": "gas-swap", "study papers": "courier-job", "meal": "group-meal", "gas card": "gas-card-topup",
         "delivery": "delivery", "visit": "welfare-visit"}  # fmt: skip
PASSENGERS = {"contact": "contact", "medical staff": "medics"}
LOADS = {"production goods": "relay", "living goods": "living"}
FLEET = "org bus-company"
SEEN = timedelta(days=60)


def _registered(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    return float(sum(n for _, _, n in counts_by_kind(w.incident.area_id, by=w.by)))


def _urgent(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    found = urgent_books(w.incident.area_id, by=w.by)
    return float({t: n for t, _, n in found.by_team}.get(team_told(w, f).id, 0) if "team" in f else found.solved)


def _done(kind: str, count: str) -> Ask:
    """What was done of a kind: by one team as its page says it, or in all as the sheet does."""

    def ask(w: Week, record: Mapping[str, Any], f: Filter) -> float | None:
        name = KINDS[f["kind"]] if "kind" in f else kind
        if "team" not in f:
            return w.figure(f"work.{name}.done", record)
        return next((float(getattr(d, count)) for d in done_by_teams([team_told(w, f).id]) if d.kind == name), 0.0)

    return ask


def _carried(names: Mapping[str, str], key: str) -> Ask:
    def ask(w: Week, record: Mapping[str, Any], f: Filter) -> float:
        found = carried_since(w.incident.area_id, by=w.by, since=w.incident.opened_at, until=w.until(record))
        return float(next((c.count for c in found if c.kind == names[f[key]]), 0))

    return ask


def _fleet(w: Week) -> list[Any]:
    rows = vehicles_here(w.incident.area_id, by=w.by, at=w.at, limit=1000)
    return [v for v in rows if v.organisation_id == w.id_of(FLEET)]


def _crew(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    mine = [v.id for v in _fleet(w)]
    return float(Turn.objects.filter(vehicle_id__in=mine).values("account_id").distinct().count())


def _classes(w: Week, heads: bool) -> float:
    found = [c for c in classes(w.incident.area_id, by=w.by) if c.link]
    return float(sum(c.heads for c in found) if heads else len(found))


def _candidates(w: Week, record: Mapping[str, Any], f: Filter) -> float:
    """Each once who was found in a zone, whatever became of the day."""
    rows = Item.objects.filter(kind="exam-candidate").exclude(state__in=("listed", "dropped"))
    return float(rows.values("unit_id").distinct().count())


MEASURES: dict[str, tuple[frozenset[str], Ask]] = {
    "requests.registered": (frozenset(), _registered),
    "requests.urgent_resolved": (frozenset({"team"}), _urgent),
    "requests.items_done": (frozenset({"kind", "team"}), _done("", "count")),
    "requests.persons_served": (frozenset({"kind", "team"}), _done("", "count")),
    "requests.households_served": (frozenset({"kind", "team"}), _done("", "about")),
    "register.visited_households": (frozenset({"team"}), _done("welfare-visit", "about")),
    "requests.exam_candidates": (frozenset(), _candidates),
    "dispatch.waste_points": (frozenset(), _done("waste-point", "count")),
    "supplies.portions": (frozenset({"team"}), _done("delivery", "count")),
    "transport.person_times": (frozenset({"passengers"}), _carried(PASSENGERS, "passengers")),
    "transport.runs": (frozenset({"load"}), _carried(LOADS, "load")),
    "transport.loads": (frozenset({"load"}), _carried(LOADS, "load")),
    "transport.vehicles": (frozenset(), lambda w, r, f: float(len(_fleet(w)))),
    "transport.crew": (frozenset(), _crew),
    "psych.classes": (frozenset(), lambda w, r, f: _classes(w, heads=False)),
    "psych.students": (frozenset(), lambda w, r, f: _classes(w, heads=True)),
}


def _medicine_given(w: Week, day: date) -> bool:
    """The elder's plea is confirmed, its work closed by a hand-over that day, after it changed hands."""
    plea = Plea.objects.select_related("item").get(id=w.id_of("plea r-medicine"))
    hands = set(Move.objects.filter(item_id=plea.item_id).exclude(move="open").values_list("by", flat=True))
    return (plea.item is not None and plea.item.state == "delivered" and plea.end == "confirmed" and len(hands) > 1
            and plea.item.closed_at is not None and plea.item.closed_at < w.end_of(day))  # fmt: skip


def _cards_in_time(w: Week, day: date) -> bool:
    """Every card of the day's errand was topped up before its deadline, and came back to its door."""
    begins = w.scenario.moment(day, datetime.min.time())
    rows = Plea.objects.filter(kind="gas-card", received_at__gte=begins, received_at__lt=w.end_of(day))
    due = dict(rows.exclude(item=None).values_list("item_id", "deadline_at"))
    done = dict(Move.objects.filter(item_id__in=due, move="top-up").values_list("item_id", "at"))
    home = Item.objects.filter(id__in=due, state="returned").count()
    return bool(due) and rows.count() == len(due) == home and all(i in done and done[i] <= t for i, t in due.items())


def _interview_planned(w: Week, day: date) -> bool:
    """By the end of that day the plea has somebody who looks after it, an owner of its work, and is planned back."""
    plea = Plea.objects.select_related("item").get(id=w.id_of("plea r-interview"))
    back = backward(plea, at=w.end_of(day), values=minutes_by_area([plea.area_id], at=w.end_of(day))[plea.area_id])
    return (plea.item is not None and plea.item.owner_id is not None and plea.acknowledged_at is not None
            and plea.acknowledged_at < w.end_of(day) and plea.act_by is not None and plea.act_by < plea.deadline_at
            and back is not None)  # fmt: skip


def _dose_in_time(w: Week, day: date) -> bool:
    """The work ended at the hospital before the hour that was set; out at the gate and back by the permit."""
    plea = Plea.objects.select_related("item").get(id=w.id_of("plea r-rabies"))
    permit = Permit.objects.get(plea_id=plea.id)
    ride = Ride.objects.get(plea_id=plea.id, outward=None)
    done = plea.item.closed_at if plea.item is not None and plea.item.state == "done" else None
    return (plea.end == "confirmed" and done is not None and plea.deadline_at is not None and done <= plea.deadline_at
            and permit.state == "back" and permit.back_at is not None and permit.back_at <= permit.until_at
            and ride.handed_over_at is not None and ride.handed_over_at <= plea.deadline_at)  # fmt: skip


def _both_said_yes(w: Week, day: date) -> bool:
    """Both districts said yes before the car left."""
    ride = Ride.objects.select_related("trip").get(plea_id=w.id_of("plea r-interview"))
    left = ride.trip.started_at if ride.trip is not None else None
    return left is not None and all(t is not None and t < left for t in (ride.ours_at, ride.theirs_at))


def _candidates_planned(w: Week, day: date) -> bool:
    """Each has had the four links of his plan, a car that was driven, and came home."""
    rows = Item.objects.filter(kind="exam-candidate").exclude(state="listed")
    links = ("car", "room", "entrance")  # helper and invigilators are sealed: without them no plan is complete
    driven = Ride.objects.filter(item_id__in=rows.values("id"), outward=None, handed_over_at__isnull=False).count()
    return (rows.exists() and all(i.state == "home" and all(i.values.get(k) for k in links) for i in rows)
            and driven == rows.count())  # fmt: skip


def _books_balanced(w: Week, day: date) -> bool:
    books = books_of(w.incident.area_id, day, by=w.by, at=w.end_of(day))
    return books.received > 0 and books.is_balanced and not books.orphans


STATES: dict[str, dict[str, Callable[[Week, date], bool]]] = {
    "lingling-2022": {"state-3": _medicine_given, "state-5": _cards_in_time},
    "zhangzhou-2022": {
        "state-2": _interview_planned,
        "state-4": _dose_in_time,
        "state-5": _both_said_yes,
        "state-6": _candidates_planned,
        "state-7": _books_balanced,
    },
}
