"""Teams of a report: formed in bulk or one by one, filled with the people posted there, led by appointment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area_of_code, below_at
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.rules import IN_TEAM
from lianfang.domains.responders.services import (
    NewPosting,
    NewTeam,
    appoint,
    enter_closed,
    form_teams,
    note_standing,
    post_people,
    put_in_team,
    step_team,
)
from lianfang.drill.outcomes import refuse_any
from lianfang.drill.scenario import chosen, count_of, split
from lianfang.drill.serving import bodies, serving
from lianfang.drill.stage import Stage

Told = Mapping[str, Any]


def officer(stage: Stage, at: datetime) -> Actor:
    """Who forms teams and sends people: an officer of the whole place."""
    return stage.cast.actor("county-officer", at)


def host_of(stage: Stage, place: str, n: int = 0) -> Area:
    """The area a place of the report is, or the n-th committee below where it names none of its own."""
    codes = stage.scenario.codes_of(place)
    whole = area_of_code(codes[0]) if len(codes) == 1 else stage.cast.county
    if whole.level == "committee":
        return whole
    below = list(below_at(whole.id, "committee"))
    return below[n % len(below)]


def team_names(stage: Stage, told: Told) -> list[str]:
    """The teams a record counts: those the report tells of by name first, then the rest by number."""
    n = count_of(stage.scenario.one("team", told["record"]), 1.0)
    named = list(told.get("named", {}))
    return named + [f"{told['record']} {k}" for k in range(len(named), n)]


def form_counted(stage: Stage, told: Told, at: datetime) -> int:
    """As many teams as a record counts, in bulk, each for a host. Gives the teams."""
    record = stage.scenario.one("team", told["record"])
    new = []
    for k, name in enumerate(team_names(stage, told)):
        host = host_of(stage, told["named"][name] if name in told.get("named", {}) else told["place"], k)
        new.append(NewTeam(stage.id_of(f"team {name}"), f"{host.name}{told['words']} {k + 1}", host.id,
                           told.get("kind", record["kind"]), basis=told["basis"],
                           incident_id=stage.id_of("incident")))  # fmt: skip
    refuse_any(form_teams(teams=new, by=officer(stage, at), at=at))
    return len(new)


def squad(stage: Stage, told: Told, at: datetime) -> int:
    """A team with the people a record counts, of their body, led by the first of them. Gives the people."""
    record = stage.scenario.one("team", told["record"])
    name, by = told["record"], officer(stage, at)
    people = squad_people(stage, told, at)
    team, host = stage.id_of(f"team {name}"), host_of(stage, record.get("host", told["place"]))
    refuse_any(form_teams(teams=[NewTeam(team, told["words"], host.id, record["kind"], basis=told["basis"],
                                         organisation_id=_body(stage, record), incident_id=stage.id_of("incident"))],
                          by=by, at=at))  # fmt: skip
    refuse_any(put_in_team(team_id=team, responder_ids=people, role="", by=by, at=at))
    appoint(appointment_id=uuid5(team, "lead"), team_id=team, account_id=people[0], role="lead", words="", by=by, at=at)
    if "mission" in told:
        step_team(step_id=uuid5(team, "commissioned"), team_id=team, state="commissioned", words="授旗",
                  mission={"zh": told["mission"]}, by=by, at=at)  # fmt: skip
        step_team(step_id=uuid5(team, "deployed"), team_id=team, state="deployed", words=told["mission"], by=by, at=at)
    return len(people)


def squad_people(stage: Stage, told: Told, at: datetime) -> list[UUID]:
    """Who is in a squad: people of another record, or its own, with the standings its record names, in turn."""
    record = stage.scenario.one("team", told["record"])
    count = chosen(record["members"], stage.rng)
    if "same_as" in told:
        people = [stage.id_of(f"{told['same_as']} {k}") for k in range(count)]
    else:
        body = _body(stage, record)
        assert body is not None, "a squad of its own is of a body"
        people = serving(stage, told["record"], count, [body], at, kind=told["people"])
    for k, who in enumerate(people if told.get("standings") else ()):
        standing = told["standings"][k % len(told["standings"])]
        note_standing(standing_id=uuid5(who, standing), responder_id=who, standing=standing, where="演练",
                      witness_id=None, by=stage.by, at=at)  # fmt: skip
    return people


def _body(stage: Stage, record: Told) -> UUID | None:
    return stage.id_of("org " + record["org"]) if record.get("org") else None


def post_down(stage: Stage, told: Told, at: datetime) -> int:
    """People of the units are posted to communities and estates, each into a team there. Gives the people posted.

    Those whom the report tells of by their squad are among them; the rest is spread over the teams, to each named team
    as many as its record says.
    """
    record, by = stage.scenario.one("team", told["record"]), officer(stage, at)
    known = [i for name in told.get("among", []) for i in members(stage.id_of(f"team {name}"))]
    units = bodies(stage, "unit", "机关单位", "city organ", told["units"], at, within=stage.cast.county)
    units += [stage.id_of("org " + o["id"]) for o in stage.scenario.of("org") if o["kind"] in told["kinds"]]
    rest = serving(stage, told["record"], chosen(record["members"], stage.rng) - len(known), units, at,
                   kind=told["people"])  # fmt: skip
    people = [*known, *rest]
    teams = [name for t in stage.scenario.staging["people"]["counted"] if t["record"] in told["into"]
             for name in team_names(stage, t)]  # fmt: skip
    sizes = _sizes(stage, teams, len(rest))
    homes, new, first = _homes(stage), [], 0
    for name, size in zip(teams, sizes, strict=True):
        team, some = stage.id_of(f"team {name}"), rest[first : first + size]
        first += size
        refuse_any(put_in_team(team_id=team, responder_ids=some, role="", by=by, at=at))
        new += [NewPosting(uuid5(i, "posting"), i, homes[team], at, team_id=team) for i in some]
    new += [NewPosting(uuid5(i, "posting"), i, stage.cast.county.id, at) for i in known]
    refuse_any(post_people(postings=new, by=by, at=at))
    return len(people)


def members(team_id: UUID) -> list[UUID]:
    """Who is in a team."""
    return sorted(Member.objects.filter(team_id=team_id, state=IN_TEAM).values_list("responder_id", flat=True))


def _sizes(stage: Stage, teams: Sequence[str], people: int) -> list[int]:
    """How many go to each: what the record of a named team says, the rest evenly."""
    told = {t["id"]: int(t["members"]["value"]) for t in stage.scenario.of("team") if "members" in t}
    rest = split(people - sum(told.get(t, 0) for t in teams), [1.0] * sum(t not in told for t in teams))
    even = iter(rest)
    return [told[t] if t in told else next(even) for t in teams]


def _homes(stage: Stage) -> dict[UUID, UUID]:
    """The host of each team that was formed in bulk."""
    out = {}
    for t in stage.scenario.staging["people"]["counted"]:
        for k, name in enumerate(team_names(stage, t)):
            place = t["named"][name] if name in t.get("named", {}) else t["place"]
            out[stage.id_of(f"team {name}")] = host_of(stage, place, k).id
    return out


def name_lead(stage: Stage, told: Told, at: datetime) -> int:
    """Somebody of a squad leads a named team from this day on."""
    team = stage.id_of(f"team {told['team']}")
    who = members(stage.id_of(f"team {told['of']}"))[0]
    appoint(appointment_id=uuid5(team, "secretary"), team_id=team, account_id=who, role="lead", words="",
            by=officer(stage, at), at=at)  # fmt: skip
    return 1


def enter_zones(stage: Stage, told: Told, at: datetime) -> int:
    """People assembled before dawn go into closed zones to live and work there. Gives the people."""
    people, by = squad_people(stage, told, at), officer(stage, at)
    zones = stage.scenario.one("team", told["record"])["zones"]
    new = [NewPosting(uuid5(i, "closed loop"), i, stage.cast.county.id, at, role="",
                      zone_id=stage.id_of(f"zone {zones[k % len(zones)]}")) for k, i in enumerate(people)]  # fmt: skip
    refuse_any(post_people(postings=new, by=by, at=at))
    refuse_any(enter_closed(posting_ids=[p.id for p in new], step="in", by=by, at=at))
    return len(people)
