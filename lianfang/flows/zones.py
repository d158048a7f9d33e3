"""A zone is asked for, adopted, lifted, reviewed: buildings are held and freed, people told, work begun and ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import granted_for
from lianfang.domains.decisions.services import ask_decision, say
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import duty_phones
from lianfang.domains.holds.queries import words_by_building
from lianfang.domains.holds.services import Terms, carry_exemptions, end_holds, place_hold
from lianfang.domains.incidents.errors import PaperMissing, ZoneWithoutAuthority
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.planning import outline_of
from lianfang.domains.incidents.queries import building_ids, difference, version_seen, what_if, zone_kind
from lianfang.domains.incidents.services import alarm_review, draft_zone, end_version, enforce_version
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.queries import duty_list
from lianfang.domains.work.services import end_with_zone
from lianfang.flows.exams import match_candidates, tell_of_change
from lianfang.flows.stranded import free_stranded

ADULT = 16
OPEN_END = {"zh": "另行通知", "en": "further notice"}
GRID_WORKER = {"zh": "您的网格员", "en": "your grid worker"}
REVIEW = {"zh": "到期复核", "en": "Review due"}
Ends = tuple[datetime | None, datetime | None]  # until, review


def ask_for_zone(*, decision_id: UUID, version_id: UUID, reason: str, by: Actor, at: datetime) -> Decision:
    """Ask the authority level that the edition names to adopt a draft; what it means is frozen as evidence.

    Rights: zones.draft on the zone's area.
    """
    version = version_seen(version_id, by=by)
    require(by, "zones.draft", area_id=version.zone.area_id, incident_id=version.zone.incident_id)
    rule = zone_kind(version.zone.incident, version.kind)
    evidence = what_if(building_ids(version), at=at)
    evidence["overlaps"] = [{"words": o["words"], "hold": o["hold"]} for o in evidence["overlaps"]]
    return ask_decision(
        decision_id=decision_id,
        kind="adopt-zone",
        subject_kind="zone_version",
        subject_id=version_id,
        area_id=version.zone.area_id,
        authority_level=rule["authority"],
        incident_id=version.zone.incident_id,
        reason=reason,
        evidence=evidence,
        by=by,
        at=at,
    )


def decide_zone(*, decision_id: UUID, says: str, reason: str, paper_number: str, by: Actor, at: datetime) -> Decision:
    """The authority's word; when it grants, the zone is in force at once: holds, messages, and the old version ends.

    Raises: PaperMissing when a grant names no paper; what decisions.say raises (asker, level, already decided).
    """
    if says == "grant" and not paper_number.strip():
        raise PaperMissing()
    with transaction.atomic():
        decision = say(decision_id=decision_id, says=says, reason=reason, paper_number=paper_number, by=by, at=at)
        if decision.state == "granted" and decision.kind == "adopt-zone":
            adopt_zone(version_id=decision.subject_id, by=by, at=at)
    return decision


def _end_times(version: ZoneVersion, at: datetime) -> tuple[datetime | None, datetime | None]:
    incident, area_id = version.zone.incident, version.zone.area_id
    rule = zone_kind(incident, version.kind)
    days = {
        k: float(value(incident.edition, rule[k], area_id=area_id, at=at))
        for k in ("until_value", "review_value")
        if rule.get(k)
    }
    return (
        at + timedelta(days=days["until_value"]) if "until_value" in days else None,
        at + timedelta(days=days["review_value"]) if "review_value" in days else None,
    )


def adopt_zone(*, version_id: UUID, by: Actor, at: datetime) -> ZoneVersion:
    """Put a version in force by its granted decision. Raises ZoneWithoutAuthority without one."""
    version = version_seen(version_id, by=by)
    decision = granted_for(version_id)
    if decision is None:
        raise ZoneWithoutAuthority(kind=version.kind)
    rule = zone_kind(version.zone.incident, version.kind)
    where = _authority_area(version, rule["authority"])
    require(by, "zones.adopt", area_id=where, incident_id=version.zone.incident_id)
    return _enforce(version, decision_id=decision.id, paper_number=decision.paper_number, by=by, at=at)


def _authority_area(version: ZoneVersion, level: str) -> UUID:
    place = ancestor_at(version.zone.area_id, level)
    return place.id if place else version.zone.area_id


def _terms(version: ZoneVersion, paper_number: str, decision_id: UUID | None, ends: Ends) -> Terms:
    incident = version.zone.incident
    rule = zone_kind(incident, version.kind)
    place = ancestor_at(version.zone.area_id, rule["authority"]) or version.zone.area
    return Terms(
        kind=version.kind,
        rank=rule["rank"],
        edition=incident.edition,
        rule=f"{incident.edition} {version.kind}",
        authority=place.name,
        paper_number=paper_number,
        rules=rule["rules"],
        words=rule["words"],
        says=rule["says"],
        evidence={"why": version.why, "decision": str(decision_id)},
        appeal=edition(incident.edition)["appeal"],
        until_at=ends[0],
        review_at=ends[1],
    )


def _enforce(
    version: ZoneVersion, *, decision_id: UUID | None, paper_number: str, by: Actor, at: datetime
) -> ZoneVersion:
    ends = _end_times(version, at)
    with transaction.atomic():
        old = ZoneVersion.objects.filter(zone_id=version.zone_id, state="in_force").exclude(id=version.id).first()
        buildings = building_ids(version)
        change = difference(old, buildings)
        done = enforce_version(
            version_id=version.id,
            decision_id=decision_id,
            paper_number=paper_number,
            until_at=ends[0],
            review_at=ends[1],
            outline=outline_of(version.id),
            by=by,
            at=at,
        )
        if old:
            carry_exemptions(from_id=old.id, to_id=version.id, until_at=ends[0], review_at=ends[1], by=by, at=at)
            end_holds(source_id=old.id, why="incidents.replaced", by=by, at=at)
        place_hold(
            hold_id=uuid5(version.id, "hold"),
            terms=_terms(version, paper_number, decision_id, ends),
            area_id=version.zone.area_id,
            person_id=None,
            building_ids=buildings,
            incident_id=version.zone.incident_id,
            source_id=version.id,
            decision_id=decision_id,
            by=by,
            at=at,
        )
        _tell(version, change["added"] if old else buildings, "zone-start", ends[0] or ends[1], by=by, at=at)
        match_candidates(building_ids=buildings, by=by, at=at)
        if old and change["released"]:
            _free(version, change["released"], by=by, at=at)
        if old and change["kept"] and old.kind != version.kind:
            _tell(version, change["kept"], "zone-change", ends[0] or ends[1], by=by, at=at)
            tell_of_change(building_ids=change["kept"], by=by, at=at)
    return done


def _blanks(version: ZoneVersion, until: datetime | None, at: datetime) -> dict[str, Any]:
    incident = version.zone.incident
    rule = zone_kind(incident, version.kind)
    before = version.zone.versions.filter(number__lt=version.number).order_by("-number").first()
    return {
        "area": version.zone.area.name,
        "zone": {t: f"{version.zone.name} · {rule['words'][t]}" for t in ("zh", "en")},
        "says": rule["says"],
        "from": at.isoformat(),
        "until": until.isoformat() if until else OPEN_END,
        "appeal": edition(incident.edition)["appeal"],
        "reason": version.why,
        "before": zone_kind(incident, before.kind)["words"] if before else OPEN_END,
    }


def _tell(
    version: ZoneVersion, buildings: list[UUID], template: str, until: datetime | None, *, by: Actor, at: datetime
) -> None:
    """Tell everybody grown who lives or stays in the buildings, with the phone of who answers for the area."""
    people = Presence.objects.filter(building_id__in=buildings, to_on=None, kind__in=("lives", "stays")).exclude(
        person__birth_year__gt=at.year - ADULT
    )
    blanks = _blanks(version, until, at)
    rows = list(people.values_list("person_id", "area_id").distinct())
    phones = duty_phones({area for _, area in rows}, at=at)
    writings = [
        Writing(
            uuid5(version.id, f"{template} {person}"),
            "person",
            person,
            {**blanks, "phone": phones.get(area, GRID_WORKER)},
            version.id,
            area,
        )
        for person, area in rows
    ]
    write_messages(
        writings=writings,
        edition=version.zone.incident.edition,
        template=template,
        incident_id=version.zone.incident_id,
        by=by,
        at=at,
    )


def _free(version: ZoneVersion, buildings: list[UUID], *, by: Actor, at: datetime) -> None:
    """Tell the people whom a version no longer holds, and end what was only for its time where nothing else holds."""
    _tell(version, buildings, "zone-end", None, by=by, at=at)
    tell_of_change(building_ids=buildings, by=by, at=at)
    held = words_by_building(buildings, at=at)
    free = [b for b in buildings if not any(h.effect == "restrict" for h in held.get(b, []))]
    if free:
        why = "incidents.released"
        end_with_zone(building_ids=free, incident_id=version.zone.incident_id, why=why, by=by, at=at)
        free_stranded(building_ids=free, incident_id=version.zone.incident_id, why=why, by=by, at=at)


def lift_zone(*, version_id: UUID, why: str, by: Actor, at: datetime) -> ZoneVersion:
    """Lift a zone: people are freed and told. Rights: zones.lift on the authority's area."""
    version = version_seen(version_id, by=by)
    rule = zone_kind(version.zone.incident, version.kind)
    where = _authority_area(version, rule["authority"])
    require(by, "zones.lift", area_id=where, incident_id=version.zone.incident_id)
    with transaction.atomic():
        done = end_version(version_id=version_id, why=why, by=by, at=at)
        end_holds(source_id=version_id, why=why, by=by, at=at)
        _free(version, building_ids(version), by=by, at=at)
    return done


