"""What is told in time: the start is near, no car was found, somebody will be late, nobody fetches him home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.kinds import ride_values
from lianfang.domains.dispatch.queries.seen import dispatchers_of
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

Lines = dict[tuple[str, UUID | None], list[Writing]]


def _write(lines: Lines, by: Actor, at: datetime) -> None:
    for (template, incident_id), some in lines.items():
        write_messages(
            writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by, at=at
        )


@service("dispatch.remind", door=False)
def remind(*, limit: int, by: Actor, at: datetime) -> int:
    """Before a trip its driver and who asked for its rides hear of it once. Harmless twice. Gives how many trips."""
    soon = Trip.objects.select_for_update(skip_locked=True).filter(
        state="planned", reminded_at=None, starts_at__lte=at + timedelta(days=1))  # fmt: skip
    rows = list(soon.order_by("starts_at")[:limit])
    values = ride_values({t.area_id for t in rows}, at=at)
    due = [t for t in rows if t.starts_at - _minutes(values[t.area_id]["ride_ahead_minutes"]) <= at]
    lines: Lines = {}
    starts = {s.ride_id: s.planned_at for s in Stop.objects.filter(trip__in=due, what="in")}
    for t in due:
        said = {"number": str(t.number), "from": t.starts_at.isoformat()}
        lines.setdefault(("trip-soon", t.incident_id), []).append(
            Writing(uuid5(t.id, "soon"), "account", t.driver_id, said, t.id, t.area_id))  # fmt: skip
    for r in Ride.objects.filter(trip__in=due, state="assigned"):
        said = {"number": str(r.number), "from": starts[r.id].isoformat()}
        lines.setdefault(("ride-soon", r.incident_id), []).append(
            Writing(uuid5(r.id, f"soon {r.trip_id}"), "account", r.asked_by, said, r.id, r.area_id))  # fmt: skip
    Trip.objects.filter(id__in=[t.id for t in due]).update(reminded_at=at)
    _write(lines, by, at)
    return len(due)


@service("dispatch.tell_rides", door=False)
def tell_rides(*, limit: int, by: Actor, at: datetime) -> int:
    """Dispatchers hear once of a ride nobody was sent for in time, and of one taken there whom nobody fetches home.

    Harmless twice. Gives how many rides.
    """
    waiting = Ride.objects.select_for_update(skip_locked=True, of=("self",)).filter(told_at=None)
    unsent = list(waiting.filter(state="asked", ready_at__lte=at + timedelta(days=1)).order_by("ready_at")[:limit])
    there = list(
        waiting.filter(handed_over_at__isnull=False, returns__state="asked").order_by("handed_over_at")[:limit]
    )
    values = ride_values({r.area_id for r in (*unsent, *there)}, at=at)
    late = [r for r in unsent if r.ready_at - _minutes(values[r.area_id]["ride_unassigned_minutes"]) <= at]
    left = [r for r in there if (r.handed_over_at or at) + _minutes(values[r.area_id]["ride_late_back_minutes"]) <= at]
    lines: Lines = {}
    for template, rows in (("ride-unassigned", late), ("ride-not-back", left)):
        for r in rows:
            said = {"number": str(r.number), "from": r.ready_at.isoformat()}
            _to_dispatchers(lines, template, r, said, at)
    Ride.objects.filter(id__in=[r.id for r in (*late, *left)]).update(told_at=at)
    _write(lines, by, at)
    return len(late) + len(left)


@service("dispatch.tell_late_trips", door=False)
def tell_late_trips(*, limit: int, by: Actor, at: datetime) -> int:
    """A trip that runs behind so far that somebody will miss his hour: who asked and the dispatchers hear once.

    Expected is what was planned, moved by how long the next stop is overdue. Harmless twice. Gives how many rides.
    """
    rows = Trip.objects.select_for_update(skip_locked=True).filter(
        state__in=("planned", "out"), late_told_at=None, starts_at__lte=at)  # fmt: skip
    trips = list(rows.order_by("starts_at")[:limit])
    values = ride_values({t.area_id for t in trips}, at=at)
    stops: dict[UUID, list[Stop]] = {}
    for s in Stop.objects.filter(trip__in=trips, done_at=None).select_related("ride").order_by("position"):
        stops.setdefault(s.trip_id, []).append(s)
    lines: Lines = {}
    told, n = list[UUID](), 0
    for t in trips:
        late = _late(stops.get(t.id, []), at, _minutes(values[t.area_id]["ride_late_minutes"]))
        for ride, due, minutes in late:
            said = {"number": str(ride.number), "until": due.isoformat(), "n": str(minutes)}
            _to_dispatchers(lines, "ride-late", ride, said, at, also=ride.asked_by)
        told += [t.id] if late else []
        n += len(late)
    Trip.objects.filter(id__in=told).update(late_told_at=at)
    _write(lines, by, at)
    return n


def _late(stops: Sequence[Stop], at: datetime, grace: timedelta) -> list[tuple[Ride, datetime, int]]:
    """Rides of a trip that will be late: ride, when it was due, by how many minutes."""
    if not stops:
        return []
    behind = max(at - stops[0].planned_at, timedelta(0))
    out = list[tuple[Ride, datetime, int]]()
    for s in stops:
        due = s.ride.arrive_by if s.what == "out" and s.ride.arrive_by else s.planned_at + grace
        over = s.planned_at + behind - due
        if over > timedelta(0) and s.ride_id not in {r.id for r, _, _ in out}:
            out.append((s.ride, due, -(-over // timedelta(minutes=1))))
    return out


def _to_dispatchers(lines: Lines, template: str, r: Ride, said: dict[str, str], at: datetime, *,
                    also: UUID | None = None) -> None:  # fmt: skip
    people = [*dispatchers_of(r.area_id, at), *([also] if also else [])]
    some = lines.setdefault((template, r.incident_id), [])
    some += [Writing(uuid5(r.id, f"{template} {p} {r.trip_id}"), "account", p, said, r.id, r.area_id)
             for p in dict.fromkeys(people)]  # fmt: skip


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)
