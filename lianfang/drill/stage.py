"""Setting a drill up: divisions, an invented register, flags as the scenario counts them, posts, places, teams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.services import RegisterBatch
from lianfang.domains.places.services import register_place
from lianfang.domains.responders.services import form_team, register_organisation
from lianfang.drill.cast import Cast, add_resident, hire, id_of
from lianfang.drill.phone import Phones
from lianfang.drill.population import invent_county, load_places
from lianfang.drill.scenario import Scenario, count_of


@dataclass
class Stage:
    """What a drill plays on."""

    scenario: Scenario
    share: float
    rng: np.random.Generator
    by: Actor
    cast: Cast
    places: dict[str, list[UUID]] = field(default_factory=dict)
    case_building: Building | None = None
    zones: dict[str, UUID] = field(default_factory=dict)
    incident_id: UUID | None = None
    signals: dict[str, UUID] = field(default_factory=dict)
    flags: dict[str, list[UUID]] = field(default_factory=dict)
    phones: Phones = field(default_factory=Phones)
    rounds: dict[str, UUID] = field(default_factory=dict)

    def id_of(self, what: str) -> UUID:
        """The id of a thing of this drill: the same name, the same id."""
        return id_of(self.scenario.name, what)

    def area_of(self, place: str) -> Area:
        """The division a scenario's place is; the county where it names none."""
        codes = self.scenario.codes_of(place)
        return area_of_code(codes[0]) if len(codes) == 1 else self.cast.county


def _flags_as_counted(
    batch: RegisterBatch, scenario: Scenario, share: float, rng: np.random.Generator
) -> dict[str, list[UUID]]:
    """Give exactly the flags the scenario counts, one a person, first to those to whom the population fits them."""
    counts = [c for c in scenario.of("count") if c["kind"] == "flagged-person"]
    if not counts:
        return {}
    fitting: dict[str, list[int]] = {}
    for person, flag in batch.flags:
        fitting.setdefault(flag, []).append(person)
    taken: set[int] = set()
    out: dict[str, list[UUID]] = {}
    batch.flags = []
    others = rng.permutation(len(batch.person_id)).tolist()
    for c in counts:
        fit = [p for p in fitting.get(c["flag"], []) if p not in taken and batch.person_presence[p] == "lives"]
        spare = (p for p in others if p not in taken and batch.person_presence[p] == "lives")
        chosen = fit[: count_of(c, share)]
        taken |= set(chosen)
        while len(chosen) < count_of(c, share):
            p = next(spare)
            if p not in taken:
                chosen.append(p)
                taken.add(p)
        batch.flags += [(p, c["flag"]) for p in chosen]
        out[c["flag"]] = [batch.person_id[p] for p in chosen]
    return out


def _load_bodies(stage: Stage, *, at: datetime) -> None:
    for o in stage.scenario.of("org"):
        register_organisation(
            organisation_id=stage.id_of("org " + o["id"]),
            name=o["name"],
            name_en=o.get("name_en", ""),
            kind=o["kind"],
            area_id=stage.area_of(o.get("place", "")).id,
            by=stage.by,
            at=at,
        )
    if "people" in stage.scenario.staging:
        return  # the report's people form their teams on their days
    for t in stage.scenario.of("team"):
        for n in range(count_of(t, 1.0)):
            form_team(
                team_id=stage.id_of(f"team {t['id']} {n}"),
                name=f"{t.get('name', t['id'])} {n + 1}",
                name_en=t.get("name_en", ""),
                kind=t["kind"],
                organisation_id=stage.id_of("org " + t["org"]) if t.get("org") else None,
                area_id=stage.cast.county.id,
                people=0,
                by=stage.by,
                at=at,
            )


def _load_sites(stage: Stage, *, at: datetime) -> None:
    for s in stage.scenario.of("site"):
        area = stage.area_of(s["place"])
        home = (
            Building.objects.filter(area__in=[area.id]).first()
            or Building.objects.filter(area__parents__parent_id=area.id).first()
        )
        for n in range(count_of(s, 1.0)):
            place = register_place(
                place_id=stage.id_of(f"site {s['id']} {n}"),
                kind=s["kind"],
                name=f"{s['name']} {n + 1}",
                name_en=s.get("name_en", ""),
                area_id=area.id,
                capacity=s.get("capacity", {}),
                lon=(home.lon or 0) + 0.002 * n if home else None,
                lat=home.lat if home else None,
                incident_id=None,
                by=stage.by,
                at=at,
            )
            stage.places.setdefault(s["id"], []).append(place.id)


def set_stage(scenario: Scenario, *, share: float, seed: int, by: Actor) -> Stage:
    """Load everything a scenario needs before its first moment, through the services."""
    at = scenario.moment(scenario.incident["first_date"], datetime.min.time()) - timedelta(days=1)
    rng = np.random.default_rng(seed)
    load_places([*scenario.register["counties"], *scenario.register.get("also", [])], by=by, at=at)
    flags: dict[str, list[UUID]] = {}
    is_small = bool(scenario.register.get("small_town")) and share < 0.5
    for county in scenario.register["counties"]:
        invent_county(
            county,
            share=share,
            seed=seed,
            by=by,
            at=at,
            is_small_town=is_small,
            change=lambda batch: flags.update(_flags_as_counted(batch, scenario, share, rng)),
        )
    stage = Stage(scenario, share, rng, by, hire(scenario, by=by, at=at), flags=flags)
    _load_bodies(stage, at=at)
    if not scenario.staging:
        _load_sites(stage, at=at)
    place = stage.area_of(scenario.incident["place"])
    stage.case_building = Building.objects.filter(area_id=place.id).order_by("position").first()
    watched = next(iter(flags.values()), None)
    first = watched[0] if watched else None
    if first is None and stage.case_building is not None:
        household = stage.case_building.households.first()
        stay = household.presences.first() if household else None
        first = stay.person_id if stay else None
    if first is not None:
        add_resident(stage.cast, first, by=by, at=at)
    return stage
