"""Hearts: the counselling line and its rota, disputes, worries with approved answers, classes and their helpers.

Rows of a private kind are asked by its own rights (`kind_held`), so that no list here shows more than its desk may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import held, holders_by_area, may, post_of
from lianfang.domains.areas.queries import ids_above, ids_below
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.queries import Post, posts_on
from lianfang.domains.editions.queries import common_edition, kind, roles, value
from lianfang.domains.needs.rules import Cover, cover_of
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import places_in
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.rules import IN_TEAM
from lianfang.domains.work.errors import FieldMissing, FieldUnfit
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries import kind_held, right_on

CALL, DISPUTE, WORRY, ANSWER, LINK, FEEDBACK = (
    "counsel-call", "dispute", "worry", "approved-answer", "class-link", "feedback",
)  # fmt: skip
LINE_TASK, CLASS = "counsel-line", "school-class"
COUNSEL, COUNSEL_LEAD = "needs.counsel", "needs.counsel_lead"
MEDIATE, MEDIATE_LEAD, PAIR = "needs.mediate", "needs.mediate_lead", "needs.pair"
ORDER = {"alarm": 0, "waiting": 1, "handed": 2, "spoken": 3}  # of the line's desk: danger first
MOST = 100


def next_choices(area_id: UUID, *, at: datetime) -> list[int]:
    """After how many hours a counsellor may promise to call again."""
    return [int(h) for h in value(common_edition(), "counsel_next_hours", area_id=area_id, at=at)]


def choices_of(kind_name: str, field: str) -> list[dict[str, str]]:
    """The choices of a kind's field: value, zh, en."""
    return next((list(f["choices"]) for f in kind(kind_name)["fields"] if f["name"] == field), [])


def require_choices(kind_name: str, **values: str) -> None:
    """Each of these is a choice of its field. Raises FieldMissing, FieldUnfit."""
    missing = [name for name, given in values.items() if not given]
    if missing:
        raise FieldMissing(fields=missing)
    for name, given in values.items():
        fit = [c["value"] for c in choices_of(kind_name, name)]
        if given not in fit:
            raise FieldUnfit(field=name, fix="one of " + " ".join(fit))


def _listed(rows: QuerySet[Item]) -> QuerySet[Any]:
    return rows.select_related("area").defer("area__outline", "sealed").annotate(owner_label=post_of("owner_id"))


def line_calls(area_id: UUID, *, by: Actor, limit: int = MOST) -> list[Item]:
    """Open calls of the line in an area and below: high risk first, then who waits, then what is to follow up."""
    rows = Item.objects.filter(kind_held(by, CALL), area_id__in=ids_below(area_id), is_closed=False)
    found = list(_listed(rows).order_by("due_at", "opened_at", "id")[: 5 * limit])
    found.sort(key=lambda i: (ORDER.get(i.state, 9), i.due_at is None, i.due_at or i.opened_at))
    return found[:limit]


def line_counts(area_id: UUID, *, by: Actor, at: datetime) -> dict[str, list[tuple[str, int]]]:
    """Calls of a day by topic and by risk: numbers alone, for who serves the line."""
    since = at - timedelta(days=1)
    rows = Item.objects.filter(kind_held(by, CALL), area_id__in=ids_below(area_id), opened_at__gt=since).order_by()
    counted = {f: rows.values_list(f"values__{f}").annotate(n=Count("id")).order_by("-n") for f in ("topic", "risk")}
    return {f: [(str(v or ""), n) for v, n in some] for f, some in counted.items()}


@dataclass(frozen=True)
class Rota:
    """The line's hours: in each stretch how many serve; the shifts with who holds them, for who leads them."""

    cover: list[Cover]
    posts: list[Post]

    @property
    def empty(self) -> list[Cover]:
        """Stretches in which nobody serves."""
        return [c for c in self.cover if not c.people]


def line_rota(area_id: UUID, *, by: Actor, at: datetime, hours: int = 24) -> Rota:
    """Who serves the counselling line of an area from now on, hour by hour: an hour without a shift is empty too."""
    until = at + timedelta(hours=hours)
    posts = [p for p in posts_on(area_id, at, until, by=by, at=at) if p.call.task == LINE_TASK]
    spans = [(s.starts_at, s.ends_at, s.taken) for p in posts for s in p.shifts]
    return Rota(cover_of(spans, at, until), posts)


def lines_empty(*, at: datetime) -> list[tuple[UUID, Cover]]:
    """By area of a line the stretches ahead in which nobody serves, as far ahead as is told. For the house's jobs.

    A line is there where a call for it has a shift about now. A stretch that has begun shows when it began.
    """
    back = at - timedelta(days=1)
    rows = Shift.objects.filter(call__task=LINE_TASK, ends_at__gt=back).exclude(call__state="closed")
    ahead: dict[UUID, list[tuple[datetime, datetime, int]]] = {}
    for area, begins, ends, taken in rows.values_list("call__area_id", "starts_at", "ends_at", "taken"):
        ahead.setdefault(area, []).append((begins, ends, taken))
    out = []
    for area, spans in ahead.items():
        hours = float(value(common_edition(), "counsel_warn_hours", area_id=area, at=at))
        cover = cover_of(spans, max(back, min(s[0] for s in spans)), at + timedelta(hours=hours))
        out += [(area, c) for c in cover if not c.people and c.ends > at]
    return out


def disputes_seen(by: Actor) -> QuerySet[Item]:
    """Disputes one mediates, and those of the areas whose disputes one leads."""
    own = Q(kind=DISPUTE, owner_id=by.id) & held(by, right_on(DISPUTE, "open"))
    return Item.objects.filter(kind_held(by, DISPUTE) | own)


