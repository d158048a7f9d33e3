"""Calls of a drill: the League's, the communities' whistles to members of city organs, a bureau's own posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models import F

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for, actors_for
from lianfang.domains.areas.queries import ancestor_at, below_at
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import (
    Ask,
    NewShift,
    claim_shifts,
    post_call,
)
from lianfang.domains.places.services import register_place, set_state
from lianfang.domains.responders.services import register_organisation
from lianfang.drill.attending import COVER, attend
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.scenario import chosen, split
from lianfang.drill.serving import people_of
from lianfang.drill.stage import Stage

RUSH = 200  # asks that reach the server together
EARLY = timedelta(minutes=10)


def _claim(stage: Stage, pairs: Sequence[tuple[UUID, UUID]], name: str, at: datetime, *, step_ms: int = 40) -> None:
    """(account, shift) asks in the order given, some hundreds at a time as they reach the server."""
    actors = actors_for(Account.objects.filter(id__in={a for a, _ in pairs}), at=at)
    for first in range(0, len(pairs), RUSH):
        asks = []
        for k, (account, shift) in enumerate(pairs[first : first + RUSH], first):
            when = at + timedelta(milliseconds=step_ms * k)
            asks.append(Ask(uuid5(account, f"{name} {shift}"), shift, account, when, actors[account]))
        refuse_any(claim_shifts(asks=asks, by=stage.by, at=asks[-1].at))


def league_call(stage: Stage, e: dict[str, Any], at: datetime) -> int:
    """The recruitment call to everybody: groups fill, some nearly, and who comes too late waits. Gives the people."""
    told, team = stage.scenario.staging["calls"]["league"], stage.scenario.of_kind("team", "volunteer-pool")[0]
    body = stage.id_of("org " + team["org"])
    n = chosen(team["members"], stage.rng)
    people = people_of(stage, "volunteer", n, [body], at)
    left, late = told["nearly_full"], told["too_many"]
    sizes = split(n - late + left, [1.0] * told["groups"])
    shifts = [
        NewShift(stage.id_of(f"league {k}"), at + timedelta(hours=4), at + timedelta(days=6), size, f"{k + 1} 群")
        for k, size in enumerate(sizes)
    ]
    post_call(call_id=stage.id_of("league call"), area_id=stage.cast.county.id, task=told["task"],
              title={"zh": "志愿者招募令", "en": "Recruitment call"}, shifts=shifts, by=stage.cast.actor("command", at),
              at=at, incident_id=stage.id_of("incident"), issuer_id=body,
              asked_area_id=stage.cast.county.id)  # fmt: skip
    takes = [size - (1 if k < left else 0) for k, size in enumerate(sizes)]
    wanted = [s.id for s, take in zip(shifts, takes, strict=True) for _ in range(take)]
    wanted += [shifts[-1].id] * late
    _claim(stage, list(zip(people, wanted, strict=True)), "league", at)
    return n


def bureau_call(stage: Stage, e: dict[str, Any], at: datetime) -> int:
    """A bureau fills its gate posts from its own people overnight. Gives the people."""
    told = stage.scenario.staging["calls"]["transport"]
    activity = stage.scenario.of_kind("activity", "call-enrolment")[0]
    n, body = chosen(activity["n"], stage.rng), stage.id_of("org " + activity["by"])
    people = people_of(stage, "bureau", n, [body], at)
    starts = at + timedelta(hours=8)
    shifts = []
    for k, size in enumerate(split(n, [1.0] * min(told["posts"], n))):
        place = register_place(place_id=stage.id_of(f"gate post {k}"), kind="service-post", name=f"服务站点 {k + 1}",
                               name_en="", area_id=stage.cast.county.id, capacity={"post": size}, lon=None, lat=None,
                               incident_id=stage.id_of("incident"), by=stage.by, at=at)  # fmt: skip
        set_state(place_id=place.id, state="open", by=stage.by, at=at)
        shifts.append(NewShift(stage.id_of(f"gate {k}"), starts, starts + timedelta(hours=8), size, place.name))
    post_call(call_id=stage.id_of("gate call"), area_id=stage.cast.county.id, task="gate-check",
              title={"zh": "服务站点执勤", "en": "Service posts"}, shifts=shifts, by=stage.cast.actor("command", at),
              at=at, incident_id=stage.id_of("incident"), issuer_id=body, audience={"bodies": [str(body)]},
              asked_area_id=stage.cast.county.id)  # fmt: skip
    wanted = [s.id for s in shifts for _ in range(s.places)]
    _claim(stage, list(zip(people, wanted, strict=True)), "gate", at)
    return n


def members(stage: Stage, at: datetime) -> list[UUID]:
    """Members of city organs with their sign-ins, before anybody asks for them."""
    told = stage.scenario.staging["calls"]["members"]
    bodies = []
    for k in range(told["bodies"]):
        body = register_organisation(organisation_id=stage.id_of(f"organ {k}"), name=f"演练市直单位 {k + 1}",
                                     name_en="", kind="city organ", area_id=stage.cast.county.id, by=stage.by,
                                     at=at)  # fmt: skip
        bodies.append(body.id)
    return people_of(stage, "member", told["people"], bodies, at)


def turnout(stage: Stage, day: date, n: int, at: datetime) -> int:
    """On one day communities blow the whistle, members take the places, come and go. Gives the person-times."""
    told = stage.scenario.staging["calls"]["members"]
    committees = list(below_at(stage.cast.county.id, "committee"))[: told["communities"]]
    starts = stage.scenario.moment(day, time(8, 0))
    ends = starts + timedelta(hours=told["shift_hours"])
    shifts: list[UUID] = []
    for c, size in zip(committees, split(n, [1.0] * len(committees)), strict=True):
        shift = NewShift(stage.id_of(f"whistle {c.id} {day}"), starts, ends, size)
        street = ancestor_at(c.id, "street")
        assert street is not None
        by = actor_for(stage.cast.streets[street.id], at=at)
        post_call(call_id=uuid5(shift.id, "call"), area_id=c.id, task="sampling-help",
                  title={"zh": "社区吹哨", "en": "The community asks"}, shifts=[shift], by=by, at=at,
                  incident_id=stage.id_of("incident"), audience={"kinds": ["city organ"]}, cover=COVER, roles=(),
                  asked_area_id=stage.cast.county.id)  # fmt: skip
        shifts += [shift.id] * size
    people = [stage.id_of(f"member {k}") for k in range(told["people"])]
    first = int(stage.rng.integers(0, len(people)))
    asked = [people[(first + k) % len(people)] for k in range(n)]
    _claim(stage, list(zip(asked, shifts, strict=True)), f"whistle {day}", at, step_ms=5)
    lead = stage.cast.actor("command", starts)
    ids = list(Claim.objects.filter(shift__in=set(shifts)).exclude(state="waiting").values_list("id", flat=True))
    attend(dict.fromkeys(ids, (starts - EARLY, ends)), by=lead)
    return len(ids)


def direct_offer(stage: Stage, at: datetime) -> None:
    """Who was left without a place takes an open one of the same call: what the page offers beside the refusal."""
    rows = Claim.objects.filter(shift__call_id=stage.id_of("league call"), state="waiting").order_by("order")
    account = rows.values_list("account_id", flat=True).first()
    open_one = Shift.objects.filter(call_id=stage.id_of("league call"), taken__lt=F("places")).first()
    if account and open_one:
        _claim(stage, [(account, open_one.id)], "direct", at)
