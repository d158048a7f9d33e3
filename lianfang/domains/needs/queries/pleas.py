"""Pleas as their desk, their holder and their asker may see them; what is known already; the books of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, may, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.gates.models import Permit
from lianfang.domains.grid.models import Presence
from lianfang.domains.needs.errors import PleaMissing
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.kinds import plea_kinds
from lianfang.domains.needs.rules import LOCAL, Backward, back_from, day_of, plain_state
from lianfang.domains.privacy.queries import opened, token
from lianfang.domains.privacy.rules import same_caller_word
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import items_seen, private_kinds, right_on

READ, TAKE = "needs.read", "needs.take"
PAGE = 50
MOST_COUNTED = 10_000
WORDS = ("words", "name", "phone", "address")
After = tuple[int, datetime | None, UUID]


def is_asker(plea: Plea, by: Actor) -> bool:
    """Whether the actor asked for this himself: by his account, or by the link that came with the number."""
    return by.id == plea.id or (plea.account_id is not None and plea.account_id == by.id)


def lives_behind(pairs: Sequence[tuple[UUID, UUID | None]]) -> set[UUID]:
    """Of (person, door) pairs the persons who live or stay behind that door now."""
    doors = {d for _, d in pairs if d}
    rows = Presence.objects.filter(person_id__in=[p for p, _ in pairs], household_id__in=doors, to_on=None)
    there = set(rows.values_list("person_id", "household_id"))
    return {p for p, d in pairs if (p, d) in there}


def pleas_seen(by: Actor) -> QuerySet[Plea]:
    """Pleas of the actor's areas; while he takes pleas at all, also those put to him and those he took in."""
    own = Q(holder_id=by.id) | Q(taken_in_by=by.id)
    return Plea.objects.filter(held(by, READ) | own if may(by, TAKE) else held(by, READ))


def plea_seen(plea_id: UUID, *, by: Actor) -> Plea:
    """One plea with the posts of its holder and taker (`holder`, `taker`) and its work. Raises PleaMissing."""
    rows = pleas_seen(by).select_related("area", "item", "same_as").defer("area__outline").filter(id=plea_id)
    found = rows.annotate(holder=post_of("holder_id"), taker=post_of("taken_in_by"), owner=post_of("item__owner_id"),
                          ender=post_of("ended_by")).first()  # fmt: skip
    if found is None:
        raise PleaMissing()
    return found


def plea_standing(plea_id: UUID, *, by: Actor) -> Plea:
    """A plea where the actor takes pleas in, for how it stands: none of what was said. Raises PleaMissing."""
    rows = Plea.objects.filter(held(by, TAKE)).select_related("item").defer("sealed")
    found = rows.annotate(owner=post_of("item__owner_id")).filter(id=plea_id).first()
    if found is None:
        raise PleaMissing()
    return found


def told_of(plea: Plea, *, by: Actor) -> Mapping[str, str]:
    """What a plea's asker said, whole, for who looks after it or may take it; masked for who may only read.

    Once it is work of a private kind (a counselling call, a dispute), whole for who serves that instead of every desk.
    The read is noted.
    """
    right = TAKE
    if plea.item is not None and plea.item.kind in private_kinds():
        right = right_on(plea.item.kind, "read")
    whole = (plea.holder_id == by.id or plea.taken_in_by == by.id or is_asker(plea, by)
             or may(by, right, area_id=plea.area_id, incident_id=plea.incident_id))  # fmt: skip
    return opened([plea], by=by, fields=WORDS, whole=whole, subject="subject_id")[plea.id]


def rows_asked(*, by: Actor, area_id: UUID | None = None, kind: str = "", danger: str = "", state: str = "open",
               mine: bool = False) -> QuerySet[Plea]:  # fmt: skip
    """Pleas by the desk's filters. state: open, received, routed, to_confirm, ended."""
    rows = pleas_seen(by)
    rows = rows.filter(area_id__in=ids_below(area_id)) if area_id else rows
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(danger=danger) if danger else rows
    rows = rows.filter(Q(holder_id=by.id, state="received") | Q(item__owner_id=by.id)) if mine else rows
    if state == "to_confirm":
        return rows.filter(state="routed", item__is_closed=True)
    if state in ("received", "routed", "ended"):
        return rows.filter(state=state)
    return rows.exclude(state="ended")


