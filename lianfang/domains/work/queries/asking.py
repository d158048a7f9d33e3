"""Who asked what of a household today: knocks and calls, tasks tried and done; and what was asked twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import common_edition, kind, section_of, values_of
from lianfang.domains.grid.models import Presence
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.reading import items_seen, private_kinds
from lianfang.domains.work.rules import closed_states, field_of
from lianfang.domains.work.rules.asking import KNOCK, Asking, holds_since, times_asked

MOST = 40


def questions() -> dict[str, Mapping[str, Any]]:
    """By kind of work the question that it asks a household, where it asks one."""
    return {k: q for q in section_of(common_edition(), "questions") for k in q["kinds"]}


def again_reasons() -> list[Mapping[str, Any]]:
    """Why a household may be asked again what it has answered: the choices of a knock's own field."""
    return list((field_of(kind(KNOCK), "again") or {})["choices"])


def reason_words(name: str) -> Mapping[str, Any]:
    """Why it was asked again, in words; the name itself for a reason that is no choice any more."""
    return next((r for r in again_reasons() if r["value"] == name), {"zh": name, "en": name})


@dataclass(frozen=True)
class Asked:
    """A question that a household has answered: when, to which post."""

    asking: Asking
    at: datetime
    who: str


def words_of(before: Asked) -> dict[str, Any]:
    """What a refusal says of an answer that was given: which question, when, to which post."""
    words: Mapping[str, Any] = next(
        (q["words"] for q in questions().values() if q["name"] == before.asking.question), {}
    )
    return {"question": {t: words.get(t, "") for t in ("zh", "en")}, "time": before.at.isoformat(), "who": before.who}


def about_of(item: Item) -> list[str]:
    """What was spoken of at a knock: names of kinds of work, and rounds, watch, needs."""
    return str(item.values.get("about", "")).split()


def _doors_of(unit_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By unit (a household or one of its people) the household: whoever lives or stays somewhere is asked there."""
    stays = Presence.objects.filter(Q(person_id__in=unit_ids) | Q(household_id__in=unit_ids), to_on=None)
    rows = stays.filter(kind__in=("lives", "stays")).values_list("household_id", flat=True)
    doors = {d for d in rows if d} | set(unit_ids)
    inside = Presence.objects.filter(household_id__in=doors, to_on=None, kind__in=("lives", "stays"))
    rows_in = inside.order_by("kind").values_list("person_id", "household_id")  # who stays somewhere is asked there
    return {d: d for d in doors} | {p: d for p, d in rows_in if d}


def asked_at(unit_ids: Collection[UUID], area_id: UUID, *, since: datetime) -> dict[UUID, list[Asked]]:
    """By unit what was asked and answered at its household since a time, in an area and below it.

    For services and pages that have tested the right in that area. unit_ids: households, or people, who stand for the
    household in which they live.
    """
    ask, door_of = questions(), _doors_of(unit_ids)
    rows = Item.objects.filter(unit_id__in=list(door_of), kind__in=[*ask, KNOCK], closed_at__gte=since)
    rows = rows.filter(area_id__in=ids_below(area_id))
    out: dict[UUID, list[Asked]] = {}
    for i in rows.filter(counted__isnull=False).annotate(who=post_of("done_by")).order_by("closed_at"):
        assert i.unit_id is not None and i.closed_at is not None
        names = about_of(i) if i.kind == KNOCK else [i.kind]
        for q in dict.fromkeys(ask[n]["name"] for n in names if n in ask):
            asked = Asked(Asking(q, i.done_by, i.kind == KNOCK), i.closed_at, getattr(i, "who", "") or "")
            out.setdefault(door_of[i.unit_id], []).append(asked)
    return {u: out[door_of[u]] for u in unit_ids if door_of[u] in out}


def since_when(area_id: UUID, *, at: datetime) -> datetime:
    """Since when an answer given in an area still holds."""
    hours = values_of(common_edition(), ["answer_holds_hours"], area_id=area_id, at=at)["answer_holds_hours"]
    return holds_since(localtime(at), float(hours))


def answered_already(
    household_id: UUID, area_id: UUID, asked: Sequence[str], *, who: UUID, at: datetime
) -> Asked | None:
    """The last time one of these kinds' questions was answered at a household, if a knock now would be one too many.

    What a routine or a plan has opened here is asked by its order, however often that is.
    """
    ask = questions()
    open_now = Item.objects.filter(unit_id__in=list(_doors_of([household_id])), is_closed=False).exclude(routine="")
    ordered = set(open_now.filter(kind__in=[n for n in asked if n in ask]).values_list("kind", flat=True))
    names = dict.fromkeys(ask[n]["name"] for n in asked if n in ask and n not in ordered)
    new = [Asking(q, who, is_knock=True) for q in names]
    before = asked_at([household_id], area_id, since=since_when(area_id, at=at)).get(household_id, []) if new else []
    times = times_asked([*(b.asking for b in before), *new])
    twice = {a.question for a in new if times[a.question] > 1}
    return next((b for b in reversed(before) if b.asking.question in twice), None)


def last_answers(kind_name: str, unit_ids: Collection[UUID], area_id: UUID, *, at: datetime) -> dict[UUID, Asked]:
    """By unit the last time today that its household answered what a kind asks; nothing where the kind asks nothing."""
    question = questions().get(kind_name)
    if question is None or not unit_ids:
        return {}
    before = asked_at(unit_ids, area_id, since=since_when(area_id, at=at))
    return {u: b for u, found in before.items() for b in found if b.asking.question == question["name"]}


def last_answer(kind_name: str, unit_id: UUID, area_id: UUID, *, at: datetime) -> Asked | None:
    """The same of one unit."""
    return last_answers(kind_name, [unit_id], area_id, at=at).get(unit_id)


def moves_today(unit_ids: Sequence[UUID], *, by: Actor, at: datetime) -> list[Move]:
    """What was tried or ended today about some units, newest first, each with its item and the post (`who`).

    Of private kinds nothing, for nobody: who reads a list before knocking need not know that somebody is counselled.
    """
    begins = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = items_seen(by).filter(unit_id__in=unit_ids, changed_at__gte=begins).exclude(kind__in=list(private_kinds()))
    rows = Move.objects.filter(item__in=seen, at__gte=begins, at__lte=at).exclude(move="open")
    found = rows.select_related("item").defer("item__sealed").annotate(who=post_of("by")).order_by("-at", "-id")
    return [m for m in found[:MOST] if _is_contact(m)]


def _is_contact(m: Move) -> bool:
    body = kind(m.item.kind, m.item.version)
    tried = any(x.get("attempt") for x in body["moves"] if x["name"] == m.move)
    return tried or m.to_state in closed_states(body)


def due_about(unit_ids: Sequence[UUID], *, by: Actor, limit: int = MOST) -> list[Item]:
    """Open items about a household and its people, what is due first; never of a private kind."""
    rows = items_seen(by).filter(unit_id__in=unit_ids, is_closed=False).exclude(kind__in=[*private_kinds(), KNOCK])
    return list(rows.annotate(owner_label=post_of("owner_id")).defer("sealed").order_by("due_at", "id")[:limit])
