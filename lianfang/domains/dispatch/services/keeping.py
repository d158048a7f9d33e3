"""What is told in time: the start is near, no car was found, somebody will be late, nobody fetches him home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.kinds import ride_values
from lianfang.domains.dispatch.queries.seen import dispatchers_of, heard_by
from lianfang.domains.dispatch.rules import OVER
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
    rides = list(Ride.objects.filter(trip__in=due, state="assigned"))
    heard = heard_by(rides)
    for r in rides:
        said = {"number": str(r.number), "from": starts[r.id].isoformat()}
        lines.setdefault(("ride-soon", r.incident_id), []).extend(
            Writing(uuid5(r.id, f"soon {r.trip_id} {who}"), "account", who, said, r.id, r.area_id)
            for who in heard[r.id])  # fmt: skip
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
    senders = dispatchers_of((r.area_id for r in (*late, *left)), at)
    for template, rows in (("ride-unassigned", late), ("ride-not-back", left)):
        for r in rows:
            said = {"number": str(r.number), "from": r.ready_at.isoformat()}
            _write_to(lines, template, r, said, senders[r.area_id])
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
    for s in Stop.objects.filter(trip__in=trips, done_at=None).exclude(
            ride__state__in=OVER).select_related("ride").order_by("position"):  # fmt: skip
        stops.setdefault(s.trip_id, []).append(s)
    lines: Lines = {}
    told, n = list[UUID](), 0
    of_ride = [s.ride for some in stops.values() for s in some]
    senders, heard = dispatchers_of((r.area_id for r in of_ride), at), heard_by(of_ride)
    for t in trips:
        late = _late(stops.get(t.id, []), at, _minutes(values[t.area_id]["ride_late_minutes"]))
        for ride, due, minutes in late:
            said = {"number": str(ride.number), "until": due.isoformat(), "n": str(minutes)}
            _write_to(lines, "ride-late", ride, said, [*senders[ride.area_id], *heard[ride.id]])
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


def _write_to(lines: Lines, template: str, r: Ride, said: dict[str, str], people: Sequence[UUID]) -> None:
    some = lines.setdefault((template, r.incident_id), [])
    some += [Writing(uuid5(r.id, f"{template} {p} {r.trip_id}"), "account", p, said, r.id, r.area_id)
             for p in dict.fromkeys(people)]  # fmt: skip


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)
