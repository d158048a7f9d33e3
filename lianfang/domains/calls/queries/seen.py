"""Calls, shifts and claims as somebody may see them: what is open and near, what is one's own, who is on a roster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from lianfang.base.actor import Actor
from lianfang.base.once import remembered
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.errors import CallMissing, ClaimMissing, ShiftMissing
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries.audience import asking
from lianfang.domains.calls.queries.gates import hindrances
from lianfang.domains.calls.queries.joint import of_calls, require_call
from lianfang.domains.calls.queries.roles import heads_by_role, role_skills
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.queries.tasks import most_of, risk_values, tasks_known
from lianfang.domains.calls.rules import FIRM, LIVE, Hindrance, code_digits, overlaps, tired, too_long, weary
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.privacy.queries import site_key
from lianfang.domains.responders.models import Organisation, Responder
from lianfang.domains.responders.rules import is_free

LOCAL = ZoneInfo("Asia/Shanghai")  # a shift's day, and so its code, is a local one
LIMITS = (
    "check_in_early_minutes",
    "check_out_late_minutes",
    "no_show_minutes",
    "close_after_minutes",
    "rest_hours",
    "most_hours",
    "week_hours",
    "amber_hours",
    "amber_week_hours",
    "offer_share",
    "offer_most_minutes",
    "offer_least_minutes",
    "break_after_hours",
    "long_job_hours",
    "suit_minutes",
    "fever_stops_celsius",
)
FAR = 99


def limits_of(areas: Iterable[UUID | None], *, at: datetime) -> dict[UUID | None, dict[str, Any]]:
    """By area how early one may come, how late leave, and when nobody is expected any more, in minutes."""
    return values_by_area(common_edition(), LIMITS, areas, at=at)


def care_of(areas: Iterable[UUID | None], *, at: datetime) -> dict[UUID | None, dict[str, Any]]:
    """The same, with how long each risk lets one serve."""
    return values_by_area(common_edition(), [*LIMITS, *risk_values()], areas, at=at)


def calls_seen(by: Actor) -> QuerySet[Call]:
    """Calls of the areas in which the actor may look at calls, and calls that ask the actor."""
    rows = Call.objects.filter(of_calls(by, "calls.read") | asking(by))
    return rows.select_related("area").defer("area__outline")


def shifts_seen(by: Actor) -> QuerySet[Shift]:
    """Shifts of these calls, with call and area."""
    rows = Shift.objects.filter(call__in=Call.objects.filter(of_calls(by, "calls.read") | asking(by)).values("id"))
    return rows.select_related("call__area").defer("call__area__outline")


def call_seen(call_id: UUID, *, by: Actor) -> Call:
    """One of these calls with its shifts, the earliest first (`ordered`). Raises CallMissing."""
    found = calls_seen(by).filter(id=call_id).annotate(post=post_of("posted_by")).first()
    if found is None:
        raise CallMissing(call=str(call_id))
    found.ordered = list(found.shifts.order_by("starts_at", "title", "id"))  # type: ignore[attr-defined]  # for the page
    return found


def shift_seen(shift_id: UUID, *, by: Actor) -> Shift:
    """One of these shifts. Raises ShiftMissing."""
    found = shifts_seen(by).filter(id=shift_id).first()
    if found is None:
        raise ShiftMissing(shift=str(shift_id))
    return found


def states_of(claim_ids: Iterable[UUID]) -> dict[UUID, str]:
    """How claims stand, for a door that answers for each of them what it answered before."""
    return dict(Claim.objects.filter(id__in=list(claim_ids)).values_list("id", "state"))


def shifts_of_incident(incident_id: UUID) -> list[UUID]:
    """Ids of all shifts of an incident's calls, for the flow that ends it."""
    return list(Shift.objects.filter(call__incident_id=incident_id).order_by("id").values_list("id", flat=True))


