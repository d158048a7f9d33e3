"""Rides that plans ask for, there and home again, and what follows from how they went: a treatment missed is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actors_for, may
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.queries import care_paths
from lianfang.domains.dispatch.queries.kinds import ride_values
from lianfang.domains.dispatch.queries.seen import dispatchers_of
from lianfang.domains.dispatch.rules import path_of
from lianfang.domains.dispatch.services import NewRide, ask_rides, cancel_ride
from lianfang.domains.editions.queries import common_edition, kind, kinds_by_name
from lianfang.domains.holds.queries import colour_of, holds_of
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.queries import goals_around
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.rules import is_driven, missing_fields, plan_of
from lianfang.domains.work.services import NewItem, Note, make_moves
from lianfang.domains.work.services.opening import open_tested

Body = Mapping[str, Any]
ASK, LIMIT = "dispatch.ask", 500
NOT_ASKED, MISSED = "ride-not-asked", "treatment-missed"
AIDS = ("wheelchair", "stretcher")  # places of a vehicle; any other aid is carried along
# How far the work has come by the state of the ride that brings him there: the moves made by then.
CAME = {
    "assigned": ("sent",), "loaded": ("sent", "left"), "arrived": ("sent", "left", "there"),
    "handed_over": ("sent", "left", "there"), "closed": ("sent", "left", "there"),
}  # fmt: skip
LOST = ("absent", "cancelled")
BACK = timedelta(days=2)  # what was called off before that has its rides dropped long since
OFF = "行程取消 / trip called off"


def _planned() -> QuerySet[Item]:
    """Open items that a plan opened, of kinds that know rides."""
    names = [name for name, body in kinds_by_name().items() if body.get("ride")]
    rows = Item.objects.filter(kind__in=names, is_closed=False, routine__startswith="plan ", due_at__isnull=False)
    return rows.order_by("due_at", "id")


def _driven(rows: Sequence[Item]) -> list[tuple[Item, Body]]:
    """Items for which a car is asked, with their kinds' bodies; one opened before its kind knew rides is left."""
    bodies = [(i, kind(i.kind, i.version)) for i in rows]
    return [(i, body) for i, body in bodies if is_driven(body, i.values)]


def ask_planned_rides(*, by: Actor, at: datetime) -> int:
    """Ask for the ride of each item that a plan opened ahead, there and home again, and for the aid it needs.

    Harmless twice: ids of ride and loan follow from the item. What cannot be asked is told once, to whoever made or
    does it and to the dispatchers. Gives how many rides were asked for.
    """
    asked = Ride.objects.filter(item_id=OuterRef("id"))
    told = Message.objects.filter(about_id=OuterRef("id"), template=NOT_ASKED)
    # What was told is left out before the limit: however many there are, they keep nobody else from being asked for.
    waits = _planned().filter(~Exists(asked), ~Exists(told), due_at__gt=at, unit_id__isnull=False)
    fresh = _driven(list(waits[:LIMIT]))
    if not fresh:
        return 0
    with transaction.atomic():
        askers = _askers([i for i, _ in fresh], by, at)
        done = ask_rides(rides=list(_new_rides(fresh, askers, by, at)), by=by, at=at)
        refused = {o.id for o in done if o.code and o.code != "repeated"}
        bad = [i for i, _ in fresh if _ride_id(i) in refused]
        _lend([(i, body) for i, body in fresh if _ride_id(i) not in refused], by, at)
        senders = _senders(bad, at)
        _tell(bad, NOT_ASKED, {i.id: [askers[i.id].id, *senders[i.area_id]] for i in bad}, by, at)
    return len(fresh) - len(bad)


def _ride_id(item: Item) -> UUID:
    return uuid5(item.id, "planned ride")


def _senders(items: Sequence[Item], at: datetime) -> dict[UUID, list[UUID]]:
    return dispatchers_of({i.area_id for i in items}, at)


