"""A register for a drill: real divisions and census margins, invented persons, a schematic plan. Marked invented."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.areas.services import Division, division_id, load_divisions, set_outlines
from lianfang.domains.grid.models import PopulationBase
from lianfang.domains.grid.services import RegisterBatch, load_population_bases, load_register
from lianfang.kernels import population as people
from lianfang.kernels.schematic import URBAN_HOUSEHOLDS, buildings_of, place_buildings, tile_committees, to_lonlat

DATA = resources.files("lianfang.drill") / "data"
BANDS = ("0", "1_4", *(f"{a}_{a + 4}" for a in range(5, 85, 5)), "85")
# Invented defaults: no county table gives these rates.
RATES = people.FlagRates(
    bedridden_of_elders=0.03,
    pregnant_of_women_18_to_44=0.02,
    dialysis_of_adults=0.0007,
    disabled_of_all=0.03,
    chronic_of_over_45=0.22,
)
AWAY_RATE, WORKS_ELSEWHERE_RATE = 0.05, 0.08
CENSUS_DAY = date(2020, 11, 1)
CENSUS = "seventh national census, county table (leiii/census, MIT)"
PRESENCE = {people.LIVES: "lives", people.WORKS_ELSEWHERE: "lives", people.AWAY: "away"}
BUILDING_KINDS = {people.FAMILY: "dwelling", people.DORMITORY: "school", people.SITE: "site", people.HOME: "home"}
WIDTH_M, HEIGHT_M = 12_000.0, 9_000.0
SUFFIX = re.compile(
    r"(居民委员会|居委会|(?<=村)村民委员会|(?<=村)民委员会|(?<=村)委会)$"
)  # 沙洲社区居委会 -> 沙洲社区, 柳林村委会 -> 柳林村


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def built_in_divisions(counties: Iterable[str] = ()) -> list[Division]:
    """The extract of five places' divisions; with counties, only those, what lies below them, and what above."""
    chosen = [c[:6] for c in counties]
    rows = _rows("divisions.csv")

    def wanted(code: str) -> bool:
        return not chosen or any(code.startswith(c) or c.startswith(code) for c in chosen)

    return [Division(r["code"], r["name"], r["level"], r["parent"]) for r in rows if wanted(r["code"])]


def margins_of(code: str) -> tuple[people.CensusMargins, dict[str, str]] | None:
    """The census row of a county, or None where there is none (then the population is an input, marked invented)."""
    row = next((r for r in _rows("census.csv") if r["code"] == code), None)
    if row is None:
        return None

    def n(key: str) -> int | None:
        return int(row[key]) if row[key] else None

    ages = np.array([[int(row[f"{s}_{b}"]) for b in BANDS] for s in ("m", "f")], dtype=np.int64)
    elders = tuple(n(f"elders_{i}") or 0 for i in (1, 2, 3))
    generations = tuple(n(f"generations_{i}") or 0 for i in (1, 2, 3, 4))
    return people.CensusMargins(
        int(row["population"]),
        ages,
        n("male"),
        n("female"),
        n("households"),
        n("household_population"),
        n("one_person_households"),
        elders,
        generations,  # type: ignore[arg-type]
        int(row["urban"]) / int(row["population"]),
    ), row


@dataclass(frozen=True)
class Committees:
    """The committees of a county in order: codes, names, which street each is of, whether a residents' committee."""

    codes: list[str]
    names: list[str]
    street: NDArray[np.int32]
    is_urban: NDArray[np.bool_]


def committees_of(county: str) -> Committees:
    """A county's committees; the fourth group of the code tells residents' (001-199) from village committees."""
    rows = [r for r in _rows("divisions.csv") if r["level"] == "committee" and r["code"].startswith(county)]
    streets = sorted({r["parent"] for r in rows})
    return Committees(
        [r["code"] for r in rows],
        [r["name"] for r in rows],
        np.array([streets.index(r["parent"]) for r in rows], dtype=np.int32),
        np.array([int(r["code"][9:12]) < 200 for r in rows]),
    )