def _steps_from(area_id: UUID) -> Coalesce:
    """How many levels up from an area one has to go until a call's area lies below: 0 here, 1 next door."""
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=OuterRef(OuterRef("call__area_id")))
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id)
    nearest = rows.filter(ancestor_id__in=above.values("ancestor_id")).order_by("depth").values("depth")[:1]
    return Coalesce(Subquery(nearest), Value(FAR))


def taking(rows: QuerySet[Shift], at: datetime) -> QuerySet[Shift]:
    """Those of some shifts for which places are given now."""
    """Those of some shifts for which places are given now."""
    live = Q(call__closes_at=None) | Q(call__closes_at__gt=at)
    return rows.exclude(call__state="closed").filter(live, ends_at__gt=at, call__opens_at__lte=at, places__gt=0)


@dataclass(frozen=True)
class Offer:
    """A shift as one who looks for work meets it: places left, how near, what speaks against it."""

    shift: Shift
    left: int
    steps: int
    mine: Claim | None
    collides: Shift | None
    against: tuple[Hindrance, ...] = ()  # each thing else that speaks against it now
    kept: tuple[str, ...] = ()  # the skills for which the places left are kept: he may wait
    suits: bool = True  # within the times and the distance that he stated himself

    @property
    def may_take(self) -> bool:
        """Whether nothing that is known now speaks against claiming it."""
        has_place = self.left > 0 and not self.kept
        return has_place and self.mine is None and self.collides is None and not self.against


def open_shifts(
    *, by: Actor, at: datetime, area_id: UUID, body_id: UUID | None = None, limit: int = 200
) -> list[Offer]:
    """Shifts that are being filled: first what the actor may take now, near first, then by time.

    area_id: from where near is meant. body_id: the actor's own unit.
    """
    rows = taking(Shift.objects.filter(call__in=Call.objects.filter(asking(by)).values("id")), at)
    rows = rows.annotate(steps=_steps_from(area_id)).select_related("call__area").defer("call__area__outline")
    found = list(rows.order_by("steps", "starts_at", "id")[:limit])
    own, stated = {c.shift_id: c for c in my_claims(by, at=at)}, _stated(by.id)
    with remembered():
        hindered = hindrances([(s, by.id) for s in found], {by.id: body_id}, at=at)
        care, tasks = care_of({s.call.area_id for s in found}, at=at), tasks_known()
    served = _served(by.id, at)
    risky = {s.id: most_of(tasks.of(s.call), care[s.call.area_id]) for s in found}
    offers = [_offer(s, own, hindered.get((s.id, by.id)), care[s.call.area_id], served, risky[s.id]) for s in found]
    kept = _kept_from(by.id, found, at)
    offers = [replace(o, suits=stated(o), kept=kept.get(o.shift.id, ())) for o in offers]
    return sorted(offers, key=lambda o: (not o.may_take, not o.suits))


def _kept_from(account_id: UUID, shifts: Sequence[Shift], at: datetime) -> dict[UUID, tuple[str, ...]]:
    """By shift the skills for which its last places are kept from somebody who has none of them."""
    heads = heads_by_role(shifts, at=at)
    own = role_skills([account_id], heads, at=at).get(account_id, set())
    free = {s.id: s.places - s.taken for s in shifts}
    return {i: tuple(h.lacking()) for i, h in heads.items() if free[i] > 0 and h.is_kept(own, free[i])}


def _stated(account_id: UUID) -> Callable[[Offer], bool]:
    """Whether a shift lies within the times and the distance that somebody stated on his card; who stated none: all."""
    card = Responder.objects.filter(id=account_id, left_at=None).values_list("near_steps", "free_times").first()
    near, times = card or (None, [])

    def suits(o: Offer) -> bool:
        begins, ends = (t.astimezone(LOCAL) for t in (o.shift.starts_at, o.shift.ends_at))
        return (near is None or o.steps <= near) and is_free(times, begins, ends)

    return suits