def _askers(items: Sequence[Item], by: Actor, at: datetime) -> dict[UUID, Actor]:
    """By item who asks for its ride: who does it, else who made the plan, while his post lets him; else the house."""
    makers = dict(Plan.objects.filter(id__in=[plan_of(i.routine) for i in items]).values_list("id", "made_by"))
    named = {i.id: [w for w in (i.owner_id, makers.get(plan_of(i.routine) or i.id)) if w] for i in items}
    accounts = Account.objects.filter(id__in={w for some in named.values() for w in some}, is_active=True)
    actors = actors_for(accounts, at=at)
    out = {}
    for i in items:
        fit = [a for w in named[i.id] if (a := actors.get(w)) and may(a, ASK, area_id=i.area_id,
                                                                      incident_id=i.incident_id)]  # fmt: skip
        out[i.id] = fit[0] if fit else by
    return out


def _new_rides(items: Sequence[tuple[Item, Body]], askers: Mapping[UUID, Actor], by: Actor,
               at: datetime) -> Iterator[NewRide]:  # fmt: skip
    values, paths = ride_values({i.area_id for i, _ in items}, at=at), care_paths()
    phones = {body["ride"]["phone"] for _, body in items}
    sealed = [i for i, _ in items if i.sealed]
    hidden = opened(sealed, by=by, fields=sorted(phones), whole=True, subject="unit_id") if sealed else {}
    for i, body in items:
        said, v, told = body["ride"], i.values, values[i.area_id]
        assert i.due_at and i.unit_id
        colour = colour_of(holds_of(i.unit_id, at=at))[0]  # once in an item's life: its ride is asked for once
        path = path_of(colour, str(v.get(said["need"], "")), paths)
        where, aid = str(v.get(said["where"], "")).strip(), v.get(said["aid"])
        lasts = timedelta(minutes=float(v.get(said["minutes"]) or told["ride_treatment_minutes"]))
        ready = i.due_at - timedelta(minutes=float(told["ride_most_minutes"]))
        yield NewRide(
            _ride_id(i), said["kind"], askers[i.id], at, max(ready, at), i.due_at, person_id=i.unit_id,
            places={str(aid): 1} if aid in AIDS else {}, path=path, end=where,
            phone=str(hidden.get(i.id, {}).get(said["phone"], "")), escort=str(v.get(said["escort"], "")),
            to_place_id=_goal(i.area_id, where, paths.get(path, {})), back_at=i.due_at + lasts, item_id=i.id,
            incident_id=i.incident_id,
        )  # fmt: skip


def _goal(area_id: UUID, where: str, path: Body) -> UUID | None:
    """The open place of the path's kind that bears the name, in the county: a chair is kept in it at dispatch."""
    wanted = path.get("place", {}).get("place", "")
    found = [p.id for p in goals_around(area_id, [wanted]) if p.name == where] if wanted else []
    return found[0] if len(found) == 1 else None


def _lend(items: Sequence[tuple[Item, Body]], by: Actor, at: datetime) -> None:
    """Ask for the aid to be lent, unless one of its sort is asked for or lent to him already."""
    wanted: dict[tuple[str, UUID | None], list[NewItem]] = {}
    seen = set[tuple[UUID | None, str]]()
    for i, body in items:
        loan, aid = body["ride"].get("loan") or {}, str(i.values.get(body["ride"]["aid"], ""))
        if aid not in loan.get("of", []) or (i.unit_id, aid) in seen:
            continue
        seen.add((i.unit_id, aid))
        has = Item.objects.filter(kind=loan["kind"], unit_id=i.unit_id, is_closed=False)
        if not has.filter(**{f"values__{loan['into']}": aid}).exists():
            wanted.setdefault((loan["kind"], i.incident_id), []).append(
                NewItem(uuid5(i.id, "loan"), i.area_id, "person", i.unit_id, values={loan["into"]: aid},
                        owner_id=i.owner_id, raised_from_id=i.id))  # fmt: skip
    for (name, incident_id), some in wanted.items():
        open_tested(kind_name=name, items=some, incident_id=incident_id, by=by, at=at)