def _weights(c: Committees, urban_share: float) -> NDArray[np.int32]:
    """Households by committee: the townspeople over the residents' committees, the rest over the villages."""
    towns, villages = max(int(c.is_urban.sum()), 1), max(int((~c.is_urban).sum()), 1)
    each = np.where(c.is_urban, urban_share / towns, (1 - urban_share) / villages)
    return np.maximum(1, (each * 1_000_000)).astype(np.int32)


def _ids(rng: np.random.Generator, n: int) -> list[UUID]:
    raw = rng.bytes(16 * n)
    return [UUID(bytes=raw[i : i + 16], version=4) for i in range(0, 16 * n, 16)]


def _box(x0: float, y0: float, x1: float, y1: float, origin: tuple[float, float]) -> dict[str, Any]:
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])
    return {"type": "Polygon", "coordinates": [np.round(to_lonlat(corners, origin), 6).tolist()]}


def origin_of(county: str) -> tuple[float, float]:
    """Where the plan of a county is laid (degrees)."""
    origins = tomllib.loads((DATA / "origins.toml").read_text(encoding="utf-8"))
    lon, lat = origins.get(county, (100.0 + int(county[:2]) / 10, 20.0 + int(county[2:6]) / 1000))
    return float(lon), float(lat)


def outlines_of(county: str, c: Committees, tiles: NDArray[np.float64]) -> list[tuple[UUID, dict[str, Any]]]:
    """Schematic outlines of committees, their streets and the county, as GeoJSON in WGS 84."""
    origin = origin_of(county)
    out = [(division_id(code), _box(*t, origin)) for code, t in zip(c.codes, tiles.tolist(), strict=True)]
    for s in np.unique(c.street):
        mine = tiles[c.street == s]
        code = c.codes[int(np.flatnonzero(c.street == s)[0])][:9]
        out.append((division_id(code), _box(*mine[:, :2].min(axis=0), *mine[:, 2:].max(axis=0), origin)))
    out.append((division_id(county), _box(*tiles[:, :2].min(axis=0), *tiles[:, 2:].max(axis=0), origin)))
    return out


def _names(p: people.Population, rng: np.random.Generator) -> list[str]:
    parts = _rows("name_parts.csv")
    surnames = [(r["text"], float(r["weight"])) for r in parts if r["kind"] == "surname"]
    given = {
        k: {r["text"]: float(r["weight"]) for r in parts if r["kind"] == k} for k in ("given_male", "given_female")
    }
    letters = sorted({*given["given_male"], *given["given_female"]})
    weights = np.array([[given[k].get(t, 0.0) for t in letters] for k in ("given_male", "given_female")])
    drawn = people.make_names(
        p.sex, rng, surnames=np.array([w for _, w in surnames]), given=weights, household=p.household
    )
    names: list[str] = people.written_names(drawn, [s for s, _ in surnames], letters).tolist()
    return names


def make_batch(
    county: str, *, share: float, rng: np.random.Generator, phone_from: int, is_small_town: bool = False
) -> tuple[RegisterBatch, list[tuple[UUID, dict[str, Any]]]]:
    """Invent the register of a county at a share of its people, and the outlines of its plan.

    Raises: ValueError for a county without a census row.
    """
    known = margins_of(county)
    if known is None:
        raise ValueError(f"no census row for {county}: give its population as an input, marked invented")
    margins, _ = known
    c = committees_of(county)
    weights = _weights(c, margins.urban_share or 0.5)
    p = people.make_population(
        margins,
        committees=weights,
        share=share,
        rng=rng,
        rates=RATES,
        away_rate=AWAY_RATE,
        works_elsewhere_rate=WORKS_ELSEWHERE_RATE,
    )
    homes = buildings_of(
        p.committee,
        is_urban=c.is_urban,
        doors_per_floor=2,
        floors=1 if is_small_town else 9,
        rng=rng,
        collective=p.collective,
        households=(2, 4) if is_small_town else URBAN_HOUSEHOLDS,
    )
    tiles = tile_committees(c.street, weights.astype(np.float64), width_m=WIDTH_M, height_m=HEIGHT_M)
    lonlat = to_lonlat(place_buildings(tiles, homes.committee), origin_of(county))
    batch = RegisterBatch()
    _fill_doors(batch, c, p, homes, lonlat, rng)
    _fill_people(batch, p, rng, phone_from)
    return batch, outlines_of(county, c, tiles)


