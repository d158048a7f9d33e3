"""What calls add up to: gaps by hour, people enrolled, person-times by unit; always from check-ins, never estimates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import bodies_administered, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.calls.models import Call, Claim, DutyNote, Shift
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.responders.models import Member, Organisation, Responder, Team

HOURS = """
SELECT h.at, coalesce(sum(s.places), 0), coalesce(sum(s.taken), 0), coalesce(sum(p.present), 0)
FROM generate_series(%s::timestamptz, %s::timestamptz, interval '1 hour') AS h(at)
LEFT JOIN calls_shift s ON s.id = ANY(%s) AND s.starts_at < h.at + interval '1 hour' AND s.ends_at > h.at
LEFT JOIN LATERAL (
  SELECT count(*) AS present FROM calls_claim c
  WHERE c.shift_id = s.id AND c.checked_in_at < h.at + interval '1 hour'
    AND c.checked_in_at <= %s AND coalesce(c.checked_out_at, 'infinity') > h.at
) p ON true
GROUP BY h.at ORDER BY h.at
"""


@dataclass(frozen=True)
class Hour:
    """An hour of posts: people required, claimed, and present as far as it has come."""

    at: datetime
    required: int
    claimed: int
    present: int

    @property
    def short(self) -> int:
        """How many are missing against what is claimed."""
        return max(0, self.required - self.claimed)


def _lies_in(area_id: UUID) -> Q:
    return Q(area_id__in=ids_below(area_id)) | Q(joint_area_id__in=ids_below(area_id))


def _in(by: Actor, area_id: UUID | None) -> Q:
    fit = of_calls(by, "calls.read", path="shift__call__")
    return fit & Q(shift__call__area_id__in=ids_below(area_id)) if area_id else fit


def gaps(area_id: UUID, *, by: Actor, at: datetime, hours: int = 24) -> list[Hour]:
    """By hour from now on: places required against claimed and present, of an area and below."""
    first = at.replace(minute=0, second=0, microsecond=0)
    last = first + timedelta(hours=hours - 1)
    seen = Call.objects.filter(of_calls(by, "calls.read"), _lies_in(area_id))
    rows = Shift.objects.filter(call__in=seen.values("id"), starts_at__lt=last + timedelta(hours=1), ends_at__gt=first)
    ids = list(rows.values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(HOURS, [first, last, ids, at])
        return [Hour(when, int(r), int(c), int(p)) for when, r, c, p in cursor.fetchall()]


@dataclass(frozen=True)
class Counter:
    """Places and claims of one task in one area."""

    area_id: UUID
    name: str
    name_en: str
    task: str
    places: int
    taken: int
    waiting: int


def live_counter(call_ids: Iterable[UUID] | None = None, *, by: Actor, at: datetime,
                 area_id: UUID | None = None) -> list[Counter]:  # fmt: skip
    """By task and area how many are needed, taken and waiting, of shifts that have not ended."""
    calls = Call.objects.filter(of_calls(by, "calls.read"))
    calls = calls.filter(id__in=list(call_ids)) if call_ids is not None else calls
    calls = calls.filter(_lies_in(area_id)) if area_id else calls
    rows = Shift.objects.filter(call__in=calls.values("id"), ends_at__gt=at).order_by()
    counted = rows.values_list("call__area_id", "call__area__name", "call__area__name_en", "call__task").annotate(
        p=Sum("places"), t=Sum("taken"), w=Sum("waiting")
    )
    return [Counter(*r) for r in counted.order_by("call__area__name", "call__task")]


@dataclass(frozen=True)
class PeopleNow:
    """People of an area and below at this moment: places of shifts that run, people on duty on them."""

    places: int
    on_duty: int

    @property
    def missing(self) -> int:
        """Places of running shifts that nobody stands on."""
        return max(self.places - self.on_duty, 0)


def people_now(area_id: UUID, *, by: Actor, at: datetime) -> PeopleNow:
    """How many are needed on post now and how many are there: for a wall. In one question."""
    calls = Call.objects.filter(of_calls(by, "calls.read"), _lies_in(area_id)).exclude(state="closed")
    rows = Shift.objects.filter(call__in=calls.values("id"), starts_at__lte=at, ends_at__gt=at).order_by()
    here = Claim.objects.filter(shift_id=OuterRef("pk"), state="checked_in").order_by().values("shift_id")
    on_post = Coalesce(Subquery(here.annotate(n=Count("id")).values("n")), 0)
    told = rows.annotate(here=on_post).aggregate(places=Sum("places"), on_duty=Sum("here"))
    return PeopleNow(told["places"] or 0, told["on_duty"] or 0)


@dataclass(frozen=True)
class CalledUp:
    """What one body was asked for and what came of it, in people: asked, with a place, waiting, present so far."""

    asked: int = 0
    taken: int = 0
    waiting: int = 0
    come: int = 0


def called_up(staffs_id: UUID) -> dict[UUID, CalledUp]:
    """By body what it was called up for a round. Counts only; each such call asks one body."""
    rows = Shift.objects.filter(call__staffs_id=staffs_id).exclude(call__state="closed").order_by()
    come = Count("claims", filter=Q(claims__checked_in_at__isnull=False))
    counted = rows.annotate(come=come).values_list("call__audience", "places", "taken", "waiting", "come")
    out: dict[UUID, CalledUp] = {}
    for audience, *numbers in counted:
        for body in audience.get("bodies", []):
            out[UUID(body)] = CalledUp(*numbers)
    return out


def enrolments(issuer_id: UUID, *, by: Actor, until_at: datetime) -> int:
    """People who signed up for calls of a body by a time and had not taken it back then, each once; waiting too."""
    rows = Claim.objects.filter(_in(by, None), shift__call__issuer_id=issuer_id, claimed_at__lt=until_at)
    rows = rows.filter(Q(released_at=None) | Q(released_at__gte=until_at))
    return rows.aggregate(n=Count("account_id", distinct=True))["n"] or 0


def _came(
    by: Actor,
    from_at: datetime | None,
    until_at: datetime,
    area_id: UUID | None,
    issuer_id: UUID | None,
    unit_kinds: Sequence[str],
) -> QuerySet[Claim]:
    rows = Claim.objects.filter(_in(by, area_id), checked_in_at__lt=until_at)
    rows = rows.filter(checked_in_at__gte=from_at) if from_at else rows
    rows = rows.filter(shift__call__issuer_id=issuer_id) if issuer_id else rows
    if unit_kinds:
        rows = rows.filter(organisation_id__in=Organisation.objects.filter(kind__in=list(unit_kinds)).values("id"))
    return rows


def person_times(
    *,
    by: Actor,
    until_at: datetime,
    from_at: datetime | None = None,
    area_id: UUID | None = None,
    issuer_id: UUID | None = None,
    unit_kinds: Sequence[str] = (),
) -> int:
    """Check-ins, one a claim (人次, never people), from a time to a time (half-open).

    area_id: calls of the area and below. issuer_id: calls of that body. unit_kinds: people of bodies of these kinds.
    """
    return _came(by, from_at, until_at, area_id, issuer_id, unit_kinds).count()


@dataclass(frozen=True)
class Turnout:
    """One unit's people: claimed, come (person-times), people, hours on duty, and those who did not come."""

    unit_id: UUID
    name: str
    name_en: str
    kind: str
    claimed: int
    person_times: int
    people: int
    hours: float
    no_shows: int


