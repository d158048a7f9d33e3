"""What counts about people when places are given: asked for many at once, told to nobody but the gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from lianfang.base.fields import braced
from lianfang.base.prepared import Prepared
from lianfang.domains.responders.models import Fitness, Responder, Skill
from lianfang.domains.responders.rules import NOTHING_SAID, Ability, Stated, holding

LOCAL = ZoneInfo("Asia/Shanghai")  # a skill is valid through a local day
EXPOSED = "exposed"  # the limit by which a flow marks somebody who met a case


def _live(at: datetime) -> QuerySet[Fitness]:
    rows = Fitness.objects.filter(Q(until_at=None) | Q(until_at__gt=at), from_at__lte=at)
    return rows.order_by("from_at", "id")


def fitness_now(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Fitness]:
    """The statement of fitness of each that holds now; who never stated any is fit and not in it."""
    said: dict[UUID, list[Fitness]] = {}
    for f in _live(at).filter(responder_id__in=list(ids)).defer("sealed"):
        said.setdefault(f.responder_id, []).append(f)
    out = {}
    for i, rows in said.items():
        stated = [Stated(f.state, f.stated_by == i, f.source_id is not None) for f in rows]
        out[i] = rows[holding(stated)]
    return out


def _verified(day: date) -> QuerySet[Skill]:
    live = Q(valid_until=None) | Q(valid_until__gte=day)
    return Skill.objects.filter(live, state="verified", ended_at=None)


def skills_of(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, set[str]]:
    """Verified skills of people that are valid on the day."""
    out: dict[UUID, set[str]] = {}
    rows = _verified(at.astimezone(LOCAL).date()).filter(responder_id__any=list(ids))
    for who, skill in rows.values_list("responder_id", "skill"):
        out.setdefault(who, set()).add(skill)
    return out


def abilities_of(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Ability]:
    """Verified skills, fitness and insurance that another has seen, in one question whatever the number of people.

    Whoever is not on the register of those who serve has no skill, is fit and not insured: NOTHING_SAID itself.
    """
    out = dict.fromkeys(ids, NOTHING_SAID)
    for i, until_day, seen_by, can, stated in _ABLE(ids=braced(out), day=at.astimezone(LOCAL).date(), at=at):
        insured = until_day if seen_by not in (None, i) else None
        now = (
            stated[holding([Stated(f["state"], f["by"] == str(i), bool(f["source"])) for f in stated])]
            if stated
            else None
        )
        limits = frozenset(now["limits"]) if now else frozenset()
        until = datetime.fromisoformat(now["until"]) if now and now["until"] else None
        out[i] = Ability(frozenset(can), now["state"] if now else "fit", limits, until, insured, EXPOSED in limits)
    return out


def _able(*, ids: str, day: date, at: datetime) -> QuerySet[Responder, tuple[object, ...]]:
    skills = _verified(day).filter(responder_id=OuterRef("pk")).values("skill")
    said = _live(at).filter(responder_id=OuterRef("pk"))
    fields = JSONObject(state="state", limits="limits", until="until_at", by="stated_by", source="source_id")
    return Responder.objects.filter(id__any=ids).values_list(
        "id", "insured_until", "insured_by", ArraySubquery(skills), ArraySubquery(said.values(row=fields))
    )


_ABLE = Prepared(_able, ids=str, day=date, at=datetime)
