"""Opening watch cases, noting checks from a page or from phones that were offline, ending cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import is_self, reach, reach_by_actor
from lianfang.domains.editions.queries import values_by_area
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.watch.errors import CaseEnded, CaseMissing, CheckDiffers, CheckUnfit
from lianfang.domains.watch.models import Check, WatchCase
from lianfang.domains.watch.rules import celsius_fault, slot_of

LEAD, CHECK = "watch.lead", "watch.check"
FEVER = "fever_alert_celsius"


@dataclass(frozen=True)
class NewCase:
    """Somebody to be watched: why, from which day 0, for how long, how often."""

    id: UUID
    person_id: UUID
    area_id: UUID
    kind: str
    day0: date
    days: int
    checks_a_day: int
    until_at: datetime
    source_id: UUID | None = None
    place_stay_id: UUID | None = None


@dataclass(frozen=True)
class CheckNote:
    """One check as somebody made it at a time; its id is the note's, so a device may send it again."""

    id: UUID
    case_id: UUID
    by: Actor
    at: datetime
    celsius: float | None = None
    is_unwell: bool = False
    note: str = ""


@service("watch.open_watch_cases")
def open_watch_cases(
    *, incident_id: UUID, edition: str, cases: Sequence[NewCase], by: Actor, at: datetime
) -> list[Outcome]:
    """Begin to watch people; one outcome a case, none raises for another.

    Repeat: a known id is left ("repeated"). Rights: watch.lead where each is, for the incident.
    """
    allowed = reach(by, LEAD, areas={c.area_id for c in cases})
    known = set(WatchCase.objects.filter(id__in=[c.id for c in cases]).values_list("id", flat=True))
    out, fresh = [], {}
    for c in cases:
        if c.id in known or c.id in fresh:
            out.append(Outcome(c.id, "repeated"))
        elif not allowed.has(c.area_id, incident_id):
            out.append(Outcome(c.id, RightMissing.code, {"right": LEAD, "area": str(c.area_id)}))
        else:
            fresh[c.id] = WatchCase(
                id=c.id, incident_id=incident_id, person_id=c.person_id, area_id=c.area_id, kind=c.kind,
                source_id=c.source_id, edition=edition, day0=c.day0, days=c.days, checks_a_day=c.checks_a_day,
                place_stay_id=c.place_stay_id, opened_at=at, opened_by=by.id, until_at=c.until_at,
            )  # fmt: skip
            out.append(Outcome(c.id))
    WatchCase.objects.bulk_create([*fresh.values()], batch_size=2000)
    return out


def _fault(n: CheckNote, case: WatchCase | None, may_check: bool, at: datetime) -> Outcome | None:
    if case is None:
        return Outcome(n.id, CaseMissing.code)
    if not may_check and not is_self(n.by, case.person_id):
        return Outcome(n.id, RightMissing.code, {"right": CHECK, "area": str(case.area_id)})
    if n.at > at:
        return Outcome(n.id, CheckUnfit.code, {"field": "time", "fix": ""})
    if case.ended_at is not None and n.at >= case.ended_at:
        return Outcome(n.id, CaseEnded.code)
    if n.at < case.opened_at:
        return Outcome(n.id, CheckUnfit.code, {"field": "time", "fix": ""})
    if celsius_fault(n.celsius):
        return Outcome(n.id, CheckUnfit.code, {"field": "celsius", "fix": "33–43 °C"})
    return None


