"""People are free: their watch and holds end, what hung on these goes too, and they are told; thousands at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import duty_phones
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import live_holds, words_by_building
from lianfang.domains.holds.services import end_people_holds, free_people
from lianfang.domains.incidents.models import Incident
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.services import free_stays
from lianfang.domains.privacy.services import end_purposes
from lianfang.domains.tracing.services import release_contacts
from lianfang.domains.watch.models import WatchCase
from lianfang.domains.watch.queries import open_cases_of
from lianfang.domains.watch.services import end_cases
from lianfang.domains.work.services import end_with_hold
from lianfang.flows.adopt_contacts import GRID_WORKER, HERE, grown_for


@dataclass(frozen=True)
class _Freed:
    """One who is free, by the case or hold that told of it."""

    key: UUID
    person_id: UUID
    area_id: UUID


def give_all_clear(
    *,
    incident_id: UUID,
    why: str,
    paper_number: str,
    by: Actor,
    at: datetime,
    case_ids: Sequence[UUID] = (),
    person_ids: Sequence[UUID] = (),
) -> list[Outcome]:
    """Free people of an incident: by watch case, or by person and then from every personal hold of the incident.

    One outcome a case named, then one a person named. Ends cases and personal holds, stays and work that hung on
    them, releases contacts, ends purposes, sends word. A zone round a person stays, and the work that it needs.
    Repeat:  harmless: what has ended is left ("repeated"), nobody is told twice.
    Rights:  watch.lead where each case is; holds.free where a person without a case is held.
    Codes:   watch.case_missing, accounts.right_missing.
    """
    with transaction.atomic():
        named = open_cases_of(person_ids, incident_id=incident_id) if person_ids else []
        asked = list(dict.fromkeys([*case_ids, *(c.id for c in named)]))
        told = {o.id: o for o in end_cases(case_ids=asked, state="released", why=why, by=by, at=at)} if asked else {}
        refused = {c.person_id: told[c.id] for c in named if told[c.id].code}
        bare, barred = _held_without_case(set(person_ids) - {c.person_id for c in named}, incident_id, by)
        done = WatchCase.objects.filter(id__in=[i for i, o in told.items() if not o.code])
        cases = list(done.order_by("id"))
        freed = [*(_Freed(c.id, c.person_id, c.area_id) for c in cases), *bare]
        if freed:
            whole = [p for p in person_ids if p not in refused and p not in barred]
            _free(cases, freed, whole, incident_id, why, by, at)
            _tell(freed, incident_id, paper_number, by, at)
    free = {f.person_id for f in freed}
    said = {p: Outcome(p, o.code, o.values) for p, o in refused.items()} | barred
    people = [said.get(p) or Outcome(p, "" if p in free else "repeated") for p in person_ids]
    return [*(told[c] for c in case_ids), *people]


def _held_without_case(
    people: Collection[UUID], incident_id: UUID, by: Actor
) -> tuple[list[_Freed], dict[UUID, Outcome]]:
    """Who of some people without a watch case is held all the same, and whom the actor may not free."""
    rows = list(Hold.objects.filter(person_id__in=people, incident_id=incident_id, ended_at=None, effect="restrict"))
    allowed = reach(by, "holds.free", areas={h.area_id for h in rows})
    barred = {
        h.person_id: Outcome(h.person_id, RightMissing.code, {"right": "holds.free", "area": str(h.area_id)})
        for h in rows
        if h.person_id and not allowed.has(h.area_id, incident_id)
    }
    mine = {h.person_id: h for h in rows if h.person_id and h.person_id not in barred}
    return [_Freed(h.id, p, h.area_id) for p, h in mine.items()], barred


def _free(
    cases: Sequence[WatchCase],
    freed: Sequence[_Freed],
    whole: Sequence[UUID],
    incident_id: UUID,
    why: str,
    by: Actor,
    at: datetime,
) -> None:
    """End what hung on the cases; `whole`: persons freed from every personal hold of the incident."""
    ids, people = [c.id for c in cases], {f.person_id for f in freed}
    free_people(source_ids=ids, person_ids=whole, incident_id=incident_id, why=why, by=by, at=at)
    release_contacts(contact_ids=[c.source_id for c in cases if c.source_id], by=by, at=at)
    free = people - _still_held(people, at)
    stays = [c.place_stay_id for c in cases if c.place_stay_id and c.person_id in free]
    free_stays(person_ids=sorted(free), stay_ids=stays, by=by, at=at)
    end_with_hold(unit_ids=[*ids, *_units(free, at)], incident_id=incident_id, why="incidents.released", by=by, at=at)
    end_purposes(source_ids=ids, by=by, at=at)


def _still_held(people: Collection[UUID], at: datetime) -> set[UUID]:
    """Who of some people a personal hold keeps apart all the same."""
    rows = live_holds(at).filter(person_id__in=people, effect="restrict")
    return {p for p in rows.values_list("person_id", flat=True) if p}


def _units(free: Collection[UUID], at: datetime) -> list[UUID]:
    """The free persons outside any zone, and doors of theirs behind which nobody is held any more."""
    live = Presence.objects.filter(to_on=None, kind__in=HERE)
    rows = list(live.filter(person_id__in=free).values_list("person_id", "household_id", "building_id"))
    zones = words_by_building({b for _, _, b in rows}, at=at)
    zoned = {b for b, holds in zones.items() if any(h.effect == "restrict" for h in holds)}
    doors = {h for _, h, b in rows if b not in zoned}
    behind = list(live.filter(household_id__in=doors).values_list("household_id", "person_id"))
    held = _still_held({p for _, p in behind}, at)
    inside = {p for p, _, b in rows if b in zoned}
    return [*(p for p in free if p not in inside), *(doors - {h for h, p in behind if p in held})]


def _tell(freed: Sequence[_Freed], incident_id: UUID, paper_number: str, by: Actor, at: datetime) -> None:
    """Word to each who is free now, once; in the words of the incident's edition, whatever guide held them."""
    held = _still_held({f.person_id for f in freed}, at)
    now = {f.person_id: f for f in freed if f.person_id not in held}
    phones = duty_phones({f.area_id for f in now.values()}, at=at)
    to = grown_for(list(now), at=at)
    writings: list[Writing] = []
    for person, f in now.items():
        blanks = {"from": at.isoformat(), "paper": paper_number or "–", "phone": phones.get(f.area_id, GRID_WORKER)}
        for who in to[person]:
            writings.append(Writing(uuid5(f.key, f"freed {who}"), "person", who, blanks, f.key, f.area_id))
    if writings:
        edition = Incident.objects.values_list("edition", flat=True).get(id=incident_id)
        write_messages(
            writings=writings, edition=edition, template="contact-freed", incident_id=incident_id, by=by, at=at
        )