def _grace(version: ZoneVersion, at: datetime) -> timedelta:
    """After a review alarm; then the zone falls to its milder kind."""
    edition_code, area_id = version.zone.incident.edition, version.zone.area_id
    return timedelta(minutes=float(value(edition_code, "review_grace_minutes", area_id=area_id, at=at)))


def _alarm(version: ZoneVersion, authority: str, *, by: Actor, at: datetime) -> None:
    place = _authority_area(version, authority)
    rule = zone_kind(version.zone.incident, version.kind)
    blanks = {
        "place": version.zone.name,
        "signal": REVIEW,
        "class": rule["words"],
        "minutes": f"{_grace(version, at).total_seconds() / 60:g}",
        "time": at.isoformat(),
    }
    writings = [
        Writing(uuid5(version.id, f"review {w}"), "account", w, blanks, version.id, place)
        for w in duty_list("duty-officer", place, at=at)[:2]
    ]
    with transaction.atomic():
        alarm_review(version_id=version.id, by=by, at=at)
        write_messages(
            writings=writings,
            edition=version.zone.incident.edition,
            template="duty-alert",
            incident_id=version.zone.incident_id,
            by=by,
            at=at,
        )


def review_zone(*, version_id: UUID, by: Actor, at: datetime) -> ZoneVersion:
    """The clock of a zone: at review time it alarms the authority; after the grace it falls to the next milder kind.

    Called by the scheduled job. Without a milder kind it is lifted. A fall needs no paper: it only frees.
    """
    version = ZoneVersion.objects.select_related("zone__incident", "zone__area").get(id=version_id)
    rule = zone_kind(version.zone.incident, version.kind)
    if version.alarmed_at is None:
        _alarm(version, rule["authority"], by=by, at=at)
        return version
    if version.review_at is None or at < version.review_at + _grace(version, at):
        return version
    if not rule.get("milder"):
        return lift_zone(version_id=version_id, why="incidents.review_ran_out", by=by, at=at)
    with transaction.atomic():
        milder = draft_zone(
            version_id=uuid5(version.id, "milder"),
            zone_id=version.zone_id,
            incident_id=version.zone.incident_id,
            area_id=version.zone.area_id,
            name=version.zone.name,
            kind=rule["milder"],
            building_ids=building_ids(version),
            why="incidents.review_ran_out",
            is_proposed=False,
            by=by,
            at=at,
        )
        fresh = ZoneVersion.objects.select_related("zone__incident", "zone__area").get(id=milder.id)
        return _enforce(fresh, decision_id=version.decision_id, paper_number=version.paper_number, by=by, at=at)