@service("watch.note_checks", savepoint=False)
def note_checks(*, notes: Sequence[CheckNote], by: Actor, at: datetime) -> list[Outcome]:
    """Keep checks; a temperature at or above the edition's value is flagged. A later check of a slot stands beside.

    Repeat:  a known id is left ("repeated"); one known for another case: watch.check_differs.
    Rights:  watch.check where the case is, tested for the maker of each note; or the watched person itself.
    Edge:    a check made before the case ended and sent later is kept; the slot is that of when it was made.
    """
    cases = {c.id: c for c in WatchCase.objects.filter(id__in={n.case_id for n in notes})}
    areas = {c.area_id for c in cases.values()}
    reaches = reach_by_actor({n.by.id: n.by for n in notes}.values(), CHECK, areas=areas)
    known = dict(Check.objects.filter(id__in=[n.id for n in notes]).values_list("id", "case_id"))
    out: list[Outcome] = []
    fresh: dict[UUID, CheckNote] = {}
    for n in notes:
        case = cases.get(n.case_id)
        if n.id in known or n.id in fresh:
            same = (known[n.id] if n.id in known else fresh[n.id].case_id) == n.case_id
            out.append(Outcome(n.id, "repeated" if same else CheckDiffers.code))
            continue
        may_check = case is not None and reaches[n.by.id].has(case.area_id, case.incident_id)
        fault = _fault(n, case, may_check, at)
        out.append(fault or Outcome(n.id))
        if fault is None:
            fresh[n.id] = n
    _keep([*fresh.values()], cases, at)
    return out


def _keep(notes: Sequence[CheckNote], cases: Mapping[UUID, WatchCase], at: datetime) -> None:
    alerts: dict[tuple[str, UUID], float] = {}
    for edition in {cases[n.case_id].edition for n in notes}:
        areas = {cases[n.case_id].area_id for n in notes if cases[n.case_id].edition == edition}
        for area, found in values_by_area(edition, [FEVER], areas, at=at).items():
            if area:
                alerts[edition, area] = float(found[FEVER])
    rows = []
    for incident in {cases[n.case_id].incident_id for n in notes}:
        mine = [n for n in notes if cases[n.case_id].incident_id == incident]
        values = [(n.id, _values(n)) for n in mine]
        blobs = sealed(values, scope="incident", scope_id=incident, retention="contact")
        for n, blob in zip(mine, blobs, strict=True):
            case = cases[n.case_id]
            alert = alerts[case.edition, case.area_id]
            rows.append(Check(id=n.id, case_id=n.case_id, incident_id=incident, at=n.at, by=n.by.id, sealed=blob,
                              slot_at=slot_of(n.at, case.checks_a_day), is_unwell=n.is_unwell,
                              is_fever=n.celsius is not None and n.celsius >= alert))  # fmt: skip
    Check.objects.bulk_create(rows, batch_size=2000)


def _values(n: CheckNote) -> dict[str, float | str]:
    given: dict[str, float | str] = {}
    if n.celsius is not None:
        given["celsius"] = n.celsius
    if n.note.strip():
        given["note"] = n.note.strip()[:300]
    return given


@service("watch.end_cases", door=False, told=("state", "why"))
def end_cases(*, case_ids: Sequence[UUID], state: str, why: str, by: Actor, at: datetime) -> list[Outcome]:
    """End the watching of people: released (free again) or ended. Called by the flow that frees and tells them.

    Repeat: what has ended is left ("repeated"). Rights: watch.lead where each is. Locks: the cases, in id order.
    """
    rows = {c.id: c for c in WatchCase.objects.select_for_update().filter(id__in=list(case_ids)).order_by("id")}
    allowed = reach(by, LEAD, areas={c.area_id for c in rows.values()})
    out, ids = [], []
    for case_id in case_ids:
        case = rows.get(case_id)
        if case is None:
            out.append(Outcome(case_id, CaseMissing.code))
        elif not allowed.has(case.area_id, case.incident_id):
            out.append(Outcome(case_id, RightMissing.code, {"right": LEAD, "area": str(case.area_id)}))
        elif case.state != "open" or case_id in ids:
            out.append(Outcome(case_id, "repeated"))
        else:
            ids.append(case_id)
            out.append(Outcome(case_id))
    WatchCase.objects.filter(id__in=ids).update(state=state, ended_at=at, ended_why=why[:120])
    return out