def _served(account_id: UUID, at: datetime) -> list[tuple[datetime, datetime]]:
    rows = Claim.objects.filter(account_id=account_id, state__in=FIRM, shift__ends_at__gt=at - timedelta(days=7))
    return list(with_spans(rows, at).values_list("begins", "ends"))


def _worn(span: tuple[datetime, datetime], served: Sequence[tuple[datetime, datetime]], care: Mapping[str, Any],
          risky: timedelta) -> Hindrance:  # fmt: skip
    """What of rest and hours speaks against a shift, where no other shift is at the same time; risky: its task's."""
    most = min(timedelta(hours=care["most_hours"]), risky)
    code, values = tired(served, span, rest=timedelta(hours=care["rest_hours"]), most=most)
    if not code and span[1] - span[0] > risky:
        return too_long(span, risky)
    return (code, values) if code else weary(served, span, week=timedelta(hours=care["week_hours"]))


def unfit_after(held: Sequence[tuple[datetime, datetime]], span: tuple[datetime, datetime], care: Mapping[str, Any],
                risky: timedelta) -> bool:  # fmt: skip
    """Whether a span cannot be served beside others that somebody holds: at the same time, or without enough rest."""
    return any(overlaps(h, span) for h in held) or bool(_worn(span, held, care, risky)[0])


def _offer(shift: Shift, own: Mapping[UUID, Claim], hindered: Hindrance | None, care: Mapping[str, Any],
           served: Sequence[tuple[datetime, datetime]], risky: timedelta) -> Offer:  # fmt: skip
    span = (shift.starts_at, shift.ends_at)
    firm = [c for c in own.values() if c.state in FIRM and c.shift_id != shift.id]
    other = next((c.shift for c in firm if overlaps((c.shift.starts_at, c.shift.ends_at), span)), None)
    steps: int = getattr(shift, "steps", FAR)
    mine = own.get(shift.id)
    worn = ("", {}) if mine or other else _worn(span, served, care, risky)
    against = tuple(h for h in (hindered, worn) if h and h[0])
    return Offer(shift, shift.places - shift.taken, steps, mine, other, against)


def needs_near(area_id: UUID, *, by: Actor, at: datetime, limit: int = 20) -> list[Shift]:
    """Shifts with free places that the actor may see, the nearest first (`steps`), then the soonest."""
    rows = taking(shifts_seen(by), at).filter(taken__lt=F("places")).annotate(steps=_steps_from(area_id))
    return list(rows.order_by("steps", "starts_at", "id")[:limit])


def my_claims(by: Actor, *, at: datetime) -> list[Claim]:
    """The actor's own claims on shifts that have not ended, the soonest first, each with its place in the queue."""
    ahead = Claim.objects.filter(shift_id=OuterRef("shift_id"), state="waiting", order__lte=OuterRef("order"))
    n = ahead.order_by().values("shift_id").annotate(n=Count("id")).values("n")
    rows = Claim.objects.filter(account_id=by.id, state__in=LIVE, shift__ends_at__gt=at).annotate(queue=Subquery(n))
    rows = rows.select_related("shift__call__area").defer("shift__call__area__outline")
    return list(rows.order_by("shift__starts_at", "id"))


def past_claims(by: Actor, *, at: datetime, limit: int = 20) -> list[Claim]:
    """The actor's own claims on shifts that have ended, and shifts left to check out of; the newest first."""
    rows = Claim.objects.filter(account_id=by.id, shift__ends_at__lte=at, state__in=LIVE).exclude(state="waiting")
    return list(rows.select_related("shift__call__area").defer("shift__call__area__outline")
                .order_by("-shift__starts_at", "id")[:limit])  # fmt: skip


def on_duty(account_id: UUID, *, at: datetime) -> Claim | None:
    """The shift that somebody has come to and not left, while it lasts."""
    rows = Claim.objects.filter(account_id=account_id, state="checked_in", shift__ends_at__gt=at)
    rows = rows.select_related("shift__call__area").defer("shift__call__area__outline")
    return rows.order_by("shift__ends_at").first()