def desk(*, by: Actor, after: After | None = None, limit: int = PAGE, **asked: Any) -> tuple[list[Plea], int]:
    """A page of pleas, the most dangerous first, of these what is due first; and how many in all (up to 10,000)."""
    rows = rows_asked(by=by, **asked)
    total = rows.order_by()[:MOST_COUNTED].count()
    if after:
        rank, due, last = after
        later = (
            Q(next_at__gt=due) | Q(next_at=due, id__gt=last) | Q(next_at=None) if due else Q(next_at=None, id__gt=last)
        )
        rows = rows.filter(Q(rank__gt=rank) | Q(rank=rank) & later)
    found = rows.select_related("area", "item").defer("area__outline", "sealed", "item__sealed")
    found = found.annotate(holder=post_of("holder_id"), owner=post_of("item__owner_id"))
    return list(found.order_by("rank", F("next_at").asc(nulls_last=True), "id")[:limit]), total


def stands(plea: Plea, *, has_owner: bool | None = None) -> str:
    """How a plea stands, in the plain state its asker reads."""
    item = plea.item
    done = item is not None and item.is_closed and plea.state == "routed"
    owner = item is not None and item.owner_id is not None if has_owner is None else has_owner
    return plain_state(plea.state, is_acknowledged=plea.acknowledged_at is not None, has_owner=owner,
                       is_done=done, end=plea.end)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is known of a caller or a door before anything is typed: pleas still open, work still open, asked today."""

    pleas: list[Plea]
    items: list[Item]
    asked_today: list[Plea]


def known_of(*, phone: str, household_id: UUID | None, by: Actor, at: datetime, hours: float) -> Known:
    """What a caller or a door has asked already, as far as the actor's areas go: shown before the form is filled in."""
    fit = Q(pk__in=[])
    if phone.strip():
        fit |= Q(caller=token(same_caller_word("", phone)))
    if household_id:
        fit |= Q(household_id=household_id)
    rows = pleas_seen(by).filter(fit).select_related("area", "item").defer("area__outline", "sealed", "item__sealed")
    since = at - timedelta(hours=hours)
    still = list(rows.filter(~Q(state="ended") | Q(received_at__gt=since)).order_by("-received_at")[:12])
    work = items_seen(by).filter(unit_id=household_id, is_closed=False) if household_id else Item.objects.none()
    return Known([p for p in still if p.state != "ended"], list(work.order_by("due_at")[:12]),
                 [p for p in still if day_of(p.received_at) == day_of(at)])  # fmt: skip


def pleas_at(household_id: UUID, person_ids: Sequence[UUID], *, by: Actor, since: datetime) -> list[Plea]:
    """Pleas of a household still open, or received since a time; none of counselling or another private kind."""
    hidden = [n for n, k in plea_kinds().items() if k["opens"] in private_kinds()]
    rows = pleas_seen(by).filter(Q(household_id=household_id) | Q(person_id__in=person_ids))
    rows = rows.filter(~Q(state="ended") | Q(received_at__gte=since)).exclude(kind__in=hidden)
    rows = rows.exclude(item__kind__in=list(private_kinds())).select_related("item").defer("sealed", "item__sealed")
    found = rows.annotate(holder=post_of("holder_id"), owner=post_of("item__owner_id"), taker=post_of("taken_in_by"))
    return list(found.order_by("rank", F("next_at").asc(nulls_last=True), "id")[:20])


def alike(plea: Plea, *, by: Actor, hours: float) -> list[Plea]:
    """Pleas that may be the same: of this door or caller, of its kind or a kind not known, within so many hours."""
    fit = Q(pk__in=[])
    if plea.caller is not None:
        fit |= Q(caller=plea.caller)
    if plea.household_id:
        fit |= Q(household_id=plea.household_id)
    near = timedelta(hours=hours)
    rows = pleas_seen(by).filter(fit, received_at__gt=plea.received_at - near, received_at__lt=plea.received_at + near)
    rows = rows.exclude(id=plea.id).exclude(end="same")
    if plea.kind:
        rows = rows.filter(kind__in=("", plea.kind))
    return list(rows.defer("sealed").order_by("-received_at")[:6])


def own_pleas(by: Actor, *, limit: int = 20) -> list[Plea]:
    """What the actor asked for himself, newest first."""
    rows = Plea.objects.filter(Q(account_id=by.id) | Q(id=by.id)).select_related("item").defer("item__sealed")
    return list(rows.order_by("-received_at")[:limit])