def free_due(*, by: Actor, at: datetime) -> int:
    """Free whoever's last day is over: holds that have come to their end, and cases watched to theirs. Harmless twice.

    Called by the scheduled job. A hold ends on its day though the watching at home goes on. Gives how many are told.
    """
    over = Hold.objects.filter(person__isnull=False, ended_at=None, effect="restrict", until_at__lte=at)
    by_incident: dict[UUID, list[Hold]] = {}
    for h in over.exclude(incident_id=None).order_by("id"):
        by_incident.setdefault(h.incident_id, []).append(h)  # type: ignore[arg-type]  # those of none were left out
    cases: dict[UUID, list[UUID]] = {}
    watched = WatchCase.objects.filter(state="open", until_at__lte=at).order_by("id")
    for case_id, incident_id in watched.values_list("id", "incident_id"):
        cases.setdefault(incident_id, []).append(case_id)
    for incident_id, holds in by_incident.items():
        end_personal(incident_id, holds, why=OVER, by=by, at=at)
    for incident_id, ids in cases.items():
        give_all_clear(incident_id=incident_id, why=OVER, paper_number="", case_ids=ids, by=by, at=at)
    return sum(map(len, by_incident.values())) + sum(map(len, cases.values()))


OVER = "incidents.until_reached"


def end_personal(incident_id: UUID, holds: Sequence[Hold], *, why: str, by: Actor, at: datetime) -> None:
    """Holds on persons end, what hung on them goes too, and who is free now is told. The caller tested the right."""
    freed = [_Freed(h.id, h.person_id, h.area_id) for h in holds if h.person_id]
    with transaction.atomic():
        end_people_holds(hold_ids=[h.id for h in holds], why=why, by=by, at=at)
        _free([], freed, [], incident_id, why, by, at)
        _tell(freed, incident_id, "", by, at)