def _fill_doors(
    b: RegisterBatch,
    c: Committees,
    p: people.Population,
    homes: Any,
    lonlat: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    areas = [str(division_id(code)) for code in c.codes]
    short = [SUFFIX.sub("", n) or n for n in c.names]
    kind_of = dict(zip(homes.building.tolist(), p.kind.tolist(), strict=True))
    b.building_id = [str(i) for i in _ids(rng, len(homes.committee))]
    b.building_area = [areas[k] for k in homes.committee.tolist()]
    b.building_name = [
        f"{short[k]} {n} {'号' if house else '栋'}"
        for k, n, house in zip(homes.committee.tolist(), homes.number.tolist(), homes.is_house.tolist(), strict=True)
    ]
    b.building_kind = [BUILDING_KINDS[kind_of[i]] for i in range(len(b.building_id))]
    b.building_lonlat = [(lon, lat) for lon, lat in lonlat.tolist()]
    b.household_id = [str(i) for i in _ids(rng, len(p.committee))]
    b.household_building = homes.building.tolist()
    b.household_unit = [str(u) if u else "" for u in homes.unit.tolist()]
    b.household_floor = homes.floor.tolist()
    b.household_door = [str(d) if d else "1" for d in homes.door.tolist()]
    b.household_collective = p.collective.tolist()


def _fill_people(b: RegisterBatch, p: people.Population, rng: np.random.Generator, phone_from: int) -> None:
    n = len(p.household)
    births = people.birth_numbers(p.age, p.birth_day, np.datetime64(CENSUS_DAY))
    b.person_id = _ids(rng, n)
    b.person_household = p.household.tolist()
    b.person_sex = np.where(p.sex == 1, "m", "f").tolist()
    b.person_birth = [f"{d // 10000}-{d // 100 % 100:02}-{d % 100:02}" for d in births.tolist()]
    b.person_name = _names(p, rng)
    b.person_id_number = people.invented_id_numbers(births, people.id_serials(births, p.sex)).tolist()
    b.person_phone = np.where(p.age >= 12, people.invented_phones(np.arange(phone_from, phone_from + n)), "").tolist()
    b.person_presence = [PRESENCE[k] for k in p.presence.tolist()]
    for bit, name in people.FLAG_NAMES.items():
        b.flags += [(int(i), name.replace("_", "-")) for i in np.flatnonzero(p.flags & bit)]
    b.links = [(int(a), int(c), "cares-for") for a, c in p.links]


def load_places(counties: list[str], *, by: Actor, at: datetime) -> None:
    """Divisions of counties and what lies above them, with the aliases that the reports use."""
    load_divisions(divisions=built_in_divisions(counties), valid_from=None, by=by, at=at)


def invent_county(
    county: str,
    *,
    share: float,
    seed: int,
    by: Actor,
    at: datetime,
    phone_from: int = 0,
    is_small_town: bool = False,
    change: Callable[[RegisterBatch], None] = lambda _: None,
) -> int:
    """Invent a county's register and plan and load them through the services; returns the persons.

    change: what a scenario alters before anything is loaded (its own counts of flags).
    """
    rng = np.random.default_rng([seed, int(county)])
    batch, outlines = make_batch(county, share=share, rng=rng, phone_from=phone_from, is_small_town=is_small_town)
    change(batch)
    area, known = area_of_code(county), margins_of(county)
    assert known is not None
    base = PopulationBase(
        id=uuid5(area.id, "census 2020"), area_id=area.id, year=2020, persons=int(known[1]["population"]), source=CENSUS
    )
    load_population_bases(bases=[base], by=by, at=at)
    set_outlines(outlines=outlines, is_invented=True, by=by, at=at)
    return load_register(area_id=area.id, batch=batch, on=CENSUS_DAY, by=by, at=at)
