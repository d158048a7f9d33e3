"""What a roster is made of: the shifts of a call, the people of a squad with what they hold, can and wish for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.errors import CallMissing
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries.gates import LOCAL
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.roles import heads_by_role
from lianfang.domains.calls.queries.skies import Barred, barred_by_weather
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.queries.tasks import risk_values, task_kinds
from lianfang.domains.calls.rules import FIRM, Heads, Span, roles_of
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.responders.models import Member, Responder
from lianfang.domains.responders.queries import skills_of, team_seen
from lianfang.domains.responders.rules import IN_TEAM

CARE = ("rest_hours", "most_hours", "week_hours", "run_days", "inside_days", "inside_rest_days", "night_hours")
MOST_DAYS, MOST_PEOPLE = 31, 200
Kind = tuple[int, int, str, str]  # begins at minute of the day, minutes, title, the role asked for or ""
Cell = tuple[int, int]  # person, day


@dataclass(frozen=True)
class Wanted:
    """What is asked of a roster: the span (last day within), the squad or none, whether the place is closed (days
    inside in a row, then days of rest), days off that hold."""

    from_on: date
    until_on: date
    team_id: UUID | None = None
    is_closed: bool = False
    days_off: frozenset[tuple[UUID, date]] = frozenset()


@dataclass
class Rows:
    """The rows of a roster, read once. suited: what people hold elsewhere in protective clothing."""

    call: Call
    days: list[date]
    shifts: list[Shift]
    barred: list[tuple[Shift, Barred]]
    people: list[UUID]
    posts: dict[UUID, str]
    held: dict[UUID, list[tuple[UUID, Span]]]
    suited: dict[UUID, list[tuple[UUID, Span]]]
    skills: Mapping[UUID, set[str]]
    others: Mapping[UUID, Heads]  # by shift its roles with those who hold a place and are not of the people
    wishes: Mapping[UUID, Mapping[str, Any]]
    care: Mapping[str, Any]


def rows_of(call_id: UUID, wanted: Wanted, by: Actor, at: datetime) -> Rows:
    """The rows of a roster. Shifts that the weather bars stand apart. Raises: CallMissing, TeamMissing."""
    call = Call.objects.filter(id=call_id).select_related("area").first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.lead", call)
    n = min(max((wanted.until_on - wanted.from_on).days + 1, 1), MOST_DAYS)
    days = [wanted.from_on + timedelta(days=d) for d in range(n)]
    first = datetime.combine(days[0], datetime.min.time(), LOCAL)
    last = first + timedelta(days=n)
    shifts = list(Shift.objects.filter(call=call, places__gt=0, starts_at__gte=max(first, at), starts_at__lt=last)
                  .order_by("starts_at", "title", "id"))  # fmt: skip
    for s in shifts:
        s.call = call
    barred = barred_by_weather(call, shifts, at=at)
    if wanted.team_id:
        team_seen(wanted.team_id, by=by, at=at)
        ids: Any = Member.objects.filter(team_id=wanted.team_id, state=IN_TEAM).values("responder_id")
    else:
        ids = Claim.objects.filter(shift__call=call, state__in=(*FIRM, "waiting")).values("account_id")
    named = Account.objects.filter(id__in=ids, is_active=True).order_by("label", "id").values_list("id", "label")
    posts = dict(named[:MOST_PEOPLE])
    held, suited = _held(posts, first, last, at)
    care = values_by_area(common_edition(), [*CARE, *risk_values()], {call.area_id}, at=at)[call.area_id]
    wishes = dict(Responder.objects.filter(id__in=list(posts), left_at=None).values_list("id", "wishes"))
    open_air = [s for s in shifts if s.id not in barred]
    others = heads_by_role(open_air, at=at, without=posts)
    return Rows(call, days, open_air, [(s, barred[s.id]) for s in shifts if s.id in barred], list(posts), posts, held,
                suited, skills_of(list(posts), at=at), others, wishes, care)  # fmt: skip


def _held(posts: Mapping[UUID, str], first: datetime, last: datetime,
          at: datetime) -> tuple[dict[UUID, list[tuple[UUID, Span]]], dict[UUID, list[tuple[UUID, Span]]]]:  # fmt: skip
    firm = Claim.objects.filter(account_id__in=list(posts), state__in=FIRM)
    firm = firm.filter(shift__ends_at__gt=first - timedelta(days=35), shift__starts_at__lt=last + timedelta(days=7))
    suits = {n for n, body in task_kinds().items() if body.get("suit")}
    held: dict[UUID, list[tuple[UUID, Span]]] = {}
    suited: dict[UUID, list[tuple[UUID, Span]]] = {}
    names = ("account_id", "shift_id", "shift__call__task", "begins", "ends")
    for who, shift, task, a, b in with_spans(firm, at).values_list(*names):
        held.setdefault(who, []).append((shift, (a, b)))
        if task in suits:
            suited.setdefault(who, []).append((shift, (a, b)))
    return held, suited


class Table:
    """Where each shift lies in the roster: its day and its kind; a kind for each role and one for the other heads.

    Edge: two shifts of one day and kind (a further group) are one cell; who is put there goes to the first with room.
    """

    def __init__(self, rows: Rows) -> None:
        self.of_day = {d: n for n, d in enumerate(rows.days)}
        self.kinds: list[Kind] = []
        self.cells: dict[tuple[int, int], list[Shift]] = {}
        self.at: dict[UUID, tuple[int, list[int]]] = {}
        for s in rows.shifts:
            begins = s.starts_at.astimezone(LOCAL)
            minutes = int((s.ends_at - s.starts_at) / timedelta(minutes=1))
            day, own = self.of_day[begins.date()], []
            for role in (*roles_of(s.call.roles, s.handed), ""):
                kind = (begins.hour * 60 + begins.minute, minutes, s.title, role)
                if kind not in self.kinds:
                    self.kinds.append(kind)
                own.append(self.kinds.index(kind))
                self.cells.setdefault((day, own[-1]), []).append(s)
            self.at[s.id] = day, own
        self.wanted = self._heads(rows)

    def _heads(self, rows: Rows) -> dict[tuple[int, int], int]:
        """People wanted by day and kind, places that others hold apart: of each role, then the rest."""
        inside = Counter(s for w in rows.people for s, _ in rows.held.get(w, []))
        out = dict.fromkeys(self.cells, 0)
        for s in rows.shifts:
            day, own = self.at[s.id]
            left = max(s.places - (s.taken - inside[s.id]), 0)
            lacking = rows.others[s.id].lacking() if s.id in rows.others else {}
            for k in own:
                n = min(lacking.get(self.kinds[k][3], 0), left) if self.kinds[k][3] else left
                out[day, k] += n
                left -= n
        return out

    def fits(self, rows: Rows, who: UUID, kind: int) -> bool:
        """Whether somebody has the skill of a kind's role."""
        role = self.kinds[kind][3]
        return not role or role in rows.skills.get(who, ())