def disputes(*, by: Actor, is_open: bool = True, limit: int = MOST) -> list[Item]:
    """These as a list with their mediators, what is due first."""
    rows = disputes_seen(by).filter(is_closed=not is_open)
    order = (F("due_at").asc(nulls_last=True), "opened_at") if is_open else ("-closed_at",)
    return list(_listed(rows).order_by(*order, "id")[:limit])


def mediators(area_id: UUID, *, at: datetime) -> list[tuple[UUID, str]]:
    """Who may mediate in an area, by post, the nearest first."""
    serving = [name for name, body in roles().items() if MEDIATE in body["rights"]]
    found = holders_by_area(serving, [area_id], at=at)[area_id]
    labels = dict(Account.objects.filter(id__in=found, is_active=True).values_list("id", "label"))
    return [(i, labels[i]) for i in found if i in labels]


def worries_open(area_id: UUID, *, by: Actor, topic: str = "", limit: int = MOST) -> list[Item]:
    """Questions and worries still to answer, the oldest first."""
    rows = Item.objects.filter(kind_held(by, WORRY), area_id__in=ids_below(area_id), is_closed=False)
    rows = rows.filter(values__topic=topic) if topic else rows
    return list(_listed(rows).order_by("opened_at", "id")[:limit])


def worry_counts(area_id: UUID, *, by: Actor, since: datetime) -> list[tuple[str, int, int, int]]:
    """By topic questions since a time: all, still open, handed to the counselling desk."""
    rows = Item.objects.filter(kind_held(by, WORRY), area_id__in=ids_below(area_id), opened_at__gt=since).order_by()
    counted = rows.values_list("values__topic").annotate(
        n=Count("id"), left=Count("id", filter=Q(is_closed=False)), handed=Count("id", filter=Q(state="handed"))
    )
    return [(str(t or ""), n, left, handed) for t, n, left, handed in counted.order_by("-n")]


def answers(*, by: Actor, state: str = "approved", topic: str = "", limit: int = MOST) -> list[Item]:
    """Answers of the actor's areas and of those above them, each with how often it was used (`uses`)."""
    above = Q(area_id__in=[a for g in by.grants if g.area_id for a in ids_above(g.area_id)])
    rows = Item.objects.filter(kind_held(by, ANSWER) | Q(kind=ANSWER) & above, state=state)
    rows = rows.filter(values__topic=topic) if topic else rows
    found = list(rows.select_related("area").defer("area__outline").order_by("-changed_at", "id")[:limit])
    asked = Item.objects.filter(kind=WORRY, values__answer_id__in=[str(i.id) for i in found]).order_by()
    uses = dict(asked.values_list("values__answer_id").annotate(n=Count("id")))
    for i in found:
        i.uses = uses.get(str(i.id), 0)  # type: ignore[attr-defined]  # for the page
    return sorted(found, key=lambda i: -i.uses)  # type: ignore[attr-defined]  # set above


@dataclass(frozen=True)
class Paired:
    """A class with its heads, its helper and when they were last in touch; none: nobody has it."""

    place: Place
    heads: int
    link: Item | None
    last_at: datetime | None

    @property
    def helper(self) -> str:
        """The post of its helper."""
        return str(getattr(self.link, "owner_label", "") or "") if self.link else ""


def heads_of(place: Place) -> int:
    """How many students a class has."""
    return int(place.capacity.get("student", 0) or 0)


def classes(area_id: UUID, *, by: Actor) -> list[Paired]:
    """Classes of an area and below with their helpers; those without one first."""
    places = list(places_in(area_id, by=by, kind=CLASS))
    touched = Move.objects.filter(item_id=OuterRef("id"), move__in=("contact", "raise")).order_by().values("item_id")
    last = touched.annotate(at=Max("at")).values("at")
    rows = Item.objects.filter(kind=LINK, unit_id__in=[p.id for p in places], is_closed=False)
    links = {i.unit_id: i for i in _listed(rows).annotate(last_at=Subquery(last))}
    found = [Paired(p, heads_of(p), links.get(p.id), getattr(links.get(p.id), "last_at", None)) for p in places]
    return sorted(found, key=lambda c: (c.link is not None, c.helper, c.place.name))


def loads_of(account_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """By helper how many classes and students he looks after already."""
    rows = Item.objects.filter(kind=LINK, is_closed=False, owner_id__in=account_ids).values_list("owner_id", "values")
    out: dict[UUID, tuple[int, int]] = {}
    for who, values in rows:
        n, heads = out.get(who, (0, 0)) if who else (0, 0)
        if who:
            out[who] = (n + 1, heads + int(values.get("heads", 0)))
    return out


def may_see_line(by: Actor) -> bool:
    """Whether the actor serves or leads a counselling line at all."""
    return may(by, COUNSEL) or may(by, COUNSEL_LEAD)


def feedback_shown(by: Actor, *, limit: int = 50) -> list[Item]:
    """What was said of finished jobs of the actor and of those in a team with him, once a lead let it be shown.

    A complaint never.
    """
    teams = Member.objects.filter(responder_id=by.id, state=IN_TEAM).values("team_id")
    mates = Member.objects.filter(team_id__in=teams, state=IN_TEAM).values_list("responder_id", flat=True)
    ids = {str(by.id), *map(str, mates)}
    rows = Item.objects.filter(kind=FEEDBACK, state="shown", values__doer__in=ids).select_related("area")
    return list(rows.defer("area__outline", "sealed").order_by("-changed_at", "id")[:limit])