def turnout_by_unit(
    *, by: Actor, until_at: datetime, from_at: datetime | None = None, area_id: UUID | None = None
) -> list[Turnout]:
    """The turnout of each unit on shifts that began in a span, the largest first.

    Rights: who looks at calls sees all units in the own areas; who administers a body sees that body everywhere.
    """
    own = Q(organisation_id__in=bodies_administered(by))
    rows = Claim.objects.filter(_in(by, area_id) | own, shift__starts_at__lt=until_at).exclude(organisation_id=None)
    rows = rows.filter(shift__starts_at__gte=from_at) if from_at else rows
    came = Q(checked_in_at__isnull=False)
    found = rows.order_by().values("organisation_id").annotate(
        claimed=Count("id", filter=Q(state__in=(*FIRM, "no_show"))), came=Count("id", filter=came),
        people=Count("account_id", filter=came, distinct=True), missed=Count("id", filter=Q(state="no_show")),
        hours=Sum(Coalesce(F("checked_out_at"), F("checked_in_at")) - F("checked_in_at"), filter=came),
    )  # fmt: skip
    units = {o.id: o for o in Organisation.objects.filter(id__in=[r["organisation_id"] for r in found])}
    out = [_turnout(units[r["organisation_id"]], r) for r in found if r["organisation_id"] in units]
    return sorted(out, key=lambda t: (-t.person_times, t.name))