def own_plea(plea_id: UUID, *, by: Actor) -> Plea:
    """One's own plea. Raises PleaMissing."""
    row = Plea.objects.filter(id=plea_id).select_related("item", "area").defer("area__outline").first()
    if row is None or not is_asker(row, by):
        raise PleaMissing()
    return row


@dataclass(frozen=True)
class Books:
    """A day's books: received up to its end = ended + open; of the day itself; the promises broken; the orphans."""

    received: int
    ended: int
    open: int
    received_today: int
    ended_today: int
    late: int
    orphans: list[Plea]

    @property
    def is_balanced(self) -> bool:
        """Whether no plea is lost: all that came in has ended or is open."""
        return self.received == self.ended + self.open


def books_of(area_id: UUID, on: date, *, by: Actor, at: datetime) -> Books:
    """Received = ended + open, at the end of a day; and open pleas that nobody holds."""
    begins = datetime(on.year, on.month, on.day, tzinfo=LOCAL)
    until = min(begins + timedelta(days=1), at)
    rows = Plea.objects.filter(held(by, READ), area_id__in=ids_below(area_id), received_at__lte=until)
    ended = Q(ended_at__lte=until)
    n = rows.aggregate(
        received=Count("id"), ended=Count("id", filter=ended),
        open=Count("id", filter=Q(ended_at=None) | Q(ended_at__gt=until)),
        today=Count("id", filter=Q(received_at__gte=begins)), out=Count("id", filter=ended & Q(ended_at__gte=begins)),
        late=Count("id", filter=Q(late_told_at__isnull=False, received_at__gte=begins)),
    )  # fmt: skip
    return Books(n["received"], n["ended"], n["open"], n["today"], n["out"], n["late"],
                 list(orphans(rows, at).select_related("area").defer("area__outline", "sealed")[:20]))  # fmt: skip


def orphans(rows: QuerySet[Plea], at: datetime) -> QuerySet[Plea]:
    """Open pleas that nobody holds: no holder, an answer owed for too long, or work that nobody owns past its time."""
    nobody = Q(state="received") & (Q(holder_id=None) | Q(acknowledged_at=None, reply_by__lt=at))
    unowned = Q(state="routed", item__is_closed=False, item__owner_id=None, item__due_at__lt=at)
    return rows.filter(nobody | unowned).order_by("rank", "reply_by")


def counts_by_kind(area_id: UUID, *, by: Actor) -> list[tuple[str, int, int]]:
    """By kind how many pleas are open, and how many there are."""
    rows = Plea.objects.filter(held(by, READ), area_id__in=ids_below(area_id)).values_list("kind")
    counted = rows.annotate(left=Count("id", filter=~Q(state="ended")), n=Count("id")).order_by("-left", "kind")
    return list(counted)


GOING = ("issued", "out", "back")  # a permit that was granted


def may_go(plea_ids: Sequence[UUID]) -> set[UUID]:
    """Of some pleas those for which somebody has been given leave."""
    rows = Permit.objects.filter(plea_id__in=plea_ids, state__in=GOING)
    return {i for i in rows.values_list("plea_id", flat=True) if i is not None}


def backward(plea: Plea, *, at: datetime, values: Mapping[str, Any], takes: timedelta | None = None) -> Backward | None:
    """The plan from a plea's deadline back; none where it has no deadline.

    takes: how long the way of its ride takes; without one the guide's usual way counts.
    """
    if plea.deadline_at is None:
        return None
    usual, approval = (timedelta(minutes=float(values[f"plea_{n}_minutes"])) for n in ("travel", "approval"))
    return back_from(
        plea.deadline_at, travel=takes or usual, approval=approval, may_go=plea.id in may_go([plea.id]), at=at
    )


def in_danger(area_id: UUID, *, by: Actor, at: datetime, minutes: float, limit: int = 12) -> list[Plea]:
    """Open pleas whose deadline is missed unless somebody acts within so many minutes, the nearest deadline first."""
    soon = at + timedelta(minutes=minutes)
    rows = pleas_seen(by).filter(area_id__in=ids_below(area_id), act_by__lte=soon, deadline_at__gt=at)
    rows = rows.exclude(state="ended").select_related("area", "item").defer("area__outline", "sealed", "item__sealed")
    found = list(
        rows.annotate(holder=post_of("holder_id"), owner=post_of("item__owner_id")).order_by("deadline_at")[:limit]
    )
    going = may_go([p.id for p in found])
    return [p for p in found if p.id not in going]
