"""What counts about people when places are given: asked for many at once, told to nobody but the gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from lianfang.domains.responders.models import Fitness, Responder, Skill
from lianfang.domains.responders.rules import Ability

LOCAL = ZoneInfo("Asia/Shanghai")  # a skill is valid through a local day
EXPOSED = "exposed"  # the limit by which a flow marks somebody who met a case


def fitness_now(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Fitness]:
    """The newest statement of fitness of each that still holds; who never stated any is fit and not in it.

    Edge: off duty by exposure or harm is not ended by one's own later statement, only by its date or a writer's.
    """
    live = Fitness.objects.filter(Q(until_at=None) | Q(until_at__gt=at), responder_id__in=list(ids), from_at__lte=at)
    out: dict[UUID, Fitness] = {}
    for f in live.defer("sealed").order_by("from_at", "id"):
        before = out.get(f.responder_id)
        is_own = f.stated_by == f.responder_id
        if before is not None and before.state == "off" and before.source_id and is_own:
            continue
        out[f.responder_id] = f
    return out


def abilities_of(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Ability]:
    """Verified skills, fitness and insurance of people, in three questions whatever their number.

    Whoever is not on the register of those who serve has no skill, is fit and not insured.
    """
    ids = list(ids)
    day = at.astimezone(LOCAL).date()
    skills: dict[UUID, set[str]] = {}
    held = Skill.objects.filter(Q(valid_until=None) | Q(valid_until__gte=day), responder_id__in=ids, state="verified",
                                ended_at=None)  # fmt: skip
    for who, skill in held.values_list("responder_id", "skill"):
        skills.setdefault(who, set()).add(skill)
    insured = dict(Responder.objects.filter(id__in=ids).values_list("id", "insured_until"))
    fitness = fitness_now(ids, at=at)
    out = {}
    for i in ids:
        f = fitness.get(i)
        limits = frozenset(f.limits) if f else frozenset()
        out[i] = Ability(frozenset(skills.get(i, ())), f.state if f else "fit", limits, f.until_at if f else None,
                         insured.get(i), EXPOSED in limits)  # fmt: skip
    return out
