"""The waste points of a closed zone: sealed, collected, handed to a licensed carrier, disinfected, all in the kit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.editions.queries import kind
from lianfang.domains.places.services import register_place, set_state
from lianfang.domains.responders.queries import skills_of
from lianfang.domains.responders.services import judge_skill, state_skill
from lianfang.domains.work.rules import asked_skills
from lianfang.domains.work.services import NewItem, Note, assign_items, make_move, open_items
from lianfang.drill.needs.hands import HOUR, Hands
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import host_of, members
from lianfang.drill.scenario import chosen
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]


def clear_points(stage: Stage, hands: Hands, told: Told, at: datetime) -> int:
    """So many points as the report counts, one after another through the night, by the squad. Gives the points."""
    n = chosen(stage.scenario.one("activity", told["activity"])["n"], hands.rng)
    host, incident = host_of(stage, told["place"]), stage.id_of("incident")
    officer, desk = stage.cast.actor("county-officer", at), hands.desk(host.id, at)
    worker = hands.actor(stage.cast.grid[host.id][0].id, at)
    carrier = NewItem(stage.id_of("waste carrier"), host.id, "area", host.id, values=dict(told["carrier"]))
    refuse_any(
        open_items(kind_name="waste-carrier", items=[carrier], area_id=host.id, incident_id=None, by=worker, at=at)
    )
    make_move(note=Note(stage.id_of("carrier checked"), carrier.id, "check", desk, at, values={"seen": True}), by=desk,
              at=at)  # fmt: skip
    items = []
    for k in range(n):
        place = register_place(place_id=stage.id_of(f"waste point {k}"), kind="waste-point", name=f"{k + 1} 号点",
                               name_en="", area_id=host.id, capacity={}, lon=None, lat=None, incident_id=incident,
                               by=officer, at=at)  # fmt: skip
        set_state(place_id=place.id, state="open", by=officer, at=at)
        items.append(NewItem(stage.id_of(f"waste work {k}"), host.id, "place", place.id))
    refuse_any(
        open_items(kind_name="waste-point", items=items, area_id=host.id, incident_id=incident, by=worker, at=at)
    )
    people = members(stage.id_of(f"team {told['squad']}"))
    _train(stage, people, officer, at)
    span = told["hours"] * HOUR / n
    for k, item in enumerate(items):
        who = people[k % len(people)]
        refuse_any(assign_items(item_ids=[item.id], owner_id=who, by=desk, at=at))
        hands.then(at + k * span, lambda now, i=item.id, w=who: _clear(hands, told, i, w, now))
    return n


def _train(stage: Stage, people: Sequence[UUID], by: Actor, at: datetime) -> None:
    """The squad was trained before it went in: its register says so, and somebody else has seen it."""
    can = skills_of(people, at=at)
    for who in people:
        for skill in asked_skills(kind("waste-point")):
            if skill not in can.get(who, set()):
                made = state_skill(skill_id=stage.id_of(f"waste {skill} {who}"), responder_id=who, skill=skill,
                                   evidence="岗前培训", valid_until=None, by=by, at=at)  # fmt: skip
                judge_skill(skill_id=made.id, is_verified=True, why="", by=by, at=at)


def _clear(hands: Hands, told: Told, item: UUID, who: UUID, at: datetime) -> None:
    """One point: each step in the kit, the time in the suit said, the bags only to whom the register lists."""
    kit = {f["name"]: True for f in kind("waste-point")["fields"] if f["name"].startswith("kit_")}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("seal", {"bags": told["bags"], "method": "double", **kit}),
        ("collect", {"suit_minutes": told["suit_minutes"], **kit}),
        ("hand-over", {"weight": told["weight"], "licence": told["carrier"]["licence"]}),
        ("disinfect", {"chemical_litres": told["litres"], **kit}),
    ]
    for n, (move, values) in enumerate(steps):
        hands.note(who, item, move, values, at + n * timedelta(minutes=6))
