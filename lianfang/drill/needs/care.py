"""Classes of a report shared out among those who look after them: proposed by the platform, adopted by a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid5

from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.needs.planning import propose_pairing
from lianfang.domains.needs.queries.hearts import CLASS
from lianfang.domains.needs.services import Pair, adopt_pairing
from lianfang.domains.places.services import register_place, set_state
from lianfang.drill.needs.hands import Hands
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.people.teams import members, officer
from lianfang.drill.scenario import chosen, split
from lianfang.drill.stage import Stage


def pair_classes(stage: Stage, hands: Hands, told: Mapping[str, Any], at: datetime) -> int:
    """A school's classes are entered, shared out by students among a squad, and the proposal adopted. Gives them."""
    s, by, county = stage.scenario, officer(stage, at), stage.cast.county
    many, students = (chosen(s.one("activity", told[k])["n"], hands.rng) for k in ("classes", "students"))
    weights = hands.rng.uniform(0.8, 1.2, many).tolist()
    for n, heads in enumerate(split(students, weights)):
        place = register_place(place_id=stage.id_of(f"class {n}"), kind=CLASS, name=f"{told['words']} {n + 1} 班",
                               name_en="", area_id=county.id, capacity={"student": heads}, lon=None, lat=None,
                               incident_id=None, by=by, at=at)  # fmt: skip
        set_state(place_id=place.id, state="open", by=by, at=at)
    found = propose_pairing(county.id, members(stage.id_of(f"team {told['team']}")), by=by)
    assert found is not None, "the squad has people"
    pairs = [Pair(uuid5(c.place.id, "link"), c.place.id, h.id) for h in found.helpers for c in h.classes]
    refuse_any(adopt_pairing(pairs=pairs, by=by, at=at))
    for h in found.helpers:
        who = actor_for(stage.cast.account(h.id), at=at)
        for c in h.classes:
            hands.note(who.id, uuid5(c.place.id, "link"), "contact", {"last_way": "group"}, at)
    return len(pairs)