def follow_planned_rides(*, by: Actor, at: datetime) -> int:
    """Move each item along with its ride; whose ride is lost, or who is not there by his hour, is missed at once.

    The state into which that brings it has a clock that tells upward; whoever does it hears in the same moment.
    Harmless twice: a note's id follows from ride and move. Gives how many moves were made.
    """
    rows = _driven(list(_planned().select_related("area").defer("area__outline")[: 4 * LIMIT]))
    rides = _rides_of([i for i, _ in rows])
    notes = [n for i, body in rows for n in _notes(i, body, rides.get(i.id), by, at)]
    if not notes:
        return 0
    with transaction.atomic():
        done = make_moves(notes=notes, by=by, at=at)
        made = {n.id for n, o in zip(notes, done, strict=True) if not o.code}
        moved = {(n.item_id, n.move) for n in notes if n.id in made}
        lost = [i for i, body in rows if (i.id, body["ride"]["missed"]) in moved]
        _tell(lost, MISSED, {i.id: [i.owner_id] if i.owner_id else [] for i in lost}, by, at)
    return len(made)


def drop_planned_rides(*, by: Actor, at: datetime) -> int:
    """Nobody is fetched for a planned trip that was called off or given up, nor home from it. Harmless twice.

    Who is on board already is brought to the end. Gives how many rides are not needed any more.
    """
    ends = {(name, s["name"]) for name, body in kinds_by_name().items() if body.get("ride")
            for s in body["states"] if s.get("closed") and s["tone"] != "done"}  # fmt: skip
    over = Item.objects.filter(kind__in={k for k, _ in ends}, is_closed=True, closed_at__gte=at - BACK,
                               routine__startswith="plan ")  # fmt: skip
    gone = [i.id for i in over.only("kind", "state") if (i.kind, i.state) in ends]
    rides = Ride.objects.filter(item_id__in=gone, state__in=("asked", "assigned")).order_by("number")
    n = 0
    for ride_id in list(rides.values_list("id", flat=True)):
        with transaction.atomic():  # the way home goes with the way there: it may be off already
            n += cancel_ride(ride_id=ride_id, why=OFF, by=by, at=at).state == "cancelled"
    return n


def _rides_of(items: Sequence[Item]) -> dict[UUID, Ride]:
    """By item the ride that brings him there: of several one that still goes, else the last."""
    rows = Ride.objects.filter(item_id__in=[i.id for i in items], outward=None).order_by("number")
    out: dict[UUID, Ride] = {}
    for r in rows:
        before = out.get(r.item_id) if r.item_id else None
        if r.item_id and (before is None or before.state in LOST or r.state not in LOST):
            out[r.item_id] = r
    return out


def _notes(item: Item, body: Body, ride: Ride | None, by: Actor, at: datetime) -> Iterator[Note]:
    """What is to be noted of an item by now, in order."""
    said, state = body["ride"], item.state
    moves = {m["name"]: m for m in body["moves"]}
    stamps = {"left": ride.loaded_at, "there": ride.arrived_at} if ride else {}
    for seq, step in enumerate(CAME.get(ride.state, ()) if ride else ()):
        move = moves[said[step]]
        if ride is None or state not in move["from"] or missing_fields(body, move["name"], item.values):
            continue
        state = move["to"]
        yield Note(uuid5(ride.id, f"{step} {item.state}"), item.id, move["name"], by, stamps.get(step) or at, seq)
    due = ride.arrive_by if ride and ride.arrive_by else item.due_at
    over = (due is not None and due <= at) or (ride is not None and ride.state in LOST)
    if over and state in moves[said["missed"]]["from"]:
        key = f"{ride.id if ride else ''} {ride.state if ride and ride.state in LOST else 'hour'}"
        yield Note(uuid5(item.id, f"missed {key}"), item.id, said["missed"], by, at, len(moves))


def _tell(items: Sequence[Item], template: str, to: Mapping[UUID, Sequence[UUID]], by: Actor, at: datetime) -> None:
    lines: dict[UUID | None, list[Writing]] = {}
    for i in items:
        body = kind(i.kind, i.version)
        words, clocks = body["words"], [c for c in body["clocks"] if c.get("template") == template]
        until = at + timedelta(minutes=clocks[0]["minutes"] if clocks else 0)
        assert i.due_at
        said = {"area": {"zh": i.area.name, "en": i.area.name_en or i.area.name}, "task": words,
                "due": i.due_at.isoformat(), "until": until.isoformat()}  # fmt: skip
        lines.setdefault(i.incident_id, []).extend(
            Writing(uuid5(i.id, f"{template} {who}"), "account", who, said, i.id, i.area_id)
            for who in dict.fromkeys(to[i.id]))  # fmt: skip
    for incident_id, some in lines.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