def _turnout(unit: Organisation, r: Mapping[str, Any]) -> Turnout:
    hours = round((r["hours"] or timedelta()) / timedelta(hours=1), 1)
    return Turnout(
        unit.id, unit.name, unit.name_en, unit.kind, r["claimed"], r["came"], r["people"], hours, r["missed"]
    )


def people_of_unit(unit_id: UUID, *, by: Actor, until_at: datetime, from_at: datetime | None = None) -> list[Claim]:
    """The claims of one unit's people with their posts (`post`): for who administers that body alone, else nothing."""
    if unit_id not in bodies_administered(by):
        return []
    rows = Claim.objects.filter(organisation_id=unit_id, shift__starts_at__lt=until_at).exclude(state="released")
    rows = rows.filter(shift__starts_at__gte=from_at) if from_at else rows
    rows = rows.select_related("shift__call__area").defer("shift__call__area__outline")
    return list(rows.annotate(post=post_of("account_id")).order_by("-shift__starts_at", "id")[:500])


@dataclass(frozen=True)
class Served:
    """Person-times, people and hours of some claims; hours that nobody has confirmed yet; from check-ins alone."""

    times: int
    people: int
    hours: float
    open: float


def hours_of_teams(team_ids: Iterable[UUID], *, by: Actor) -> Served:
    """What teams that were seen have served, by the claims they took as a team."""
    return _served(Claim.objects.filter(team_id__in=list(team_ids)))


def _served(rows: QuerySet[Claim]) -> Served:
    rows = rows.exclude(checked_in_at=None)
    span = Sum(Coalesce(F("checked_out_at"), F("checked_in_at")) - F("checked_in_at"))
    unsaid = Sum(F("checked_out_at") - F("checked_in_at"), filter=Q(hours_at=None) & ~Q(checked_out_at=None))
    n = rows.aggregate(times=Count("id"), people=Count("account_id", distinct=True), hours=span, unsaid=unsaid)
    hour = timedelta(hours=1)
    return Served(n["times"], n["people"], round((n["hours"] or timedelta()) / hour, 1),
                  round((n["unsaid"] or timedelta()) / hour, 1))  # fmt: skip


def hours_by(
    how: str, *, by: Actor, from_at: datetime, until_at: datetime, area_id: UUID | None = None
) -> list[tuple[str, Served]]:
    """What was served in a span by unit, team, host, home, task or kind of people, most hours first; a claim once.

    how: unit team role host home (where they live) task kind inside (the kind of closed place), shop and job of groups
    at shops. Never by person: no league tables.
    """
    rows = _came(by, from_at, until_at, area_id, None, ())
    names: dict[str, Any] = {
        "unit": Subquery(Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]),
        "team": Subquery(Team.objects.filter(id=OuterRef("team_id")).values("name")[:1]),
        "kind": Subquery(Responder.objects.filter(id=OuterRef("account_id")).values("kind")[:1]),
        "role": Subquery(
            Member.objects.filter(team_id=OuterRef("team_id"), responder_id=OuterRef("account_id"))
            .order_by("-from_at")
            .values("role")[:1]
        ),
        "home": Subquery(Responder.objects.filter(id=OuterRef("account_id")).values("home_area__name")[:1]),
        "host": F("shift__call__area__name"),
        "task": F("shift__call__task"),
        "shop": Subquery(Organisation.objects.filter(id=OuterRef("shift__host_id")).values("name")[:1]),
        "job": F("job"),
        "inside": F("shift__call__inside"),
    }
    span = Sum(Coalesce(F("checked_out_at"), F("checked_in_at")) - F("checked_in_at"))
    found = rows.order_by().annotate(word=names[how]).values("word").annotate(
        times=Count("id"), people=Count("account_id", distinct=True), hours=span
    )  # fmt: skip
    hour = timedelta(hours=1)
    out = [(r["word"] or "", Served(r["times"], r["people"], round((r["hours"] or timedelta()) / hour, 1), 0.0))
           for r in found]  # fmt: skip
    return sorted(out, key=lambda r: (-r[1].hours, r[0]))


def counted_by_task(*, by: Actor, from_at: datetime, until_at: datetime, area_id: UUID | None = None) -> dict[str, int]:
    """By task how many units people noted on the turns that began in a span: in the unit the task counts."""
    turns = _came(by, from_at, until_at, area_id, None, ())
    n = Sum(Cast(KeyTextTransform("n", "values"), IntegerField()))
    rows = DutyNote.objects.filter(kind="count", claim__in=turns.values("id")).order_by()
    return dict(rows.values_list("claim__shift__call__task").annotate(n=n))