def claim_seen(claim_id: UUID, *, by: Actor) -> Claim:
    """A claim of the actor's own, or on a shift the actor leads. Raises ClaimMissing."""
    lead = of_calls(by, "calls.lead", path="shift__call__")
    found = Claim.objects.filter(Q(account_id=by.id) | lead, id=claim_id).select_related("shift__call").first()
    if found is None:
        raise ClaimMissing(claim=str(claim_id))
    return found


def last_place_at(shift_id: UUID) -> datetime | None:
    """When the last place of a shift was taken: for telling by how much somebody was late."""
    rows = Claim.objects.filter(shift_id=shift_id, state__in=FIRM).order_by("-placed_at")
    return rows.values_list("placed_at", flat=True).first()


def last_places_at(shift_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """The same for many shifts; one of which nobody ever held a place is left out."""
    rows = Claim.objects.filter(shift_id__any=shift_ids, state__in=FIRM).exclude(placed_at=None).order_by()
    return dict(rows.values_list("shift_id").annotate(last=Max("placed_at")))


def roster_of(shift_ids: Sequence[UUID], *, by: Actor) -> dict[UUID, list[Claim]]:
    """Claims on some shifts in the order of asking, with post (`post`), unit (`unit`) and who allowed it (`allower`).

    Rights: calls.lead in the area of each call. Raises RightMissing.
    """
    for call in Call.objects.filter(shifts__in=list(shift_ids)).distinct():
        require_call(by, "calls.lead", call)
    unit = Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]
    rows = Claim.objects.filter(shift_id__in=shift_ids, state__in=LIVE)
    out: dict[UUID, list[Claim]] = {i: [] for i in shift_ids}
    rows = rows.annotate(post=post_of("account_id"), unit=Subquery(unit), allower=post_of("allowed_by"))
    for c in rows.order_by("order", "id"):
        out[c.shift_id].append(c)
    return out


def check_in_code(shift: Shift, *, by: Actor) -> str:
    """The code of a shift, for the post's lead to show. Rights: calls.lead in the call's area."""
    require_call(by, "calls.lead", shift.call)
    return code_digits(site_key(), shift.id, shift.starts_at.astimezone(LOCAL).date())


def similar_calls(area_id: UUID, *, by: Actor, at: datetime) -> list[Call]:
    """Calls still open in an area, below it or above it: shown before somebody posts the same need again."""
    rows = calls_seen(by).exclude(state="closed").filter(shifts__ends_at__gt=at)
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id).values("ancestor_id")
    near = rows.filter(Q(area_id__in=ids_below(area_id)) | Q(area_id__in=above))
    return list(near.distinct().prefetch_related("shifts").order_by("-posted_at")[:20])


def calls_led(by: Actor, *, at: datetime, limit: int = 60) -> list[Call]:
    """Calls of the areas the actor leads that still have a shift to come or to settle, the newest first."""
    unsettled = Shift.objects.filter(Q(ends_at__gt=at) | Q(turnout_at=None))
    rows = Call.objects.filter(of_calls(by, "calls.lead"), id__in=unsettled.values("call_id"))
    return list(rows.select_related("area").defer("area__outline").prefetch_related("shifts")
                .order_by("-posted_at")[:limit])  # fmt: skip


def open_shifts_in(area_id: UUID, from_at: datetime, until_at: datetime, *, by: Actor, at: datetime) -> list[Shift]:
    """Shifts of an area and below with free places inside a span, the largest need first: for placing who offered."""
    rows = taking(shifts_seen(by), at).filter(call__area_id__in=ids_below(area_id), taken__lt=F("places"))
    rows = rows.filter(starts_at__gte=from_at, ends_at__lte=until_at).annotate(free=F("places") - F("taken"))
    return list(rows.order_by("-free", "starts_at", "id")[:20])
